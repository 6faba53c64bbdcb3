"""Forged input for a 104 station, the same numbers on every interpreter: noise, bent ASDUs, bent frames."""

from hil_tests.portable.iec104_support import GI, SELECTED, SETPOINT, SWITCH, TEN, Raw, Rig, asdu, setpoint
from protocols.ticks import ticks_add

SEEDS = (
    setpoint(TEN),
    GI,
    asdu(101, 6, 0, "45"),
    asdu(102, 5, 0x4001),
    asdu(103, 6, 0, "5fea 00 0c d5 0b 1a"),
    asdu(105, 6, 0, "02"),
    asdu(107, 6, 0, "3412 5fea 00 0c d5 0b 1a"),
    asdu(45, 6, SWITCH, "01"),
    asdu(45, 6, SELECTED, "81"),
    asdu(45, 8, SELECTED, "01"),
    asdu(63, 6, SETPOINT, TEN + "00 5fea 00 0c d5 0b 1a"),
)


class Dice:
    """A small generator that gives the same numbers on every interpreter."""

    def __init__(self, seed):
        self.state = seed & 0x3FFFFFFF | 1

    def below(self, n):
        self.state = (self.state % 32768 * 25173 + self.state // 32768 * 7 + 13849) & 0x3FFFFFFF
        return (self.state >> 5) % n


def forge(dice):
    """An ASDU: one of the seeds, bent in a few places, or noise."""
    kind = dice.below(8)
    if kind == 0:
        return bytes([dice.below(256) for _ in range(6 + dice.below(40))])
    data = bytearray(SEEDS[dice.below(len(SEEDS))])
    for _ in range(dice.below(3)):
        data[dice.below(len(data))] = dice.below(256)
    if kind == 1:
        data = data[: 6 + dice.below(len(data) - 5)]
    elif kind == 2:
        data += bytes(dice.below(20))
    return bytes(data)


class Judge:
    """An order that reaches it must be well formed."""

    def __init__(self):
        self.operated = 0

    def operate(self, cmd, type_id, value, link, now):
        assert type_id in cmd.type_ids and link.may_control
        assert value - value == 0  # finite
        self.operated += 1
        return True


class Campaign:
    """Forged APDUs against one station for as long as wanted; `links` counts the connections that it took."""

    def __init__(self, seed):
        self.rig = Rig(event_slots=16)
        self.judge = Judge()
        for cmd in self.rig.station.commands.values():  # any order
            cmd.handler = self.judge
        self.rig.acquire()
        self.dice = Dice(seed)
        self.master = None
        self.links = 0

    def run(self, count):
        """`count` forged APDUs and frames."""
        for _ in range(count):
            self._one()
        assert len(self.rig.station.links) <= 1

    def _one(self):
        rig, dice = self.rig, self.dice
        rig.clock.settings.clear()
        if self.master is None or self.master.link.is_closed:
            self._connect()
        self._send(self.master)
        if dice.below(5) == 0:
            rig.measured[dice.below(3)].update(dice.below(100000), dice.below(256), rig.now)
        if not self.master.link.is_closed:
            self.master.take()
            self.master.s()
        rig.now = ticks_add(rig.now, 10 + dice.below(50))
        rig.station.tick(rig.now)

    def _connect(self):
        if self.master is not None:
            self.rig.station.close_link(self.master.link)
        self.master = Raw(self.rig)
        self.links += 1

    def _send(self, master):
        dice = self.dice
        if dice.below(40):
            master.i(forge(dice))
            return
        frame = bytearray(master.frame(forge(dice)))
        frame[dice.below(min(6, len(frame)))] ^= 1 << dice.below(8)
        master.write(frame)
        master.vs = master.link.vr
