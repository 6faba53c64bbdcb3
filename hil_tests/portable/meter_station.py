"""Reads one meter for the tests, on either interpreter: `main([MODEL, WHERE, UNIT, SIGN, PT, CT])` prints the
station's signals, one line `name value` each, `-` where there is none. WHERE: HOST:PORT or a serial device.
"""

import sys
import time

from drivers.meter_modbus import MeterModbus
from drivers.modbus_bus import ModbusBus
from drivers.ports.poller import Poller
from drivers.ports.serial import SerialLine
from drivers.ports.tcp import TcpClient
from firmware.image import GOOD, STATION_ROWS, Image
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import TICKS_MASK, ticks_diff

_LONGEST_MS = 3000
_NAMES = [row[0] for row in STATION_ROWS[:7]]


def now_ms():
    if hasattr(time, "ticks_ms"):
        return time.ticks_ms() & TICKS_MASK
    return time.monotonic_ns() // 1000000 & TICKS_MASK


def make_bus(where, poller):
    if where.startswith("/"):
        return ModbusBus("m", SerialLine(where, 9600, "N", poller), Master(RtuFraming(9600), 300))
    host, port = where.split(":")
    return ModbusBus("m", TcpClient(host, int(port), poller), Master(TcpFraming(), 300))


def main(arguments):
    model, where, unit, sign, pt, ct = arguments
    table = __import__("drivers.maps." + model, None, None, ["POINTS"])
    poller = Poller()
    station = Image({}, []).station
    driver = MeterModbus(int(unit), 100, int(sign), table, station, int(pt), int(ct))
    bus = make_bus(where, poller)
    bus.add(driver)
    began = now_ms()
    asked = 2 * len(driver.requests)
    while bus.master.requests < asked and ticks_diff(now_ms(), began) < _LONGEST_MS:
        poller.wait(5)
        bus.service(now_ms())
    while bus.active is not None:
        poller.wait(5)
        bus.service(now_ms())
    for name in _NAMES:
        signal = getattr(station, name)
        sys.stdout.write("%s %s\n" % (name, signal.value if signal.quality == GOOD else "-"))
    bus.close()
    return 0
