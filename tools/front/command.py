"""`v2g tls-front`: mistakes of the configuration as the catalogue tells them, then the loop until Ctrl-C."""

import errno

from boards.station import PortError
from firmware.config import ConfigError
from tools.catalogue import Failure
from tools.catalogue_host import PORT_BUSY, PORT_FORBIDDEN
from tools.commands import config_errors
from tools.front.app import Front
from tools.front.settings import load


def run(path):
    """Serve; Failure when it cannot begin."""
    front = start(path)
    try:
        while True:
            front.turn()
    finally:
        front.close()


def start(path):
    """A Front that listens; Failure when it cannot."""
    try:
        settings = load(path)
    except ConfigError as error:
        first, *others = config_errors(error)
        raise Failure(first.code, first.detail, [str(failure) for failure in others]) from None
    where = "%s:%d" % (settings["tls"]["listen"], settings["tls"]["port"])
    try:
        return Front(settings, lambda line: print(line, flush=True))
    except PortError as error:
        raise Failure(error.code, str(error.args[1])) from None
    except OSError as error:
        code = PORT_FORBIDDEN if error.errno == errno.EACCES else PORT_BUSY
        raise Failure(code, "%s, %s" % (where, error.strerror)) from None
