"""Chint DTSU666: FC 03, float32, high word first; + = import from the grid.

Source: mbmd dtsu666.go and a public source. Traps: the floats are pre-scaled (2301.0 means 230.1 V) and
belong to the secondary side of the transformers, so CT (0006) and PT (0007) multiply them; energy alone
is in plain kWh. That CT and PT are plain integers, and that they multiply energy too, is unverified:
with a meter whose own display disagrees, configure pt_ratio and ct_ratio. Firmware branded for inverter
makers differs (general knowledge). 9600 8N1 as delivered.
"""

TITLE = "Chint DTSU666"
FUNCTION = 3
LOW_WORD_FIRST = False
MOST = 60
GAP = 8  # 1020..1027: import of the phases, net import
LINE = (9600, "N")
RATIO = (0x06, 1, 0)
SECONDARY = True

POINTS = (
    (0x2006, "f32", "voltage", -1, 3),
    (0x200C, "f32", "current", -3, 3),
    (0x2012, "f32", "power", -1, 1),
    (0x2014, "f32", "power", -1, 3),
    (0x201A, "f32", "reactive", -1, 1),
    (0x201C, "f32", "reactive", -1, 3),
    (0x202A, "f32", "power_factor", -3, 1),
    (0x202C, "f32", "power_factor", -3, 3),
    (0x2044, "f32", "frequency", -2, 1),
    (0x101E, "f32", "import", 3, 1),
    (0x1020, "f32", "import", 3, 3),
    (0x1028, "f32", "export", 3, 1),
    (0x102A, "f32", "export", 3, 3),
)
