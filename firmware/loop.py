"""The superloop (design §3): wait, take in orders and confirm them, step, hand the leases over, feed the
watchdog, idle.

Owns the order of things and nothing else. Ports, clock, watchdog and idle belong to the board. A step
runs every cycle, and sooner on a new order, but never within EVENT_GAP_MS of the one before, and not before
the chores of that one are done. An exception that nobody expected withdraws the leases with prebuilt frames
and leaves the rest to the watchdog.

The loop's longest gap is a budget, so a turn does one long thing at most: it serves masters and a few
drivers, or it steps, or it does the chores (events, what masters are shown, what is printed and recorded), or
it idles. After a turn that has served somebody, a step or chores that are due have the next turn to
themselves: a flood on any wire delays them by one turn, and no more. Leases go before chores.
"""

from firmware import codes
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

EVENT_GAP_MS = 10
_STOP_MS = 600  # for the last writes of an orderly stop
_COLLECT_SLACK_MS = 20
_AT_ONCE = const(8)  # drivers in one turn
_ALONG = const(6)  # a station with fewer drivers does other things in the same turn
_MASK = const(0x3FFFFFFF)  # of protocols/ticks.py
_HALF = const(0x20000000)


class Loop:
    def __init__(
        self, board, image, controller, drivers, server, telecontrol, schedule, watch, log, recorder, cycle_ms
    ):
        self.board = board
        self.image = image
        self.controller = controller
        self.drivers = drivers
        self.server = server  # the 104 links
        self.telecontrol = telecontrol
        self.schedule = schedule
        self.watch = watch
        self.log = log
        self.recorder = recorder
        self.cycle_ms = cycle_ms
        self.guard = None  # firmware/guard/host.py, where the configuration states a battery
        self.next_step = 0
        self.drivers_at = 0  # when the first driver wants its turn
        self.steps = 0
        self.event_steps = 0
        self.longest_gap_us = 0  # of the loop while any bay is energised
        self.stopping = False
        self._few = max(0, _ALONG - len(drivers))  # drivers whose turn may hold more than themselves
        self._next = 0  # the driver whose turn it is
        self._untold = 0  # drivers that have not seen the last step's leases
        self._has_more = False  # drivers that may be due were left for the next turn
        self._has_chores = False  # since the last step
        self._was_busy = False  # the last turn has served somebody
        self._put_off = False  # a step is due, and has the next turn
        self._may_idle = False  # since the last chores

    def start(self):
        now = self.board.now()
        self.controller.start(now)
        self.next_step = now
        self.log.add(codes.STARTED, 0, now)

    def run(self):
        """Until somebody sets `stopping`."""
        while not self.stopping:
            self.turn()

    def turn(self):
        """One round; its wait is as long as nothing is due."""
        board = self.board
        is_quiet = board.wait(self._slack(board.now())) is False
        began_us = board.now_us()
        now = board.now()
        if self._put_off:
            self._step(now)
        elif self._has_chores and (self._was_busy or is_quiet) and not self._untold:
            self._do_chores(now)
        elif self._may_idle and is_quiet:
            self._idle(now)
        else:
            self._serve(now)
        board.feed_watchdog()
        gap_us = board.elapsed_us(began_us)
        if gap_us > self.longest_gap_us and self._energised():
            self.longest_gap_us = gap_us

    def _serve(self, now):
        """Masters and drivers; when nobody wanted anything, what else is to be done."""
        busy = self.server.service(now)
        is_due = (now - self.next_step) & _MASK < _HALF or self.image.order_event and self._may_step(now)
        # whose time has come with the step's has his turn with the leases
        if self._serve_drivers(now, not is_due and (now - self.drivers_at) & _MASK < _HALF) > self._few:
            busy = True
        self._was_busy = busy
        if is_due:
            if busy:
                self._put_off = True
            else:
                self._step(now)
        elif not busy:
            if self._has_chores:
                self._do_chores(now)
            elif self._may_idle:
                self._idle(now)

    def _serve_drivers(self, now, is_time):
        """Those that have heard something, those whose time has come, and after a step all, for their
        leases: at most _AT_ONCE in one turn, in rotation. How many there were.
        """
        drivers = self.drivers
        untold = self._untold
        left = _AT_ONCE
        count = len(drivers)
        i = self._next
        self._has_more = False
        for _ in range(count):
            if not left:
                self._has_more = True
                break
            driver = drivers[i]
            i += 1
            if i == count:
                i = 0
            if untold or driver.port.ready or is_time and (now - driver.wake_at) & _MASK < _HALF:
                driver.service(now)
                if ticks_diff(self.drivers_at, driver.wake_at) > 0:
                    self.drivers_at = driver.wake_at
                left -= 1
            if untold:
                untold -= 1
        self._next = i
        self._untold = untold
        if is_time and not self._has_more:
            self._plan_drivers(now)
        return _AT_ONCE - left

    def _plan_drivers(self, now):
        least_ms = self.cycle_ms
        for driver in self.drivers:
            left_ms = (driver.wake_at - now) & _MASK
            if left_ms >= _HALF:
                left_ms = 0
            if left_ms < least_ms:
                least_ms = left_ms
        self.drivers_at = ticks_add(now, least_ms)

    def _may_step(self, now):
        """An order does not wait for the cycle."""
        return not self._has_chores and ticks_diff(now, self.controller.last) >= EVENT_GAP_MS

    def _step(self, now):
        self._put_off = False
        self.telecontrol.follow(now)
        if self.image.order_event:
            self.image.order_event = False
            self.event_steps += 1
        if ticks_diff(now, self.next_step) >= 0:
            self.next_step = ticks_add(now, self.cycle_ms)
            self.schedule.update(now)
            if self.guard is not None:
                self.guard.update(now)
        recorder = self.recorder
        if recorder is not None:
            recorder.before(self.controller.last, now)
        self.controller.step(now)
        if recorder is not None:
            recorder.after(now)
        self.steps += 1
        self._untold = len(self.drivers)  # leases leave at once
        self._has_chores = True

    def _do_chores(self, now):
        self._has_chores = self._was_busy = False
        self.watch.look(now)
        if self.guard is not None:
            self.guard.look(now)
        self.telecontrol.report(now)
        self.server.tick(now)
        self.board.drain(now)
        self._may_idle = True

    def _idle(self, now):
        self._may_idle = False
        slack_ms = ticks_diff(self.next_step, self.board.now())
        if self.guard is not None and self.guard.keep(slack_ms, now):
            return  # a write took the slack
        if slack_ms > _COLLECT_SLACK_MS:
            self.board.idle(slack_ms)

    def _slack(self, now):
        """Milliseconds until the step, a driver or a link is due."""
        if self._put_off or self._untold or self._has_more or self._has_chores or self._may_idle:
            return 0
        left_ms = (self.next_step - now) & _MASK
        driver_ms = (self.drivers_at - now) & _MASK
        if left_ms >= _HALF or driver_ms >= _HALF:
            return 0
        if driver_ms < left_ms:
            left_ms = driver_ms
        if self.image.order_event:
            left_ms = max(0, min(left_ms, EVENT_GAP_MS - ticks_diff(now, self.controller.last)))
        return sooner(left_ms, self.server.next_deadline(now))

    def _energised(self):
        for bay in self.image.bays:
            if bay.command_w.value:
                return True
        return False

    def stop(self):
        """Orderly end: every lease to 0, written out as far as the devices answer."""
        now = self.board.now()
        until = ticks_add(now, _STOP_MS)
        while ticks_diff(until, now) > 0 and not self._withdrawn(now):
            for driver in self.drivers:
                driver.service(now)
            self.board.wait(5)
            now = self.board.now()
        self.server.close(now)
        for driver in self.drivers:
            driver.close()
        self.log.add(codes.STOPPED, self.longest_gap_us // 1000, now)
        self.board.drain(now)

    def _withdrawn(self, now):
        """Renew every lease at 0 W; True once all devices have been told."""
        for bay in self.image.bays:
            bay.command_w.put(0, now)
        for driver in self.drivers:
            if not driver.is_told(0):
                return False
        return True

    def panic(self):
        """Prebuilt stop frames; allocates nothing."""
        for driver in self.drivers:
            driver.panic()
