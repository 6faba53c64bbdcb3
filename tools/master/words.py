"""Reads the words behind a command: objects, values, options. What cannot be is MASTER_COMMAND, and says what
would be right.
"""

import math

from protocols.iec104 import codec
from protocols.iec104 import const as c
from tools.catalogue import Failure
from tools.catalogue_host import MASTER_COMMAND
from tools.master.heard import TYPE_NAMES

_NUMBERS = {name: number for number, name in TYPE_NAMES.items()}
_SINGLE = {"off": 0, "open": 0, "0": 0, "on": 1, "close": 1, "1": 1}
_DOUBLE = {"off": 1, "open": 1, "on": 2, "close": 2}
_STEP = {"down": 1, "lower": 1, "up": 2, "higher": 2}
_STATES = {45: _SINGLE, 46: _DOUBLE, 47: _STEP}
_TWIN = 13  # from a command to its twin with a time tag


def wrong(text):
    """The Failure of a word that cannot be."""
    return Failure(MASTER_COMMAND, text)


def options(words, valued=(), flags=()):
    """(words without options, {option: word or True}); an option's value is the word behind it."""
    plain, found = [], {}
    left = list(words)
    while left:
        word = left.pop(0)
        if word in flags:
            found[word] = True
        elif word in valued:
            if not left:
                raise wrong("`%s` needs a value behind it" % word)
            found[word] = left.pop(0)
        else:
            plain.append(word)
    return plain, found


def exactly(words, *wanted):
    """The words, when there are as many as wanted."""
    if len(words) != len(wanted):
        raise wrong("wanted: %s" % (" ".join(wanted) or "nothing behind it"))
    return words


def number(word, what="a number"):
    try:
        return float(word)
    except ValueError:
        raise wrong("%s is not %s" % (word, what)) from None


def whole(word, low, high, what):
    try:
        value = int(word, 0)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise wrong("%s: %s lies in %d..%d" % (word, what, low, high))
    return value


def seconds(word):
    value = number(word, "a time in s")
    if not (math.isfinite(value) and value >= 0):
        raise wrong("%s is not a time in s" % word)
    return value


def thing(book, word):
    """The entry of a name or an address."""
    entry = book.find(word)
    if entry is None:
        near = [name for name in book.names() if word.lower() in name][:6]
        raise wrong(
            "%s is neither a name nor an address%s" % (word, "; near: " + ", ".join(near) if near else "")
        )
    return entry


def type_of(word):
    """A type identification by number or name."""
    type_id = _NUMBERS.get(word.upper()) or (int(word) if word.isdigit() else 0)
    if not codec.is_known(type_id):
        raise wrong("%s is no type: C_SE_NC_1 or 50, for instance" % word)
    return type_id


def order_type(entry, word, value, is_tagged):
    """The type of an order: what was asked for, what the point table says, or what suits the value."""
    if word:
        type_id = type_of(word)
        if not c.C_SC_NA_1 <= type_id <= c.C_BO_TA_1:
            raise wrong("%s is no command" % word)
    else:
        type_id = _preferred(entry, value)
    if is_tagged and type_id <= c.C_BO_NA_1:
        type_id += _TWIN
    return type_id


def _preferred(entry, value):
    if entry.types:
        return entry.types[0]
    if value in _STEP:
        return c.C_RC_NA_1
    return c.C_SC_NA_1 if value in ("on", "off", "open", "close") else c.C_SE_NC_1


def order_value(type_id, word):
    """The value of an order of this type: a state by name, or a number."""
    base = type_id - _TWIN if type_id >= c.C_SC_TA_1 else type_id
    if base in _STATES:
        states = _STATES[base]
        if word in states:
            return states[word]
        if word.isdigit() and int(word) <= (1 if base == c.C_SC_NA_1 else 3):
            return int(word)
        raise wrong("%s: one of %s" % (word, ", ".join(states)))
    if base == c.C_SE_NB_1:
        return whole(word, -32768, 32767, "a scaled value")
    if base == c.C_BO_NA_1:
        return whole(word, 0, 0xFFFFFFFF, "a bitstring")
    return number(word)


def qualifier(type_id, found):
    """QL or QU of an order, in its place in the octet."""
    if "ql" in found:
        return whole(found["ql"], 0, 127, "QL")
    return whole(found["qu"], 0, 31, "QU") << 2 if "qu" in found else 0
