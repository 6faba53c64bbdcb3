"""Set-point ACT -> ACT_CON of an outstation with 200 points that change, and two masters: ours on both
interpreters, c104's server with and without a Python handler, and hat-drivers, all in one run, asked in
turn by the same raw-socket master while a second one takes in the events.

Every server changes one point in ten every 100 ms (200 changes a second) and sends them to both masters.
What is judged is the ratio to c104's server with a Python handler, as in `confirm`.
"""

import subprocess
import sys
import threading

from hil_tests.bench import programs
from hil_tests.bench.confirm import us
from hil_tests.bench.figures import Figure, median, quantile, spread
from hil_tests.bench.raw_master import RawMaster
from tools.runtime import INTERPRETERS
from tools.up import free_port

NAME = "masters"
TITLE = "set-point ACT -> ACT_CON with 200 points and two masters"
TARGET_RATIO = 1.2
POINTS, PERIOD_MS = 200, 100
BLOCK = 100
PEERS = (("c104", "c104_server.py", ("python",)), ("c104 without handler", "c104_server.py", ("none",)),
         ("hat-drivers", "hat_server.py", ()))  # fmt: skip


class Second(threading.Thread):
    """The second master: takes in and acknowledges what comes, and does nothing else."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.master = RawMaster("127.0.0.1", port)
        self.is_over = False
        self.start()

    def run(self):
        while not self.is_over:
            try:
                self.master.attend(0.05)
            except OSError:
                return

    def close(self):
        self.is_over = True
        self.join(5)
        self.master.close()


class Server:
    """A server in a process of its own, and its two masters."""

    def __init__(self, name, argv, port, env=None):
        self.name = name
        self.times = []
        self._process = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        line = self._process.stdout.readline()
        if line.strip() != "ready":
            self.close()
            raise RuntimeError("%s: %s" % (name, line + self._process.stdout.read()))
        self.first = RawMaster("127.0.0.1", port)
        self.second = Second(port)

    def block(self):
        """One block of set-points, nanoseconds each."""
        self.first.drain()
        return [self.first.setpoint(float(i % 7)) for i in range(BLOCK)]

    def close(self):
        if hasattr(self, "second"):
            self.second.close()
            self.first.close()
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def servers():
    """All of them, started; ours first."""
    made = []
    try:
        for interpreter in INTERPRETERS:
            port = free_port()
            argv, env = programs.command(interpreter, "outstation", [port, POINTS, PERIOD_MS], 512)
            made.append(Server(interpreter, argv, port, env))
        for name, script, options in PEERS:
            port = free_port()
            argv = [sys.executable, str(programs.HERE / script), port, *options, POINTS, PERIOD_MS]
            made.append(Server(name, [str(word) for word in argv], port))
    except BaseException:
        for server in made:
            server.close()
        raise
    return made


def run(ctx):
    """Figures of both interpreters, and the peers beside them."""
    rounds = 2 if ctx.quick else 20
    running = servers()
    try:
        for i in range(rounds):
            for server in running:
                ctx.say(server.name)
                server.times.append(server.block())
            ctx.advance((i + 1) / rounds)
        refused = [s.name for s in running if s.first.negative]
    finally:
        for server in running:
            server.close()
    if refused:
        raise RuntimeError("set-points were refused by " + ", ".join(refused))
    return judge(running)


def judge(running):
    peer = next(server for server in running if server.name == "c104")
    figures = []
    for server in running:
        if server is peer:
            continue
        ratios = [median(a) / median(b) for a, b in zip(server.times, peer.times, strict=True)]
        whole, reference = ([t for block in s.times for t in block] for s in (server, peer))
        is_ours = server.name in INTERPRETERS
        note = "median/p99 %s us, c104 %s us; rounds %s; p99 / c104's %.2f" % (
            us(whole),
            us(reference),
            spread(ratios),
            quantile(whole, 0.99) / quantile(reference, 0.99),
        )
        name = server.name + ", median / c104's"
        figures.append(Figure(NAME, name, median(ratios), "x", TARGET_RATIO if is_ours else None, note=note))
    return figures
