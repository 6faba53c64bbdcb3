"""Messages of limits per phase, apart from codes.py because few boards have them."""

from firmware import codes

PHASE_SILENT, PHASE_BACK = 212, 213
LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3 = 312, 313, 314
LIMITS = (LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3)

TEXTS = (
    (PHASE_SILENT, "no power of this phase from the meter"),
    (PHASE_BACK, "power of this phase again"),
    (LIMIT_PHASE_1, "breaker of phase L1"),
    (LIMIT_PHASE_2, "breaker of phase L2"),
    (LIMIT_PHASE_3, "breaker of phase L3"),
)

codes.TABLES.append(TEXTS)
