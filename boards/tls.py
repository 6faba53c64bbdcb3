"""104 over TLS on a board that has it: files, admission and messages around the listener of drivers/ports.

Time (design §11): certificates are judged by the runtime's own clock, so that clock must have been set
before the first handshake. It counts as set when it shows no day before the floor: the later of the day that
our own certificate begins and the last day on which a handshake was let in, which is kept in a file. Before
that nobody gets in by TLS, and it is said so; C_CS_NA_1 cannot help, as it comes behind the handshake.

A board whose longest stall of a handshake exceeds the loop's budget calculates only while no bay is
energised; established links stay. Its other way is a front end (`v2g tls-front`).
"""

import os

from boards.station import PortError
from drivers.ports import admission as a
from drivers.ports.tls import TlsListener
from firmware import codes_tls as codes
from protocols.ticks import ticks_diff
from protocols.tls import x509

try:
    from drivers.ports.tls_mbedtls import Context
except ImportError:
    from drivers.ports.tls_openssl import Context

LOOP_BUDGET_MS = 20
_WARN_DAYS = 30
_QUIET_MS = 10000  # between two messages of one kind: whoever knocks must not fill the log


class TimeFloor:
    """The latest day that is known to have been, days since 2000-01-01; kept in `path`, "" = nowhere."""

    def __init__(self, path, day):
        self.path = path
        self.day = max(day, self._read())

    def _read(self):
        if not self.path:
            return 0
        try:
            with open(self.path, encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return 0

    def raise_to(self, day):
        """Remember a later day; False when it could not be written."""
        if day <= self.day:
            return True
        self.day = day
        if not self.path:
            return True
        try:
            with open(self.path + ".new", "w", encoding="ascii") as file:
                file.write("%d\n" % day)
            os.rename(self.path + ".new", self.path)
        except OSError:
            return False
        return True


class Gate:
    """When no handshake may go on: no usable clock; a bay energised, where a handshake would hold it up."""

    def __init__(self, board, floor, bays, log):
        self.board = board
        self.floor = floor
        self.bays = bays if board.tls_stall_ms > LOOP_BUDGET_MS else ()
        self.log = log

    def refusal(self, now):
        for bay in self.bays:
            if bay.command_w.value:
                return a.ENERGISED
        day = self.board.rtc_day()
        if day < self.floor.day:
            return a.CLOCK
        if not self.floor.raise_to(day):
            self.log.add(codes.TLS_TIME_UNSAVED, day, now)
        return 0


class Teller:
    """Ends of handshakes, into the event log: the first of a kind at once, then one in `_QUIET_MS`."""

    def __init__(self, log):
        self.log = log
        self.admission = None
        self._told_at = [-1] * len(a.KINDS)

    def tls_ended(self, kind, peer, client, now):
        if kind == a.ACCEPTED:
            self.log.add(codes.TLS_FIRST + kind, client, now)
            return
        at = self._told_at[kind]
        if at < 0 or ticks_diff(now, at) >= _QUIET_MS:
            self._told_at[kind] = now
            self.log.add(codes.TLS_FIRST + kind, self.admission.counts[kind], now)


def listen(board, listener, row, allow, bays, log):
    """A TlsListener on `listener` after the section telecontrol.tls; PortError when a file is no good."""
    now = board.now()
    try:
        context = Context(row["identity"], row["ca"])
        days = x509.validity(context.own)
    except (OSError, ValueError) as error:
        listener.close()
        raise PortError(codes.TLS_FILES, row["identity"] + ", " + row["ca"], str(error))
    floor = TimeFloor(row["time_floor"], days[0])
    left = days[1] - max(board.rtc_day(), floor.day)
    if left < _WARN_DAYS:
        log.add(codes.TLS_OWN_EXPIRES, left, now)
    gate = Gate(board, floor, bays, log)
    admission = a.Admission(
        tuple(allow), pins(row["clients"]), row["per_minute"], row["total_per_minute"], now, gate
    )
    teller = Teller(log)
    teller.admission = admission
    return TlsListener(
        listener,
        context,
        admission,
        board.poller,
        teller,
        board.now,
        row["handshake_s"] * 1000,
        row["max_handshakes"],
    )


def pins(clients):
    """The list of clients as the admission takes it."""
    found = []
    for row in clients:
        is_key = bool(row["key_sha256"])
        digest = a.digest_of(row["key_sha256"] or row["certificate_sha256"])
        found.append(a.Pin(row["name"], digest, is_key, tuple(row["from"])))
    return found
