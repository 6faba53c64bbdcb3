"""The other peer: an outstation on hat-drivers' IEC 104 in a process of its own, `hat_server.py PORT
POINTS PERIOD_MS`; prints `ready`.

hat-drivers has no outstation of its own: this is the least that one must write around it, one object an
ASDU.
"""

import asyncio
import contextlib
import sys

from hat.drivers import iec104, net

FIRST = 0x4001


def confirmation(message):
    """The positive answer to a set-point."""
    return message._replace(cause=iec104.CommandResCause.ACTIVATION_CONFIRMATION, is_negative_confirm=False)


def measured(number, value):
    return iec104.DataMsg(
        is_test=False,
        originator_address=0,
        asdu_address=1,
        io_address=FIRST + number,
        data=iec104.FloatingData(
            value=iec104.FloatingValue(value),
            quality=iec104.MeasurementQuality(
                invalid=False, not_topical=False, substituted=False, blocked=False, overflow=False
            ),
        ),
        time=None,
        cause=iec104.DataResCause.SPONTANEOUS,
    )


async def serve(connection, points, period_s):
    task = asyncio.create_task(change(connection, points, period_s))
    try:
        while True:
            messages = await connection.receive()
            answers = [confirmation(m) for m in messages if isinstance(m, iec104.CommandMsg)]
            if answers:
                await connection.send(answers)
    except ConnectionError:
        pass
    finally:
        task.cancel()


async def change(connection, points, period_s):
    turn = 0
    with contextlib.suppress(ConnectionError):
        while True:
            turn += 1
            await connection.send([measured(i, float(turn)) for i in range(turn % 10, points, 10)])
            await asyncio.sleep(period_s)


async def main(port, points, period_ms):
    async def on_connection(connection):
        await serve(connection, points, period_ms / 1000)

    server = await iec104.listen(on_connection, net.TcpAddress("127.0.0.1", port))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.async_close()


if __name__ == "__main__":
    asyncio.run(main(*(int(word) for word in sys.argv[1:])))
