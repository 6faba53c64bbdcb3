"""The frozen code of the default Cortex-M3 image, estimated without building it: its sources as the build
prepares them, compiled to .mpy.

mpy-tool's frozen form was 3.3 to 3.5 % larger than these files wherever both were measured (125,038 and
130,562 B; names and tables become C), so the estimate is out by 250 B at most. The build itself refuses what
is over the budget; this says so without cross compiler and emulator.
"""

import subprocess

from tools.build import boards
from tools.build.closure import closure, path_of
from tools.build.inline import bring, inline
from tools.mpy import ROOT, compiler

BOARD = "mps2_an385"
FROZEN_PER_MILLE = 1034  # of the .mpy files
ERROR_BYTES = 250


def estimated(programs, folder):
    """Bytes of frozen code of these programs and all that they import."""
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in closure(programs)}
    texts = bring(texts, boards.load(BOARD)["image"]["brings"])
    source, made = folder / "m.py", folder / "m.mpy"
    total = 0
    for text in inline(texts, [path_of(name) for name in programs]).values():
        source.write_text(text, encoding="utf-8")
        argv = [str(compiler()), "-O3", "-march=armv7m", "-msmall-int-bits=31", "-s", "m", "-o", str(made)]
        subprocess.run([*argv, str(source)], check=True)
        total += made.stat().st_size
    return total * FROZEN_PER_MILLE // 1000


def test_the_default_image_keeps_to_its_budget(tmp_path):
    description = boards.load(BOARD)
    budget = description["budget"]["frozen_bytes"]
    found = estimated(description["image"]["programs"], tmp_path)
    assert found <= budget + ERROR_BYTES, "about %d B of frozen code, the budget is %d B" % (found, budget)


def test_more_code_is_seen(tmp_path):
    one = estimated(["firmware.schedule"], tmp_path)
    assert estimated(["firmware.schedule", "firmware.watch"], tmp_path) > one + 500
