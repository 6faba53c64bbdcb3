"""What a board's folder says about itself: boards/NAME/board.json."""

import json

from tools.build import BuildError
from tools.mpy import ROOT


def folder(name):
    return ROOT / "boards" / name


def buildable():
    """Names of the boards that have an image to build, sorted."""
    return sorted(p.parent.name for p in (ROOT / "boards").glob("*/board.json") if "image" in _read(p))


def load(name):
    """The board's own description; BuildError when there is no such board or no image to build for it."""
    path = folder(name) / "board.json"
    if not path.is_file() or "image" not in _read(path):
        raise BuildError("no image to build for board %r; there is: %s" % (name, ", ".join(buildable())))
    return _read(path)


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))
