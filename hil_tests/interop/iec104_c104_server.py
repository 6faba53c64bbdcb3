"""c104 as controlled station, in a process of its own: python iec104_c104_server.py PORT

Points 0x4001 (M_ME_NC_1) and 1 (M_SP_NA_1), set-point 0x6201. Prints {"event": "ready"}, then
{"event": "order", "value": ...} for each order and {"event": "clock"}; every line on stdin sends a
spontaneous value.
"""

import datetime
import json
import sys

import c104


def say(event, **fields):
    print(json.dumps(dict(event=event, **fields)), flush=True)


def main():
    server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]))
    station = server.add_station(common_address=1)
    measured = station.add_point(io_address=0x4001, type=c104.Type.M_ME_NC_1)
    measured.value = 1.5
    single = station.add_point(io_address=1, type=c104.Type.M_SP_NA_1)
    single.value = True
    setpoint = station.add_point(io_address=0x6201, type=c104.Type.C_SE_NC_1)

    def on_order(
        point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage
    ) -> c104.ResponseState:
        say("order", value=point.value)
        return c104.ResponseState.SUCCESS if point.value < 100 else c104.ResponseState.FAILURE

    def on_clock(server: c104.Server, ip: str, date_time: datetime.datetime) -> c104.ResponseState:
        say("clock", value=str(date_time))
        return c104.ResponseState.SUCCESS

    setpoint.on_receive(callable=on_order)
    server.on_clock_sync(callable=on_clock)
    server.start()
    say("ready")
    value = 2.0
    for _ in sys.stdin:
        measured.value = value
        measured.transmit(cause=c104.Cot.SPONTANEOUS)
        value += 1
    server.stop()


main()
