"""20,000 spontaneous events over TCP to a master that acknowledges: none lost when the source looks at
event_room(), counted exactly when it does not.

Each event carries its number, so the master knows what it missed; it must get them in order and once.
The rate is the master's, from the first to the last; c104's server, which has no way to push back,
stands beside.
"""

import struct
import subprocess
import time

from hil_tests.bench import programs
from hil_tests.bench.figures import Figure
from hil_tests.bench.raw_master import RawMaster
from tools.runtime import INTERPRETERS
from tools.up import free_port

NAME = "events"
TITLE = "spontaneous events to a master that acknowledges"
M_ME_NC_1, M_ME_TF_1 = 13, 36
OBJECT_SIZES = {M_ME_NC_1: 8, M_ME_TF_1: 15}
PATIENCE_S = 60
QUIET_S = 2.0
LEAST_A_SECOND = {"cpython": 10_000, "micropython": 5_000}


class Listener:
    """Counts the numbered events that a master hears."""

    def __init__(self):
        self.heard = 0
        self.last = 0
        self.disorder = 0
        self.first_s = self.last_s = 0.0

    def on_asdu(self, asdu):
        size = OBJECT_SIZES.get(asdu[0])
        if size is None:
            return
        self.last_s = time.perf_counter()
        self.first_s = self.first_s or self.last_s
        for at in range(6, 6 + size * (asdu[1] & 0x7F), size):
            number = round(struct.unpack_from("<f", asdu, at + 3)[0])
            self.disorder += number <= self.last
            self.last = number
            self.heard += 1

    def listen(self, master, last):
        """Until event number `last`, or nothing new for a while."""
        end = time.monotonic() + PATIENCE_S
        while self.last < last and time.monotonic() < end:
            if self.first_s and time.perf_counter() - self.last_s > QUIET_S:
                break
            master.attend(0.05)
        master.attend(0.1)

    @property
    def rate(self):
        return self.heard / max(self.last_s - self.first_s, 1e-9)


def run(ctx):
    """Both modes on both interpreters, and the peer."""
    count = 1000 if ctx.quick else 20_000
    figures = []
    for interpreter in INTERPRETERS:
        for mode in ("room", "blind"):
            ctx.say("%s, %s" % (interpreter, mode))
            heard, told = ours(interpreter, mode, count)
            figures += judge(interpreter, mode, count, heard, told)
            ctx.advance(1.0)
    ctx.say("c104")
    figures.append(peers(count))
    return figures


def ours(interpreter, mode, count):
    """(what the master heard, what the station counted)"""
    port = free_port()
    argv, env = programs.command(interpreter, "events", [port, mode, count])
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = process.stdout.readline()
        if line.strip() != "ready":
            raise RuntimeError("events on %s: %s" % (interpreter, line + process.stdout.read()))
        heard = Listener()
        with RawMaster("127.0.0.1", port, on_asdu=heard.on_asdu) as master:
            heard.listen(master, count)
        rest, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    return heard, programs.results(rest.splitlines())


def judge(interpreter, mode, count, heard, told):
    missed = count - heard.heard
    note = "%d made, %d heard, %d counted as lost" % (told["made"], heard.heard, told["lost"])
    if heard.disorder:
        note += ", %d out of order" % heard.disorder
    if mode == "room":
        name = interpreter + ", source looks at event_room(): lost"
        rate = Figure(
            NAME, interpreter + ", events a second", heard.rate, "/s", LEAST_A_SECOND[interpreter], ">="
        )
        return [Figure(NAME, name, missed + told["lost"] + heard.disorder, "", 0, "==", note), rate]
    name = interpreter + ", source does not look: lost but not counted"
    wrong = abs(missed - told["lost"]) + heard.disorder
    return [Figure(NAME, name, wrong, "", 0, "==", note)]


def peers(count):
    """How c104's server fares with the same number of events, unpaced."""
    heard = Listener()
    with programs.Peer("none") as peer:
        with RawMaster("127.0.0.1", peer.port, on_asdu=heard.on_asdu) as master:
            peer.transmit(count)
            heard.listen(master, count)
        claimed = peer.claimed()
    note = "%d heard; transmit() returned True %d times; %.0f heard a second" % (
        heard.heard,
        claimed,
        heard.rate,
    )
    return Figure(NAME, "c104's server, not paced: lost", count - heard.heard, "", note=note)
