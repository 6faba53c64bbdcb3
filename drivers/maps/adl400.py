"""Acrel ADL400, primary values: FC 03, float32 and u32, high word first; + = import from the grid.

Source: a public source. Traps: this block is on the primary side already (kW, kvar), so no ratio; 0818
is the power of phase C, 081A the total: one integrator took the wrong one. The integer block of the same
meter is drivers/maps/dtsd1352.py. That energy here is primary too is unverified. 9600 8N1 as delivered,
some sites 8E1.
"""

TITLE = "Acrel ADL400 (primary values)"
FUNCTION = 3
LOW_WORD_FIRST = False
MOST = 60
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

POINTS = (
    (0x0800, "f32", "voltage", 0, 3),
    (0x080C, "f32", "current", 0, 3),
    (0x0814, "f32", "power", 3, 3),
    (0x081A, "f32", "power", 3, 1),
    (0x0822, "f32", "reactive", 3, 1),
    (0x082A, "f32", "apparent", 3, 1),
    (0x0832, "f32", "power_factor", 0, 1),
    (0x0834, "f32", "frequency", 0, 1),
    (0x0842, "u32", "energy", 2, 1),
    (0x084C, "u32", "import", 2, 1),
    (0x0856, "u32", "export", 2, 1),
)
