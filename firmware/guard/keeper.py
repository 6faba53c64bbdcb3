"""Who stands at which bay: by the identity that the vehicle's protocol tells, else by the one that the bay's
configuration names for a vehicle that always stands there, else by the bay's own name.
"""

IDENTITY_BYTES = 16


class Keeper:
    """What belongs to vehicles and outlives a restart; an heir has plug(i, name) and keep(now)."""

    def __init__(self):
        self.bays = []
        self.names = []  # of a vehicle that does not say who it is
        self.told = []  # None = a vehicle that always stands there is configured
        self.due = False  # keep(now) has something to write
        self.failed = False  # the last write

    def place(self, bay, row):
        """One more bay; `row` is the bay's of a checked configuration."""
        identity = row["battery"]["identity"]
        self.bays.append(bay)
        self.names.append(identity or row["name"])
        self.told.append(None if identity else b"")

    def meet(self, bay, identity):
        """Who stands at this bay as its protocol tells: bytes, b"" for nobody or nobody known."""
        if bay in self.bays:
            i = self.bays.index(bay)
            if self.told[i] is not None and identity != self.told[i]:
                self.told[i] = identity
                self.plug(i, text_of(identity) or self.names[i])


def key_of(name):
    """The 16 bytes by which a record is found."""
    return (name.encode() + bytes(IDENTITY_BYTES))[:IDENTITY_BYTES]


def name_of(key):
    """The text of these bytes."""
    return key.rstrip(bytes(1)).decode()


def text_of(identity):
    """Text of an identity; a VIN loses its first letter (the region) rather than its last digit."""
    text = ""
    for c in identity:
        if not 32 < c < 127:
            return ""  # left at all ones, or no text
        text += chr(c)
    return text[-IDENTITY_BYTES:]
