"""The picture of a run: power and set-point inside the envelope, the error, the state of charge, who wins and
what binds.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend must be chosen before)
import numpy as np  # noqa: E402

from tools import catalogue  # noqa: E402

HEIGHTS = (3.2, 1.1, 1.2, 0.9)
INK, ORDER, POWER, BAND = "#333333", "#d1495b", "#00798c", "#e3eef0"
LANES = ("#2e4057", "#3f7d5c", "#b23a48", "#7a4f8a", "#00798c", "#5d6b7c")
LEGEND = 4  # entries in a line of it


def plot_run(run, figures, path, title):
    """Four panels over one time axis, written as PNG."""
    fig, axes = plt.subplots(4, 1, sharex=True, figsize=(11, 9), height_ratios=HEIGHTS, layout="constrained")
    _power(axes[0], run)
    _error(axes[1], run, figures)
    _soc(axes[2], run)
    _codes(axes[3], run)
    axes[0].set_title(title, loc="left", color=INK, fontsize=12, pad=10)
    axes[3].set_xlabel("time since the master's first order, s")
    axes[3].set_xlim(0, run.t_s[-1])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#eeeeee", linewidth=0.8)
        axis.set_axisbelow(True)
    fig.align_ylabels(axes)
    fig.get_layout_engine().set(h_pad=0.08, w_pad=0.12)
    fig.savefig(path, dpi=110)
    plt.close(fig)


def _power(axis, run):
    kw = 1000
    axis.fill_between(
        run.t_s, run.low_w / kw, run.high_w / kw, step="post", color=BAND, label="envelope (reported on 104)"
    )
    axis.step(run.t_s, run.low_w / kw, where="post", color="#9dbcc2", linewidth=1)
    axis.step(run.t_s, run.high_w / kw, where="post", color="#9dbcc2", linewidth=1)
    axis.step(
        run.t_s,
        run.setpoint_w / kw,
        where="post",
        color=ORDER,
        linewidth=1.4,
        label="set-point from the dispatcher",
    )
    axis.plot(
        run.t_s,
        run.measured_w / kw,
        color=POWER,
        linewidth=1.8,
        label="power at the plant's meter, without site load",
    )
    axis.axhline(0, color=INK, linewidth=0.6)
    edge = run.rating_w / kw * 1.12
    axis.set_ylim(-edge, edge * 1.25)
    axis.set_ylabel("kW   (+ = into the grid)")
    axis.legend(loc="upper center", ncols=3, frameon=False, fontsize=9)


def _error(axis, run, figures):
    error = (run.measured_w - run.reachable_w) / 1000
    axis.plot(run.t_s, error, color=POWER, linewidth=1.2)
    axis.axhline(0, color=INK, linewidth=0.6)
    axis.set_ylabel("error, kW")
    t, ramp = figures["tracking"], figures["ramp_alone"]
    text = "mean %.2f %% of rating, lag %.2f s" % (t["mean_error_pct"], t["lag_s"])
    text += " (of which the ramp alone %.2f %%, %.2f s)" % (ramp["mean_error_pct"], ramp["lag_s"])
    axis.annotate(text, (0.995, 0.9), xycoords="axes fraction", ha="right", va="top", fontsize=9, color=INK)


def _soc(axis, run):
    for bay, soc in zip(run.config["bays"], run.truth.soc_bp):
        text = "%s: %.2f to %.2f %%" % (bay["name"], soc[0] / 100, soc[-1] / 100)
        axis.plot(run.truth_s, soc / 100, linewidth=1.8, label=text)
    battery = run.config["bays"][0]["battery"]
    low, high = battery["soc_min_bp"] / 100, battery["soc_max_bp"] / 100
    for edge, text, align in ((low, "window's lower end", "top"), (high, "window's upper end", "bottom")):
        axis.axhline(edge, color=ORDER, linewidth=1, linestyle="--")
        axis.annotate(
            text,
            (0.995, edge),
            xycoords=("axes fraction", "data"),
            ha="right",
            va=align,
            fontsize=8,
            color=ORDER,
            annotation_clip=True,
        )
    _frame_soc(axis, run, low, high)
    axis.set_ylabel("SOC, %")
    axis.legend(loc="upper left", ncols=LEGEND, frameon=False, fontsize=8)


def _frame_soc(axis, run, low, high):
    """Close to the data; the whole window only when the data fill it."""
    values = np.concatenate(run.truth.soc_bp) / 100
    bottom, top = values.min(), values.max()
    bottom = low if bottom - low < 10 else bottom
    top = high if high - top < 10 else top
    room = 0.2 * (top - bottom) + 0.3
    legend = -(-len(run.truth.soc_bp) // LEGEND)  # lines, which need room above
    axis.set_ylim(bottom - room, top + (0.6 + legend) * room)


def _codes(axis, run):
    """Two rows of coloured stretches with the names of what wins and what binds."""
    end = run.t_s[-1]
    colours = {}
    for row, name in ((1, "winner"), (0, "limit")):
        starts = run.codes(name)
        for i, (start, code) in enumerate(starts):
            stop = starts[i + 1][0] if i + 1 < len(starts) else end
            if stop <= start:
                continue
            colour = "#f2f2f2" if code == 0 else colours.setdefault(code, LANES[len(colours) % len(LANES)])
            axis.broken_barh([(start, stop - start)], (row - 0.38, 0.76), color=colour, edgecolor="white")
            if stop - start > end * 0.1:
                ink = INK if code == 0 else "white"
                axis.text(
                    (start + stop) / 2,
                    row,
                    catalogue.name(code),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=ink,
                )
    axis.set_yticks([1, 0], ["who wins", "what binds"])
    axis.set_ylim(-0.6, 1.6)
    axis.tick_params(axis="y", length=0)
