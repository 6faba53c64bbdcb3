"""Short texts of what only larger images carry: wear (V37x) and the order port (V48x, V49x). Whoever imports
this adds them to the codes that every image knows.
"""

from firmware import codes

WEAR_SESSION = 376

TEXTS = ((WEAR_SESSION, "session's wear"),)

codes.TABLES.append(TEXTS)
