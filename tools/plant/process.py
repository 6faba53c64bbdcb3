"""The plant as a child process, for tests and tools: started, waited for, stopped by its own handle."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.plant.control import ControlClient

ROOT = Path(__file__).resolve().parents[2]


class PlantProcess:
    """`with PlantProcess(section, log_dir) as plant`: addresses as attributes, `control` for faults."""

    def __init__(self, plant_section, log_dir=None):
        self._section = plant_section
        self._log_dir = log_dir
        self._folder = self._process = self.control = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="plant-")
        config = Path(self._folder.name) / "plant.json"
        config.write_text(json.dumps({"plant": self._section}), encoding="utf-8")
        command = [sys.executable, "-m", "tools.plant", "--config", str(config)]
        if self._log_dir is not None:
            command += ["--log", str(self._log_dir)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line.startswith("ready "):
            _, errors = self._process.communicate()
            self._folder.cleanup()
            raise RuntimeError(f"the plant did not start: {errors.strip()}")
        where = dict(word.split("=", 1) for word in line.split()[1:])
        self.meter, self.meter_pty = where["meter"], where["meter_pty"]
        self.converters = where["converter"].split(",")
        self.control = ControlClient(where["control"])
        return self

    def __exit__(self, *exception):
        self.control.close()
        self.stop()

    def stop(self):
        """SIGTERM and wait; the exit code."""
        self._process.terminate()
        self._process.communicate(timeout=10)
        self._folder.cleanup()
        return self._process.returncode
