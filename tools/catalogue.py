"""The one catalogue of messages: code -> English, Chinese, cause and next action.

Firmware and host tools share one number space; V0xx system, V1xx configuration, V2xx links and devices,
V3xx control and limits, V4xx telecontrol, V5xx host tools. The headline is always given in both
languages; cause and next action in the chosen one.
"""

import os
from typing import NamedTuple

from firmware import codes
from tools import (
    catalogue_device,
    catalogue_faults,
    catalogue_guard,
    catalogue_host,
    catalogue_order,
    catalogue_orders,
    catalogue_outlet,
    catalogue_phases,
    catalogue_tls,
)

LANGUAGES = ("en", "zh", "both")
LABELS = {"en": ("cause", "do"), "zh": ("原因", "处理")}


class Entry(NamedTuple):
    """One message; `cause` and `action` are (English, Chinese)."""

    code: int
    kind: str
    en: str
    zh: str
    cause: tuple
    action: tuple

    @property
    def label(self):
        return "V%03d" % self.code


ROWS = catalogue_device.ROWS + catalogue_guard.ROWS + catalogue_outlet.ROWS + catalogue_orders.ROWS
ROWS += catalogue_faults.ROWS + catalogue_tls.ROWS + catalogue_order.ROWS + catalogue_phases.ROWS


def _build():
    entries = [
        Entry(code, kind, codes.text(code), zh, cause, action)
        for code, kind, zh, cause, action in ROWS
    ]
    entries += [Entry(*row) for row in catalogue_host.ROWS]
    table = {e.code: e for e in entries}
    if len(table) != len(entries):
        raise ValueError("a code stands twice in the catalogue")
    return table


CATALOGUE = _build()


def entry(code):
    """The entry of a code; an entry that says so when there is none."""
    if code in CATALOGUE:
        return CATALOGUE[code]
    no_text = ("Firmware and tools are of different versions.", "固件与工具版本不一致。")
    action = ("Update both from the same source.", "从同一版本更新两者。")
    return Entry(code, "event", "unknown code", "未知代码", no_text, action)


def name(code, lang="en"):
    """Short name of a limit, winner or event in `en`, `zh` or `both`."""
    e = entry(code)
    return {"en": e.en, "zh": e.zh}.get(lang) or "%s %s" % (e.en, e.zh)


def default_language(environ=os.environ):
    """`zh` for a Chinese locale, else `en`."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def _headline(e, detail):
    both = "%s  %s | %s" % (e.label, e.en, e.zh)
    return "%s: %s" % (both, detail) if detail else both


def message(code, detail="", lang="en"):
    """Headline in both languages with the detail, then cause and next action in the chosen language."""
    e = entry(code)
    lines = [_headline(e, detail)]
    for i, one in enumerate(("en", "zh")):
        if lang in (one, "both"):
            lines.append("  %s: %s" % (LABELS[one][0], e.cause[i]))
            lines.append("  %s: %s" % (LABELS[one][1], e.action[i]))
    return "\n".join(lines)


class Failure(Exception):
    """What cannot be done: a code of the catalogue, a detail, and what another program said about it."""

    def __init__(self, code, detail="", lines=()):
        super().__init__("V%03d %s" % (code, detail))
        self.code = code
        self.detail = detail
        self.lines = tuple(lines)
