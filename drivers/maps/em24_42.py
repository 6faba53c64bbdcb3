"""Carlo Gavazzi EM24 whose import register is 42, as mbmd reads it; else as drivers/maps/em24.py, where
the dispute is told. Compare both with the meter's display and configure the one that agrees.
"""

from drivers.maps import em24
from drivers.maps.em24 import FUNCTION, LINE, LOW_WORD_FIRST, MOST, RATIO, SECONDARY  # noqa: F401 one table

TITLE = "Carlo Gavazzi EM24 (import at 42)"
POINTS = tuple([(0x42,) + row[1:] if row[0] == em24.IMPORT else row for row in em24.POINTS])
