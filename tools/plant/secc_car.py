"""A simulated vehicle behind an external SECC, which speaks the JSON lines of drivers/vehicle_secc.py over
TCP; one charger at a time, the newest. Keys and words are written down here again, so that no table is shared
with the driver.

The session: plugged -> insulation -> connecting, its contactors close -> output -> starting -> transfer ->
stopping, its contactors open -> ended. A charger that says nothing for SILENT_MS ends it.
"""

import asyncio
import json

from tools.plant.car_bms import VEHICLE_CLOSE_MS, CarBms

STEP_MS, PERIOD_MS, SILENT_MS = 200, 500, 3000
_AFTER = {"plugged": "insulation", "starting": "transfer", "stopping": "ended"}


class SeccCar:
    """The same face for the outlet as CarNode: closed, silent, stop(), tick()."""

    def __init__(self, outlet, settings):
        self.outlet = outlet
        self.bms = CarBms(outlet, settings)
        self.phase = "unplugged"
        self.closed = self.silent = False
        self.write = None  # takes bytes for the charger; None = nobody is connected
        self.bad_lines = 0
        self.said = {}  # the charger's last words
        self._heard_ms = self._phase_ms = self._now_ms = 0
        self._sent_ms = None
        self._server = self._writer = None
        self._stops = False

    def stop(self):
        """The vehicle has had enough."""
        self._stops = True

    def hear(self, line):
        """One line of the charger, without its end."""
        if self.silent:
            return
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self.bad_lines += 1
            return
        self.said = said
        self._heard_ms = self._now_ms

    def tick(self, now_ms, supplied):
        """`supplied` is GB/T's auxiliary supply: an SECC has its own."""
        self._now_ms = now_ms
        self.bms.know()
        after = self._next(now_ms)
        if after != self.phase:
            self.phase, self._phase_ms, self._sent_ms = after, now_ms, None
        self.closed = self.phase in ("output", "starting", "transfer", "stopping")
        if self._sent_ms is None or now_ms - self._sent_ms >= PERIOD_MS:
            self._tell(now_ms)

    def _next(self, now_ms):
        """The phase that follows from the charger's words and the time."""
        phase, age_ms = self.phase, now_ms - self._phase_ms
        if not self.outlet.plugged or not self.said.get("plugged"):
            return "unplugged"
        silent = now_ms - self._heard_ms > SILENT_MS
        if phase in ("insulation", "connecting", "output", "starting", "transfer") and (
            silent or self._stops or self.said.get("stop")
        ):
            self._stops = False
            return "stopping"
        if phase == "unplugged":
            return "plugged"
        if phase == "insulation" and self.said.get("insulated"):
            return "connecting"
        if phase == "connecting" and age_ms >= VEHICLE_CLOSE_MS:
            return "output"
        if phase == "output" and self.said.get("output"):
            return "starting"
        return _AFTER.get(phase, phase) if age_ms >= STEP_MS else phase

    def _tell(self, now_ms):
        self._sent_ms = now_ms
        if self.write is None or self.silent:
            return
        bms = self.bms
        words = {"phase": self.phase, "protocol": "ISO 15118-20", "identity": "SIMULATEDEVCC01",
                 "permitted": self.phase == "transfer", "soc_bp": bms.soc_bp, "energy_wh": bms.energy_wh,
                 "voltage_dv": bms.voltage_dv, "current_da": bms.current_da, "charge_da": bms.demand_da,
                 "discharge_da": bms.discharge_max_da if bms.discharges else 0,
                 "voltage_max_dv": bms.voltage_max_dv, "voltage_min_dv": bms.discharge_min_dv,
                 "soc_min_bp": bms.discharge_min_soc_bp, "cell_hi_mv": bms.cell_now_mv,
                 "cell_lo_mv": bms.cell_min_mv, "temp_hi_dc": bms.temperature_dc,
                 "temp_lo_dc": bms.temperature_min_dc, "remaining_min": bms.remaining_min}
        self.write((json.dumps(words) + "\n").encode())

    async def start(self, host, port):
        """Listen for the charger; the address as HOST:PORT."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop_server(self):
        """Close the listener and the connection."""
        if self._server is not None:
            self._server.close()
            if self._writer is not None:
                self._writer.close()

    async def _serve(self, reader, writer):
        self._writer = writer
        self.write, self._sent_ms = writer.write, None
        try:
            while line := await reader.readline():
                self.hear(line)
        except (ConnectionError, ValueError):
            pass  # it went away, or its line had no end
        finally:
            if self._writer is writer:
                self.write = self._writer = None
            writer.close()
