"""The live table of `watch`; where the output is no terminal, a line for every change."""

import time

from rich.live import Live

from tools.master.heard import quality_text
from tools.master.screen import points_table, value_text

_REDRAW_S = 0.25


def watch(console, chosen, limit_s):
    """Until the time is over, Ctrl-C, or the link ends."""
    end = None if limit_s is None else time.monotonic() + limit_s
    try:
        if console.screen.is_terminal:
            _live(console, chosen, end)
        else:
            _lines(console, chosen, end)
    except KeyboardInterrupt:
        console.say("")


def _goes_on(console, end):
    return console.actions.line.is_open and (end is None or time.monotonic() < end)


def _live(console, chosen, end):
    def draw():
        return points_table(console.actions, console.book, chosen, console.lang, console.screen.width)

    with Live(draw(), console=console.screen, auto_refresh=False, vertical_overflow="crop") as live:
        while _goes_on(console, end):
            time.sleep(_REDRAW_S)
            live.update(draw(), refresh=True)


def _lines(console, chosen, end):
    seen = {}
    wanted = {entry.ioa for entry in chosen}
    while _goes_on(console, end):
        with console.actions.line.changed:
            values = dict(console.actions.heard.values)
        for key, shown in values.items():
            if key[1] and (not wanted or key[1] in wanted) and seen.get(key) != shown.news:
                seen[key] = shown.news
                entry = console.book.at(key[1])
                text = value_text(entry, shown, console.lang)
                quality = quality_text(shown.type_id, shown.quality)
                console.say("%s %s %s %s %s" % (entry.name, text, entry.unit, quality, shown.tag))
        time.sleep(_REDRAW_S)
