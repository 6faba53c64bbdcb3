"""Binds the image to the 104 outstation: which signal is which point, and what a command from the
dispatcher does to the image.

A set-point outside the registered range, in local mode or while AGC is off is refused with a negative
confirmation; one inside the range but outside today's envelope is accepted: the step clips it and says
so (design §6). Power's sign on the wire is the configuration's.
"""

from firmware import codes, pointtable
from protocols.iec104.const import (
    ACCEPTED,
    C_SC_NA_1,
    C_SE_NC_1,
    C_SE_TC_1,
    QUALITY_IV,
    QUALITY_NT,
    REFUSED_HANDLER,
)
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

_QUALITY = (QUALITY_IV | QUALITY_NT, QUALITY_NT, 0)  # by INVALID, STALE, GOOD


def make_params(tele):
    """The outstation's parameters from the checked section `telecontrol`."""
    params = Params(
        tele["common_address"],
        k=tele["k"],
        w=tele["w"],
        t0_ms=tele["t0_s"] * 1000,
        t1_ms=tele["t1_s"] * 1000,
        t2_ms=tele["t2_s"] * 1000,
        t3_ms=tele["t3_s"] * 1000,
        max_links=tele["max_links"],
        event_slots=tele["event_slots"],
        allow=tuple(tele["allow"]),
        control_from=tuple(tele["control_from"]),
    )
    params.command_age_ms = tele["command_max_age_s"] * 1000
    return params


class Telecontrol:
    def __init__(self, image, config, clock, log):
        tele = config["telecontrol"]
        self.image = image
        self.log = log
        self.sign = -1 if tele["power_sign"] == "generator" else 1
        self.divisor = tele["setpoint_divisor"]
        self.registered_w = sum([bay["rating_w"] for bay in config["bays"]])
        self.clock = clock
        self.clock_settings = clock.settings
        self.clock_refusals = clock.refusals
        self.station = Outstation(make_params(tele), clock)
        self.station.on_command = self._judged
        self.seen = self.station.master_seen
        self.setpoint = self.station.add_command(tele["setpoint_ioa"], (C_SE_NC_1, C_SE_TC_1), self)
        self.agc_request = self.station.add_command(tele["agc_request_ioa"], (C_SC_NA_1,), self)
        self.points = []
        self.signals = []  # what each point shows
        self.factors = []  # and by how much it is multiplied
        for row in rows_of(tele):
            self._bind(row)
        if image.guarded and not tele["points"]:
            for row in pointtable.GUARD_POINTS:
                self._bind(row)
        image.station.agc_enabled.put(1, 0)

    def _bind(self, row):
        name, ioa, type_id, divisor, deadband, cyclic_ms = row
        signal, factor = self._find(name)
        if name in pointtable.SIGNED:
            factor *= self.sign
        point = self.station.add_point(ioa, type_id, divisor, deadband, cyclic_ms, 0)
        self.points.append(point)
        self.signals.append(signal)
        self.factors.append(factor)

    def _find(self, name):
        """The signal behind a point's name, and the factor to its magnitude."""
        for turned, load, generator in pointtable.TURNED:
            if turned == name:
                name = load if self.sign > 0 else generator
        for magnitude, source, factor in pointtable.MAGNITUDES:
            if magnitude == name:
                return getattr(self.image.station, source), factor
        for alias, shown in pointtable.ALIASES:
            if alias == name:
                name = shown
        signal = self.image.find(name if "." in name else "station." + name)
        if signal is None:
            raise ValueError("telecontrol.points: no signal is called %s" % name)
        return signal, 1

    def follow(self, now):
        """A master lives as long as valid frames come in on a started link; t3 keeps them coming."""
        if self.image.station.local.value:
            self.image.station.agc_w.fail()  # whoever comes back from local mode waits for a new order
        seen = self.station.master_seen
        if seen != self.seen:
            self.seen = seen
            self.image.station.master_alive.put(1, seen)

    def report(self, now):
        """After a step: show the image to the masters."""
        for i in range(len(self.points)):
            signal = self.signals[i]
            raw = signal.value * self.factors[i]
            quality = _QUALITY[signal.quality]
            point = self.points[i]
            if raw != point.raw or quality != point.quality:
                point.update(raw, quality, now)
        if self.clock.settings != self.clock_settings:
            self.clock_settings = self.clock.settings
            self.log.add(codes.CLOCK_SET, 0, now)
        if self.clock.refusals != self.clock_refusals:
            self.clock_refusals = self.clock.refusals
            self.log.add(codes.CLOCK_REFUSED, 0, now)

    def operate(self, cmd, type_id, value, link, now):
        """A command that the outstation found sound; False = negative confirmation."""
        if self.image.station.local.value:
            self.log.add(codes.SETPOINT_LOCAL, 0, now)
            return False
        if cmd is self.agc_request:
            return self._switch_agc(value, now)
        return self._take_setpoint(value, now)

    def _switch_agc(self, on, now):
        station = self.image.station
        station.agc_enabled.put(1 if on else 0, now)
        if not on:
            station.agc_w.fail()
        self.image.order_event = True
        return True

    def _take_setpoint(self, value, now):
        station = self.image.station
        if not station.agc_enabled.value:
            self.log.add(codes.SETPOINT_AGC_OFF, 0, now)
            return False
        largest = self.registered_w / self.divisor
        if not -largest - 0.001 <= value <= largest + 0.001:
            self.log.add(codes.SETPOINT_OUT_OF_RANGE, 0, now)
            return False
        power_w = round(value * self.divisor) * self.sign
        station.agc_w.put(max(-self.registered_w, min(self.registered_w, power_w)), now)
        self.image.order_event = True
        return True

    def _judged(self, link, cmd, type_id, value, result):
        """Refusals that never reached operate(); the argument is the kind (protocols/iec104/const.py,
        COUNT_NAMES).
        """
        if result not in (ACCEPTED, REFUSED_HANDLER):
            self.log.add(codes.COMMAND_REFUSED, result, link.heard_ms)


_CLOSED = (
    ("framing", codes.LINK_FRAMING),
    ("sequence", codes.LINK_SEQUENCE),
    ("t1", codes.LINK_T1),
    ("not_started", codes.LINK_NOT_STARTED),
    ("overrun", codes.LINK_OVERRUN),
    ("replaced", codes.LINK_REPLACED),
)


def closed_code(reason):
    """Message code of a link's closed_reason."""
    for name, code in _CLOSED:
        if name == reason:
            return code
    return codes.LINK_CLOSED


def rows_of(tele):
    """The configured points, or the table of this firmware."""
    if not tele["points"]:
        return pointtable.POINTS
    return tuple(
        [
            (p["signal"], p["ioa"], p["type"], p["divisor"], p["deadband"], p["cyclic_ms"])
            for p in tele["points"]
        ]
    )
