"""The whole firmware at work, plant and master live: how soon an order reaches the converter, how long
the loop stays away, what the buses carry.

Handed over = the plant's converter has taken the Modbus write with the new set-point; the plant dates it
with the same clock as the master's send. That is later than the hand-over to the driver by the driver's
queue, the write on the wire and the plant's own delay, so the target holds for more than it asks. Orders
come about five times a second at random moments of the cycle, each with a value of its own, and with a
ramp that does not hold them back.
"""

import csv
import random
import time

from hil_tests.bench.figures import Figure, quantile
from hil_tests.bench.programs import BenchSite
from hil_tests.bench.raw_master import RawMaster
from tools.runtime import INTERPRETERS, MICROPYTHON

NAME = "live"
TITLE = "the firmware at work: order to converter, gaps of the loop, buses"
CYCLE_MS = 100
GAP_BUDGET_MS = 20
LARGEST_RAMP = 1_000_000
SERIAL_BAUD = 9600


def run(ctx):
    """Figures for each interpreter, with one bay and with eight."""
    figures = []
    for bays, orders in ((1, 250), (8, 100)):
        for interpreter in INTERPRETERS:
            ctx.say("%s, %d bay(s)" % (interpreter, bays))
            site, sent = play(ctx, interpreter, bays, 10 if ctx.quick else orders)
            name = "%s, %d bay%s" % (interpreter, bays, "" if bays == 1 else "s")
            delays = match(sent, read_writes(site.truth_dir / "writes.csv"), bays)
            figures += handover(name, delays, len(sent), bays == 1)
            figures += gaps(name, site.counted, interpreter)
            figures += buses(name, site.counted)
    return figures


def play(ctx, interpreter, bays, count):
    """Send the orders; (the ended site, [(ns, W)])."""
    dice = random.Random(104)
    sent = []
    folder = ctx.folder("live-%s-%d" % (interpreter, bays))
    with BenchSite(folder, interpreter, bays, ramp_w_per_s=LARGEST_RAMP) as site:
        with RawMaster("127.0.0.1", site.iec104_port) as master:
            for i in range(count):
                watts = 3000 * bays + i * 2711 % 7001
                sent.append((time.monotonic_ns(), watts))
                master.setpoint(watts / 1000)
                master.attend(dice.uniform(0.12, 0.28))
                ctx.advance((i + 1) / count)
            master.attend(0.5)
            if master.negative:
                raise RuntimeError("%d set-points were refused" % master.negative)
    return site, sent


def read_writes(path):
    """[(ns, bay, W into the grid)] of every write that carried a set-point."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["wset_w"]]
    return [(int(row["t_ns"]), int(row["bay"]), round(float(row["wset_w"]))) for row in rows]


def match(sent, writes, bays):
    """Milliseconds from each order to the write after which all converters together had it; orders that
    never arrived are left out.
    """
    reached = {}
    held = [None] * bays
    for t_ns, bay, watts in writes:
        held[bay] = watts
        if None not in held:
            reached.setdefault(sum(held), []).append(t_ns)
    delays = []
    for began, watts in sent:
        later = [t for t in reached.get(watts, ()) if t >= began]
        if later:
            delays.append((later[0] - began) / 1e6)
    return delays


def handover(name, delays, orders, is_judged):
    note = "%d of %d orders seen; median %.1f, longest %.1f ms" % (
        len(delays),
        orders,
        quantile(delays, 0.5),
        max(delays),
    )
    target = CYCLE_MS if is_judged else None
    p99_ms = quantile(delays, 0.99)
    figure = Figure(NAME, name + ", order to write taken, p99", p99_ms, "ms", target, note=note)
    lost = Figure(NAME, name + ", orders that never arrived", orders - len(delays), "", 0, "==")
    return [figure, lost]


def gaps(name, counted, interpreter):
    note = "%d turns in %.0f s, %d of them over %d ms" % (
        counted["turns"],
        counted["ran_ms"] / 1000,
        counted["over_budget"],
        GAP_BUDGET_MS,
    )
    if interpreter == MICROPYTHON:
        note += "; longest collect %.1f ms, garbage %.1f KB/s" % (
            counted["idle_us"] / 1000,
            counted["freed"] / 1.024 / counted["ran_ms"],
        )
    longest_ms = counted["gap_us"] / 1000
    return [Figure(NAME, name + ", longest gap while energised", longest_ms, "ms", note=note)]


def buses(name, counted):
    seconds = counted["ran_ms"] / 1000
    kinds = ("timeouts", "crc_errors", "mismatches", "exceptions")
    bad = {kind: counted[kind] for kind in kinds if counted[kind]}
    note = "serial line %.1f/s, %.0f %% of %d baud; failed: %s" % (
        counted["serial_requests"] / seconds,
        counted["serial_octets"] * 1000 / seconds / SERIAL_BAUD,
        SERIAL_BAUD,
        " ".join("%s %d" % item for item in bad.items()) or "none",
    )
    return [Figure(NAME, name + ", Modbus transactions", counted["replies"] / seconds, "/s", note=note)]
