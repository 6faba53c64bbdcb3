"""Acrel DTSD1352 and ADL400, integer block: FC 03, high word first; + = import from the grid.

Source: a public source. Trap: everything is on the secondary side; PT (8D) and CT (8E) multiply voltage,
current, power and energy. 9600 8N1 as delivered, some sites 8E1.
"""

TITLE = "Acrel DTSD1352 / ADL400"
FUNCTION = 3
LOW_WORD_FIRST = False
MOST = 60
LINE = (9600, "N")
RATIO = (0x8D, 0, 1)
SECONDARY = True

POINTS = (
    (0x61, "u16", "voltage", -1, 3),
    (0x64, "u16", "current", -2, 3),
    (0x77, "u16", "frequency", -2, 1),
    (0x164, "s32", "power", 0, 3),
    (0x16A, "s32", "power", 0, 1),
    (0x16C, "s32", "reactive", 0, 3),
    (0x172, "s32", "reactive", 0, 1),
    (0x174, "s32", "apparent", 0, 3),
    (0x17A, "s32", "apparent", 0, 1),
    (0x17C, "s16", "power_factor", -3, 3),
    (0x17F, "s16", "power_factor", -3, 1),
    (0x00, "u32", "energy", 1, 1),
    (0x0A, "u32", "import", 1, 1),
    (0x14, "u32", "export", 1, 1),
)
