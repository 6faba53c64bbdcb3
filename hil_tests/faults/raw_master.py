"""A peer on the 104 port in virtual time that sends any octets it likes and keeps no rule but its own
numbering; frames are built here by hand, apart from protocols/iec104.
"""

import struct

STARTDT_ACT, STARTDT_CON = bytes.fromhex("680407000000"), bytes.fromhex("68040b000000")
TESTFR_ACT, TESTFR_CON = bytes.fromhex("680443000000"), bytes.fromhex("680483000000")
C_SE_NC_1, SETPOINT_IOA = 50, 0x6201
ACTIVATION, ACTIVATION_CON, NEGATIVE = 6, 7, 0x40


def asdu(type_id, cause, ioa, element, common_address=1, vsq=1):
    return struct.pack("<BBBBHHB", type_id, vsq, cause, 0, common_address, ioa & 0xFFFF, ioa >> 16) + element


def setpoint(kw, ioa=SETPOINT_IOA, **header):
    """C_SE_NC_1, activation."""
    return asdu(C_SE_NC_1, ACTIVATION, ioa, struct.pack("<fB", kw, 0), **header)


class RawMaster:
    """`reads` and `acknowledges` may be turned off; `frames` holds what came, whole APDUs."""

    def __init__(self, rig, address="127.0.0.1"):
        self.rig = rig
        self.port = rig.board.listener.dial(address)
        self.next_ms = -1
        self.reads = self.acknowledges = True
        self.frames = []
        self.vs = self.vr = 0
        self._inbox = b""
        self._outbox = b""
        self._buf = bytearray(4096)
        rig.actors.append(self)

    def act(self, rig, now):
        """Take in what came, acknowledge it, send what fits."""
        while self.reads and self.port.ready:
            n = self.port.read_into(self._buf)
            self._inbox += bytes(self._buf[:n])
        heard = self.vr
        while len(self._inbox) > 1 and len(self._inbox) >= self._inbox[1] + 2:
            size = self._inbox[1] + 2
            self._take(self._inbox[:size])
            self._inbox = self._inbox[size:]
        if self.vr != heard and self.acknowledges:
            self._outbox = struct.pack("<BBHH", 0x68, 4, 1, self.vr << 1) + self._outbox
        if self._outbox:
            sent = self.port.write(self._outbox, 0, len(self._outbox))
            self._outbox = self._outbox[sent:]

    def _take(self, frame):
        self.frames.append(frame)
        if not frame[2] & 1:
            self.vr = self.vr + 1 & 0x7FFF

    def send(self, octets):
        """Any octets; they go out as the port takes them."""
        self._outbox += octets
        self.act(self.rig, self.rig.tick())

    def start(self):
        self.send(STARTDT_ACT)
        self.rig.run(20)
        assert STARTDT_CON in self.frames

    def i_frame(self, body):
        """An I frame around this ASDU with the next number, not sent yet."""
        frame = struct.pack("<BBHH", 0x68, len(body) + 4, self.vs << 1, self.vr << 1) + body
        self.vs = self.vs + 1 & 0x7FFF
        return frame

    def confirmations(self):
        """[(kW, accepted)] of the set-points answered so far."""
        found = []
        for frame in self.frames:
            if not frame[2] & 1 and frame[6] == C_SE_NC_1:
                found.append((struct.unpack_from("<f", frame, 15)[0], frame[8] == ACTIVATION_CON))
        return found

    def hang_up(self):
        self.port.close()
        self.rig.actors.remove(self)

    @property
    def is_open(self):
        return self.port.is_open
