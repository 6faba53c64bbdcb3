"""Limits of each phase: who is cut by which, what a raise waits for, what is promised.

lane: heap=512k
"""

from firmware import codes
from firmware.codes_phases import LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3
from firmware.config import ConfigError, validate
from firmware.image import CONVERTER_OFF
from hil_tests.portable.firmware_support import Bench, raw_config
from hil_tests.portable.phase_support import PhaseBench, phased, started
from hil_tests.portable.support import no_heap


def wrong(raw):
    try:
        validate(raw)
    except ConfigError as error:
        return [(row[1], row[2]) for row in error.errors]
    return []


def test_configuration_names_what_is_wrong():
    assert wrong(phased([[1], [2, 3, 1]])) == []
    raw = phased([[1]])
    raw["site"]["phases"] = raw["site"]["phases"][:2]
    assert [path for path, _ in wrong(raw)] == ["site.phases"]
    raw = phased([[1]])
    raw["site"]["phases"][1]["breaker_da"] = 0
    raw["site"]["phases"][2]["fuse"] = 1
    assert wrong(raw) == [("site.phases[1].breaker_da", 0), ("site.phases[2].fuse", 1)]
    raw = phased([[1]])
    raw["site"]["phases"][0]["load_min_w"] = 20000
    assert wrong(raw) == [("site.phases[0].load_min_w", 20000)]
    for phases in ([], [1, 1], [1, 2, 3, 1]):
        assert wrong(phased([phases])) == [("bays[0].phases", phases)]
    assert wrong(phased([[4]])) == [("bays[0].phases", [4])]


def test_meter_must_tell_the_phases():
    raw = phased([[1]])
    raw["meters"][0]["model"] = "sdm72"
    assert wrong(raw) == [("meters[0].model", "sdm72")]
    raw["site"]["phases"] = []
    raw["bays"][0]["phases"] = []
    assert wrong(raw) == []


def test_without_site_phases_there_are_none():
    names = started(phased([[1]])).image.names_of()
    assert "phase3.room_hi_w" in names and "phase1.grid_power_w" in names
    assert not [name for name in Bench(raw_config()).image.names_of() if name.startswith("phase")]


def test_evcc_29532_overload_on_another_phase():
    """A one-phase car goes on at full power, whatever the household does to the other phases; one on the
    overloaded phase is cut at once.
    """
    bench = started(phased([[1], [2]]))
    assert bench.commands() == [7000, 7000]
    bench.loads_w = [0, 13000, 11000]
    bench.step()
    assert bench.commands() == [7000, 0]
    assert bench.bays[1].limit_hi.value == LIMIT_PHASE_2
    assert bench.station.envelope_hi_w.value == 7000
    assert bench.station.limit.value == LIMIT_PHASE_2
    bench.run(50)
    assert bench.commands() == [7000, 0]
    bench.loads_w = [0, 6000, 11000]
    bench.run(50)
    assert bench.commands() == [7000, 4000]


def test_evcc_18522_rotation():
    """Three one-phase cars on three phases are not in each other's way; a rotated three-phase one takes an
    equal part of each.
    """
    bench = started(phased([[1], [3], [2]], (280, 280, 280)))
    assert bench.commands() == [7000, 7000, 7000]
    bench = started(phased([[1], [2, 3, 1]], rating_w=21000))
    assert bench.commands()[0] + bench.commands()[1] // 3 <= 10000
    assert bench.commands() == [5000, 15000]
    bench.loads_w = [0, 8500, 0]  # L2 leaves 1.5 kW of each phase to bay 2, the rest of L1 to bay 1
    bench.run(50)
    assert bench.commands() == [8500, 4500]
    assert bench.bays[1].limit_hi.value == LIMIT_PHASE_2
    assert bench.bays[0].limit_hi.value == LIMIT_PHASE_1


def test_evcc_22770_unequal_breakers():
    bench = started(phased([[1], [2], [3], [1, 2, 3]], (320, 250, 200), rating_w=12000))
    assert bench.commands() == [5500, 3750, 2500, 7500]
    limits = [bay.limit_hi.value for bay in bench.bays]
    assert limits == [LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3, LIMIT_PHASE_3]
    for p in range(3):
        assert bench.truth_w(p) == (8000, 6250, 5000)[p]


def test_silent_meter_closes_its_phase_to_the_configured_load():
    raw = phased([[1], [2]])
    raw["site"]["phases"][1]["load_max_w"] = 6000
    bench = started(raw)
    bench.loads_w = [0, None, 0]
    bench.run(20)
    assert bench.commands() == [7000, 4000]
    assert bench.bays[1].limit_hi.value == LIMIT_PHASE_2
    bench.loads_w = [None, None, None]
    bench.run(20)
    assert bench.commands() == [0, 4000]


def test_a_raise_waits_for_a_cut_on_the_same_phase_alone():
    bench = started(phased([[1], [1], [2]]))
    bench.loads_w = [0, 0, 0]
    assert bench.commands() == [5000, 5000, 7000]
    bench.soc_bp = 5000
    bench.follows = False  # nobody moves from here on
    bench.bays[0].power_w.put(5000, bench.now)
    bench.order(0)
    bench.run(1)
    bench.order(1000000)
    bench.run(2)
    assert max(bench.commands()[0], 5000) + max(bench.commands()[1], 5000) <= 10000
    bench.measured_w[1] = None  # silent: booked as it was, on its phase
    bench.run(8)
    assert bench.commands() == [5000, 0, 7000]
    bench.follows = True
    bench.run(60)
    assert bench.commands() == [7000, 0, 7000]


def test_export_has_its_own_end():
    raw = phased([[1], [2]])
    raw["site"]["phases"][0]["export_max_w"] = 3000
    bench = started(raw)
    bench.order(-1000000)
    bench.run(40)
    assert bench.commands() == [-3000, -7000]
    assert bench.bays[0].limit_lo.value == LIMIT_PHASE_1
    bench.loads_w = [2000, -9000, 0]  # a household's PV on L2
    bench.run(40)
    assert bench.commands() == [-5000, -1000]
    assert bench.station.envelope_lo_w.value == -6000


def test_least_power_of_a_device():
    """Two piles on a phase that leaves enough for one: one of them has it."""
    raw = phased([[1], [1], [2]], (100, 400, 400))
    for row in raw["bays"]:
        row["converter"]["min_power_w"] = 1400
    bench = started(raw)
    assert bench.commands() == [2500, 0, 7000]
    assert bench.bays[1].limit_hi.value == LIMIT_PHASE_1


def test_booked_names_itself():
    bench = started(phased([[1], [1]], rating_w=5000))
    assert bench.commands() == [5000, 5000]
    assert codes.text(LIMIT_PHASE_1) == "breaker of phase L1"


INPUTS = ("cp_high_dv", "cp_low_dv", "voltage_dv", "current_l1_da", "current_l2_da", "current_l3_da")


def one_phase_car():
    """A three-phase pile with a car on its first terminal, which is L2, and a bay on L3."""
    raw = phased([[2, 3, 1], [3]], rating_w=9000)
    raw["lines"] = [{"name": INPUTS[i], "pin": "io:%d" % i} for i in range(len(INPUTS))]
    raw["lines"].append({"name": "contactor", "pin": "io:16", "active": "high", "safe": 0})
    raw["lines"].append({"name": "cp_pwm", "pin": "io:17", "safe": 10000})
    raw["bays"][0].update({"bidirectional": False, "pilot": {"max_da": 320}})
    raw["bays"][0]["converter"].update({"model": "ac_pile", "response_ms": 5000, "max_age_ms": 1000})
    return CarBench(raw)


class CarBench(PhaseBench):
    """The car takes a third of what the pile may give, all of it on one line."""

    def feed(self):
        self.measured_w[0] = self.bays[0].command_w.value // 3
        super().feed()
        for name, power_w in (("line1_w", self.measured_w[0]), ("line2_w", 0), ("line3_w", 3)):
            getattr(self.bays[0], name).put(power_w, self.now)

    def truth_w(self, p):
        return self.loads_w[p] + (self.measured_w[0] if p == 1 else self.measured_w[1] if p == 2 else 0)


def test_lines_that_the_vehicle_leaves_alone():
    bench = one_phase_car()
    bench.run(100)
    bench.order(1000000)
    bench.run(80)
    assert bench.bays[0].idle_lines.value == 0  # nobody is sure yet
    bench.loads_w = [0, 0, 2000]
    bench.run(200)
    assert bench.bays[0].idle_lines.value == 6
    assert bench.commands() == [9000, 8000]  # L3 is the other bay's alone
    bench.loads_w = [12000, 0, 12000]
    bench.run(10)
    assert bench.commands() == [9000, 0]
    bench.loads_w = [12000, 8000, 12000]
    bench.run(1)
    assert bench.commands() == [6000, 0] and bench.bays[0].limit_hi.value == LIMIT_PHASE_2
    for _ in range(5):
        bench.now += 100
        bench.feed()
        no_heap(bench.controller.step, bench.now)
    bench.state = CONVERTER_OFF  # gone: the next car may have three phases
    bench.run(2)
    assert bench.bays[0].idle_lines.value == 0
