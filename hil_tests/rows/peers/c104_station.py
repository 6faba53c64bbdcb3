"""c104's server with the rows' objects, in a process of its own: python c104_station.py CONTROL_PORT

c104 is GPL: it is imported here and in no other file of the rows. One JSON line per request on the control
connection; the process ends with it.
"""

import json
import os
import socket
import sys

import c104

LIMIT = 15.0
TYPES = c104.Type
SELECT = c104.CommandMode.SELECT_AND_EXECUTE
MONITORED = (
    [(0x0001 + i, TYPES.M_SP_NA_1) for i in range(6)]
    + [(0x4001 + i, TYPES.M_ME_NC_1) for i in range(6)]
    + [(0x0011, TYPES.M_DP_NA_1), (0x0021, TYPES.M_ST_NA_1), (0x0031, TYPES.M_BO_NA_1)]
    + [(0x4011, TYPES.M_ME_NA_1), (0x4012, TYPES.M_ME_NB_1), (0x4020, TYPES.M_ME_NC_1)]
    + [(0x6401, TYPES.M_IT_NA_1), (0x6402, TYPES.M_IT_NA_1)]
    + [(0x0041 + i, TYPES.M_SP_TB_1) for i in range(6)]
    + [(0x4041 + i, TYPES.M_ME_TF_1) for i in range(6)]
)
COMMANDS = (
    (0x6001, TYPES.C_SC_NA_1, False), (0x6002, TYPES.C_DC_NA_1, False), (0x6003, TYPES.C_RC_NA_1, False),
    (0x6011, TYPES.C_SC_NA_1, True), (0x6012, TYPES.C_SE_NC_1, True), (0x6013, TYPES.C_DC_NA_1, True),
    (0x6201, TYPES.C_SE_NC_1, False), (0x6202, TYPES.C_SE_NA_1, False), (0x6203, TYPES.C_SE_NB_1, False),
    (0x6205, TYPES.C_SE_TC_1, False),
)  # fmt: skip
_PARAMETERS = {
    "k": "send_window_size", "w": "receive_window_size", "t1_ms": "message_timeout",
    "t2_ms": "confirm_interval", "t3_ms": "keep_alive_interval",
}  # fmt: skip


class Station:
    def __init__(self, request):
        settings = request["settings"]
        self.allow = settings.get("allow")
        self.local = False
        self.orders = []
        self.points = {}
        self.server = c104.Server(
            ip="127.0.0.1",
            port=request["port"],
            tick_rate_ms=50,
            select_timeout_ms=settings.get("select_ms", 10000),
            max_connections=settings.get("max_links", 0),
            transport_security=_security(settings.get("tls")),
        )
        for name, attribute in _PARAMETERS.items():
            if name in settings:
                value = settings[name] // 1000 if name.endswith("_ms") else settings[name]
                setattr(self.server.protocol_parameters, attribute, value)
        self._fill(self.server.add_station(common_address=1), settings)
        self.server.on_connect(callable=self.on_connect)
        self.server.start()

    def _fill(self, station, settings):
        many = [(0x1000 + i, TYPES.M_SP_NA_1) for i in range(settings.get("many_binary", 0))]
        many += [(0x5000 + i, TYPES.M_ME_NC_1) for i in range(settings.get("many_measured", 0))]
        for ioa, kind in MONITORED + many:
            self.points[ioa] = station.add_point(io_address=ioa, type=kind)
        cyclic_ms = settings.get("cyclic_ms", 0)
        station.add_point(io_address=0x4030, type=TYPES.M_ME_NC_1, report_ms=cyclic_ms)
        for ioa, kind, is_selected in COMMANDS:
            related = {"related_io_address": 0x4020, "related_io_autoreturn": True} if ioa == 0x6201 else {}
            command = station.add_point(io_address=ioa, type=kind, **related)
            if is_selected:
                command.command_mode = SELECT
            command.on_receive(callable=self.on_receive)

    def on_connect(self, server: c104.Server, ip: str) -> bool:
        return not self.allow or ip in self.allow

    def on_receive(
        self, point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage
    ) -> c104.ResponseState:
        value = point.value
        number = float(value) if isinstance(value, float | int) else _number(value)
        if self.local or abs(number) > LIMIT:
            return c104.ResponseState.FAILURE
        if message.is_test:
            return c104.ResponseState.SUCCESS
        self.orders.append([point.io_address, _type(point.type), number if number == number else "NaN"])
        if point.io_address == 0x6201:
            self.points[0x4020].value = number
        return c104.ResponseState.SUCCESS

    def update(self, points):
        for ioa, raw, quality in points:
            point = self.points[ioa]
            kind = point.type
            if kind in (TYPES.M_SP_NA_1, TYPES.M_SP_TB_1):
                point.value = bool(raw)
            elif kind in (TYPES.M_ME_NC_1, TYPES.M_ME_TF_1):
                point.value = raw / 1000
            elif kind == TYPES.M_DP_NA_1:
                point.value = (c104.Double.INTERMEDIATE, c104.Double.OFF, c104.Double.ON,
                               c104.Double.INDETERMINATE)[raw]  # fmt: skip
            elif kind == TYPES.M_IT_NA_1:
                point.value = raw
            point.quality = _quality(quality, kind)
            point.transmit(cause=c104.Cot.SPONTANEOUS)

    def do(self, request):
        what = request["do"]
        if what == "update":
            self.update(request["points"])
        elif what == "local":
            self.local = request["on"]
        return {"orders": self.orders, "order_count": len(self.orders),
                "links": self.server.open_connection_count}  # fmt: skip


_TYPE_IDS = {
    "C_SC_NA_1": 45, "C_DC_NA_1": 46, "C_RC_NA_1": 47, "C_SE_NA_1": 48, "C_SE_NB_1": 49, "C_SE_NC_1": 50,
    "C_SE_TC_1": 63,
}  # fmt: skip


def _type(kind):
    return _TYPE_IDS.get(kind.name, 0)


def _number(value):
    """A command's value as a number, whatever class the library gives it."""
    for convert in (float, int):
        try:
            return convert(value)
        except TypeError:
            continue
    return float(value.value)


def _quality(octet, kind):
    if kind == TYPES.M_IT_NA_1:
        return c104.BinaryCounterQuality.Invalid if octet & 0x80 else c104.BinaryCounterQuality()
    quality = c104.Quality()
    for bit, flag in (
        (0x01, c104.Quality.Overflow), (0x10, c104.Quality.Blocked), (0x20, c104.Quality.Substituted),
        (0x40, c104.Quality.NonTopical), (0x80, c104.Quality.Invalid),
    ):  # fmt: skip
        if octet & bit:
            quality |= flag
    return quality


def _security(section):
    """c104's own settings for what telecontrol.tls says; None = plain."""
    if section is None:
        return None
    security = c104.TransportSecurity(validate=True, only_known=True)
    security.set_version(min=c104.TlsVersion.TLS_1_2)
    own = section["identity"]
    security.set_certificate(cert=own + ".crt.pem", key=own + ".key.pem")
    security.set_ca_certificate(cert=section["ca"] + ".crt.pem")
    for client in section["clients"]:
        known = os.path.join(os.path.dirname(own), client["name"] + ".crt.pem")
        security.add_allowed_remote_certificate(cert=known)
    return security


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        connection, _ = listener.accept()
    station = None
    for line in connection.makefile("rb"):
        request = json.loads(line)
        if request["do"] == "station":
            try:
                station = Station(request)
                answer = {"warnings": []}
            except (ValueError, RuntimeError) as error:
                answer = {"error": str(error)}
        else:
            answer = station.do(request)
        connection.sendall(json.dumps(answer).encode() + b"\n")
    if station is not None:
        station.server.stop()


main()
