"""Set-point ACT -> ACT_CON: our firmware under its full load against c104's server, the two asked in
turn by the same raw-socket master.

The target is against c104 with a Python handler, which is what takes an order from c104 and the way in
which the project's reference figures were measured; c104 without one is shown beside it.
"""

from hil_tests.bench.figures import Figure, median, quantile, spread
from hil_tests.bench.programs import BenchSite, Peer
from hil_tests.bench.raw_master import RawMaster
from tools.runtime import INTERPRETERS

NAME = "confirm"
TITLE = "set-point ACT -> ACT_CON against c104's server"
TARGET_RATIO = 1.5
BLOCK = 200
LARGEST_RAMP = 1_000_000


def run(ctx):
    """Figures for each interpreter with one bay, and with eight as information."""
    figures = []
    for bays, is_judged in ((1, True), (8, False)):
        for interpreter in INTERPRETERS:
            ctx.say("%s, %d bay(s)" % (interpreter, bays))
            rounds = measure(ctx, interpreter, bays, 2 if ctx.quick else 5, 200 if ctx.quick else 2000)
            figures += judge(interpreter, bays, is_judged, rounds)
    return figures


def measure(ctx, interpreter, bays, rounds, count):
    """[(ours, c104 with handler, c104 without)], lists of `count` ns, per round."""
    folder = ctx.folder("confirm-%s-%d" % (interpreter, bays))
    taken = []
    with BenchSite(folder, interpreter, bays, ramp_w_per_s=LARGEST_RAMP) as site:
        with Peer("python") as peer, Peer("none") as bare:
            ports = (site.iec104_port, peer.port, bare.port)
            masters = [RawMaster("127.0.0.1", port) for port in ports]
            for i in range(rounds):
                taken.append(one_round(masters, count))
                ctx.advance((i + 1) / rounds)
            for master in masters:
                master.close()
                if master.negative:
                    raise RuntimeError("%d set-points were refused" % master.negative)
    return taken


def one_round(masters, count):
    """`count` set-points to each master's server, in blocks that take turns."""
    times = [[] for _ in masters]
    for _ in range(count // BLOCK):
        for master, taken in zip(masters, times, strict=True):
            master.drain()
            taken.extend(master.setpoint(float(i % 7)) for i in range(BLOCK))
    return times


def judge(interpreter, bays, is_judged, rounds):
    """The figures of one configuration."""
    name = "%s, %d bay%s" % (interpreter, bays, "" if bays == 1 else "s")
    ratios = [median(ours) / median(peer) for ours, peer, _ in rounds]
    tails = [quantile(ours, 0.99) / quantile(peer, 0.99) for ours, peer, _ in rounds]
    bare = [median(ours) / median(none) for ours, _, none in rounds]
    ours, peer, none = ([t for row in rounds for t in row[i]] for i in range(3))
    times = "median/p99 %s us; c104 %s us; c104 without handler %s us" % (us(ours), us(peer), us(none))
    target = TARGET_RATIO if is_judged else None
    note = "%d x %d, rounds %s; %s" % (len(rounds), len(rounds[0][0]), spread(ratios), times)
    return [
        Figure(NAME, name + ", median / c104's", median(ratios), "x", target, note=note),
        Figure(NAME, name + ", p99 / c104's", median(tails), "x", note="rounds " + spread(tails)),
        Figure(NAME, name + ", median / c104's without handler", median(bare), "x", note=spread(bare)),
    ]


def us(times_ns):
    return "%.0f/%.0f" % (median(times_ns) / 1000, quantile(times_ns, 0.99) / 1000)
