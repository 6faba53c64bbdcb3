"""TLS sessions with MicroPython's `tls` (mbedTLS): TLS 1.2, files in DER, ECDHE with ECDSA and AES-GCM only.

What this runtime does (measured, MicroPython 1.29, mbedTLS 3.6): there is no getpeercert, so the verify
callback keeps the certificate; a bad certificate is a ValueError, a missing one an OSError; no method makes
a handshake: reading drives it, and it is over when we send our ChangeCipherSpec; closing sends no
close_notify. The session reads and writes through an object of ours, so that a record that the socket does
not take is never encrypted twice.
"""

import io

import tls

from drivers.ports import admission as a
from drivers.ports.tls import DONE, MORE

SUITES = ["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"]
CERTIFICATE, KEY = ".crt.der", ".key.der"
_OUT_BYTES = 4096
_LARGEST_CERTIFICATE = 2048  # of ours: the first flight must fit the buffer
_NO_CLIENT_CERTIFICATE = -0x7480
_BAD_CERTIFICATE = -0x7A00
_CHANGE_CIPHER_SPEC = 20
_TEXTS = (("trusted CA", a.UNTRUSTED), ("expired", a.EXPIRED), ("future", a.NOT_YET_VALID))


class Context:
    """Our certificate and key, our clients' authority; OSError, ValueError when a file is no good."""

    def __init__(self, identity, authority):
        """Paths without their endings."""
        self.own = _content(identity + CERTIFICATE)
        if len(self.own) > _LARGEST_CERTIFICATE:
            raise ValueError("a certificate of more than %d octets" % _LARGEST_CERTIFICATE)
        context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.own, _content(identity + KEY))
        context.load_verify_locations(_content(authority + CERTIFICATE))
        context.verify_mode = tls.CERT_REQUIRED
        context.set_ciphers(SUITES)
        context.verify_callback = self._seen
        self._context = context
        self.seen = b""  # the certificate that the library looked at last

    def _seen(self, certificate, depth):
        if depth == 0:
            self.seen = bytes(certificate)
        return 0  # the library's own verdict stands

    def open(self, stream):
        """A session of a client, to be fed with its first record."""
        return Session(self, stream, self._context)


def _content(path):
    with open(path, "rb") as file:
        return file.read()


class Wire(io.IOBase):
    """What the library takes for its socket: in the handshake one message, later the stream itself."""

    def __init__(self, stream):
        self.stream = stream
        self.message = None
        self.at = 0
        self.out = bytearray(_OUT_BYTES)
        self.start = 0
        self.end = 0

    def readinto(self, buf):
        if self.message is not None:
            n = min(len(buf), len(self.message) - self.at)
            buf[:n] = self.message[self.at : self.at + n]
            self.at += n
        else:
            n = self.stream.read_into(buf)
        if n or not self.stream.is_open:
            return n
        return None  # not yet

    def write(self, data):
        n = len(data)
        if self.end + n > _OUT_BYTES:
            return None
        self.out[self.end : self.end + n] = data
        self.end += n
        return n

    def ioctl(self, request, argument):
        return 0

    def flush(self):
        """True when the socket has taken all."""
        while self.start < self.end:
            n = self.stream.write(self.out, self.start, self.end - self.start)
            if n == 0:
                return False
            self.start += n
        self.start = self.end = 0
        return True


class Session:
    def __init__(self, context, stream, library):
        self.context = context
        self.wire = Wire(stream)
        self.is_open = True
        self._seen = b""
        self._ssl = library.wrap_socket(self.wire, server_side=True, do_handshake_on_connect=False)
        self._nothing = bytearray(1)

    def advance(self, message):
        """Calculate one message of the client's: MORE, DONE or the negative of a kind."""
        wire, context = self.wire, self.context
        wire.message = message
        wire.at = 0
        context.seen = b""
        sent = wire.end
        try:
            n = self._ssl.readinto(self._nothing)
            result = MORE if n is None else -a.GONE
        except ValueError as error:
            result = -_kind_of_text(str(error))
        except OSError as error:
            result = -_kind_of_code(error.errno)
        self._seen = context.seen or self._seen
        if result == MORE and wire.end > sent and wire.out[sent] == _CHANGE_CIPHER_SPEC:
            wire.message = None
            result = DONE
        wire.flush()
        return result

    def certificate(self):
        """The client's, in DER."""
        return self._seen

    def read_into(self, buf):
        try:
            n = self._ssl.readinto(buf)
        except (OSError, ValueError):
            n = 0
        self.wire.flush()  # an alert, or the answer to one
        if n is None:
            return 0
        if n == 0:
            self.is_open = False
        return n

    def write(self, buf, start, n):
        """Encrypt: n, or 0 when that did not go."""
        if self.wire.end:
            return 0
        try:
            return self._ssl.write(buf, start, n) or 0
        except OSError:
            self.is_open = False
            return 0

    def flush(self):
        return self.wire.flush()

    def close(self):
        self._ssl.close()


def _kind_of_text(text):
    for words, kind in _TEXTS:
        if words in text:
            return kind
    return a.CERTIFICATE


def _kind_of_code(code):
    if code == _NO_CLIENT_CERTIFICATE:
        return a.NO_CERTIFICATE
    return a.CERTIFICATE if code == _BAD_CERTIFICATE else a.HANDSHAKE
