"""The peer: c104's own server in a process of its own, `c104_server.py PORT HANDLER [POINTS PERIOD_MS]`;
prints `ready`.

With HANDLER `python` each set-point goes to a Python function, as an application takes orders from c104;
with `none` the library only keeps the value and confirms, which is the least that a server can do. A
number N on the standard input makes it transmit N spontaneous values as fast as it can; it answers how
many of the calls returned True. With POINTS one in ten of so many changes and is transmitted every
PERIOD_MS.
"""

import sys
import threading
import time

import c104

SETPOINT_IOA, MEASURED_IOA = 0x6201, 0x4001


def take(
    point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage
) -> c104.ResponseState:
    """The application's part: look at the value and accept."""
    return c104.ResponseState.SUCCESS if -100 <= point.value <= 100 else c104.ResponseState.FAILURE


def change(points, period_s):
    """Changes that an application would make; the library sends them to every master."""
    turn = 0
    while True:
        turn += 1
        for point in points[turn % 10 :: 10]:
            point.value = float(turn)
            point.transmit(cause=c104.Cot.SPONTANEOUS)
        time.sleep(period_s)


def main(port, handler, points=0, period_ms=0):
    """Serve until the standard input ends."""
    server = c104.Server(ip="127.0.0.1", port=port)
    station = server.add_station(common_address=1)
    setpoint = station.add_point(io_address=SETPOINT_IOA, type=c104.Type.C_SE_NC_1)
    if handler == "python":
        setpoint.on_receive(callable=take)
    measured = station.add_point(io_address=MEASURED_IOA, type=c104.Type.M_ME_NC_1)
    many = [
        station.add_point(io_address=MEASURED_IOA + 1 + i, type=c104.Type.M_ME_NC_1) for i in range(points)
    ]
    server.start()
    if many:
        threading.Thread(target=change, args=(many, period_ms / 1000), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        sent = 0
        for i in range(int(line)):
            measured.value = float(i + 1)
            sent += measured.transmit(cause=c104.Cot.SPONTANEOUS)
        print(sent, flush=True)
    server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *(int(word) for word in sys.argv[3:]))
