"""One Modbus line or connection: moves bytes between its port and its master, and gives the devices on
it their turns.

A device offers: urgency(now) -> how badly it wants the bus (-1 = not now; less = not before so many ms),
begin(master, now),
done(master, now), failed(master, now) -> True when only a new connection can be trusted, due_in(now) ->
ms until it wants the bus, lost(now) for a broken connection, is_told(power_w) and stop_frame for the
end. The bus owns nothing that a device could mean by its registers.

Who goes first: what pushes (urgency from _PUSHES on: a lease, a stop), then what control needs, the most
overdue first; then readings that may wait (energies, voltage), which a device offers by a second method,
patient_urgency(now). Those go when nothing else is due, and after PATIENCE others at the latest, so that
nobody starves: what control needs meets at most 1 + (n - 1) // PATIENCE of them while n of its kind go
round. tools/wiring.py computes ages from these rules. A silent device rests by its own back-off
(drivers/retry.py), and the master's quarantine keeps its late answer from the next one.

All buses read into one buffer: a reply is dealt with before the next byte of any of them is read.
"""

from protocols.modbus.master import DONE, FAILED, IDLE, WAITING
from protocols.ticks import ticks_add
from protocols.upy import const

_PUSHES = const(100000)
_PATIENCE = const(4)
_LONGEST_WAIT_MS = const(1000)
_CLOSED_MS = const(20)  # how often a port that is not open is looked after
_FULL_MS = const(5)  # how often one that did not take all is tried again
_MASK = const(0x3FFFFFFF)  # of protocols/ticks.py
_HALF = const(0x20000000)

_BUF = bytearray(300)


class ModbusBus:
    active = None
    patient = ()  # the devices with readings that may wait
    passed = 0  # transactions since one of those had its turn
    _was_open = False

    def __init__(self, name, port, master):
        self.name = name
        self.port = port
        self.master = master
        self.devices = []
        self.wake_at = 0
        self._hints = not master.is_stream and hasattr(master, "lacking") and hasattr(port, "want")

    def add(self, device):
        self.devices.append(device)
        if hasattr(device, "patient_urgency"):
            self.patient += (device,)
            self.passed = 0

    def is_due(self, now):
        """Whether service() has something to do."""
        return self.port.ready or (now - self.wake_at) & _MASK < _HALF

    def service(self, now):
        """Take in what arrived, finish a transaction, start the most urgent one, write what fits."""
        port = self.port
        master = self.master
        if master.state == WAITING and not port.ready and port.is_open and not self.is_due(now):
            return
        port.service(now)
        if port.is_open:
            self._was_open = True
            if port.ready:
                self._receive(now)
        elif self._was_open:
            self._was_open = False
            self._lose(now)
        master.tick(now)
        if master.state >= DONE:
            self._finish(now)
        wait = -1
        if master.state == IDLE and port.is_open:
            wait = self._start(now) if master.ready(now) else self._due_in(now)
        if master.tx.end > master.tx.start:
            self._flush()
        self._plan(now, wait)

    def _receive(self, now):
        port = self.port
        master = self.master
        while port.ready:
            n = port.read_into(_BUF)
            if n == 0:
                break
            master.feed(_BUF, n, now)
            if master.state >= DONE:
                self._finish(now)  # before the buffer is filled anew
        if master.is_closed:
            port.drop()  # the peer broke the framing: only a new connection can be trusted

    def _finish(self, now):
        device = self.active
        if device is None:
            return
        self.active = None
        master = self.master
        if master.state == DONE:
            device.done(master, now)
        elif device.failed(master, now) and self.port.is_buffered and self.port.is_open:
            self.port.drop()
        master.clear()

    def _start(self, now):
        """Give the bus to whoever wants it most; -1, or if nobody does, ms until somebody will."""
        best = None
        most = -1
        wait = _LONGEST_WAIT_MS
        for device in self.devices:
            urgency = device.urgency(now)
            if urgency > most:
                most = urgency
                best = device
            elif urgency < 0:
                left = -urgency if urgency < -1 else device.due_in(now)
                if left < wait:
                    wait = left
        if self.patient and most < _PUSHES:
            if best is None or self.passed >= _PATIENCE:
                most = -1
                for device in self.patient:
                    urgency = device.patient_urgency(now)
                    if urgency > most:
                        most = urgency
                        best = device
                        self.passed = -1
            if best is not None and self.passed < _PATIENCE:
                self.passed += 1
        if best is None:
            return wait
        self.active = best
        best.begin(self.master, now)
        return -1

    def _due_in(self, now):
        wait = _LONGEST_WAIT_MS
        for device in self.devices:
            wait = min(wait, device.due_in(now))
        return wait

    def _flush(self):
        tx = self.master.tx
        while tx.end > tx.start:
            sent = self.port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def _lose(self, now):
        self.master.link_lost()
        if self.master.state == FAILED:
            self._finish(now)
        for device in self.devices:
            device.lost(now)

    def _plan(self, now, wait):
        """When service() comes again unless something arrives; `wait`: ms until a device wants the bus."""
        master = self.master
        if wait < 0 and master.is_stream and master.tx.end == 0 and self.port.is_open:
            self.wake_at = master.until
            return
        if not self.port.is_open:
            wait = _CLOSED_MS
        elif wait >= 0:
            if not master.is_stream:
                wait = max(wait, master.next_deadline(now))  # nothing starts before the line is quiet
            if wait < 1:
                wait = 1
        else:
            wait = master.next_deadline(now)
            if master.tx.end > master.tx.start and wait > _FULL_MS:
                wait = _FULL_MS
        if self._hints:
            self.port.want(master.lacking())
        self.wake_at = ticks_add(now, wait)

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
