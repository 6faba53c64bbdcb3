"""Acrel ADW300: FC 03, integers, high word first; + = import from the grid.

Source: evcc acrel-adw300.yaml (addresses there are decimal, as here). Traps: no frequency register is
known from open sources; whether the values are primary is unverified, so with transformers configure
pt_ratio and ct_ratio after a look at the meter's display. 9600 8N1 as delivered, some sites 8E1.
"""

TITLE = "Acrel ADW300"
FUNCTION = 3
LOW_WORD_FIRST = False
MOST = 60
LINE = (9600, "N")
RATIO = ()
SECONDARY = True

POINTS = (
    (20, "u16", "voltage", -1, 3),
    (26, "u16", "current", -2, 3),
    (30, "s32", "power", 0, 3),
    (36, "s32", "power", 0, 1),
    (62, "s32", "import", 1, 1),
    (64, "s32", "export", 1, 1),
)
