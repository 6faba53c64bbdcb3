"""Makes and reads certificates with the library `cryptography`.

One identity NAME is four files: NAME.crt.pem and NAME.key.pem for CPython and OpenSSL, NAME.crt.der and
NAME.key.der for MicroPython (whose TLS takes DER only). Key files are 0600 from their first byte on. Nothing
is overwritten unless `force` is given. `ca` is the authority's own name.
"""

import datetime
import ipaddress
import os
import re
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "ca"
SERVER, CLIENT = "server", "client"
_USAGE = {SERVER: ExtendedKeyUsageOID.SERVER_AUTH, CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}
AUTHORITY_DAYS, DAYS = 3650, 397
_ENDINGS = (("pem", serialization.Encoding.PEM), ("der", serialization.Encoding.DER))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SLACK = datetime.timedelta(hours=1)  # clocks that are a little behind


class CertsError(Exception):
    """What cannot be made or read; `is_there`: it would be overwritten."""

    def __init__(self, text, is_there=False):
        super().__init__(text)
        self.is_there = is_there


def path(folder, name, what, ending):
    """Of one file: what = "crt" or "key", ending = "pem" or "der"."""
    return Path(folder) / ("%s.%s.%s" % (name, what, ending))


def make_authority(folder, title="V2G lab CA", days=AUTHORITY_DAYS, force=False, starts=None):
    """The authority of this folder; its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _title(title)
    builder = _builder(name, name, key, days, starts).add_extension(x509.BasicConstraints(True, 0), True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return _write(folder, AUTHORITY, builder.sign(key, hashes.SHA256()), key, force)


def issue(folder, name, role, hosts=(), days=DAYS, force=False, starts=None):
    """A certificate of the folder's authority; `hosts`: addresses and names by which a server is called."""
    if name == AUTHORITY or not _NAME.fullmatch(name):
        raise CertsError("%s: letters, digits, dots and dashes; `%s` is the authority" % (name, AUTHORITY))
    _refuse_overwrite(folder, name, force)
    return _sign(folder, name, role, hosts, days, starts, ec.generate_private_key(ec.SECP256R1()), force)


def renew(folder, name, days=DAYS, starts=None):
    """New dates for the same key, so that a pin of the key stays good; a pin of the certificate does not."""
    if name == AUTHORITY:
        raise CertsError("an authority is not renewed: make a new folder, and certificates in it")
    old = load(folder, name)
    return _sign(folder, name, role_of(old), hosts_of(old), days, starts, _key(folder, name), True)


def _sign(folder, name, role, hosts, days, starts, key, force):
    authority, authority_key = load(folder, AUTHORITY), _key(folder, AUTHORITY)
    public = key.public_key()
    builder = _builder(_title(name), authority.subject, key, days, starts)
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    builder = builder.add_extension(_key_usage(digital_signature=True), True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([_USAGE[role]]), False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = builder.add_extension(identifier, False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), False)
    return _write(folder, name, builder.sign(authority_key, hashes.SHA256()), key, force)


def _builder(subject, issuer, key, days, starts):
    starts = starts or datetime.datetime.now(datetime.timezone.utc) - _SLACK
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(starts).not_valid_after(starts + datetime.timedelta(days=days))


def _title(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key_usage(**said):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    names += ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: said.get(name, False) for name in names})


def _refuse_overwrite(folder, name, force):
    for what in ("crt", "key"):
        for ending, _ in _ENDINGS:
            file = path(folder, name, what, ending)
            if file.exists() and not force:
                raise CertsError("%s is there" % file, is_there=True)


def _write(folder, name, certificate, key, force):
    """The four files, each put in place in one step; the certificate."""
    _refuse_overwrite(folder, name, force)
    Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    plain = serialization.NoEncryption()
    for ending, encoding in _ENDINGS:
        secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        _put(path(folder, name, "key", ending), secret, 0o600)
        _put(path(folder, name, "crt", ending), certificate.public_bytes(encoding), 0o644)
    return certificate


def _put(file, content, mode):
    partial = file.with_name("%s.%d" % (file.name, os.getpid()))
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
    os.replace(partial, file)


def load(folder, name):
    """The certificate NAME of the folder."""
    file = path(folder, name, "crt", "pem")
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except FileNotFoundError:
        raise CertsError("%s is not there" % file) from None
    except ValueError as error:
        raise CertsError("%s: %s" % (file, error)) from None


def _key(folder, name):
    file = path(folder, name, "key", "pem")
    try:
        return serialization.load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        raise CertsError("%s is not there" % file) from None
    except (ValueError, TypeError) as error:
        raise CertsError("%s: %s" % (file, error)) from None


def names(folder):
    """All identities of the folder, the authority first."""
    found = [file.name.removesuffix(".crt.pem") for file in Path(folder).glob("*.crt.pem")]
    return sorted(found, key=lambda name: (name != AUTHORITY, name))


def role_of(certificate):
    """ "ca", "server", "client", or "other"."""
    if _extension(certificate, x509.BasicConstraints, "ca"):
        return AUTHORITY
    usage = _extension(certificate, x509.ExtendedKeyUsage) or ()
    return next((role for role, oid in _USAGE.items() if oid in usage), "other")


def hosts_of(certificate):
    named = _extension(certificate, x509.SubjectAlternativeName) or ()
    return [str(entry.value) for entry in named]


def _extension(certificate, kind, attribute=None):
    try:
        value = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    return getattr(value, attribute) if attribute else value


def certificate_pin(certificate):
    """SHA-256 of the certificate: hexadecimal, what `certificate_sha256` takes."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def key_pin(certificate):
    """SHA-256 of SubjectPublicKeyInfo: hexadecimal, what `key_sha256` takes."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate.public_key().public_bytes(serialization.Encoding.DER, form))
    return digest.finalize().hex()
