"""Everything that passed as lines of CSV: one per information object, per order, per change of the link."""

import csv
import datetime
import threading

from tools.catalogue import Failure
from tools.catalogue_host import OUTPUT_UNWRITABLE

HEADING = (
    "host_time", "direction", "type", "type_name", "cause", "oa", "ca", "ioa", "point", "value", "unit",
    "quality", "time_tag", "note",
)  # fmt: skip


class CsvLog:
    def __init__(self, book, type_name):
        self._book = book
        self._type_name = type_name
        self._lock = threading.Lock()
        self._file = self._writer = None
        self.path = None

    def open(self, path):
        """Begin a file; one that is there is continued."""
        self.close()
        try:
            file = open(path, "a", newline="", encoding="utf-8-sig" if not path.exists() else "utf-8")
        except OSError as error:
            raise Failure(OUTPUT_UNWRITABLE, "%s: %s" % (path, error.strerror)) from None
        with self._lock:
            self._file, self._writer, self.path = file, csv.writer(file), path
            if file.tell() == 0:
                self._writer.writerow(HEADING)

    def close(self):
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = self._writer = self.path = None

    def row(self, direction, type_id, cause, oa, ca, ioa, value, quality="", tag="", note=""):
        """One object; `direction` is "in" or "out"."""
        if self._writer is None:
            return
        entry = self._book.at(ioa) if ioa is not None else None
        name, unit = (entry.name, entry.unit) if entry is not None and ioa else ("", "")
        self._write(
            (direction, type_id, self._type_name(type_id), cause, oa, ca, ioa, name)
            + ("" if value is None else value, unit, quality, tag, note)
        )

    def note(self, text):
        """A change of the link, or what was asked of the console."""
        self._write(("link",) + ("",) * 11 + (text,))

    def _write(self, fields):
        stamp = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        with self._lock:
            if self._writer is not None:
                self._writer.writerow((stamp, *fields))
                self._file.flush()
