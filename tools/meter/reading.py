"""All that a meter's table offers, read and scaled exactly, with a quality for each value."""

import importlib
import struct
from decimal import Decimal
from typing import NamedTuple

from drivers import meter_plan
from drivers.maps import dlt645 as dlt645_table
from firmware.schema import METER_MODELS
from protocols.dlt645.codec import bcd
from tools.meter.line import ANSWER, REFUSED

DLT645 = "dlt645"
MODBUS_MODELS = tuple(model for model in METER_MODELS if model != DLT645)
GOOD, NO_VALUE = "good", "no value"
# unit, decimal exponent of the unit that is shown, English, Chinese
QUANTITIES = {
    "voltage": ("V", 0, "voltage", "电压"),
    "current": ("A", 0, "current", "电流"),
    "power": ("kW", 3, "active power", "有功功率"),
    "reactive": ("kvar", 3, "reactive power", "无功功率"),
    "apparent": ("kVA", 3, "apparent power", "视在功率"),
    "power_factor": ("", 0, "power factor", "功率因数"),
    "frequency": ("Hz", 0, "frequency", "频率"),
    "temperature": ("°C", 0, "temperature", "温度"),
    "import": ("kWh", 3, "import energy", "正向有功电能"),
    "export": ("kWh", 3, "export energy", "反向有功电能"),
    "energy": ("kWh", 3, "total energy", "组合有功电能"),
}


class Value(NamedTuple):
    """A quantity in its base unit (V, A, W, Wh...); phase 0 = total; `value` None unless the quality is
    good.
    """

    quantity: str
    phase: int
    value: Decimal | None
    quality: str


def table_of(model):
    """The module of drivers.maps."""
    return importlib.import_module("drivers.maps." + model)


def ratios(read, table, pt, ct):
    """(PT, CT) as configured, else as the meter tells them, else 1; (0, 0) when it must tell and does
    not.
    """
    if table.RATIO and not (pt and ct):
        heard = read(table.FUNCTION, table.RATIO[0], 2)
        if heard.kind != ANSWER:
            return 0, 0
        pt, ct = pt or heard.registers[table.RATIO[1]], ct or heard.registers[table.RATIO[2]]
    return pt or 1, ct or 1


def read_all(read, table, pt=0, ct=0):
    """Values of every point; `read(function, address, count)` gives a Heard."""
    pt, ct = ratios(read, table, pt, ct)
    spans = [(p[0], p[4] * meter_plan.width(meter_plan.kind_of(table, p[1]))) for p in table.POINTS]
    held, missing = {}, {}
    for first, count in meter_plan.merged(spans, table.MOST):
        heard = read(table.FUNCTION, first, count)
        if heard.kind == ANSWER:
            held.update(enumerate(heard.registers, first))
        else:
            missing.update((at, heard) for at in range(first, first + count))
    values = []
    for address, kind, quantity, exponent, n in table.POINTS:
        width = meter_plan.width(meter_plan.kind_of(table, kind))
        for i in range(n):
            at = address + i * width
            phase = i + 1 if n == 3 else 0
            if at in missing:
                values.append(Value(quantity, phase, None, _why(missing[at])))
                continue
            raw = number([held[at + k] for k in range(width)], kind, table.LOW_WORD_FIRST)
            ratio = meter_plan.ratio_of(table, quantity, pt, ct)
            if raw is None or not ratio:
                values.append(Value(quantity, phase, None, NO_VALUE if ratio else "no transformer ratio"))
            else:
                values.append(Value(quantity, phase, raw * ratio * Decimal(10) ** exponent, GOOD))
    return values


def read_all_dlt645(line, address, pt=0, ct=0):
    """Values of every identifier of a DL/T 645 meter."""
    values = []
    for di, width, signed, quantity, exponent, phase in dlt645_table.POINTS:
        heard = line.read(address, di)
        raw = None
        if heard.kind == ANSWER and len(heard.registers) >= width:
            raw = bcd(bytes(heard.registers), 0, width, signed)
        if raw is None:
            values.append(Value(quantity, phase, None, NO_VALUE if heard.kind == ANSWER else _why(heard)))
            continue
        ratio = meter_plan.ratio_of(dlt645_table, quantity, pt or 1, ct or 1)
        values.append(Value(quantity, phase, raw * ratio * Decimal(10) ** exponent, GOOD))
    return values


def _why(heard):
    return "refused, code %02X" % heard.number if heard.kind == REFUSED else heard.kind


def number(registers, kind, low_first):
    """Exact number in one or two registers; None for a maker's "no value"."""
    if low_first and len(registers) == 2:
        registers = registers[::-1]
    data = struct.pack(">%dH" % len(registers), *registers)
    if kind == "f32":
        value = struct.unpack(">f", data)[0]
        return shortest(value) if value - value == 0 else None
    value = int.from_bytes(data, "big", signed=kind[0] == "s")
    bits = int(kind[1:])
    sentinels = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "s" else ((1 << bits) - 1,)
    return None if value in sentinels else Decimal(value)


def shortest(single):
    """The shortest decimal that is this float32, as the meter's maker meant it."""
    data = struct.pack(">f", single)
    texts = ("%.*g" % (digits, single) for digits in range(1, 10))
    return Decimal(next(text for text in texts if struct.pack(">f", float(text)) == data))


def table_lines(values, lang="en"):
    """Text lines: quantity, L1, L2, L3, total, unit, quality."""
    rows = [("quantity 量", "L1", "L2", "L3", "total 总", "unit", "quality 质量")]
    for quantity, (unit, exponent, english, chinese) in QUANTITIES.items():
        mine = [v for v in values if v.quantity == quantity]
        if not mine:
            continue
        cells = ["", "", "", ""]
        for v in mine:
            shown = "-" if v.value is None else plain(v.value.scaleb(-exponent))
            cells[(v.phase or 4) - 1] = shown
        qualities = sorted({v.quality for v in mine})
        name = {"en": english, "zh": chinese}.get(lang, "%s %s" % (english, chinese))
        rows.append((name, *cells, unit, ", ".join(qualities)))
    widths = [max(display_width(row[i]) for row in rows) for i in range(7)]
    return [_aligned(row, widths) for row in rows]


def plain(value):
    """A decimal without exponent and without zeros that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def display_width(text):
    """Columns on a terminal: Chinese takes two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _aligned(row, widths):
    cells = []
    for i, (text, width) in enumerate(zip(row, widths)):
        space = " " * (width - display_width(text))
        cells.append(text + space if i in (0, 5, 6) else space + text)
    return "  ".join(cells).rstrip()
