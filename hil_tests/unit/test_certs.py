"""tools/certs: what is written, with which rights, and what is never overwritten."""

import datetime
import hashlib
import stat

import pytest
from cryptography import x509

from drivers.ports import admission
from protocols.tls import x509 as ours
from tools.certs import maker
from tools.certs.maker import CertsError

DAY = datetime.timedelta(days=1)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pki"
    maker.make_authority(folder)
    maker.issue(folder, "server", maker.SERVER, ["192.0.2.7", "station.example"])
    maker.issue(folder, "master", maker.CLIENT)
    return folder


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_four_files_an_identity_and_keys_for_the_owner_only(folder):
    names = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert len(names) == 12
    assert {mode for name, mode in names.items() if ".key." in name} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_pem_and_der_are_the_same(folder):
    for name in ("ca", "server", "master"):
        pem = x509.load_pem_x509_certificate((folder / (name + ".crt.pem")).read_bytes())
        der = x509.load_der_x509_certificate((folder / (name + ".crt.der")).read_bytes())
        assert pem == der


def test_roles_hosts_and_chain(folder):
    authority, server, master = (
        maker.load(folder, name) for name in maker.names(folder)[:1] + ["server", "master"]
    )
    assert [maker.role_of(c) for c in (authority, server, master)] == ["ca", "server", "client"]
    assert maker.hosts_of(server) == ["192.0.2.7", "station.example"]
    for certificate in (server, master):
        certificate.verify_directly_issued_by(authority)
        assert certificate.public_key().curve.name == "secp256r1"


def test_nothing_is_overwritten_without_force(folder):
    before = content(folder)
    for make in (
        lambda: maker.make_authority(folder),
        lambda: maker.issue(folder, "master", maker.CLIENT),
    ):
        with pytest.raises(CertsError) as error:
            make()
        assert error.value.is_there
    assert content(folder) == before
    maker.issue(folder, "master", maker.CLIENT, force=True)
    assert content(folder)["master.key.der"] != before["master.key.der"]


def test_a_rest_of_an_identity_is_not_overwritten_either(folder):
    (folder / "master.crt.pem").unlink()
    with pytest.raises(CertsError):
        maker.issue(folder, "master", maker.CLIENT)


def test_renewal_keeps_key_role_and_hosts(folder):
    before = maker.load(folder, "server")
    later = datetime.datetime.now(datetime.timezone.utc) + 100 * DAY
    after = maker.renew(folder, "server", days=30, starts=later)
    assert maker.key_pin(after) == maker.key_pin(before)
    assert maker.certificate_pin(after) != maker.certificate_pin(before)
    assert maker.hosts_of(after) == maker.hosts_of(before) and maker.role_of(after) == maker.SERVER
    assert after.not_valid_after_utc - after.not_valid_before_utc == 30 * DAY


def test_names_that_cannot_be(folder):
    for name in ("ca", "", "../x", "a b", "-x"):
        with pytest.raises(CertsError):
            maker.issue(folder, name, maker.CLIENT)
    with pytest.raises(CertsError):
        maker.renew(folder, "ca")
    with pytest.raises(CertsError):
        maker.renew(folder, "nobody")


def test_pins_are_what_the_firmware_computes(folder):
    certificate = maker.load(folder, "master")
    der = (folder / "master.crt.der").read_bytes()
    assert maker.certificate_pin(certificate) == hashlib.sha256(der).hexdigest()
    assert maker.key_pin(certificate) == hashlib.sha256(ours.public_key(der)).hexdigest()
    assert len(admission.digest_of(maker.key_pin(certificate))) == 32


def test_dates_are_read_the_same(folder):
    certificate = maker.load(folder, "master")
    first, last = ours.validity((folder / "master.crt.der").read_bytes())
    epoch = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    assert first == (certificate.not_valid_before_utc - epoch).days
    assert last == (certificate.not_valid_after_utc - epoch).days
