"""CAN frames as text that a technician can read: GB/T 27930 with its transport, the discharge messages of
GB/T 18487.4, version negotiation, the modules of GB/T 27930.2-2024, Infypower modules, and our remote I/O.

Decoding is by session, per bus: identifiers 36h and 39h mean one thing in a 2015 session and another in
27930.2's. A session is 27930.2's from the agreement on version 2, or from the first frame that only it has,
until a CHM. Names and numbers come from the same tables that the firmware uses; the words stand here.
"""

from protocols import infy
from protocols.can import CanFrame, FrameQueue
from protocols.gbt27930 import carrier as k
from protocols.gbt27930 import modules as m
from protocols.gbt27930 import tables as t
from protocols.gbt27930.codec import decode
from protocols.j1939 import PF_CM, PF_DT, Transport
from tools.can_titles import TITLES

_UNITS = (("_dv", 10, "V"), ("_da", 10, "A"), ("_dc", 10, "°C"), ("_bp", 100, "%"), ("_mv", 1000, "V"),
          ("_wh", 1000, "kWh"), ("_dah", 10, "Ah"), ("_min", 1, "min"))
_ITEMS = {
    infy.MODULE_COUNT: ("module count", 1, ""), infy.DC_VOLTAGE: ("DC voltage", 1000, "V"),
    infy.DC_CURRENT: ("DC current", 1000, "A"), infy.AMBIENT: ("ambient", 1000, "°C"),
    infy.DC_VMAX: ("highest DC voltage", 1000, "V"), infy.DC_VMIN: ("lowest DC voltage", 1000, "V"),
    infy.DC_IMAX: ("highest DC current", 1000, "A"), infy.RATED_POWER: ("rated power", 1_000_000, "kW"),
    infy.AC_POWER: ("AC power", 1000, "W"),
}
_ONLY_MODULAR = (k.PF_LONG, k.PF_RELIABLE, k.PF_CONTROL)
_TP = {0x10: "RTS", 0x11: "CTS", 0x13: "end of message", 0x20: "BAM", 0xFF: "abort"}


def field_text(name, value):
    """One number with its unit: `voltage_dv`, 4000 -> `voltage 400.0 V`."""
    if value == t.ABSENT:
        return name.rsplit("_", 1)[0] + " -"
    if name in ("recognised", "ready"):
        return "%s %02X" % (name, value)
    for suffix, divisor, unit in _UNITS:
        if name.endswith(suffix):
            return "%s %.*f %s" % (name[: -len(suffix)], len(str(divisor)) - 1, value / divisor, unit)
    return "%s %d" % (name, value)


class BusText:
    """One bus: text(frame) for each frame in the order of the bus."""

    def __init__(self):
        self._transports = {}
        self._carriers = {}
        self._seen = CanFrame()
        self.modular = False  # the session is 27930.2's

    def text(self, frame):
        """(name, words) of a frame; ("", hexadecimal) when nothing knows it."""
        self._seen.copy(frame)
        if not frame.extended:
            return self._remote_io(frame)
        source, destination, pf = frame.id & 0xFF, frame.id >> 8 & 0xFF, frame.id >> 16 & 0xFF
        if {source, destination} <= {t.CHARGER, t.VEHICLE, 0xFF} and source != destination:
            return self._gbt(frame, source, pf)
        if frame.id >> 22 in (0x0A, 0x0B) or frame.id >> 26 and frame.id >> 22 & 0xF in (0x0A, 0x0B):
            return self._infy(frame)
        return "", bytes(frame.data[: frame.n]).hex(" ")

    def _gbt(self, frame, source, pf):
        if pf in (PF_CM, PF_DT):
            return self._transport(frame, source, pf)
        if pf in _ONLY_MODULAR and frame.n == 8:
            self.modular = True
        if self.modular and k.PF_LONG <= pf <= k.PF_CONTROL and frame.n == 8:
            return self._carried(frame, source, pf)
        return self._message(pf, source == t.CHARGER, frame.data, frame.n, frame.id)

    def _message(self, pf, from_charger, data, n, can_id=0):
        negotiation = [m for m in t.NEGOTIATION if t.MESSAGES[m][t.PRIORITY] == can_id >> 26]
        for number in negotiation + list(t.SESSION_DISCHARGE):
            row = t.MESSAGES[number]
            if row[t.PF] == pf and row[t.FROM_CHARGER] == from_charger and n >= row[t.FEWEST]:
                self._notice(number, data)
                return row[t.NAME], message_text(row, data, n)
        return "", "PF %02X: %s" % (pf, bytes(data[:n]).hex(" "))

    def _transport(self, frame, source, pf):
        other = t.VEHICLE if source == t.CHARGER else t.CHARGER
        transport = self._transports.setdefault(source, Transport(other, source, FrameQueue(64), 1785))
        kind = _TP.get(frame.data[0], "?") if pf == PF_CM else "packet %d" % frame.data[0]
        complete = transport.feed(self._seen, 0)
        transport.queue.clear()
        if complete:
            return self._message(transport.rx_pf, source == t.CHARGER, transport.rx, transport.rx_n)
        about = frame.data[6] if pf == PF_CM else transport.rx_pf
        return "TP", "%s of %s" % (kind, _name_of(about))

    def _notice(self, number, data):
        """What begins another kind of session."""
        if number == t.CHM:
            self.modular = False
        elif number in t.NEGOTIATION:
            self.modular = data[1] == 1 and data[2] >= 2

    def _carried(self, frame, source, pf):
        """A frame of 27930.2's carrier; the message, where it completes one."""
        other = t.VEHICLE if source == t.CHARGER else t.CHARGER
        carrier = self._carriers.setdefault(source, k.Carrier(other, source, FrameQueue(64), k.LONGEST))
        complete = carrier.feed(self._seen, 0)
        carrier.queue.clear()
        data = frame.data
        if complete:
            return self._module_message(carrier.rx, carrier.rx_n, source == t.CHARGER)
        if pf == k.PF_LONG and data[0]:
            return "LM", "frame %d" % data[0]
        if pf == k.PF_LONG:
            return "LM", "announces %d bytes" % (data[2] | data[3] << 8)
        words = ("heard %02X" % data[2], "asks for %d frames from %d" % (data[2], data[1]), "refused",
                 "all %d bytes there" % (data[2] | data[3] << 8))
        return "CTL", words[data[0]] if data[0] < 4 else bytes(data[: frame.n]).hex(" ")

    def _module_message(self, data, n, from_charger):
        for row in m.MESSAGES:
            if row[m.PGI] == data[0] and row[t.FROM_CHARGER] == from_charger and n >= row[t.FEWEST]:
                return row[t.NAME], message_text(row, data, n)
        return "P%02X" % data[0], bytes(data[1:n]).hex(" ")

    def _infy(self, frame):
        command = {infy.READ: "read", infy.WRITE: "write"}.get(infy.command_of(frame.id), "command?")
        source, destination = frame.id & 0xFF, frame.id >> 8 & 0xFF
        item = infy.item_of(frame.data)
        if source == infy.CONTROLLER:
            to = "all modules" if destination == infy.ALL else "module %d" % destination
            words = "%s %s" % (to, infy_text(item, frame.data, command == "read", asks=command == "read"))
        else:
            error = infy.error_of(frame.id)
            said = "error %d" % error if error else infy_text(item, frame.data, True)
            words = "module %d %s" % (source, said)
        return "INFY", "%s %s" % (command, words)

    def _remote_io(self, frame):
        if frame.id & 0x7C0 != 0x180 and not 0x1A0 <= frame.id < 0x1E0:
            return "", bytes(frame.data[: frame.n]).hex(" ")
        bay, kind = divmod(frame.id - 0x1A0, 4)
        names = ("lock", "auxiliary", "contactor", "bleeder") if kind == 0 else (
            "plugged", "e-stop", "earth", "lock closed", "contactor closed")
        on = [name for i, name in enumerate(names) if frame.data[0] >> i & 1]
        words = "bay %d %s: %s" % (bay + 1, "out" if kind == 0 else "in", ", ".join(on) or "nothing")
        if kind == 1:
            words += "; outlet %.1f V" % ((frame.data[2] << 8 | frame.data[3]) / 10)
        return "IO", words


def _name_of(pf):
    names = [row[t.NAME] for row in t.MESSAGES if row[t.PF] == pf and row[t.BYTES] != 8]
    return "/".join(names) or "PF %02X" % pf


def message_text(row, data, n):
    """The fields of a message; of two-bit flags only those that are set."""
    values = [t.ABSENT] * len(row[t.FIELDS])
    decode(row, data, n, values)
    words = []
    for (name, kind, first, bits, *_), value in zip(row[t.FIELDS], values, strict=True):
        raw = bytes(data[first // 8 : (first + bits) // 8])
        if first + bits > 8 * n:
            continue
        if kind == t.TEXT:
            words.append("%s %s" % (name, raw.decode("ascii", "replace").strip("\x00\xff")))
        elif kind == t.HEX:
            words.append("%s %s" % (name, raw.hex(" ")))
        elif bits == 2 and name != "permitted":
            words += [name + (" %d" % value if value > 1 else "")] if value in (1, 2) else []
        elif value != t.ABSENT:
            words.append(field_text(name, value))
    if not row[t.FIELDS]:
        words.append(bytes(data[:n]).hex(" "))
    return ", ".join(words)


def infy_text(item, data, reading, asks=False):
    """An item and its value."""
    value = infy.value_of(data)
    if item in _ITEMS:
        name, divisor, unit = _ITEMS[item]
        return name + "?" if asks else "%s %g %s" % (name, value / divisor, unit)
    if item == infy.POWER_SWITCH:
        if asks:
            return "status?"
        switch = {infy.ON: "on", infy.OFF: "off"}.get(value, "?")
        return "status %06X" % infy.flags_of(data) if reading else switch
    if item == infy.WORKING_MODE and not reading:
        return "mode %s" % {infy.RECTIFIER: "rectifier", infy.INVERTER: "grid-tied inverter"}.get(value, "?")
    if item == infy.INVERTER_STATUS:
        return "mode?" if asks else "mode %s" % ("inverter" if data[7] & 1 else "rectifier")
    return "item %04X %s" % (item, "?" if asks else value)


def title(name, lang="en"):
    """What a message is, in words."""
    words = TITLES.get(name)
    return "" if words is None else " / ".join(words) if lang == "both" else words[1 if lang == "zh" else 0]
