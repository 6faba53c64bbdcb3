"""Times every calculation of TLS handshakes: `main([IDENTITY, CA, PIN, PORT, COUNT])` listens until COUNT
clients are in, then prints the longest call of the listener, the longest of a handshake (median), the sum of
a handshake's calls (median), all in µs, and what one 2048-bit square takes here (ns). Time is that of the
processor, spent in this process: a busy machine does not change it.
"""

import gc

from boards.sim.board import Board, write_line
from boards.tls import listen
from drivers.ports.tcp import TcpListener
from firmware.eventlog import EventLog
from hil_tests.bench.target.bignum import square
from hil_tests.bench.target.clock import cpu_us

_SQUARES = 400


def section(identity, authority, pin):
    client = {"name": "bench", "certificate_sha256": "", "key_sha256": pin, "from": []}
    row = {"identity": identity, "ca": authority, "clients": [client], "handshake_s": 10}
    row.update({"max_handshakes": 4, "per_minute": 600, "total_per_minute": 600, "time_floor": ""})
    return row


def main(arguments):
    identity, authority, pin, port, count = arguments
    board = Board(write_line)
    plain = TcpListener("127.0.0.1", int(port))
    listener = listen(board, plain, section(identity, authority, pin), (), (), EventLog(8))
    board.poller.add(listener.sock, listener)
    write_line("ready")
    longest, whole = serve(board, listener, int(count))
    squares = [squares_ns() for _ in range(5)]
    text = "bench longest_us=%d typical_us=%d whole_us=%d square_ns=%d"
    write_line(text % (max(longest), middle(longest), middle(whole), min(squares)))
    return 0


def serve(board, listener, count):
    """([longest call of each handshake], [sum of its calls]), µs."""
    longest, whole = [], []
    stalls = []
    while len(whole) < count:
        if not listener.ready:
            board.wait(100)
            continue
        gc.collect()
        began = cpu_us()
        stream = listener.accept()
        stalls.append(cpu_us() - began)
        if stream is not None:
            longest.append(max(stalls))
            whole.append(sum(stalls))
            stalls = []
            listener.accept()
            stream.close()
        else:
            board.wait(5)
    return longest, whole


def squares_ns():
    began = cpu_us()
    square(_SQUARES)
    return (cpu_us() - began) * 1000 // _SQUARES


def middle(values):
    return sorted(values)[len(values) // 2]
