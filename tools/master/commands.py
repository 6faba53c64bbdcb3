"""Commands of the console that ask, show and wait; orders stand in commands_orders.py."""

import operator
import sys
import time

from protocols.iec104 import const as c
from tools.catalogue import Failure
from tools.catalogue_host import MASTER_EXPECTED, MASTER_REFUSED, MASTER_UNANSWERED
from tools.master import screen, words
from tools.master.book import is_tally
from tools.master.console import COMMANDS, Quit, command
from tools.master.screen import points_table
from tools.master.watch import watch

_FREEZES = {"freeze": 0x40, "freeze-reset": 0x80, "reset": 0xC0}
_TALLY_GROUP = 4
_OPERATORS = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@command("help [COMMAND]", "all commands, or how to use one", "列出全部命令，或某一命令的用法")
def _help(console, found):
    if not found:
        console.screen.print(screen.help_table(COMMANDS.values(), console.lang))
        return
    if found[0] not in COMMANDS:
        raise words.wrong("%s; there is: %s" % (found[0], ", ".join(COMMANDS)))
    entry = COMMANDS[found[0]]
    for line in (entry.usage, "  " + entry.en, "  " + entry.zh):
        console.say(line)


@command("connect", "connect again, and STARTDT", "重新连接并启动传输")
def _connect(console, found):
    words.exactly(found)
    console.dial()
    console.say("started %s" % console.actions.line.peer)


@command("disconnect", "STOPDT, and end the connection", "停止传输并断开")
def _disconnect(console, found):
    words.exactly(found)
    console.actions.close()


@command("start", "STARTDT", "启动传输")
def _start(console, found):
    words.exactly(found)
    console.actions.start()


@command("stop", "STOPDT; the connection stays", "停止传输，保持连接")
def _stop(console, found):
    words.exactly(found)
    console.actions.stop()


@command("status", "the link: state, numbers, latency of orders", "链路状态、序号与命令时延")
def _status(console, found):
    words.exactly(found)
    for line in screen.status_lines(console.actions):
        console.say(line)


@command("gi [GROUP]", "general interrogation, or that of a group 1..16", "总召唤，或召唤第 1～16 组")
def _gi(console, found):
    group = words.whole(found[0], 1, 16, "a group") if found else 0
    number = console.actions.interrogate(c.QOI_STATION + group)
    console.say("%d objects; `points` shows them" % number)


@command(
    "counters [GROUP] [freeze|freeze-reset|reset]",
    "counter interrogation: all, or group 1..4; or freeze and reset them",
    "电能量召唤：全部或第 1～4 组；可冻结、复位",
)
def _counters(console, found):
    found, how = words.options(found, flags=_FREEZES)
    request = words.whole(found[0], 1, 4, "a group") if found else c.QCC_RQT_GENERAL
    qcc = request | sum(_FREEZES[name] for name in list(how)[:1])
    console.say("%d objects" % console.actions.interrogate_counters(qcc))


@command("clock", "set the station's clock to ours", "对时：以本机时间设置子站时钟")
def _clock(console, found):
    words.exactly(found)
    console.actions.set_clock()
    console.say("clock set")


@command("read POINT", "read one object (COT 5)", "读单个信息体")
def _read(console, found):
    entry = console.thing(words.exactly(found, "POINT")[0])
    shown = console.actions.read(entry.ioa)
    text = screen.value_text(entry, shown, console.lang)
    console.say("%s = %s %s (%s)" % (entry.name, text, entry.unit, screen.type_line(shown)))


@command("test", "test command C_TS_TA_1", "测试命令")
def _test(console, found):
    words.exactly(found)
    console.actions.test(int(time.time()) & 0xFFFF)
    console.say("confirmed")


@command(
    "reset process|events", "restart the station, or drop its waiting events", "复位进程，或清除待发事件"
)
def _reset(console, found):
    which = words.exactly(found, "process|events")[0]
    if which not in ("process", "events"):
        raise words.wrong("%s: process or events" % which)
    console.actions.reset(c.QRP_GENERAL if which == "process" else c.QRP_EVENTS)
    console.say("confirmed")


@command("points [POINT ...]", "table of all objects heard, or of these", "显示全部或指定点的数值表")
def _points(console, found):
    chosen = [console.thing(word) for word in found]
    table = points_table(console.actions, console.book, chosen, console.lang, console.screen.width)
    console.screen.print(table)


@command(
    "watch [POINT ...] [for SECONDS]",
    "the same table, live, until Ctrl-C or the time is over",
    "实时刷新数值表，Ctrl-C 或到时结束",
)
def _watch(console, found):
    found, options = words.options(found, valued=("for",))
    chosen = [console.thing(word) for word in found]
    limit_s = words.seconds(options["for"]) if "for" in options else None
    watch(console, chosen, limit_s)


@command("counts", "refusals by kind, ours and the station's; why links ended", "按类型统计的拒绝与断链原因")
def _counts(console, found):
    words.exactly(found)
    tally = station_tally(console)
    console.screen.print(screen.counts_table(console.actions, tally))
    for line in screen.counts_lines(console.actions, tally):
        console.say(line)


def station_tally(console):
    """{kind: count} that the station tells (counter group 4), None when it does not."""
    actions = console.actions
    if not actions.line.is_open:
        return None
    began = time.monotonic()
    try:
        actions.interrogate_counters(_TALLY_GROUP)
    except Failure as failure:
        if failure.code not in (MASTER_REFUSED, MASTER_UNANSWERED):
            raise
        return None
    with actions.line.changed:
        told = {
            console.book.at(key[1]).name.partition(".")[2]: shown.value
            for key, shown in actions.heard.values.items()
            if is_tally(shown.type_id, key[1]) and shown.heard_s >= began
        }
    return told or None


@command("log FILE|off", "log everything that passes to a CSV file", "将全部报文记录到 CSV 文件")
def _log(console, found):
    from pathlib import Path

    name = words.exactly(found, "FILE|off")[0]
    if name == "off":
        console.log.close()
    else:
        console.log.open(Path(name))
        console.say("log: %s" % name)


@command("wait SECONDS", "do nothing for a while; news are taken in", "等待若干秒，期间照常接收")
def _wait(console, found):
    time.sleep(words.seconds(words.exactly(found, "SECONDS")[0]))


@command(
    "expect POINT = VALUE [within SECONDS] [tol T]",
    "for scripts: fails unless the value is, or becomes, so (=, !=, <, <=, >, >=)",
    "脚本用：数值不符（或限时内未达到）即失败",
)
def _expect(console, found):
    found, options = words.options(found, valued=("within", "tol"))
    name, sign, wanted = words.exactly(found, "POINT", "=", "VALUE")
    entry = console.thing(name)
    if sign not in _OPERATORS:
        raise words.wrong("%s: one of %s" % (sign, " ".join(_OPERATORS)))
    holds = _condition(sign, wanted, words.number(options.get("tol", "1e-6")))
    key = (console.actions.machine.common_address, entry.ioa)
    values = console.actions.heard.values
    limit_s = words.seconds(options.get("within", "0"))
    if not console.actions.line.wait(lambda: key in values and holds(values[key].value), limit_s):
        shown = screen.value_text(entry, values[key]) if key in values else "not heard"
        raise Failure(MASTER_EXPECTED, "%s is %s, wanted %s %s" % (entry.name, shown, sign, wanted))


def _condition(sign, word, tolerance):
    target = {"on": 1.0, "off": 0.0}.get(word)
    target = words.number(word) if target is None else target
    if sign in ("=", "==", "!="):
        return lambda value: (abs(value - target) <= tolerance) == (sign != "!=")
    return lambda value: _OPERATORS[sign](value, target)


@command("say TEXT ...", "print it; for scripts", "打印文字，脚本用")
def _say(console, found):
    console.say(" ".join(found))
    sys.stdout.flush()


@command("quit", "STOPDT, disconnect, end", "停止传输、断开并退出")
def _quit(console, found):
    raise Quit
