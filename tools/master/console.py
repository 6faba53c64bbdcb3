"""The console: one object that runs a line of words, for the prompt, a script and the command line alike.

A command is a function below `@command`; its texts are its help. What goes wrong is a Failure. A line that
begins with # is a comment; quotes work as in a shell.
"""

import shlex
from typing import NamedTuple

from rich.console import Console as Screen

from tools.catalogue import Failure
from tools.catalogue_host import MASTER_COMMAND
from tools.master import words


class Command(NamedTuple):
    name: str
    usage: str
    en: str
    zh: str
    run: object


COMMANDS = {}


def command(usage, en, zh):
    """Decorator: run(console, words) under the first word of `usage`."""

    def register(run):
        name = usage.split()[0]
        COMMANDS[name] = Command(name, usage, en, zh, run)
        return run

    return register


class Quit(Exception):
    """The command `quit`."""


class Console:
    """`dial()` connects to the station that was named at the start."""

    def __init__(self, actions, book, log, dial, lang="en", screen=None):
        self.actions = actions
        self.book = book
        self.log = log
        self.dial = dial
        self.lang = lang
        self.screen = screen or Screen(highlight=False)

    def say(self, text):
        self.screen.print(text, markup=False, highlight=False)

    def run(self, line):
        """One line; Failure when it cannot be done, Quit when it says so."""
        try:
            found = shlex.split(line, comments=True)
        except ValueError as error:
            raise Failure(MASTER_COMMAND, "%s: %s" % (line.strip(), error)) from None
        if not found:
            return
        name = found[0].lower()
        if name not in COMMANDS:
            matches = [full for full in COMMANDS if full.startswith(name)]
            if len(matches) != 1:
                raise Failure(MASTER_COMMAND, "%s; there is: %s" % (name, ", ".join(matches or COMMANDS)))
            name = matches[0]
        self.log.note("> " + line.strip())
        try:
            COMMANDS[name].run(self, found[1:])
        except Failure as failure:
            if failure.code == MASTER_COMMAND:
                raise Failure(failure.code, failure.detail, ["usage: " + COMMANDS[name].usage]) from None
            raise

    def thing(self, word):
        return words.thing(self.book, word)
