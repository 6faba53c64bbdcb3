"""What a configuration means, in words: nothing that would have to be measured."""

from firmware import pointtable

KINDS = {"setpoint": "set-point", "agc_request": "AGC on/off", "by_value": "by value / free running"}


def telecontrol_lines(tele):
    """Lines about the section `telecontrol`: masters, link, time, orders."""
    return [*_masters(tele), *_link(tele), *_orders(tele)]


def _masters(tele):
    allow = ", ".join(tele["allow"]) or "any address"
    control = ", ".join(tele["control_from"]) or "the first that starts"
    yield "masters: %s; at most %d links; control: %s" % (allow, tele["max_links"], control)
    for i, group in enumerate(tele["groups"]):
        name = group["name"] or str(i + 1)
        yield "redundancy group %s: %s" % (name, ", ".join(group["masters"]))


def _link(tele):
    timers = tuple(tele[key] for key in ("k", "w", "t1_s", "t2_s", "t3_s", "event_slots"))
    yield "k %d, w %d, t1 %d s, t2 %d s, t3 %d s; %d events of each kind are kept" % timers
    minutes = tele["utc_offset_min"]
    sign = "-" if minutes < 0 else "+"
    base = "UTC" + ("%s%d:%02d" % (sign, abs(minutes) // 60, abs(minutes) % 60) if minutes else "")
    if tele["region"] != "none":
        yield "AGC indices as in %s" % tele["region"].replace("_", " ")
    summer = ", European summer time" if tele["summer_time"] == "europe" else ""
    yield "time tags in %s%s" % (base, summer)


def _orders(tele):
    for name, ioa, types, select in pointtable.orders(tele):
        how = "select before operate, within %d s" % tele["select_s"] if select else "direct"
        numbers = ", ".join(str(type_id) for type_id in types)
        yield "0x%04X %s: types %s, %s" % (ioa, KINDS.get(name, name.replace("_", " ")), numbers, how)
    if tele["curve_ioa"]:
        shape = (tele["curve_ioa"], tele["curve_points"], 1440 // tele["curve_points"])
        yield "0x%04X plan curve: %d points of %d min, executed by the schedule" % shape
    for row in tele["parameters"]:
        kind = row["kind"].replace("_", " ")
        yield "0x%04X parameter: %s of the point at 0x%04X" % (row["ioa"], kind, row["point"])
