"""Firmware and plant as real processes in real time, and a master on a plain socket; deadlines are
generous, and nothing is measured.
"""

import os
import signal
import socket
import struct
import time
from pathlib import Path

from hil_tests.faults.raw_master import C_SE_NC_1, STARTDT_ACT, STARTDT_CON, TESTFR_ACT, TESTFR_CON, setpoint
from tools import runtime
from tools.child import Child
from tools.defaults import default_config, with_plant_ports, write_config
from tools.plant.process import PlantProcess
from tools.up import free_port

PATIENCE_S = 40


def until(holds, what):
    """Wait until `holds()` is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "not within %d s: %s" % (PATIENCE_S, what)
        time.sleep(0.05)


class SocketMaster:
    """A dispatcher that knows six frames."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), PATIENCE_S)
        self.vs = self.vr = 0
        self.socket.sendall(STARTDT_ACT)
        while self._frame() != STARTDT_CON:
            pass

    def setpoint(self, kw):
        """Send C_SE_NC_1 and wait for its confirmation; whether it is a positive one."""
        body = setpoint(kw)
        self.socket.sendall(struct.pack("<BBHH", 0x68, len(body) + 4, self.vs << 1, self.vr << 1) + body)
        self.vs += 1
        while True:
            frame = self._frame()
            if not frame[2] & 1 and frame[6] == C_SE_NC_1:
                return frame[8] == 7

    def _frame(self):
        head = self._octets(2)
        frame = head + self._octets(head[1])
        if not frame[2] & 1:
            self.vr += 1
            self.socket.sendall(struct.pack("<BBHH", 0x68, 4, 1, self.vr << 1))
        elif frame == TESTFR_ACT:
            self.socket.sendall(TESTFR_CON)
        return frame

    def _octets(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("the station closed the link")
            data += more
        return data

    def close(self):
        self.socket.close()


class Firmware:
    """The firmware of the simulated board on one interpreter; `lines` holds what its console says."""

    def __init__(self, interpreter, config, folder):
        self.lines = []
        self.config = config
        write_config(config, Path(folder) / "config.json")
        argv, env = runtime.firmware_command(interpreter, Path(folder) / "config.json")
        self.child = Child("firmware", argv, Path(folder) / "firmware.log", env, self.lines.append)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.child.stop()

    def ready(self):
        self.child.wait_line("ready iec104=", PATIENCE_S)
        return self

    def master(self):
        tele = self.config["telecontrol"]
        return SocketMaster(tele["listen"], tele["port"])

    def signal(self, number):
        """Send it, and wait for the end; the exit status."""
        os.kill(self.child.process.pid, number)
        status = self.child.wait(PATIENCE_S)
        self.child.stop()  # takes in the last lines
        return status

    def interrupt(self):
        """Ctrl-C; the exit status."""
        return self.signal(signal.SIGINT)

    def end(self):
        """The exit status of a firmware that ends by itself."""
        status = self.child.wait(PATIENCE_S)
        self.child.stop()
        return status

    def says(self, code):
        """Wait for a line with this code."""
        until(lambda: any(line.startswith("#V%03d " % code) for line in self.lines), "code V%03d" % code)

    def said(self, code):
        return [line for line in self.lines if line.startswith("#V%03d " % code)]


class LiveSite:
    """`with LiveSite(interpreter, folder) as site`: plant first, firmware ready, master started;
    `telecontrol`: what that section of the configuration says besides.
    """

    def __init__(self, interpreter, folder, bays=1, telecontrol=None):
        self.interpreter = interpreter
        self.folder = Path(folder)
        self.config = default_config(bays, free_port(), folder)
        self.config["telecontrol"].update(telecontrol or {})
        self.plant = self.firmware = self.master = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:  # nothing may stay behind
            self.__exit__()
            raise
        return self

    def _start(self):
        self.start_plant()
        self.config = with_plant_ports(self.config, self.plant.converters)
        self.start_firmware()

    def __exit__(self, *exception):
        if self.master is not None:
            self.master.close()
        if self.firmware is not None:
            self.firmware.child.stop()
        if self.plant is not None:
            self.plant.__exit__()

    def start_firmware(self):
        self.firmware = Firmware(self.interpreter, self.config, self.folder).ready()
        until(lambda: None not in self.orders_w(), "first order of every converter")
        self.master = self.firmware.master()

    def start_plant(self):
        self.plant = PlantProcess(self.config["plant"]).__enter__()

    def kill_plant(self):
        """As a power cut: SIGKILL, no good-bye."""
        self.plant.control.close()
        self.plant._process.kill()
        self.plant.stop()
        self.plant = None

    def state(self):
        return self.plant.control.state()

    def orders_w(self):
        return [bay["order_w"] for bay in self.state()["bays"]]

    def bays_w(self):
        """The plant's truth: the meter's power less the site's load."""
        state = self.state()
        return state["grid_w"] - state["load_w"]

    def follows(self, kw):
        """Order `kw` (+ = into the grid), and wait until the plant shows it."""
        assert self.master.setpoint(kw)
        until(lambda: abs(self.bays_w() + 1000 * kw) < 50, "%g kW at the meter" % kw)


def lean_config(folder, port):
    """A configuration that needs no plant to start."""
    config = default_config(1, port, folder)
    config["buses"], config["meters"], config["site"]["meter"] = config["buses"][1:], [], ""
    return config
