"""The stations that the rows are run against, each in a process of its own with a control connection (JSON
lines).

A target says what it lacks and why; timers come in units, as short as its own resolution allows.
"""

import json
import math
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hil_tests.rows import foreign, wire
from hil_tests.rows.row import NotApplicable
from tools import mpy, runtime

HERE = Path(__file__).resolve().parent
TIMERS = ("t1", "t2", "t3")
START_S = 20.0
HEAP_KB = 1024
SECOND = "-by-c104"  # the end of a target's name when c104 is the master


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class TargetDied(Exception):
    """The station's process ended, or does not answer."""


class Target:
    name = ""
    title = ""
    quiet_s = 0.0  # how much later than an answer of its link layer its ASDUs may come
    unit_s = 0.2  # of t1, t2, t3 in the rows
    wrap = None  # of its masters' sockets, where it listens for TLS
    dial_port = 0  # where masters dial in when something stands in front of it
    is_ours = False
    lacks = {}  # capability -> why there is none
    event_binary, event_measured = 0x0001, 0x4001  # points whose events carry a time tag
    silent = wire.asdu(50, 44 | 0x40, 0x6201, bytes(5))  # acknowledged and never answered: an answer itself

    def __init__(self):
        self.port = free_port()
        self.process = None
        self.control = None
        self.log = None

    def command(self, control_port):
        """(argv, env) of the process."""
        raise NotImplementedError

    def settings(self, row_settings):
        """A row's parameters as this station's own; seconds of t1, t2, t3 beside them."""
        settings = dict(row_settings)
        seconds = {name: settings.pop(name) * self.unit_s for name in TIMERS if name in settings}
        return settings, seconds

    def start(self):
        control_port = free_port()
        argv, env = self.command(control_port)
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            argv, env=env, cwd=mpy.ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        end = time.monotonic() + START_S
        while self.control is None:
            try:
                self.control = socket.create_connection(("127.0.0.1", control_port), 10)
            except ConnectionRefusedError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise TargetDied("the station did not start: " + self.last_words()) from None
                time.sleep(0.02)
        self.lines = self.control.makefile("rb")

    def last_words(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace").strip()[-600:]

    def tell(self, do, **fields):
        """One request on the control connection; its answer."""
        try:
            self.control.sendall(json.dumps(dict(do=do, **fields)).encode() + b"\n")
            line = self.lines.readline()
        except OSError as error:
            raise TargetDied("%s; %s" % (error, self.last_words())) from None
        if not line:
            raise TargetDied("the station's process has ended: " + self.last_words())
        return json.loads(line)

    def fresh(self, row_settings):
        """A new station with these parameters; (its answer, seconds of the timers)."""
        if self.process is None:
            self.start()
        settings, seconds = self.settings(row_settings)
        for name, value in seconds.items():
            settings[name + "_ms"] = round(value * 1000)
        return self.tell("station", port=self.port, settings=settings), seconds

    def stop(self):
        if self.process is None:
            return
        if self.control is not None:
            self.lines.close()
            self.control.close()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.process = self.control = None

    def test_of(self, row):
        """The function that is this row's test here."""
        return row.run

    def dial(self, source, **named):
        """A master's connection."""
        named.setdefault("wrap", self.wrap)
        return wire.Master(self.dial_port or self.port, source, self.quiet_s, **named)


class Ours(Target):
    is_ours = True

    def __init__(self, interpreter):
        super().__init__()
        self.interpreter = interpreter
        self.name = interpreter
        self.title = {"cpython": "ours, CPython", "micropython": "ours, MicroPython"}[interpreter]

    def command(self, control_port):
        argv_env = runtime.command(self.interpreter, "hil_tests.rows.station.main", [control_port], HEAP_KB)
        if self.interpreter == runtime.MICROPYTHON:
            for source in sorted((HERE / "station").glob("*.py")):
                compiled = mpy.BUILD / source.relative_to(mpy.ROOT).with_suffix(".mpy")
                if not mpy.is_current(source, compiled):
                    mpy.compile_file(source, compiled)
        return argv_env


class OursAskedByC104(Ours):
    """The second pass: c104 in the place of the raw master."""

    quiet_s = foreign.QUIET_S
    lacks = {
        "live": "asked of the firmware by the raw master; c104 and the firmware meet in `v2g demo`",
        "tls": "c104's own TLS client cannot connect to anybody",
    }

    def __init__(self, interpreter):
        super().__init__(interpreter)
        self.name = interpreter + SECOND
        self.title += ", asked by c104"

    def dial(self, source, **named):
        if named:
            raise NotApplicable("c104 has its own socket")
        return foreign.C104Master(self.port, source)

    def test_of(self, row):
        from hil_tests.rows.by_c104 import ROWS

        return ROWS.get(row.number, row.run)


class Peer(Target):
    """Somebody else's station; its script stands in peers/."""

    script = ""
    quiet_s = 0.15

    def command(self, control_port):
        return [sys.executable, str(HERE / "peers" / self.script), str(control_port)], None


class C104(Peer):
    name, title, script = "c104", "c104 2.2.1", "c104_station.py"
    unit_s = 1.0
    event_binary, event_measured = 0x0041, 0x4041
    silent = wire.asdu(200, 6, 1, bytes(5))
    lacks = {
        "groups": "it has no redundancy groups",
        "virtual": "its clock cannot be moved: the row takes hours or days",
        "clock": "it keeps no clock of its own: a clock synchronisation goes to the application",
        "age": "it does not look at the time tag of a command: its application would",
        "slow": "it gives no way to hold a command in progress",
        "overflow": "it has no overflow point and no count of lost events",
        "slots": "its event buffer cannot be sized",
        "base": "it has no configurable time base",
        "memory": "its memory cannot be looked into from its own interface",
        "counters": "freezing a counter is its application's business",
        "background": "a background scan is its application's business",
        "deadband": "deadbands are its application's business",
        "reset": "it hands a process reset on to nobody",
        "log": "a log of orders is its application's business",
        "sequence": "how many objects it packs is its own decision",
        "initial": "it has no notion of a point that was never acquired",
        "live": "it is no charger",
    }

    def settings(self, row_settings):
        """Whole seconds only; t2 below t1."""
        settings, seconds = super().settings(row_settings)
        return settings, {name: max(1, math.ceil(value)) for name, value in seconds.items()}

    def fresh(self, row_settings):
        """A process for every row: what a row does to it ends with it."""
        self.stop()
        return super().fresh(row_settings)


_APPLICATION = "a codec and a link layer: this is its application's business"


class Hat(Peer):
    name, title, script = "hat", "hat-drivers 0.10.10", "hat_station.py"
    unit_s = 0.3
    lacks = dict.fromkeys(
        ("groups", "limit", "clock", "age", "slow", "overflow", "slots", "base", "counters", "background",
         "deadband", "reset", "log", "sequence", "initial", "application", "select", "local", "allow",
         "buffer"), _APPLICATION)  # fmt: skip
    lacks.update(
        tls="TLS is a context that its application makes: whom it lets in is the application's business",
        virtual="its clock cannot be moved: the row takes hours or days",
        memory="its memory cannot be looked into from its own interface",
        live="it is no charger",
    )


FIRST = ("cpython", "micropython", "c104", "hat")
AGAIN = tuple(name + SECOND for name in FIRST[:2])
NAMES = FIRST + AGAIN


def make(name):
    """The target of this name, not yet started."""
    if name in runtime.INTERPRETERS:
        return Ours(name)
    if name in AGAIN:
        return OursAskedByC104(name.removesuffix(SECOND))
    return {"c104": C104, "hat": Hat}[name]()
