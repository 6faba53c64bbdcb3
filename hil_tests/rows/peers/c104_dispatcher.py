"""c104 as controlling station, in a process of its own: python c104_dispatcher.py STATION_PORT

c104 is GPL: this file and c104_station.py are the only ones of the rows that import it. One JSON object
per line on stdin, one answer each on stdout. {"say": ASDU in hexadecimal} sends the request that comes
nearest to it; whether that is the same is judged by what is on the wire, not here. {"cannot": why} where
c104's interface has no such thing.
"""

import datetime
import json
import struct
import sys
import time

import c104

TIMEOUT_MS = 300
CONNECT_S = 5.0
TYPES = {int(kind): kind for kind in c104.Type.__members__.values()}
COTS = {int(cause): cause for cause in c104.Cot.__members__.values()}
DOUBLES = (c104.Double.INTERMEDIATE, c104.Double.OFF, c104.Double.ON, c104.Double.INDETERMINATE)
STEPS = (c104.Step.INVALID_0, c104.Step.LOWER, c104.Step.HIGHER, c104.Step.INVALID_3)
COMMANDS = {45: 1, 46: 1, 47: 1, 48: 3, 49: 3, 50: 5, 51: 4}  # octets of the element
MONITORED = 13  # what a read asks for: c104 reads objects of types that it was told


class Cannot(Exception):
    """c104's interface has no such thing."""


class Dispatcher:
    def __init__(self, port):
        self.client = c104.Client(tick_rate_ms=50, command_timeout_ms=TIMEOUT_MS)
        self.connection = self.client.add_connection(ip="127.0.0.1", port=port, init=c104.Init.MUTED)
        self.connection.protocol_parameters.receive_window_size = 1
        self.client.start()
        self._await(lambda: self.connection.is_connected)

    def _await(self, holds):
        end = time.monotonic() + CONNECT_S
        while not holds() and time.monotonic() < end:
            time.sleep(0.01)

    def start(self):
        self.connection.unmute()

    def stop(self):
        self.connection.mute()

    def say(self, octets, is_selected, at):
        """Send the request nearest to this ASDU; `is_selected`: c104 selects it first; `at`: its time tag."""
        type_id, vsq, cause, oa = octets[:4]
        ca, ioa = octets[4] | octets[5] << 8, int.from_bytes(octets[6:9], "little")
        if cause not in COTS:
            raise Cannot("a cause with P/N or T, or none of the standard")
        self.connection.originator_address = oa
        if type_id in (100, 101, 103, 107):
            self._system(type_id, COTS[cause], ca, octets[9:])
        elif type_id == 102:
            self._point(ca, ioa, TYPES[MONITORED]).read()
        elif type_id in COMMANDS or type_id - 13 in COMMANDS:
            self._command(type_id, COTS[cause], ca, ioa, octets[9:], is_selected, at)
        else:
            raise Cannot("type %d" % type_id)

    def _system(self, type_id, cause, ca, element):
        connection = self.connection
        try:
            if type_id == 100:
                connection.interrogation(ca, cause, c104.Qoi(element[0]), False)
            elif type_id == 101:
                request, freeze = c104.Rqt(element[0] & 0x3F), c104.Frz(element[0] >> 6)
                connection.counter_interrogation(ca, cause, request, freeze, False)
            elif type_id == 103:
                connection.clock_sync(ca, False)
            else:
                connection.test(ca, True, False)
        except (ValueError, IndexError) as error:
            raise Cannot(str(error)) from None

    def _point(self, ca, ioa, kind):
        """The object as this type; c104 knows one type for each address."""
        try:
            station = self.connection.get_station(ca) or self.connection.add_station(ca)
            point = station.get_point(ioa) if station is not None else None
            if point is not None and point.type != kind:
                station.remove_point(ioa)
                point = None
            point = point or station.add_point(ioa, kind)
        except (ValueError, TypeError, AttributeError) as error:
            raise Cannot("common address %d, object 0x%X: %s" % (ca, ioa, error)) from None
        if point is None:
            raise Cannot("common address %d, object 0x%X" % (ca, ioa))
        return point

    def _command(self, type_id, cause, ca, ioa, element, is_selected, at):
        point = self._point(ca, ioa, TYPES[type_id])
        mode = c104.CommandMode
        point.command_mode = mode.SELECT_AND_EXECUTE if is_selected else mode.DIRECT
        try:
            point.info = information(type_id, element, at)
            point.transmit(cause=cause)
        except (ValueError, IndexError) as error:
            raise Cannot(str(error)) from None

    def repeat(self, octets, times):
        """A command again and again; how many c104 held to be confirmed."""
        point = self._point(
            octets[4] | octets[5] << 8, int.from_bytes(octets[6:9], "little"), TYPES[octets[0]]
        )
        confirmed = 0
        for i in range(times):
            if not self.connection.is_connected:
                break
            point.info = c104.ShortCmd(target=float(i % 10), qualifier=c104.UInt7(0))
            confirmed += point.transmit(cause=c104.Cot.ACTIVATION)
        return confirmed

    def do(self, request):
        if "say" in request:
            self.say(bytes.fromhex(request["say"]), request["select"], request["at"])
        elif "repeat" in request:
            return {"confirmed": self.repeat(bytes.fromhex(request["repeat"]), request["times"])}
        else:
            {"start": self.start, "stop": self.stop}[request["do"]]()
        return {}


def information(type_id, element, at):
    """c104's information object of a command; `at`: s since 1970, of the types with a time tag."""
    tag = datetime.datetime.fromtimestamp(at or time.time(), datetime.timezone.utc)
    recorded = {"recorded_at": tag} if type_id > 51 else {}
    base = type_id - 13 if type_id > 51 else type_id
    if len(element) < COMMANDS[base]:
        raise Cannot("an element that is too short")
    raw = int.from_bytes(element[:2], "little", signed=True)
    if base in (45, 46, 47):
        qualifier = c104.Qoc(element[0] >> 2 & 0x1F)
        state = element[0] & 3
        if base == 45:
            return c104.SingleCmd(on=bool(state & 1), qualifier=qualifier, **recorded)
        if base == 46:
            return c104.DoubleCmd(state=DOUBLES[state], qualifier=qualifier, **recorded)
        return c104.StepCmd(direction=STEPS[state], qualifier=qualifier, **recorded)
    if base == 51:
        blob = c104.Byte32(int.from_bytes(element[:4], "little"))
        return c104.BinaryCmd(blob=blob, **recorded)
    qualifier = c104.UInt7(element[-1] & 0x7F if type_id < 52 else element[COMMANDS[base] - 1] & 0x7F)
    if base == 48:
        return c104.NormalizedCmd(target=c104.NormalizedFloat(raw / 32768), qualifier=qualifier, **recorded)
    if base == 49:
        return c104.ScaledCmd(target=c104.Int16(raw), qualifier=qualifier, **recorded)
    return c104.ShortCmd(target=struct.unpack("<f", element[:4])[0], qualifier=qualifier, **recorded)


def main():
    dispatcher = Dispatcher(int(sys.argv[1]))
    print(json.dumps({"connected": dispatcher.connection.is_connected}), flush=True)
    for line in sys.stdin:
        try:
            answer = dispatcher.do(json.loads(line))
        except Cannot as reason:
            answer = {"cannot": str(reason)}
        print(json.dumps(answer), flush=True)
    dispatcher.client.stop()


main()
