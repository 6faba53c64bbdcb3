"""hat-drivers' IEC 104 client, on asyncio, against our station on a real socket."""

import asyncio
import contextlib
import datetime
import threading

import pytest
from hat.drivers import iec104, net

from hil_tests.interop.iec104_support import StationServer, ticks
from hil_tests.interop.test_iec104_c104 import make_station

pytestmark = pytest.mark.live

LIMIT_S = 20


@pytest.fixture
def server():
    """A station's server that turns in a thread of its own; `server.calls` run in that thread."""
    server = StationServer(make_station())
    server.calls = []
    done = threading.Event()

    def run():
        while not done.is_set():
            while server.calls:
                server.calls.pop(0)()
            server.turn(0.01)

    thread = threading.Thread(target=run)
    thread.start()
    yield server
    done.set()
    thread.join()
    server.close()


@contextlib.asynccontextmanager
async def connected(server):
    connection = await iec104.connect(net.TcpAddress("127.0.0.1", server.port))
    try:
        yield Client(connection)
    finally:
        await connection.async_close()


class Client:
    """Collects what arrives until something is there."""

    def __init__(self, connection):
        self.connection = connection
        self.messages = []

    async def send(self, message):
        await self.connection.send([message])

    async def until(self, wanted):
        """The first message for which wanted(message), and all before it."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for message in await self.connection.receive():
                    self.messages.append(message)
                    if wanted(message):
                        return message


def interrogation():
    return iec104.InterrogationMsg(False, 3, 1, 20, False, iec104.ActivationReqCause.ACTIVATION)


def set_point(value, time=None):
    command = iec104.FloatingCommand(value=iec104.FloatingValue(value), select=False)
    return iec104.CommandMsg(False, 3, 1, 0x6201, command, False, time, iec104.CommandReqCause.ACTIVATION)


def now_tag():
    return iec104.time_from_datetime(datetime.datetime.now(datetime.UTC))


def is_end(message):
    cause = iec104.CommandResCause.ACTIVATION_TERMINATION
    return isinstance(message, iec104.InterrogationMsg) and message.cause == cause


def data_of(messages, cause):
    return [m for m in messages if isinstance(m, iec104.DataMsg) and m.cause == cause]


def test_interrogation_and_initialisation(server):
    async def run():
        async with connected(server) as client:
            await client.send(interrogation())
            await client.until(is_end)
            return client.messages

    messages = asyncio.run(run())
    assert isinstance(messages[0], iec104.InitializationMsg)
    data = data_of(messages, iec104.DataResCause.INTERROGATED_STATION)
    singles = {m.io_address: m.data.value.name for m in data if isinstance(m.data, iec104.SingleData)}
    floats = {m.io_address: m.data.value.value for m in data if isinstance(m.data, iec104.FloatingData)}
    assert singles == {1: "OFF", 2: "ON", 3: "OFF", 4: "ON", 5: "OFF"}
    assert floats == {0x4001 + i: float(i) for i in range(5)}
    assert {m.originator_address for m in data} == {3} and all(m.time is None for m in data)


def test_set_points(server):
    async def run():
        async with connected(server) as client:
            answers = []
            for value in (12.5, 1000.0, -3.25):
                await client.send(set_point(value))
                answers.append(await client.until(lambda m: isinstance(m, iec104.CommandMsg)))
            return answers

    answers = asyncio.run(run())
    assert [a.is_negative_confirm for a in answers] == [False, True, False]
    assert [a.command.value.value for a in answers] == [12.5, 1000.0, -3.25]
    assert {a.cause for a in answers} == {iec104.CommandResCause.ACTIVATION_CONFIRMATION}
    assert server.station.handler.orders == [(50, 12.5), (50, 1000.0), (50, -3.25)]


def test_clock_then_a_set_point_with_its_time(server):
    async def run():
        async with connected(server) as client:
            await client.send(set_point(1.0, now_tag()))
            early = await client.until(lambda m: isinstance(m, iec104.CommandMsg))
            cause = iec104.ClockSyncReqCause.ACTIVATION
            await client.send(iec104.ClockSyncMsg(False, 0, 1, now_tag(), False, cause))
            clock = await client.until(lambda m: isinstance(m, iec104.ClockSyncMsg))
            return early, clock

    early, clock = asyncio.run(run())
    assert early.is_negative_confirm  # our clock was not set: no tag can be judged
    assert not clock.is_negative_confirm and clock.cause == iec104.ClockSyncResCause.ACTIVATION_CONFIRMATION
    assert server.station.clock.settings == 1


def test_events_with_their_time(server):
    station = server.station

    def happen():
        station.clock.valid = True
        station.point_at(0x4002).update(-2500, 0, ticks())
        station.point_at(1).update(1, 0x10, ticks())

    async def run():
        async with connected(server) as client:
            await client.send(interrogation())
            await client.until(is_end)
            client.messages.clear()
            server.calls.append(happen)
            await client.until(lambda m: isinstance(m.data, iec104.SingleData))
            return client.messages

    first, second = asyncio.run(run())
    assert first.cause == second.cause == iec104.DataResCause.SPONTANEOUS
    assert first.data.value.value == -2.5 and second.data.quality.blocked
    assert not first.time.invalid and (first.time.years, first.time.months) == (26, 10)


def test_two_thousand_events_reach_a_client_that_acknowledges(server):
    station = server.station
    sent = []

    def happen():
        while len(sent) < 2000 and station.event_room():
            sent.append(1000 * len(sent) + 500)
            station.point_at(0x4005).update(sent[-1], 0, ticks())
        if len(sent) < 2000:
            server.calls.append(happen)
            server.turn(0)

    async def run():
        async with connected(server) as client:
            await client.send(interrogation())
            await client.until(is_end)
            client.messages.clear()
            server.calls.append(happen)
            await client.until(lambda m: m.data.value.value == 1999.5)
            return client.messages

    messages = asyncio.run(run())
    assert [m.data.value.value for m in messages] == [0.5 + i for i in range(2000)]
    assert station.events_lost() == 0
