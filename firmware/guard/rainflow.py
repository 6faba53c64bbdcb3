"""Counts the cycles of a series as it comes (rainflow, three-point rule of ASTM E1049), in bounded memory.

Turning points lie on a stack. X is the newest range, Y the one before: X >= Y closes Y, as a full cycle,
or as half a one when it holds the first point. What is left at the end are half cycles. After each value the
ranges on the stack shrink strictly, so it stays short (23 entries in a million steps of a random walk);
when it is full nevertheless, the smallest range is closed, and counted.

lint: integer, hot
"""

from array import array


class Rainflow:
    def __init__(self, sink, size=64):
        """`sink.cycle(low, high, halves)` is told each cycle: 1 = a half, 2 = a full one."""
        self.sink = sink
        self.size = size
        self.points = array("i", [0] * size)
        self.count = 0
        self.last = 0
        self.rising = 0  # 1, -1; 0 = no direction yet
        self.started = False
        self.overflows = 0

    def push(self, value):
        """The next value of the series."""
        if not self.started:
            self.started = True
            self.last = value
            self._turn(value)
            return
        if value == self.last:
            return
        rising = 1 if value > self.last else -1
        if rising == -self.rising:
            self._turn(self.last)
        self.rising = rising
        self.last = value

    def finish(self):
        """The series ends: its last value is a turning point, and what is open counts half."""
        if self.rising:
            self._turn(self.last)
        for i in range(self.count - 1):
            self._tell(self.points[i], self.points[i + 1], 1)
        self.count = 0
        self.rising = 0
        self.started = False

    def copy(self, other):
        """Go on where `other` stands; both have the same size."""
        for i in range(other.count):
            self.points[i] = other.points[i]
        self.count = other.count
        self.last = other.last
        self.rising = other.rising
        self.started = other.started
        self.overflows = other.overflows

    def _turn(self, value):
        points = self.points
        if self.count == self.size:
            self._close_smallest()
        points[self.count] = value
        self.count += 1
        while self.count >= 3:
            n = self.count
            if abs(points[n - 1] - points[n - 2]) < abs(points[n - 2] - points[n - 3]):
                return
            if n == 3:
                self._tell(points[0], points[1], 1)
                points[0] = points[1]
                points[1] = points[2]
                self.count = 2
            else:
                self._tell(points[n - 3], points[n - 2], 2)
                points[n - 3] = points[n - 1]
                self.count = n - 2

    def _close_smallest(self):
        """The two newest points are the closest ones."""
        self.overflows += 1
        self._tell(self.points[self.count - 2], self.points[self.count - 1], 2)
        self.count -= 2

    def _tell(self, a, b, halves):
        self.sink.cycle(min(a, b), max(a, b), halves)
