"""Carlo Gavazzi EM330, EM340, ET340 and EM24-E1 (Ethernet): FC 04, integers, LOW word first; + = import.

Source: mbmd carlogavazzi-ex3x0.go and em24_e1.go. Trap: 32-bit values come low word first, so that a
driver for any other maker reads 15000 as 983040000. 9600 8N1 as delivered; the limit of registers in one
request is general knowledge.
"""

TITLE = "Carlo Gavazzi EM330 / EM340 / ET340 / EM24-E1"
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
    (0x2E, "s16", "power_factor", -3, 3),
    (0x31, "s16", "power_factor", -3, 1),
    (0x33, "s16", "frequency", -1, 1),
    (0x34, "s32", "import", 2, 1),
    (0x40, "s32", "import", 2, 3),
    (0x4E, "s32", "export", 2, 1),
)
