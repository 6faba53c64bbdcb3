"""The demo from start to end: plan, plant, firmware and master, live view, figures, PJM's score, plot,
summary.
"""

import json
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.catalogue import Failure
from tools.catalogue_host import ENVELOPE_BROKEN, MASTER_FAILED, OUTPUT_UNWRITABLE
from tools.child import Child
from tools.commands import known_board, run_dir
from tools.demo import evaluate, plan as plans, report
from tools.demo.live import View
from tools.demo.state import State
from tools.defaults import RATING_W, default_config, with_vehicles, with_whole_recipe
from tools.emulate import qemu
from tools.up import SIM, Site

SOC_BP = (8820, 6000, 4000, 7500)  # the first battery is nearly full: its upper limit shall be seen at work
REFRESH_S = 0.25
CONNECT_S = 20
FAREWELL_S = 20


def run_demo(seconds, interpreter, bays, signal_file, json_file, lang, board, on_can=""):
    """Everything; Failure says what went wrong. `on_can`: "infy" for vehicles and converter modules on CAN,
    "mixed" for the last bay alone.
    """
    console = Console()
    rating_kw = bays * RATING_W / 1000
    plan = plans.from_csv(signal_file, seconds) if signal_file else plans.synthetic(seconds, rating_kw)
    if json_file is not None:
        _check_writable(json_file)
    folder = run_dir()
    config = default_config(bays, 0, folder, [SOC_BP[i % len(SOC_BP)] for i in range(bays)])
    if on_can:
        config = with_vehicles(config, only=[bays - 1] if on_can == "mixed" else None,
                               guarded=on_can != "mixed")
    if board == SIM:
        config = with_whole_recipe(config)
    console.print("files of this run: %s" % folder, style="dim", highlight=False)
    known_board(board)
    runs_on = interpreter if board == SIM else "emulated %s" % board
    title = "V2G demo: %d bay%s, firmware on %s" % (bays, "s" if bays > 1 else "", runs_on)
    state = State()
    with Site(config, folder, interpreter, board=board) as site:
        console.print(site.ready_line(), style="dim", highlight=False, soft_wrap=True)
        with View(console, state, plan, rating_kw, title) as view:
            _play(site, plan, state, view, folder)
        if on_can:
            _farewell(site)
        config = site.config
    figures, run = _figures(config, folder, state, plan, runs_on, bays, board)
    if on_can:
        figures["can"] = _decode(console, folder, lang)
    else:
        figures["pjm"] = _pjm(console)
    figures["plot"] = str(_plot(run, figures, folder, title))
    report.print_summary(console, figures)
    report.write_json(figures, folder / "figures.json")
    if json_file is not None:
        report.write_json(figures, json_file)
    if figures["envelope_violations"]:
        raise Failure(ENVELOPE_BROKEN, json.dumps(figures["envelope_checks"]))


def _check_writable(path):
    if not os.access(Path(path).absolute().parent, os.W_OK):
        raise Failure(OUTPUT_UNWRITABLE, str(path))


def _play(site, plan, state, view, folder):
    """Let the master play its plan while the view is kept up to date."""
    plan_file = folder / "plan.json"
    plan_file.write_text(json.dumps(plan.setpoints), encoding="utf-8")
    host, port = site.iec104.rsplit(":", 1)
    tele = site.config["telecontrol"]
    argv = [sys.executable, "-m", "tools.master.c104_master", host, port, "--plan", str(plan_file.resolve())]
    argv += ["--common-address", str(tele["common_address"]), "--seconds", str(plan.seconds)]
    argv += ["--connect-timeout", str(CONNECT_S)]
    master = Child("master", argv, folder / "master.log", on_line=state.feed)
    try:
        while master.wait(REFRESH_S) is None:
            site.check()
            start_ns = state.start_ns or time.monotonic_ns()
            view.update((time.monotonic_ns() - start_ns) / 1e9, site.control.state())
    finally:
        status = master.stop()
    if status not in (0, 1) or not state.orders:
        raise Failure(MASTER_FAILED, "exit status %d" % status, master.last)


def _farewell(site):
    """The cars have had enough: the session's last messages, until every plug is free."""
    for i, bay in enumerate(site.config["plant"]["bays"]):
        if bay.get("converter") == "infy":
            site.control.inject("car_stops", bay=i)
    until_s = time.monotonic() + FAREWELL_S
    while any(bay.get("locked") for bay in site.control.state()["bays"]) and time.monotonic() < until_s:
        time.sleep(REFRESH_S)


def _figures(config, folder, state, plan, runs_on, bays, board):
    from firmware.config import validate

    config = validate(config)
    truth = evaluate.Truth(folder / "truth", bays)
    run = evaluate.Run(truth, state, config)
    figures = {"interpreter": runs_on, "bays": bays, "run_dir": str(folder)}
    figures.update(evaluate.evaluate(run, plan))
    if board != SIM:
        log = (folder / "firmware.log").read_text(encoding="utf-8", errors="replace")
        figures["emulator_late_s"] = qemu.late_s(log)
    if bays > 1:
        figures["reversals"] = evaluate.reversals_of(run, config)
    return figures, run


def _decode(console, folder, lang):
    """The CAN buses' log in words; {message: how often it came}."""
    from tools.can_decode import write_text

    counts = write_text(folder / "truth" / "can.log", folder / "can.txt", lang)
    console.print("every CAN message in words: %s" % (folder / "can.txt"), highlight=False, soft_wrap=True)
    return counts


def _pjm(console):
    """PJM's score of the same firmware in virtual time; a bar shows how far it is."""
    from hil_tests.rig.pjm import pjm_run
    from tools.score.pjm import pjm_score

    what = "PJM score: the same firmware through 65 min of virtual time"
    if not console.is_terminal:
        console.print(what + " ...", soft_wrap=True)
    columns = (TextColumn(what), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pjm", total=1.0)
        times_s, signal, response = pjm_run(lambda share: progress.update(task, completed=share))
    score = pjm_score(times_s, signal, response)
    return {name: getattr(score, name) for name in ("score", "accuracy", "delay", "precision")}


def _plot(run, figures, folder, title):
    from tools.plot import plot_run

    path = folder / "plot.png"
    plot_run(run, figures, path, title)
    return path
