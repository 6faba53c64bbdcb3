"""The summary at the end of a demo: one table on the terminal, every figure in a file."""

import json

from rich.table import Table

from tools.catalogue import Failure
from tools.catalogue_host import OUTPUT_UNWRITABLE

MAIN_PROFILE = "north_china"


def ms(spread):
    """Worst and median of a latency."""
    if not spread["count"]:
        return "none found"
    return "%.2f ms (median %.2f ms, %d set-points)" % (spread["worst"], spread["median"], spread["count"])


def number(k):
    """An index with as many digits as make sense."""
    return "%.3f" % k if k < 100 else "%.0f" % k


def indices(score):
    """K1 K2 K3 of a region with what each one judges."""
    if score["k"] is None:
        return "no step to score"
    parts = [
        "K%d %s (%s)" % (i + 1, number(k), kind)
        for i, (k, kind) in enumerate(zip(score["k"], score["kinds"]))
    ]
    return "%s  K = %.3f" % ("  ".join(parts), score["k_total"])


def ramp(figures):
    """The part of error and lag that is the plan's and the ramp's, and how far the power was from that."""
    alone, behind = figures["ramp_alone"], figures["behind_ramp"]
    return "mean %.2f %%, lag %.2f s; from that the power was %.2f %% and %.2f s away" % (
        alone["mean_error_pct"],
        alone["lag_s"],
        behind["mean_error_pct"],
        behind["lag_s"],
    )


def late(late_s):
    """What a host too slow for the emulator did to the figures."""
    if late_s <= 1:
        return "less than %g s" % late_s
    return "up to %g s: this machine was too slow, and is part of error, lag and latencies" % late_s


def reversals(turned):
    """How often a bay's converter changed direction, and how long it had no power meanwhile: its dead time,
    and the time that it stood at 0 W because the others carried all.
    """
    dead_s = turned["dead_s"]
    text = "%d (%s)" % (len(dead_s), turned["converter"])
    if dead_s:
        text += ", between them %.1f to %.1f s without power" % (min(dead_s), max(dead_s))
    return text


def rows(figures):
    """(what, figure) of the summary."""
    energy, steps = figures["energy_wh"], figures["steps"]
    main = next(s for s in figures["agc"] if s["profile"] == MAIN_PROFILE)
    yield from _tracking(figures)
    scored = "%d steps scored" % steps["scored"]
    if steps["cut_by_envelope"]:
        scored += ", %d more cut by the envelope: accepted, clipped, flagged" % steps["cut_by_envelope"]
    yield "AGC indices, %s %s" % (main["title"], main["title_zh"]), "%s\n%s" % (indices(main), scored)
    yield "Worst set-point to converter 遥调到变流器", ms(figures["setpoint_to_converter_ms"])
    yield "Worst ACT to ACT_CON 遥调确认", ms(figures["act_con_ms"])
    yield "Energy 电量", "%.1f Wh charged, %.1f Wh discharged" % (energy["charged"], energy["discharged"])
    yield (
        "Envelope violations 越限",
        "%d in %d samples of the plant's truth"
        % (
            figures["envelope_violations"],
            figures["envelope_samples"],
        ),
    )
    for turned in figures.get("reversals", ()):
        yield "Reversals 换向 %s" % turned["bay"], reversals(turned)
    if "can" in figures:
        yield "CAN messages 报文", ", ".join("%s %d" % pair for pair in sorted(figures["can"].items()))
    if "pjm" in figures:
        p = figures["pjm"]
        yield (
            "PJM score, 65 min of virtual time",
            "%.4f (correlation %.4f, delay %.4f, precision %.4f)"
            % (
                p["score"],
                p["accuracy"],
                p["delay"],
                p["precision"],
            ),
        )
    yield "Plot 曲线图", figures["plot"]


def _tracking(figures):
    t = figures["tracking"]
    yield "Signal 信号", "%g s: %s" % (figures["seconds"], figures["signal"])
    yield (
        "Tracking error 跟踪误差",
        "mean %.0f W = %.2f %% of the rating, ramps included; %.0f W after the lag is taken out"
        % (
            t["mean_error_w"],
            t["mean_error_pct"],
            t["lagged_error_w"],
        ),
    )
    yield "Lag, ramp included 滞后", "%.2f s" % t["lag_s"]
    yield "What the ramp alone would score 仅爬坡", ramp(figures)
    if figures.get("emulator_late_s"):
        yield "Emulator behind the clock 仿真滞后", late(figures["emulator_late_s"])


def print_summary(console, figures):
    """The table, and the other regions' totals in one line each."""
    table = Table(title="Summary 结果", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for what, figure in rows(figures):
        table.add_row(what, figure)
    console.print(table)
    _print_others(console, [s for s in figures["agc"] if s["profile"] != MAIN_PROFILE and s["k"] is not None])


def _print_others(console, scores):
    """What other regions' rules would say of the same steps."""
    if not scores:
        return
    title = "The same steps by other regions' rules 其他区域规则"
    table = Table(
        "region", "K1", "K2", "K3", "K", "not counted because", title=title, title_justify="left", style="dim"
    )
    for score in scores:
        parts = ["%s %s" % (number(k), kind) for k, kind in zip(score["k"], score["kinds"])]
        table.add_row(score["title"], *parts, number(score["k_total"]), ", ".join(score["reasons"]))
    console.print(table)


def write_json(figures, path):
    """Every figure; Failure when the file cannot be written."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2, ensure_ascii=False)
            file.write("\n")
    except OSError as error:
        raise Failure(OUTPUT_UNWRITABLE, "%s: %s" % (path, error.strerror)) from None
