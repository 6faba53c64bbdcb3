"""Orders about prices, and what is planned with them (firmware/guard/prices.py, planner.py)."""

from firmware import codes_order as c
from firmware.guard.prices import LEAST, MOST, SLOT_MS
from firmware.orderport.entries import BAY, BOOL, INT, INTS, Refused, checked
from firmware.orderport.query import code_and_text
from firmware.schema import MAX_BAYS

ASKED = (("bay", BAY, 1, MAX_BAYS, False),)
PRICES = (
    ("import", INTS, LEAST, MOST, True),  # 0.0001 currency/kWh, from interval `first` on
    ("export", INTS, LEAST, MOST, False),
    ("first", INT, 0, 95, False),
    ("interval_min", INT, 15, 60, False),  # 15 or 60
    ("tomorrow", BOOL, 0, 0, False),
    ("green", BOOL, 0, 0, False),
)
_MOST_ROWS = 24
_SLOT_MIN = SLOT_MS // 60000
_WORDS = ("rest", "charge", "discharge")


def prices(orders, order, now):
    """Taken at once; whether a restart brings them back stands in the answer."""
    entries = checked(order, PRICES)
    planner = _planner(orders)
    orders.clock.sample(now)
    if not orders.clock.valid:
        raise Refused(c.CLOCK_UNSET, "prices while the clock is set")
    minutes, first = entries.get("interval_min", 15), entries.get("first", 0)
    imports, exports = entries["import"], entries.get("export", [])
    if minutes not in (15, 60):
        raise Refused(c.BAD_ENTRY, "15 or 60", "interval_min", minutes)
    if first + len(imports) > 1440 // minutes:
        raise Refused(c.BAD_ENTRY, "at most %d intervals a day" % (1440 // minutes), "first", first)
    if exports and len(exports) != len(imports):
        raise Refused(c.BAD_ENTRY, "as many as import (%d)" % len(imports), "export", len(exports))
    each = minutes // _SLOT_MIN
    tomorrow, green = entries.get("tomorrow", False), entries.get("green", False)
    planner.prices.take(tomorrow, first * each, each, imports, exports, green, now)
    return None, ("prices", len(imports), now)


def _planner(orders):
    if orders.planner is None:
        raise Refused(c.NOT_OFFERED, "a stated battery, and an image that carries the price plan")
    return orders.planner


def taken(table, count, late):
    """The answer, None while the store is at it."""
    if table.due and not late:
        return None
    return {"ok": True, "taken": count, "kept": table.store is not None and not table.pending}


def planned(orders, order):
    """What the price plan has in mind for a bay: rows [minute of the day in the time base (1440 and more =
    tomorrow), minutes, what, mean import price].
    """
    bay = checked(order, ASKED).get("bay", 1)
    driver = orders.guarded()
    place = driver.place_of(bay)
    planner = _planner(orders)
    plan = planner.plans[place]
    imports = planner.prices.imports
    rows = []
    for k in range(len(plan.actions) if plan.actions is not None else 0):
        slot = plan.begins + k
        word = _WORDS[plan.actions[k]]
        if rows and rows[-1][2] == word:
            rows[-1][1] += 1
            rows[-1][3] += imports[slot]
        else:
            rows.append([slot * _SLOT_MIN, 1, word, imports[slot]])
    for row in rows:
        row[3] //= row[1]
        row[1] *= _SLOT_MIN
    return {
        "ok": True,
        "bay": driver.numbers[place],
        "plan_why": code_and_text(plan.why),
        "orders": planner.orders,
        "slots": rows[:_MOST_ROWS],
    }
