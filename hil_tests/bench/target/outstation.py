"""An outstation with many points and one set-point on a real socket: `main([PORT, POINTS, PERIOD_MS])`.

Every PERIOD_MS one point in ten changes and becomes an event. Ends when the last of its masters has
gone.
"""

from boards.sim.board import Board
from drivers.iec104_server import Iec104Server
from firmware.wallclock import WallClock
from hil_tests.bench.target.events import Silent
from protocols.iec104 import const as c
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params
from protocols.ticks import ticks_add, ticks_diff

SETPOINT, FIRST = 0x6201, 0x4001
_SHARE = 10


class Range:
    """The application's part: look at the value and accept."""

    def operate(self, cmd, type_id, value, link, now):
        return -100 <= value <= 100


class Source:
    def __init__(self, station, points, period_ms):
        self.points = [station.add_point(FIRST + i, c.M_ME_NC_1) for i in range(points)]
        self.period_ms = period_ms
        self.round = 0
        self.due = -1
        self.is_new = False

    def work(self, now):
        """Change what is due; milliseconds until the next change."""
        self.is_new = False
        if self.due < 0 or ticks_diff(now, self.due) >= 0:
            self.due = ticks_add(now, self.period_ms)
            self.round += 1
            self.is_new = True
            for i in range(self.round % _SHARE, len(self.points), _SHARE):
                self.points[i].update(self.round, 0, now)
        return max(0, ticks_diff(self.due, now))


def main(arguments):
    """Serve from the first master's start to the last one's end."""
    board = Board(print)
    station = Outstation(Params(event_slots=1024, control_from=()), WallClock(0))
    source = Source(station, int(arguments[1]), int(arguments[2]))
    station.add_command(SETPOINT, (c.C_SE_NC_1,), Range())
    server = Iec104Server([board.listen("127.0.0.1", int(arguments[0]))], station, board.poller, Silent())
    print("ready")
    has_served = False
    while not has_served or server.links:
        now = board.now()
        wait = 10
        if station.started:
            has_served = True
            wait = source.work(now)
            if source.is_new:
                server.tick(now)
                board.idle(wait)  # as the firmware's loop does after a step
        board.wait(min(server.next_deadline(now), wait, 10))
        server.service(board.now())
    server.close(board.now())
    return 0
