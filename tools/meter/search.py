"""Looks for a meter on a line: speeds, parities, units; tells each step as it goes.

Order: what makers deliver first (9600 8N1, Acrel's 8E1, DL/T 645's 2400 8E1), then what sites choose. A
question that any meter answers, if only by refusing it: two registers at 0 by FC 04 and by FC 03.
"""

from typing import NamedTuple

from tools.meter.line import (
    ECHO,
    GARBAGE,
    OTHER_UNIT,
    REFUSED,
    RTU,
    SILENCE,
    TCP,
    Dlt645Line,
    Heard,
    ModbusLine,
)
from tools.meter.port import Setting

_ORDER = "9600N 9600E 19200N 19200E 4800N 4800E 2400N 2400E 38400N 38400E 115200N 57600N 9600O"
SETTINGS = tuple(Setting(int(text[:-1]), text[-1]) for text in _ORDER.split())
DLT645_SETTINGS = tuple(Setting(baud, "E") for baud in (2400, 9600, 4800, 1200))
_ABSENT_BEHIND_GATEWAY = (0x0A, 0x0B)
UNITS = range(1, 248)


class Found(NamedTuple):
    """A meter: its protocol (rtu, tcp, dlt645), the line's setting, its unit or twelve digits."""

    protocol: str
    setting: Setting
    unit: object

    def __str__(self):
        where = "" if self.protocol == TCP else " at %s" % (self.setting,)
        return "%s %s%s" % ("address" if self.protocol == "dlt645" else "unit", self.unit, where)


class Search:
    """`progress(text)` is told each step; `heard` keeps the most telling thing that was heard."""

    def __init__(self, port, progress, framings=None):
        self.port = port
        self.progress = progress
        self.framings = framings or ((TCP, RTU) if port.is_tcp else (RTU,))
        self.heard = Heard(SILENCE)
        self.heard_at = port.setting

    def probe(self, unit, settings=SETTINGS):
        """The meter of this unit, or a DL/T 645 meter, at whatever setting it answers; None."""
        for framing in self.framings:
            for setting in (self.port.setting,) if self.port.is_tcp else settings:
                self.port.set(setting)
                if self._answers(framing, unit, setting):
                    return Found(framing, setting, unit)
        return self.probe_dlt645(settings)

    def probe_dlt645(self, settings=DLT645_SETTINGS):
        """The only DL/T 645 meter on the line, or None."""
        if self.port.is_tcp:
            settings = (self.port.setting,)
        for setting in [s for s in DLT645_SETTINGS if s in settings] or settings:
            self.port.set(setting)
            heard, address = Dlt645Line(self.port).find()
            self._note(heard, setting)
            self.progress("DL/T 645 %s: %s" % (setting, heard.kind))
            if heard.is_there():
                return Found("dlt645", setting, address)
        return None

    def scan(self, units=UNITS, settings=None):
        """Yields every meter: at the first setting where one answers, or at the one setting given."""
        for framing in self.framings:
            some = False
            for setting in (self.port.setting,) if self.port.is_tcp else settings or SETTINGS[:4]:
                self.port.set(setting)
                for unit in units:
                    if self._answers(framing, unit, setting, 0.12):
                        some = True
                        yield Found(framing, setting, unit)
                if some:
                    return
        found = self.probe_dlt645()
        if found is not None:
            yield found

    def _answers(self, framing, unit, setting, answer_s=0.3):
        line = ModbusLine(self.port, framing, answer_s)
        for function in (4, 3):
            heard = line.read(unit, function, 0, 2)
            self._note(heard, setting)
            where = "" if framing == TCP else " at %s" % (setting,)
            self.progress("%s unit %d%s: %s" % (framing, unit, where, describe(heard)))
            if heard.is_there() and not (heard.kind == REFUSED and heard.number in _ABSENT_BEHIND_GATEWAY):
                return True
        return False

    def _note(self, heard, setting):
        order = (SILENCE, ECHO, GARBAGE, OTHER_UNIT)
        if heard.kind in order and order.index(heard.kind) > order.index(self.heard.kind):
            self.heard, self.heard_at = heard, setting


def describe(heard):
    """One phrase for people."""
    if heard.kind == REFUSED:
        return "exception %02X" % heard.number
    if heard.kind == OTHER_UNIT:
        return "unit %d speaks" % heard.number
    return "%s (%s)" % (heard.kind, heard.hexadecimal()) if heard.kind == GARBAGE else heard.kind
