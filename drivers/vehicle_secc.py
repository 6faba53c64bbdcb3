"""A vehicle behind an external SECC (ISO 15118-20, CHAdeMO ...) over a line of JSON objects.

The link is a byte stream (TCP or serial), UTF-8, one object per line, at most 512 bytes a line. Units stand
in the names as everywhere: _dv 0.1 V, _da 0.1 A, _bp 0.01 %, _mv, _dc 0.1 degC, _wh.

SECC -> charger, at each change and at least every second; what is left out is not known:
  {"phase": "unplugged" | "plugged" | "insulation" | "connecting" | "output" | "starting" | "transfer" |
            "stopping" | "ended" | "failed",
   "protocol": "ISO 15118-20", "identity": "...", "permitted": true,
   "soc_bp": 5500, "energy_wh": 60000, "voltage_dv": 3987, "current_da": 120,
   "charge_da": 1000, "discharge_da": 800, "voltage_max_dv": 4400, "voltage_min_dv": 3200, "soc_min_bp": 2000,
   "cell_hi_mv": 3710, "cell_lo_mv": 3690, "temp_hi_dc": 265, "temp_lo_dc": 250, "remaining_min": 45}
  "insulation": the SECC waits for the insulation test; "output": it waits for precharge and contactors;
  "starting": it has them and asks for no energy yet; "connecting" after that means that it begins anew.
  current_da: + = charging; charge_da, discharge_da: limits, magnitudes.
charger -> SECC, at each change and every second:
  {"plugged": true, "insulated": false, "output": false, "stop": null | "normal" | "fault",
   "voltage_dv": 3980, "current_da": 118}

In the configuration: a bus of kind "secc" with "host" and "port" (TCP; we dial, and again after 0.2 to 5 s
where that fails), or with "device" and "baud" (8 data bits, parity as configured); the bay's vehicle has
{"protocol": "secc", "bus": its name}. One SECC for each bay. `python -m tools.plant` has one to try against
("car": "secc"). The order is that of our outlet's sequence: the vehicle closes its own contactors before
"output", then the charger precharges up to the battery and closes. A vehicle that closes them after the
precharge (ISO 15118 on a CCS inlet) needs a sequence that this project does not have.

A line that is no such object is counted and changes nothing; an unknown key is ignored, so that either side
may grow. A number out of range makes only its own value unknown. Silence longer than the record's age limit
closes both limits, as with every vehicle, and ends the energy: the session begins anew ("connecting").
"""

import json

from drivers import vehicle as r
from protocols.outbuf import OutBuffer
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_LINE = const(512)
_PERIOD_MS = const(1000)
_WORDS = ("unplugged", "plugged", "insulation", "connecting", "output", "starting", "transfer",
          "stopping", "ended", "failed")
# key, attribute of the record, lowest, highest
_NUMBERS = (
    ("soc_bp", "soc_bp", 0, 10000),
    ("energy_wh", "energy_wh", 0, 10000000),
    ("voltage_dv", "voltage_dv", 0, 20000),
    ("current_da", "current_da", -20000, 20000),
    ("charge_da", "charge_limit_da", 0, 20000),
    ("discharge_da", "discharge_limit_da", 0, 20000),
    ("voltage_max_dv", "voltage_max_dv", 0, 20000),
    ("voltage_min_dv", "voltage_min_dv", 0, 20000),
    ("soc_min_bp", "soc_min_bp", 0, 10000),
    ("cell_hi_mv", "cell_hi_mv", 0, 10000),
    ("cell_lo_mv", "cell_lo_mv", 0, 10000),
    ("temp_hi_dc", "temp_hi_dc", -1000, 2000),
    ("temp_lo_dc", "temp_lo_dc", -1000, 2000),
    ("remaining_min", "remaining_min", 0, 100000),
)
_LIMITS = ("voltage_dv", "charge_limit_da", "discharge_limit_da", "voltage_max_dv", "voltage_min_dv",
           "soc_min_bp")


class SeccVehicle:
    """Same methods for the bay's sequence as GbtVehicle; looks to the loop like every other driver."""

    def __init__(self, port):
        """`port`: the byte stream to the SECC; attach() says whose vehicle it is."""
        self.bay = None
        self.record = None
        self.port = port
        self.wake_at = 0
        self.bad_lines = 0
        self.tx = OutBuffer(1024)
        self._buf = bytearray(256)
        self._line = bytearray(_LINE)
        self._n = 0
        self._due = -1
        self._said = {"plugged": False, "insulated": False, "output": False, "stop": None}
        self._voltage_dv = 0
        self._current_da = 0

    def attach(self, bay, record):
        """`bay`: its group in the image; `record`: drivers/vehicle.py."""
        self.bay = bay
        self.record = record

    # the bay's sequence

    def plugged(self, now):
        self.record.clear()
        self._say("insulated", False)
        self._say("output", False)
        self._say("stop", None)
        self._say("plugged", True)

    def insulated(self, now):
        self._say("insulated", True)

    def output_ready(self, now):
        self._say("output", True)

    def stop(self, faulty, now):
        self._say("stop", "fault" if faulty else "normal")
        self.record.permitted = False

    def unplugged(self, now, is_out=True):
        self._say("plugged", False)
        self._say("output", False)
        self.record.clear()
        self.bay.soc_bp.fail()

    def measured(self, voltage_dv, current_da):
        self._voltage_dv = voltage_dv
        self._current_da = current_da

    def insulation_voltage_dv(self):
        return self.record.voltage_max_dv

    def _say(self, key, value):
        if self._said[key] != value:
            self._said[key] = value
            self._due = -1

    # driver of the loop

    def is_due(self, now):
        return self.port.ready or ticks_diff(now, self.wake_at) >= 0

    def service(self, now):
        port = self.port
        port.service(now)
        if port.is_open:
            self._receive(now)
            if self._due < 0 or ticks_diff(now, self._due) >= 0:
                self._send(now)
            self._flush()
        else:
            self._n = 0
            self.tx.clear()
            self._due = -1
        if self.record.known and not self.record.holds(now):
            self._fade(now)
        self.wake_at = ticks_add(now, 50)

    def _fade(self, now):
        """The limits are closed; what has been silent for too long is connected no more."""
        record = self.record
        record.publish(self.bay, now)
        if ticks_diff(now, record.time) > record.max_age_ms and record.phase < r.ENDED:
            record.phase = r.CONNECTING

    def _receive(self, now):
        while self.port.ready:
            n = self.port.read_into(self._buf)
            if n == 0:
                return
            for i in range(n):
                self._byte(self._buf[i], now)

    def _byte(self, c, now):
        if c == 10:
            if 0 < self._n <= _LINE:
                self._take(bytes(self._line[: self._n]), now)
            elif self._n > _LINE:
                self.bad_lines += 1
            self._n = 0
        elif self._n < _LINE:
            self._line[self._n] = c
            self._n += 1
        else:
            self._n = _LINE + 1

    def _take(self, line, now):
        try:
            text = line.decode().strip()
            if not (text.startswith("{") and text.endswith("}")):
                raise ValueError("no object")
            said = json.loads(text)
            phase = _WORDS.index(said["phase"])
        except (ValueError, KeyError, TypeError):
            self.bad_lines += 1
            return
        record = self.record
        if phase == r.UNPLUGGED:
            record.clear()
            self.bay.soc_bp.fail()
            return
        record.phase = phase
        record.permitted = said.get("permitted") is True and self._said["stop"] is None
        for key, name, low, high in _NUMBERS:
            setattr(record, name, _number(said.get(key), low, high, 0 if name in _LIMITS else r.ABSENT))
        if isinstance(said.get("identity"), str):
            record.identity = said["identity"].encode()[:40]
        if isinstance(said.get("protocol"), str):
            record.protocol = said["protocol"][:24]
        record.time = now
        record.known = True
        record.publish(self.bay, now)

    def _send(self, now):
        said = dict(self._said)
        said["voltage_dv"] = self._voltage_dv
        said["current_da"] = self._current_da
        data = (json.dumps(said) + "\n").encode()
        if self.tx.put(data, len(data)):
            self._due = ticks_add(now, _PERIOD_MS)

    def _flush(self):
        tx = self.tx
        while tx.end > tx.start:
            sent = self.port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def is_told(self, power_w):
        return True

    def panic(self):
        """The contactors and the converter end the energy, not this link."""

    def close(self):
        self.port.close()


def _number(value, low, high, unknown):
    if value is True or value is False or not isinstance(value, int):
        return unknown
    return value if low <= value <= high else unknown
