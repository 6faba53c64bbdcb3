"""Eastron SDM72 without the -V2: FC 04, float32, high word first; + = import from the grid.

Source: mbmd sdm72.go. Trap: it has these four values only, so no voltage and no frequency; a meter that
answers here and refuses 0x00 with exception 02 is this one. 9600 8N1 as delivered.
"""

TITLE = "Eastron SDM72"
FUNCTION = 4
LOW_WORD_FIRST = False
MOST = 80
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

POINTS = (
    (0x34, "f32", "power", 0, 1),
    (0x48, "f32", "import", 3, 1),
    (0x4A, "f32", "export", 3, 1),
    (0x156, "f32", "energy", 3, 1),
)
