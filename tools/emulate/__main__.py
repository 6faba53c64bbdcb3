"""python -m tools.emulate CONFIG [--board B]: the firmware on an emulated board, in the foreground."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from firmware.config import ConfigError, load
from tools.build import BuildError, image
from tools.emulate import EmulateError, qemu, session


def main(argv=None):
    """Exit status: the firmware's own; 2 bad configuration or option, 3 nothing to build or run it with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, metavar="CONFIG")
    parser.add_argument("--board", default="mps2_an385")
    parser.add_argument("--source", type=Path, metavar="DIR", help="a MicroPython checkout")
    parser.add_argument("--icount", default=qemu.LIVE, help="the board's pace, as QEMU takes it; '' for none")
    parser.add_argument("--uart", action="append", default=[], metavar="uartN=pty|tcp:...|/dev/...")
    parser.add_argument("--ticks", type=int, help="where the board's millisecond clock begins")
    options = parser.parse_args(argv)
    extra = [] if options.ticks is None else ["ticks=%d" % options.ticks]
    overrides = dict(word.split("=", 1) for word in options.uart)
    try:
        load(str(options.config))
        config = json.loads(options.config.read_text(encoding="utf-8"))
        built = image.build(options.board, given_source=options.source, say=_say)
        running = session.run(built, config, options.icount, overrides, extra, _console)
        return asyncio.run(running)
    except ConfigError as error:
        for _, path, value, right in error.errors:
            _say("%s = %r; right: %s" % (path, value, right))
        return 2
    except (BuildError, EmulateError) as error:
        _say(str(error))
        return 3


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _console(line):
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
