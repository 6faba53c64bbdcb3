"""Binds the image to the 104 outstation: which signal is which point, and what a command from the
dispatcher does to the image.

A set-point outside the registered range, in local mode or while AGC is off is refused with a negative
confirmation; one inside the range but outside today's envelope is accepted: the step clips it and says
so (design §6). Power's sign on the wire is the configuration's. The target's echo and the return of the AGC
request are points whose events carry return information (COT 11) when an order changed them. Every order,
accepted or refused, goes into `orders` (firmware/orderlog.py).
"""

from firmware import codes, pointtable
from firmware.orderlog import OrderLog
from firmware.pointtable import NORMALISED
from firmware.telecontrol_orders import DispatchOrders
from protocols.iec104.const import (
    ACCEPTED,
    QUALITY_IV,
    QUALITY_NT,
    REFUSED_HANDLER,
    REFUSED_TIME,
    REFUSED_VALUE,
)
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

_ROUNDING_W = 1  # of a short float at the end of the range
_LOGGED = 16  # orders between two lines of the console
_ABNORMAL = (REFUSED_VALUE, REFUSED_TIME, REFUSED_HANDLER)  # refusals that speak of the set-point
_ABLE = (codes.SETPOINT_LOCAL, codes.SETPOINT_AGC_OFF)  # refusals that say nothing against it
_QUALITY = (QUALITY_IV | QUALITY_NT, QUALITY_NT, 0)  # by INVALID, STALE, GOOD


def carried(name):
    """A module by its name: a small image carries only those that it was built with (else ImportError)."""
    return __import__(name, None, None, ["carried"])


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
    params.groups = tuple([tuple(group["masters"]) for group in tele["groups"]])
    params.select_ms = tele["select_s"] * 1000
    params.utc_offset_min = tele["utc_offset_min"]
    params.tally_ioa = pointtable.TALLY_IOA
    if tele["summer_time"] != "none":
        params.is_summer = carried("protocols.iec104.summer").is_summer
    params.command_age_ms = tele["command_max_age_s"] * 1000
    return params


class Telecontrol:
    def __init__(self, image, config, clock, log, store=None):
        """`store` keeps loaded parameters (drivers/store.py); None = the board has none."""
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
        self.why = 0  # code of the refusal that is being answered
        self.returning = False  # an order was carried out since the last report
        self.points = []
        self.signals = []  # what each point shows
        self.factors = []  # and by how much it is multiplied
        self.returns = []  # indices of those that answer an order
        self._add_orders(tele)
        self._add_points(tele)
        self.indices = None
        if tele["region"] != "none":
            module = carried("firmware.indices")
            for row in () if tele["points"] else module.POINTS:
                self._bind(row)
            self.indices = module.Indices(image, module.region_of(tele["region"]), self.registered_w)
        self.parameters = None
        if tele["parameters"]:
            made = carried("firmware.telecontrol_parameters").LoadedParameters
            self.parameters = made(self, tele["parameters"], store).parameters
        image.station.agc_enabled.put(1, 0)

    def _add_orders(self, tele):
        self.setpoint = self.curve = None
        self.dispatch = DispatchOrders(self)
        for name, ioa, types, select in pointtable.orders(tele):
            if name == "setpoint":
                self.setpoint = self.station.add_command(ioa, types, self, select)
            else:
                self.dispatch.add(name, ioa, types, select)
        count = tele["curve_points"] if tele["curve_ioa"] else 0
        self.orders = OrderLog(_LOGGED + count, tele["log_orders"] == "refused")
        if count:
            made = carried("firmware.curve").Curve
            self.curve = made(self, tele["curve_ioa"], count, tele["utc_offset_min"])
            self.station.add_command(tele["curve_ioa"], pointtable.SETPOINTS, self.curve, count=count)

    def _add_points(self, tele):
        for row in pointtable.rows_of(tele):
            self._bind(row)
        if tele["points"]:
            return
        for row in pointtable.GUARD_POINTS if self.image.guarded else ():
            self._bind(row)
        for row in carried("firmware.phases").POINTS if self.image.phases else ():
            self._bind(row)

    def _bind(self, row):
        name, ioa, type_id, divisor, deadband, cyclic_ms = row
        signal, factor = self._find(name)
        if name in pointtable.SIGNED or name[:5] == "phase":
            factor *= self.sign
        if name in pointtable.RETURNS:
            self.returns.append(len(self.points))
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
        local = self.image.station.local.value
        self.station.may_select = not local
        if local:
            self.image.station.agc_w.fail()  # whoever comes back from local mode waits for a new order
        if self.image.station.emergency.value:
            self.dispatch.follow(now)
        seen = self.station.master_seen
        if seen != self.seen:
            self.seen = seen
            self.image.station.master_alive.put(1, seen)

    def report(self, now):
        """After a step: show the image to the masters."""
        if self.returning and not self.image.order_event:  # what the order did is known after its step
            self.returning = False
            for i in self.returns:
                signal = self.signals[i]
                self.points[i].returned(signal.value * self.factors[i], _QUALITY[signal.quality], now)
        for i in range(len(self.points)):
            signal = self.signals[i]
            raw = signal.value * self.factors[i]
            quality = _QUALITY[signal.quality]
            point = self.points[i]
            if raw != point.raw or quality != point.quality:
                point.update(raw, quality, now)
        if self.parameters is not None:
            self.parameters.watch(now)
        if self.indices is not None:
            self.indices.look(now)
        if self.clock.settings != self.clock_settings:
            self.clock_settings = self.clock.settings
            self.log.add(codes.CLOCK_SET, 0, now)
        if self.clock.refusals != self.clock_refusals:
            self.clock_refusals = self.clock.refusals
            self.log.add(codes.CLOCK_REFUSED, 0, now)

    def operate(self, cmd, type_id, value, link, now):
        """A set-point that the outstation found sound; False = negative confirmation."""
        station = self.image.station
        if station.local.value:
            return self.refuse(codes.SETPOINT_LOCAL)
        if not station.agc_enabled.value:
            return self.refuse(codes.SETPOINT_AGC_OFF)
        power_w = self.power_in_range(type_id, value)
        if power_w is None:
            return self.refuse(codes.SETPOINT_OUT_OF_RANGE)
        station.agc_w.put(power_w, now)
        self.taken()
        return True

    def power_in_range(self, type_id, value):
        """W, positive = charging, of a set-point's value; None outside the registered range."""
        power_w = self.power_of(type_id, value)
        if not -self.registered_w - _ROUNDING_W <= power_w <= self.registered_w + _ROUNDING_W:
            return None
        return max(-self.registered_w, min(self.registered_w, round(power_w) * self.sign))

    def power_of(self, type_id, value):
        """W of a set-point's value; a normalised one is a share of the registered power."""
        return value * (self.registered_w if type_id in NORMALISED else self.divisor)

    def taken(self):
        """An order was carried out: step soon, and show it as return information."""
        self.image.order_event = True
        self.returning = True

    def refuse(self, code):
        """The reason of a negative confirmation, for the log."""
        self.why = code
        return False

    def _judged(self, link, cmd, type_id, value, result):
        """What became of an ASDU; `result` is the index in protocols/iec104/const.py, COUNT_NAMES."""
        code = codes.ORDER_ACCEPTED + result
        if result == REFUSED_HANDLER:
            code = self.why or codes.SETPOINT_LOCAL  # a select reaches no handler: local mode refused it
            self.why = 0
        if cmd is not None and cmd is self.setpoint:
            signal = self.image.station.order_abnormal
            if result == ACCEPTED:
                if signal.value:
                    signal.put(0, link.heard_ms)
            elif result in _ABNORMAL and code not in _ABLE:
                signal.put(1, link.heard_ms)
        orders = self.orders
        if result or not orders.only_refused:
            station = self.station
            orders.add(code, link.peer, station, type_id, value, station.counts[result], link.heard_ms)


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
