"""Parameters of a station and of its links, and what makes them impossible.

k, w, t0-t3: IEC 60870-5-104 clause 9.6 (defaults from general knowledge). A parameter set that breaks
the standard raises LocalError; one that is only unwise is reported in `warnings`.
"""

from protocols.errors import LocalError


class Params:
    def __init__(
        self,
        common_address=1,
        k=12,
        w=8,
        t0_ms=30000,
        t1_ms=15000,
        t2_ms=10000,
        t3_ms=20000,
        max_links=4,
        event_slots=256,
        allow=(),
        control_from=(),
    ):
        self.common_address = common_address
        self.k = k
        self.w = w
        self.t0_ms = t0_ms
        self.t1_ms = t1_ms
        self.t2_ms = t2_ms
        self.t3_ms = t3_ms
        self.max_links = max_links
        self.event_slots = event_slots  # per ring (binary, analogue), rounded up to a power of two
        self.allow = allow  # peer addresses that may connect; () = all
        self.control_from = control_from  # peer addresses that may command; () = the first started link
        self.groups = ()  # redundancy groups: a tuple of tuples of peer addresses
        self.select_ms = 10000  # an unused selection ends after this time
        self.command_age_ms = 10000  # oldest accepted time tag of C_SE_TC_1 and its kin
        self.command_ahead_ms = 2000  # newest accepted time tag, ahead of our clock
        self.utc_offset_min = 0  # time base of all tags: 0 = UTC, 480 = Beijing
        self.is_summer = None  # is_summer(day, ms) of UTC: tags are an hour ahead and marked SU; None = never
        self.background_ms = 0  # period of a background scan (COT 2) over all points; 0 = none
        self.tally_ioa = 0  # counter group 4 tells refusals from this address on (tally.py); 0 = none
        self.sequence = False  # True: interrogated runs of consecutive addresses go out with SQ=1
        self.tx_bytes = 640  # per link: two of the longest ASDUs, and an order's answer
        self.answer_bytes = 256  # per link: confirmations that wait for the send window
        self.cause_of_initialisation = 0
        self.warnings = []

    def check(self):
        """Raise LocalError on an impossible set; fill `warnings` otherwise."""
        _within("common_address", self.common_address, 1, 65534)
        _within("k", self.k, 1, 32767)
        _within("w", self.w, 1, self.k)
        _within("t1_ms", self.t1_ms, 1, 255000)
        _within("t2_ms", self.t2_ms, 1, self.t1_ms - 1)
        _within("t3_ms", self.t3_ms, 1, 172800000)
        _within("max_links", self.max_links, 1, 64)
        _within("event_slots", self.event_slots, 1, 65536)
        _within("tx_bytes", self.tx_bytes, 320, 65536)
        _within("answer_bytes", self.answer_bytes, 256, 65536)
        _within("utc_offset_min", self.utc_offset_min, -840, 840)
        _within("cause_of_initialisation", self.cause_of_initialisation, 0, 127)
        self.warnings = []
        if 3 * self.w > 2 * self.k:
            self.warnings.append("w should not exceed two thirds of k")
        if self.t3_ms <= self.t1_ms:
            self.warnings.append("t3 should be longer than t1")


def _within(name, value, low, high):
    if not low <= value <= high:
        raise LocalError("%s is %s, but must lie in %s..%s" % (name, value, low, high))
