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
