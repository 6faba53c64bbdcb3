"""The lines of a DC outlet on a remote I/O over CAN, for boards without pins for them, and for the simulator.

Our own frames, 11-bit identifiers, big-endian, one pair for each bay n (from 0):
* OUTPUTS 1A0h + 4n, controller -> I/O, at each change and every 100 ms: byte 0 bit 0 lock, 1 auxiliary
  supply, 2 contactor K1K2, 3 bleeder; byte 1 counts up. The I/O lets everything go after 500 ms without it:
  lock excepted, which it holds while its outlet is above 60 V.
* INPUTS 1A1h + 4n, I/O -> controller, at each change and every 50 ms: byte 0 bit 0 plugged (CC1), 1 e-stop
  pressed, 2 earth there, 3 lock closed, 4 contactor closed; byte 1 number of insulation measurements; 2-3
  voltage at the outlet 0.1 V; 4-5 connector's temperature 0.1 degC + 1000; 6-7 insulation kOhm, FFFFh = more.

The names of the lines are those of firmware/outlet/record.py. `fresh` says whether the inputs may be trusted:
they are when they are younger than the configured age (vehicle.io_max_age_ms). This is no safety function:
e-stop, CC1 and earth open the contactor at the I/O by themselves, and the I/O lets go when it hears nothing.
The age limit only bounds how long we command power blind; half a second is ten frames, and as long as the I/O
waits for ours.
"""

from protocols.ticks import ticks_add, ticks_diff

OUTPUTS, INPUTS, PER_BAY = 0x1A0, 0x1A1, 4
LOCK, AUXILIARY, CONTACTOR, BLEEDER = 1, 2, 4, 8
PLUGGED, ESTOP, EARTH, LOCK_CLOSED, CONTACTOR_CLOSED = 1, 2, 4, 8, 16
PERIOD_MS = 100
HOLD_MS = 500


class BayIoCan:
    def __init__(self, number, max_age_ms=HOLD_MS):
        """`number`: of the bay, from 0; `max_age_ms`: of inputs that may be relied on."""
        self.max_age_ms = max_age_ms
        self.outputs_id = OUTPUTS + PER_BAY * number
        self.inputs_id = INPUTS + PER_BAY * number
        self.outputs = 0
        self.inputs = ESTOP  # nothing is allowed before the first frame
        self.insulation_count = 0
        self.outlet_dv = 0
        self.connector_dc = 0
        self.insulation_ohm = 0
        self.heard = False
        self.time = 0
        self._sent = -1
        self._due = 0
        self._data = bytearray(2)

    def fresh(self, now):
        """Whether the inputs are young enough to rely on."""
        return self.heard and ticks_diff(now, self.time) <= self.max_age_ms

    def feed(self, frame, now):
        if frame.extended or frame.id != self.inputs_id or frame.n < 8:
            return
        data = frame.data
        self.inputs = data[0]
        self.insulation_count = data[1]
        self.outlet_dv = data[2] << 8 | data[3]
        self.connector_dc = (data[4] << 8 | data[5]) - 1000
        self.insulation_ohm = (data[6] << 8 | data[7]) * 1000
        self.heard = True
        self.time = now

    def tick(self, port, now):
        if self._sent < 0:
            self._due = now
        if self.outputs != self._sent or ticks_diff(now, self._due) >= 0:
            data = self._data
            data[0] = self.outputs
            data[1] = (data[1] + 1) & 0xFF
            if port.send(self.outputs_id, data, 2, False):
                self._sent = self.outputs
                self._due = ticks_add(now, PERIOD_MS)

    def due_in(self, now):
        if self.outputs != self._sent:
            return 0
        left = ticks_diff(self._due, now)
        return left if left > 0 else 0

    def lost(self, now):
        self.heard = False

    def is_told(self, power_w):
        return True

    def panic(self, port):
        """Contactor and auxiliary supply off; the I/O keeps the lock by itself."""
        data = self._data
        data[0] = 0
        port.send(self.outputs_id, data, 2, False)
