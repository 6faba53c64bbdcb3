"""A few hundred bytes that outlive a power cut: two slots, written in turn.

A record is "V2", sequence number (4 bytes), length (2), payload, CRC-32 of all before it; little endian.
save() writes the slot that does not hold the newest record and reads it back, so a cut at any byte leaves the
old record or the new one: never a mixture, never nothing. What a slot is (a file, a page of flash) is the
board's business: read(i) -> bytes, write(i, data); both raise OSError. The CRC is the one of IEEE 802.3.
"""

_MAGIC = b"V2"
_HEAD = 8
_TAIL = 4
LONGEST = 4096  # bytes of payload
_POLYNOMIAL = 0xEDB88320
_ERASED, _CLEARED = b"\xff", b"\0"


class Store:
    def __init__(self, slots):
        self.slots = slots
        self.damaged = False  # load() found something, and no record in it
        self._newest = -1  # slot of the newest record
        self._sequence = 0

    def load(self):
        """The payload saved last, b"" when there is none."""
        found = b""
        written = False
        self._newest = -1
        self._sequence = 0
        for i in range(2):
            try:
                record = self.slots.read(i)
            except OSError:
                record = b""
            payload = payload_of(record)
            written = written or bool(record.strip(_ERASED) and record.strip(_CLEARED))
            if payload is not None and (self._newest < 0 or _sequence_of(record) > self._sequence):
                self._newest = i
                self._sequence = _sequence_of(record)
                found = payload
        self.damaged = written and self._newest < 0
        return found

    def save(self, payload):
        """Whether the payload is committed; call load() before the first save."""
        if len(payload) > LONGEST:
            return False
        target = 1 if self._newest == 0 else 0
        record = make_record(self._sequence + 1, payload)
        try:
            self.slots.write(target, record)
            if self.slots.read(target) != record:
                return False
        except OSError:
            return False
        self._newest = target
        self._sequence += 1
        return True


def make_record(sequence, payload):
    """The bytes of one slot."""
    head = _MAGIC + sequence.to_bytes(4, "little") + len(payload).to_bytes(2, "little") + payload
    return head + crc32(head).to_bytes(4, "little")


def payload_of(record):
    """The payload of a whole record, else None."""
    if len(record) < _HEAD + _TAIL or record[:2] != _MAGIC:
        return None
    end = _HEAD + int.from_bytes(record[6:8], "little")
    if len(record) < end + _TAIL:
        return None
    if crc32(record[:end]) != int.from_bytes(record[end : end + _TAIL], "little"):
        return None
    return record[_HEAD:end]


def _sequence_of(record):
    return int.from_bytes(record[2:6], "little")


def crc32(data):
    """CRC-32, bit by bit: a record is written once in a while and is short."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF
