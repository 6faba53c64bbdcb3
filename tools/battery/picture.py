"""A session as a picture for its driver: state of charge with the window and the must-run line, power with
what held it, wear beside that of charging only. In Chinese where that is asked for and this computer has a
font for it.
"""

import logging
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend must be chosen before)
import numpy as np  # noqa: E402
from matplotlib import font_manager  # noqa: E402

from firmware import codes  # noqa: E402
from tools import catalogue  # noqa: E402

INK, SOC, LINE, POWER, BAND, WINDOW = "#333333", "#00798c", "#d1495b", "#2e4057", "#dfecef", "#e6efd9"
# Colours of what held the power: the same code looks the same in every picture
FREE, CHARGE, DRIVER, CONVERTER = "#f2f2f2", "#d1495b", "#3f7d5c", "#9fb0c3"
BATTERY = ("#7a4f8a", "#a678b5", "#c9a6d3", "#5a3568")
OTHERS = ("#8a6d3b", "#c2a05f", "#5d6b7c", "#a0522d")
LABELLED = 0.16  # a stretch of so much of the width has room for its own label
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
         "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS")  # fmt: skip
FILES = ("notosanscjk", "sourcehansans", "wqy", "msyh", "simhei", "pingfang")  # how their names begin
LIFE_PPM = 200_000  # of the capacity, 20 %: a battery that has lost it counts as worn out


def chinese_font():
    """Name of a font with Chinese glyphs on this computer, or None."""
    return _known_font() or _new_font()


def _known_font():
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in known), None)


def _new_font():
    """matplotlib keeps its list of fonts for ever: one that came later has to be looked for."""
    for path in font_manager.findSystemFonts():
        if Path(path).name.lower().startswith(FILES):
            font_manager.fontManager.addfont(path)
    return _known_font()


def draw(bay, path, lang="en"):
    """One bay's session as PNG, in `en` or `zh`."""
    font = chinese_font() if lang == "zh" else None
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a missing weight is no news
    with plt.rc_context({"font.family": ["DejaVu Sans", font] if font else ["DejaVu Sans"]}):
        _draw(bay, path, "zh" if font else "en")


def speaker(lang):
    """say(en, zh): what to say in this language."""
    return lambda en, zh: zh if lang == "zh" else en


def _draw(bay, path, lang):
    say = speaker(lang)
    fig, axes = plt.subplots(
        4, 1, figsize=(11, 10.5), height_ratios=(2.8, 2.2, 0.6, 1.3), layout="constrained"
    )
    minutes = np.array(bay.t_s) / 60
    _soc(axes[0], bay, minutes, say)
    _power(axes[1], bay, minutes, say)
    _held(axes[2], bay, minutes, lang)
    _wear(axes[3], bay, say)
    for axis in axes[:3]:
        axis.set_xlim(0, max(minutes[-1], (bay.depart_s or 0) / 60) * 1.01)
    axes[2].set_xlabel(say("minutes since the recording began", "录波开始后的分钟数"))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#eeeeee", linewidth=0.8)
        axis.set_axisbelow(True)
    text = [line for part in (summary, wear_summary) for line in textwrap.wrap(part(bay, lang), 126)]
    fig.suptitle("\n".join(text), x=0.01, ha="left", color=INK, fontsize=11)
    fig.savefig(path, dpi=110)
    plt.close(fig)


def summary(bay, lang="en"):
    """The session in one sentence or two."""
    say = speaker(lang)
    at, first = moment(bay, lang), must_from(bay)
    text = say("%s: arrived with %.1f %%, ", "%s：到达时 %.1f %%，") % (bay.name, bay.soc[0] / 100)
    if first is not None:
        left = say("left the dispatcher at min %.0f (%s), ", "第 %.0f 分钟退出调度（%s），")
        text += left % (bay.t_s[first] / 60, catalogue.name(bay.must[first], lang))
    return text + say("had %.1f %% %s", "电量 %.1f %%（%s）") % (at[1] / 100, at[2])


def wear_summary(bay, lang="en"):
    """What discharging cost the battery, as a range over the models."""
    totals = wear_of(bay)
    extra = sorted(ran - only for _, ran, only in totals)
    text = speaker(lang)(
        "Discharging cost the battery %.2f to %.2f millionths of its capacity; a worn-out one has lost %s",
        "放电使电池多损耗百万分之 %.2f 至 %.2f 的容量；电池寿命终止时为百万分之 %s",
    )
    return text % (extra[0], extra[-1], format(LIFE_PPM, ","))


def wear_of(bay):
    """[(model, this session, charging only)] in millionths."""
    rows = {}
    for model, _, ran, only in bay.cost():
        before = rows.get(model, (0.0, 0.0))
        rows[model] = (before[0] + ran, before[1] + only)
    return [(model, *pair) for model, pair in rows.items()]


def must_from(bay):
    """Index of the sample from which the car had to charge, None if it never had."""
    return next((i for i, code in enumerate(bay.must) if code), None)


def moment(bay, lang="en"):
    """(index, SOC, words) at the departure, or at the end."""
    say = speaker(lang)
    if bay.depart_s is not None:
        for i, t in enumerate(bay.t_s):
            if t >= bay.depart_s:
                text = say("at departure (target %.0f %%)", "出发时，目标 %.0f %%")
                return i, bay.soc[i], text % (bay.target[i] / 100)
    text = say("at the end (%.0f %% are kept)", "结束时，保留 %.0f %%")
    return len(bay.soc) - 1, bay.soc[-1], text % (bay.floor[-1] / 100)


def _soc(axis, bay, minutes, say):
    low, high = np.array(bay.floor) / 100, np.array(bay.ceiling) / 100
    text = say("here the grid may use the battery", "电网可用区间")
    axis.fill_between(
        minutes, low, high, step="post", facecolor=WINDOW, edgecolor="#9ab87a", linewidth=0.8, label=text
    )
    axis.plot(minutes, np.array(bay.soc) / 100, color=SOC, linewidth=2, label=say("state of charge", "电量"))
    if bay.line:
        at, line, safe = (np.array(row) for row in (bay.line_s, bay.line, bay.safe_line))
        text = say("latest: below it full power comes too late", "最晚充电线")
        axis.plot(at / 60, line / 100, color=LINE, linewidth=1.5, linestyle="--", label=text)
        text = say("margin: charging begins here", "余量：由此开始充电")
        axis.fill_between(at / 60, line / 100, safe / 100, color=LINE, alpha=0.16, linewidth=0, label=text)
    values = bay.soc + bay.target
    axis.set_ylim(max(0, min(values) / 100 - 6), min(102, max(values) / 100 + 12))
    _events(axis, bay, say)
    axis.set_ylabel(say("state of charge, %", "电量 %"))
    axis.legend(loc="upper left", ncols=2, frameon=False, fontsize=9)


def _events(axis, bay, say):
    """What happened, at its place on the curve."""
    found = [(0, say("plugged in", "插枪"), 9)]
    first = must_from(bay)
    if first is not None:
        found.append((first, say("must charge", "必须充电"), -14))
        done = next((i for i in range(first, len(bay.must)) if not bay.must[i]), None)
        if done is not None and bay.soc[done] >= bay.target[done]:
            found.append((done, say("target reached", "达到目标"), 9))
    for i, text, up in found:
        at = (bay.t_s[i] / 60, bay.soc[i] / 100)
        axis.plot(*at, marker="o", color=SOC, markersize=5)
        place = {"xytext": (5, up), "textcoords": "offset points", "fontsize": 9, "color": INK}
        axis.annotate("%s, %.0f %%" % (text, at[1]), at, **place)
    if bay.depart_s is not None:
        at = bay.depart_s / 60
        axis.axvline(at, color=INK, linewidth=1)
        axis.plot([at], [bay.target[-1] / 100], marker="D", color=LINE, clip_on=False)
        text = say("departure", "出发") + "\n" + say("target", "目标") + " %.0f %% " % (bay.target[-1] / 100)
        axis.annotate(text, (at, 0.03), xycoords=("data", "axes fraction"), ha="right", fontsize=9)


def _power(axis, bay, minutes, say):
    low, high = np.array(bay.low_w) / 1000, np.array(bay.high_w) / 1000
    must = np.array(bay.must) > 0
    text = say("allowed", "允许范围")
    axis.fill_between(minutes, np.where(must, high, low), high, step="post", color=BAND, label=text)
    axis.plot(minutes, np.array(bay.power_w) / 1000, color=POWER, linewidth=1.4, label=say("power", "功率"))
    if must.any():
        text = say("must charge: the grid's orders wait", "必须充电，暂不响应电网")
        axis.fill_between(
            minutes, min(low.min(), 0), high.max(), where=must, color=LINE, alpha=0.12, label=text
        )
    axis.axhline(0, color=INK, linewidth=0.6)
    axis.set_ylim(min(low.min() / 0.72, -1), high.max() * 1.1 + 0.1)
    axis.set_ylabel(say("power, kW\ncharging above 0", "功率 kW\n正为充电"))
    axis.legend(loc="lower left", ncols=3, frameon=False, fontsize=9)


def colours(found):
    """{code: colour}; `found` in the order of their first appearance."""
    rows, battery, others = {}, 0, 0
    for code in found:
        if code == codes.LIMIT_NONE:
            rows[code] = FREE
        elif codes.MUST_DEPARTURE <= code <= codes.MUST_NOW:
            rows[code] = CHARGE
        elif code in (codes.LIMIT_SOC_KEPT, codes.LIMIT_NO_CONSENT):
            rows[code] = DRIVER
        elif code == codes.LIMIT_RATING:
            rows[code] = CONVERTER
        elif codes.LIMIT_BMS <= code <= codes.LIMIT_TEMPERATURE_SPREAD or code in _WINDOW:
            rows[code] = BATTERY[battery % len(BATTERY)]
            battery += 1
        else:
            rows[code] = OTHERS[others % len(OTHERS)]
            others += 1
    return rows


_WINDOW = (codes.LIMIT_SOC_MAX, codes.LIMIT_SOC_MIN)


def _held(axis, bay, minutes, lang):
    say = speaker(lang)
    shown, i = colours(dict.fromkeys(bay.limit)), 0
    width = max(minutes[-1], (bay.depart_s or 0) / 60) or 1
    while i < len(bay.limit):
        j = i
        while j < len(bay.limit) and bay.limit[j] == bay.limit[i]:
            j += 1
        code, stop = bay.limit[i], minutes[j] if j < len(minutes) else minutes[-1]
        axis.broken_barh([(minutes[i], stop - minutes[i])], (0, 1), color=shown[code])
        if stop - minutes[i] > LABELLED * width and code:
            axis.text(
                (minutes[i] + stop) / 2, 0.5, catalogue.name(code, lang), ha="center", va="center",
                fontsize=8, color=INK if shown[code] == CONVERTER else "white",
            )  # fmt: skip
        i = j
    for code, colour in shown.items():
        text = catalogue.name(code, lang) if code else say("nothing: the order is followed", "无，按指令运行")
        axis.broken_barh([(0, 0)], (0, 1), color=colour, label=text)
    axis.set_yticks([])
    axis.set_ylabel(say("what held\nthe power", "限制因素"), rotation=0, ha="right", va="center", fontsize=9)
    axis.legend(loc="upper left", bbox_to_anchor=(0, -0.6), ncols=4, frameon=False, fontsize=8)


def _wear(axis, bay, say):
    rows = {}
    for model, cause, ran, only in bay.cost():
        rows.setdefault(model, {})[cause] = (ran, only)
    places = np.arange(len(rows))[::-1]
    kinds = ((0, 0.2, POWER, "#7d8ca1", say("this session", "本次")),
             (1, -0.2, "#6fa3ad", "#b9d3d8", say("charging only", "仅充电")))  # fmt: skip
    for k, up, dark, pale, name in kinds:
        time = np.array([max(0, row["time"][k]) for row in rows.values()])
        use = np.array([max(0, row["use"][k]) for row in rows.values()])
        axis.barh(places + up, time, 0.36, color=pale, label=say("%s, by time", "%s（时间）") % name)
        axis.barh(places + up, use, 0.36, left=time, color=dark, label=say("%s, by use", "%s（使用）") % name)
        for place, total in zip(places, time + use, strict=True):
            axis.annotate(" %.2f" % total, (total, place + up), va="center", fontsize=8, color=INK)
    axis.set_yticks(places, [say("model %s", "模型 %s") % model for model in rows])
    text = say("wear, millionths of the capacity; two models, the truth is a range", "损耗，百万分之一容量")
    axis.set_xlabel(text)
    axis.margins(x=0.28)
    axis.legend(loc="center right", frameon=False, fontsize=8)
