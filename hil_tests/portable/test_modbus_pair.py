"""Master and slave against each other over both framings, every function code, and their heap."""

from hil_tests.portable.modbus_pair_rig import FRAMINGS, IDENTITY, Rig, rtu_framing
from hil_tests.portable.support import no_heap, raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add


def test_every_function_code():
    for framing in FRAMINGS:
        rig = Rig(framing)
        master = rig.master
        assert rig.read(1, 3, 10, 4) == mb.DONE
        assert [master.register(i) for i in range(4)] == rig.store.values[10:14]
        assert rig.read(9, 4, 0, 125) == mb.DONE and rig.store.last_unit == 9
        assert [master.register(i) for i in range(125)] == rig.store.values[:125]
        master.write_register(1, 7, 0xFEED, rig.now)
        assert rig.until_done() == mb.DONE and rig.store.values[7] == 0xFEED
        values = [(i * 511) & 0xFFFF for i in range(123)]
        master.write_registers(1, 100, values, 123, rig.now)
        assert rig.until_done() == mb.DONE and rig.store.values[100:223] == values
        assert (master.requests, master.replies, rig.slave.requests, rig.slave.replies) == (4, 4, 4, 4)
        assert master.crc_errors == master.mismatches == rig.slave.crc_errors == rig.slave.foreign == 0


def test_exceptions_come_back():
    for framing in FRAMINGS:
        rig = Rig(framing)
        master = rig.master
        for call in (
            lambda m, now: m.read(1, 3, 299, 2, now),
            lambda m, now: m.write_register(1, 50, 1, now),
            lambda m, now: m.write_registers(1, 49, (1, 2), 2, now),
        ):
            call(master, rig.now)
            assert rig.until_done() == mb.FAILED
            assert (master.error, master.exception_code) == (mb.EXCEPTION, 2)
        for code in (4, 5, 6):
            rig.store.fault = code
            assert rig.read(1, 3, 0, 1) == mb.FAILED and master.exception_code == code


def test_missing_unit():
    rig = Rig(rtu_framing)
    assert rig.read(2, 3, 0, 1) == mb.FAILED and rig.master.error == mb.TIMEOUT
    assert rig.slave.foreign == 1
    assert rig.read(1, 3, 0, 1) == mb.DONE
    rig = Rig(TcpFraming)
    assert rig.read(2, 3, 0, 1) == mb.FAILED and rig.master.exception_code == 0x0B


def test_broadcast_write_reaches_every_unit():
    rig = Rig(rtu_framing)
    rig.master.write_registers(0, 3, (1, 2), 2, rig.now)
    assert rig.until_done() == mb.DONE and rig.store.values[3:5] == [1, 2]
    assert rig.store.writes == 2 and rig.slave.replies == 0
    assert rig.read(1, 3, 3, 2) == mb.DONE and rig.master.register(1) == 2


def test_many_transactions_in_a_row_across_the_wrap():
    for framing in FRAMINGS:
        rig = Rig(framing)
        for k in range(60):
            rig.store.values[5] = k
            assert rig.read(1, 3, 5, 1) == mb.DONE and rig.master.register(0) == k
        assert rig.master.replies == 60 and rig.master.timeouts == 0


def read_cycle(rig):
    rig.read(1, 3, 0, 40)


def write_cycle(rig, values):
    rig.master.write_registers(1, 100, values, 20, rig.now)
    rig.until_done()
    rig.master.write_register(9, 100, 5, rig.now)
    rig.until_done()


def look(rig):
    master = rig.master
    master.next_deadline(rig.now)
    rig.slave.next_deadline(rig.now)
    return master.register(0) + master.s16(1) + master.s32(2) + master.u32(4) + master.scaled(6, 1000)


def fail_cycle(rig):
    rig.read(7, 3, 0, 1)
    rig.read(1, 3, 299, 9)
    rig.master.clear()


def test_a_cycle_takes_no_heap():
    for framing in FRAMINGS:
        rig = Rig(framing)
        rig.store.values[2:8] = [0xFFFF, 7, 0x1000, 7, 0x4248, 0]
        values = [k for k in range(20)]
        for _ in range(2):
            no_heap(read_cycle, rig)
            assert rig.master.state == mb.DONE
            no_heap(look, rig)
            no_heap(write_cycle, rig, values)
            assert rig.master.state == mb.DONE
            no_heap(fail_cycle, rig)


def garbage(rig, data):
    rig.now = ticks_add(rig.now, 40)
    rig.slave.feed(data, len(data), rig.now)
    rig.master.feed(data, len(data), rig.now)
    rig.now = ticks_add(rig.now, 40)
    rig.slave.tick(rig.now)
    rig.master.tick(rig.now)


def test_garbage_takes_no_heap():
    rig = Rig(rtu_framing)
    for data in (
        b"\x01\x03\x00",
        bytes(300),
        b"\x05\x03\x02\x00\x00\x11\x22\x01\x03\x00\x00\x00\x01\x84\x0a",
    ):
        garbage(rig, data)
        no_heap(garbage, rig, data)
    rig = Rig(TcpFraming)
    data = b"\x00\x09\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01" * 100
    no_heap(garbage, rig, data)
    rig = Rig(TcpFraming)
    no_heap(garbage, rig, b"\x00\x09\x00\x00\x00\x00\x01\x03")


def full_cycle(rig, bits):
    """Every function code that only a full master and slave have, except identification."""
    master = rig.master
    master.read_bits(1, 1, 3, 13, rig.now)
    rig.until_done()
    master.write_coils(1, 100, bits, 11, rig.now)
    rig.until_done()
    master.write_coil(1, 7, True, rig.now)
    rig.until_done()
    master.mask_write(1, 5, 0xF0F0, 0x0505, rig.now)
    rig.until_done()
    master.read_write(1, 0, 9, 20, bits, 3, rig.now)
    return rig.until_done()


def test_full_master_and_slave():
    for framing in FRAMINGS:
        rig = Rig(framing, full=True)
        master, store = rig.master, rig.store
        for fc in (1, 2):
            master.read_bits(1, fc, 5, 2000, rig.now)
            assert rig.until_done() == mb.DONE and master.items == 2000
            assert [master.bit(i) for i in range(2000)] == [b ^ (fc - 1) for b in store.coils[5:2005]]
        raises(LocalError, master.bit, 2000)
        raises(LocalError, master.register, 0)
        before = store.values[5]
        bits = (1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1)
        assert full_cycle(rig, bits) == mb.DONE
        assert tuple(store.coils[100:111]) == bits and store.coils[7] == 1
        assert store.values[5] == before & 0xF0F0 | 0x0505
        assert store.values[20:23] == [1, 0, 0]
        assert [master.register(i) for i in range(9)] == store.values[:9] and master.count == 9
        raises(LocalError, master.bit, 0)
        raises(LocalError, master.objects)
        assert rig.read(1, 3, 0, 2) == mb.DONE and master.register(1) == store.values[1]


def test_identification_in_as_many_replies_as_it_takes():
    for framing in FRAMINGS:
        rig = Rig(framing, full=True)
        master = rig.master
        found = []
        following = 0
        while following >= 0:
            master.identify(9, 3, following, rig.now)
            assert rig.until_done() == mb.DONE and master.conformity() == 0x83
            found += master.objects()
            following = master.more_follows()
        assert found == [(number, IDENTITY[number].encode()) for number in sorted(IDENTITY)]
        assert rig.slave.requests == 2
        master.identify(1, 4, 5, rig.now)
        assert rig.until_done() == mb.FAILED and master.exception_code == 2


def test_loop_back_and_broadcast_of_the_full_pair():
    rig = Rig(rtu_framing, full=True)
    master = rig.master
    master.loop_back(1, b"abcdefgh", 8, rig.now)
    assert rig.until_done() == mb.DONE
    master.write_coils(0, 0, (1, 1, 1, 1), 4, rig.now)
    assert rig.until_done() == mb.DONE and list(rig.store.coils[:4]) == [1, 1, 1, 1]
    master.mask_write(0, 3, 0, 0x1234, rig.now)
    assert rig.until_done() == mb.DONE and rig.store.values[3] == 0x1234
    assert rig.slave.broadcasts == 2 and rig.slave.replies == 1


def test_a_full_cycle_takes_no_heap():
    bits = (1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1)
    for framing in FRAMINGS:
        rig = Rig(framing, full=True)
        full_cycle(rig, bits)
        no_heap(full_cycle, rig, bits)
        assert rig.master.state == mb.DONE


def test_a_small_room_grows_for_a_long_reply_in_pieces():
    rig = Rig(lambda: TcpFraming(48))
    rig.store.values[0:100] = [k for k in range(100)]
    rig.master.read(1, 3, 0, 100, rig.now)
    tx = rig.master.tx
    rig.slave.feed(bytes(tx.buf[tx.start : tx.end]), tx.end - tx.start, rig.now)
    tx.clear()
    out = rig.slave.tx
    reply = bytes(out.buf[out.start : out.end])
    for i in range(len(reply)):
        rig.master.feed(reply[i : i + 1], 1, rig.now)
    assert rig.master.state == mb.DONE
    assert [rig.master.register(k) for k in range(100)] == [k for k in range(100)]
