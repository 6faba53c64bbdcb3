"""hat-drivers' 104 connection with the smallest application around it: python hat_station.py CONTROL_PORT

It confirms set-points within the limit, answers station interrogations, clock, test and read, sends events to
whoever is connected. Everything else that a station does is not in the library. One JSON line per request on
the control connection; the process ends with it.
"""

import asyncio
import datetime
import json
import sys

from hat.drivers import iec104, net

LIMIT = 15.0
SETPOINTS = (0x6201,)
BINARIES = [0x0001 + i for i in range(6)]
MEASURANDS = [0x4001 + i for i in range(6)]


def _data(ioa, raw, quality):
    flags = [bool(quality & bit) for bit in (0x80, 0x40, 0x20, 0x10)]
    if ioa < 0x4000:
        value = iec104.SingleValue.ON if raw else iec104.SingleValue.OFF
        return iec104.SingleData(value, iec104.IndicationQuality(*flags))
    quality = iec104.MeasurementQuality(*flags, bool(quality & 1))
    return iec104.FloatingData(iec104.FloatingValue(raw / 1000), quality)


class Station:
    def __init__(self):
        self.server = None
        self.connections = set()
        self.orders = []
        self.values = {}

    async def make(self, port, settings):
        if self.server is not None:
            await self.server.async_close()
        self.orders = []
        self.values = {ioa: (0, 0) for ioa in BINARIES + MEASURANDS}
        for i in range(settings.get("many_binary", 0)):
            self.values[0x1000 + i] = (0, 0)
        for i in range(settings.get("many_measured", 0)):
            self.values[0x5000 + i] = (0, 0)
        self.server = await iec104.listen(
            self.on_connection,
            net.TcpAddress("127.0.0.1", port),
            response_timeout=settings.get("t1_ms", 15000) / 1000,
            supervisory_timeout=settings.get("t2_ms", 10000) / 1000,
            test_timeout=settings.get("t3_ms", 20000) / 1000,
            send_window_size=settings.get("k", 12),
            receive_window_size=settings.get("w", 8),
        )

    async def on_connection(self, connection):
        self.connections.add(connection)
        try:
            while True:
                try:
                    messages = await connection.receive()
                except ConnectionError:
                    return
                except Exception as error:  # noqa: BLE001 the decoder raises what it likes; the link lives on
                    print("receive:", repr(error), flush=True)
                    if not connection.is_open:
                        return
                    continue
                for message in messages:
                    await connection.send(self.answers(message))
        except ConnectionError:
            return
        finally:
            self.connections.discard(connection)

    def answers(self, message):
        cause = getattr(message.cause, "name", "")
        if isinstance(message, iec104.CommandMsg) and cause == "ACTIVATION":
            return self.on_command(message)
        if isinstance(message, iec104.InterrogationMsg) and cause == "ACTIVATION":
            return self.on_interrogation(message)
        if isinstance(message, iec104.ClockSyncMsg) and cause == "ACTIVATION":
            return [message._replace(cause=iec104.ClockSyncResCause.ACTIVATION_CONFIRMATION)]
        if isinstance(message, iec104.TestMsg) and cause == "ACTIVATION":
            return [message._replace(cause=iec104.ActivationResCause.ACTIVATION_CONFIRMATION)]
        if isinstance(message, iec104.ReadMsg) and message.io_address in self.values:
            return [self.data(message.io_address, iec104.DataResCause.REQUEST)]
        return []

    def on_command(self, message):
        confirmed = message._replace(cause=iec104.CommandResCause.ACTIVATION_CONFIRMATION)
        if message.io_address not in SETPOINTS or message.asdu_address != 1:
            unknown = iec104.CommandResCause.UNKNOWN_IO_ADDRESS
            return [message._replace(cause=unknown, is_negative_confirm=True)]
        value = message.command.value.value
        if abs(value) > LIMIT:
            return [confirmed._replace(is_negative_confirm=True)]
        if message.is_test:
            return [confirmed]
        self.orders.append([message.io_address, 50, value if value == value else "NaN"])
        return [confirmed]

    def on_interrogation(self, message):
        confirmed = message._replace(cause=iec104.CommandResCause.ACTIVATION_CONFIRMATION)
        if message.request != 20:
            return [confirmed._replace(is_negative_confirm=True)]
        data = [self.data(ioa, iec104.DataResCause.INTERROGATED_STATION) for ioa in self.values]
        return [confirmed, *data, message._replace(cause=iec104.CommandResCause.ACTIVATION_TERMINATION)]

    def data(self, ioa, cause, time=None):
        return iec104.DataMsg(False, 0, 1, ioa, _data(ioa, *self.values[ioa]), time, cause)

    async def update(self, points):
        tag = iec104.time_from_datetime(datetime.datetime.now(datetime.UTC))
        for ioa, raw, quality in points:
            self.values[ioa] = (raw, quality)
            message = self.data(ioa, iec104.DataResCause.SPONTANEOUS, tag)
            for connection in list(self.connections):
                try:
                    await connection.send([message])
                except ConnectionError:
                    continue

    async def do(self, request):
        if request["do"] == "station":
            await self.make(request["port"], request["settings"])
            return {"warnings": []}
        if request["do"] == "update":
            await self.update(request["points"])
        return {"orders": self.orders, "order_count": len(self.orders), "links": len(self.connections)}


async def main():
    station = Station()
    ended = asyncio.Event()

    async def on_control(reader, writer):
        while line := await reader.readline():
            answer = await station.do(json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()
        ended.set()

    async with await asyncio.start_server(on_control, "127.0.0.1", int(sys.argv[1])):
        await ended.wait()
    if station.server is not None:
        await station.server.async_close()


asyncio.run(main())
