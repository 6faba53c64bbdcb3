"""The console's tables: points, counts, help. Only what was heard; nothing is computed here."""

import time

from rich import box
from rich.table import Table
from rich.text import Text

from protocols.iec104 import const as c
from tools import catalogue
from tools.master.book import is_tally
from tools.master.heard import quality_text, type_name
from tools.master.labels import REFUSALS

_CODES = ("winner", "limit")  # points whose value is a code of the catalogue
_FRESH_S = 2.0
_WIDE = 100  # columns with room for labels beside the names
_TITLES = {
    "en": ("IOA", "object", "value", "quality", "time tag", "COT", "age s"),
    "zh": ("地址", "信息体", "数值", "品质", "时标", "原因", "时延 s"),
}
_STATES = {3: ("between", "off", "on", "faulty"), 31: ("between", "off", "on", "faulty")}
_SWITCHES = (c.M_SP_NA_1, c.M_SP_TB_1, 2)


def value_text(entry, shown, lang="en"):
    """A value as a technician reads it."""
    value = shown.value
    if entry.name in _CODES and value:
        return "V%03d %s" % (value, catalogue.name(int(value), lang))
    if shown.type_id in _SWITCHES:
        return "on" if value else "off"
    if shown.type_id in _STATES:
        return _STATES[shown.type_id][value]
    if isinstance(value, float):
        return "%.6g" % value
    return "" if value is None else str(value)


def points_table(actions, book, chosen=(), lang="en", width=80):
    """All objects heard, or the chosen ones (entries) whether heard or not; labels where there is room."""
    table = Table(header_style="bold", caption="%s  %s" % (_state(actions), book.sign), box=box.SIMPLE_HEAD)
    titles = _TITLES["zh" if lang == "zh" else "en"]
    for title in titles:
        table.add_column(
            title, no_wrap=title != titles[1], justify="right" if title in (titles[2], titles[6]) else "left"
        )
    own = actions.machine.common_address
    now = time.monotonic()
    with actions.line.changed:
        values = dict(actions.heard.values)
    wanted = {entry.ioa for entry in chosen}
    keys = [(own, ioa) for ioa in wanted]
    keys = keys or [key for key, shown in values.items() if not is_tally(shown.type_id, key[1])]
    for key in sorted(k for k in keys if k[1]):
        _line(table, book.at(key[1]), key, own, values.get(key), now, lang, lang == "zh" or width >= _WIDE)
    return table


def _line(table, entry, key, own, shown, now, lang, is_labelled):
    name = Text(entry.name, style="bold") + Text(" " + entry.label * is_labelled, style="dim")
    if key[0] != own:
        name += Text(" (CA %d)" % key[0], style="yellow")
    address = "0x%04X" % entry.ioa
    if shown is None:
        table.add_row(address, name, Text({"zh": "未收到"}.get(lang, "not heard"), style="dim"))
        return
    quality = quality_text(shown.type_id, shown.quality)
    age_s = now - shown.heard_s
    if entry.name in _CODES and shown.value:
        name += Text("\n" + catalogue.name(int(shown.value), lang), style="cyan")
    table.add_row(
        address,
        name,
        Text(_short_value(entry, shown), style="bold green" if age_s < _FRESH_S else ""),
        Text(quality, style="" if quality == "good" else "red"),
        shown.tag[11:] if len(shown.tag) > 20 else shown.tag,
        str(shown.cause),
        "%.1f" % age_s,
    )


def _short_value(entry, shown):
    """With its unit; a code as V and number, since its name stands below the object's."""
    if entry.name in _CODES:
        return "V%03d" % shown.value if shown.value else "-"
    return ("%s %s" % (value_text(entry, shown), entry.unit)).rstrip()


def _state(actions):
    states = {1: "stopped 已停止", 2: "starting", 4: "started 已启动", 8: "stopping"}
    if not actions.line.is_open:
        return "not connected 未连接"
    return "%s, %s" % (actions.line.peer, states[actions.machine.state])


def status_lines(actions):
    """The link in a few lines."""
    machine = actions.machine
    yield _state(actions)
    yield "V(S) %d, V(R) %d, %d of k = %d without acknowledgement" % (
        machine.vs, machine.vr, machine.unacked, actions.params.k)  # fmt: skip
    found = actions.heard.latency()
    if found:
        yield "ACT_CON of %d orders: median %.1f ms, p99 %.1f ms, worst %.1f ms" % found


def counts_table(actions, tally):
    """Our own counts; `tally`: {kind: count} of the station, or None when it tells none."""
    table = Table(header_style="bold", title="refusals by kind 拒绝统计", box=box.SIMPLE_HEAD)
    for title in ("kind", "meaning 含义"):
        table.add_column(title)
    table.add_column("we got 本端", justify="right", no_wrap=True)
    table.add_column("station 子站", justify="right", no_wrap=True)
    heard = actions.heard
    for kind, (english, chinese) in REFUSALS.items():
        ours, theirs = heard.refusals[kind], (tally or {}).get(kind)
        if ours or theirs:
            table.add_row(
                kind, "%s %s" % (english, chinese), str(ours or ""), "" if theirs is None else str(theirs)
            )
    ours = heard.refusals["negative confirmation"]
    if ours:
        table.add_row("negative confirmation", "refused with ACT_CON, P/N = 1 否定确认", str(ours), "")
    return table


def counts_lines(actions, tally):
    """What stands below that table."""
    heard = actions.heard
    if tally is None:
        yield "the station tells no counts (counter group 4) 子站不提供拒绝计数"
    yield "%d connections, %d objects, %d answers, %d ASDUs that could not be read" % (
        heard.counts["connections"], heard.counts["objects"], heard.counts["answers"],
        actions.machine.unreadable)  # fmt: skip
    for reason, number in heard.closings.items():
        yield "closed %d times: %s" % (number, reason)


def help_table(commands, lang):
    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("command 命令", no_wrap=True, style="bold")
    table.add_column("what it does 作用")
    for command in commands:
        texts = {"en": command.en, "zh": command.zh}
        table.add_row(command.name, texts.get(lang) or "%s\n%s" % (command.en, command.zh))
    return table


def type_line(shown):
    return "%s, COT %d" % (type_name(shown.type_id), shown.cause)
