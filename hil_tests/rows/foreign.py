"""c104 in the place of the raw-socket master: the same rows, asked by somebody else's controlling station.

c104 runs in a process of its own (peers/c104_dispatcher.py) behind a relay, which gives it the source
address that a row asks for and keeps every frame of both directions as it was on the wire. What a row wants
to send is handed to c104 as octets; when what leaves c104 is something else, or nothing, the row cannot be
expressed. Compared without the day of the week in time tags, which c104 leaves out.

c104 acknowledges by itself (w = 1) and sends no frame at our will but STARTDT and STOPDT. It sometimes
forgets STARTDT: it is told again, up to START_TRIES times. It may die by a signal: DispatcherDied.
"""

import json
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from hil_tests.rows import wire
from hil_tests.rows.row import NotApplicable
from hil_tests.rows.wire import STARTDT_ACT, STARTDT_CON, STOPDT_ACT, Frame

SCRIPT = Path(__file__).resolve().parent / "peers" / "c104_dispatcher.py"
ROOT = SCRIPT.parents[3]
START_TRIES = 5
SENT_S = 1.0  # how long c104 may take to send what it was told
QUIET_S = 0.12  # when nothing has come for so long, nothing more comes by itself
_TAGGED = range(58, 65)


class DispatcherDied(Exception):
    """c104's process was killed by a signal; the text says by which."""


class Relay:
    """Between c104, which dials in here, and the station, which sees `source`; both directions are kept."""

    def __init__(self, port, source):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.station = socket.socket()
        self.station.bind((source, 0))
        self.station.connect(("127.0.0.1", port))
        self.news = threading.Condition()
        self.received = []  # frames of the station
        self.sent = []  # frames of c104
        self.is_closed = self.is_left = False  # by the station, by c104
        self.closed_s = 0.0
        self._rest = {True: b"", False: b""}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            with self.listener:
                self.listener.settimeout(10)
                self.client, _ = self.listener.accept()
        except OSError:
            return
        for sock in (self.client, self.station):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.client, self.station:
            while self._turn():
                pass

    def _turn(self):
        try:
            readable, _, _ = select.select([self.client, self.station], [], [], 1.0)
            return all([self._pass_on(sock is self.station) for sock in readable])
        except (OSError, ValueError):
            return self._ended(False)

    def _pass_on(self, is_station):
        source, sink = (self.station, self.client) if is_station else (self.client, self.station)
        try:
            data = source.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            return self._ended(is_station)
        now = time.monotonic()
        with self.news:
            self._keep(is_station, data, now)
            self.news.notify_all()
        try:
            sink.sendall(data)
        except OSError:
            return self._ended(not is_station)
        return True

    def _keep(self, is_station, data, now):
        rest = self._rest[is_station] + data
        while len(rest) >= 6 and len(rest) >= rest[1] + 2:
            (self.received if is_station else self.sent).append(Frame(rest[: rest[1] + 2], now))
            rest = rest[rest[1] + 2 :]
        self._rest[is_station] = rest

    def _ended(self, by_station):
        with self.news:
            if by_station and not self.is_left:
                self.is_closed, self.closed_s = True, time.monotonic()
            self.is_left = self.is_left or not by_station
            self.news.notify_all()
        return False

    def close(self):
        for sock in (self.listener, self.station, getattr(self, "client", None)):
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended already, or was never connected
                sock.close()
        self._thread.join(2)


class C104Master(wire.Master):
    """The same face as wire.Master's, for what c104 can say."""

    def __init__(self, port, source="127.0.0.1"):  # no socket of its own: not the base's
        self.frames = []
        self.seen = 0
        self._taken = 0  # frames of the relay that stand in `frames`, or stood there
        self.quiet_s = QUIET_S
        self.relay = Relay(port, source)
        self.complaints = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(self.relay.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints, cwd=ROOT,
        )  # fmt: skip
        try:
            self._hear()
        except (DispatcherDied, ValueError):
            self.close()
            raise

    # what the raw master counts for itself

    acknowledges = property(lambda self: True, lambda self, value: _only(value, "acknowledges by itself"))
    answers = property(lambda self: True, lambda self, value: _only(value, "answers TESTFR by itself"))

    @property
    def is_closed(self):
        return self.relay.is_closed

    @property
    def closed_s(self):
        return self.relay.closed_s

    @property
    def vs(self):
        return sum(frame.kind == "I" for frame in self.relay.sent) % wire.SEQUENCE

    @property
    def vr(self):
        return sum(frame.kind == "I" for frame in self.relay.received) % wire.SEQUENCE

    acked = vr

    # sending

    def send(self, octets):
        raise NotApplicable("c104 sends no octets of another's choice")

    def frame(self, octets, ns=None, nr=None):
        raise NotApplicable("c104 builds its own frames")

    def s(self, nr=None):
        if nr is not None or not self.vr:
            raise NotApplicable("c104 acknowledges what it has received, nothing else")

    def u(self, control):
        if control not in (STARTDT_ACT, STOPDT_ACT):
            raise NotApplicable("c104 sends U frames 0x%02X by itself only" % control)
        before = len(self.relay.sent)
        for _ in range(START_TRIES if control == STARTDT_ACT else 1):
            self._tell(do="start" if control == STARTDT_ACT else "stop")
            if self._sent(before, lambda f: f.kind == "U" and f.control == control) or self.is_closed:
                return
        raise NotApplicable("c104 does not send U frame 0x%02X here" % control)

    def i(self, octets, ns=None, nr=None, is_selected=False, at=None):
        """The request; `is_selected`: c104 selects it first; `at`: s since 1970 of its time tag."""
        if ns is not None or nr is not None:
            raise NotApplicable("c104 numbers its own frames")
        if len(octets) < 9:
            raise NotApplicable("c104 sends whole objects only")
        if is_plain_select(octets) and not is_selected:
            raise NotApplicable("c104 selects only together with the execution that follows")
        before = len(self.relay.sent)
        answer = self._tell(say=octets.hex(), select=is_selected, at=at)
        if "cannot" in answer:
            raise NotApplicable("c104 cannot say it: " + answer["cannot"])
        frame = self._sent(before, lambda f: f.kind == "I")
        if self.is_closed:
            return None
        if frame is None:
            raise NotApplicable("c104 sends nothing")
        if at is None and comparable(frame.asdu.octets) != comparable(octets):
            raise NotApplicable("c104 sends something else: %s" % frame.asdu)
        return frame

    def repeat(self, octets, times):
        """The command again and again, by c104 alone; how many it held to be confirmed."""
        return self._tell(repeat=octets.hex(), times=times)["confirmed"]

    def _sent(self, before, is_it):
        """The first frame of c104 behind `before` that is it, or None."""
        found = lambda: next((f for f in self.relay.sent[before:] if is_it(f)), None)  # noqa: E731
        with self.relay.news:
            self.relay.news.wait_for(lambda: found() or self.is_closed or self.relay.is_left, SENT_S)
            return found()

    def _tell(self, **request):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # _hear says how it ended
        return self._hear()

    def _hear(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.complaints.seek(0)
            if self.death():
                raise DispatcherDied(self.death())
            raise ValueError("c104's script ended: " + self.complaints.read().decode()[-300:])
        return json.loads(line)

    # receiving

    def _receive(self, limit_s):
        relay = self.relay
        with relay.news:
            relay.news.wait_for(
                lambda: len(relay.received) > self._taken or relay.is_closed or relay.is_left, limit_s
            )
            new = relay.received[self._taken :]
        self._taken += len(new)
        self.frames += new
        return bool(new)

    def fence(self):
        """All frames until it is quiet: c104 sends no TESTFR at our will."""
        found = []
        while frame := self.read(QUIET_S):
            found.append(frame)
        return found

    def start(self):
        found = []
        for _ in range(START_TRIES):
            self.u(STARTDT_ACT)
            found += self.until(lambda f: f.kind == "U" and f.control == STARTDT_CON, 1.0)
            if found and found[-1].control == STARTDT_CON:
                return found + self.fence()
        raise AssertionError("STARTDT was not confirmed")

    def death(self):
        """By which signal it was killed, or ""."""
        status = self.process.poll()
        return "" if status is None or status >= 0 else "c104 as the master died by signal %d" % -status

    def close(self):
        self.relay.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # a request that it did not live to read
        self.process.stdout.close()
        self.complaints.close()


def _only(value, what):
    if not value:
        raise NotApplicable("c104 " + what)


def is_plain_select(octets):
    """Whether this is a command with S/E = 1."""
    at = {45: 9, 46: 9, 47: 9, 48: 11, 49: 11, 50: 13, 63: 13}.get(octets[0])
    return at is not None and len(octets) > at and bool(octets[at] & 0x80) and octets[2] & 0x3F == 6


def comparable(octets):
    """The ASDU without the day of the week of its time tag."""
    if octets[0] in _TAGGED or octets[0] in (103, 107):
        return octets[:-3] + struct.pack("B", octets[-3] & 0x1F) + octets[-2:]
    return bytes(octets)
