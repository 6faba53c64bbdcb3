"""Entries of an order, checked: nothing is guessed, and what is refused says what would be right."""

from firmware import codes_order as c

INT, BOOL, TEXT, CHOICE, INTS, OBJECT, BAY = 0, 1, 2, 3, 4, 5, 6
_ALWAYS = ("n", "order", "id")  # `id` is the sender's own, for his log


class Refused(Exception):
    """`entries` of the answer."""

    def __init__(self, code, right, key=None, value=None):
        super().__init__(code)
        self.entries = refusal(code, right)
        if key is not None:
            self.entries["key"] = key
            self.entries["value"] = short(value)


def refusal(code, right):
    """Entries of a refusal: its code, the code's short text, what would be right."""
    return {"ok": False, "code": code, "text": c.text(code), "right": right}


def short(value):
    """A value that may be shown again without filling the line."""
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)[:40]


def checked(order, table):
    """{key: value} of an order that fits `table`: rows (key, kind, lo or choices, hi, is required)."""
    known = [row[0] for row in table]
    for key in sorted(order):
        if key not in known and key not in _ALWAYS:
            raise Refused(c.NO_SUCH_KEY, "one of: " + ", ".join(known), key, order[key])
    found = {}
    for key, kind, lo, hi, is_required in table:
        if key in order:
            if not fits(order[key], kind, lo, hi):
                raise Refused(c.BAD_ENTRY, wanted(kind, lo, hi), key, order[key])
            found[key] = order[key]
        elif is_required:
            raise Refused(c.BAD_ENTRY, wanted(kind, lo, hi), key, None)
    return found


def is_int(value, lo, hi):
    # bool is an int on CPython and none on MicroPython
    return isinstance(value, int) and value is not True and value is not False and lo <= value <= hi


def fits(value, kind, lo, hi):
    if kind == INT:
        return is_int(value, lo, hi)
    if kind == BOOL:
        return value is True or value is False
    if kind == TEXT:
        return isinstance(value, str) and lo <= len(value) <= hi
    if kind == CHOICE:
        return isinstance(value, str) and value in lo
    if kind == INTS:
        return isinstance(value, list) and bool(value) and all([is_int(one, lo, hi) for one in value])
    if kind == OBJECT:
        return isinstance(value, dict)
    return is_int(value, lo, hi) or isinstance(value, str) and len(value) <= 32  # BAY: number or name


def wanted(kind, lo, hi):
    if kind == INT:
        return "a whole number from %d to %d" % (lo, hi)
    if kind == BOOL:
        return "true or false"
    if kind == TEXT:
        return "a text of %d to %d characters" % (lo, hi)
    if kind == CHOICE:
        return "one of: " + ", ".join(lo)
    if kind == INTS:
        return "a list of whole numbers from %d to %d" % (lo, hi)
    if kind == OBJECT:
        return "a JSON object"
    return "a bay's number, 1 to %d, or its name" % hi
