"""The frozen code of the default Cortex-M3 image, foreseen without building it (tools/build/estimate.py),
within 2 B where it was compared; 100 B are allowed for. The build itself refuses what is over the budget;
this says so without cross compiler and emulator.
"""

from tools.build import boards
from tools.build.estimate import frozen_bytes

BOARD = "mps2_an385"
ERROR_BYTES = 100


def test_the_default_image_keeps_to_its_budget(tmp_path):
    description = boards.load(BOARD)
    budget = description["budget"]["frozen_bytes"]
    found = frozen_bytes(BOARD, description["image"]["programs"], tmp_path)
    assert found <= budget + ERROR_BYTES, "about %d B of frozen code, the budget is %d B" % (found, budget)


def test_more_code_is_seen(tmp_path):
    one = frozen_bytes(BOARD, ["firmware.schedule"], tmp_path)
    assert frozen_bytes(BOARD, ["firmware.schedule", "firmware.watch"], tmp_path) > one + 500
