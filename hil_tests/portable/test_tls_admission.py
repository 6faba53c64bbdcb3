"""drivers/ports/admission.py and protocols/tls/x509.py: who may begin, whose certificate is right."""

from hashlib import sha256

from drivers.ports import admission as a
from hil_tests.portable.support import raises
from hil_tests.portable.tls_support import CERTIFICATE, CERTIFICATE_SHA256, KEY_SHA256
from protocols.ticks import TICKS_MASK, ticks_add
from protocols.tls import x509

NOW = TICKS_MASK - 30000
MASTER, OTHER = "10.0.0.1", "10.0.0.2"


def pin(digest=KEY_SHA256, is_key=True, addresses=()):
    return a.Pin("master", a.digest_of(digest), is_key, addresses)


def admission(pins=(), allow=(), per_minute=3, total=5, gate=None):
    return a.Admission(allow, pins, per_minute, total, NOW, gate)


class Shut:
    def refusal(self, now):
        return a.ENERGISED


def test_the_dates_and_the_key_of_a_certificate():
    assert x509.validity(CERTIFICATE) == [9527, 9586]
    assert sha256(x509.public_key(CERTIFICATE)).digest() == a.digest_of(KEY_SHA256)


def test_what_is_no_certificate():
    for der in (b"", b"\x30", CERTIFICATE[:100], b"\x04" + CERTIFICATE[1:], b"\x30\x84\1\1\1\1\1"):
        raises(ValueError, x509.validity, der)
        raises(ValueError, x509.public_key, der)
    assert admission([pin()]).pinned(b"nothing", MASTER) == -1


def test_every_cut_of_a_certificate_is_refused():
    for n in range(0, len(CERTIFICATE), 7):
        raises(ValueError, x509.public_key, CERTIFICATE[:n])


def test_pins_of_certificate_and_of_key():
    assert admission([pin()]).pinned(CERTIFICATE, MASTER) == 0
    assert admission([pin(CERTIFICATE_SHA256, False)]).pinned(CERTIFICATE, MASTER) == 0
    assert admission([pin(CERTIFICATE_SHA256, True)]).pinned(CERTIFICATE, MASTER) == -1
    assert admission([pin(KEY_SHA256, False)]).pinned(CERTIFICATE, MASTER) == -1
    assert admission([]).pinned(CERTIFICATE, MASTER) == -1


def test_a_pin_counts_for_its_addresses_only():
    pins = [pin(CERTIFICATE_SHA256, False, (OTHER,)), pin(addresses=(MASTER,))]
    assert admission(pins).pinned(CERTIFICATE, MASTER) == 1
    assert admission(pins).pinned(CERTIFICATE, OTHER) == 0
    assert admission(pins).pinned(CERTIFICATE, "10.0.0.3") == -1


def test_digests_as_people_write_them():
    plain = "00ff" * 16
    colons = ":".join([plain[i : i + 2] for i in range(0, 64, 2)]).upper()
    assert a.digest_of(plain) == a.digest_of(colons) == b"\0\xff" * 16
    for bad in ("", plain[:-1], plain + "0", "zz" * 32):
        assert a.digest_of(bad) == b""


def test_allow_list_and_gate_come_first():
    assert admission(allow=(MASTER,)).admit(OTHER, NOW) == a.ADDRESS
    assert admission(allow=(MASTER,)).admit(MASTER, NOW) == 0
    assert admission(gate=Shut()).admit(MASTER, NOW) == a.ENERGISED


def test_one_address_has_its_own_rate():
    door = admission(per_minute=3, total=100)
    assert [door.admit(MASTER, NOW) for _ in range(4)] == [0, 0, 0, a.RATE]
    assert door.admit(OTHER, NOW) == 0
    assert door.admit(MASTER, ticks_add(NOW, 19999)) == a.RATE
    assert door.admit(MASTER, ticks_add(NOW, 20000)) == 0
    assert door.admit(MASTER, ticks_add(NOW, 20001)) == a.RATE


def test_strangers_share_a_rate_that_known_masters_do_not_need():
    door = admission([pin(addresses=(MASTER,))], per_minute=3, total=5)
    verdicts = [door.admit("10.1.0.%d" % i, NOW) for i in range(20)]
    assert verdicts == [0] * 5 + [a.RATE] * 15
    assert [door.admit(MASTER, NOW) for _ in range(4)] == [0, 0, 0, a.RATE]
    assert door.admit(OTHER, ticks_add(NOW, 12000)) == 0


def test_many_strangers_do_not_make_it_forget_a_known_master():
    door = admission([pin(addresses=(MASTER,))], per_minute=2, total=600)
    assert [door.admit(MASTER, NOW) for _ in range(3)] == [0, 0, a.RATE]
    for i in range(100):
        door.admit("10.1.0.%d" % i, NOW)
    assert door.admit(MASTER, ticks_add(NOW, 1000)) == a.RATE


def test_a_rate_recovers_over_the_wrap_and_after_a_long_time():
    door = admission(per_minute=3)
    for later_ms in (0, 70000, 500000):
        now = ticks_add(NOW, later_ms)
        assert [door.admit(MASTER, now) for _ in range(4)] == [0, 0, 0, a.RATE]
