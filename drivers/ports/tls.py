"""A listener for TLS on top of a plain one, with the same face: accept() gives streams whose handshake is
done and whose client is pinned; nobody else's bytes get further than this file.

Rules. Nothing blocks. The handshake is calculated one message at a time, and at most one message a turn
of the loop, whoever sends; so the longest stall is one message's, not a handshake's, and the other links
are served in between. Nothing is allocated for a client before its ClientHello is whole. Every handshake
has a deadline; when the places are taken, the oldest stranger's is given up for the next. From general
knowledge: RFC 5246; IEC 62351-3 (mutual authentication, TLS 1.2 or later).

The cryptography is the context's: tls_mbedtls.py on MicroPython, tls_openssl.py on CPython.
"""

from drivers.ports import admission as a
from protocols.ticks import ticks_add, ticks_diff
from protocols.tls.records import FORGED, WAITS, WHOLE, RecordReader

IDLE, MORE, DONE = 0, 1, 2  # of a handshake's advance(), beside the negative of a kind
_START = 0x68  # of an APDU; its length stands behind it
_PLAIN_BYTES = 1024  # that a record of ours carries, if it is something else


class TlsStream:
    """The face of TcpStream on a session; `client` is the index of its pin."""

    def __init__(self, stream, session, client):
        self.stream = stream
        self.session = session
        self.client = client
        self.sock = stream.sock
        self.ready = True
        self.is_open = True
        self.error = 0
        self._owed = 0

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none. Stays ready until then: the session may hold more
        than the socket shows.
        """
        if not self.is_open:
            return 0
        n = self.session.read_into(buf)
        self.ready = n > 0
        self._look()
        return n

    def write(self, buf, start, n):
        """Bytes that the socket took: of a record, all or nothing, as they cannot be encrypted twice. What
        was not taken must be offered again.
        """
        if not self.is_open:
            return 0
        session = self.session
        if not self._owed and session.flush():
            self._owed = session.write(buf, start, _one_apdu(buf, start, n))
        if not session.flush():
            self._look()
            return 0
        sent = self._owed
        self._owed = 0
        return sent

    def _look(self):
        if not (self.session.is_open and self.stream.is_open):
            self.is_open = False
            self.error = self.stream.error

    def close(self):
        """With close_notify where the runtime can send one."""
        self.is_open = False
        self.session.close()
        self.stream.close()


def _one_apdu(buf, start, n):
    """Octets of the first APDU. One a record: lib60870's client (c104 2.2.0, measured) looks for a second in
    a record only when the socket has more.
    """
    if n > 1 and buf[start] == _START:
        return min(n, buf[start + 1] + 2)
    return min(n, _PLAIN_BYTES)


class Handshake:
    """A client that has not proved yet who it is."""

    def __init__(self, stream, peer, deadline):
        self.stream = stream
        self.peer = peer
        self.deadline = deadline
        self.session = None
        self._records = RecordReader()
        self._view = memoryview(self._records.buf)
        self._has_record = False

    def advance(self, context):
        """One message further, when there is one: MORE, DONE or the negative of a kind; else IDLE."""
        n = self._records.next_piece() if self._has_record else 0
        if n == 0:
            state = self._read()
            self._has_record = state == WHOLE
            if state == FORGED:
                return -a.NOT_TLS
            if state == WAITS:
                return IDLE if self.stream.is_open else -a.GONE
            n = self._records.next_piece()
        if self.session is None:
            self.session = context.open(self.stream)
        start = self._records.start
        return self.session.advance(self._view[start : start + n])

    def _read(self):
        records = self._records
        state = WAITS
        while state == WAITS:
            n = self.stream.read_into(self._view[records.n : records.n + records.wanted()])
            if n == 0:
                break
            state = records.took(n)
        return state

    def close(self):
        if self.session is not None:
            self.session.close()
        self.stream.close()


class TlsListener:
    def __init__(self, listener, context, admission, poller, told, clock, handshake_ms, most):
        """`clock()`: ticks. `told` hears of every handshake's end: tls_ended(kind, peer, client, now)."""
        self.listener = listener
        self.context = context
        self.admission = admission
        self.poller = poller
        self.told = told
        self.clock = clock
        self.handshake_ms = handshake_ms
        self.most = most  # handshakes at a time
        self.sock = listener.sock
        self.ready = True
        self.is_open = True
        self.peer = ""
        self._pending = []
        self._turn = 0
        self._given = False

    def accept(self):
        """A TlsStream, its address in self.peer, or None. One handshake goes one message further."""
        if self._given:
            self._given = False  # whoever asks until None gets one calculation, not two
            return None
        now = self.clock()
        self._let_in(now)
        self._end_late(now)
        stream = self._advance_one(now)
        self._given = stream is not None
        self.ready = len(self._pending) > 0 or self._given
        return stream

    def _let_in(self, now):
        stream = self.listener.accept()
        while stream is not None:
            peer = self.listener.peer
            kind = self.admission.admit(peer, now) or self._make_room(now)
            if kind:
                stream.close()
                self._tell(kind, peer, -1, now)
            else:
                self._pending.append(Handshake(stream, peer, ticks_add(now, self.handshake_ms)))
                self.poller.add(stream.sock, self)
            stream = self.listener.accept()

    def _make_room(self, now):
        """0 when there is a place for one more; FULL when all are taken by known addresses."""
        if len(self._pending) < self.most:
            return 0
        for handshake in self._pending:
            if not self.admission.is_known(handshake.peer):
                self._end(handshake, a.FULL, now)
                return 0
        return a.FULL

    def _end_late(self, now):
        i = len(self._pending) - 1
        while i >= 0:
            if ticks_diff(now, self._pending[i].deadline) >= 0:
                self._end(self._pending[i], a.LATE, now)
            i -= 1

    def _advance_one(self, now):
        """The next that has a message, beginning behind the one of the last turn."""
        n = len(self._pending)
        if n == 0 or self.admission.gate.refusal(now):
            return None  # a bay was energised in between: all wait, and their deadlines run
        for k in range(n):
            at = (self._turn + k) % n
            handshake = self._pending[at]
            result = handshake.advance(self.context)
            if result == IDLE:
                continue
            self._turn = at + 1
            if result == DONE:
                return self._done(handshake, now)
            if result < 0:
                self._end(handshake, -result, now)
            return None
        return None

    def _done(self, handshake, now):
        client = self.admission.pinned(handshake.session.certificate(), handshake.peer)
        if client < 0:
            self._end(handshake, a.UNPINNED, now)
            return None
        self._forget(handshake)
        self.peer = handshake.peer
        self._tell(a.ACCEPTED, handshake.peer, client, now)
        return TlsStream(handshake.stream, handshake.session, client)

    def _end(self, handshake, kind, now):
        self._forget(handshake)
        handshake.close()
        self._tell(kind, handshake.peer, -1, now)

    def _forget(self, handshake):
        self._pending.remove(handshake)
        self.poller.remove(handshake.stream.sock)

    def _tell(self, kind, peer, client, now):
        self.admission.counts[kind] += 1
        self.told.tls_ended(kind, peer, client, now)

    def close(self):
        for handshake in self._pending:
            self.poller.remove(handshake.stream.sock)
            handshake.close()
        self._pending = []
        self.is_open = False
        self.listener.close()
