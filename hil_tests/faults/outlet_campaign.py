"""The fault table of a DC outlet: what is injected, who opened the contactor, how long until the power
was zero and the contactor open, and the limit that it must keep. Each row runs in virtual time, in both
directions and at several moments of the firmware's cycle; the figure is the worst. What hardware does by
itself is run once more with a firmware that hangs.

Limits: facts, hardware §5 (interoperability tests of GB/T 34657.1 as told by a third party; the standard
itself was not read).
"""

from firmware.codes import CONVERTER_FAULTED
from firmware.outlet import codes
from firmware.outlet import table as t
from hil_tests.rig.outlet import OutletRig

PHASES_MS = (0, 25, 50, 75, 95)
CURRENTS_DA = (300, -400)
LOOK_MS = 70000
HARDWARE, CONVERTER, FIRMWARE, NOBODY = "hardware", "converter", "firmware", "-"


_HARD_WIRED = (codes.OUTLET_ESTOP, codes.OUTLET_PILOT_LOST, codes.OUTLET_EARTH_LOST)


class Fault:
    """One row. `inject(hardware, outlet)` breaks something; `state`: where; `limit_ms`: contactor open
    by then (None: it never closes); `code`: what the firmware says, 0 for an ordinary end; `last`: where
    it comes to rest.
    """

    def __init__(self, name, name_zh, state, inject, limit_ms, code, last=t.FAULTED):
        self.name = name
        self.name_zh = name_zh
        self.state = state
        self.inject = inject
        self.limit_ms = limit_ms
        self.code = code
        self.last = last
        self.is_hardware = code in _HARD_WIRED and state == t.ENERGY


def put(**values):
    """An injection that sets attributes of the hardware."""

    def inject(hardware, outlet):
        for name, value in values.items():
            setattr(hardware, name, value)

    return inject


def no_request(hardware, outlet):
    outlet.requested = 0


FAULTS = (
    Fault("emergency stop", "急停", t.ENERGY, put(estop_pressed=1), 100, codes.OUTLET_ESTOP),
    Fault("plug's switch opened (CC1)", "开关 S 断开", t.ENERGY, put(cc_cut=1), 50, codes.OUTLET_PILOT_LOST),
    Fault("protective earth lost", "保护接地丢失", t.ENERGY, put(earth=0), 100, codes.OUTLET_EARTH_LOST),
    Fault("lock forced open", "电子锁被撬开", t.ENERGY, put(lock_forced_open=1), 100, codes.OUTLET_LOCK_LOST),
    Fault(
        "insulation breaks down",
        "绝缘击穿",
        t.ENERGY,
        put(insulation_ohm=20000),
        350,
        codes.OUTLET_INSULATION,
    ),
    Fault(
        "connector at 105 °C", "接口过温 105 °C", t.ENERGY, put(connector_dc=1050), 200, codes.OUTLET_TOO_HOT
    ),
    Fault(
        "voltage above the vehicle's maximum",
        "电压超过车辆上限",
        t.ENERGY,
        put(vehicle_max_dv=3700),
        1000,
        codes.OUTLET_OVER_VOLTAGE,
    ),
    Fault("converter trips", "变流器跳闸", t.ENERGY, put(converter_tripped=1), 100, CONVERTER_FAULTED),
    Fault(
        "contactor drops out",
        "接触器跌落",
        t.ENERGY,
        put(contactor_drops=1),
        100,
        codes.OUTLET_CONTACTOR_DROPPED,
    ),
    Fault(
        "current 15 A off",
        "电流偏差 15 A",
        t.ENERGY,
        put(current_error_da=150),
        5250,
        codes.OUTLET_CURRENT_DEVIATES,
    ),
    Fault(
        "vehicle silent for the third time",
        "车辆第三次超时",
        t.ENERGY,
        put(vehicle_silent=1),
        10000,
        codes.OUTLET_VEHICLE_LOST,
    ),
    Fault("vehicle stops (BST)", "车辆中止（BST）", t.ENERGY, put(vehicle_stops=1), 1000, 0, t.FINISHED),
    Fault("user stops", "用户停止", t.ENERGY, no_request, 1000, 0, t.FINISHED),
    Fault(
        "contactor welded, user stops",
        "接触器粘连",
        t.ENERGY,
        lambda hardware, outlet: (put(welded=1)(hardware, outlet), no_request(hardware, outlet)),
        None,
        codes.OUTLET_CONTACTOR_WELDED,
        t.WELDED,
    ),
    Fault(
        "bleeder broken, user stops",
        "泄放回路损坏",
        t.ENERGY,
        lambda hardware, outlet: (put(bleeder_broken=1)(hardware, outlet), no_request(hardware, outlet)),
        1000,
        codes.OUTLET_BLEED_LATE,
        t.FAULT_BLEED,
    ),
    Fault(
        "outlet fed before the start",
        "启动前输出端带电",
        t.LOCKING,
        put(foreign_dv=300),
        None,
        codes.OUTLET_LIVE,
    ),
    Fault("lock jammed", "电子锁卡滞", t.PLUGGED, put(lock_jammed=1), None, codes.OUTLET_LOCK_LOST),
    Fault(
        "vehicle never greets", "车辆不握手", t.LOCKING, put(vehicle_slow=1), None, codes.OUTLET_VEHICLE_LATE
    ),
    Fault(
        "insulation 50 ohm/V at the test",
        "绝缘检测 50 Ω/V",
        t.HELLO,
        put(insulation_ohm=37500),
        None,
        codes.OUTLET_INSULATION,
    ),
    Fault(
        "emergency stop in the insulation test",
        "绝缘检测中急停",
        t.INSULATION,
        put(estop_pressed=1),
        100,
        codes.OUTLET_ESTOP,
    ),
    Fault(
        "battery 6 % from what was told",
        "电池电压偏差 6 %",
        t.INSULATION,
        put(battery_told_dv=4043),
        None,
        codes.OUTLET_VOLTAGE_UNFIT,
    ),
    Fault(
        "converter dead in precharge",
        "预充时变流器无输出",
        t.PRECHARGE,
        put(converter_tripped=1),
        None,
        CONVERTER_FAULTED,
    ),
    Fault(
        "contactor does not close",
        "接触器拒合",
        t.PRECHARGE,
        put(contactor_drops=1),
        None,
        codes.OUTLET_CONTACTOR_DROPPED,
    ),
    Fault(
        "pilot lost in precharge",
        "预充时 CC1 断开",
        t.PRECHARGE,
        put(cc_cut=1),
        None,
        codes.OUTLET_PILOT_LOST,
    ),
)


class Result:
    """What one row came to; times in ms, None = it did not happen."""

    def __init__(self, fault):
        self.fault = fault
        self.zero_ms = 0
        self.open_ms = None
        self.by = NOBODY
        self.hung_ms = None
        self.codes = set()
        self.rests = set()
        self.unsafe = []

    @property
    def is_good(self):
        fault = self.fault
        late = fault.limit_ms is not None and (
            self.open_ms is None or max(self.open_ms, self.zero_ms) > fault.limit_ms
        )
        late |= fault.is_hardware and self.hung_ms > fault.limit_ms
        return not late and not self.unsafe and self.codes == {fault.code} and self.rests == {fault.last}


def run(fault):
    """The worst of all phases and directions."""
    result = Result(fault)
    for wanted_da in CURRENTS_DA:
        for phase_ms in PHASES_MS:
            _once(fault, wanted_da, phase_ms, result)
    if fault.is_hardware:
        result.hung_ms = _without_firmware(fault)
    return result


def _without_firmware(fault):
    """Milliseconds until the contactor is open when the firmware hangs with everything switched on."""
    rig = OutletRig()
    rig.energise()
    fault.inject(rig.hardware, rig.outlet)
    for ms in range(LOOK_MS):
        rig.hardware.advance(rig.outlet)
        if not rig.hardware.contactor and rig.is_powerless():
            return ms
    return LOOK_MS


def _once(fault, wanted_da, phase_ms, result):
    rig = OutletRig()
    if fault.state == t.ENERGY:
        rig.energise(wanted_da)
    else:
        rig.plug_and_ask()
        rig.reach(fault.state)
    rig.run(phase_ms)
    fault.inject(rig.hardware, rig.outlet)
    was_closed = rig.hardware.contactor
    zero_ms, open_ms = None, None
    for ms in range(LOOK_MS):
        before = rig.hardware.contactor
        rig.run(1)
        check(rig, result)
        if rig.is_powerless() and zero_ms is None:
            zero_ms = ms
            if not rig.hardware.contactor and open_ms is None:
                open_ms = ms if was_closed else None
        if before and not rig.hardware.contactor and open_ms is None:
            open_ms = ms
            result.by = HARDWARE if rig.outlet.contactor else FIRMWARE
        if rig.sequence.state == fault.last:
            break
    result.zero_ms = max(result.zero_ms, zero_ms if zero_ms is not None else LOOK_MS)
    if open_ms is not None:
        result.open_ms = max(result.open_ms or 0, open_ms)
    result.codes.add(rig.sequence.fault)
    result.rests.add(rig.sequence.state)


def check(rig, result):
    """What may never be, at any millisecond."""
    hardware, outlet = rig.hardware, rig.outlet
    if (
        hardware.cable_dv >= 600
        and hardware.lock == 0
        and not hardware.lock_forced_open
        and not hardware.foreign_dv
    ):
        result.unsafe.append("unlocked at %d dV" % hardware.cable_dv)
    if outlet.power_allowed and t.INSULATION not in rig.states:
        result.unsafe.append("power without an insulation test")
    if outlet.mode != t.OFF and not outlet.lock:
        result.unsafe.append("converter works and the lock is not asked for")


def table(results):
    """The fault table as Markdown."""
    lines = [
        "| injected | 注入 | in state | power zero, ms | contactor open, ms "
        "| open with a hung firmware, ms | limit, ms | opened by | code | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        f = r.fault
        lines.append(
            "| %s | %s | %s | %d | %s | %s | %s | %s | %s | %s |"
            % (
                f.name,
                f.name_zh,
                f.state if isinstance(f.state, str) else state_name(f.state),
                r.zero_ms,
                "-" if r.open_ms is None else r.open_ms,
                "-" if r.hung_ms is None else r.hung_ms,
                "-" if f.limit_ms is None else f.limit_ms,
                r.by,
                " ".join("V%03d" % c if c else "-" for c in sorted(r.codes)),
                "ok" if r.is_good else "**RED**: " + "; ".join(r.unsafe[:1] or ["late or not as said"]),
            )
        )
    return "\n".join(lines)


def state_name(state):
    """The table's own word for a state."""
    names = [n for n in vars(t) if n.isupper() and n not in _OTHER_NAMES]
    return next(n for n in names if getattr(t, n) == state)


_OTHER_NAMES = {
    "STATES",
    "EVENTS",
    "TRANSITIONS",
    "LINES",
    "LOCK",
    "AUXILIARY",
    "CONTACTOR",
    "BLEEDER",
    "MODE_SHIFT",
    "OFF",
    "TEST",
    "MATCH",
    "RUN",
}
