"""A board's named lines as integers: 1 is what the line's name says, whatever the level on the pin.

`Lines` joins the rows of firmware/lines.py with where their pins are: the board's own (`pins`) or a
remote I/O. Both offer claim(pin, kind, safe level) -> number, ValueError for a pin that is not there;
read(number); write(number, level); fresh(now). Outputs stand at their safe state from the construction
on, and again after safe(), which allocates nothing: for the end, for an exception, for a memory that is
full.

A line that is not there reads as 0 and takes every value: `find` gives -1 for it. An emergency stop
that cannot be read counts as pressed; everything else that is not fresh is its owner's to judge.

lint: integer
"""

ABSENT = -1


class NoPins:
    """Of a board that has no pins of its own."""

    def claim(self, pin, kind, safe):
        raise ValueError("%s: this board has no pins of its own" % pin)

    def fresh(self, now):
        return True


class Lines:
    def __init__(self, rows, pins, remote=None):
        """`rows`: lines of one bay or of the station, checked; `pins`: the board's; `remote`: the bay's
        I/O.
        """
        self.names = []
        self.at = []
        self.places = []
        self.low = []  # 1 = active low
        self.safes = []  # -1 = an input
        self.used = [] if remote is None else [remote]
        for row in rows:
            is_remote = row["pin"].startswith("io:")
            place = remote if is_remote else pins
            if place is None:
                raise ValueError("%s: this bay has no remote I/O" % row["pin"])
            low = 1 if row["active"] == "low" else 0
            safe = row["safe"]
            level = safe ^ low if low and safe >= 0 else safe
            self.at.append(place.claim(row["pin"][3:] if is_remote else row["pin"], row["kind"], level))
            self.names.append(row["name"])
            self.places.append(place)
            self.low.append(low)
            self.safes.append(safe)
            if place not in self.used:
                self.used.append(place)
        self.safe()

    def find(self, name):
        """Number of the line with this name, ABSENT where the board has none."""
        return self.names.index(name) if name in self.names else ABSENT

    def missing(self, names):
        """Those of `names` that this board does not have."""
        return [name for name in names if name not in self.names]

    def read(self, number):
        """Value of a line: 0 or 1, or what was measured."""
        if number < 0:
            return 0
        level = self.places[number].read(self.at[number])
        return level ^ 1 if self.low[number] else level

    def write(self, number, value):
        """Set an output: 0 or 1, or a duty in 0.01 %."""
        if number >= 0:
            self.places[number].write(self.at[number], value ^ 1 if self.low[number] else value)

    def fresh(self, now):
        """Whether what is read is young enough to rely on."""
        for place in self.used:
            if not place.fresh(now):
                return False
        return True

    def safe(self):
        """Every output to its safe state; allocates nothing."""
        for number in range(len(self.safes)):
            if self.safes[number] >= 0:
                self.write(number, self.safes[number])


class MemoryPins:
    """Pins that lead nowhere, for a board in a process: whoever wants may look at `levels` or change them."""

    def __init__(self, names):
        self.names = list(names)
        self.levels = [0] * len(self.names)

    def claim(self, pin, kind, safe):
        if pin not in self.names:
            raise ValueError("%s: not one of %s" % (pin, ", ".join(self.names)))
        number = self.names.index(pin)
        if safe >= 0:
            self.levels[number] = safe
        return number

    def read(self, number):
        return self.levels[number]

    def write(self, number, level):
        self.levels[number] = level

    def fresh(self, now):
        return True


class StationLines:
    """The station's own lamps and emergency stop; looks to the loop like a driver, and comes first in
    its list, so that an end finds every bay's lines before the buses are closed.
    """

    ready = False  # is its own port
    is_open = True
    PERIOD_MS = 50

    def __init__(self, lines, image):
        self.lines = lines
        self.image = image
        self.port = self
        self.wake_at = 0
        self.bays = []  # Lines and remote I/O of each bay: [lines, bus or None, device or None]
        self.estop = 0
        self.led_ready = lines.find("led_ready")
        self.led_charge = lines.find("led_charge")
        self.led_fault = lines.find("led_fault")
        self.estop_all = lines.find("estop_all")

    def add(self, lines, bus, device):
        self.bays.append((lines, bus, device))

    def is_due(self, now):
        return ((now - self.wake_at) & 0x3FFFFFFF) < 0x20000000

    def service(self, now):
        self.wake_at = (now + self.PERIOD_MS) & 0x3FFFFFFF
        station = self.image.station
        lines = self.lines
        self.estop = lines.read(self.estop_all)
        lines.write(self.led_ready, 1)
        lines.write(self.led_fault, station.fault.value)
        lines.write(self.led_charge, 1 if station.running_w.value else 0)

    def is_told(self, power_w):
        return True

    def panic(self):
        """Every line safe; allocates nothing. A remote I/O's bus has its stop frame."""
        self.lines.safe()
        for i in range(len(self.bays)):
            self.bays[i][0].safe()

    def close(self):
        """The end, before the buses are closed."""
        self.panic()
        for _, bus, device in self.bays:
            if device is not None and device.stop_frame:
                bus.port.write(device.stop_frame, 0, len(device.stop_frame))
