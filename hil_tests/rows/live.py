"""Rows 96, 115 and 116 on the firmware itself: the charger's process with no plant, because what is asked is
its answer to the dispatcher alone.
"""

import json
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from firmware import codes
from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.events import objects
from hil_tests.rows.row import check
from hil_tests.rows.targets import free_port
from tools import runtime

LOST_S = 2
FALLBACK, WINNER, DEADBAND = 0x0010, 0x4026, 0x8001
WINNERS = (
    ("hold", codes.WINNER_HOLD),
    ("ramp_to_zero", codes.WINNER_RAMP_TO_ZERO),
    ("schedule", codes.WINNER_SCHEDULE),
)


def _configuration(port, fallback, store):
    return {
        "station": {"store": store},
        "site": {"import_max_w": 30000, "export_max_w": 30000},
        "buses": [{"name": "converter", "kind": "tcp", "host": "127.0.0.1", "port": free_port()}],
        "bays": [{"name": "bay1", "rating_w": 15000, "converter": {"bus": "converter"}}],
        "control": {
            "ramp_w_per_s": 6000,
            "fallback": fallback,
            "master_lost_s": LOST_S,
            "schedule": [[0, 4000]],
        },
        "telecontrol": {
            "port": port,
            "listen": "127.0.0.1",
            "t1_s": 2,
            "t2_s": 1,
            "t3_s": 1,
            "parameters": [{"ioa": DEADBAND, "point": 0x4003}],
        },
    }


class Firmware:
    """The simulated board's process."""

    def __init__(self, interpreter, fallback, folder):
        self.port = free_port()
        path = Path(folder) / (fallback + ".json")
        path.write_text(json.dumps(_configuration(self.port, fallback, str(Path(folder) / "store"))))
        argv, env = runtime.firmware_command(interpreter, path)
        self.said = []
        self.process = subprocess.Popen(
            argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def ready(self):
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("ready "):
                return
        check(False, "the firmware did not start: " + "".join(said)[-400:])

    def stop(self):
        """End it; what it printed is in `said`."""
        runtime.stop(self.process)
        self.said += self.process.stdout.read().splitlines()
        self.process.stdout.close()


def _told(port):
    """Events of flag and winner that a master finds when it comes back: [(address, value)]."""
    m = wire.Master(port)
    found = objects(m.start() + m.during(0.1))
    m.close()
    return [(ioa, value_of(element)) for ioa, element, _ in found if ioa in (FALLBACK, WINNER)]


def value_of(element):
    """A single point or a short float, as a whole number."""
    return element[0] & 1 if len(element) == 1 else round(struct.unpack_from("<f", element)[0])


def all_masters_gone(t):
    """One order, then nobody, for each fallback; the three side by side."""
    running = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for fallback, _ in WINNERS:
                running.append(Firmware(t.target.name, fallback, folder))
            for firmware in running:
                firmware.ready()
                m = wire.Master(firmware.port)
                m.start()
                check(t.is_served(m, 5.0), "the set-point is not confirmed")
                m.close()
            time.sleep(LOST_S + 0.6)
            told = [_told(firmware.port) for firmware in running]
        finally:
            for firmware in running:
                firmware.stop()
    for (fallback, winner), got in zip(WINNERS, told):
        check((FALLBACK, 1) in got, "%s: no flag; %s" % (fallback, got))
        check((WINNER, winner) in got, "%s: winner %d wanted; %s" % (fallback, winner, got))


# octets of an order after its type, and how the log must tell it
_ORDERS = (
    (50, {"oa": 9}, struct.pack("<fB", 2, 0), "#V430 order accepted", "OA 9 CA 1 IOA 25089 type 50 value 2"),
    (50, {}, struct.pack("<fB", 1e9, 0), "#V401 set-point outside", "IOA 25089 type 50 value 1e+09 (1)"),
    (50, {}, struct.pack("<fB", float("nan"), 0), "#V437 refused: no such value", "value nan (1)"),
    (50, {"ca": 5}, struct.pack("<fB", 2, 0), "#V433 refused: common address", "CA 5 IOA 25089"),
    (200, {}, b"\1", "#V431 refused: type unknown", "IOA 25089 type 200 value none (1)"),
    (50, {}, struct.pack("<fB", 3, 0), "#V430 order accepted", "type 50 value 3 (2)"),
)


def orders_are_logged(t):
    """Accepted and refused orders of one master, and the lines about them."""
    with tempfile.TemporaryDirectory() as folder:
        firmware = Firmware(t.target.name, "hold", folder)
        try:
            firmware.ready()
            m = wire.Master(firmware.port)
            m.start()
            for type_id, named, body, _, _ in _ORDERS:
                m.ask(wire.asdu(type_id, 6, 0x6201, body, **named))
            time.sleep(0.1 * len(_ORDERS) + 0.3)  # a line a cycle
            m.close()
        finally:
            firmware.stop()
    lines = [line for line in firmware.said if " OA " in line]
    check(len(lines) == len(_ORDERS), "%d lines: %s" % (len(lines), lines))
    for line, (_, _, _, head, tail) in zip(lines, _ORDERS):
        check(line.startswith(head) and " 127.0.0.1 OA " in line and tail in line, line)


def _dead_band(m):
    """(cause, value, QPM) of the parameter in an interrogation."""
    for a in m.ask(GI):
        for ioa, element, _ in a.objects:
            if a.type == 112 and ioa == DEADBAND:
                return (a.cause, *struct.unpack("<fB", element))
    return None


def parameters_are_kept(t):
    """A dead band is loaded; the firmware is killed as soon as it has confirmed, and started again."""
    loaded = struct.pack("<fB", 2.5, 1)
    with tempfile.TemporaryDirectory() as folder:
        for shown in ((20, 0.1, 1), (20, 2.5, 1)):
            firmware = Firmware(t.target.name, "hold", folder)
            try:
                firmware.ready()
                m = wire.Master(firmware.port)
                m.start()
                got = _dead_band(m)
                check(got is not None and abs(got[1] - shown[1]) < 1e-6, "in the interrogation: %s" % (got,))
                check(got[0] == shown[0] and got[2] == shown[2], "in the interrogation: %s" % (got,))
                t.one_answer(m, wire.asdu(112, 6, DEADBAND, loaded), 7, False)
                firmware.process.kill()
                m.close()
            finally:
                firmware.stop()
