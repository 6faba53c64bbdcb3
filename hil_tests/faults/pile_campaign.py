"""The fault table of an AC pile: the whole firmware in virtual time, its lines over the bytes of a
remote I/O, and a simulated vehicle that charges. Rows are shaped as in outlet_campaign.py, which prints
both tables.

Limits: 100 ms for leaving state C and for what hardware does, and 6 s for a vehicle that does not stop,
are general knowledge of IEC 61851-1, unverified; the others are what the section `pilot` promises by
its defaults.
"""

from firmware.outlet import codes
from hil_tests.faults.outlet_campaign import FIRMWARE, HARDWARE, NOBODY
from hil_tests.faults.scene import Scene
from hil_tests.rig.pile import PILE, pile_station

PHASES_MS = (0, 7, 13)
CHARGES = "C, 8 kW"
_HARD_WIRED = (codes.OUTLET_ESTOP, codes.OUTLET_EARTH_LOST, codes.PILE_UNPLUGGED)


class PileFault:
    """One row. `inject(scene, car)` breaks something while the vehicle charges; `limit_ms`: contactor
    open by then (None: it never opens); `code`: what the firmware says, 0 for nothing.
    """

    state = CHARGES

    def __init__(self, name, name_zh, inject, limit_ms, code):
        self.name = name
        self.name_zh = name_zh
        self.inject = inject
        self.limit_ms = limit_ms
        self.code = code
        self.is_hardware = code in _HARD_WIRED


def put(**values):
    """An injection that sets attributes of pile and vehicle."""

    def inject(scene, car):
        for name, value in values.items():
            setattr(car, name, value)

    return inject


def deaf(scene, car):
    car.stuck = True
    scene.image.station.agc_w.fail()


def welded(scene, car):
    car.welded = True
    scene.image.station.agc_w.fail()


def silent(scene, car):
    scene.plant.inject("converter_silent", bay=PILE)


FAULTS = (
    PileFault("AC: emergency stop", "交流：急停", put(estop=True), 100, codes.OUTLET_ESTOP),
    PileFault("AC: earth lost", "交流：接地丢失", put(earth_lost=True), 100, codes.OUTLET_EARTH_LOST),
    PileFault("AC: cable pulled", "交流：带载拔枪", put(plugged=False), 100, codes.PILE_UNPLUGGED),
    PileFault("AC: vehicle leaves C (S2)", "交流：车辆断开 S2", put(pilot_offset_dv=30), 100, 0),
    PileFault("AC: pilot shorted", "交流：导引短路", put(pilot_short=True), 100, codes.PILE_PILOT_SHORT),
    PileFault(
        "AC: wrong resistor", "交流：导引电阻错误", put(pilot_offset_dv=15), 100, codes.PILE_PILOT_UNKNOWN
    ),
    PileFault("AC: diode missing", "交流：二极管缺失", put(diode_missing=True), 450, codes.PILE_DIODE),
    PileFault(
        "AC: ventilation asked for", "交流：要求通风", put(ventilates=True), 100, codes.PILE_VENTILATION
    ),
    PileFault("AC: connector at 95 °C", "交流：接口 95 °C", put(connector_dc=950), 200, codes.OUTLET_TOO_HOT),
    PileFault("AC: 6 A too much", "交流：电流超 6 A", put(over_da=60), 9500, codes.PILE_OVERCURRENT),
    PileFault("AC: vehicle does not stop", "交流：车辆不停止", deaf, 8500, codes.PILE_NO_STOP),
    PileFault("AC: remote I/O silent", "交流：远程 I/O 无应答", silent, 700, codes.OUTLET_LINES_SILENT),
    PileFault("AC: contactor welded", "交流：接触器粘连", welded, None, codes.OUTLET_CONTACTOR_WELDED),
)


class PileResult:
    """What one row came to; times in ms, None = it did not happen."""

    def __init__(self, fault):
        self.fault = fault
        self.zero_ms = 0
        self.open_ms = None
        self.by = NOBODY
        self.hung_ms = None
        self.codes = set()
        self.unsafe = []

    @property
    def is_good(self):
        limit_ms = self.fault.limit_ms
        late = limit_ms is not None and (
            self.open_ms is None or max(self.open_ms, self.zero_ms) > limit_ms
        )
        late |= self.fault.is_hardware and self.hung_ms > limit_ms
        return not late and not self.unsafe and self.codes == {self.fault.code}


def charging():
    """A scene whose vehicle charges with 8 kW."""
    raw = pile_station()
    raw["plant"]["substep_ms"] = 5
    scene = Scene(raw=raw)
    car = scene.plant.converters[PILE]
    assert scene.order(-20)
    scene.run(10_000)
    assert car.ac_w > 4140
    return scene, car


def run(fault, phases=PHASES_MS):
    """The worst of all phases of the lines' polling."""
    result = PileResult(fault)
    for phase_ms in phases:
        _once(fault, phase_ms, result)
    if fault.is_hardware:
        result.hung_ms = _without_firmware(fault)
    return result


def _once(fault, phase_ms, result):
    scene, car = charging()
    scene.run(phase_ms)
    began = scene.ms
    fault.inject(scene, car)
    zero_ms = open_ms = None
    ms = 0
    while ms < (fault.limit_ms or 12_000) + 1000:
        scene.run(1)
        scene.plant.advance(scene.ms)
        ms = scene.ms - began
        if zero_ms is None and car.ac_w == 0:
            zero_ms = ms
        if open_ms is None and not car.contactor_closed:
            open_ms = ms
            told = car.written_ms is not None and car.outputs["contactor"]
            result.by = HARDWARE if told or scene.plant.silent_bays else FIRMWARE
        if open_ms is not None and car.ac_w:
            result.unsafe.append("power with an open contactor")
        if zero_ms is not None and open_ms is not None and scene.codes(began):
            break
    scene.run(400)
    result.zero_ms = max(result.zero_ms, zero_ms if zero_ms is not None else 99_999)
    if open_ms is not None:
        result.open_ms = max(result.open_ms or 0, open_ms)
    known = {row.code for row in FAULTS}
    told = {code for code in scene.codes(began) if code in known}
    result.codes |= told or {0}


def _without_firmware(fault):
    """Milliseconds until the contactor is open when the firmware hangs."""
    scene, car = charging()
    fault.inject(scene, car)
    began = scene.plant.now_ms
    for ms in range(2000):
        scene.plant.advance(began + ms)
        if not car.contactor_closed:
            return ms
    return 2000
