"""Serves the station: `main([CONTROL_PORT])`. Requests come as JSON lines on the control connection; the
process ends with it.
"""

import json
import sys

from drivers.ports.tcp import TcpListener
from hil_tests.rows.station.app import App


class Control:
    """The control connection: one peer, one JSON object per line."""

    def __init__(self, app, listener):
        self.app = app
        self.listener = listener
        self.port = None
        self.buf = bytearray(4096)
        self.rest = b""
        app.board.poller.add(listener.sock, listener)

    def service(self):
        """Serve what has come; False when the peer has gone."""
        if self.port is None:
            self.port = self.listener.accept()
            if self.port is not None:
                self.app.board.poller.add(self.port.sock, self.port)
            return True
        n = self.port.read_into(self.buf)
        if n:
            self.rest += bytes(self.buf[:n])
        while b"\n" in self.rest:
            line, self.rest = self.rest.split(b"\n", 1)
            self._answer(json.dumps(self.app.do(json.loads(line))).encode() + b"\n")
        return self.port.is_open

    def _answer(self, data):
        at = 0
        while at < len(data) and self.port.is_open:
            at += self.port.write(data, at, len(data) - at)


def write_line(text):
    sys.stdout.write(text + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def main(arguments):
    app = App(write_line)
    control = Control(app, TcpListener("127.0.0.1", int(arguments[0])))
    write_line("ready")
    try:
        while control.service():
            app.turn()
    except KeyboardInterrupt:
        pass
    app.close()
    return 0
