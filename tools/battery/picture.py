"""A session as a picture for its driver: state of charge with the window and the must-run line, power
with the limit that bound it, wear by cause beside that of charging only.
"""

import textwrap

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend must be chosen before)
import numpy as np  # noqa: E402

from tools import catalogue  # noqa: E402

INK, SOC, LINE, POWER, BAND, WINDOW = "#333333", "#00798c", "#d1495b", "#2e4057", "#e3eef0", "#eef3e6"
LANES = ("#b23a48", "#2e4057", "#3f7d5c", "#7a4f8a", "#8a6d3b", "#5d6b7c", "#00798c", "#a0522d")


def draw(bay, path):
    """One bay's session as PNG."""
    fig, axes = plt.subplots(
        4, 1, figsize=(11, 10), height_ratios=(2.6, 2.2, 0.6, 1.5), layout="constrained"
    )
    minutes = np.array(bay.t_s) / 60
    _soc(axes[0], bay, minutes)
    _power(axes[1], bay, minutes)
    _limits(axes[2], bay, minutes)
    _wear(axes[3], bay)
    for axis in axes[:3]:
        axis.set_xlim(0, max(minutes[-1], (bay.depart_s or 0) / 60) * 1.01)
    axes[2].set_xlabel("minutes since the recording began")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#eeeeee", linewidth=0.8)
        axis.set_axisbelow(True)
    fig.suptitle("\n".join(textwrap.wrap(summary(bay), 88)), x=0.01, ha="left", color=INK, fontsize=12)
    fig.savefig(path, dpi=110)
    plt.close(fig)


def summary(bay):
    """The session in one sentence or two."""
    at, last = moment(bay), None
    for t, code in zip(bay.t_s, bay.must):
        if code and last is None:
            last = (t, code)
    text = "%s: arrived with %.1f %%, " % (bay.name, bay.soc[0] / 100)
    if last is not None:
        text += "left the dispatcher at min %.0f (%s), " % (last[0] / 60, catalogue.name(last[1]))
    return text + "had %.1f %% %s" % (at[1] / 100, at[2])


def moment(bay):
    """(index, SOC, words) at the departure, or at the end."""
    if bay.depart_s is not None:
        for i, t in enumerate(bay.t_s):
            if t >= bay.depart_s:
                return i, bay.soc[i], "at departure (target %.0f %%)" % (bay.target[i] / 100)
    return len(bay.soc) - 1, bay.soc[-1], "at the end"


def _soc(axis, bay, minutes):
    low, high = np.array(bay.floor) / 100, np.array(bay.ceiling) / 100
    axis.fill_between(minutes, low, high, step="post", color=WINDOW, label="window open to the grid")
    axis.plot(minutes, np.array(bay.soc) / 100, color=SOC, linewidth=2, label="state of charge")
    if bay.line:
        line = np.array(bay.line) / 100
        text = "must-run line: below it full power comes too late"
        axis.plot(np.array(bay.line_s) / 60, line, color=LINE, linewidth=1.5, linestyle="--", label=text)
    if bay.depart_s is not None:
        axis.axvline(bay.depart_s / 60, color=INK, linewidth=1)
        axis.annotate(
            "departure ", (bay.depart_s / 60, 0.03), xycoords=("data", "axes fraction"), ha="right"
        )
        axis.plot([bay.depart_s / 60], [bay.target[-1] / 100], marker="D", color=LINE, clip_on=False)
    values = bay.soc + bay.target
    axis.set_ylim(max(0, min(values) / 100 - 6), min(102, max(values) / 100 + 8))
    axis.set_ylabel("SOC, %")
    axis.legend(loc="upper left", frameon=False, fontsize=9)


def _power(axis, bay, minutes):
    low, high = np.array(bay.low_w) / 1000, np.array(bay.high_w) / 1000
    must = np.array(bay.must) > 0
    axis.fill_between(minutes, np.where(must, high, low), high, step="post", color=BAND, label="allowed")
    axis.plot(minutes, np.array(bay.power_w) / 1000, color=POWER, linewidth=1.4, label="power")
    axis.fill_between(
        minutes, min(low.min(), 0), high.max(), where=must, color=LINE, alpha=0.12, label="must charge"
    )
    axis.axhline(0, color=INK, linewidth=0.6)
    axis.set_ylim(min(low.min() / 0.75, -1), high.max() * 1.1 + 0.1)
    axis.set_ylabel("kW   (+ = charging)")
    axis.legend(loc="lower left", ncols=3, frameon=False, fontsize=9)


def _limits(axis, bay, minutes):
    colours, i = {}, 0
    while i < len(bay.limit):
        j = i
        while j < len(bay.limit) and bay.limit[j] == bay.limit[i]:
            j += 1
        code = bay.limit[i]
        stop = minutes[j] if j < len(minutes) else minutes[-1]
        colour = "#f2f2f2" if code == 0 else colours.setdefault(code, LANES[len(colours) % len(LANES)])
        axis.broken_barh([(minutes[i], stop - minutes[i])], (0, 1), color=colour)
        i = j
    for code, colour in colours.items():
        axis.broken_barh([(0, 0)], (0, 1), color=colour, label=catalogue.name(code))
    axis.set_yticks([])
    axis.set_ylabel("limit", rotation=0, ha="right", va="center")
    if colours:
        axis.legend(loc="upper left", bbox_to_anchor=(0, -0.55), ncols=4, frameon=False, fontsize=8)


def _wear(axis, bay):
    rows = bay.cost()
    places = np.arange(len(rows))[::-1]
    axis.barh(places + 0.2, [row[2] for row in rows], 0.36, color=POWER, label="this session")
    axis.barh(places - 0.2, [row[3] for row in rows], 0.36, color="#9dbcc2", label="charging only")
    axis.set_yticks(places, ["%s, by %s" % row[:2] for row in rows])
    axis.set_xlabel("wear, millionths of the capacity (two models: the truth is a range, not a figure)")
    axis.legend(loc="lower right", frameon=False, fontsize=9)
