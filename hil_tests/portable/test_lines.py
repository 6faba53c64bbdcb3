"""Named lines: what a board file may say of them, polarity, safe states, and a remote I/O behind Modbus.

lane: heap=256k
"""

from drivers.lines import ABSENT, Lines, MemoryPins, NoPins, StationLines
from drivers.lines_modbus import HOLD_MS, RemoteLines
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from firmware import codes
from firmware.lines import check, of_bay
from protocols.modbus.master import Master
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming


def row(name, pin, **more):
    return dict(more, name=name, pin=pin)


COIL = row("contactor", "led0", bay=1, active="low", safe=0)
STOP = row("estop", "button0", bay=1, active="low")


def wrong(*rows):
    errors = []
    check(list(rows), errors)
    return [(code, path) for code, path, _, _ in errors]


def checked(*rows):
    errors = []
    done = check(list(rows), errors)
    assert errors == []
    return done


def test_what_a_board_file_gets_wrong_has_a_code_and_a_place():
    assert wrong(COIL, STOP) == []
    assert wrong(row("kontaktor", "led0", active="high")) == [(codes.CONFIG_BAD_VALUE, "lines[0].name")]
    assert wrong(row("estop", "p", bay=1)) == [(codes.CONFIG_MISSING_KEY, "lines[0].active")]
    assert wrong(row("contactor", "p", bay=1, active="high")) == [
        (codes.CONFIG_MISSING_KEY, "lines[0].safe")
    ]
    assert wrong(COIL, row("lock", "led0", bay=1, active="high", safe=0)) == [
        (codes.CONFIG_CONFLICT, "lines[1].pin")
    ]
    assert wrong(COIL, dict(COIL, pin="led1")) == [(codes.CONFIG_CONFLICT, "lines[1].name")]
    assert wrong(dict(COIL, polarity="low")) == [(codes.CONFIG_UNKNOWN_KEY, "lines[0].polarity")]


def test_no_board_file_calls_a_closed_contactor_safe():
    assert wrong(dict(COIL, safe=1)) == [(codes.CONFIG_CONFLICT, "lines[0].safe")]
    assert wrong(row("inhibit", "p", bay=1, active="high", safe=0)) == [
        (codes.CONFIG_CONFLICT, "lines[0].safe")
    ]
    assert wrong(row("cp_pwm", "p", bay=1, safe=5000)) == [(codes.CONFIG_CONFLICT, "lines[0].safe")]


def test_a_line_belongs_to_a_bay_or_to_the_station():
    assert wrong(dict(COIL, bay=0)) == [(codes.CONFIG_CONFLICT, "lines[0].bay")]
    assert wrong(row("led_ready", "p", bay=1, active="high", safe=0)) == [
        (codes.CONFIG_CONFLICT, "lines[0].bay")
    ]
    assert wrong(row("contactor", "io:3", active="high", safe=0)) == [
        (codes.CONFIG_CONFLICT, "lines[0].pin")
    ]
    rows = checked(COIL, row("estop", "io:0", active="low"), row("led_ready", "a", active="high", safe=0))
    assert [r["name"] for r in of_bay(rows, 2)] == ["estop"]
    assert [r["name"] for r in of_bay(rows, 1)] == ["contactor", "estop"]
    assert [r["name"] for r in of_bay(rows, 0)] == ["led_ready"]


def test_polarity_is_the_lines_own_affair():
    pins = MemoryPins(("led0", "button0"))
    lines = Lines(checked(COIL, STOP), pins)
    coil, stop = lines.find("contactor"), lines.find("estop")
    assert pins.levels[0] == 1  # safe from the construction on
    lines.write(coil, 1)
    assert pins.levels[0] == 0 and lines.read(coil) == 1
    pins.levels[1] = 1
    assert lines.read(stop) == 0
    pins.levels[1] = 0  # a broken wire of a closed loop
    assert lines.read(stop) == 1
    lines.safe()
    assert pins.levels[0] == 1


def test_a_line_that_is_not_there_reads_0_and_takes_everything():
    lines = Lines(checked(STOP), MemoryPins(("button0",)))
    assert lines.find("lock") == ABSENT and lines.missing(("lock", "estop")) == ["lock"]
    lines.write(ABSENT, 1)
    assert lines.read(ABSENT) == 0


def test_a_pin_that_the_board_does_not_have_is_refused():
    for pins in (MemoryPins(("led1",)), NoPins()):
        try:
            Lines(checked(COIL), pins)
        except ValueError as error:
            assert "led0" in str(error)
        else:
            raise AssertionError("taken")


class Store:
    """A remote I/O's registers."""

    def __init__(self):
        self.inputs = [0] * 16
        self.outputs = [7] * 16
        self.writes = []

    def read(self, unit, fc, address, count, out, at):
        values = self.inputs if fc == 4 else self.outputs
        for i in range(count):
            value = values[address % 16 + i] & 0xFFFF
            out[at + 2 * i] = value >> 8
            out[at + 2 * i + 1] = value & 0xFF
        return 0

    def write(self, unit, fc, address, count, data, at):
        assert fc == 16 and address == 16
        values = [data[at + 2 * i] << 8 | data[at + 2 * i + 1] for i in range(count)]
        self.outputs[:count] = values
        self.writes.append(values)
        return 0


class Remote:
    """A bay's lines on a remote I/O, with its slave at the far end."""

    def __init__(self):
        ours, self.port = pair()
        self.store = Store()
        self.slave = Slave(TcpFraming(), self.store, (1,))
        self.bus = ModbusBus("io", ours, Master(TcpFraming(), 300))
        self.device = RemoteLines(1, 20)
        self.bus.add(self.device)
        rows = checked(
            row("estop", "io:0", active="low"),
            row("cp_low_dv", "io:5"),
            row("contactor", "io:16", active="high", safe=0),
            row("cp_pwm", "io:18", safe=10000),
        )
        self.lines = Lines(rows, None, self.device)
        self.now = (1 << 30) - 60
        self.silent = False
        self.buf = bytearray(300)

    def run(self, ms):
        for _ in range(ms // 5):
            self.now = (self.now + 5) & 0x3FFFFFFF
            self.bus.service(self.now)
            if self.port.ready:
                n = self.port.read_into(self.buf)
                if not self.silent:
                    self.slave.feed(self.buf, n, self.now)
            tx = self.slave.tx
            if tx.pending():
                self.port.write(tx.buf, tx.start, tx.pending())
                tx.clear()


def test_a_remote_io_is_told_the_safe_state_first_and_then_followed():
    io = Remote()
    assert not io.lines.fresh(io.now)
    io.store.inputs[0] = 1
    io.store.inputs[5] = -120
    io.run(60)
    assert io.store.writes[0] == [0, 0, 10000] and io.lines.fresh(io.now)
    assert io.lines.read(io.lines.find("estop")) == 0
    assert io.lines.read(io.lines.find("cp_low_dv")) == -120
    io.lines.write(io.lines.find("contactor"), 1)
    io.run(30)
    assert io.store.outputs[0] == 1


def test_outputs_are_renewed_before_the_io_lets_go():
    io = Remote()
    io.run(60)
    written = len(io.store.writes)
    io.run(HOLD_MS)
    assert len(io.store.writes) - written >= 3


def test_a_silent_io_is_not_fresh_and_a_lost_one_begins_with_the_safe_state():
    io = Remote()
    io.run(60)
    io.lines.write(io.lines.find("contactor"), 1)
    io.run(60)
    io.silent = True
    io.run(150)
    assert not io.lines.fresh(io.now)
    io.device.lost(io.now)
    io.silent = False
    io.run(1500)
    assert io.lines.fresh(io.now) and io.store.outputs[0] == 0


class Counts:
    value = 0


class Station:
    fault = Counts()
    running_w = Counts()


class Image:
    station = Station()


def test_the_end_makes_every_line_safe_and_tells_the_io():
    io = Remote()
    io.run(60)
    pins = MemoryPins(("led0", "led1"))
    led = {"active": "high", "safe": 0}
    lamps = checked(row("led_ready", "led0", **led), row("led_fault", "led1", **led))
    station = StationLines(Lines(lamps, pins), Image())
    station.add(io.lines, io.bus, io.device)
    io.lines.write(io.lines.find("contactor"), 1)
    station.service(io.now)
    io.run(60)
    assert pins.levels[0] == 1 and io.store.outputs[0] == 1
    station.close()
    io.run(10)
    assert pins.levels[0] == 0 and io.store.outputs[:3] == [0, 0, 10000]
