"""The Modbus master through the bus's scheduler and real ports, against pymodbus's clients in the same run.

TCP: transactions a second, of ten registers each, from a server that costs next to nothing, in interleaved
rounds. A serial line: nine meters on a paced pty, ten registers from each in turn; the share of the time that
nobody can save, which is the characters of request and reply, the silence of 3.5 characters, and the meters'
own delay. Instructions on the Cortex-M3 are the ceilings that its lane enforces.
"""

import json
import subprocess
import sys
from pathlib import Path

from hil_tests.bench.figures import Figure, median, spread
from hil_tests.bench.programs import results, run as run_ours
from protocols.modbus.rtu import RtuFraming
from tools.plant.meter_line import MeterLine, example
from tools.plant.meters import TWINS
from tools.plant.rtu_line import BITS_PER_CHARACTER
from tools.runtime import CPYTHON, INTERPRETERS

NAME = "modbus"
TITLE = "Modbus master against pymodbus's clients"
HERE = Path(__file__).resolve().parent
PEER = [sys.executable, str(HERE / "modbus_peer.py")]
CEILINGS = HERE.parent / "m3" / "ceilings.json"
TCP_TARGET = 1  # on the same interpreter
UNITS, DELAY_MS = 9, 5
CHARACTERS = 8 + 25  # of a request, and of a reply with ten registers
ROUNDS = 5


def run(ctx):
    """Ratios, shares of the wire's limit, and the ceilings in instructions."""
    figures = on_tcp(ctx, 300 if ctx.quick else 4000, 1 if ctx.quick else ROUNDS)
    for baud in (9600, 19200):
        figures += on_line(ctx, baud, 18 if ctx.quick else 135)
    return figures + on_m3()


def on_tcp(ctx, count, rounds):
    rates = {}
    server = subprocess.Popen(PEER + ["server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        where = "127.0.0.1:%d" % int(server.stdout.readline())
        for i in range(rounds):
            for who in (*INTERPRETERS, "sync", "async"):
                ctx.say("TCP, %s" % who)
                rates.setdefault(who, []).append(count * 1e6 / took_us(who, where, 0, 1, count))
            ctx.advance((i + 1) / rounds)
    finally:
        server.communicate("")
    return [ratio(who, peer, rates) for who in INTERPRETERS for peer in ("sync", "async")]


def ratio(who, peer, rates):
    ratios = [ours / theirs for ours, theirs in zip(rates[who], rates[peer], strict=True)]
    note = "rounds %s; ours %.0f/s, pymodbus %.0f/s" % (
        spread(ratios), median(rates[who]), median(rates[peer]))
    name = "TCP, transactions a second on %s / pymodbus %s" % (who, peer)
    return Figure(NAME, name, median(ratios), "x", TCP_TARGET if who == CPYTHON else None, ">=", note)


def on_line(ctx, baud, count):
    """Shares of the limit for both interpreters and pymodbus's serial client, one after the other."""
    limit_us = CHARACTERS * BITS_PER_CHARACTER * 1e6 / baud + 1000 * (DELAY_MS + RtuFraming(baud).quiet_ms)
    shares = {}
    for who in (*INTERPRETERS, "sync"):
        ctx.say("%d baud, %s" % (baud, who))
        twins = {unit: TWINS["sdm630"](example()) for unit in range(1, UNITS + 1)}
        with MeterLine(twins, baud, DELAY_MS) as line:
            shares[who] = 100 * count * limit_us / took_us(who, line.path, baud, UNITS, count)
    name = "nine meters at %d baud, " % baud
    note = "of the wire's limit, %.1f ms; pymodbus %.1f %%" % (limit_us / 1000, shares["sync"])
    return [Figure(NAME, name + who, shares[who], "%", note=note) for who in INTERPRETERS]


def took_us(who, where, baud, units, count):
    """Time of `count` transactions, none of which failed."""
    if who in INTERPRETERS:
        found = run_ours(who, "modbus", [where, baud, units, count])
    else:
        argv = PEER + [who, where] + [str(n) for n in (baud, units, count)]
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=120)
        if ended.returncode:
            raise RuntimeError("pymodbus: " + ended.stderr.strip())
        found = results(ended.stdout.splitlines())
    if found["failures"]:
        raise RuntimeError("%s: %d of %d transactions failed" % (who, found["failures"], count))
    return found["total_us"]


def on_m3():
    stored = json.loads(CEILINGS.read_text(encoding="utf-8"))
    note = "ceiling that the Cortex-M3's lane enforces"
    names = (("modbus_tcp_mean", "TCP"), ("modbus_rtu_mean", "serial line"))
    return [Figure(NAME, name + ", instructions a poll", stored[key], "", note=note) for key, name in names]
