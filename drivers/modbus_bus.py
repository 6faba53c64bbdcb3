"""One Modbus line or connection: moves bytes between its port and its master, and gives the devices on
it their turns.

A device offers: urgency(now) -> how badly it wants the bus (-1 = not now), begin(master, now),
done(master, now), failed(master, now) -> True when only a new connection can be trusted, due_in(now) ->
ms until it wants the bus, lost(now) for a broken connection, is_told(power_w) and stop_frame for the
end. The bus owns nothing that a device could mean by its registers.
"""

from protocols.modbus.master import DONE, FAILED, IDLE
from protocols.ticks import sooner, ticks_add, ticks_diff

_READ_BYTES = 300
_LONGEST_WAIT_MS = 1000


class ModbusBus:
    def __init__(self, name, port, master):
        self.name = name
        self.port = port
        self.master = master
        self.devices = []
        self.active = None
        self.wake_at = 0
        self._buf = bytearray(_READ_BYTES)
        self._was_open = False

    def add(self, device):
        self.devices.append(device)

    def is_due(self, now):
        """Whether service() has something to do."""
        return self.port.ready or ticks_diff(now, self.wake_at) >= 0

    def service(self, now):
        """Take in what arrived, finish a transaction, start the most urgent one, write what fits."""
        port = self.port
        port.service(now)
        if port.is_open:
            self._was_open = True
            self._receive(now)
        elif self._was_open:
            self._was_open = False
            self._lose(now)
        self.master.tick(now)
        self._finish(now)
        if self.master.state == IDLE and port.is_open and self.master.ready(now):
            self._start(now)
        self._flush()
        self.wake_at = ticks_add(now, self._due_in(now))

    def _receive(self, now):
        port = self.port
        while port.ready:
            n = port.read_into(self._buf)
            if n == 0:
                return
            self.master.feed(self._buf, n, now)
        if self.master.is_closed:
            port.drop()  # the peer broke the framing: only a new connection can be trusted

    def _finish(self, now):
        device = self.active
        if device is None:
            return
        master = self.master
        if master.state == DONE:
            self.active = None
            device.done(master, now)
            master.clear()
        elif master.state == FAILED:
            self.active = None
            if device.failed(master, now) and self.port.is_buffered and self.port.is_open:
                self.port.drop()
            master.clear()

    def _start(self, now):
        best = None
        most = -1
        for device in self.devices:
            urgency = device.urgency(now)
            if urgency > most:
                most = urgency
                best = device
        if best is not None:
            self.active = best
            best.begin(self.master, now)

    def _flush(self):
        tx = self.master.tx
        while tx.end > tx.start:
            sent = self.port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def _lose(self, now):
        self.master.link_lost()
        self._finish(now)
        for device in self.devices:
            device.lost(now)

    def _due_in(self, now):
        wait = sooner(self.master.next_deadline(now), _LONGEST_WAIT_MS)
        if self.master.state == IDLE:
            for device in self.devices:
                wait = sooner(wait, device.due_in(now))
            # nothing can start while the port is closed or the line must stay quiet
            if wait < 1:
                wait = 1
        return 0 if wait < 0 else wait

    def is_told(self, power_w):
        """Whether every converter on this bus that can be reached has confirmed `power_w`."""
        if not self.port.is_open:
            return True
        for device in self.devices:
            if not device.is_told(power_w):
                return False
        return True

    def panic(self):
        """Write the devices' prebuilt stop frames, whatever else is under way; allocates nothing."""
        for device in self.devices:
            frame = device.stop_frame
            if frame:
                self.port.write(frame, 0, len(frame))

    def close(self):
        self.port.close()
