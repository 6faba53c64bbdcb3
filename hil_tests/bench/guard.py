"""The battery's guard: promises over thousands of random days, judged by linear programmes; what is called
and what comes; and what it costs on the Cortex-M3 in instructions.
"""

import concurrent.futures
import os

from hil_tests.bench.figures import Figure, quantile
from hil_tests.rig import calls, price_days, promises

NAME = "guard"
TITLE = "battery's guard: promises, capability, cost"
CHUNK = 10
WORKERS = max(1, min(8, os.cpu_count() or 1))


def run(ctx):
    """Figures; `--quick` takes few days."""
    days, called_days, tables, compared = (20, 6, 10, 5) if ctx.quick else (10_000, 1_000, 500, 500)
    priced_days = 5 if ctx.quick else 500
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        verdicts = _all(ctx, pool, "%d days of departures" % days, promises.departures, days)
        called = _all(ctx, pool, "%d days of calls" % called_days, calls.called_day, called_days)
        held = _all(ctx, pool, "%d tables held" % tables, _power, tables)
        energy = _all(ctx, pool, "%d energies" % tables, _energy, tables)
        priced = _all(ctx, pool, "%d days with prices" % priced_days, _priced, priced_days)
        answers = _all(ctx, pool, "%d days compared" % compared, _answer, compared)
    figures = _promises(verdicts, days) + _calls(called, called_days) + _truth(held, energy)
    figures += _answers(answers) + _prices(priced, priced_days)
    ctx.say("Cortex-M3")
    return figures + _instructions()


def _all(ctx, pool, text, one, count):
    """What `one` finds for each seed below `count`, all in one list."""
    ctx.say(text)
    found = []
    chunks = range(0, count, CHUNK)
    jobs = [pool.submit(_chunk, one, first, min(count, first + CHUNK)) for first in chunks]
    for done, job in enumerate(concurrent.futures.as_completed(jobs), 1):
        found += job.result()
        ctx.advance(done / len(chunks))
    return found


def _chunk(one, first, last):
    return [row for seed in range(first, last) for row in one(seed)]


def _power(seed):
    return [calls.power_held(seed)]


def _energy(seed):
    return [calls.energy_there(seed)]


def _answer(seed):
    found = promises.answer(seed)
    return [] if found is None else [found]


def _priced(seed):
    found = price_days.compared(seed)
    return [] if found is None else [found]


def _promises(verdicts, days):
    feasible = [v for v in verdicts if v.feasible]
    missed = [v for v in feasible if not v.met]
    short = [v for v in verdicts if v.feasible is False and not v.met]
    told = [v for v in short if v.told]
    wrong = [v for v in feasible if v.told]
    early = [v.early for v in feasible if v.early is not None]
    note = "%d random days in steps of 60 s, %d feasible targets, %d not, %d too close to say"
    unsure = len([v for v in verdicts if v.feasible is None])
    note %= (days, len(feasible), len(verdicts) - len(feasible) - unsure, unsure)
    texts = ["seed %d bay %d: %d of %d" % (v.seed, v.bay, v.soc_bp, v.target_bp) for v in missed[:3]]
    figures = [
        Figure(NAME, "feasible targets missed", len(missed), "", 0, "==", note + "; ".join(texts)),
        Figure(NAME, "left short without a word", len(short) - len(told), "", 0, "==", "of %d" % len(short)),
        Figure(NAME, "told so, and met after all", 100 * len(wrong) / len(feasible), "% of feasible"),
        Figure(NAME, "target reached before the departure", sum(early) / len(early), "min, mean", note=(
            "median %d, 99 %% below %d" % (quantile(early, 0.5), quantile(early, 0.99)))),
    ]  # fmt: skip
    return figures + _warnings(told)


def _warnings(told):
    if not told:
        return []
    first = [v.errors_bp()[0] / 100 for v in told]
    half = [v.errors_bp()[1] / 100 for v in told]
    notice = [v.notice() for v in told]
    spread = "lowest %.2f, median %.2f; halfway to the departure %.2f .. %.2f"
    spread %= (min(first), quantile(first, 0.5), min(half), max(half))
    return [
        Figure(NAME, "SOC told first too high, at worst", max(0.0, max(first)), "% SOC", 0.5, "<=", spread),
        Figure(NAME, "notice of a missed target", quantile(notice, 0.5), "min, median"),
    ]


def _calls(called, days):
    note = "%d calls of the reported 15 min figure in %d days; came = mean >= 98 %% of it"
    note %= (len(called), days)
    kept = [c for c in called if c[1] >= 0.98 * c[0]]
    whole = [c for c in called if c[1] >= c[0] - 1]
    worst = max(1 - mean_w / wanted_w for wanted_w, mean_w, _ in called)
    return [
        Figure(NAME, "calls that came", 100 * len(kept) / len(called), "%", 99, ">=", note),
        Figure(NAME, "calls that came to the watt", 100 * len(whole) / len(called), "%"),
        Figure(NAME, "worst call", 100 * worst, "% short"),
    ]


def _truth(held, energy):
    power = max([0.0] + [1 - came / told for told, came in held if told])
    store = max([0.0] + [1 - came / told for told, came in energy if told])
    note = "%d random stations, each horizon from 1 to 150 min held by the plant" % len(held)
    return [
        Figure(NAME, "reported power too high, at worst", 100 * power, "%", 2, "<=", note),
        Figure(NAME, "reported energy too high, at worst", 100 * store, "%", 5, "<="),
    ]


def _answers(answers):
    if not answers:
        return []
    means = [sum(column) / len(answers) / 1000 for column in zip(*answers, strict=True)]
    ordered, differed, least, given, most = means
    note = "%d days; kWh a day: %.1f ordered, differed by %.1f, by %.1f at least (programme, knows the day)"
    note %= (len(answers), ordered, differed, least)
    free = "%.1f of at most %.1f kWh a day, if the station might charge against its orders in between"
    excess = 100 * (differed - least) / ordered
    share = 100 * given / max(most, 1)
    text = free % (given, most)
    return [
        Figure(NAME, "more than need be from the orders", excess, "% of them", 5, "<=", note),
        Figure(NAME, "given to the grid", share, "% of possible", note=text),
    ]


def _prices(priced, days):
    if not priced:
        return []
    cost, at_once, least, missed = [sum(column) for column in zip(*priced, strict=True)]
    note = "%d of %d random days, whose targets can be reached; a day: %.2f, at once %.2f, at least %.2f"
    note %= (len(priced), days, *(value / len(priced) / 10000 for value in (cost, at_once, least)))
    saved = 100 * (at_once - cost) / (at_once - least)
    gap = 100 * (cost - least) / abs(at_once)
    text = "least = a linear programme that knows the day and needs no margin"
    return [
        Figure(NAME, "price plan: targets missed", missed, "", 0, "==", note),
        Figure(NAME, "price plan: saved of what could be", saved, "%", 85, ">=", text),
        Figure(NAME, "price plan: above the least cost", gap, "% of charging at once"),
    ]


def _instructions():
    """Of a step with and without guards, and of a minute of wear; nothing where the emulator is missing."""
    from hil_tests.m3 import ceilings, images
    from tools.build import BuildError
    from tools.emulate import qemu

    try:
        image = images.build("tests")
    except BuildError as error:
        return [Figure(NAME, "instructions on the Cortex-M3", 0, "", note="not built: %s" % error)]
    figures = []
    for bays in (1, 4):
        for what in ("step", "guard"):
            ended = qemu.run(image, [ceilings.MEASURE, what, str(bays)])
            for line in ended.output.splitlines():
                if line.startswith("MEASURE "):
                    _, name, value = line.split()
                    unit = "B" if name.endswith("bytes") else "instr."
                    figures.append(Figure(NAME, name, int(value), unit))
    return figures
