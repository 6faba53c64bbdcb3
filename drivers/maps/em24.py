"""Carlo Gavazzi EM24 on RS-485: FC 04, integers, LOW word first; + = import from the grid.

Source: mbmd carlogavazzi-em24.go. Traps: the import register is disputed, 3E (evcc PR 17173: kWh(+)
total, used here) or 42 (mbmd; drivers/maps/em24_42.py); export (5C) is refused with exception 02 by some
(evcc issue 31143), which costs its own signal only. EM24 with Ethernet (E1) has the map of
drivers/maps/em340.py. At most 11 registers in one request is general knowledge.
"""

TITLE = "Carlo Gavazzi EM24 (import at 3E)"
FUNCTION = 4
LOW_WORD_FIRST = True
MOST = 10
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

IMPORT = 0x3E

POINTS = (
    (0x00, "s32", "voltage", -1, 3),
    (0x0C, "s32", "current", -3, 3),
    (0x12, "s32", "power", -1, 3),
    (0x28, "s32", "power", -1, 1),
    (0x32, "s16", "power_factor", -3, 3),
    (0x35, "s16", "power_factor", -3, 1),
    (0x37, "s16", "frequency", -1, 1),
    (IMPORT, "s32", "import", 2, 1),
    (0x46, "s32", "import", 2, 3),
    (0x5C, "s32", "export", 2, 1),
)
