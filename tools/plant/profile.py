"""Site load over time: (second, W) points, each holding until the next; the last one holds for ever.

As a CSV file: two columns, seconds and watts; a first line that is not numeric counts as a heading.
"""

import csv
from bisect import bisect_right
from pathlib import Path


class ProfileError(ValueError):
    """The profile is not usable; the text says where."""


class Profile:
    """Stepwise site load in W, asked for in plant ms."""

    def __init__(self, points):
        self._at_ms = [round(second * 1000) for second, _ in points]
        self._load_w = [watts for _, watts in points]

    def load_w(self, now_ms):
        """Load at `now_ms`; before the first point, the first value."""
        return self._load_w[max(0, bisect_right(self._at_ms, now_ms) - 1)]


def load_profile(source, folder="."):
    """List of (second, W) from a list or from a CSV file relative to `folder`; raises ProfileError."""
    rows = source if isinstance(source, list) else _read_csv(source, folder)
    if not rows:
        raise ProfileError("is empty; give at least one [second, W]")
    points = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, (list, tuple)) or len(row) != 2 or not all(_is_number(v) for v in row):
            raise ProfileError(f"point {number} is {row!r}; it must be [second, W]")
        if points and row[0] <= points[-1][0]:
            raise ProfileError(
                f"point {number} is at {row[0]} s, not after the one before it ({points[-1][0]} s)"
            )
        points.append((row[0], row[1]))
    return points


def _read_csv(source, folder):
    if not isinstance(source, str):
        raise ProfileError(
            f"{source!r} is wrong; it must be null, a list of [second, W], or the name of a CSV file"
        )
    path = Path(folder) / source
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [line for line in csv.reader(file) if line]
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read ({error.strerror})") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append([float(cell) for cell in line])
        except ValueError as error:
            if number > 1:
                raise ProfileError(f"{path}: line {number} is not two numbers: {','.join(line)}") from error
    return rows


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
