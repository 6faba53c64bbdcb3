"""The interactive prompt: history over sessions, completion of commands and names, Ctrl-C ends a command and
Ctrl-D the session. What the link does meanwhile is told above the line being typed.
"""

import os
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from protocols.iec104.apci import STARTED
from tools.catalogue import Failure
from tools.master.console import COMMANDS, Quit

GREETING = "`help` lists the commands, Tab completes, Ctrl-D ends. help 列出命令，Tab 补全，Ctrl-D 退出。"
_WORDS = ("on", "off", "as", "sbo", "select", "execute", "cancel", "tagged", "test", "for", "within")


class Names(Completer):
    """A command first, then names of objects and the words of options."""

    def __init__(self, book):
        self.book = book

    def get_completions(self, document, complete_event):
        before = document.text_before_cursor
        word = document.get_word_before_cursor(WORD=True)
        if not before[: len(before) - len(word)].strip():
            choices = list(COMMANDS)
        elif before.lstrip().startswith("help"):
            choices = list(COMMANDS)
        else:
            choices = self.book.names() + list(_WORDS)
        for choice in choices:
            if choice.startswith(word):
                entry = self.book.by_name.get(choice)
                yield Completion(choice, -len(word), display_meta=entry.label if entry else "")


def history():
    """In the user's state folder, where it can be written."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "v2g"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "master-history"
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def converse(console, tell, **terminal):
    """Read and run lines until the end; a Failure is told, and the session goes on."""
    session = PromptSession(
        history=terminal.pop("history", None) or history(),
        completer=Names(console.book),
        auto_suggest=AutoSuggestFromHistory(),
        **terminal,
    )
    console.say(GREETING)
    closed = console.actions.line.on_closed

    def on_closed(reason):
        closed(reason)
        print("link closed 链路断开: %s" % reason)

    console.actions.line.on_closed = on_closed
    while True:
        try:
            with patch_stdout():
                line = session.prompt(_sign(console))
            console.run(line)
        except KeyboardInterrupt:
            continue
        except (EOFError, Quit):
            return
        except Failure as failure:
            tell(failure)


def _sign(console):
    actions = console.actions
    if not actions.line.is_open:
        return "104 (not connected)> "
    return "104> " if actions.machine.state == STARTED else "104 (stopped)> "
