"""The guard's demonstration: a late car leaves AGC by itself in time; the recording replays; the report
says so.
"""

import os
import re

import pytest

from firmware import codes
from firmware.guard.usage import spans
from tools import battery_cli
from tools.battery import evening, picture, series


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("evening") / "record.v2gr"
    said = []
    reached_bp = evening.play(path, said.append, evening.SHORT)
    return path, said, reached_bp


def test_the_report_says_of_wear_what_the_device_says(run):
    device = [line for line in run[1] if "#V376" in line]
    found = series.collect(run[0])
    for bay, line in zip(found.bays, device, strict=True):
        ran, only, cost = (tuple(part / 1000 for part in span) for span in spans(bay.place.record.figures()))
        numbers = [float(n) for n in re.findall(r"-?[0-9]+[.][0-9]{2}", line)]
        assert numbers == pytest.approx([*ran, *only, *cost], abs=0.02), line


def test_the_promise_is_kept_and_told(run):
    _, said, reached_bp = run
    assert reached_bp >= evening.SHORT.target_bp
    text = "\n".join(said)
    assert "must charge: departure" in text and "target SOC reached" in text
    assert "converter fault" not in text


def test_the_recording_replays_and_explains_itself(run, tmp_path):
    found = series.collect(run[0])
    assert found.differing == 0, found.mismatches
    late, parked = found.bays
    assert codes.MUST_DEPARTURE in late.must
    assert not any(parked.must)
    left = late.must.index(codes.MUST_DEPARTURE)
    assert min(late.power_w[:left]) < -5000  # it served the dispatcher before
    assert late.depart_s is not None and abs(late.depart_s - evening.SHORT.departure * 60) < 60
    assert len(late.line) > 10 and late.line == sorted(late.line)
    for model, cause, ran, reference in late.cost():
        assert ran >= 0 and reference >= 0, (model, cause)
    picture.draw(late, tmp_path / "late.png")
    assert (tmp_path / "late.png").stat().st_size > 20000
    assert "must charge: departure" in picture.summary(late)
    assert "必须充电" in picture.summary(late, "zh")
    line, safe = late.line, late.safe_line
    assert all(low <= high <= late.target[0] for low, high in zip(line, safe, strict=True))
    begun = min(range(len(line)), key=lambda k: abs(late.line_s[k] - late.t_s[left]))
    assert abs(safe[begun] - late.soc[left]) < 40  # where the margin is used up, charging begins


def test_the_same_limit_looks_the_same_in_every_picture(run):
    shown = [picture.colours(dict.fromkeys(bay.limit)) for bay in series.collect(run[0]).bays]
    for code in shown[0].keys() & shown[1].keys():
        assert shown[0][code] == shown[1][code]
    every = picture.colours([code for code in range(301, 380)])
    assert every[codes.MUST_DEPARTURE] == every[codes.MUST_NOW] != every[codes.LIMIT_SOC_KEPT]


def test_wear_is_told_as_a_range(run):
    late, parked = series.collect(run[0]).bays
    for bay in (late, parked):
        text = picture.wear_summary(bay)
        low, high = [float(n) for n in re.findall(r"[0-9]+[.][0-9]{2}", text)]
        assert 0 <= low <= high < 20, text


def test_without_a_name_the_latest_recording_is_meant(tmp_path):
    for name, seconds in (("a", 2000), ("b", 3000), ("c", 1000)):
        path = tmp_path / name / "record.v2gr"
        path.parent.mkdir()
        path.touch()
        os.utime(path, (seconds, seconds))
    assert battery_cli.latest(tmp_path) == tmp_path / "b" / "record.v2gr"
