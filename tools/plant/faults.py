"""What can go wrong in the plant, by name; the same table serves tests in the process and the control port of
the live plant.

A fault lasts until it is cleared. A quantity (`frequency`, `voltage`, `site_load`, `soc`, `temperature`) is
simply set; clearing `site_load` returns to the configured load. `bay` counts from 0.
"""

ALARM_BITS = {  # SunSpec 701 Alrm
    "GROUND_FAULT": 0, "DC_OVER_VOLT": 1, "AC_DISCONNECT": 2, "DC_DISCONNECT": 3, "GRID_DISCONNECT": 4,
    "CABINET_OPEN": 5, "MANUAL_SHUTDOWN": 6, "OVER_TEMP": 7, "OVER_FREQUENCY": 8, "UNDER_FREQUENCY": 9,
    "AC_OVER_VOLT": 10, "AC_UNDER_VOLT": 11, "BLOWN_STRING_FUSE": 12, "UNDER_TEMP": 13, "MEMORY_LOSS": 14,
    "HW_TEST_FAILURE": 15, "MANUFACTURER_ALRM": 16,
}
# name: (arguments that are needed, arguments that may be given, can be cleared, meaning)
FAULTS = {
    "meter_silent": ((), (), True, "the meter does not answer on RTU"),
    "meter_frozen": ((), (), True, "the meter answers with its last values for ever"),
    "converter_silent": (("bay",), (), True, "requests are lost: no write arrives, nothing is answered"),
    "converter_deaf": (("bay",), (), True, "answers are lost, but writes arrive and act"),
    "converter_fault": (("bay",), ("alarm",), True, "trips: no power, FAULT, alarm bit (default OVER_TEMP)"),
    "converter_stuck": (("bay",), (), True, "ignores set-points and reversion; OpCtl STOP still works"),
    "converter_local": (("bay",), (), True, "somebody works at it: LocRemCtl LOCAL, no write is taken"),
    "vehicle_unplugged": (("bay",), (), True, "no battery behind the converter"),
    "e_stop": (("bay",), (), True, "pressed; hardware opens the outlet's contactor"),
    "earth_lost": (("bay",), (), True, "protective earth; hardware opens the outlet's contactor"),
    "contactor_welded": (("bay",), (), True, "the outlet's contactor does not open"),
    "io_silent": (("bay",), (), True, "the outlet's remote I/O neither hears nor sends"),
    "car_silent": (("bay",), (), True, "the vehicle's BMS neither hears nor sends"),
    "car_stops": (("bay",), (), False, "the vehicle ends its session (BST)"),
    "car_limits": (("bay", "charge_da", "discharge_da"), (), True, "the BMS allows these currents, 0.1 A"),
    "module_silent": (("bay",), (), True, "the bay's first CAN module neither hears nor sends"),
    "insulation": (("bay", "kohm"), (), False, "insulation of the outlet in kOhm"),
    "connector": (("bay", "dc"), (), False, "temperature of the connector in 0.1 °C"),
    "frequency": (("mhz",), (), False, "grid frequency in mHz"),
    "voltage": (("dv",), ("phase",), False, "phase voltage in 0.1 V, of phase 1..3 or of all"),
    "site_load": (("w",), ("phase",), True,
                  "site load in W in place of the configured one; of phase 1..3 or of all"),
    "soc": (("bay", "bp"), (), False, "state of charge in 0.01 %"),
    "temperature": (("bay", "dc"), (), False, "temperature of the battery in 0.1 °C"),
}
_RANGES = {
    "mhz": (0, 100_000), "dv": (0, 10_000), "phase": (1, 3), "w": (-10_000_000, 10_000_000),
    "charge_da": (0, 4000), "discharge_da": (0, 4000),
    "bp": (0, 10_000), "dc": (-500, 2000), "kohm": (0, 65_535),
}


class FaultError(ValueError):
    """Unknown name or wrong argument; the text says what would be right."""


def inject(plant, name, arguments):
    """Start the fault `name`, or set the quantity; raises FaultError."""
    needed, optional, _, _ = _entry(name)
    _check_arguments(plant, name, arguments, needed, optional)
    _START[name](plant, **arguments)


def clear(plant, name, arguments):
    """End the fault `name`; raises FaultError."""
    needed, _, clearable, _ = _entry(name)
    if not clearable:
        raise FaultError(f"{name} is a quantity and cannot be cleared; inject the value that it should have")
    needed = tuple(key for key in needed if key == "bay")
    _check_arguments(plant, name, arguments, needed, ())
    _END[name](plant, **arguments)


def active(plant):
    """Names of the faults that last, with their bay: ["meter_silent", "converter_fault 0"]."""
    names = [name for name, on in (("meter_silent", plant.meter.silent), ("meter_frozen", plant.meter.frozen),
                                   ("site_load", plant.load_override_w is not None
                                    or plant.phase_load_w != [None, None, None])) if on]
    for bay, converter in enumerate(plant.converters):
        marks = (("converter_silent", bay in plant.silent_bays), ("converter_deaf", bay in plant.deaf_bays),
                 ("converter_fault", converter.faulted), ("converter_stuck", converter.stuck),
                 ("converter_local", converter.local), ("vehicle_unplugged", not converter.plugged))
        outlet = plant.outlets.get(bay)
        if outlet is not None:
            marks += (("e_stop", outlet.estop), ("earth_lost", outlet.earth_lost),
                      ("contactor_welded", outlet.welded), ("io_silent", outlet.io_silent),
                      ("car_silent", outlet.car.silent),
                      ("car_limits", outlet.car.bms.limits_da is not None),
                      ("module_silent", outlet.group.modules[0].silent))
        names.extend(f"{name} {bay}" for name, on in marks if on)
    return names


def _entry(name):
    if name not in FAULTS:
        raise FaultError(f"unknown fault {name!r}; known are {', '.join(FAULTS)}")
    return FAULTS[name]


def _check_arguments(plant, name, arguments, needed, optional):
    for key in needed:
        if key not in arguments:
            raise FaultError(f"{name}: {key} is missing")
    for key, value in arguments.items():
        if key not in needed and key not in optional:
            known = ", ".join(needed + optional) or "none"
            raise FaultError(f"{name}: unknown argument {key!r}; it takes {known}")
        if key == "alarm":
            if value not in ALARM_BITS:
                known = ", ".join(ALARM_BITS)
                raise FaultError(f"{name}: alarm {value!r} is wrong; it must be one of {known}")
            continue
        low, high = (0, len(plant.converters) - 1) if key == "bay" else _RANGES[key]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FaultError(f"{name}: {key} {value!r} is wrong; it must be an integer from {low} to {high}")


def _set_silent(value):
    def change(plant):
        plant.meter.silent = value
    return change


def _set_frozen(value):
    def change(plant):
        plant.meter.frozen = value
    return change


def _stick(plant, bay):
    plant.converters[bay].stuck = True


def _set_local(value):
    def change(plant, bay):
        plant.converters[bay].local = value
    return change


def _set_plugged(value):
    def change(plant, bay):
        plant.converters[bay].plugged = value
    return change


def _trip(plant, bay, alarm="OVER_TEMP"):
    plant.converters[bay].trip(1 << ALARM_BITS[alarm])


def _set_voltage(plant, dv, phase=None):
    for i in range(3):
        if phase in (None, i + 1):
            plant.grid.voltage_dv[i] = dv


def _set_load(plant, w=None, phase=None):
    if phase is not None:
        plant.phase_load_w[phase - 1] = w
        return
    plant.load_override_w = w
    plant.phase_load_w = [None, None, None]


def _set_frequency(plant, mhz):
    plant.grid.frequency_mhz = mhz


def _set_soc(plant, bay, bp):
    plant.converters[bay].battery.set_soc_bp(bp)


def _set_temperature(plant, bay, dc):
    plant.converters[bay].battery.temperature_c = dc / 10


def _outlet(plant, bay):
    if bay not in plant.outlets:
        raise FaultError(f"bay {bay} has no simulated outlet; its converter must be infy")
    return plant.outlets[bay]


def _set_outlet(name, value):
    def change(plant, bay):
        setattr(_outlet(plant, bay), name, value)
    return change


def _set_car_silent(value):
    def change(plant, bay):
        _outlet(plant, bay).car.silent = value
    return change


def _set_module_silent(value):
    def change(plant, bay):
        _outlet(plant, bay).group.modules[0].silent = value
    return change


def _stop_car(plant, bay):
    _outlet(plant, bay).car.stop()


def _limit_car(plant, bay, charge_da=None, discharge_da=None):
    limits_da = None if charge_da is None else (charge_da, discharge_da)
    _outlet(plant, bay).car.bms.limits_da = limits_da


def _set_insulation(plant, bay, kohm):
    _outlet(plant, bay).insulation_kohm = kohm


def _set_connector(plant, bay, dc):
    _outlet(plant, bay).connector_dc = dc


_START = {
    "e_stop": _set_outlet("estop", True), "earth_lost": _set_outlet("earth_lost", True),
    "contactor_welded": _set_outlet("welded", True), "car_silent": _set_car_silent(True),
    "io_silent": _set_outlet("io_silent", True), "car_stops": _stop_car, "car_limits": _limit_car,
    "module_silent": _set_module_silent(True), "insulation": _set_insulation, "connector": _set_connector,
    "meter_silent": _set_silent(True), "meter_frozen": _set_frozen(True),
    "converter_silent": lambda plant, bay: plant.silent_bays.add(bay),
    "converter_deaf": lambda plant, bay: plant.deaf_bays.add(bay),
    "converter_fault": _trip, "converter_stuck": _stick, "vehicle_unplugged": _set_plugged(False),
    "converter_local": _set_local(True),
    "frequency": _set_frequency, "voltage": _set_voltage, "site_load": _set_load, "soc": _set_soc,
    "temperature": _set_temperature,
}
_END = {
    "e_stop": _set_outlet("estop", False), "earth_lost": _set_outlet("earth_lost", False),
    "contactor_welded": _set_outlet("welded", False), "car_silent": _set_car_silent(False),
    "io_silent": _set_outlet("io_silent", False), "car_limits": _limit_car,
    "module_silent": _set_module_silent(False),
    "meter_silent": _set_silent(False), "meter_frozen": _set_frozen(False),
    "converter_silent": lambda plant, bay: plant.silent_bays.discard(bay),
    "converter_deaf": lambda plant, bay: plant.deaf_bays.discard(bay),
    "converter_fault": lambda plant, bay: plant.converters[bay].recover(plant.now_ms),
    "converter_stuck": lambda plant, bay: plant.converters[bay].obey(),
    "vehicle_unplugged": _set_plugged(True), "converter_local": _set_local(False), "site_load": _set_load,
}
