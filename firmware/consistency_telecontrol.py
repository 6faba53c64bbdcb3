"""What single keys of the section `telecontrol` cannot show: numbers of the link that contradict each other,
addresses that are used twice, masters that could never connect or command, TLS that nobody could use.
"""

from firmware import codes, pointtable

_MEASURED = (9, 11, 13)
_ONCE = "an address that is used once"


def _add(errors, path, value, right):
    errors.append((codes.CONFIG_CONFLICT, "telecontrol." + path, value, right))


def conflicts(tele, errors):
    """Append every contradiction of a section whose keys are sound by themselves."""
    if tele["w"] > tele["k"]:
        _add(errors, "w", tele["w"], "at most k (%d)" % tele["k"])
    if tele["t2_s"] >= tele["t1_s"]:
        _add(errors, "t2_s", tele["t2_s"], "less than t1_s (%d)" % tele["t1_s"])
    _commands(tele, errors)
    _addresses(tele, errors)
    _masters(tele, errors)
    tls_conflicts(tele, errors)


def _commands(tele, errors):
    seen = []
    for i in range(len(tele["commands"])):
        row = tele["commands"][i]
        path = "commands[%d]." % i
        if row["order"] in seen:
            _add(errors, path + "order", row["order"], "an order that is named once")
        seen.append(row["order"])
        fit = pointtable.types_of(row["order"])
        for type_id in row["types"]:
            if type_id not in fit:
                _add(errors, path + "types", type_id, "some of: " + ", ".join([str(t) for t in fit]))


def _addresses(tele, errors):
    seen = []
    for name, ioa, _, _ in pointtable.orders(tele):
        if ioa in seen:
            _add(errors, _path_of(tele, name), ioa, _ONCE)
        seen.append(ioa)
    if tele["curve_ioa"]:
        curve = list(range(tele["curve_ioa"], tele["curve_ioa"] + tele["curve_points"]))
        if [ioa for ioa in curve if ioa in seen]:
            _add(errors, "curve_ioa", tele["curve_ioa"], "the first of %d free addresses" % len(curve))
        if 1440 % len(curve):
            _add(errors, "curve_points", len(curve), "a number that divides the day's 1440 minutes")
        seen += curve
    for i in range(len(tele["points"])):
        ioa = tele["points"][i]["ioa"]
        if ioa in seen:
            _add(errors, "points[%d].ioa" % i, ioa, _ONCE)
        seen.append(ioa)
    _parameters(tele, errors, seen)


def _parameters(tele, errors, seen):
    """`seen`: addresses that are taken."""
    points = pointtable.rows_of(tele)
    measured = [row[1] for row in points if row[2] in _MEASURED]
    taken = seen + [row[1] for row in points]
    pairs = []
    for i in range(len(tele["parameters"])):
        row = tele["parameters"][i]
        path = "parameters[%d]." % i
        if row["ioa"] in taken:
            _add(errors, path + "ioa", row["ioa"], _ONCE)
        if row["point"] not in measured:
            _add(errors, path + "point", row["point"], "the address of a measured value (type 9, 11 or 13)")
        if (row["point"], row["kind"]) in pairs:
            _add(errors, path + "kind", row["kind"], "one parameter of a kind for each point")
        taken.append(row["ioa"])
        pairs.append((row["point"], row["kind"]))


def _path_of(tele, name):
    """The key that gives an order its address."""
    for i in range(len(tele["commands"])):
        if tele["commands"][i]["order"] == name and tele["commands"][i]["ioa"]:
            return "commands[%d].ioa" % i
    if name in ("setpoint", "agc_request"):
        return name + "_ioa"
    return "setpoint_ioa" if tele["setpoint_ioa"] != 0x6201 else "commands"


def _masters(tele, errors):
    allow = tele["allow"]
    _addresses_of(tele, "allow", allow, errors)
    _addresses_of(tele, "control_from", tele["control_from"], errors)
    for peer in tele["control_from"]:
        if allow and peer not in allow:
            _add(errors, "control_from", peer, "an address that stands in allow too")
    seen = []
    for i in range(len(tele["groups"])):
        path = "groups[%d].masters" % i
        masters = tele["groups"][i]["masters"]
        _addresses_of(tele, path, masters, errors)
        if not masters:
            _add(errors, path, masters, "at least one address")
        for peer in masters:
            if peer in seen:
                _add(errors, path, peer, "an address that stands in one group only")
            if allow and peer not in allow:
                _add(errors, path, peer, "an address that stands in allow too")
            seen.append(peer)
    if len(seen) > tele["max_links"]:
        right = "at least %d, a link for each address in groups" % len(seen)
        _add(errors, "max_links", tele["max_links"], right)


def _addresses_of(tele, path, peers, errors):
    for peer in peers:
        if not _is_ipv4(peer):
            _add(errors, path, peer, "an IPv4 address such as 10.0.0.1")


def _is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all([part.isdigit() and int(part) < 256 for part in parts])


def tls_conflicts(tele, errors):
    """Of the section `tls`; the front on a host (tools/front) asks the same."""
    tls = tele["tls"]
    if not tls["enabled"]:
        if not tele["plain"]:
            _add(errors, "plain", False, "true, or telecontrol.tls.enabled true")
        return
    for key in ("identity", "ca"):
        if not tls[key]:
            _add(errors, "tls." + key, "", "a path without ending, as `v2g certs` wrote the files")
    if tele["plain"] and tls["port"] == tele["port"]:
        _add(errors, "tls.port", tls["port"], "another port than telecontrol.port")
    if not tls["clients"]:
        _add(errors, "tls.clients", [], "at least one client: nobody else gets in")
    for i in range(len(tls["clients"])):
        row = tls["clients"][i]
        pins = [_hex_digits(row[key]) for key in ("certificate_sha256", "key_sha256") if row[key]]
        if pins != [64]:
            path = "tls.clients[%d]" % i
            _add(errors, path, row["name"], "64 hexadecimal digits in certificate_sha256 or in key_sha256")


def _hex_digits(text):
    """How many there are, colons apart; -1 when there is something else."""
    text = text.replace(":", "").lower()
    for sign in text:
        if sign not in "0123456789abcdef":
            return -1
    return len(text)
