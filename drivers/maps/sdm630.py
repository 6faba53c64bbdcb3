"""Eastron SDM630-V2 / SDM72D-M-V2 over RTU: FC 04, float32, high word first; + = import from the grid.

Source: mbmd sdm.go and sdm72v2.go, EVerest's Eastron description. Traps: plain SDM72 (not V2) has only
0x34, 0x48, 0x4A, 0x156, so no voltage; 9600 8N1 as delivered; at most 80 registers in one request
(general knowledge).
"""

FUNCTION = 4

# (first register, registers, read every n-th period)
BLOCKS = (
    (0x34, 2, 1),
    (0x00, 6, 5),
    (0x46, 6, 5),
)

# (block, register, signal, factor from the meter's unit to the image's unit, signed by the meter's sign
# option)
FIELDS = (
    (0, 0x34, "grid_power_w", 1, True),
    (1, 0x00, "grid_voltage_dv", 10, False),
    (2, 0x46, "frequency_mhz", 1000, False),
)

# (block, register, kWh signal, Wh signal)
ENERGIES = (
    (2, 0x48, "import_kwh", "import_wh"),
    (2, 0x4A, "export_kwh", "export_wh"),
)

TITLE = "Eastron SDM630-V2 / SDM72D-M-V2"
LOW_WORD_FIRST = False
MOST = 80
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

POINTS = (
    (0x00, "f32", "voltage", 0, 3),
    (0x06, "f32", "current", 0, 3),
    (0x0C, "f32", "power", 0, 3),
    (0x12, "f32", "apparent", 0, 3),
    (0x18, "f32", "reactive", 0, 3),
    (0x1E, "f32", "power_factor", 0, 3),
    (0x34, "f32", "power", 0, 1),
    (0x38, "f32", "apparent", 0, 1),
    (0x3C, "f32", "reactive", 0, 1),
    (0x3E, "f32", "power_factor", 0, 1),
    (0x46, "f32", "frequency", 0, 1),
    (0x48, "f32", "import", 3, 1),
    (0x4A, "f32", "export", 3, 1),
    (0x156, "f32", "energy", 3, 1),
    (0x15A, "f32", "import", 3, 3),
    (0x160, "f32", "export", 3, 3),
)
