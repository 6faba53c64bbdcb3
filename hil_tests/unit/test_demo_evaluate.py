"""The demo's figures from hand-made logs: a violation is found, a latency is taken from the right write, a
cut step is not scored.
"""

import json

import numpy as np
import pytest

from firmware.config import validate
from tools.defaults import default_config
from tools.demo import evaluate
from tools.demo.plan import Plan
from tools.demo.state import State
from tools.plot import plot_run
from tools.plant.truthlog import WRITE_COLUMNS, truth_columns

SECOND = 10**9
START_NS = 50 * SECOND


def config():
    return validate(default_config(1))


def write_logs(folder, power_w, seconds=40, soc_bp=5000, load_w=2000):
    """truth.csv every 100 ms from 1 s before the start; `power_w(t)` in the plant's sign."""
    rows = [",".join(truth_columns(1))]
    for i in range(-10, seconds * 10):
        t_s = i / 10
        soc = soc_bp(t_s) if callable(soc_bp) else soc_bp
        bay_w = power_w(t_s)
        fields = (START_NS + i * SECOND // 10, i, 50000, load_w + bay_w, load_w, bay_w, bay_w, soc, "running")
        rows.append(",".join(str(v) for v in fields))
    (folder / "truth.csv").write_text("\n".join(rows) + "\n1,2,3")  # the last line broke off
    writes = [
        WRITE_COLUMNS,
        (START_NS, 0, 0, 0, 1, 2, 0.0),
        (START_NS + 5 * SECOND + 4_000_000, 5, 0, 1, 1, 2, -80.0),
    ]
    (folder / "writes.csv").write_text("\n".join(",".join(str(v) for v in row) for row in writes))


def state(orders, limits=None):
    s = State()
    s.feed("not JSON: a warning of a library")
    s.feed(json.dumps({"event": "connected", "mono_ns": START_NS}))
    s.feed(json.dumps({"event": "interrogated", "mono_ns": START_NS, "points": 3}))
    for ioa, value in limits or ((0x4010, 15.0), (0x4011, -15.0), (0x4026, 331), (0x4027, 0)):
        s.feed(json.dumps({"event": "point", "mono_ns": START_NS, "ioa": ioa, "value": value, "good": True}))
    for t_s, kw in orders:
        s.feed(json.dumps({"event": "sent", "mono_ns": int(START_NS + t_s * SECOND), "kw": kw}))
        s.feed(json.dumps({"event": "confirmed", "mono_ns": START_NS, "kw": kw, "latency_us": 500.0}))
    return s


def follow(t_s):
    """Ramp of 2 kW/s to 6 kW discharge from 5 s on."""
    return -float(np.clip((t_s - 5) * 2000, 0, 6000))


def run(tmp_path, power_w=follow, orders=((0, 0.0), (5, 6.0)), **logs):
    limits = logs.pop("limits", None)
    write_logs(tmp_path, power_w, **logs)
    return evaluate.Run(evaluate.Truth(tmp_path, 1), state(orders, limits), config())


PLAN = Plan([], 40, 40, "by hand")


def test_a_clean_run_has_its_figures(tmp_path):
    f = evaluate.evaluate(run(tmp_path), PLAN)
    assert f["envelope_violations"] == 0 and f["steps"]["scored"] == 1
    north = f["agc"][0]
    assert north["profile"] == "north_china" and north["counted"] == 1
    record = f["steps"]["records"][0]
    assert record["p0_w"] == 0 and record["target_w"] == 6000
    assert record["response_s"] == pytest.approx(0.075, abs=0.01)
    assert f["energy_wh"]["discharged"] == pytest.approx((6000 * 31.9 + 9000) / 3600, rel=0.02)
    assert f["act_con_ms"] == {"count": 2, "median": 0.5, "worst": 0.5}
    json.dumps(f)


def test_what_the_ramp_alone_would_score_is_told_beside(tmp_path):
    f = evaluate.evaluate(run(tmp_path, lambda t: max(-6000.0, min(0.0, -6000.0 * (t - 5.5)))), PLAN)
    assert f["ramp_alone"]["mean_error_w"] == pytest.approx(6000 * 0.5 / 40, rel=0.06)  # at 6 kW/s
    assert f["behind_ramp"]["lag_s"] == pytest.approx(0.5, abs=0.03)
    assert f["tracking"]["mean_error_w"] == pytest.approx(6000 * 1.0 / 40, rel=0.03)


def test_latency_is_from_the_order_to_the_first_changed_write(tmp_path):
    f = evaluate.evaluate(run(tmp_path), PLAN)
    assert f["setpoint_to_converter_ms"] == {"count": 1, "median": 4.0, "worst": 4.0}


def test_a_write_in_the_middle_of_a_ramp_is_nobodys_answer():
    writes = [
        (0, 0, 0.0),
        (100_000_000, 0, 10.0),
        (400_000_000, 0, 20.0),
        (2_000_000_000, 0, 20.0),
        (3_000_000_000, 0, 9.0),
    ]
    assert evaluate.write_latencies_ms([390_000_000], writes) == []
    assert evaluate.write_latencies_ms([2_990_000_000], writes) == [10.0]


def test_power_over_the_rating_is_a_violation(tmp_path):
    counts = evaluate.violations(run(tmp_path, lambda t: 15_100.0).truth, config())
    assert counts["bay1 rating"] == 410 and counts["site connection"] == 0


def test_charging_above_the_soc_window_is_a_violation_and_discharging_is_not(tmp_path):
    truth = run(tmp_path, lambda t: 1000.0 if t < 10 else -1000.0, soc_bp=9000).truth
    assert evaluate.violations(truth, config())["bay1 SOC window"] == 110


def test_the_taper_is_part_of_the_window(tmp_path):
    within = run(tmp_path, lambda t: 7500.0, soc_bp=8750).truth
    assert evaluate.violations(within, config())["bay1 SOC window"] == 0
    beyond = run(tmp_path, lambda t: 7600.0, soc_bp=8750).truth
    assert evaluate.violations(beyond, config())["bay1 SOC window"] == 410


def test_the_sites_connection_is_watched_with_its_load(tmp_path):
    truth = run(tmp_path, lambda t: 0.0, load_w=51_000).truth
    assert evaluate.violations(truth, config())["site connection"] == 410


def test_a_step_beyond_the_reported_limits_is_counted_but_not_scored(tmp_path):
    limits = ((0x4010, 4.0), (0x4011, -15.0), (0x4026, 331), (0x4027, 303))
    r = run(tmp_path, lambda t: max(-4000.0, follow(t)), limits=limits)
    f = evaluate.evaluate(r, PLAN)
    assert f["steps"] == {"scored": 0, "cut_by_envelope": 1, "records": []}
    assert f["tracking"]["mean_error_w"] < 300
    assert r.codes("limit") == [(0.0, 303)]


def test_a_refused_set_point_never_came_into_force():
    s = state([(0, 1.0)])
    s.feed(json.dumps({"event": "sent", "mono_ns": START_NS, "kw": 99.0}))
    s.feed(json.dumps({"event": "refused", "mono_ns": START_NS, "kw": 99.0}))
    assert s.orders == [(START_NS, 1.0)] and s.refused == [99.0] and s.answer == "refused"


def test_a_point_that_is_not_good_has_no_value():
    s = state([])
    assert s.value("upper_limit_w") == 15.0 and s.code("winner") == 331
    s.feed(json.dumps({"event": "point", "mono_ns": 1, "ioa": 0x4010, "value": 1.0, "good": False}))
    assert s.value("upper_limit_w") is None and s.value("soc_bp") is None


def test_the_plot_is_a_png_of_useful_size(tmp_path):
    r = run(tmp_path)
    path = tmp_path / "plot.png"
    plot_run(r, evaluate.evaluate(r, PLAN), path, "by hand")
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") > 1000 and int.from_bytes(head[20:24], "big") > 800
