"""Simulated meters on one line, as a real server on a pty: for tests, and to try `v2g meter` without
hardware.

`python -m tools.plant.meter_line --link PATH sdm630:1 dtsu666:7` publishes the line's end at PATH until
Ctrl-C. `dlt645` is a DL/T 645 meter, alone on its line.
"""

import argparse
import asyncio
import os
import threading

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

from tools.plant.dlt645_face import Dlt645Serial, serve_tcp
from tools.plant.faces import device, line_faults
from tools.plant.meters import TWINS
from tools.plant.meters.dlt645 import Dlt645
from tools.plant.meters.truth import Truth
from tools.plant.rtu_line import RtuLine

LIMIT_S = 10


class MeterLine:
    """`with MeterLine({unit: twin}) as line`: `line.path` is the end for a master, `line.tcp` HOST:PORT
    of the same meters behind a Modbus TCP gateway.
    """

    def __init__(self, twins, baud=9600, reply_delay_ms=5, strict=True, tolerant=False):
        self.twins = twins
        self.path = self.tcp = ""
        self._settings = (baud, reply_delay_ms, strict, tolerant)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._line, self._servers, self._tcp_server = None, [], None

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(LIMIT_S)
        return self

    def __exit__(self, *exception):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self):
        self._line = RtuLine(self._loop, *self._settings)
        self.path = self._line.path
        first = next(iter(self.twins.values()))
        if isinstance(first, Dlt645):
            self._servers.append(Dlt645Serial(self._loop, self._line.device_path, first))
            self._tcp_server, self.tcp = await serve_tcp(first)
        else:
            await self._start_modbus()

    async def _start_modbus(self):
        faults = line_faults(list(self.twins.values()), tuple(self.twins))
        serial = ModbusSerialServer(
            self._devices(), framer=FramerType.RTU, port=self._line.device_path, baudrate=115_200, **faults
        )
        tcp = ModbusTcpServer(self._devices(), address=("127.0.0.1", 0), **faults)
        for server in (serial, tcp):
            await server.serve_forever(background=True)
            self._servers.append(server)
        self.tcp = "127.0.0.1:%d" % tcp.transport.sockets[0].getsockname()[1]

    def _devices(self):
        return [device(twin, unit=unit) for unit, twin in self.twins.items()]

    async def _stop(self):
        for server in self._servers:
            await server.shutdown()
        if self._tcp_server is not None:
            self._tcp_server.close()
        self._line.close()


def example():
    """A truth in which no two values are alike."""
    return Truth(
        voltage_v=(230.1, 231.2, 229.3),
        current_a=(21.37, 22.48, 20.59),
        phase_w=(4812.0, 5096.0, 4620.0),
        phase_var=(512.0, -128.0, 64.0),
        frequency_hz=50.02,
        import_wh=12_345_600.0,
        export_wh=678_900.0,
        phase_import_wh=(4_000_000.0, 4_100_000.0, 4_245_600.0),
        phase_export_wh=(200_000.0, 300_000.0, 178_900.0),
        dc_v=612.5,
        dc_a=-98.25,
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.plant.meter_line")
    parser.add_argument("meters", nargs="+", metavar="MODEL:UNIT", help=", ".join((*TWINS, "dlt645")))
    parser.add_argument("--link", required=True, help="symbolic link to the line's end")
    parser.add_argument("--baud", type=int, default=9600)
    options = parser.parse_args(arguments)
    twins = {}
    for text in options.meters:
        model, _, unit = text.partition(":")
        twins[int(unit or 1)] = {**TWINS, "dlt645": Dlt645}[model](example())
    with MeterLine(twins, options.baud) as line:
        os.symlink(line.path, options.link)
        print("ready", options.link, line.tcp, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            os.unlink(options.link)


if __name__ == "__main__":
    main()
