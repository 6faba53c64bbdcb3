"""What a measure needs of the run: quick or full, a folder for its files, whom to tell how far it is."""

from pathlib import Path


class Context:
    """`told(text, share)` hears of progress; `quick`: the fewest repetitions that exercise everything."""

    def __init__(self, quick, root, told=None):
        self.quick = quick
        self._root = Path(root)
        self._told = told or (lambda text, share: None)
        self._text = ""

    def folder(self, name):
        """A folder of this run, made when it is not there."""
        path = self._root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def say(self, text):
        """What is being measured now."""
        self._text = text
        self._told(text, 0.0)

    def advance(self, share):
        """How much of it is done, 0..1."""
        self._told(self._text, share)
