"""AGC commands found in a recording, and the indices K1, K2, K3 that a region gives them.

A new command begins when the set-point moves by more than the region's threshold; smaller moves belong to the
command in force. Per command: T0 it is given at P0, T1 the power leaves the deadzone around P0 in the right
direction, T2 it enters the deadzone around the target for good (or for the region's hold), T3 the command
ends; D is the mileage |target - P0|. Crossings are interpolated between samples. Accuracy is the mean |power
- set-point| from T2 to T3 (or over the region's window). A command that never arrives gets no accuracy: its
index is the floor.
"""

from dataclasses import asdict, dataclass

import numpy as np

from tools.score.regions import ACCURACY, RATE


@dataclass(frozen=True)
class Command:
    """One command: times s, powers W, rate %/min and accuracy % of the rating; NaN: never."""

    t0_s: float
    t1_s: float
    t2_s: float
    t3_s: float
    p0_w: float
    target_w: float
    mileage_w: float
    rate_pct_min: float
    response_s: float
    accuracy_pct: float
    counts: bool
    reason: str
    k: tuple
    k_total: float

    def as_dict(self):
        d = asdict(self)
        return {key: None if isinstance(v, float) and np.isnan(v) else v for key, v in d.items()}


class _Span:
    """The samples of one command, and how far the power went in its direction."""

    def __init__(self, t, p, p0, target_w, setpoint, end_s):
        self.t, self.p, self.setpoint = t, p, setpoint
        self.p0, self.target, self.end_s = p0, target_w, end_s
        self.sign = 1.0 if target_w >= self.p0 else -1.0
        self.progress = (p - self.p0) * self.sign
        self.miss = np.abs(p - target_w)


def _crossing(t, y, i, level):
    """Time at which y passes `level` on its way from sample i-1 to sample i."""
    if i == 0 or y[i] == y[i - 1]:
        return float(t[i])
    share = (level - y[i - 1]) / (y[i] - y[i - 1])
    return float(t[i - 1] + min(1.0, max(0.0, share)) * (t[i] - t[i - 1]))


def _stays(t, inside, i, hold_s, end_s):
    """True when `inside` is true from sample i for hold_s, or to the end when hold_s is 0."""
    until = end_s if hold_s == 0 else t[i] + hold_s
    if until > end_s + 1e-9:
        return False
    return bool(np.all(inside[i:][t[i:] <= until]))


def _first_over(t, y, level, hold_s, end_s):
    """Interpolated time at which y rises over `level` and stays there for hold_s; NaN when never."""
    over = y > level
    for i in np.flatnonzero(over & ~np.concatenate(([False], over[:-1]))):
        if hold_s == 0 or _stays(t, over, i, hold_s, end_s):
            return _crossing(t, y, i, level)
    return float("nan")


def _arrival(span, band_w, hold_s):
    """Interpolated time at which the power enters the band around the target and stays; NaN when never."""
    inside = span.miss <= band_w
    for i in np.flatnonzero(inside & ~np.concatenate(([False], inside[:-1]))):
        if _stays(span.t, inside, i, hold_s, span.end_s):
            return _crossing(span.t, span.miss, i, band_w)
    return float("nan")


def _rate(span, profile, rating_w, t1, t2):
    """Rate in % of the rating per minute between the region's two points; NaN when one is missing."""
    step = abs(span.target - span.p0)
    if profile.rate_span is None:
        low, start, end = profile.leave_pct / 100 * rating_w, t1, t2
        high = min(step - profile.arrive_pct / 100 * rating_w, _progress_at(span, t2))
    else:
        low, high = profile.rate_span[0] / 100 * rating_w, profile.rate_span[1] * step
        start = _first_over(span.t, span.progress, low, 0, span.end_s)
        end = _first_over(span.t, span.progress, high, 0, span.end_s)
    if not end > start or high <= low:
        return float("nan")
    return (high - low) / rating_w * 100 / (end - start) * 60


def _progress_at(span, t):
    return float(np.interp(t, span.t, span.progress)) if t == t else float("nan")


def _accuracy(span, profile, rating_w, t2):
    """Mean |power - set-point| after arrival, % of the rating."""
    if t2 != t2:
        return float("nan")
    until = span.end_s if profile.window_s is None else min(span.end_s, t2 + profile.window_s)
    pick = (span.t >= t2) & (span.t <= until)
    if not pick.any():
        return float("nan")
    return float(np.mean(np.abs(span.p[pick] - span.setpoint[pick]))) / rating_w * 100


def index_of(term, x):
    """The index that a term gives to a measured value; its floor when there is none."""
    if x != x:
        return term.low
    if term.form == "two_minus":
        k = 2 - x / term.norm
    elif term.form == "two_minus_inverse":
        k = 2 - term.norm / x if x > 0 else term.low
    elif term.form == "ratio":
        k = x / term.norm
    else:
        k = 1 - x / term.norm
    if term.above is not None and k > term.above[0]:
        return term.above[1]
    k = max(term.low, k)
    return k if term.high is None else min(term.high, k)


def total_of(profile, k):
    """The product or weighted sum of the three indices, capped where the region caps it."""
    if profile.weights is None:
        total = k[0] * k[1] * k[2]
    else:
        total = sum(w * i for w, i in zip(profile.weights, k))
    return total if profile.total_cap is None else min(total, profile.total_cap)


def _judgement(profile, span, t2, rate_pct_min):
    """(counts, reason): whether the region's conditions let the command count."""
    if t2 != t2:
        hold_s = profile.arrive_hold_s
        return False, "arrival not held for %g s" % hold_s if hold_s else "never arrived"
    if span.end_s - span.t[0] < profile.min_duration_s:
        return False, "shorter than %g s" % profile.min_duration_s
    norm = next(term.norm for term in profile.terms if term.kind == RATE)
    if profile.max_rate_ratio is not None and rate_pct_min > profile.max_rate_ratio * norm:
        return False, "faster than %g x the norm" % profile.max_rate_ratio
    return True, ""


def _record(profile, span, rating_w, reversed_):
    leave_w, arrive_w = profile.leave_pct / 100 * rating_w, profile.arrive_pct / 100 * rating_w
    t0 = float(span.t[0])
    t1 = _first_over(span.t, span.progress, leave_w, profile.leave_hold_s, span.end_s)
    t2 = _arrival(span, arrive_w, profile.arrive_hold_s)
    rate = _rate(span, profile, rating_w, t1, t2)
    response, accuracy = t1 - t0, _accuracy(span, profile, rating_w, t2)
    measured = {RATE: rate, ACCURACY: accuracy}
    k = tuple(index_of(term, measured.get(term.kind, response)) for term in profile.terms)
    counts, reason = _judgement(profile, span, t2, rate)
    bonus_w = profile.reversal_bonus_pct / 100 * rating_w if reversed_ else 0
    mileage = abs(span.target - span.p0) + bonus_w
    return Command(
        t0,
        t1,
        t2,
        span.end_s,
        float(span.p0),
        float(span.target),
        float(mileage),
        rate,
        response,
        accuracy,
        counts,
        reason,
        k,
        total_of(profile, k),
    )


def command_starts(setpoint_w, threshold_w):
    """Indices at which a command begins: the set-point left the target in force by more than that."""
    starts, target = [], setpoint_w[0]
    for i, value in enumerate(setpoint_w):
        if abs(value - target) > threshold_w:
            starts.append(i)
            target = value
    return starts


def commands(profile, times_s, setpoint_w, measured_w, rating_w):
    """Records of every command in a recording; the first sample's set-point is what stood before.

    P0 is the last power measured before the command.
    """
    t, s, p = (np.asarray(a, dtype=float) for a in (times_s, setpoint_w, measured_w))
    starts = command_starts(s, profile.new_command_pct / 100 * rating_w)
    records, last_sign = [], 0.0
    for i, end in zip(starts, starts[1:] + [len(t)]):
        end_s = float(t[end]) if end < len(t) else float(t[-1])
        span = _Span(t[i:end], p[i:end], p[i - 1], s[i], s[i:end], end_s)
        records.append(_record(profile, span, rating_w, last_sign * span.sign < 0))
        last_sign = span.sign
    return records


def mean_indices(profile, records):
    """Means of K1, K2, K3 and K, the number of commands, and of those that the region counts."""
    means = {
        "profile": profile.name,
        "title": profile.title,
        "title_zh": profile.title_zh,
        "kinds": [t.kind for t in profile.terms],
        "commands": len(records),
        "counted": sum(r.counts for r in records),
        "reasons": sorted({r.reason for r in records if not r.counts}),
        "k": None,
        "k_total": None,
    }
    if records:
        means["k"] = [float(np.mean([r.k[i] for r in records])) for i in range(3)]
        means["k_total"] = float(np.mean([r.k_total for r in records]))
    return means
