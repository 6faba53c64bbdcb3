"""What a person types as entries of an order, and answers as lines to read."""

import datetime
import json

from tools import catalogue
from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION

UNKNOWN = ("none", "unknown")
DAY_S = 86400

_HIDDEN = ("n", "ok", "must_text", "ms", "texts")


def seconds_until(text, option, now=None):
    """"07:30" (the next one, local time), "2:30h" or "45min" from now, as seconds."""
    now = now or datetime.datetime.now()
    try:
        if text.endswith("min"):
            return round(60 * float(text[:-3]))
        if text.endswith("h"):
            hours, _, minutes = text[:-1].partition(":")
            return round(3600 * float(hours) + 60 * float(minutes or 0))
        hour, minute = text.split(":")
        at = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    except ValueError:
        raise Failure(BAD_OPTION, "%s %s: 07:30, 2:30h or 45min" % (option, text)) from None
    return round((at - now).total_seconds()) % DAY_S


def bay_of(text):
    """A number or a name."""
    return int(text) if text.isdigit() else text


def percent(value):
    return None if value is None else round(100 * value)


def session(bay, mode, target, minimum, departure, arrival, consent):
    """The order of a driver; only what was typed."""
    if bay is None:
        raise Failure(BAD_OPTION, "--bay N or --bay NAME")
    entries = {"order": "session", "bay": bay_of(bay), "mode": mode, "consent": consent}
    entries.update(target_bp=percent(target), minimum_bp=percent(minimum))
    if departure in UNKNOWN:
        entries["depart_unknown"] = True
    elif departure:
        entries["depart_in_s"] = seconds_until(departure, "--departure")
    if arrival:
        entries["arrive_in_s"] = seconds_until(arrival, "--arrival")
    return {key: value for key, value in entries.items() if value is not None}


def slot(bay, target, departure, cancel):
    """The booking of a battery, or its end."""
    entries = {"order": "slot"}
    if bay is not None:
        entries["bay"] = bay_of(bay)
    if cancel:
        entries["cancel"] = True
    else:
        if departure is None or target is None:
            raise Failure(BAD_OPTION, "slot: --departure and --target, or --cancel with --bay")
        entries["in_s"] = seconds_until(departure, "--departure")
        entries["target_bp"] = percent(target)
    return entries


def plan(first, kilowatts):
    """Powers from interval `first` on; + = charging."""
    try:
        powers_w = [round(1000 * float(text)) for text in (kilowatts or "").split(",")]
    except ValueError:
        raise Failure(BAD_OPTION, "--kw 5,5,-10: kW an interval, + = charging") from None
    return {"order": "plan", "first": first, "power_w": powers_w}


def query(what, bay, identity):
    """What asks and changes nothing."""
    entries = {"order": what}
    if bay is not None:
        entries["bay"] = bay_of(bay)
    if identity is not None:
        entries["identity"] = identity
    return entries


def prices(imports, exports, first, interval, tomorrow, green):
    """Prices of a day in 0.0001 currency/kWh, or green figures as they are."""
    entries = {"order": "prices", "first": first, "interval_min": interval}
    entries["import"] = _listed_prices(imports, "--import 0.35,0.31", green)
    if exports:
        entries["export"] = _listed_prices(exports, "--export 0.30,0.28", green)
    if tomorrow:
        entries["tomorrow"] = True
    if green:
        entries["green"] = True
    return entries


def _listed_prices(text, right, green):
    try:
        return [round((1 if green else 10000) * float(one)) for one in (text or "").split(",")]
    except ValueError:
        raise Failure(BAD_OPTION, "%s: one for each interval" % right) from None


def refused(answer):
    """The Failure of a refusal."""
    what = "%s = %s; " % (answer["key"], json.dumps(answer.get("value"))) if "key" in answer else ""
    return Failure(answer.get("code", 0), "%sright: %s" % (what, answer.get("right", "-")))


def lines(answer, lang):
    """An answer for a person: a line an entry, units as people say them."""
    for key, value in answer.items():
        if key in _HIDDEN:
            continue
        if key == "day":
            yield "%-16s %s" % ("time (UTC)", _clock(value, answer["ms"]))
        elif key == "horizons_s":
            yield from _horizons(answer)
        elif key == "bays":
            yield from ("bay %-12s %s" % (row[0], _bay(row, "texts" in answer, lang)) for row in value)
        elif key not in ("charge_w", "discharge_w"):
            yield "%-16s %s" % _told(key, value, lang)


def _clock(day, ms):
    if day is None:
        return "not set"
    return str(datetime.datetime(2000, 1, 1) + datetime.timedelta(days=day, milliseconds=ms))[:19]


def _horizons(answer):
    """Power that can be held, a line for each time."""
    for seconds, charge_w, discharge_w in zip(
        answer["horizons_s"], answer["charge_w"], answer["discharge_w"], strict=True
    ):
        span = "%d min" % (seconds // 60) if seconds >= 60 else "%d s" % seconds
        both = (span, charge_w / 1000, discharge_w / 1000)
        yield "for %-12s charge %6.1f kW, discharge %6.1f kW" % both


def _bay(row, explained, lang):
    """A bay's row: of `explain` (bound, must, laxity, budget, plan) or of `status` (power, SOC, bound)."""
    if not explained:
        power = "-" if row[1] is None else "%.1f kW" % (row[1] / 1000)
        soc = "-" if row[2] is None else "%.2f %%" % (row[2] / 100)
        return "%9s %9s  %s" % (power, soc, _named(row[3], lang))
    text = "bound by %s" % _named(row[1], lang)
    if row[2] and row[2] != row[1]:
        text += ", must: %s" % _named(row[2], lang)
    if row[3] is not None:
        text += ", laxity %s" % _told("_s", row[3], lang)[1]
    if row[4] is not None:
        text += ", budget %.2f kWh" % (row[4] / 1000)
    return text + (", %s" % _named(row[5], lang) if len(row) > 5 and row[5] else "")


def _named(code, lang):
    return "V%03d %s" % (code, catalogue.name(code, lang)) if code else "-"


def _told(key, value, lang):
    if value is None:
        return _bare(key), "-"
    if key in ("must", "winner", "limit", "bound", "plan_why") or key.startswith("limit_"):
        code = value[0] if isinstance(value, list) else value
        return key, _named(code, lang)
    if key.endswith("_bp"):
        return _bare(key), "%.2f %%" % (value / 100)
    if key.endswith("_s") and isinstance(value, int):
        sign = "-" if value < 0 else ""
        return _bare(key), "%s%d:%02d h" % (sign, abs(value) // 3600, abs(value) // 60 % 60)
    if key.endswith("_w"):
        return _bare(key), " ".join("%.1f" % (w / 1000) for w in _listed(value)) + " kW"
    if key.endswith("_wh"):
        kwh = value[0] + value[1] / 1000 if isinstance(value, list) else value / 1000
        return _bare(key), "%.2f kWh" % kwh
    if key == "slots":
        return key, "".join("\n  " + _slot(*row) for row in value)
    return key, value if isinstance(value, str) else json.dumps(value)


def _slot(minute, minutes, what, price):
    """A row of the price plan; its hours are those of the station's time base."""
    until = minute + minutes
    hours = "%02d:%02d-%02d:%02d" % (minute // 60 % 24, minute % 60, until // 60 % 24, until % 60)
    return "%s %-9s at %.4f" % (hours, what, price / 10000)


def _bare(key):
    return key.rsplit("_", 1)[0]


def _listed(value):
    return value if isinstance(value, list) else [value]
