"""An hour in virtual time that shows the guard at work: two bays follow a dispatcher; into the first one
a late car is plugged that leaves early. The firmware of boards/sim, byte for byte, over 104 and Modbus.
"""

from typing import NamedTuple

from firmware.guard import usage
from tools import catalogue
from tools.defaults import RATING_W
from tools.plant.config import default_plant

SOC_BP = (4000, 7000)


class Story(NamedTuple):
    """Minutes of the run, of arrival and departure of the late car, its target, its margin, s per order."""

    minutes: int
    arrival: int
    departure: int  # of the clock too: virtual time begins at noon
    target_bp: int
    margin_s: int
    margin_bp: int
    order_s: int


EVENING = Story(46, 4, 43, 4500, 300, 200, 120)
SHORT = Story(14, 1, 13, 4200, 60, 20, 30)


def configuration(story):
    """Two bays of 15 kW with 60 kWh of LFP each."""
    plant = default_plant(2)
    for i, bay in enumerate(plant["bays"]):
        bay["soc_bp"] = SOC_BP[i]
    battery = {"capacity_wh": 60000, "chemistry": "lfp"}
    late = {
        "mode": "v2g",
        "target_bp": story.target_bp,
        "minimum_bp": 2500,
        "departure_min": 720 + story.departure,
        "margin_s": story.margin_s,
        "margin_bp": story.margin_bp,
    }
    parked = {"mode": "v2g", "target_bp": 5000, "minimum_bp": 2500}
    return {
        "site": {"meter": "grid", "import_max_w": 90000, "export_max_w": 90000, "load_max_w": 5000},
        "buses": [{"name": "meters", "kind": "rtu", "device": "/virtual", "baud": 9600}]
        + [{"name": "c%d" % n, "kind": "tcp", "host": "127.0.0.1", "port": 15020 + n} for n in (1, 2)],
        "meters": [{"name": "grid", "bus": "meters"}],
        "bays": [
            {
                "name": name,
                "rating_w": RATING_W,
                "converter": {"bus": bus},
                "battery": dict(battery),
                "session": session,
            }
            for name, bus, session in (("late car", "c1", late), ("parked car", "c2", parked))
        ],
        "control": {"ramp_w_per_s": 12000, "validity_s": 0},
        "recorder": {"path": "memory", "ring_bytes": 65536},
        "plant": plant,
    }


def orders(story):
    """[(ms, kW into the grid)]: one after another, mostly discharge."""
    shares = (0.5, 0.8, 0.3, 1.0, -0.4, 0.6, 0.9, 0.1)
    kw = 2 * RATING_W / 1000
    return [
        (5000 + 1000 * story.order_s * i, round(shares[i % len(shares)] * kw, 1))
        for i in range(story.minutes * 60 // story.order_s)
    ]


def play(record_path, say, story=EVENING):
    """Run it; writes the recording, and says each event as it comes. Returns the plant's SOC at
    departure of the late car, in 0.01 %.
    """
    from hil_tests.rig.master import VirtualMaster
    from hil_tests.rig.virtual import VirtualRig

    rig = VirtualRig(configuration(story))
    rig.plant.inject("vehicle_unplugged", bay=0)
    VirtualMaster(rig, orders(story))
    told = 0
    reached_bp = 0
    for minute in range(story.minutes):
        if minute == story.arrival:
            rig.plant.clear("vehicle_unplugged", bay=0)
            say("min %4.1f  the late car is plugged in: %g %%" % (minute, SOC_BP[0] / 100))
        if minute == story.departure:
            reached_bp = rig.plant.converters[0].battery.soc_bp()
            say("min %4.1f  departure with %.2f %%" % (minute, reached_bp / 100))
        rig.run(60000)
        for ms, code, argument in rig.board.events[told:]:
            say("min %4.1f  %s (%d)" % (ms / 60000, catalogue.name(code, "both"), argument))
        told = len(rig.board.events)
    record_path.write_bytes(rig.board.record_file.getvalue())
    for place in rig.loop.guard.usage.places:  # as the device sees it
        say(usage.line(place, place.session))
    return reached_bp
