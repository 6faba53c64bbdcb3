"""When a device that does not answer is asked again: sooner at first, then more rarely, so that a dead one
costs the others little: a try costs the line a time-out and its quarantine, and the pauses between tries
begin with `first_ms`, double, and stay at `last_ms`.
"""

from protocols.ticks import ticks_add, ticks_diff


class Backoff:
    delay_ms = 0
    failures = 0
    _until = 0

    def __init__(self, first_ms, last_ms):
        self.first_ms = first_ms
        self.last_ms = last_ms

    def failed(self, now):
        self.failures += 1
        self.delay_ms = min(2 * self.delay_ms, self.last_ms) if self.delay_ms else self.first_ms
        self._until = ticks_add(now, self.delay_ms)

    def answered(self):
        if self.delay_ms:
            self.delay_ms = 0

    def remaining_ms(self, now):
        """Milliseconds until the device may be asked again."""
        if self.delay_ms == 0:
            return 0
        left = ticks_diff(self._until, now)
        return left if left > 0 else 0
