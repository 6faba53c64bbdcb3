"""DL/T 645-2007 meters of any maker: data identifiers of the quantities that a charger needs.

Source: PyPI dlt645 3.2.0 and a public DC pile (wogee/Carnation), which reads 00010000 at 2400 baud; the
list is in facts of the standard's annex A. Traps: the line is 2400 8E1 as delivered; values are on the
secondary side of transformers, whose ratios must be configured; a DC meter may answer only some of
these, each refusal costs its own signal. POINTS: (identifier, BCD bytes, signed, quantity, exponent,
phase), phase 0 = total.
"""

TITLE = "DL/T 645-2007"
LINE = (2400, "E")
SECONDARY = True

POINTS = (
    (0x02030000, 3, True, "power", -1, 0),
    (0x02010100, 2, False, "voltage", -1, 1),
    (0x02010200, 2, False, "voltage", -1, 2),
    (0x02010300, 2, False, "voltage", -1, 3),
    (0x02020100, 3, True, "current", -3, 1),
    (0x02020200, 3, True, "current", -3, 2),
    (0x02020300, 3, True, "current", -3, 3),
    (0x02030100, 3, True, "power", -1, 1),
    (0x02030200, 3, True, "power", -1, 2),
    (0x02030300, 3, True, "power", -1, 3),
    (0x02040000, 3, True, "reactive", -1, 0),
    (0x02050000, 3, True, "apparent", -1, 0),
    (0x02060000, 2, True, "power_factor", -3, 0),
    (0x02800002, 2, False, "frequency", -2, 0),
    (0x02800007, 2, True, "temperature", -1, 0),
    (0x00000000, 4, True, "energy", 1, 0),
    (0x00010000, 4, False, "import", 1, 0),
    (0x00020000, 4, False, "export", 1, 0),
)
