"""What really happened, as CSV files: truth.csv (at an interval), writes.csv (each set-point write),
events.csv (faults and steps).

`t_ns` is CLOCK_MONOTONIC of this host, comparable across processes; in virtual time it is plant time. Sign:
positive = charging, import; only `wset_w` stands as it came over the wire (positive = injection). Empty cell
= not part of that write, or nothing in force.
"""

import csv
import json
from pathlib import Path

from tools.plant.background_file import BackgroundFile

_BAY_COLUMNS = ("ac_w", "order_w", "soc_bp", "state")
WRITE_COLUMNS = ("t_ns", "plant_ms", "bay", "wset_w", "wset_ena", "rvrt_tms_s", "order_w")
EVENT_COLUMNS = ("t_ns", "plant_ms", "action", "name", "arguments")


def truth_columns(bays):
    """Heading of truth.csv for `bays` bays."""
    per_bay = tuple(f"bay{bay}_{name}" for bay in range(bays) for name in _BAY_COLUMNS)
    return ("t_ns", "plant_ms", "frequency_mhz", "grid_w", "load_w") + per_bay


class TruthLog:
    """Writes the three files into `folder`; `t_ns(plant_ms)` dates a row, `now_ns()` a write or an event."""

    def __init__(self, plant, folder, t_ns=None, now_ns=None):
        self._t_ns = t_ns or (lambda plant_ms: plant_ms * 1_000_000)
        self._now_ns = now_ns or (lambda: self._t_ns(plant.now_ms))
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._files = []
        self._truth = self._open(folder / "truth.csv", truth_columns(len(plant.converters)))
        self._writes = self._open(folder / "writes.csv", WRITE_COLUMNS)
        self._events = self._open(folder / "events.csv", EVENT_COLUMNS)
        plant.observe(plant.config["log_ms"], self._on_interval)
        plant.on_write(self._on_write)
        plant.on_event(self._on_event)

    def close(self):
        """Complete the files."""
        for file in self._files:
            file.close()
        self._files.clear()

    def _open(self, path, columns):
        file = BackgroundFile(path)
        self._files.append(file)
        writer = csv.writer(file)
        writer.writerow(columns)
        return writer

    def _on_interval(self, plant):
        if not self._files:
            return
        now_ms = plant.now_ms
        row = [
            self._t_ns(now_ms),
            now_ms,
            plant.grid.frequency_mhz,
            round(plant.grid_w(), 1),
            round(plant.load_w, 1),
        ]
        for converter in plant.converters:
            row += [
                round(converter.ac_w, 1),
                _rounded(converter.ordered_w()),
                converter.battery.soc_bp(),
                converter.state(now_ms),
            ]
        self._truth.writerow(row)

    def _on_write(self, plant, bay, values):
        if not self._files or not any(name.startswith("WSet") for name in values):
            return
        self._writes.writerow(
            [
                self._now_ns(),
                plant.now_ms,
                bay,
                values.get("WSet"),
                values.get("WSetEna"),
                values.get("WSetRvrtTms"),
                _rounded(plant.converters[bay].ordered_w()),
            ]
        )

    def _on_event(self, plant, action, name, arguments):
        if self._files:
            self._events.writerow([self._now_ns(), plant.now_ms, action, name, json.dumps(arguments)])


def _rounded(watts):
    return None if watts is None else round(watts, 1)
