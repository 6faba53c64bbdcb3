"""A text file whose lines are written by a thread of its own: a disk that makes its writer wait must not hold
up the plant's clock, or the devices in it fall silent.
"""

import queue
import threading

_END = None


class BackgroundFile:
    """write(), flush() and close() of a text file; write() never waits, close() does."""

    def __init__(self, path, encoding="utf-8"):
        """Raises OSError when the file cannot be made."""
        self._file = open(path, "w", newline="", encoding=encoding)
        self._texts = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def write(self, text):
        self._texts.put(text)

    def close(self):
        """Complete the file; raises OSError when it could not be completed."""
        self._texts.put(_END)
        self._thread.join()
        self._file.close()

    def _work(self):
        while (text := self._texts.get()) is not _END:
            self._file.write(text)
            if self._texts.empty():
                self._file.flush()
