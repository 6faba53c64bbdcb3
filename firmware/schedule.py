"""The schedule (计划曲线) as a source of orders: what the station does by time of day when nobody of higher
rank says otherwise.

Rows of [minute of day (UTC), W], in order; a row holds until the next one, the last one over midnight.
Without a valid wall clock the order is withdrawn: a plan at an unknown time is no plan.
"""


class Schedule:
    def __init__(self, rows, signal, clock):
        self.rows = rows
        self.signal = signal
        self.clock = clock
        self.curve = None  # the dispatcher's (firmware/curve.py): before the rows, where it says something

    def update(self, now):
        """Write the order that holds now; call it about once a second."""
        if not self.rows and self.curve is None:
            return
        self.clock.sample(now)
        if not self.clock.valid:
            self.signal.fail()
            return
        if self.curve is not None:
            power_w = self.curve.now_w(now)
            if power_w is not None:
                self.signal.put(power_w, now)
                return
        if not self.rows:
            self.signal.fail()
            return
        minute = self.clock.ms // 60000
        power_w = self.rows[-1][1]
        for row in self.rows:
            if row[0] <= minute:
                power_w = row[1]
        self.signal.put(power_w, now)
