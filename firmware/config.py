"""Configuration: JSON in, checked dictionaries with every default filled in out (design §11).

Nothing is guessed: an unknown key, a missing one, a wrong type and a value out of range are errors, all
reported at once, each as (code, path, value, what would be right). With any error there is no
configuration, and so no power.
"""

import json

from firmware import codes, schema
from firmware.consistency import conflicts


class ConfigError(ValueError):
    """`errors` is a list of (code, path, value, what would be right)."""

    def __init__(self, errors):
        super().__init__("%d errors in the configuration" % len(errors))
        self.errors = errors


def load(path):
    """Read, check and complete the file; ConfigError names everything that is wrong."""
    return validate(read(path))


def read(path):
    """The decoded JSON object of a file, not checked yet."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise ConfigError([(codes.CONFIG_UNREADABLE, path, str(error), "a readable file")])
    except ValueError as error:
        raise ConfigError([(codes.CONFIG_NOT_JSON, path, str(error), "a text in UTF-8")])
    return _decoded(text)


def parse(text):
    """Check and complete a JSON text."""
    return validate(_decoded(text))


def _decoded(text):
    try:
        # MicroPython's decoder reads on over a missing end and stops before what follows
        if not (text.strip().startswith("{") and text.strip().endswith("}")):
            raise ValueError("the text does not begin with { and end with }")
        return json.loads(text)
    except (ValueError, TypeError) as error:  # TypeError: MicroPython takes any value for a key
        raise ConfigError([(codes.CONFIG_NOT_JSON, "", str(error), "one JSON object")])


def validate(raw):
    """Check and complete a decoded configuration."""
    errors = []
    config = section(raw, schema.CONFIG, "", errors)
    if not errors:
        conflicts(config, errors)
    if errors:
        raise ConfigError(errors)
    return config


def section(raw, table, path, errors):
    """The completed dictionary of one table of the schema; what is wrong is appended to `errors`."""
    if not isinstance(raw, dict) or not all([isinstance(key, str) for key in raw]):  # any order
        errors.append((codes.CONFIG_BAD_VALUE, path[:-1] or "the file", raw, "a JSON object {...}"))
        return {}
    known = [row[0] for row in table]
    for key in sorted(raw):
        if key not in known:
            errors.append((codes.CONFIG_UNKNOWN_KEY, path + key, raw[key], "one of: " + ", ".join(known)))
    result = {}
    for row in table:
        result[row[0]] = _entry(raw, row, path + row[0], errors)
    return result


def _entry(raw, row, path, errors):
    key, kind, default, lo, hi = row
    if key not in raw:
        if default is schema.REQUIRED:
            errors.append((codes.CONFIG_MISSING_KEY, path, None, _wanted(kind, lo, hi)))
            return [] if kind == schema.SECTIONS else {} if kind == schema.SECTION else 0
        value = default
    else:
        value = raw[key]
    if kind == schema.SECTION:
        return section(value, lo, path + ".", errors)
    if kind == schema.SECTIONS:
        return _sections(value, lo, path, errors)
    if kind == schema.ADDRESS:
        value = _address(value)
    if not _fits(value, kind, lo, hi):
        errors.append((codes.CONFIG_BAD_VALUE, path, value, _wanted(kind, lo, hi)))
    return value


def _sections(raw, table, path, errors):
    if not isinstance(raw, (list, tuple)):
        errors.append((codes.CONFIG_BAD_VALUE, path, raw, "a list of JSON objects [{...}, ...]"))
        return []
    return [section(raw[i], table, "%s[%d]." % (path, i), errors) for i in range(len(raw))]


def _address(value):
    """104 addresses may be written as 25089 or as "0x6201"."""
    if isinstance(value, str):
        try:
            return int(value, 16 if value.startswith("0x") else 10)
        except ValueError:
            return value
    return value


def _is_int(value):
    # bool is an int on CPython and none on MicroPython: refuse it on both
    return isinstance(value, int) and value is not True and value is not False


def _fits(value, kind, lo, hi):
    if kind in (schema.INT, schema.ADDRESS):
        return _is_int(value) and lo <= value <= hi
    if kind == schema.BOOL:
        return value is True or value is False
    if kind == schema.TEXT:
        return isinstance(value, str) and lo <= len(value) <= hi
    if kind == schema.CHOICE:
        return value in lo
    if kind == schema.TEXTS:
        return isinstance(value, (list, tuple)) and all([_fits(item, schema.TEXT, 1, hi) for item in value])
    if kind == schema.INTS:
        return isinstance(value, (list, tuple)) and all([_fits(item, schema.INT, lo, hi) for item in value])
    if kind == schema.ROWS:
        return isinstance(value, (list, tuple)) and all([_is_row(row, lo, hi) for row in value])
    return True


def _is_row(row, first, second):
    return (
        isinstance(row, (list, tuple))
        and len(row) == 2
        and _fits(row[0], schema.INT, first[0], first[1])
        and _fits(row[1], schema.INT, second[0], second[1])
    )


def _wanted(kind, lo, hi):
    if kind == schema.INT:
        return "a whole number from %d to %d" % (lo, hi)
    if kind == schema.ADDRESS:
        return 'an address from 1 to %d, as a number or as "0x..."' % hi
    if kind == schema.BOOL:
        return "true or false"
    if kind == schema.TEXT:
        return "a text of %d to %d characters" % (lo, hi)
    if kind == schema.CHOICE:
        return "one of: " + ", ".join(lo)
    if kind == schema.TEXTS:
        return "a list of texts"
    if kind == schema.INTS:
        return "a list of whole numbers from %d to %d" % (lo, hi)
    if kind == schema.ROWS:
        return "a list of [%d..%d, %d..%d]" % (lo[0], lo[1], hi[0], hi[1])
    return "a list of JSON objects [{...}, ...]" if kind == schema.SECTIONS else "a JSON object {...}"
