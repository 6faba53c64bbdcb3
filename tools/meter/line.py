"""One question on a line and what was heard: the answer, or why there is none.

The judgement is about the bytes themselves: nothing, our own echo, a sound frame of another unit, an
exception, or garbage, because each calls for another next step.
"""

import time
from typing import NamedTuple

from protocols.crc16 import crc16
from protocols.dlt645 import codec as dlt645
from protocols.dlt645.master import DONE, EXCEPTION, WAITING, Master
from protocols.modbus.codec import encode_read
from protocols.ticks import TICKS_MASK
from tools.meter.port import flush

ANSWER, SILENCE, GARBAGE = "answer", "silence", "garbage"
ECHO, OTHER_UNIT, REFUSED = "echo", "other unit", "refused"
RTU, TCP = "rtu", "tcp"
ANSWER_S = 0.3
_HEARD_MOST = 40


class Heard(NamedTuple):
    """`kind`; the registers of an answer; the exception code or the other unit; the raw bytes."""

    kind: str
    registers: tuple = ()
    number: int = 0
    raw: bytes = b""

    def is_there(self):
        """Whether a meter spoke to us at all."""
        return self.kind in (ANSWER, REFUSED)

    def hexadecimal(self):
        """The bytes for people."""
        shown = self.raw[:_HEARD_MOST].hex(" ")
        return shown + (" ... (%d bytes)" % len(self.raw) if len(self.raw) > _HEARD_MOST else "")


class ModbusLine:
    """Asks for registers; `framing` is RTU (also through a serial server) or TCP."""

    def __init__(self, port, framing, answer_s=ANSWER_S):
        self.port = port
        self.framing = framing
        self.answer_s = answer_s
        self._tid = 0

    def read(self, unit, function, address, count):
        """Heard of one request for `count` registers."""
        pdu = bytearray(5)
        encode_read(pdu, 0, function, address, count)
        flush(self.port, 0.002)
        if self.framing == TCP:
            return self._read_tcp(unit, bytes(pdu), count)
        sent = bytes((unit,)) + bytes(pdu)
        crc = crc16(sent, 0, len(sent))
        sent += bytes((crc & 0xFF, crc >> 8))
        self.port.write(sent)
        raw = self._listen(self.answer_s + self.port.wire_s(13 + 2 * count), 5 + 2 * count, len(sent))
        return judge(raw, sent, unit, function, count)

    def _listen(self, seconds, wanted, echo):
        """Everything until `wanted` bytes and a quiet line, or `seconds` have passed."""
        raw, end = b"", time.monotonic() + seconds
        quiet_s = max(0.05, self.port.wire_s(8))
        while (left := end - time.monotonic()) > 0:
            data = self.port.read(min(left, quiet_s) if raw else left)
            raw += data
            if raw and not data or len(raw) >= wanted + echo:
                break
            if len(raw) >= 5 and crc16(raw, 0, len(raw)) == 0 and len(raw) != echo:
                break
        return raw

    def _read_tcp(self, unit, pdu, count):
        self._tid = self._tid % 0xFFFF + 1
        head = self._tid.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big")
        self.port.write(head + bytes((unit,)) + pdu)
        raw, end = b"", time.monotonic() + 1 + self.answer_s
        while time.monotonic() < end and (len(raw) < 9 or len(raw) < 6 + int.from_bytes(raw[4:6], "big")):
            raw += self.port.read(end - time.monotonic())
        if len(raw) < 9 or raw[:4] != head[:4]:
            return Heard(GARBAGE if raw else SILENCE, raw=raw)
        if raw[7] == pdu[0] | 0x80:
            return Heard(REFUSED, number=raw[8], raw=raw)
        if raw[7] != pdu[0] or raw[8] != 2 * count or len(raw) < 9 + 2 * count:
            return Heard(GARBAGE, raw=raw)
        return Heard(ANSWER, words(raw, 9, count), raw=raw)


def words(raw, at, count):
    """Registers from bytes."""
    return tuple(raw[at + 2 * i] << 8 | raw[at + 2 * i + 1] for i in range(count))


def judge(raw, sent, unit, function, count):
    """What the bytes after a request mean."""
    if not raw:
        return Heard(SILENCE)
    if raw == sent:
        return Heard(ECHO, raw=raw)
    body = raw[len(sent) :] if raw.startswith(sent) else raw
    for at in range(len(body) - 4):
        for end in (at + 5, at + 5 + 2 * count):
            if end <= len(body) and crc16(body, at, end) == 0:
                if body[at] != unit:
                    return Heard(OTHER_UNIT, number=body[at], raw=raw)
                if end == at + 5 and body[at + 1] == function | 0x80:
                    return Heard(REFUSED, number=body[at + 2], raw=raw)
                if body[at + 1] == function and body[at + 2] == 2 * count == end - at - 5:
                    return Heard(ANSWER, words(body, at + 3, count), raw=raw)
    if len(raw) >= 4 and crc16(raw, 0, len(raw)) == 0 and raw[0] != unit:
        return Heard(OTHER_UNIT, number=raw[0], raw=raw)
    return Heard(GARBAGE, raw=raw)


class Dlt645Line:
    """Asks a DL/T 645 meter; the reply's data bytes stand in `registers`."""

    def __init__(self, port, answer_s=0.6):
        self.port = port
        self.answer_s = answer_s

    def read(self, address, di):
        """Heard of one identifier; `address` as on the wire."""
        return self._ask(lambda master, now: master.read(address, di, now))[0]

    def find(self):
        """(Heard, twelve digits of the only meter on the line)."""
        heard, master = self._ask(lambda master, now: master.read_address(now))
        return heard, dlt645.address_text(master.address, 0)

    def _ask(self, request):
        flush(self.port, 0.002)
        master = Master(self.port.setting.baud, int(1000 * self.answer_s))
        request(master, _now())
        sent = bytes(master.tx.buf[: master.tx.end])
        self.port.write(sent)
        master.tx.clear()
        raw = b""
        while master.state == WAITING:
            data = self.port.read(0.02)
            raw += data
            master.feed(data, len(data), _now())
            master.tick(_now())
        if master.state == DONE:
            return Heard(ANSWER, tuple(master.data[: master.count]), raw=raw), master
        if master.error == EXCEPTION:
            return Heard(REFUSED, number=master.exception_code, raw=raw), master
        kind = SILENCE if not raw else ECHO if raw == sent else GARBAGE
        return Heard(kind, raw=raw), master


def _now():
    return int(time.monotonic() * 1000) & TICKS_MASK
