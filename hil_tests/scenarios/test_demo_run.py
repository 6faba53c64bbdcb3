"""`v2g demo`, the whole way through, as a new user sees it where there is no terminal; and interrupted."""

import json

import pytest

from hil_tests.scenarios.cli_process import CliProcess, run_cli

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SECONDS = 12


def test_the_demo_on_micropython_ends_with_every_figure(tmp_path):
    arguments = ["demo", "--seconds", SECONDS, "--json", "figures.json"]
    done = run_cli(arguments, tmp_path, timeout_s=500)
    assert done.returncode == 0, done.stdout + done.stderr
    for wanted in ("set-point +6.00 kW", "Tracking error", "ramp alone", "K1", "PJM score", "plot.png"):
        assert wanted in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["interpreter"] == "micropython" and figures["envelope_violations"] == 0
    assert figures["steps"]["scored"] + figures["steps"]["cut_by_envelope"] >= 1
    assert figures["agc"][0]["profile"] == "north_china" and figures["agc"][0]["k_total"] > 1
    assert figures["setpoint_to_converter_ms"]["count"] >= 1
    assert figures["act_con_ms"]["count"] == figures["master"]["sent"] == figures["master"]["confirmed"]
    assert figures["pjm"]["score"] > 0.9
    assert figures["tracking"]["mean_error_pct"] < 25 and figures["energy_wh"]["discharged"] > 1
    assert (tmp_path / figures["plot"]).stat().st_size > 20_000
    assert json.loads((tmp_path / figures["run_dir"] / "figures.json").read_text()) == figures


def test_ctrl_c_ends_the_demo_and_everything_it_started(tmp_path):
    arguments = ["demo", "--seconds", 60, "--interpreter", "cpython"]
    with CliProcess(arguments, tmp_path) as demo:
        demo.wait_line("   5 s")
        assert len(demo.children()) == 3
        assert demo.interrupt() == 130
    assert any(line.startswith("V513  ") for line in demo.err)
    assert not any("Traceback" in line for line in demo.err + demo.out)
    assert not demo.children()


def test_the_users_own_signal_is_played_and_a_refusal_is_counted(tmp_path):
    (tmp_path / "signal.csv").write_text("t_s,kW\n0,2\n3,50\n4,-1\n")
    with CliProcess(
        ["demo", "--seconds", 10, "--signal", "signal.csv", "--interpreter", "cpython"], tmp_path
    ) as demo:
        demo.wait_line("PJM score", timeout_s=200)
        demo.interrupt()
    folder = next(tmp_path.glob("runs/*"))
    events = [
        json.loads(line) for line in (folder / "master.log").read_text().splitlines() if line.startswith("{")
    ]
    assert [(e["event"], e["kw"]) for e in events if e["event"] in ("confirmed", "refused")] == [
        ("confirmed", 2.0),
        ("refused", 50.0),
        ("confirmed", -1.0),
    ]
