"""TLS sessions with CPython's `ssl` (OpenSSL): TLS 1.2 and later, files in PEM, no renegotiation, no tickets.

The session works on memory, as the records are fed to it one message at a time.
"""

import ssl

from drivers.ports import admission as a
from drivers.ports.tls import DONE, MORE

SUITES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
CERTIFICATE, KEY = ".crt.pem", ".key.pem"
_CHUNK_BYTES = 4096
_VERDICTS = {
    9: a.NOT_YET_VALID,
    10: a.EXPIRED,
    2: a.UNTRUSTED,  # unable to get issuer certificate
    7: a.UNTRUSTED,  # signature failure
    18: a.UNTRUSTED,  # self-signed
    19: a.UNTRUSTED,
    20: a.UNTRUSTED,
    21: a.UNTRUSTED,
}


class Context:
    """Our certificate and key, our clients' authority; OSError, ValueError when a file is no good."""

    def __init__(self, identity, authority):
        """Paths without their endings."""
        with open(identity + CERTIFICATE, encoding="ascii") as file:
            self.own = ssl.PEM_cert_to_DER_cert(file.read().strip())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(SUITES)
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
        context.num_tickets = 0
        context.load_cert_chain(identity + CERTIFICATE, identity + KEY)
        context.load_verify_locations(authority + CERTIFICATE)
        context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self.chunk = bytearray(_CHUNK_BYTES)

    def open(self, stream):
        """A session of a client, to be fed with its first record."""
        return Session(self, stream, self._context)


class Session:
    def __init__(self, context, stream, library):
        self.stream = stream
        self.is_open = True
        self._chunk = context.chunk
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = library.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._out = b""
        self._is_done = False

    def advance(self, message):
        """Calculate one message of the client's: MORE, DONE or the negative of a kind."""
        self._incoming.write(message)
        try:
            self._ssl.do_handshake()
            self._is_done = True
            result = DONE
        except ssl.SSLWantReadError:
            result = MORE
        except ssl.SSLCertVerificationError as error:
            result = -_VERDICTS.get(error.verify_code, a.CERTIFICATE)
        except ssl.SSLError as error:
            is_missing = error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
            result = -(a.NO_CERTIFICATE if is_missing else a.HANDSHAKE)
        self.flush()
        return result

    def certificate(self):
        """The client's, in DER."""
        return self._ssl.getpeercert(True) or b""

    def read_into(self, buf):
        while True:
            try:
                n = self._ssl.read(len(buf), buf)
                if n == 0:
                    self.is_open = False
                return n
            except ssl.SSLWantReadError:
                n = self.stream.read_into(self._chunk)
                if n == 0:
                    return 0
                self._incoming.write(memoryview(self._chunk)[:n])
            except ssl.SSLError:  # close_notify too
                self.is_open = False
                self.flush()
                return 0

    def write(self, buf, start, n):
        """Encrypt: n, or 0 when that did not go."""
        try:
            return self._ssl.write(memoryview(buf)[start : start + n])
        except ssl.SSLError:
            self.is_open = False
            return 0

    def flush(self):
        """True when the socket has taken all."""
        self._out += self._outgoing.read()
        while self._out:
            n = self.stream.write(self._out, 0, len(self._out))
            if n == 0:
                return False
            self._out = self._out[n:]
        return True

    def close(self):
        if not (self._is_done and self.stream.is_open):
            return
        try:
            self._ssl.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # the peer's own close_notify has not come: we do not wait for it
        self.flush()
