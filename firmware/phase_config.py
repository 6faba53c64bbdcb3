"""Configuration of limits per phase: `site.phases`, three rows for L1, L2, L3, and which phases each bay
lies on.

A breaker trips on current, the step reckons in W: a row's limit is breaker_da at voltage_dv, which stands
for the lowest voltage (the default is 230 V less 10 %). At full voltage what lies between is the room
for the reactive current that no active power shows: 10 % is enough down to a power factor of 0.9.

`phases` of a bay names the site's phase behind each of its terminals, L1 first: [2] for one on L2, and
[2, 3, 1] for a rotated three-phase one. A bay loads all its phases equally; only of a pile that measures its
lines is known which of them its vehicle uses (firmware/phases.py).

Loaded by name where a configuration has site.phases; without it, a bay's phases limit nothing.
"""

from firmware import codes, schema
from firmware.config import section
from firmware.units import MAX_POWER_W

PHASE = (
    ("breaker_da", schema.INT, schema.REQUIRED, 10, 20000),
    ("voltage_dv", schema.INT, 2070, 1000, 2900),  # phase to neutral, the lowest
    ("export_max_w", schema.INT, -1, -1, MAX_POWER_W),  # -1 = as much as the breaker carries
    # of the site's own load on this phase, as in site; not stated, it may be anything
    ("load_min_w", schema.INT, -MAX_POWER_W, -MAX_POWER_W, MAX_POWER_W),
    ("load_max_w", schema.INT, MAX_POWER_W, -MAX_POWER_W, MAX_POWER_W),
    ("load_w_per_s", schema.INT, 500, 0, 1000000),
)
WITHOUT = ("sdm72", "djsf1352", "djsf1352_rn6")  # meters that tell only a total


def check(config, errors):
    """Complete site.phases and append what is wrong."""
    site = config["site"]
    rows = site["phases"]
    if not isinstance(rows, (list, tuple)) or len(rows) != 3:
        right = "three objects, of L1, L2 and L3"
        errors.append((codes.CONFIG_BAD_VALUE, "site.phases", rows, right))
        site["phases"] = ()
        return
    site["phases"] = [section(rows[i], PHASE, "site.phases[%d]." % i, errors) for i in range(len(rows))]
    if errors:
        return
    for i in range(len(rows)):
        row = site["phases"][i]
        if row["load_min_w"] > row["load_max_w"]:
            _add(errors, "site.phases[%d].load_min_w" % i, row["load_min_w"], "at most load_max_w")
    for i in range(len(config["bays"])):
        _bay(config["bays"][i], "bays[%d]." % i, errors)
    _meter(config, errors)


def _add(errors, path, value, right):
    errors.append((codes.CONFIG_CONFLICT, path, value, right))


def _bay(bay, path, errors):
    phases = bay["phases"]
    if not 1 <= len(phases) <= 3 or any([list(phases).count(phase) > 1 for phase in phases]):
        right = "the site's phases behind its terminals, such as [2] or [2, 3, 1]"
        _add(errors, path + "phases", phases, right)
    elif bay["converter"]["model"] == "quasar" and len(phases) > 1:
        _add(errors, path + "phases", phases, "one phase, as a Quasar has")
    elif bay["converter"]["model"] == "ac_pile" and len(phases) != bay["pilot"].get("phases"):
        _add(errors, path + "phases", phases, "as many phases as pilot.phases")


def _meter(config, errors):
    for i in range(len(config["meters"])):
        meter = config["meters"][i]
        if meter["name"] == config["site"]["meter"] and meter["model"] in WITHOUT:
            right = "a model that tells the power of each phase, which site.phases needs"
            _add(errors, "meters[%d].model" % i, meter["model"], right)

