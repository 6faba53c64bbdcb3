"""Short texts of what only larger images carry: wear (V376), the price plan (V377 to V382) and the order port
(V479 to V499). Whoever imports this adds them to the codes that every image knows.
"""

from firmware import codes

WEAR_SESSION = 376
PLAN_NONE, PLAN_MUST, PLAN_CHARGES, PLAN_SELLS, PLAN_RESTS, PLAN_WAITS = 377, 378, 379, 380, 381, 382
LINE_TOO_LONG, LINE_UNSIGNED, LINE_FORGED, LINE_REPLAYED, LINE_NOT_JSON = 480, 481, 482, 483, 484
NO_SUCH_ORDER, NO_SUCH_KEY, BAD_ENTRY, NO_SUCH_BAY, NO_CONSENT = 485, 486, 487, 488, 489
CLOCK_UNSET, NOT_OFFERED, RECORD_BAD, NOT_KEPT = 490, 491, 492, 493
SESSION_ORDERED, LINES_REFUSED, PORT_FULL = 494, 495, 496
SESSION_BACK, SESSION_DROPPED, SESSIONS_DAMAGED, SESSION_NOT_KEPT = 497, 498, 499, 479

TEXTS = (
    (WEAR_SESSION, "session's wear"),
    (PLAN_NONE, "no price plan: no price for now, no known departure, or too little time"),
    (PLAN_MUST, "price plan gives way: the bay must charge"),
    (PLAN_CHARGES, "price plan charges: among the cheapest intervals before the departure"),
    (PLAN_SELLS, "price plan discharges: the price pays for energy, losses and wear"),
    (PLAN_RESTS, "price plan rests: the target is reached, and no price pays for more"),
    (PLAN_WAITS, "price plan waits: cheaper intervals come before the departure"),
    (LINE_TOO_LONG, "order refused: line too long"),
    (LINE_UNSIGNED, "order refused: no authenticator"),
    (LINE_FORGED, "order refused: its authenticator is another one"),
    (LINE_REPLAYED, "order refused: its number was used before"),
    (LINE_NOT_JSON, "order refused: no JSON object with a number n"),
    (NO_SUCH_ORDER, "order refused: no such order"),
    (NO_SUCH_KEY, "order refused: unknown entry"),
    (BAD_ENTRY, "order refused: entry missing or out of range"),
    (NO_SUCH_BAY, "order refused: no such bay, or its battery is not stated"),
    (NO_CONSENT, "order refused: discharging needs the driver's consent"),
    (CLOCK_UNSET, "order refused: the clock is not set"),
    (NOT_OFFERED, "order refused: this station has no such thing"),
    (RECORD_BAD, "order refused: record damaged or of another kind"),
    (NOT_KEPT, "order refused: the store failed"),
    (SESSION_ORDERED, "session ordered at the order port"),
    (LINES_REFUSED, "order port: connection ended, lines refused"),
    (PORT_FULL, "order port: no place for one more connection"),
    (SESSION_BACK, "ordered session is back after the restart"),
    (SESSION_DROPPED, "ordered session ended: its vehicle has gone"),
    (SESSIONS_DAMAGED, "kept sessions unreadable: no discharging without a new order"),
    (SESSION_NOT_KEPT, "session in effect, but the store failed: a restart forgets it"),
)

codes.TABLES.append(TEXTS)


def text(code):
    """As codes.text(). Asked for here, this module is there: images that keep constants by value drop
    modules that nobody calls.
    """
    return codes.text(code)
