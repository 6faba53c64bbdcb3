"""Row 49's campaign: random frames of every kind against our slave and our master, each one accounted for.

`frames(n)` raises AssertionError where a counter is wrong or an end does not work afterwards. The dice have
a fixed seed.
"""

import random

import crcmod.predefined

from hil_tests.portable.modbus_support import START, FullStore
from protocols.modbus import master as mb
from protocols.modbus.full_master import FullMaster
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

CRC = crcmod.predefined.mkPredefinedCrcFun("modbus")
GAP_MS = 60  # longer than any gap within a frame may be
IDENTITY = {0: "V", 1: "C", 2: "1"}
FUNCTIONS = (1, 2, 3, 4, 5, 6, 8, 15, 16, 22, 23, 43)


def frames(n, seed=49):
    """`n` frames, half of them on each framing; every one goes to a slave and to a master that waits."""
    dice = random.Random(seed)
    _serial(n // 2, dice)
    _network(n - n // 2, dice)


def _pdu(dice):
    """A request's PDU that may be right, or any PDU."""
    fc = dice.choice(FUNCTIONS) if dice.random() < 0.8 else dice.randrange(1, 0x80)
    n = dice.choice((4, 4, 4, 6, 5, 7, 9, 11, dice.randrange(30)))
    return bytes((fc,)) + bytes(dice.choice((0, 0, 1, 2, dice.randrange(256))) for _ in range(n))


def _sealed(body):
    return body + CRC(body).to_bytes(2, "little")


def _is_ambiguous(frame, is_sealed):
    """Whether a part of it that it begins or ends with has a right CRC too: as every frame without its last
    octet, where that is 0.
    """
    n = len(frame)
    parts = [frame[:end] for end in range(4, n)] + [frame[start:] for start in range(1, n - 3)]
    return any(CRC(part) == 0 for part in parts) or not is_sealed and CRC(frame) == 0


def _burst(dice):
    """Name of a counter and a burst that it must count."""
    while True:
        name, frame = _any_burst(dice)
        if not _is_ambiguous(frame, name != "crc_errors"):
            return name, frame


def _any_burst(dice):
    kind = dice.randrange(6)
    if kind == 0:
        return "requests", _sealed(b"\x01" + _pdu(dice))
    if kind == 1:
        return "foreign", _sealed(bytes((dice.randrange(2, 248),)) + _pdu(dice))
    if kind == 2:
        return "broadcasts", _sealed(b"\0" + _pdu(dice))
    frame = bytearray(_sealed(b"\x01" + _pdu(dice)))
    if kind == 3:
        frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
    elif kind == 4:
        del frame[dice.randrange(1, len(frame)) :]
    else:
        frame = bytearray(dice.randbytes(dice.randrange(1, 40)))
    return "crc_errors", bytes(frame)


def _serial(n, dice):
    slave = FullSlave(RtuFraming(9600), FullStore(), (1,), Identity(IDENTITY))
    master = FullMaster(RtuFraming(9600), 20, 0)
    counted = dict.fromkeys(("requests", "foreign", "broadcasts", "crc_errors"), 0)
    now = START
    for _ in range(n):
        name, data = _burst(dice)
        counted[name] += 1
        _ask(master, dice, now)
        for machine in (slave, master):
            machine.feed(data, len(data), now)
        now = ticks_add(now, GAP_MS)
        for machine in (slave, master):
            machine.tick(now)
            machine.tx.clear()
    found = {name: getattr(slave, name) for name in counted}
    found["broadcasts"] += slave.ignored  # those that only read
    assert found == counted, (found, counted)
    assert slave.replies == slave.requests
    _works(master, slave, ticks_add(now, 1000))


def _network(n, dice):
    slave = FullSlave(TcpFraming(), FullStore(), (1,), Identity(IDENTITY))
    master = FullMaster(TcpFraming(), 300)
    counted = {"requests": 0, "foreign": 0, "closed": 0}
    found = dict(counted)
    now = START
    for _ in range(n):
        name, data = _segment(dice)
        counted[name] += 1
        _ask(master, dice, now)
        for machine in (slave, master):
            cut = dice.randrange(len(data) + 1)
            machine.feed(data[:cut], cut, now)
            machine.feed(data[cut:], len(data) - cut, now)
            machine.tick(now)
            machine.tx.clear()
        if slave.is_closed:
            found["closed"] += 1
            slave.link_lost()
        if master.is_closed:
            master.link_lost()
        now = ticks_add(now, dice.randrange(400))
    found["requests"] = slave.requests
    found["foreign"] = slave._framing.foreign_protocol
    assert found == counted, (found, counted)
    assert slave.replies == slave.requests
    slave.link_lost()
    master.link_lost()
    _works(master, slave, ticks_add(now, 1000))


def _segment(dice):
    """Name of a counter and a TCP frame that it must count."""
    body = bytes((dice.randrange(4),)) + _pdu(dice)
    head = bytes((0, dice.randrange(4), 0, 0, 0, len(body)))
    kind = dice.randrange(8)
    if kind == 0:
        return "foreign", head[:3] + b"\1" + head[4:] + body
    if kind == 1:
        return "closed", head[:4] + dice.choice((b"\0\0", b"\0\1", b"\0\xff", b"\xff\xff")) + body
    return "requests", head + body


def _ask(master, dice, now):
    if master.ready(now):
        if dice.random() < 0.5:
            master.read(1, 3, 0, dice.randrange(1, 5), now)
        elif dice.random() < 0.5:
            master.read_bits(1, 1, 0, dice.randrange(1, 20), now)
        else:
            master.identify(1, 1, 0, now)


def _works(master, slave, now):
    """One transaction without loss."""
    slave.tick(now)
    master.tick(now)
    assert master.ready(now)
    master.read(1, 3, 0, 1, now)
    for source, target in ((master, slave), (slave, master)):
        data = bytes(source.tx.buf[source.tx.start : source.tx.end])
        source.tx.consumed(len(data))
        target.feed(data, len(data), now)
        now = ticks_add(now, 10)
        target.tick(now)
    assert master.state == mb.DONE
