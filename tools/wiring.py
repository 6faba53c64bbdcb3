"""What a wiring can do, computed from the configuration alone: each bus's cycle, the worst age of each
reading, each bay's reaction; and the promises that it breaks.

Model. A bus serves one transaction at a time: request, the device's answer within ANSWER_MS, reply, the
silence that the line needs, and TURN_MS until the loop has seen it. A job (one request) is due its
period after it began last, and the bus gives turns as drivers/modbus_bus.py says:

1. What may push ahead (heartbeats, set-points: one for each step and bay) counts as often as it fits into
   the time.
2. Of n jobs that control needs the most overdue goes first, so from the instant that one is due every
   other goes before it at most once, and 1 + (n - 1) // PATIENCE patient ones.
3. Of m patient jobs (energies, voltage) too, each of them after at most PATIENCE of the former, and those
   as often as their periods allow; one more may be under way.
4. A silent device is tried once in each of its growing pauses; a try costs its transaction, its time-out,
   and on a serial line as much again in quarantine. (One that answers now and then: once in its first
   pause.)
"""

from typing import NamedTuple

from drivers.converter_evtec import EvtecConverter
from drivers.converter_quasar import QuasarConverter
from drivers.lines_modbus import HOLD_MS, REGISTERS
from drivers.maps import sdm630, sunspec
from drivers.maps import dlt645 as dlt645_table
from drivers.meter_dlt645 import MeterDlt645
from drivers.meter_modbus import MeterModbus
from drivers.meter_plan import FIRST_BACKOFF_MS, LAST_BACKOFF_MS, PATIENCE, SLOWLY, STATION
from firmware.image import METER_ROWS, Group
from firmware.phases import limits_of
from protocols.errors import LocalError
from protocols.modbus.rtu import RtuFraming
from tools.meter.reading import table_of

ANSWER_MS = {"rtu": 50, "tcp": 20, "dlt645": 500}  # of a healthy device; 500 is what DL/T 645 allows
TURN_MS = 20  # the loop's longest gap
CAN_FRAME_BITS = 158  # 29-bit identifier, 8 bytes, the worst stuffing
BCS_MS = 250  # the vehicle tells its state of charge by itself (GB/T 27930)
CONVERTER_PAUSE_MS = 1000  # the longest between two tries
_TRIES = 1000
_REGISTER_DRIVERS = {"quasar": QuasarConverter, "evtec": EvtecConverter}


class Job(NamedTuple):
    """A request and its reply: who, which reading, period and time on the bus, whether it pushes ahead or is
    patient; pauses between tries of a silent device, the first and the last.
    """

    device: str
    reading: str
    period_ms: int
    takes_ms: int
    pushes: bool = False
    patient: bool = False
    pause_ms: int = FIRST_BACKOFF_MS
    last_pause_ms: int = LAST_BACKOFF_MS


class Reading(NamedTuple):
    """Worst age in ms when the next sample arrives; `silent_ms` while another device on the bus does not
    answer; -1 = without end.
    """

    device: str
    reading: str
    age_ms: int
    silent_ms: int


class Bus(NamedTuple):
    """`cycle_ms`: every job once; `load_pct`: of its time that the wanted periods take."""

    name: str
    cycle_ms: int
    load_pct: int
    readings: tuple


class Bay(NamedTuple):
    """From a decision to the written command; to steady power there; to zero when the controller is
    gone.
    """

    name: str
    written_ms: int
    settled_ms: int
    abandoned_ms: int


def transaction_ms(bus, request, reply):
    """Worst time of one transaction with these bytes on the wire (PDU and frame of a serial line)."""
    if bus["kind"] == "tcp":
        return ANSWER_MS["tcp"] + TURN_MS
    line = RtuFraming(bus["baud"])
    return line.wire_ms(request) + ANSWER_MS[bus["kind"]] + line.wire_ms(reply) + line.quiet_ms + TURN_MS


def meter_jobs(meter, bus, phased=False):
    """Jobs of one meter, as its driver makes them; `phased`: with the power of each phase."""
    name = meter["name"]
    if meter["model"] == "dlt645":
        points = {point[3]: point for point in reversed(dlt645_table.POINTS)}
        for row in STATION + (STATION[0],) * 3 * phased:
            period = meter["period_ms"] * (1 if row[0] == "power" else SLOWLY)
            takes = transaction_ms(bus, 20, 20 + points[row[0]][1])
            yield Job(name, row[0], period, takes, pause_ms=meter["period_ms"])
        return
    for first, count, period_ms, patient in _requests(meter, phased):
        takes = transaction_ms(bus, 8, 5 + 2 * count)
        pause_ms = max(meter["period_ms"], FIRST_BACKOFF_MS)
        what = _what(meter["model"], first, count)
        yield Job(name, what, period_ms, takes, patient=patient, pause_ms=pause_ms)


def _requests(meter, phased=False):
    period_ms = meter["period_ms"]
    if meter["model"] == "sdm630" and not phased:
        return [(first, count, period_ms * every, every > 1) for first, count, every in sdm630.BLOCKS]
    group = Group(METER_ROWS, {})
    table = table_of(meter["model"])
    phases = [group] * 3 * phased
    driver = MeterModbus(1, period_ms, 1, table, group, meter["pt_ratio"], meter["ct_ratio"], phases)
    control = range(driver.asks_ratios, driver.patient_from)
    rows = enumerate(zip(driver.requests, driver.periods))
    return [(*request, period, i not in control) for i, (request, period) in rows]


def _is_phased(config, meter):
    return bool(config["site"]["phases"]) and meter["name"] == config["site"]["meter"]


def _what(model, first, count):
    named = [p[2] for p in table_of(model).POINTS if first <= p[0] < first + count]
    wanted = [row[0] for row in STATION]
    return "+".join(dict.fromkeys(q for q in named if q in wanted)) or "ratios"


def converter_jobs(bay, bus, cycle_ms):
    """Jobs of one converter: what is read, and what pushes ahead."""
    converter, name = bay["converter"], bay["name"]
    if bus["kind"] == "can":
        yield from _module_jobs(bay, bus, cycle_ms)
        return
    if converter["model"] == "ac_pile":
        yield Job(name, "power (lines)", converter["poll_ms"], transaction_ms(bus, 8, 5 + 2 * REGISTERS))
        yield Job(name, "set-point", HOLD_MS // 4, transaction_ms(bus, 9 + 2 * REGISTERS, 8), True)
        return
    if not converter["model"].startswith("sunspec"):
        yield from _register_jobs(bay, bus)
        return
    reads = (
        ("power", sunspec.M701_COUNT, converter["poll_ms"]),
        ("soc", sunspec.M713_COUNT, 1000),
        ("dc", sunspec.M714_COUNT, 1000),
    )
    for what, count, period in reads:
        yield Job(name, what, period, transaction_ms(bus, 8, 5 + 2 * count))
    if converter["model"] == "sunspec_der":
        yield Job(name, "services", 250, transaction_ms(bus, 8, 5 + 2 * 13))  # the lease, at most
    yield Job(name, "heartbeat", 1000, transaction_ms(bus, 13, 8), True)
    yield Job(name, "set-point", cycle_ms, transaction_ms(bus, 9 + 2 * sunspec.M704_COUNT, 8), True)


def _register_jobs(bay, bus):
    """Of a charger behind plain registers: between two readings of its power at most two set-points go
    out, each followed by the pause that the device needs.
    """
    driver, poll_ms = _REGISTER_DRIVERS[bay["converter"]["model"]], bay["converter"]["poll_ms"]
    for i, (_, _, count, every) in enumerate(driver.READS):
        takes = transaction_ms(bus, 8, 5 + 2 * count)
        yield Job(bay["name"], driver.SHOWS[i], poll_ms * every, takes)
    takes = transaction_ms(bus, 13, 8) + driver.write_gap_ms
    yield Job(bay["name"], "set-point", 2 * takes, takes)
    yield Job(bay["name"], "set-point again", 2 * takes, takes)


def _module_jobs(bay, bus, cycle_ms):
    """CAN modules: four questions and answers each a round, two writes a set-point; nobody waits for a silent
    one. The state of charge comes over the vehicle's own bus.
    """
    frame_ms = -(-CAN_FRAME_BITS * 1000 // bus["bitrate"])
    name, modules = bay["name"], bay["converter"]["modules"]
    yield Job(name, "power", bay["converter"]["poll_ms"] + 2 * TURN_MS, 8 * modules * frame_ms)
    yield Job(name, "soc", BCS_MS + TURN_MS, frame_ms)
    yield Job(name, "set-point", cycle_ms, 2 * frame_ms, True)


def jobs_of(config, bus):
    """Every job on a bus."""
    jobs = []
    for meter in config["meters"]:
        if meter["bus"] == bus["name"]:
            jobs += meter_jobs(meter, bus, _is_phased(config, meter))
    for bay in config["bays"]:
        if bay["converter"]["bus"] == bus["name"]:
            poll_ms = bay["converter"]["poll_ms"]
            for job in converter_jobs(bay, bus, config["station"]["cycle_ms"]):
                jobs.append(job._replace(pause_ms=poll_ms, last_pause_ms=CONVERTER_PAUSE_MS))
    return jobs


def worst_gap_ms(job, jobs, silent=None, silence_ms=0):
    """Longest time between two beginnings of a job, while `silent` (a job of another device) gets no answer
    and each try costs `silence_ms` more; -1 when what goes ahead leaves no room for it.
    """
    others = [other for other in jobs if other is not job]
    pushing = [other for other in others if other.pushes]
    control = [other for other in others if not other.pushes and not other.patient]
    patient = [other for other in others if other.patient]
    gap = job.period_ms
    for _ in range(_TRIES):
        ahead = _as_often(pushing, gap)
        if job.patient:
            turns = PATIENCE * (len(patient) + 1) + 1
            ahead += sum(other.takes_ms for other in patient)
            ahead += min(_as_often(control, gap), turns * _longest(control))
        else:
            ahead += sum(other.takes_ms for other in control)
            ahead += (1 + len(control) // PATIENCE) * _longest(patient)
        if silent is not None:
            ahead += _tries(silent, gap, silence_ms) * (silent.takes_ms + silence_ms)
        if job.period_ms + ahead == gap:
            return gap
        gap = job.period_ms + ahead
    return -1


def _as_often(jobs, gap_ms):
    return sum((gap_ms // job.period_ms + 1) * job.takes_ms for job in jobs)


def _longest(jobs):
    return max((job.takes_ms for job in jobs), default=0)


def _tries(silent, gap_ms, silence_ms):
    """How often a device that fell silent is tried within that time."""
    tries, at, pause = 0, 0, silent.pause_ms
    while at <= gap_ms:
        tries += 1
        at += silence_ms // 2 + pause
        pause = max(min(2 * pause, silent.last_pause_ms), 1)
    return tries


def buses(config):
    """A Bus for each that has work."""
    found = []
    for bus in config["buses"]:
        jobs = jobs_of(config, bus)
        if jobs:
            silence = {"tcp": 1, "can": 0}.get(bus["kind"], 2) * bus["timeout_ms"]
            readings = tuple(_reading(job, jobs, silence) for job in jobs if not _is_write(job))
            load = sum(100 * job.takes_ms // job.period_ms for job in jobs)
            found.append(Bus(bus["name"], sum(job.takes_ms for job in jobs), load, readings))
    return found


def _is_write(job):
    return job.pushes or job.reading.startswith("set-point")


def _reading(job, jobs, silence_ms):
    gap = worst_gap_ms(job, jobs)
    if gap < 0:
        return Reading(job.device, job.reading, -1, -1)
    silent = _longest_of_devices(jobs, job.device) if silence_ms else ()
    gaps = [worst_gap_ms(job, jobs, other, silence_ms) for other in silent]
    silent_ms = -1 if -1 in gaps else max([gap, *gaps]) + job.takes_ms
    return Reading(job.device, job.reading, gap + job.takes_ms, silent_ms)


def _longest_of_devices(jobs, but):
    """For each other device its longest transaction."""
    longest = {}
    for job in jobs:
        if job.device != but and job.takes_ms > longest.get(job.device, job).takes_ms - 1:
            longest[job.device] = job
    return longest.values()


def bays(config):
    """A Bay for each."""
    return [_bay(config, bay) for bay in config["bays"]]


def _bay(config, bay):
    converter = bay["converter"]
    if converter["bus"] == "pins":  # the board's own lines: written in the same turn
        written = config["station"]["cycle_ms"] + TURN_MS
        settled = written + converter["response_ms"]
        return Bay(bay["name"], written, settled, converter["lease_ms"] + converter["response_ms"])
    bus = next(row for row in config["buses"] if row["name"] == converter["bus"])
    jobs = jobs_of(config, bus)
    own = next(job for job in jobs if job.device == bay["name"] and job.reading == "set-point")
    ahead = sum(job.takes_ms for job in jobs if job.pushes and job is not own)
    longest = max((job.takes_ms for job in jobs if not job.pushes and job is not own), default=0)
    written = config["station"]["cycle_ms"] + longest + ahead + own.takes_ms
    settled = written + converter["response_ms"]
    return Bay(bay["name"], written, settled, converter["lease_ms"] + converter["response_ms"])


def broken_promises(config):
    """[(path, what was computed, what would be right)]: nothing here can be kept by this wiring."""
    broken = _impossible_ratios(config)
    if broken:
        return broken
    for i, bay in enumerate(config["bays"]):
        if bay["phases"] and not config["site"]["phases"]:
            right = "[], or site.phases with the breakers of L1, L2 and L3"
            broken.append(("bays[%d].phases" % i, bay["phases"], right))
    ages = {(r.device, r.reading): r.age_ms for bus in buses(config) for r in bus.readings}
    for i, meter in enumerate(config["meters"]):
        age = max(a for (name, what), a in ages.items() if name == meter["name"] and "power" in what)
        _compare(broken, "meters[%d].max_age_ms" % i, meter["max_age_ms"], age, "power")
    for i, bay in enumerate(config["bays"]):
        path = "bays[%d]." % i
        converter = bay["converter"]
        if converter["bus"] == "pins":
            continue
        mine = {what: age for (name, what), age in ages.items() if name == bay["name"]}
        age = next(age for what, age in mine.items() if "power" in what)
        _compare(broken, path + "converter.max_age_ms", converter["max_age_ms"], age, "power")
        if converter["model"] == "ac_pile":
            continue  # it tells no SOC
        soc_age = next(age for what, age in mine.items() if "soc" in what)
        _compare(broken, path + "battery.max_age_ms", bay["battery"]["max_age_ms"], soc_age, "SOC")
    for i, bay in enumerate(bays(config)):
        lease = config["bays"][i]["converter"]["lease_ms"]
        renewed = lease // 4 + bay.written_ms
        if renewed >= lease:
            text = "at least %d, or fewer devices on that bus (a lease is renewed every %d ms)"
            right = text % (-(-bay.written_ms * 4 // 3000) * 1000, renewed)
            broken.append(("bays[%d].converter.lease_ms" % i, lease, right))
    return broken


def _impossible_ratios(config):
    broken = []
    for i, meter in enumerate(config["meters"]):
        try:
            if meter["model"] != "dlt645":
                _requests(meter)
            else:
                group = Group(METER_ROWS, {})
                MeterDlt645(meter["address"], 1000, 1, group, meter["pt_ratio"], meter["ct_ratio"])
        except LocalError as error:
            product = "%d x %d" % (meter["pt_ratio"], meter["ct_ratio"])
            broken.append(("meters[%d].pt_ratio" % i, product, "less: " + str(error)))
    return broken


def _compare(broken, path, promised, age, what):
    if age < 0:
        broken.append((path, promised, "fewer devices: set-points alone fill that bus"))
    elif age > promised:
        broken.append((path, promised, "at least %d, as old as %s can be on that bus" % (age, what)))


def phase_lines(config):
    """Breakers, and who lies on them."""
    for number in (1, 2, 3) if config["site"]["phases"] else ():
        row = config["site"]["phases"][number - 1]
        on_it = [bay["name"] for bay in config["bays"] if number in bay["phases"]]
        limit_w = limits_of(config["site"], number)["import_max_w"]
        text = "  phase L%d: breaker %.1f A, %d W at %.1f V; bays: %s"
        bays = ", ".join(on_it) or "none"
        yield text % (number, row["breaker_da"] / 10, limit_w, row["voltage_dv"] / 10, bays)


def lines(config):
    """What the wiring can do, for people."""
    yield from phase_lines(config)
    for bus in buses(config):
        text = "  bus %s: every reading once in %.2f s, %d %% of its time wanted"
        yield text % (bus.name, bus.cycle_ms / 1000, bus.load_pct)
        for r in bus.readings:
            if r.reading != "ratios":
                text = "    %s %s: at worst %.2f s old, %s while another device there is silent"
                silent = "without end" if r.silent_ms < 0 else "%.2f s" % (r.silent_ms / 1000)
                yield text % (r.device, r.reading, r.age_ms / 1000, silent)
    for bay in bays(config):
        text = "  %s: a command is written within %.2f s, power stands there within %.2f s; "
        text += "without the controller at zero within %.2f s"
        seconds = (bay.written_ms / 1000, bay.settled_ms / 1000, bay.abandoned_ms / 1000)
        yield text % (bay.name, *seconds)
    for bay in config["bays"]:
        if bay["converter"]["model"] == "evtec":
            text = "  %s: no lease is known of this charger: its own hardware must stop it when we are gone"
            yield text % bay["name"]
