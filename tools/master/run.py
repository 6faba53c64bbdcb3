"""`v2g master`: one session with one station, from the options to the exit.

Commands come from the command line, else from a script, else from the prompt. The first that fails ends a
script; what failed is the exit status.
"""

import ssl
import sys

from firmware.config import validate
from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION, MASTER_NO_STATION, MASTER_TLS
from tools.master import commands, commands_orders  # noqa: F401 (they register themselves)
from tools.master.actions import Actions
from tools.master.book import Book
from tools.master.console import Console, Quit
from tools.master.csvlog import CsvLog
from tools.master.heard import type_name
from tools.defaults import default_config
from tools.master.line import tls_context

PORT, TLS_PORT = 2404, 19998


def split_address(text, default_port):
    """("host", port) from HOST, HOST:PORT or [IPV6]:PORT."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, str(default_port)
    if not port.isdigit() or not 1 <= int(port) <= 65535 or not host:
        raise Failure(BAD_OPTION, "%s: HOST or HOST:PORT is wanted" % text)
    return host.strip("[]"), int(port)


class Session:
    """`tele`: a checked section `telecontrol`; `tls`: path of an identity without ending, or None."""

    def __init__(self, tele, address, common_address=None, originator=0, utc_offset_min=None, tls=None,
                 authority=None, server_name="", timeout_s=5.0, lang="en"):  # fmt: skip
        self.book = Book(tele)
        self.host, self.port = split_address(address, TLS_PORT if tls else PORT)
        self.server_name = server_name
        self.context = _context(tls, authority) if tls else None
        self.log = CsvLog(self.book, type_name)
        offset = tele["utc_offset_min"] if utc_offset_min is None else utc_offset_min
        self.actions = Actions(
            self.log, common_address or tele["common_address"], originator, offset, timeout_s
        )
        self.console = Console(self.actions, self.book, self.log, self.dial, lang)

    def dial(self):
        try:
            self.actions.connect(self.host, self.port, self.context, self.server_name)
        except ssl.SSLError as error:
            raise Failure(MASTER_TLS, "%s:%d, %s" % (self.host, self.port, error.reason or error)) from None
        except OSError as error:
            detail = "%s:%d, %s" % (self.host, self.port, error.strerror or error)
            raise Failure(MASTER_NO_STATION, detail) from None

    def run(self, lines):
        """Commands one after the other; the first Failure ends it."""
        try:
            for line in lines:
                self.console.run(line)
        except Quit:
            pass

    def close(self):
        self.actions.close()
        self.log.close()


def _context(tls, authority):
    authority = authority or tls.parent / "ca.crt.pem"
    try:
        return tls_context(authority, "%s.crt.pem" % tls, "%s.key.pem" % tls)
    except (OSError, ssl.SSLError) as error:
        raise Failure(MASTER_TLS, "%s, %s: %s" % (tls, authority, error)) from None


def default_telecontrol():
    """The section as it is without a configuration file."""
    return validate(default_config())["telecontrol"]


def default_address(tele):
    """Where a station of this section listens, seen from this machine."""
    host = tele["listen"] if tele["listen"] not in ("", "0.0.0.0", "::") else "127.0.0.1"
    return "%s:%d" % (host, tele["port"])


def master(session, lines, script, log, tell):
    """The whole command; `lines` from the command line, `script` an open file or None."""
    try:
        if log is not None:
            session.log.open(log)
        session.dial()
        if lines:
            session.run(lines)
        elif script is not None:
            session.run(script)
        elif sys.stdin.isatty():
            from tools.master.prompt import converse

            converse(session.console, tell)
        else:
            session.run(sys.stdin)
    finally:
        session.close()
