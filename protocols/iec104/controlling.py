"""The controlling station: starts and stops the link, sends orders, hands on what it receives.

The other end of outstation.py, for tests and consoles. It judges the link (apci.py), not the
application: what the outstation sends goes to the listener as it came, one call per information object:
- listener.on_data(type_id, cause, ioa, value, quality, buf, tag_at): monitor direction; `tag_at` is the
  offset of the time tag in buf (cp56.decode reads it), -1 without one.
  Interrogated parameters (110-112, COT 20-36) come here too.
- listener.on_answer(type_id, cause, ioa, value, qualifier, buf, at): the answer to a request; `cause`
  holds P/N and T as on the wire, `at` is the offset of its ASDU in buf. In a refusal (COT 44-47) that
  the codec cannot read, ioa and value are None.
During both `asdu_at` is the offset of the ASDU in buf, for who wants its OA and CA. Any other ASDU that
cannot be read is acknowledged and counted in `unreadable`. A send method returns False while the send
window is full. STARTDT or STOPDT without confirmation for t1 closes the link.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec, cp56
from protocols.iec104 import const as c
from protocols.iec104.apci import (
    STARTDT_ACT,
    STARTDT_CON,
    STARTED,
    STARTING,
    STOPDT_ACT,
    STOPDT_CON,
    STOPPED,
    STOPPING,
    Apci,
)
from protocols.ticks import ticks_diff


class ControllingStation(Apci):
    RECEIVING = STARTED | STOPPING

    def __init__(self, params, listener):
        params.check()
        self.params = params
        self.listener = listener
        self.common_address = params.common_address
        self.originator = 0
        self.unreadable = 0
        self.asdu_at = 0
        self._act_ms = 0
        Apci.__init__(self, params)

    # link layer

    def start(self, now):
        """STARTDT act."""
        self._act(STARTDT_ACT, STARTING, now)

    def stop(self, now):
        """Acknowledge everything, then STOPDT act."""
        if self.owed:
            self.put_s(now)
        self._act(STOPDT_ACT, STOPPING, now)

    def _act(self, control, state, now):
        self.state = state
        self._act_ms = now
        self.put_u(control)

    def _on_u(self, control, now):
        if control == STARTDT_CON and self.state == STARTING:
            self.state = STARTED
        elif control == STOPDT_CON and self.state == STOPPING:
            if self.owed:
                self.put_s(now)
            self.state = STOPPED

    def tick(self, now):
        if self.state in (STARTING, STOPPING) and ticks_diff(now, self._act_ms) >= self.params.t1_ms:
            self.close("t1")
        Apci.tick(self, now)

    def next_deadline(self, now):
        ms = Apci.next_deadline(self, now)
        if self.state in (STARTING, STOPPING):
            ms = min(ms, max(0, self.params.t1_ms - ticks_diff(now, self._act_ms)))
        return ms

    def on_acked(self, mark):
        pass

    def on_window(self, now):
        pass

    def on_closed(self, reason):
        pass

    # sending

    def order(self, type_id, ioa, value, now, qualifier=0, cause=c.COT_ACTIVATION, tag=None):
        """A command or set-point; `tag`: (day, ms, flags) of the types with a time tag. `qualifier` holds
        QOC or QOS with c.SELECT; `cause` may have c.TEST.
        """
        at = self._header(type_id, cause, ioa)
        if at < 0:
            return False
        buf = self.tx.buf
        codec.encoder(type_id)(buf, at + 9, value, qualifier)
        end = at + 9 + codec.element_size(type_id)
        if codec.tag_size(type_id):
            if tag is None:
                raise LocalError("type %s needs a time tag" % type_id)
            cp56.encode(buf, end, tag[0], tag[1], tag[2])
            end += cp56.SIZE
        self.send(end - at, 0, now)
        return True

    def _header(self, type_id, cause, ioa):
        """Start an ASDU with one object; its offset in tx.buf, or -1."""
        if self.state != STARTED:
            raise LocalError("the link is not started")
        at = self.begin(9 + codec.OBJECT_SIZE[type_id])
        if at >= 0:
            codec.put_header(self.tx.buf, at, type_id, 1, cause, self.originator, self.common_address)
            codec.put_ioa(self.tx.buf, at + 6, ioa)
        return at

    def interrogate(self, now, qoi=c.QOI_STATION, cause=c.COT_ACTIVATION):
        return self.order(c.C_IC_NA_1, 0, qoi, now, cause=cause)

    def interrogate_counters(self, now, qcc=c.QCC_RQT_GENERAL, cause=c.COT_ACTIVATION):
        return self.order(c.C_CI_NA_1, 0, qcc, now, cause=cause)

    def read(self, ioa, now):
        return self.order(c.C_RD_NA_1, ioa, None, now, cause=c.COT_REQUEST)

    def set_clock(self, day, ms, now, flags=0):
        return self.order(c.C_CS_NA_1, 0, None, now, tag=(day, ms, flags))

    def parameter(self, type_id, ioa, value, now, qualifier=1, cause=c.COT_ACTIVATION):
        """P_ME_NA_1, P_ME_NB_1, P_ME_NC_1 with QPM (1 threshold, 2 smoothing, 3 and 4 limits), or
        P_AC_NA_1, whose value is QPA.
        """
        if not c.P_ME_NA_1 <= type_id <= c.P_AC_NA_1:
            raise LocalError("type %s is no parameter" % type_id)
        return self.order(type_id, ioa, value, now, qualifier, cause)

    def reset_process(self, qrp, now):
        return self.order(c.C_RP_NA_1, 0, qrp, now)

    def test_command(self, counter, day, ms, now):
        return self.order(c.C_TS_TA_1, 0, counter, now, tag=(day, ms, 0))

    # receiving

    def on_asdu(self, buf, at, n, now):
        count = codec.objects_fit(buf, at, n)
        type_id = buf[at]
        self.asdu_at = at
        if not count:
            if c.COT_UNKNOWN_TYPE <= buf[at + 2] & 0x3F <= c.COT_UNKNOWN_IOA:
                self.listener.on_answer(type_id, buf[at + 2], None, None, 0, buf, at)
            else:
                self.unreadable += 1
        elif type_id < c.C_SC_NA_1 or type_id == c.M_EI_NA_1 or _is_interrogated(buf[at + 2]):
            self._data(type_id, count, buf, at)
        else:
            self._answer(type_id, buf, at)

    def _data(self, type_id, count, buf, at):
        is_sequence = buf[at + 1] & 0x80
        decode = codec.decoder(type_id)
        size = codec.OBJECT_SIZE[type_id]
        tag = codec.element_size(type_id) if codec.tag_size(type_id) else -1
        ioa = codec.get_ioa(buf, at + 6)
        here = at + 9
        for left in range(count - 1, -1, -1):
            tag_at = here + tag if tag >= 0 else -1
            quality = codec.quality(type_id, buf, here)
            self.listener.on_data(type_id, buf[at + 2], ioa, decode(buf, here), quality, buf, tag_at)
            here += size
            if is_sequence:
                ioa += 1
            elif left:
                ioa = codec.get_ioa(buf, here)
                here += 3

    def _answer(self, type_id, buf, at):
        value = codec.decoder(type_id)(buf, at + 9)
        qualifier = codec.quality(type_id, buf, at + 9)
        ioa = codec.get_ioa(buf, at + 6)
        self.listener.on_answer(type_id, buf[at + 2], ioa, value, qualifier, buf, at)


def _is_interrogated(cause):
    return c.COT_INTERROGATED <= cause & 0x3F <= c.COT_INTERROGATED + 16
