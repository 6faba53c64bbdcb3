"""Figures of a run, from the plant's truth log, the plant's write log and the master's stamps (one clock:
CLOCK_MONOTONIC).

Powers are W in the sign of the wire, + = into the grid. A set-point beyond the adjustable limits that the
station reports over 104 is accepted, clipped and flagged by it: tracking is judged against the set-point cut
to those limits, and steps that were cut are not scored but counted. The envelope is judged from the truth
alone, against the configuration.
"""

import csv

import numpy as np

from tools.score import agc, regions, tracking
from tools.score.reversals import reversals

TOLERANCE_W = 50  # per bay: the SOC that the firmware sees is a poll old
STEADY_S = 0.35  # a write is an answer to a set-point only if the converter's order stood still before it


class Truth:
    """truth.csv and writes.csv as arrays; `t_ns` int64, powers W with + = charging."""

    def __init__(self, folder, bays):
        truth = _columns(folder / "truth.csv")
        self.t_ns = np.array([int(v) for v in truth["t_ns"]], dtype=np.int64)
        self.grid_w, self.load_w = _floats(truth["grid_w"]), _floats(truth["load_w"])
        self.bay_w = [_floats(truth["bay%d_ac_w" % i]) for i in range(bays)]
        self.soc_bp = [_floats(truth["bay%d_soc_bp" % i]) for i in range(bays)]
        writes = _columns(folder / "writes.csv")
        self.writes = [
            (int(t), int(bay), float(order))
            for t, bay, order in zip(writes["t_ns"], writes["bay"], writes["order_w"])
            if order != ""
        ]


def _columns(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file)]
    whole = [row for row in rows[1:] if len(row) == len(rows[0])]
    return {name: [row[i] for row in whole] for i, name in enumerate(rows[0])}


def _floats(values):
    return np.array([float(v) if v != "" else np.nan for v in values])


class Run:
    """The series of a run on one time axis: seconds since the master's first set-point could leave."""

    def __init__(self, truth, state, config):
        self.truth, self.state, self.config = truth, state, config
        self.rating_w = sum(bay["rating_w"] for bay in config["bays"])
        self.start_ns = state.start_ns
        self.truth_s = self.seconds(truth.t_ns)
        self.power_w = -(truth.grid_w - truth.load_w)
        self.order_s = self.seconds([t for t, _ in state.orders])
        self.order_w = np.array([kw * 1000 for _, kw in state.orders])
        self.t_s = self._axis()
        self.setpoint_w = self._held_setpoint(self.t_s)
        self.low_w, self.high_w = (self._limit(n, self.t_s) for n in ("lower_limit_w", "upper_limit_w"))
        self.reachable_w = np.clip(self.setpoint_w, self.low_w, self.high_w)
        self.measured_w = np.interp(self.t_s, self.truth_s, self.power_w)

    def seconds(self, t_ns):
        """Nanoseconds of the clock to seconds of the run."""
        return (np.asarray(t_ns, dtype=np.int64) - self.start_ns) / 1e9

    def _axis(self):
        inside = self.truth_s[(self.truth_s >= 0)]
        return np.unique(np.concatenate([inside, self.order_s[self.order_s <= inside[-1]]]))

    def _held_setpoint(self, t_s):
        return tracking.hold(self.order_s, self.order_w, t_s)

    def _limit(self, name, t_s):
        series = self.state.series.get(name)
        edge_w = self.rating_w if name.startswith("upper") else -self.rating_w
        if not series:
            return np.full(len(t_s), float(edge_w))
        return tracking.hold(self.seconds([t for t, _ in series]), [v * 1000 for _, v in series], t_s)

    def codes(self, name):
        """[(from s, code)] of a point that carries codes."""
        return [(max(0.0, float(self.seconds([t])[0])), int(v)) for t, v in self.state.series.get(name, [])]


def write_latencies_ms(order_ns, writes, steady_s=STEADY_S):
    """For each set-point that found the converters' orders at rest: ms until the first changed write."""
    changes, last = [], {}
    for t_ns, bay, order_w in writes:
        if bay in last and order_w != last[bay]:
            changes.append(t_ns)
        last[bay] = order_w
    changes = np.array(changes, dtype=np.int64)
    found = []
    for i, sent_ns in enumerate(order_ns):
        until_ns = order_ns[i + 1] if i + 1 < len(order_ns) else sent_ns + 10**9
        before = changes[(changes < sent_ns) & (changes > sent_ns - steady_s * 1e9)]
        after = changes[(changes >= sent_ns) & (changes < until_ns)]
        if not len(before) and len(after):
            found.append((int(after[0]) - sent_ns) / 1e6)
    return found


def violations(truth, config):
    """{name: number of samples outside} for rating, SOC window with its taper, and the site's connection."""
    counts = {}
    for i, bay in enumerate(config["bays"]):
        low, high = bay_limits(bay, truth.soc_bp[i])
        rated = tracking.outside(truth.bay_w[i], -bay["rating_w"], bay["rating_w"], TOLERANCE_W)
        soc = tracking.outside(truth.bay_w[i], low, high, TOLERANCE_W)
        counts["%s rating" % bay["name"]] = len(rated)
        counts["%s SOC window" % bay["name"]] = len(soc)
    site = config["site"]
    over = tracking.outside(truth.grid_w, -site["export_max_w"], site["import_max_w"], TOLERANCE_W)
    counts["site connection"] = len(over)
    return counts


def bay_limits(bay, soc_bp):
    """(low, high) W of a bay at these states of charge, + = charging: rating, and the taper at both ends."""
    battery, rating_w = bay["battery"], bay["rating_w"]
    room = np.clip((battery["soc_max_bp"] - soc_bp) / battery["taper_bp"], 0, 1)
    left = np.clip((soc_bp - battery["soc_min_bp"]) / battery["taper_bp"], 0, 1)
    return -rating_w * left, rating_w * room


def step_scores(run, steps_end_s):
    """(scores per region, records of the first region, steps that were cut by the envelope)."""
    part = run.t_s <= steps_end_s
    t, setpoint, measured = run.t_s[part], run.setpoint_w[part], run.measured_w[part]
    cut_s = t[np.abs(setpoint - run.reachable_w[part]) > 0.01 * run.rating_w]
    scores, first, cut = [], [], 0
    for profile in regions.PROFILES:
        records = agc.commands(profile, t, setpoint, measured, run.rating_w)
        clean = [r for r in records if not np.any((cut_s > r.t0_s + 0.5) & (cut_s < r.t3_s))]
        scores.append(agc.mean_indices(profile, clean))
        if profile is regions.NORTH_CHINA:
            first, cut = clean, len(records) - len(clean)
    return scores, first, cut


def ramp_scores(run):
    """(what the configured ramp alone would score in this run, the power's tracking of that)."""
    ramp_w_per_s = run.config["control"]["ramp_w_per_s"]
    times, ramp_w = tracking.ramp_alone(
        run.t_s, run.reachable_w, run.t_s[-1], ramp_w_per_s, run.measured_w[0]
    )
    alone = tracking.tracking(run.t_s, run.reachable_w, times, ramp_w, run.rating_w)
    return alone, tracking.tracking(times, ramp_w, run.truth_s, run.power_w, run.rating_w)


def evaluate(run, plan):
    """Every figure of the live part, as plain data."""
    followed = tracking.tracking(run.t_s, run.reachable_w, run.truth_s, run.power_w, run.rating_w)
    ramp, behind = ramp_scores(run)
    scores, records, cut = step_scores(run, plan.steps_end_s)
    writes_ms = write_latencies_ms([t for t, _ in run.state.orders], run.truth.writes)
    live = run.truth_s >= 0
    charged_wh, discharged_wh = tracking.energy_wh(run.truth_s[live], -run.power_w[live])
    counts = violations(run.truth, run.config)
    return {
        "signal": plan.title,
        "seconds": plan.seconds,
        "rating_w": run.rating_w,
        "tracking": dict(vars(followed)),
        "ramp_alone": dict(vars(ramp)),
        "behind_ramp": dict(vars(behind)),
        "steps": {"scored": len(records), "cut_by_envelope": cut, "records": [r.as_dict() for r in records]},
        "agc": scores,
        "act_con_ms": _spread(run.state.latencies_ms),
        "setpoint_to_converter_ms": _spread(writes_ms),
        "energy_wh": {"charged": charged_wh, "discharged": discharged_wh},
        "soc_bp": [[float(soc[0]), float(soc[-1])] for soc in run.truth.soc_bp],
        "envelope_violations": sum(counts.values()),
        "envelope_checks": counts,
        "envelope_samples": len(run.truth.t_ns),
        "master": run.state.summary,
        "refused_kw": run.state.refused,
    }


def reversals_of(run, config):
    """Per bay: how often its power changed direction, and the seconds without power each time."""
    live = run.truth_s >= 0
    return [
        {
            "bay": bay["name"],
            "converter": bay["converter"]["model"],
            "dead_s": reversals(run.truth_s[live], run.truth.bay_w[i][live]),
        }
        for i, bay in enumerate(config["bays"])
    ]


def _spread(values):
    """Count, median and worst."""
    if not values:
        return {"count": 0, "median": None, "worst": None}
    return {"count": len(values), "median": float(np.median(values)), "worst": float(max(values))}
