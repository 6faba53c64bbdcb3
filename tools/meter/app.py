"""The three commands: read, probe, scan. Progress goes to stderr, results to stdout."""

import sys
from typing import NamedTuple

from firmware.schema import METER_MODELS
from protocols.dlt645.codec import address_of
from protocols.errors import LocalError
from tools.catalogue import Failure
from tools.catalogue_host import (
    BAD_OPTION,
    METER_ECHOES,
    METER_GARBAGE,
    METER_MISSING,
    METER_OTHER_UNIT,
    METER_PORT,
    METER_REFUSES,
    METER_UNNAMED,
)
from tools.meter.identify import NOTES, identify
from tools.meter.line import ECHO, GARBAGE, OTHER_UNIT, RTU, TCP, Dlt645Line, ModbusLine
from tools.meter.port import PortFailed, Setting, open_port
from tools.meter.reading import DLT645, GOOD, read_all, read_all_dlt645, table_lines, table_of
from tools.meter.search import SETTINGS, Search

_HEARD = {ECHO: METER_ECHOES, GARBAGE: METER_GARBAGE, OTHER_UNIT: METER_OTHER_UNIT}


def progress(text):
    """One step; over the last one on a terminal, on a line of its own elsewhere."""
    if sys.stderr.isatty():
        print("\r\033[K  " + text[:100], end="", file=sys.stderr, flush=True)
    else:
        print("  " + text, file=sys.stderr, flush=True)


def end_of_progress():
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


class Wanted(NamedTuple):
    """What the options fix: settings to try, whether those are all, framings, unit."""

    settings: tuple
    is_open: bool
    framings: tuple | None
    only_dlt645: bool
    unit: int


def wanted(baud=None, parity=None, framing=None, unit=None):
    """A Wanted; Failure for an option that cannot be."""
    if parity and parity.upper() not in ("N", "E", "O"):
        raise Failure(BAD_OPTION, "--parity %s: N, E or O" % parity)
    if framing not in (None, RTU, TCP, DLT645):
        raise Failure(BAD_OPTION, "--framing %s: rtu, tcp or dlt645" % framing)
    parities = (parity.upper(),) if parity else ("N", "E", "O")
    settings = tuple(s for s in SETTINGS if s.parity in parities and baud in (None, s.baud))
    settings = settings or tuple(Setting(baud, p) for p in parities)
    framings = (framing,) if framing in (RTU, TCP) else None
    return Wanted(settings, not (baud or parity), framings, framing == DLT645, unit or 1)


def known(model):
    """`model` when there is a table of it, or None for None; else Failure."""
    if model is not None and model not in METER_MODELS:
        raise Failure(BAD_OPTION, "--model %s: one of %s" % (model, ", ".join(METER_MODELS)))
    return model


def guarded(command):
    """Runs `command`; a port that fails is told with its code."""
    try:
        return command()
    except PortFailed as error:
        raise Failure(METER_PORT, str(error)) from None
    finally:
        end_of_progress()


def probe(name, wanted):
    """Find one meter and name it."""

    def run():
        port = open_port(name, wanted.settings[0])
        try:
            found = find(port, wanted)
            print("%s: %s, %s" % (name, found.protocol, found))
            if found.protocol != DLT645:
                _name(port, found)
        finally:
            port.close()

    guarded(run)


def find(port, wanted):
    """A Found; Failure says what was heard instead."""
    search = Search(port, progress, wanted.framings)
    if wanted.only_dlt645:
        found = search.probe_dlt645(wanted.settings)
    else:
        found = search.probe(wanted.unit, wanted.settings)
    if found is None:
        raise _nothing(search, wanted.unit)
    end_of_progress()
    return found


def _nothing(search, unit):
    heard = search.heard
    detail = "unit %d" % unit
    if heard.kind == OTHER_UNIT:
        detail += "; unit %d speaks at %s" % (heard.number, search.heard_at)
    elif heard.raw:
        detail += "; heard at %s: %s" % (search.heard_at, heard.hexadecimal())
    return Failure(_HEARD.get(heard.kind, METER_MISSING), detail)


def _reader(port, found):
    line = ModbusLine(port, found.protocol)
    return lambda function, address, count: line.read(found.unit, function, address, count)


def _name(port, found):
    """Print every model that fits; the surest one."""
    candidates = identify(_reader(port, found), lambda model: progress("is it %s?" % model))
    end_of_progress()
    for c in candidates:
        print("  %s: %s (%s)" % (c.confidence, c.model, table_of(c.model).TITLE))
        print("    signs: %s" % "; ".join(c.signs))
        if c.model in NOTES:
            print("    note: %s" % NOTES[c.model])
    if not candidates:
        raise Failure(METER_UNNAMED, str(found))
    return candidates[0]


def scan(name, wanted, units):
    """Every meter on the line, named where it can be."""
    first, _, last = units.partition("-")
    first, last = (int(t) if t.isdigit() else 0 for t in (first, last or first))
    if not 1 <= first <= last <= 247:
        raise Failure(BAD_OPTION, "--units %s: A-B within 1 to 247" % units)

    def run():
        port = open_port(name, wanted.settings[0])
        try:
            _scan(port, wanted, range(first, last + 1))
        finally:
            port.close()

    guarded(run)


def _scan(port, wanted, units):
    search = Search(port, progress, wanted.framings)
    settings = None if wanted.is_open else wanted.settings
    count = 0
    for found in search.scan(units, settings):
        end_of_progress()
        count += 1
        text = "DL/T 645"
        if found.protocol != DLT645:
            candidates = identify(_reader(port, found), lambda model: progress("is it %s?" % model))
            end_of_progress()
            text = ", ".join("%s (%s)" % (c.model, c.confidence) for c in candidates) or "no known model"
        print("%s: %s" % (found, text), flush=True)
    end_of_progress()
    if not count:
        raise _nothing(search, units[0])
    print("%d found" % count)


def read(name, wanted, model, address, pt, ct, lang):
    """A table of everything that the meter measures."""

    def run():
        port = open_port(name, _first(wanted, model))
        try:
            return _read(port, wanted, model, address, pt, ct)
        finally:
            port.close()

    values = guarded(run)
    for line in table_lines(values, lang):
        print(line)
    if not any(v.quality == GOOD for v in values):
        raise Failure(METER_REFUSES, "; ".join(sorted({v.quality for v in values})))


def _first(wanted, model):
    if model and wanted.is_open:
        return Setting(*table_of(model).LINE)
    return wanted.settings[0]


def _read(port, wanted, model, address, pt, ct):
    if model == DLT645 or address:
        try:
            return read_all_dlt645(Dlt645Line(port), address_of(address), pt, ct)
        except LocalError as error:
            raise Failure(BAD_OPTION, "--address %s: %s" % (address, error)) from None
    if model is None or wanted.is_open:
        found = find(port, wanted)
        print("%s: %s" % (found.protocol, found))
        if found.protocol == DLT645:
            return read_all_dlt645(Dlt645Line(port), address_of(found.unit), pt, ct)
        model = model or _name(port, found).model
        return read_all(_reader(port, found), table_of(model), pt, ct)
    line = ModbusLine(port, (wanted.framings or ((TCP,) if port.is_tcp else (RTU,)))[0])
    return read_all(lambda f, a, n: line.read(wanted.unit, f, a, n), table_of(model), pt, ct)
