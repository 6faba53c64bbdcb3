"""Commands of the console that order: commands, set-points, parameters, a file of set-points."""

from pathlib import Path

from protocols.iec104 import const as c
from tools.catalogue import Failure
from tools.catalogue_host import MASTER_REFUSED
from tools.demo.plan import from_csv
from tools.master import words
from tools.master.actions import FIRST_TAGGED
from tools.master.console import command
from tools.master.heard import type_name
from tools.master.play import play

_HOW = ("direct", "sbo", "select", "execute", "cancel")
_FLAGS = _HOW + ("tagged", "test")
_KINDS = {"threshold": 1, "smoothing": 2, "low": 3, "high": 4}  # KPA of QPM
_PARAMETERS = {"normalised": c.P_ME_NA_1, "scaled": c.P_ME_NB_1, "short": c.P_ME_NC_1}


@command(
    "set POINT VALUE [as TYPE] [direct|sbo|select|execute|cancel] [tagged [age S]] [test] [ql N|qu N]",
    "an order: `set setpoint -5`, `set agc_request on`, `set 0x6201 3 as C_SE_NB_1`. sbo = select, then "
    "execute (by default where the point table says so); tagged = with our time; cancel = deactivation",
    "下发遥控/遥调：set setpoint -5、set agc_request on。sbo 为预置后执行（点表规定者默认）；tagged 带时标；"
    "cancel 为撤销",
)
def _set(console, found):
    found, options = words.options(found, ("as", "ql", "qu", "age"), _FLAGS)
    name, word = words.exactly(found, "POINT", "VALUE")
    entry = console.thing(name)
    type_id = words.order_type(entry, options.get("as"), word, "tagged" in options)
    value = words.order_value(type_id, word)
    how = _how(entry, options)
    answer, ms = console.actions.order(
        type_id,
        entry.ioa,
        value,
        words.qualifier(type_id, options),
        how,
        "test" in options,
        _tag(console, type_id, options),
    )
    done = {"select": "selected", "cancel": "cancelled"}.get(how, "confirmed")
    flags = " T=1" if answer.is_test else ""
    console.say("%s %s %s %s, %.1f ms%s" % (done, entry.name, word, type_name(type_id), ms, flags))


def _how(entry, options):
    chosen = [name for name in _HOW if name in options]
    if len(chosen) > 1:
        raise words.wrong("%s: only one of them" % " ".join(chosen))
    return chosen[0] if chosen else "sbo" if entry.select else "direct"


def _tag(console, type_id, options):
    if "age" not in options:
        return None
    if type_id < FIRST_TAGGED:
        raise words.wrong("`age` goes with `tagged`")
    return console.actions.moment(-words.number(options["age"]))


@command(
    "param POINT threshold|smoothing|low|high VALUE [as normalised|scaled|short]",
    "a parameter of a measurand (P_ME_NA_1, P_ME_NB_1, P_ME_NC_1)",
    "下装测量值参数（110～112）",
)
def _param(console, found):
    found, options = words.options(found, ("as",))
    name, kind, word = words.exactly(found, "POINT", "threshold|smoothing|low|high", "VALUE")
    form = options.get("as", "short")
    if kind not in _KINDS or form not in _PARAMETERS:
        raise words.wrong("%s as %s: %s; %s" % (kind, form, ", ".join(_KINDS), ", ".join(_PARAMETERS)))
    value = words.whole(word, -32768, 32767, "a scaled value") if form == "scaled" else words.number(word)
    entry = console.thing(name)
    console.actions.parameter(_PARAMETERS[form], entry.ioa, value, _KINDS[kind])
    console.say("confirmed %s %s %s" % (entry.name, kind, word))


@command(
    "activate POINT QPA [cancel]",
    "activation of parameters (P_AC_NA_1), QPA 1..3; cancel = deactivation",
    "参数激活（113），cancel 为停止激活",
)
def _activate(console, found):
    found, options = words.options(found, flags=("cancel",))
    name, word = words.exactly(found, "POINT", "QPA")
    cause = c.COT_DEACTIVATION if "cancel" in options else c.COT_ACTIVATION
    entry = console.thing(name)
    console.actions.parameter(c.P_AC_NA_1, entry.ioa, words.whole(word, 0, 255, "QPA"), 0, cause)
    console.say("confirmed %s" % entry.name)


@command(
    "play FILE [at POINT] [as TYPE] [tagged] [first SECONDS]",
    "play a CSV file (t_s,value as on the wire) of set-points; the last line tells what became of them",
    "按 CSV 文件（秒,数值）下发遥调序列，并给出统计",
)
def _play(console, found):
    found, options = words.options(found, ("at", "as", "first"), ("tagged",))
    path = Path(words.exactly(found, "FILE")[0])
    entry = console.thing(options.get("at", "setpoint"))
    plan = from_csv(path, words.seconds(options.get("first", "864000")))
    type_id = words.order_type(entry, options.get("as"), "0", "tagged" in options)
    how = "sbo" if entry.select else "direct"

    def order(value):
        value = round(value) if type_id in (c.C_SE_NB_1, c.C_SE_TB_1) else value
        return console.actions.order(type_id, entry.ioa, value, how=how)[1]

    def told(t_s, value, what):
        console.say("%9.2f s  %s %g %s: %s" % (t_s, entry.name, value, entry.unit, what))

    played = play(plan.setpoints, order, told)
    console.say(played.line())
    if played.counts["confirmed"] != played.counts["sent"]:
        raise Failure(MASTER_REFUSED, played.line())
