"""A site on paper, written apart from the firmware and from tools/plant: what really flows while the firmware
knows less.

Floats, STEP_MS a step. A converter takes an order late (`write_ms`, then `dead_ms`), follows it at a limited
rate and goes to 0 W when its own lease has run out; its measurement is late, and so is the meter's. A bay may
be deaf (no order arrives), mute (no measurement comes back), stuck (keeps its power) or tripped (0 W at
once). The tests compare the true sum at the connection with the site's limits.
"""

STEP_MS = 5


class BayModel:
    """One converter; power in W, positive = charging. Every time is a multiple of STEP_MS."""

    def __init__(self, rating_w, slew_w_per_s, write_ms, dead_ms, report_ms, poll_ms, lease_ms):
        self.rating_w = rating_w
        self.slew_w = slew_w_per_s * STEP_MS / 1000
        self.write_ms = write_ms
        self.dead_ms = dead_ms
        self.report_ms = report_ms
        self.poll_ms = poll_ms
        self.lease_ms = lease_ms
        self.power_w = 0.0
        self.order_w = 0.0
        self.lease_left_ms = 0
        self.deaf = self.mute = self.stuck = self.tripped = False
        self._orders = []  # [arrives, takes effect, W]
        self._written_w = None
        self._written_at = 0
        self._sample = None  # (arrives, W)
        self._polled_at = -poll_ms

    def response_ms(self):
        """From a command to steady power that a poll shows, at the worst, without the firmware's own part."""
        travel_ms = 2 * self.rating_w / self.slew_w * STEP_MS
        return int(self.write_ms + self.dead_ms + travel_ms + self.report_ms + self.poll_ms) + 2 * STEP_MS

    def leave(self, power_w, lease_ms):
        """As somebody else left it before the firmware started."""
        self.power_w = self.order_w = float(power_w)
        self.lease_left_ms = lease_ms

    def forget_driver(self):
        """The firmware restarts: its driver knows of nothing that was written."""
        self._written_w = None

    def write(self, power_w, now_ms):
        """The driver: hands on what is new, and renews the lease four times in its life."""
        if power_w == self._written_w and now_ms - self._written_at < self.lease_ms // 4:
            return
        self._written_w, self._written_at = power_w, now_ms
        if not self.deaf:
            arrives = now_ms + self.write_ms
            self._orders.append([arrives, arrives + self.dead_ms, power_w])

    def step(self, now_ms):
        """One step; returns the measurement that arrives in it, or None."""
        self._take_orders(now_ms)
        if not self.stuck:
            gap_w = self.order_w - self.power_w
            self.power_w += max(-self.slew_w, min(self.slew_w, gap_w))
        if self.tripped:
            self.power_w = 0.0
        return self._measure(now_ms)

    def _take_orders(self, now_ms):
        self.lease_left_ms -= STEP_MS
        for order in self._orders:
            if order[0] == now_ms:
                self.lease_left_ms = self.lease_ms
        while self._orders and self._orders[0][1] <= now_ms:
            self.order_w = float(self._orders.pop(0)[2])
        if self.lease_left_ms <= 0:
            self.order_w = 0.0

    def _measure(self, now_ms):
        if self._sample is None and now_ms - self._polled_at >= self.poll_ms:
            self._polled_at = now_ms
            if not self.mute:
                self._sample = (now_ms + self.report_ms, round(self.power_w))
        if self._sample is None or now_ms < self._sample[0]:
            return None
        arrived, self._sample = self._sample[1], None
        return arrived


class MeterModel:
    """The meter at the connection: what it shows is `late_ms` old when it arrives."""

    def __init__(self, period_ms, late_ms):
        self.period_ms = period_ms
        self.late_ms = late_ms
        self.silent = False
        self._samples = []

    def step(self, now_ms, power_w):
        """One step; returns what arrives in it, or None."""
        if now_ms % self.period_ms == 0 and not self.silent:
            self._samples.append((now_ms + self.late_ms, round(power_w)))
        if self._samples and self._samples[0][0] <= now_ms:
            return self._samples.pop(0)[1]
        return None


class Site:
    """A firmware's image and controller with the models around them, in virtual time."""

    def __init__(self, bays, meter, load_w, cycle_ms, start_tick):
        self.bays = bays
        self.meter = meter
        self.load_w = load_w
        self.load_w_per_s = 0.0
        self.load_bounds_w = (load_w, load_w)
        self.cycle_ms = cycle_ms
        self.start_tick = start_tick
        self.now_ms = 0
        self.stalled = False  # the firmware does not step
        self.soc_bp = [5000] * len(bays)
        self.state = 2  # running
        self.master = True
        self.image = self.controller = None

    def start_firmware(self, image, controller):
        """(Re)start: nothing that was measured or ordered before is known."""
        self.image = image
        self.controller = controller
        controller.start(self.tick())
        for bay in self.bays:
            bay.forget_driver()

    def tick(self):
        return (self.start_tick + self.now_ms) & 0x3FFFFFFF

    def sum_w(self):
        """True power at the connection, positive = import."""
        return self.load_w + sum(bay.power_w for bay in self.bays)

    def advance(self, duration_ms, on_truth, on_step):
        """`on_truth(site)` after every step of the models, `on_step(site)` after each of the firmware."""
        for _ in range(duration_ms // STEP_MS):
            self.now_ms += STEP_MS
            lowest_w, highest_w = self.load_bounds_w
            drifted_w = self.load_w + self.load_w_per_s * STEP_MS / 1000
            self.load_w = min(highest_w, max(lowest_w, drifted_w))
            self._models()
            if self.now_ms % self.cycle_ms == 0 and not self.stalled:
                self._step()
                on_step(self)
            on_truth(self)

    def _models(self):
        tick = self.tick()
        for i, bay in enumerate(self.bays):
            measured_w = bay.step(self.now_ms)
            if measured_w is not None:
                self.image.bays[i].power_w.put(measured_w, tick)
                self.image.bays[i].state.put(self.state, tick)
                self.image.bays[i].soc_bp.put(self.soc_bp[i], tick)
        shown_w = self.meter.step(self.now_ms, self.sum_w())
        if shown_w is not None:
            self.image.station.grid_power_w.put(shown_w, tick)
        if self.master:
            self.image.station.master_alive.put(1, tick)

    def _step(self):
        self.controller.step(self.tick())
        for i, bay in enumerate(self.bays):
            bay.write(self.image.bays[i].command_w.value, self.now_ms)
