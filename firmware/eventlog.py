"""What happened, as (code, argument): a bounded ring that the step may write without allocating; the
board drains and prints it. When it is full the oldest entry is lost and counted: the newest tell what to
do now.

lint: hot
"""

from array import array


class EventLog:
    def __init__(self, size):
        self.size = size
        self.codes = array("h", [0] * size)
        self.arguments = array("i", [0] * size)
        self.first = 0
        self.count = 0
        self.lost = 0

    def add(self, code, argument, now):
        if self.count == self.size:
            self.first = (self.first + 1) % self.size
            self.count -= 1
            self.lost += 1
        at = (self.first + self.count) % self.size
        self.codes[at] = code
        self.arguments[at] = argument
        self.count += 1

    def drop_first(self):
        """The entry at `first` has been read."""
        self.first = (self.first + 1) % self.size
        self.count -= 1
