"""The plant in real time: pymodbus servers over the register maps, a pty line for the meter, a control
port, the truth log.

Plant time 0 is the moment of `start()`, on CLOCK_MONOTONIC. With CAN devices, a host that holds this process
up stops their time too: of a longer gap between two ticks only STALL_MS count, so that no simulated device
takes the frames that wait in a socket for a silent partner. What was lost so is told at the end.
"""

import asyncio
import os
import socket
import time
from pathlib import Path

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

from tools.plant.background_file import BackgroundFile
from tools.plant.can_bays import CanBays
from tools.plant.control import ControlPort
from tools.plant.converter_map import converter_map
from tools.plant.core import Plant
from tools.plant.faces import device, line_faults
from tools.plant.meter_map import MeterMap
from tools.plant.rtu_line import RtuLine
from tools.plant.truthlog import TruthLog

TICK_S = 0.02
CAN_TICK_S = 0.005
STALL_MS = 100  # as long as a remote I/O's period between two outputs


class PlantStartError(RuntimeError):
    """The plant cannot start; the text names the key, the value and the reason."""


class LivePlant:
    """Servers around one Plant; use as `async with LivePlant(config) as live`."""

    def __init__(self, config, log_dir=None, control_port=0):
        self.plant = Plant(config)
        self.config = self.plant.config
        self._log_dir = log_dir
        self._control_port = control_port
        self._start_ns = 0
        self._advanced_ns = 0
        self.stalled_ms = 0  # time that the host took from the plant
        self._servers = []
        self._line = self._link = self._log = self._ticker = self._control = None
        self.meter_address = self.control_address = ""
        self.converter_addresses = []
        self.can = self._can_file = None
        self.can_address, self.vehicle_addresses = "", []

    async def __aenter__(self):
        try:
            await self.start()
        except (PlantStartError, OSError):
            await self.stop()
            raise
        return self

    async def __aexit__(self, *exception):
        await self.stop()

    async def start(self):
        """Open every face; raises PlantStartError."""
        self._start_ns = time.monotonic_ns()
        if self._log_dir is not None:
            try:
                self._log = TruthLog(self.plant, self._log_dir, self._t_ns, time.monotonic_ns)
            except OSError as error:
                raise PlantStartError(f"log directory {self._log_dir}: {error.strerror}") from error
        meter = self.config["meter"]
        truth = meter["tcp_view"] == "truth"
        self.meter_address = await self._serve_tcp(
            MeterMap(self.plant, truth), meter["tcp"], "plant.meter.tcp"
        )
        for bay, port in enumerate(self.config["converters_tcp"]):
            where = f"plant.converters_tcp[{bay}]"
            registers = converter_map(self.plant, bay)
            self.converter_addresses.append(await self._serve_tcp(registers, port, where))
        if meter["pty"] is not None:
            await self._serve_rtu(meter)
        await self._start_can()
        _check_port(self.config["host"], self._control_port, "control port")
        self._control = ControlPort(self.plant, self.advance)
        self.control_address = await self._control.start(self.config["host"], self._control_port)
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self):
        """Close every face and complete the log."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        if self._control is not None:
            await self._control.stop()
        for server in self._servers:
            await server.shutdown()
        if self.can is not None:
            for hub in [self.can.modules_hub, *self.can.car_hubs]:
                await hub.stop()
            for outlet in self.can.outlets:
                await outlet.car.stop_server()
        if self._can_file is not None:
            self._can_file.close()
        if (
            self._link is not None
            and os.path.islink(self._link)
            and os.readlink(self._link) == self._line.path
        ):
            os.unlink(self._link)
        if self._line is not None:
            self._line.close()
        if self._log is not None:
            self._log.close()

    def advance(self):
        """Bring the plant to the present."""
        if self.can is not None:
            self._slip()
        now_ms = self._now_ms()
        self.plant.advance(now_ms)
        if self.can is not None:
            self.can.advance(now_ms)

    def _slip(self):
        """A gap that is longer than STALL_MS was not the plant's."""
        now_ns = time.monotonic_ns()
        over_ns = now_ns - self._advanced_ns - STALL_MS * 1_000_000
        if self._advanced_ns and over_ns > 0:
            self._start_ns += over_ns
            self.stalled_ms += over_ns // 1_000_000
        self._advanced_ns = now_ns

    def _now_ms(self):
        return (time.monotonic_ns() - self._start_ns) // 1_000_000

    async def _start_can(self):
        """The CAN buses over TCP, where a bay has one."""
        if not any(bay["converter"] == "infy" for bay in self.config["bays"]):
            return
        if self._log_dir is not None:
            self._can_file = BackgroundFile(Path(self._log_dir) / "can.log", "ascii")
        self.can = CanBays(self.plant, self._now_ms, self._can_file, time.time() - self._now_ms() / 1000)
        host = self.config["host"]
        _check_port(host, self.config["can_tcp"], "plant.can_tcp")
        self.can_address = await self.can.modules_hub.start(host, self.config["can_tcp"])
        self.vehicle_addresses = ["-"] * len(self.config["bays"])
        for bay, outlet in zip(self.can.bays, self.can.outlets, strict=True):
            port = self.config["vehicles_tcp"][bay]
            _check_port(host, port, f"plant.vehicles_tcp[{bay}]")
            self.vehicle_addresses[bay] = await outlet.car.start(host, port)

    def ready_line(self):
        """The line that tells a script where everything is."""
        line = (
            f"ready meter={self.meter_address} meter_pty={self._link or '-'} "
            f"converter={','.join(self.converter_addresses)} control={self.control_address}"
        )
        if self.can is not None:
            line += f" can={self.can_address} vehicle={','.join(self.vehicle_addresses)}"
        return line

    def _t_ns(self, plant_ms):
        return self._start_ns + plant_ms * 1_000_000

    async def _tick(self):
        while True:
            self.advance()
            await asyncio.sleep(TICK_S if self.can is None else CAN_TICK_S)

    async def _serve_tcp(self, registers, port, where):
        host = self.config["host"]
        _check_port(host, port, where)
        server = ModbusTcpServer(
            device(registers, self.advance), address=(host, port), **line_faults([registers])
        )
        await server.serve_forever(background=True)
        self._servers.append(server)
        return f"{host}:{server.transport.sockets[0].getsockname()[1]}"

    async def _serve_rtu(self, meter):
        self._line = RtuLine(asyncio.get_running_loop(), meter["baud"] or 9600, meter["reply_delay_ms"])
        registers = MeterMap(self.plant)
        server = ModbusSerialServer(
            device(registers, self.advance),
            framer=FramerType.RTU,
            port=self._line.device_path,
            baudrate=115_200,
            **line_faults([registers], (meter["unit"],)),
        )
        await server.serve_forever(background=True)
        self._servers.append(server)
        _publish(self._line.path, meter["pty"])
        self._link = meter["pty"]


def _check_port(host, port, where):
    """Say which port is taken before a server only says that it cannot listen."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PlantStartError(
                f"{where}: {host}:{port} cannot be used ({error.strerror}); give another one, or 0"
            ) from error


def _publish(path, link):
    link = Path(link)
    if link.exists() and not link.is_symlink():
        raise PlantStartError(f"plant.meter.pty: {link} exists and is not a symbolic link; give another path")
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    except OSError as error:
        raise PlantStartError(f"plant.meter.pty: {link} cannot be made ({error.strerror})") from error
