"""`v2g meter` judged by what it says: bytes and what they mean, models named, tables, messages."""

import random
from decimal import Decimal

import pytest

from hil_tests.portable.modbus_support import rtu
from protocols.crc16 import crc16
from tools.meter import line as lines
from tools.meter import search
from tools.meter.identify import CERTAIN, LIKELY, POSSIBLE, identify
from tools.meter.line import ANSWER, ECHO, GARBAGE, OTHER_UNIT, REFUSED, SILENCE, Heard, ModbusLine, judge
from tools.meter.port import PortFailed, Setting, open_port
from tools.meter.reading import MODBUS_MODELS, number, plain, read_all, shortest, table_lines, table_of
from tools.plant.meter_line import example
from tools.plant.meters import TWINS
from tools.plant.rtu_line import garbled

ASKED = rtu("01 04 0000 0002")
ANSWERED = rtu("01 04 04 4366 0000")


@pytest.mark.parametrize(
    "raw, kind, number_",
    [
        (b"", SILENCE, 0),
        (ASKED, ECHO, 0),
        (ANSWERED, ANSWER, 0),
        (ASKED + ANSWERED, ANSWER, 0),
        (b"\x00\xff" + ANSWERED, ANSWER, 0),
        (rtu("01 84 02"), REFUSED, 2),
        (ASKED + rtu("01 84 01"), REFUSED, 1),
        (rtu("05 04 04 4366 0000"), OTHER_UNIT, 5),
        (rtu("09 03 0000 000A"), OTHER_UNIT, 9),
        (ANSWERED[:-1], GARBAGE, 0),
        (b"\x00", GARBAGE, 0),
        (garbled(ANSWERED, 9600, 19200), GARBAGE, 0),
        (garbled(ANSWERED, 9600, 4800), GARBAGE, 0),
    ],
)
def test_what_bytes_mean(raw, kind, number_):
    heard = judge(raw, ASKED, 1, 4, 2)
    assert (heard.kind, heard.number) == (kind, number_)


def reader(twin):
    """`read` as identify() and read_all() want it, straight from a twin."""

    def read(function, address, count):
        said = twin.read(function, address, count)
        return Heard(REFUSED, number=said) if isinstance(said, int) else Heard(ANSWER, tuple(said))

    return read


def best(twin):
    candidates = identify(reader(twin))
    return (candidates[0].model, candidates[0].confidence) if candidates else None


# what nothing on the wire tells apart
ALIKE = {"em24_42": "em24"}


@pytest.mark.parametrize("model", MODBUS_MODELS)
def test_every_twin_is_named(model):
    found = best(TWINS[model](example()))
    few = model in ("sdm72", "djsf1352", "djsf1352_rn6")
    assert found[0] == ALIKE.get(model, model) and found[1] in ((LIKELY, POSSIBLE) if few else (CERTAIN,))


@pytest.mark.parametrize("model", MODBUS_MODELS)
def test_an_idle_meter_is_named_with_less_confidence(model):
    truth = example()
    truth.current_a = truth.phase_w = truth.phase_var = (0.0, 0.0, 0.0)
    found = best(TWINS[model](truth))
    assert found[0] == ALIKE.get(model, model)
    if model not in ("djsf1352", "djsf1352_rn6"):
        assert found[1] != CERTAIN


def test_secondary_side_and_ratios_do_not_matter():
    truth = example()
    truth.voltage_v = (5770.0, 5780.0, 5790.0)
    assert best(TWINS["dtsu666"](truth, pt=100, ct=40))[0] == "dtsu666"


def test_a_device_with_other_registers_is_not_named():
    dice = random.Random(5)

    def read(_function, _address, count):
        return Heard(ANSWER, tuple(dice.randrange(1, 0xFFFF) for _ in range(count)))

    assert [c for c in identify(read) if c.confidence != POSSIBLE] == []
    assert identify(lambda f, a, n: Heard(REFUSED, number=2)) == []
    assert identify(lambda f, a, n: Heard(ANSWER, (0,) * n)) == []


@pytest.mark.parametrize("model", MODBUS_MODELS)
def test_every_value_of_a_table_is_the_truth(model):
    """Against the truth in base units, to what the maker's registers resolve."""
    truth = example()
    wanted = {
        "voltage": truth.voltage_v, "current": truth.current_a, "power": truth.phase_w,
        "import": truth.phase_import_wh, "export": truth.phase_export_wh, "reactive": truth.phase_var,
    }
    totals = {
        "power": truth.total_w(), "import": truth.import_wh, "export": truth.export_wh,
        "energy": truth.import_wh + truth.export_wh, "reactive": sum(truth.phase_var),
    }
    if model.startswith("djsf"):
        totals.update(voltage=truth.dc_v, current=truth.dc_a, power=truth.dc_v * truth.dc_a)
    values = read_all(reader(TWINS[model](truth)), table_of(model))
    checked = 0
    for v in values:
        assert v.quality == "good", v
        true = wanted.get(v.quantity, (None,) * 3)[v.phase - 1] if v.phase else totals.get(v.quantity)
        if true is not None:
            assert float(v.value) == pytest.approx(true, rel=2e-7), v
            checked += 1
    assert checked >= 3


def test_refused_and_empty_values_say_so():
    twin = TWINS["em24"](example())
    twin.missing = {0x5C}
    twin.forced = {0x37: 0x7FFF}
    shown = {(v.quantity, v.phase): v.quality for v in read_all(reader(twin), table_of("em24"))}
    assert shown["export", 0] == "refused, code 02" and shown["frequency", 0] == "no value"
    assert shown["power", 0] == "good"
    text = "\n".join(table_lines(read_all(reader(twin), table_of("em24")), "zh"))
    assert "正向有功电能" in text and "14.528" in text and "refused, code 02" in text


def test_numbers():
    assert number([0x0001, 0xE240], "u32", False) == 123456
    assert number([0xE240, 0x0001], "u32", True) == 123456
    assert number([0xFFFF], "u16", False) is None and number([0x8000], "s16", False) is None
    assert number([0x7FC0, 0], "f32", False) is None and number([0xFFFF], "s16", False) == -1
    assert plain(Decimal("12300.500")) == "12300.5" and plain(Decimal("1E+3")) == "1000"
    assert str(shortest(12345.677734375)) == "12345.678"


def test_ports_that_cannot_be_opened():
    for name in ("/dev/nowhere", "tcp:127.0.0.1", "tcp:127.0.0.1:1"):
        with pytest.raises(PortFailed):
            open_port(name, Setting(9600, "N"))


class Line:
    """A line in memory with one meter at one setting; at another one it is silent, or `garbage` comes
    back, as from a meter that forgives what it received.
    """

    is_tcp = False

    def __init__(self, twin, unit, setting, garbage=False):
        self.twin, self.unit, self.true, self.garbage = twin, unit, setting, garbage
        self.setting = setting
        self._waiting = b""

    def set(self, setting):
        self.setting = setting

    def wire_s(self, n):
        return 0.0

    def read(self, seconds):
        data, self._waiting = self._waiting, b""
        return data

    def write(self, data):
        if self.setting != self.true:
            if self.garbage:
                wrong_bits = garbled(data, 9600, 9600 if self.setting.baud == self.true.baud else 7000)
                self._waiting = bytes(b ^ 0x80 for b in wrong_bits)
        elif data[0] == self.unit:
            said = self.twin.read(data[1], data[2] << 8 | data[3], data[4] << 8 | data[5])
            self._waiting = self._frame(data, said)

    def _frame(self, data, said):
        body = bytes((self.unit, data[1] | 0x80, said)) if isinstance(said, int) else (
            bytes((self.unit, data[1], 2 * len(said))) + b"".join(w.to_bytes(2, "big") for w in said))
        crc = crc16(body, 0, len(body))
        return body + bytes((crc & 0xFF, crc >> 8))


@pytest.fixture
def hasty(monkeypatch):
    """Nothing takes time on a line in memory."""
    monkeypatch.setattr(lines, "ANSWER_S", 0.01)
    monkeypatch.setattr(search, "Dlt645Line", lambda port: lines.Dlt645Line(port, 0.01))
    real = lines.ModbusLine
    monkeypatch.setattr(search, "ModbusLine", lambda port, framing, seconds: real(port, framing, 0.005))


@pytest.mark.parametrize("setting", [Setting(9600, "E"), Setting(19200, "N"), Setting(9600, "O")])
def test_probe_finds_speed_and_parity(hasty, setting):
    steps = []
    looking = search.Search(Line(TWINS["em340"](example()), 1, setting), steps.append)
    found = looking.probe(1)
    assert (found.setting, found.unit, found.protocol) == (setting, 1, "rtu")
    assert len(steps) >= 2 and "silence" in steps[0] and "answer" in steps[-1]


def test_probe_keeps_the_garbage_that_it_heard(hasty):
    line = Line(TWINS["em340"](example()), 1, Setting(300, "N"), garbage=True)
    looking = search.Search(line, lambda text: None)
    assert looking.probe(1) is None
    assert looking.heard.kind == GARBAGE and looking.heard.hexadecimal()


def test_scan_finds_every_unit(hasty):
    line = Line(TWINS["em340"](example()), 17, Setting(9600, "E"))
    found = list(search.Search(line, lambda text: None).scan(range(1, 30)))
    assert [(f.unit, f.setting) for f in found] == [(17, Setting(9600, "E"))]


def test_a_line_reads_through_a_modbus_line():
    line = Line(TWINS["sdm630"](example()), 3, Setting(9600, "N"))
    heard = ModbusLine(line, "rtu", 0.05).read(3, 4, 0x46, 2)
    assert heard.kind == ANSWER and heard.registers == (0x4248, 0x147B)
