"""What a configuration with a CAN bay, or a vehicle of its own protocol, must keep to.

Loaded by name: few stations have one.
"""

from firmware import codes

_LEAST_LEASE_MS = 10000


def check(config, errors):
    """Append every contradiction of the bays' vehicles and modules."""
    for i in range(len(config["bays"])):
        _bay(config["bays"][i], "bays[%d]." % i, config["buses"], errors)


def _add(errors, path, value, right):
    errors.append((codes.CONFIG_CONFLICT, path, value, right))


def _bay(bay, path, buses, errors):
    converter = bay["converter"]
    vehicle = bay["vehicle"]
    protocol = vehicle["protocol"]
    if protocol != "none":
        kind = "can" if protocol == "gbt27930" else "secc"
        names = [bus["name"] for bus in buses if bus["kind"] == kind]
        if vehicle["bus"] not in names:
            right = "one of: " + (", ".join(names) or "(none is configured)")
            _add(errors, path + "vehicle.bus", vehicle["bus"], right)
    if vehicle["gbt_version"] > 1 and not vehicle["negotiate"]:
        _add(errors, path + "vehicle.negotiate", False, "true for gbt_version 2, which is negotiated")
    if vehicle["discharge_variant"] == 1:
        _add(errors, path + "vehicle.discharge_variant", 1, "0, or 2 and more: 1 is charging alone")
    if vehicle["outlet"]:
        _outlet(vehicle["outlet"], path + "vehicle.outlet.", errors)
    if (protocol == "none") != (converter["model"] != "infy"):
        _add(errors, path + "vehicle.protocol", protocol, "a protocol for an infy converter, and only there")
    if converter["model"] == "infy" and converter["lease_ms"] < _LEAST_LEASE_MS:
        right = "at least %d: after that the modules switch off by themselves" % _LEAST_LEASE_MS
        _add(errors, path + "converter.lease_ms", converter["lease_ms"], right)


def _outlet(numbers, path, errors):
    """By name: only a station with outlets has their sequence."""
    known = __import__("firmware.outlet.sequence", None, None, ["DEFAULTS"]).DEFAULTS
    for key in numbers:
        value = numbers[key]
        if key not in known:
            _add(errors, path + key, value, "one of: " + ", ".join(sorted(known)))
        elif value is True or not isinstance(value, int) or not 0 <= value <= 1000000:
            _add(errors, path + key, value, "a whole number from 0 to 1000000, such as %d" % known[key])
