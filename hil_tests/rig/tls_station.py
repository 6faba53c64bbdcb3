"""Our station of the rows behind TLS, with its lab; and the client's half of TLS made by hand, for flights
that are bent on their way.
"""

import ssl

from hil_tests.rig.tls_lab import Lab
from hil_tests.rows import targets
from hil_tests.rows.context import Context

HOST = "127.0.0.1"


class TlsStation(targets.Ours):
    """A target of the rows whose masters all come over TLS 1.2 or later with a listed certificate."""

    def __init__(self, interpreter, folder):
        super().__init__(interpreter)
        self.lab = Lab(folder)
        self.wrap = self.lab.wrapper()
        self.section = self.lab.section()

    def settings(self, row_settings):
        return super().settings(dict({"tls": self.section}, **row_settings))

    def context(self, section=None, **row_settings):
        """A fresh station and what a row's test gets of it."""
        if section:
            row_settings["tls"] = self.lab.section(**section)
        answer, seconds = self.fresh(row_settings)
        return Context(self, seconds, answer)


class Flights:
    """A TLS 1.2 client without a socket: hello(), then answer() to what the server said."""

    def __init__(self, lab, name="master"):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = lab.context(name, newest=ssl.TLSVersion.TLSv1_2)
        self.client = context.wrap_bio(self.incoming, self.outgoing, server_hostname=HOST)

    def hello(self):
        return self._next()

    def answer(self, octets):
        """The client's octets after these of the server; b"" while it waits for more."""
        self.incoming.write(octets)
        return self._next()

    def _next(self):
        try:
            self.client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def second_flight(self, sock):
        """Go as far as the client's certificate, key exchange and Finished, not sent yet."""
        sock.sendall(self.hello())
        flight = b""
        while not flight:
            octets = sock.recv(65536)
            if not octets:
                raise ConnectionError("the station closed after a ClientHello")
            flight = self.answer(octets)
        return flight
