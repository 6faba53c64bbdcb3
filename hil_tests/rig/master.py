"""A dispatcher in virtual time: our own controlling station at the far end of a port in memory, playing
set-points at their times.
"""

from protocols.iec104.apci import STARTED
from protocols.iec104.const import C_SE_NC_1, C_SC_NA_1, COT_ACTIVATION_CON, NEGATIVE, SELECT
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.params import Params

SETPOINT_IOA = 0x6201
AGC_REQUEST_IOA = 0x6001


class VirtualMaster:
    """Dials in at once. `plan`: [(ms, kW)] in order; `answers`: [(ms, kW or None, accepted)]; `values`:
    last value by address.
    """

    def __init__(self, rig, plan=(), address="127.0.0.1", common_address=1):
        self.rig = rig
        self.plan = list(plan)
        self.answers = []
        self.values = {}
        self.causes = {}  # with which it came
        self.events = 0
        self.port = rig.board.listener.dial(address)
        self.link = ControllingStation(Params(common_address), self)
        self.link.reset(rig.tick())
        self.link.start(rig.tick())
        self.buf = bytearray(1024)
        self.mute = False  # True: neither reads nor sends, as behind a dead network
        rig.actors.append(self)

    @property
    def next_ms(self):
        """When the plan goes on; -1 when it is over."""
        return self.plan[0][0] if self.plan else -1

    def act(self, rig, now):
        """Read, answer, send what is due."""
        if self.mute:
            return
        while self.port.ready:
            self.link.feed(self.buf, self.port.read_into(self.buf), now)
        self.link.tick(now)
        while self.plan and self.plan[0][0] <= rig.ms and self.link.state == STARTED:
            if not self.setpoint(self.plan[0][1]):
                break
            self.plan.pop(0)
        tx = self.link.tx
        if tx.pending():
            tx.consumed(self.port.write(tx.buf, tx.start, tx.pending()))

    def setpoint(self, kw, ioa=SETPOINT_IOA, type_id=C_SE_NC_1, tag=None):
        """A set-point now; False while the window is full."""
        return self.link.order(type_id, ioa, kw, self.rig.tick(), tag=tag)

    def request_agc(self, on):
        """Selected, then executed: two answers."""
        return self.switch(AGC_REQUEST_IOA, on, select=True)

    def switch(self, ioa, on, select=False):
        """C_SC_NA_1 now; False while the window is full."""
        now = self.rig.tick()
        if select and not self.link.order(C_SC_NA_1, ioa, on, now, SELECT):
            return False
        return self.link.order(C_SC_NA_1, ioa, on, now)

    def hang_up(self):
        self.port.close()
        self.rig.actors.remove(self)

    def on_data(self, type_id, cause, ioa, value, quality, buf, tag_at):
        self.values[ioa] = (value, quality)
        self.causes[ioa] = cause
        self.events += 1

    def on_answer(self, type_id, cause, ioa, value, qualifier, buf, at):
        accepted = cause & 0x3F == COT_ACTIVATION_CON and not cause & NEGATIVE
        self.answers.append((self.rig.ms, value, accepted))
