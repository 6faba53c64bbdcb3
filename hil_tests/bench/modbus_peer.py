"""pymodbus's clients, doing what target/modbus.py does: `python modbus_peer.py KIND WHERE BAUD UNITS COUNT`,
KIND is sync or async. And `python modbus_peer.py server`: a server that costs as little as one can (a canned
reply with the request's identifier), so that the clients are what is measured; it prints its port and ends
with its standard input.
"""

import asyncio
import contextlib
import socket
import sys
import threading
import time

WORDS = 10
_REPLY = bytes([0, 0, 0, 3 + 2 * WORDS, 1, 4, 2 * WORDS]) + bytes(range(2 * WORDS))


def serve():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    sys.stdin.read()


def _accept(listener):
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(ConnectionResetError):
            _answer(connection)  # a client that ends leaves its last reply unread


def _answer(connection):
    """A client has one request outstanding, so that a segment is a request."""
    while request := connection.recv(64):
        connection.sendall(request[:2] + _REPLY)


def sync_client(where, baud):
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient

    if where.startswith("/"):
        return ModbusSerialClient(where, baudrate=baud, parity="N", timeout=1, retries=0)
    host, port = where.split(":")
    return ModbusTcpClient(host, port=int(port), timeout=1, retries=0)


def poll(where, baud, units, count):
    client = sync_client(where, baud)
    if not client.connect():
        raise SystemExit("pymodbus cannot connect to %s" % where)
    began = time.perf_counter_ns()
    failures = 0
    for i in range(count):
        failures += client.read_input_registers(0, count=WORDS, device_id=i % units + 1).isError()
    tell(began, failures)
    client.close()


async def poll_async(where, units, count):
    from pymodbus.client import AsyncModbusTcpClient

    host, port = where.split(":")
    client = AsyncModbusTcpClient(host, port=int(port), timeout=1, retries=0)
    await client.connect()
    began = time.perf_counter_ns()
    failures = 0
    for i in range(count):
        reply = await client.read_input_registers(0, count=WORDS, device_id=i % units + 1)
        failures += reply.isError()
    tell(began, failures)
    client.close()


def tell(began, failures):
    print("bench total_us=%d failures=%d" % ((time.perf_counter_ns() - began) // 1000, failures), flush=True)


def main(kind, where="", baud="0", units="1", count="0"):
    if kind == "server":
        serve()
    elif kind == "sync":
        poll(where, int(baud), int(units), int(count))
    else:
        asyncio.run(poll_async(where, int(units), int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
