"""Messages of 104 over TLS, apart from codes.py because only boards with TLS load them.

TLS_FIRST + the index of a kind in drivers/ports/admission.py is the code of that end of a handshake; the
message's argument is the client's index when it was accepted, else how many of this kind there were so far.
"""

from firmware import codes

TLS_FIRST = 460
TLS_ACCEPTED, TLS_ADDRESS, TLS_RATE, TLS_FULL, TLS_ENERGISED, TLS_CLOCK = 460, 461, 462, 463, 464, 465
TLS_NOT_TLS, TLS_LATE, TLS_GONE, TLS_NO_CERTIFICATE, TLS_UNTRUSTED = 466, 467, 468, 469, 470
TLS_EXPIRED, TLS_NOT_YET_VALID, TLS_UNPINNED, TLS_CERTIFICATE, TLS_HANDSHAKE = 471, 472, 473, 474, 475
TLS_OWN_EXPIRES, TLS_FILES, TLS_TIME_UNSAVED = 476, 477, 478

TEXTS = (
    (TLS_ACCEPTED, "TLS client accepted"),
    (TLS_ADDRESS, "TLS client refused: address not allowed"),
    (TLS_RATE, "TLS client refused: too many handshakes"),
    (TLS_FULL, "TLS client refused: all places taken"),
    (TLS_ENERGISED, "TLS client refused: a bay is energised"),
    (TLS_CLOCK, "TLS client refused: the clock is not set"),
    (TLS_NOT_TLS, "TLS client refused: it does not speak TLS"),
    (TLS_LATE, "TLS client refused: handshake took too long"),
    (TLS_GONE, "TLS client left during the handshake"),
    (TLS_NO_CERTIFICATE, "TLS client refused: no certificate"),
    (TLS_UNTRUSTED, "TLS client refused: certificate of another authority"),
    (TLS_EXPIRED, "TLS client refused: certificate expired"),
    (TLS_NOT_YET_VALID, "TLS client refused: certificate not valid yet"),
    (TLS_UNPINNED, "TLS client refused: certificate not in the list of clients"),
    (TLS_CERTIFICATE, "TLS client refused: certificate for another use"),
    (TLS_HANDSHAKE, "TLS client refused: no common version, cipher or key"),
    (TLS_OWN_EXPIRES, "own TLS certificate expires, days left"),
    (TLS_FILES, "TLS certificate, key or authority cannot be used"),
    (TLS_TIME_UNSAVED, "latest date could not be saved"),
)

codes.TABLES.append(TEXTS)
