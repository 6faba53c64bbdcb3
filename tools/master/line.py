"""The console's connection: a socket, plain or TLS, the controlling station behind it, and the thread that
moves bytes and runs its timers.

Everything that touches the machine happens under `changed`, a condition that is notified after each turn:
do(action) runs action(now) there and sends what came of it, wait(predicate, s) sleeps until it holds.
"""

import select
import socket
import ssl
import threading
import time

from protocols.ticks import TICKS_MASK

_READ_BYTES = 16384
_LONGEST_WAIT_S = 0.2


def ticks():
    """The monotonic clock as the protocols see it."""
    return int(time.monotonic() * 1000) & TICKS_MASK


def tls_context(authority, certificate, key):
    """A client's context: TLS 1.2 or later, both sides with certificates; OSError or ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(str(authority))
    if certificate:
        context.load_cert_chain(str(certificate), str(key))
    return context


class Line:
    def __init__(self, machine):
        self.machine = machine
        self.changed = threading.Condition()
        self.on_closed = lambda reason: None
        self.peer = ""
        self._sock = None
        self._thread = None
        self._buf = bytearray(_READ_BYTES)

    @property
    def is_open(self):
        return self._sock is not None

    def open(self, host, port, timeout_s, context=None, name=""):
        """Connect, with TLS when there is a context; OSError (ssl.SSLError is one) when it fails."""
        sock = socket.create_connection((host, port), timeout_s)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock = context.wrap_socket(sock, server_hostname=name or host)
            sock.setblocking(False)
        except BaseException:
            sock.close()
            raise
        self.peer = "%s:%d" % (host, port)
        with self.changed:
            self.machine.reset(ticks())
            self._sock = sock
        self._thread = threading.Thread(target=self._run, args=(sock,), name="104 line", daemon=True)
        self._thread.start()

    def close(self, reason="we closed"):
        """End the connection; may be called when there is none."""
        with self.changed:
            self._end(reason)
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def do(self, action):
        """action(now) on the machine, and what it sent on its way; its result."""
        with self.changed:
            result = action(ticks())
            self._write()
            return result

    def wait(self, predicate, timeout_s):
        """Whether the predicate came to hold in time."""
        with self.changed:
            return self.changed.wait_for(predicate, timeout_s)

    def _run(self, sock):
        while self._sock is sock:
            try:
                select.select([sock], [], [], self._pause_s())
            except (OSError, ValueError):
                break  # closed meanwhile
            with self.changed:
                if self._sock is sock:
                    self._turn(sock)
                self.changed.notify_all()

    def _pause_s(self):
        if self.machine.tx.end > self.machine.tx.start:
            return 0.01  # the socket was full
        ms = self.machine.next_deadline(ticks())
        return min(_LONGEST_WAIT_S, ms / 1000) if ms >= 0 else 0

    def _turn(self, sock):
        reason = self._read(sock)
        self.machine.tick(ticks())
        self._write()
        if self.machine.is_closed:
            reason = self.machine.closed_reason
        if reason and self._sock is sock:
            self._end(reason)

    def _read(self, sock):
        """Feed what has come; why the connection has ended, or ""."""
        while not self.machine.is_closed:
            try:
                n = sock.recv_into(self._buf)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return ""
            except OSError as error:
                return error.strerror or str(error)
            if n == 0:
                return "the station closed"
            self.machine.feed(self._buf, n, ticks())
        return ""

    def _write(self):
        tx = self.machine.tx
        while self._sock is not None and tx.end > tx.start:
            try:
                n = self._sock.send(memoryview(tx.buf)[tx.start : tx.end])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._end(error.strerror or str(error))
                return
            tx.consumed(n)

    def _end(self, reason):
        if self._sock is not None:
            sock, self._sock = self._sock, None
            sock.close()
            self.machine.close(reason)
            self.on_closed(reason)
            self.changed.notify_all()
