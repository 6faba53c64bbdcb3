"""Other people's Modbus masters and slaves behind one face, for the interop matrix.

A peer's module has VERSION, SERVES and ASKS (function codes of its slave and of its master), server(link,
path) that yields a TCP port (None on RTU), and client(link, where, ...) that yields {function code: call}.
What a call does is the same for every peer and stands below; it returns what was read. "refused" in the
dictionary reads what is not there and returns the exception code that the peer reports.
"""

import socket
import threading

LIMIT_S = 20
BAUD = 115200
UNIT = 1
SIZE = 200
BITS = 2100
VALUES = [(i * 257 + 3) & 0xFFFF for i in range(SIZE)]
COILS = [int(i % 3 == 0) for i in range(BITS)]
INPUTS = [1 - coil for coil in COILS]
TCP, RTU = "TCP", "RTU"
FUNCTIONS = (1, 2, 3, 4, 5, 6, 8, 15, 16, 22, 23, 43)

# What is asked with each function code: (address, count), (address, value), ...
READ_BITS = (3, 37)
READ_REGISTERS = (10, 30)
COIL = (4, 1)
REGISTER = (7, 0xBEEF)
WRITTEN_COILS = (40, [1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1])
WRITTEN_REGISTERS = (60, [1, 0xFFFF, 0x8000, 4])
MASK = (5, 0xF0F2, 0x0525)
READ_WRITE = (100, 10, 102, [11, 22, 33])  # read address and count, write address and values
LOOP = b"\xa5\x37"
BEYOND = (BITS + 60000, 2)


def masked(value):
    """What MASK makes of a register."""
    return value & MASK[1] | MASK[2] & ~MASK[1]


def expected_read_write():
    values = list(VALUES[100:110])
    values[2:5] = READ_WRITE[3]
    return values


EXPECTED = {
    1: COILS[3:40],
    2: INPUTS[3:40],
    3: VALUES[10:40],
    4: VALUES[10:40],
    8: LOOP,
    23: expected_read_write(),
}


def free_port():
    """A port of this host that was free a moment ago, for those who cannot tell which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port):
    """Until somebody listens there."""
    for _ in range(LIMIT_S * 50):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            threading.Event().wait(0.02)
    raise AssertionError("nobody listens on port %d" % port)
