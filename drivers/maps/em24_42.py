"""Carlo Gavazzi EM24 whose import register is 42, as mbmd reads it; else as drivers/maps/em24.py, where
the dispute is told. Compare both with the meter's display and configure the one that agrees.
"""

from drivers.maps import em24

# Assigned, not imported: the image's builder drops an import that its own module does not use.
FUNCTION = em24.FUNCTION
LOW_WORD_FIRST = em24.LOW_WORD_FIRST
MOST = em24.MOST
LINE = em24.LINE
RATIO = em24.RATIO
SECONDARY = em24.SECONDARY
TITLE = "Carlo Gavazzi EM24 (import at 42)"
POINTS = tuple([(0x42,) + row[1:] if row[0] == em24.IMPORT else row for row in em24.POINTS])
