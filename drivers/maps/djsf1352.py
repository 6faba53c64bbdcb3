"""Acrel DJSF1352-RN, DC meter: FC 03, float32 and u32, high word first; + = the meter's forward
direction.

Source: EVerest Acrel_DJSF1352_RN, EN+ meter_drv_djsf1352.h, a public source; addresses are decimal. The
floats (V, A, kW) are primary values. Trap: energy in Wh here. The RN-6 counts 0.1 Wh:
drivers/maps/djsf1352_rn6.py. Another trap: the integer registers 0..3 need their decimal exponents (DPT,
DCT), and the RN-6 lacks them; the floats exist on both. 9600 8N1 as delivered.
"""

TITLE = "Acrel DJSF1352-RN (DC)"
FUNCTION = 3
LOW_WORD_FIRST = False
MOST = 60
LINE = (9600, "N")
RATIO = ()
SECONDARY = False

POINTS = (
    (50, "f32", "voltage", 0, 1),
    (52, "f32", "current", 0, 1),
    (54, "f32", "power", 3, 1),
    (12, "u32", "import", 0, 1),
    (14, "u32", "export", 0, 1),
)
