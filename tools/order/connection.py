"""One connection to a station's order port."""

import contextlib
import os
import secrets
import socket
from pathlib import Path

from protocols.orderport.client import ClientLink, PeerError
from protocols.orderport.hmac import Mac
from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION, NO_ORDER_PORT, ORDER_KEY_BAD

TIMEOUT_S = 10


def read_key(path):
    """32 octets; Failure when the file has none."""
    try:
        key = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise Failure(ORDER_KEY_BAD, "%s: %s" % (path, error)) from None
    if len(key) != 32:
        raise Failure(ORDER_KEY_BAD, "%s: %d digits" % (path, 2 * len(key)))
    return key


def write_key(path):
    """A new key in a file that only its owner reads; Failure when there is one already."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    except OSError as error:
        raise Failure(ORDER_KEY_BAD, "%s: %s" % (path, error.strerror)) from None


class Connection:
    """Use it as a context; order() as often as you like."""

    def __init__(self, address, key):
        self.address = address
        self.link = ClientLink(Mac(key))

    def __enter__(self):
        host, _, port = self.address.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise Failure(BAD_OPTION, "%s: HOST:PORT, such as 192.168.1.20:2405" % self.address)
        with self._explained():
            self.socket = socket.create_connection((host, int(port)), TIMEOUT_S)
            try:
                self._read_until(lambda: self.link.greeting is not None)
            except BaseException:
                self.socket.close()
                raise
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def order(self, entries):
        """The answer, a dict; Failure when the connection breaks or the answer is not the station's."""
        with self._explained():
            self.socket.sendall(self.link.order(entries))
            self._read_until(lambda: self.link.answer is not None)
        return self.link.answer

    def _read_until(self, is_there):
        while not is_there():
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionError("the station has closed the connection")
            self.link.feed(data)

    @contextlib.contextmanager
    def _explained(self):
        try:
            yield
        except (OSError, PeerError) as error:
            raise Failure(NO_ORDER_PORT, "%s: %s" % (self.address, error)) from None
        except ValueError as error:  # of what was typed: a port, an order that is too long
            raise Failure(NO_ORDER_PORT, "%s: %s" % (self.address, error)) from None
