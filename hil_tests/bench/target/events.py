"""An outstation that has 20,000 events to tell, on a real socket: `main([PORT, MODE, EVENTS])`.

MODE `room`: the source looks at event_room() and waits while there is none. MODE `blind`: it does not,
in bursts of twice what the buffer holds. Event number i carries the value i, from 1 on. Ends when the
master has gone; prints how many events were made and how many the station counted as lost.
"""

from boards.sim.board import Board
from drivers.iec104_server import Iec104Server
from firmware.wallclock import WallClock
from protocols.iec104.const import M_ME_NC_1
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

IOA = 0x4001
SLOTS = 256


class Silent:
    """Whoever wants to hear of links hears nothing."""

    def opened(self, peer, now):
        pass

    def refused(self, peer, now):
        pass

    def closed(self, peer, reason, now):
        pass


class Source:
    def __init__(self, station, is_blind, events):
        self.station = station
        self.point = station.add_point(IOA, M_ME_NC_1)
        self.is_blind = is_blind
        self.events = events
        self.made = 0

    def work(self, now):
        """Make as many events as may be now; True while there are more to come."""
        count = 2 * SLOTS if self.is_blind else self.station.event_room()
        for _ in range(min(count, self.events - self.made)):
            self.made += 1
            self.point.update(self.made, 0, now)
        return self.made < self.events


def main(arguments):
    """Serve one master from STARTDT to its end."""
    board = Board(print)
    station = Outstation(Params(event_slots=SLOTS), WallClock(0))
    source = Source(station, arguments[1] == "blind", int(arguments[2]))
    listener = board.listen("127.0.0.1", int(arguments[0]))
    server = Iec104Server([listener], station, board.poller, Silent())
    print("ready")
    has_served = False
    while not has_served or server.links:
        now = board.now()
        if station.started:
            has_served = True
            source.work(now)
            server.tick(now)
        board.wait(min(server.next_deadline(now), 10))
        server.service(board.now())
    print("bench made=%d lost=%d" % (source.made, station.events_lost()))
    server.close(board.now())
    return 0
