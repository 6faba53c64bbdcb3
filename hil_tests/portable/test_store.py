"""The store: what was saved last is there after a restart, wherever the power was cut.

lane: heap=384k
"""

import binascii

from drivers.store import LONGEST, Store, crc32, make_record, payload_of

OLD, NEW = b"the old parameters", b"new ones, and some more of them"


class Slots:
    """Two pages in memory; `cut` = bytes that a write brings out before the power goes."""

    def __init__(self, data=(b"", b""), erases=True):
        self.data = list(data)
        self.cut = -1
        self.erases = erases

    def read(self, i):
        return self.data[i]

    def write(self, i, data):
        if self.cut < 0:
            self.data[i] = data
            return
        behind = b"" if self.erases else self.data[i][self.cut :]
        self.data[i] = data[: self.cut] + behind
        raise OSError(5, "the power goes")


def stored(payloads, **named):
    slots = Slots(**named)
    store = Store(slots)
    assert store.load() == b""
    for payload in payloads:
        assert store.save(payload)
    return slots


def test_the_last_one_is_found():
    for count in range(1, 6):
        payloads = [bytes([i]) * i for i in range(count)]
        assert Store(stored(payloads)).load() == payloads[-1]


def test_nothing_was_saved():
    assert Store(Slots()).load() == b""
    assert Store(Slots((b"\xff" * 64, b"\0" * 64))).load() == b""


def test_power_cut_at_every_byte_leaves_the_old_or_the_new():
    for erases in (True, False):
        for before in ([OLD], [b"first", OLD], [b"a", b"longer than all that came after it, by far", OLD]):
            for cut in range(len(make_record(1, NEW)) + 1):
                slots = stored(before, erases=erases)
                slots.cut = cut
                store = Store(slots)
                assert store.load() == OLD
                assert not store.save(NEW)
                found = Store(slots).load()
                assert found == OLD or (found == NEW and cut >= len(make_record(1, NEW)) - 4), cut


def test_after_a_cut_it_goes_on():
    slots = stored([b"first", OLD])
    slots.cut = 9
    store = Store(slots)
    store.load()
    assert not store.save(NEW)
    slots.cut = -1
    assert store.save(NEW)
    assert Store(slots).load() == NEW


def test_any_bit_that_flips_is_noticed():
    record = make_record(7, NEW)
    for i in range(8 * len(record)):
        flipped = bytearray(record)
        flipped[i // 8] ^= 1 << i % 8
        assert payload_of(bytes(flipped)) is None, i
    assert payload_of(record) == NEW


def test_a_slot_that_forgets_is_no_commitment():
    class Forgetful(Slots):
        def write(self, i, data):
            self.data[i] = data[:-1]

    store = Store(Forgetful())
    store.load()
    assert not store.save(NEW)


def test_too_long_is_refused():
    store = Store(Slots())
    store.load()
    assert not store.save(bytes(LONGEST + 1))
    assert store.save(bytes(LONGEST))


def test_crc_is_the_usual_one():
    for data in (b"", b"123456789", bytes(range(256))):
        assert crc32(data) == binascii.crc32(data)
    assert crc32(b"123456789") == 0xCBF43926
