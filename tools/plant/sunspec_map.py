"""Register face of one converter: SunSpec models 1, 701 to 704, 713 to 715 from base 40000 (layout in
sunspec_points.py).

FC 03 reads, FC 06 and 16 write. A write that touches anything but whole writable points is refused with
exception 02, an impossible value with 03, and nothing is changed. SunSpec sign: W positive = injection, DCW
positive = from the battery (general knowledge for DC). Scale factors are chosen so that the rating fits, and
may be overridden in the configuration, so that a driver must read them.
"""

import math

from tools.plant.converter import FAULT, OFF, RUNNING, STANDBY, STARTING
from tools.plant.sunspec_points import (
    BASE_ADDRESS,
    END_ADDRESS,
    END_MODEL,
    MODELS,
    POINTS,
    TYPES,
    decode,
    encode,
)

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
_HIGHEST = {"ES": 1, "WSetEna": 1, "WSetMod": 1, "WSetEnaRvrt": 1, "AlarmReset": 1, "OpCtl": 3}
_SCALED_WRITES = {
    "WSet": "WSet_SF",
    "WSetRvrt": "WSet_SF",
    "WSetPct": "WSetPct_SF",
    "WSetPctRvrt": "WSetPct_SF",
}
_INV_STATE = {OFF: 0, STARTING: 2, RUNNING: 3, FAULT: 6, STANDBY: 7}
_THROTTLED, _SHUTTING_DOWN = 4, 5
_EV_PORT = 2


def _exponent_for(highest, limit):
    """Smallest scale factor >= 0 that lets `highest` fit below `limit`."""
    exponent = 0
    while highest > limit * 10**exponent:
        exponent += 1
    return exponent


def scale_factors(bay):
    """Scale factors of one bay's converter by name."""
    power = _exponent_for(1.5 * bay["rating_w"], 32_767)
    factors = {
        "A_SF": -1, "V_SF": -1, "Hz_SF": -3, "W_SF": power, "PF_SF": -3, "VA_SF": power, "Var_SF": power,
        "TotWh_SF": 0, "Tmp_SF": -1, "WSet_SF": 0, "WSetPct_SF": -2,
        "WH_SF": _exponent_for(bay["capacity_wh"], 65_534), "Pct_SF": -2,
        "DCA_SF": -1, "DCV_SF": -1, "DCW_SF": power, "DCWH_SF": 0,
    }
    factors.update(bay["scale_factors"])
    return factors


class SunSpecMap:
    """`read`/`write` over one converter of the plant."""

    windows = ((BASE_ADDRESS, END_ADDRESS + 2 - BASE_ADDRESS),)

    def __init__(self, plant, bay):
        self._plant = plant
        self._bay = bay
        self._converter = plant.converters[bay]
        self._factors = scale_factors(plant.config["bays"][bay])
        self._getters = {
            1: self._common,
            701: self._ac,
            704: self._controls,
            713: self._storage,
            714: self._dc,
            715: self._control,
            702: self._capacity,
            703: self._enter_service,
        }

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        if fc not in (3, 6, 16):
            return ILLEGAL_FUNCTION
        if not 0 < count <= 125:
            return ILLEGAL_VALUE
        end = address + count
        if address < BASE_ADDRESS or end > END_ADDRESS + 2:
            return ILLEGAL_ADDRESS
        block = {BASE_ADDRESS: 0x5375, BASE_ADDRESS + 1: 0x6E53, END_ADDRESS: END_MODEL, END_ADDRESS + 1: 0}
        for model, start, length in MODELS:
            if start < end and address < start + length + 2:
                block[start], block[start + 1] = model, length
                self._fill(block, model, address, end)
        return [block[a] for a in range(address, end)]

    def write(self, address, values):
        """0 when all of `values` were taken as one; else an exception code, and nothing changed."""
        settings, at, end = {}, address, address + len(values)
        if self._converter.local:
            return ILLEGAL_FUNCTION
        while at < end:
            point = _WRITABLE.get(at)
            if point is None or at + point.size > end:
                return ILLEGAL_ADDRESS
            raw = decode(point, values[at - address : at - address + point.size])
            if raw == TYPES[point.kind][2] or raw > _HIGHEST.get(point.name, raw):
                return ILLEGAL_VALUE
            factor = _SCALED_WRITES.get(point.name)
            settings[point.name] = raw if factor is None else raw * 10.0 ** self._factors[factor]
            at += point.size
        self._plant.write_converter(self._bay, settings)
        return 0

    def hears(self):
        """False while a request is lost."""
        return self._bay not in self._plant.silent_bays

    def answers(self):
        """False while an answer is lost."""
        return self._bay not in self._plant.deaf_bays

    def _fill(self, block, model, first, end):
        values = self._getters[model]()
        for point in _BY_MODEL[model]:
            if point.address < end and first < point.address + point.size:
                value = self._factors.get(point.name) if point.kind == "sf" else values.get(point.name)
                block.update(enumerate(encode(point, value), point.address))

    def _scaled(self, value, factor):
        return round(value / 10.0 ** self._factors[factor])

    def _common(self):
        bay = self._plant.config["bays"][self._bay]
        return {
            "Mn": "V2G plant",
            "Md": f"Simulated {bay['rating_w']} W",
            "Opt": "",
            "Vr": "1",
            "SN": f"BAY-{self._bay + 1:02d}",
            "DA": 1,
        }

    def _inverter_state(self):
        converter = self._converter
        state = converter.state(self._plant.now_ms)
        if state == RUNNING and converter.is_throttled():
            return _THROTTLED
        if state == OFF and converter.ac_w:
            return _SHUTTING_DOWN
        return _INV_STATE[state]

    def _ac(self):
        converter, grid, scaled = self._converter, self._plant.grid, self._scaled
        state = converter.state(self._plant.now_ms)
        injected_w = -converter.ac_w
        volts = [dv / 10 for dv in grid.voltage_dv]
        lines = [math.sqrt(a * a + b * b + a * b) for a, b in zip(volts, volts[1:] + volts[:1])]
        amps = [abs(injected_w) / 3 / u if u else 0.0 for u in volts]
        values = {
            "ACType": 2, "St": int(state in (RUNNING, STARTING)), "InvSt": self._inverter_state(),
            "ConnSt": int(state in (RUNNING, STARTING, STANDBY)), "Alrm": converter.alarms,
            "DERMode": int(state == RUNNING), "A": scaled(sum(amps), "A_SF"),
            "LLV": scaled(sum(lines) / 3, "V_SF"), "LNV": scaled(sum(volts) / 3, "V_SF"),
            "Hz": scaled(grid.frequency_mhz / 1000, "Hz_SF"),
            "ThrotPct": 0, "ThrotSrc": 0, "MnAlrmInfo": "simulated fault" if converter.alarms else "",
        }
        values.update(self._power("", 1))
        for i, (phase, line) in enumerate((("L1", "L1L2"), ("L2", "L2L3"), ("L3", "L3L1"))):
            values.update(self._power(phase, 3))
            values["A" + phase] = scaled(amps[i], "A_SF")
            values["V" + phase] = scaled(volts[i], "V_SF")
            values["V" + line] = scaled(lines[i], "V_SF")
        return values

    def _power(self, phase, parts):
        converter, scaled = self._converter, self._scaled
        injected_w = -converter.ac_w / parts
        return {
            "W" + phase: scaled(injected_w, "W_SF"), "VA" + phase: scaled(abs(injected_w), "VA_SF"),
            "Var" + phase: 0, "PF" + phase: scaled(-1 if injected_w < 0 else 1, "PF_SF"),
            "TotWhInj" + phase: scaled(converter.injected_wh / parts, "TotWh_SF"),
            "TotWhAbs" + phase: scaled(converter.absorbed_wh / parts, "TotWh_SF"),
        }

    def _controls(self):
        s = self._converter.settings
        values = {name: s[name] for name in ("WSetEna", "WSetMod", "WSetEnaRvrt", "WSetRvrtTms")}
        values.update((name, self._scaled(s[name], factor)) for name, factor in _SCALED_WRITES.items())
        values["WSetRvrtRem"] = -(-self._converter.reversion_left_ms // 1000)
        return values

    def _storage(self):
        battery = self._converter.battery
        if not self._converter.plugged:
            return {"Sta": 0}
        return {
            "WHRtg": self._scaled(battery.capacity_wh, "WH_SF"),
            "WHAvail": self._scaled(battery.stored_wh, "WH_SF"),
            "SoC": self._scaled(battery.soc() * 100, "Pct_SF"),
            "SoH": self._scaled(100, "Pct_SF"),
            "Sta": 0,
        }

    def _dc(self):
        converter, battery, scaled = self._converter, self._converter.battery, self._scaled
        values = {
            "DCA": scaled(-battery.current_a, "DCA_SF"),
            "DCW": scaled(-converter.dc_w, "DCW_SF"),
            "DCWhInj": scaled(converter.dc_injected_wh, "DCWH_SF"),
            "DCWhAbs": scaled(converter.dc_absorbed_wh, "DCWH_SF"),
        }
        port = {"Prt." + name: value for name, value in values.items()}
        plugged = converter.plugged
        port.update({
            "Prt.PrtTyp": _EV_PORT, "Prt.ID": 1, "Prt.IDStr": "EV", "Prt.DCAlrm": 0,
            "Prt.DCSta": int(plugged and not converter.faulted),
            "Prt.DCV": scaled(battery.voltage_v if plugged else 0, "DCV_SF"),
            "Prt.Tmp": scaled(battery.temperature_c, "Tmp_SF") if plugged else None,
        })
        return {"PrtAlrms": 0, "NPrt": 1, **values, **port}

    def _capacity(self):
        most = self._scaled(self._converter.rating_w, "W_SF")
        return {name: most for name in ("WMaxRtg", "WChaRteMaxRtg", "WDisChaRteMaxRtg", "WMax",
                                        "WChaRteMax", "WDisChaRteMax")}

    def _enter_service(self):
        return {"ES": self._converter.settings["ES"], "ESDlyTms": 0, "ESDlyRemTms": 0}

    def _control(self):
        return {
            "LocRemCtl": int(self._converter.local),
            "DERHb": self._plant.now_ms // 1000 & 0x7FFFFFFF,
            "ControllerHb": self._converter.settings["ControllerHb"],
            "AlarmReset": 0,
            "OpCtl": self._converter.op_ctl,
        }


_BY_MODEL = {model: tuple(p for p in POINTS if p.model == model) for model, _, _ in MODELS}
_WRITABLE = {p.address: p for p in POINTS if p.writable}
