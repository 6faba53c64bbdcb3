"""What a Modbus slave says of itself: the objects of FC 43/14.

Rules of this file:
1. Objects 00 to 02 (vendor, product code, revision) are always there: "basic". 03 to 06 (URL, product name,
   model name, application) make it "regular", 80 to FF "extended". Every object may be asked for alone.
2. A stream has only whole objects; what does not fit into one reply is announced by "more follows" and the
   number of the next object. A stream that begins at an object which is not there begins at the first.
3. Who asks for more than there is gets what there is. An object asked for alone that is not there: 02.

Clause: MODBUS Application Protocol Specification V1.1b3, 6.21, from general knowledge.
"""

from protocols.errors import LocalError
from protocols.modbus.codec import ILLEGAL_DATA_ADDRESS

VENDOR_NAME, PRODUCT_CODE, REVISION, VENDOR_URL, PRODUCT_NAME, MODEL_NAME, APPLICATION = range(7)
BASIC, REGULAR, EXTENDED, INDIVIDUAL = 1, 2, 3, 4

_LAST = (0, 2, 0x7F, 0xFF)  # object of each stream
_EVERY_ONE_ALONE = 0x80  # in the conformity level
_HEAD = 7
_MAX_PDU = 253


class Identity:
    """`objects`: {number: text in ASCII, or bytes} with at least 0, 1 and 2; at most 244 bytes each."""

    def __init__(self, objects):
        self.numbers = sorted(objects)
        self.values = [_value(number, objects[number]) for number in self.numbers]
        if self.numbers[:3] != [VENDOR_NAME, PRODUCT_CODE, REVISION]:
            raise LocalError("an identity needs the objects 0, 1 and 2")
        last = self.numbers[-1]
        self.level = BASIC if last <= REVISION else REGULAR if last < 0x80 else EXTENDED

    def reply(self, code, number, out, at):
        """Reply PDU of 43/14 at out[at]: its length, or minus an exception code."""
        first = self.numbers.index(number) if number in self.numbers else -1
        end = first + 1
        if code == INDIVIDUAL:
            if first < 0:
                return -ILLEGAL_DATA_ADDRESS
        else:
            last = _LAST[min(code, self.level)]
            if first < 0 or number > last:
                first = 0
            end = first
            while end < len(self.numbers) and self.numbers[end] <= last:
                end += 1
        return self._stream(code, first, end, out, at)

    def _stream(self, code, first, end, out, at):
        n = _HEAD
        i = first
        while i < end and n + 2 + len(self.values[i]) <= _MAX_PDU:
            value = self.values[i]
            out[at + n] = self.numbers[i]
            out[at + n + 1] = len(value)
            out[at + n + 2 : at + n + 2 + len(value)] = value
            n += 2 + len(value)
            i += 1
        out[at] = 43
        out[at + 1] = 14
        out[at + 2] = code
        out[at + 3] = self.level | _EVERY_ONE_ALONE
        out[at + 4] = 0xFF if i < end else 0
        out[at + 5] = self.numbers[i] if i < end else 0
        out[at + 6] = i - first
        return n


def _value(number, value):
    if not 0 <= number <= 255 or 7 <= number < 0x80:
        raise LocalError("identification object %d is reserved" % number)
    value = value.encode() if isinstance(value, str) else bytes(value)
    if len(value) > _MAX_PDU - _HEAD - 2:
        raise LocalError("identification object %d is longer than 244 bytes" % number)
    return value
