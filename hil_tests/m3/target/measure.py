"""Measurements on the board: `main([WHAT, ...])` prints `MEASURE <name> <value>` lines.

step BAYS          the control step alone: instructions (mean, worst of 60) and bytes of heap per step
guard BAYS         the same step with every battery guarded, and a minute of the wear models
modbus             one poll of a converter (TCP) and of a meter (RTU) by their drivers: instructions, bytes
recorder BAYS      what recording adds to a step: instructions (mean, worst of 60), bytes of heap
setpoint           a set-point from its octets to the confirmation in the link's buffer
boot CONFIG        heap left when the station of this configuration stands, and the pause of a collect: as
                   after a real boot, the configuration and its text gone; this program is counted as used
cycle CONFIG N     N cycles of the whole loop with devices in memory: instructions (mean, worst), collects
gap CONFIG N       the longest turn of the loop in N cycles, with the collects: recorder (a snapshot every 30
                   steps), a dispatcher who interrogates, orders and floods, printed events
"""

import gc

from hil_tests.m3.target.counter import Counter, report


def main(arguments):
    what = {"step": step, "guard": guard, "recorder": recorder, "modbus": modbus, "setpoint": setpoint}
    what.update({"boot": boot, "cycle": cycle, "gap": gap})
    what[arguments.pop(0)](arguments)
    return 0


def step(arguments):
    from hil_tests.portable.firmware_support import raw_config, settled

    bays = int(arguments[0])
    raw = raw_config(bays=bays, rating_w=15000)
    raw["site"].update({"import_max_w": 400000, "export_max_w": 400000})
    _steps(settled(raw), bays, "step")


def _steps(bench, bays, name):
    counter = Counter()
    total = worst = taken = 0
    for i in range(60):
        bench.order((15000, -15000, 4321)[i // 10 % 3] * bays)
        bench.now = (bench.now + 100) & 0x3FFFFFFF
        bench.feed()
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        counter.begin()
        bench.controller.step(bench.now)
        instructions = counter.end()
        taken += gc.mem_alloc() - before
        gc.enable()
        total += instructions
        worst = max(worst, instructions)
        for k in range(bays):
            bench.measured_w[k] = bench.bays[k].command_w.value
    report("%s_%d_mean" % (name, bays), total // 60)
    report("%s_%d_worst" % (name, bays), worst)
    report("%s_%d_bytes" % (name, bays), taken // 60)


def recorder(arguments):
    from firmware.recorder import Recorder
    from hil_tests.portable.firmware_support import drain, raw_config, settled

    class Sink:
        def write(self, data):
            """Somewhere else."""

    bays = int(arguments[0])
    raw = raw_config(bays=bays, rating_w=15000)
    raw["site"].update({"import_max_w": 400000, "export_max_w": 400000})
    bench = settled(raw)
    record = Recorder(bench.image, 8192, 30)
    counter = Counter()
    total = worst = taken = 0
    for i in range(60):
        bench.order((15000, -15000, 4321)[i // 10 % 3] * bays)
        last = bench.controller.last
        bench.now = (bench.now + 100) & 0x3FFFFFFF
        bench.feed()
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        counter.begin()
        record.before(last, bench.now)
        instructions = counter.end()
        bench.controller.step(bench.now)
        counter.begin()
        record.after(bench.now)
        instructions += counter.end()
        taken += gc.mem_alloc() - before
        gc.enable()
        total += instructions
        worst = max(worst, instructions)
        drain(record, Sink())
        for k in range(bays):
            bench.measured_w[k] = bench.bays[k].command_w.value
    report("recorder_%d_mean" % bays, total // 60)
    report("recorder_%d_worst" % bays, worst)
    report("recorder_%d_bytes" % bays, taken // 60)
    report("recorder_%d_gaps" % bays, record.gaps)


def guard(arguments):
    from firmware.guard.wear import Wear
    from hil_tests.portable.guard_support import guarded, guarded_config

    bays = int(arguments[0])
    raw = guarded_config(bays=bays, battery={"bms": True}, control={"validity_s": 0})
    raw["site"].update({"import_max_w": 400000, "export_max_w": 400000})
    bench = guarded(raw, bms=(20000, 20000, 3400, 3300, 200, 180))
    for i in range(bays):
        bench.session(i, hours=5 + i)
    _steps(bench, bays, "guard")
    wear = Wear(False)
    counter = Counter()
    counter.begin()
    for i in range(20):
        wear.minute(5000 + i * 7 % 60, 250)
    report("wear_minute", counter.end() // 20)


def modbus(arguments):
    from drivers.converter_sunspec import SunSpecConverter
    from drivers.meter_sdm630 import Sdm630
    from firmware.image import Image
    from hil_tests.m3.target.inside import InsideBoard

    image = Image({}, [{}])
    board = InsideBoard()
    tcp = {"name": "c", "kind": "tcp", "timeout_ms": 500}
    rtu = {"name": "m", "kind": "rtu", "baud": 9600, "timeout_ms": 500}
    converter = SunSpecConverter(1, 100, 8000, image.bays[0], print)
    meter = Sdm630(1, 200, 1, image.station)
    _poll(board, "modbus_tcp", tcp, converter, 40)
    _poll(board, "modbus_rtu", rtu, meter, 3)


def _poll(board, name, row, device, skip):
    """Mean of ten transactions after the first `skip` of them (discovery, first writes)."""
    bus = board.make_bus(row)
    bus.add(device)
    face = board.faces.pop()
    counter = board.counter
    instructions = taken = 0
    now = 1000
    before = done = 0
    while done < skip + 10:
        now += 1
        face.serve(now)
        if not bus.is_due(now):
            continue
        mark = gc.mem_alloc()
        counter.begin()
        bus.service(now)
        spent = counter.end()
        mark = gc.mem_alloc() - mark
        if bus.master.replies != before:
            before = bus.master.replies
            done += 1
        if done >= skip:
            instructions += spent
            taken += mark
    report(name + "_mean", instructions // 10)
    report(name + "_bytes", taken // 10)


def setpoint(arguments):
    from firmware.assembly import make_image
    from firmware.config import validate
    from firmware.eventlog import EventLog
    from firmware.telecontrol import Telecontrol
    from firmware.wallclock import WallClock
    from hil_tests.portable.firmware_support import raw_config

    raw = raw_config(bays=1, rating_w=15000)
    raw["telecontrol"] = {"event_slots": 16, "max_links": 1}
    config = validate(raw)
    image = make_image(config)
    telecontrol = Telecontrol(image, config, WallClock(0), EventLog(8))
    station = telecontrol.station
    link = station.open_link("127.0.0.1", 0)
    counter = Counter()
    link.feed(b"\x68\x04\x07\x00\x00\x00", 6, 0)
    frame = bytearray(b"\x68\x12\x00\x00\x00\x00\x32\x01\x06\x00\x01\x00\x01\x62\x00\x00\x00\xc0\x40\x00")
    total = taken = 0
    now = 10
    for i in range(20):
        link.tx.clear()
        image.order_event = False
        frame[2] = 2 * i & 0xFF
        frame[4] = _sent(link)
        gc.collect()
        mark = gc.mem_alloc()
        counter.begin()
        link.feed(frame, len(frame), now)
        total += counter.end()
        taken += gc.mem_alloc() - mark
        if not image.order_event or link.is_closed:
            raise AssertionError("the set-point was not taken")
        now += 20
    report("setpoint_mean", total // 20)
    report("setpoint_bytes", taken // 20)


def _sent(link):
    """N(R) that acknowledges all that the link has sent."""
    return link.vs * 2 & 0xFF


def boot(arguments):
    from boards.mps2_an385.board import Board, write_line
    from boards.mps2_an385.main import read
    from boards.station import assemble
    from drivers.ports.front_end import FramedListener

    class Alone(Board):
        """Does not wait for a front end that is not there."""

        def listen(self, host, port):
            return FramedListener(self._front_end(2), host, port)

    board = Alone(write_line)
    config = read(board, arguments.pop(0))
    loop = assemble(board, config)
    loop.start()
    config.clear()  # as boards.station.run() does
    gc.collect()
    report("free", gc.mem_free())
    report("used", gc.mem_alloc())
    counter = Counter()
    counter.begin()
    gc.collect()
    report("collect", counter.end())


def cycle(arguments):
    count = int(arguments.pop())
    board, loop = _station(arguments.pop(0))
    loop.start()
    image = loop.image
    while loop.steps < 30:
        loop.turn()
    board.count = board.collects = 0
    gc.collect()
    gc.disable()  # so that a collect is never in a cycle, but in its slack
    for i in range(count):
        if i % 10 == 0:
            image.station.agc_w.put((9000, -9000, 4000)[i // 10 % 3], board.now())
            image.order_event = True
        image.station.master_alive.put(1, board.now())
        target = loop.steps + 1
        while loop.steps < target:
            loop.turn()
    cycles = board.cycles[: board.count]
    report("mean", sum(cycles) // len(cycles))
    report("worst", max(cycles))
    report("collects", board.collects)
    report("collect_worst", board.longest_collect)
    if not image.station.power_w.value:
        raise AssertionError("the converters did not follow")


def gap(arguments):
    from boards.mps2_an385.main import read
    from boards.station import assemble, tell_events
    from hil_tests.m3.target.dispatcher import Dispatcher
    from hil_tests.m3.target.inside import InsideBoard, pair

    class Told(InsideBoard):
        """Prints and records as the board does."""

        def open_record(self, path):
            self._give_back()
            return Sink()

        def drain(self, now):
            tell_events(self, now)
            super().drain(now)

    count = int(arguments.pop())
    board = Told()
    config = read(board, arguments.pop(0))
    config["recorder"]["snapshot_steps"] = 30
    loop = assemble(board, config)
    board.loop = loop
    config.clear()
    loop.start()
    while loop.steps < 20:
        loop.turn()
    ours, theirs = pair(480)
    board.listener.waiting = ours
    board.listener.ready = True
    dispatcher = Dispatcher(theirs)
    board.faces.append(dispatcher)
    while loop.steps < 40:
        loop.turn()
    board.longest_gap = board.collects = 0
    for _ in range(count):
        dispatcher.ask()
        target = loop.steps + 1
        while loop.steps < target:
            loop.turn()
    report("worst", board.longest_gap)
    report("collects", board.collects)
    report("lost", board.recorder.gaps)
    if not dispatcher.received or loop.event_steps < count // 5:
        raise AssertionError("the dispatcher was not heard")


class Sink:
    """A recording that nobody keeps."""

    def write(self, data):
        """Somewhere else."""

    def close(self):
        """Nothing to close."""


def _station(text):
    from boards.mps2_an385.main import read
    from boards.station import assemble
    from hil_tests.m3.target.inside import InsideBoard

    board = InsideBoard()
    loop = assemble(board, read(board, text))
    board.loop = loop
    return board, loop
