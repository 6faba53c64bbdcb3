"""Carlo Gavazzi EM24 whose import register is 42, as mbmd reads it; else as drivers/maps/em24.py, where
the dispute is told. Compare both with the meter's display and configure the one that agrees.
"""

TITLE = "Carlo Gavazzi EM24 (import at 42)"
FUNCTION = 4
LOW_WORD_FIRST = True
MOST = 10
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

POINTS = (
    (0x00, "s32", "voltage", -1, 3),
    (0x0C, "s32", "current", -3, 3),
    (0x12, "s32", "power", -1, 3),
    (0x28, "s32", "power", -1, 1),
    (0x32, "s16", "power_factor", -3, 3),
    (0x35, "s16", "power_factor", -3, 1),
    (0x37, "s16", "frequency", -1, 1),
    (0x42, "s32", "import", 2, 1),
    (0x46, "s32", "import", 2, 3),
    (0x5C, "s32", "export", 2, 1),
)
