"""c104 as controlling station, in a process of its own: python iec104_c104_master.py PORT

Interrogates, sends set-points, sets the clock; prints every ASDU, one JSON object per line:
{"event": "asdu", "type": ..., "cot": ..., "ioa": ...}, at the end {"event": "end"}.
c104's own verdict on a command is not used: its client now and then misses a confirmation on the wire.
"""

import json
import sys
import threading
import time

import c104

LIMIT_S = 10


class Wire:
    """Prints what arrives and lets the script wait for it."""

    def __init__(self):
        self.news = threading.Condition()
        self.seen = []

    def on_receive(self, connection: c104.Connection, data: bytes) -> None:
        if data[2] & 1:
            return
        type_id, cot = data[6], data[8]
        ioa = data[12] | data[13] << 8 | data[14] << 16
        read = c104.explain_bytes_dict(apdu=data)
        with self.news:
            say("asdu", type=type_id, cot=cot, ioa=ioa, n=data[7] & 0x7F, name=str(read["type"]))
            self.seen.append((type_id, cot & 0x7F, ioa))
            self.news.notify_all()

    def wait(self, type_id, cot, ioa):
        """Whether this has arrived; takes it away."""
        with self.news:
            found = self.news.wait_for(lambda: (type_id, cot, ioa) in self.seen, LIMIT_S)
            if found:
                self.seen.remove((type_id, cot, ioa))
            return found


def say(event, **fields):
    print(json.dumps(dict(event=event, **fields)), flush=True)


def started(connection):
    """c104 sometimes forgets STARTDT after connecting: ask again."""
    for _ in range(40):
        if connection.is_connected and not connection.is_muted:
            return True
        if connection.is_connected:
            connection.unmute()
        time.sleep(0.25)
    return False


def main():
    wire = Wire()
    client = c104.Client(tick_rate_ms=50, command_timeout_ms=1000)
    connection = client.add_connection(ip="127.0.0.1", port=int(sys.argv[1]), init=c104.Init.NONE)
    station = connection.add_station(common_address=1)
    setpoint = station.add_point(io_address=0x6201, type=c104.Type.C_SE_NC_1)
    switch = station.add_point(io_address=0x6001, type=c104.Type.C_SC_NA_1)
    measured = station.add_point(io_address=0x4001, type=c104.Type.M_ME_TF_1)
    received = []

    def on_receive_raw(connection: c104.Connection, data: bytes) -> None:
        wire.on_receive(connection, data)

    def on_value(
        point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage
    ) -> c104.ResponseState:
        received.append(point.value)
        return c104.ResponseState.SUCCESS

    connection.on_receive_raw(callable=on_receive_raw)
    measured.on_receive(callable=on_value)
    client.start()
    if not started(connection):
        say("not started")
        return
    say("started", initialised=wire.wait(70, 4, 0))
    connection.interrogation(common_address=1, wait_for_response=False)
    say("interrogated", ended=wire.wait(100, 10, 0))
    for value, cot in ((12.5, 7), (1000.0, 0x47), (float("nan"), 0x47), (-3.25, 7)):
        setpoint.value = value
        setpoint.transmit(cause=c104.Cot.ACTIVATION)
        say("ordered", value=repr(value), answered=wire.wait(50, cot, 0x6201))
    switch.value = True
    switch.transmit(cause=c104.Cot.ACTIVATION)
    say("switched", answered=wire.wait(45, 7, 0x6001))
    connection.clock_sync(common_address=1, wait_for_response=False)
    say("clock", answered=wire.wait(103, 7, 0))
    say("ready")
    say("spontaneous", arrived=wire.wait(36, 3, 0x4001))
    time.sleep(0.5)
    say("end", value=received[-1] if received else None)
    client.stop()


main()
