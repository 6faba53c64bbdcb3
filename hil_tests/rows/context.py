"""What a row's test gets: a fresh station of the target, masters to dial in, and a way to tell the station's
application what happens in its plant.
"""

import struct

from hil_tests.rows import wire
from hil_tests.rows.row import NotApplicable, RowFailed, check

SETPOINT = 0x6201
C_SE_NC_1 = 50
GI = wire.asdu(100, 6, 0, "14")


class Context:
    def __init__(self, target, seconds, answer):
        self.target = target
        self.answer = answer  # what the station said to its parameters
        self.t1 = seconds.get("t1", 15.0)
        self.t2 = seconds.get("t2", 10.0)
        self.t3 = seconds.get("t3", 20.0)
        self.slack = 0.12 + target.unit_s * 0.3  # of a timer that ends late
        self.masters = []
        self.is_ours = target.is_ours
        self.event_binary = target.event_binary
        self.event_measured = target.event_measured

    def dial(self, source="127.0.0.1", **named):
        """A connection, stopped as it is made."""
        master = self.target.dial(source, **named)
        self.masters.append(master)
        return master

    def raw(self, source):
        """A connection of the raw-socket master, also where somebody else asks the row."""
        master = wire.Master(self.target.port, source, self.target.quiet_s)
        self.masters.append(master)
        return master

    def master(self, source="127.0.0.1", **named):
        """A connection that is started, all that came with it read and acknowledged."""
        master = self.dial(source, **named)
        try:
            master.start()
        except AssertionError as error:
            raise RowFailed(str(error)) from None
        return master

    def close(self):
        for master in self.masters:
            master.close()

    def death(self):
        """How a foreign master of this row died by itself, or ""."""
        return next(filter(None, [master.death() for master in self.masters]), "")

    # the station's application

    def tell(self, do, **fields):
        return self.target.tell(do, **fields)

    def state(self):
        return self.tell("state")

    def update(self, *points):
        """New values: (address, raw value[, quality]); measurands are in thousandths."""
        self.tell("update", points=[list(point) + [0] * (3 - len(point)) for point in points])

    def orders(self):
        """What the application was told to do: [address, type, value] each."""
        return self.state()["orders"]

    def lacks(self, why):
        raise NotApplicable(why)

    # requests and what must come back

    def silent(self):
        """An ASDU that this station acknowledges and does not answer."""
        return self.target.silent

    def setpoint(self, value, ioa=SETPOINT, cause=6, qos=0, **named):
        return wire.asdu(C_SE_NC_1, cause, ioa, struct.pack("<fB", value, qos), **named)

    def is_served(self, master, value=1.5):
        """Whether a set-point of this master is confirmed."""
        found = [a for a in master.ask(self.setpoint(value)) if a.type == C_SE_NC_1 and a.cause == 7]
        return len(found) == 1 and not found[0].is_negative

    def one_answer(self, master, octets, cause, negative=True):
        """Send it; exactly one ASDU of its type must come back, with this cause and sign (and perhaps
        ACT_TERM behind it).
        """
        found = [a for a in master.ask(octets) if a.type == octets[0] and a.cause != 10]
        check(found, "no answer")
        check(len(found) == 1, "%d answers: %s" % (len(found), wire.told(found)))
        a = found[0]
        causes = cause if isinstance(cause, tuple) else (cause,)
        check(a.cause in causes and a.is_negative == negative, wire.told(found))
        return a

    def mirrored(self, answer, octets):
        """The answer repeats the request: all octets but the cause."""
        same = answer.octets[:2] == octets[:2] and answer.octets[6:] == octets[6:] and answer.oa == octets[3]
        check(same, "%s -> %s" % (octets.hex(" "), answer.octets.hex(" ")))

    def closed(self, master, limit_s=1.0, what=""):
        check(master.closes(limit_s), "the connection stays open" + what)
