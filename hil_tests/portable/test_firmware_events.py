"""The event log's ring, and the watch that fills it from changes of the image.

lane: heap=384k
"""

from firmware import codes
from firmware.eventlog import EventLog
from firmware.image import CONVERTER_FAULT, CONVERTER_RUNNING
from firmware.watch import Watch
from hil_tests.portable.firmware_support import Bench, raw_config
from hil_tests.portable.support import no_heap

LAST_TICK = (1 << 30) - 1


def drained(log):
    entries = []
    while log.count:
        entries.append((log.codes[log.first], log.arguments[log.first]))
        log.drop_first()
    return entries


def test_in_order():
    log = EventLog(4)
    log.add(1, -5, LAST_TICK)
    log.add(417, 70000, 0)
    assert drained(log) == [(1, -5), (417, 70000)]
    assert log.lost == 0


def test_the_oldest_is_lost_and_counted():
    log = EventLog(3)
    for i in range(8):
        log.add(100 + i, i, i)
    assert drained(log) == [(105, 5), (106, 6), (107, 7)]
    assert log.lost == 5
    log.add(9, 0, 0)
    assert drained(log) == [(9, 0)]


def test_adding_takes_no_memory():
    log = EventLog(2)
    log.add(1, 2, 3)
    for i in range(5):
        no_heap(log.add, 300, i, LAST_TICK)


def watched(bays=1):
    bench = Bench(raw_config(bays))
    bench.measured_w = [None] * bays
    bench.log = EventLog(32)
    bench.watch = Watch(bench.image, bench.log)
    return bench


def events(bench, steps=1):
    for _ in range(steps):
        bench.step()
        bench.watch.look(bench.now)
    return drained(bench.log)


def test_silence_at_the_start_is_no_news():
    bench = watched(2)
    assert events(bench, 30) == []


def test_devices_come_and_go():
    bench = watched(2)
    bench.measured_w = [0, None]
    bench.load_w = 0
    assert events(bench) == [(codes.METER_BACK, 0), (codes.CONVERTER_BACK, 1)]
    bench.measured_w = [None, 0]
    bench.load_w = None
    found = events(bench, 10)
    assert found == [(codes.CONVERTER_BACK, 2), (codes.CONVERTER_SILENT, 1), (codes.METER_SILENT, 0)]


def test_faults():
    bench = watched()
    bench.measured_w = [0]
    events(bench)
    bench.state = CONVERTER_FAULT
    assert events(bench, 3) == [(codes.CONVERTER_FAULTED, 1)]
    bench.measured_w = [None]
    assert events(bench, 5) == [(codes.CONVERTER_SILENT, 1)]
    bench.measured_w = [0]
    bench.state = CONVERTER_RUNNING
    assert events(bench) == [(codes.CONVERTER_BACK, 1), (codes.CONVERTER_CLEARED, 1)]


def test_straying():
    bench = watched()
    bench.measured_w = [0]
    events(bench, 12)
    bench.measured_w = [5000]
    assert events(bench, 12) == [(codes.CONVERTER_STRAYS, 1)]
    bench.measured_w = [0]
    assert events(bench, 2) == [(codes.CONVERTER_FOLLOWS, 1)]


def test_local_mode():
    bench = watched()
    bench.station.local.put(1, bench.now)
    assert events(bench, 2) == [(codes.LOCAL_ON, 0)]
    bench.station.local.put(0, bench.now)
    assert events(bench, 2) == [(codes.LOCAL_OFF, 0)]


def test_fallbacks_tell_their_cause():
    bench = watched()
    bench.order(1000)
    events(bench)
    bench.now = (bench.now + 600000) & 0x3FFFFFFF
    assert events(bench) == [(codes.ORDER_EXPIRED, codes.WINNER_RAMP_TO_ZERO)]
    bench.order(1000)
    assert events(bench) == [(codes.ORDER_BACK, codes.WINNER_AGC)]
    bench.master = False
    bench.now = (bench.now + 31000) & 0x3FFFFFFF
    assert events(bench) == [(codes.MASTERS_GONE, codes.WINNER_RAMP_TO_ZERO)]
