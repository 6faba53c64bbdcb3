"""The lines of a board file (board.json), for the configurations that use them, and for people."""

import json

from drivers.control_pilot import MOST_DA
from drivers.lines_modbus import HOLD_MS
from firmware.lines import NAMES
from tools.child import ROOT

PILE = "ac_pile"
LATE_S = HOLD_MS / 1000


def board_file(board):
    """What boards/NAME/board.json says."""
    return json.loads((ROOT / "boards" / board / "board.json").read_text(encoding="utf-8"))


def with_lines(config, board):
    """The raw configuration with the board's lines, where a bay needs them and it does not bring its own."""
    if not isinstance(config, dict) or config.get("lines") or not _has_pile(config):
        return config
    return dict(config, lines=board_file(board).get("lines", []))


def _has_pile(config):
    bays = config.get("bays")
    rows = [bay.get("converter") for bay in bays if isinstance(bay, dict)] if isinstance(bays, list) else []
    return any(isinstance(row, dict) and row.get("model") == PILE for row in rows)


def explain(board):
    """Lines and safety functions of a board, one text each."""
    about = board_file(board)
    yield "board %s (%s)" % (board, about["title"])
    rows = {row[0]: row for row in NAMES}
    for line in about.get("lines", []):
        _, kind, of_bay, _, text = rows[line["name"]]
        where = "bay %s" % (line.get("bay") or "1..") if of_bay else "station"
        level = ", active %s" % line["active"] if "active" in line else ""
        safe = ", safe %d" % line["safe"] if "safe" in line else ""
        pin = "pin %s%s%s" % (line["pin"], level, safe)
        yield "  line %s (%s, %s): %s; %s" % (line["name"], where, kind, pin, text)
    for name, row in about["safety"].items():
        words = "  safety %s: acts %s, firmware %s; %s"
        yield words % (name, row["acts"], row["firmware"], row["note"])


def pile_words(bay):
    """What an AC pile may do."""
    pilot = bay["pilot"]
    most_da = min(pilot["max_da"], MOST_DA[pilot["standard"]])
    least_w = pilot["phases"] * (pilot["nominal_dv"] * pilot["min_da"] // 100)
    words = "%s: AC pile, %g kW, %d x %g A at most; below %g A (%d W) it pauses; "
    words += "a remote I/O lets go %g s after us"
    amps = (pilot["phases"], most_da / 10, pilot["min_da"] / 10)
    return words % (bay["name"], bay["rating_w"] / 1000, *amps, least_w, LATE_S)
