"""A one-way AC pile beside a V2G bay behind one connection, in virtual time and over real bytes."""

import json

import pytest

from drivers import converter_ac_pile as d
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY
from firmware.outlet import codes
from hil_tests.faults import outlet_campaign, pile_campaign
from hil_tests.faults.scene import Scene
from hil_tests.rig.pile import PILE, pile_station
from tools.board_lines import with_lines
from tools.child import ROOT

LEAST_W = 3 * 230 * 6


class Pair(Scene):
    """The scene with short names for the pile."""

    def __init__(self, **settings):
        super().__init__(raw=pile_station(**settings))
        self.car = self.plant.converters[PILE]
        self.bay = self.image.bays[PILE]
        self.pile = next(unit.pile for unit in self.rig.loop.drivers if hasattr(unit, "pile"))

    def until(self, condition, limit_ms=60_000):
        start = self.ms
        while not condition():
            assert self.ms - start < limit_ms
            self.run(10)
        return self.ms - start

    def charging(self, kw=-20):
        assert self.order(kw)
        self.until(lambda: self.car.ac_w > LEAST_W)
        self.run(4000)
        return self


def test_the_pile_follows_and_pauses_instead_of_less_than_six_ampere():
    s = Pair().charging()
    s.run(4000)
    assert s.car.ac_w == pytest.approx(s.bay.command_w.value, abs=150)
    assert s.bay.power_w.value == pytest.approx(s.car.ac_w, abs=50)
    assert s.bay.state.value == CONVERTER_RUNNING and s.car.ac_w > 8000
    assert s.order(-4)
    s.until(lambda: not s.car.contactor_closed)
    s.run(2000)
    assert s.ac_w(0) == pytest.approx(4000, abs=100)  # the other bay takes what is too little for the pile
    assert s.car.ac_w == 0 and s.pile.event == 0 and codes.PILE_NO_STOP not in s.codes()
    s.run(20_000)
    assert s.car.ac_w == 0 and s.bay.state.value == CONVERTER_STANDBY
    assert s.order(-20)
    s.until(lambda: s.car.ac_w > 8000)
    assert s.order(10)  # the pile never gives back
    s.run(20_000)
    assert s.car.ac_w == 0 and s.ac_w(0) < -8000
    steady = [row[2][PILE] for row in s.truth.rows if row[2][PILE]]
    assert min(steady) >= 0


def test_the_example_charges_on_both_bays():
    raw = with_lines(json.loads((ROOT / "boards" / "sim" / "ac_pile.json").read_text()), "sim")
    s = Scene(raw=raw)
    assert s.order(-14)
    s.run(30_000)
    assert s.plant.converters[PILE].lock_closed and s.plant.converters[PILE].ac_w > LEAST_W
    assert s.ac_w(0) > 4000 and s.bays_w() == pytest.approx(14_000, abs=300)


def test_the_fault_tables_rows_of_a_pile():
    rows = [row for row in pile_campaign.FAULTS if row.code in (0, codes.PILE_DIODE)]
    results = [pile_campaign.run(row, (7,)) for row in rows]
    assert [r.is_good for r in results] == [True, True]
    text = outlet_campaign.table(results)
    assert "交流：二极管缺失" in text and "V282" in text and "RED" not in text


def test_both_share_the_connection_and_the_site_limit_holds():
    s = Pair(import_max_w=16_000).charging(-26)
    s.run(10_000)
    told = s.bay.command_w.value
    s.run(20_000)
    assert s.truth.highest_grid_w(s.ms - 20_000) <= 16_000 + 50
    assert s.car.ac_w >= LEAST_W and s.bay.command_w.value == pytest.approx(told, abs=300)
    s.plant.inject("site_load", w=12_000)
    s.run(30_000)
    assert s.truth.highest_grid_w(s.ms - 15_000) <= 16_000 + 50
    assert s.car.ac_w == 0  # what is left for it is less than 6 A


def test_a_raise_waits_for_the_change_before_and_a_cut_does_not():
    s = Pair(pilot={"duty_gap_ms": 5000}).charging(-14)
    duties = [(s.ms, s.pile.duty)]
    for kw in (-15, -16, -17, -18):
        assert s.order(kw)
        for _ in range(10):
            s.run(100)
            if s.pile.duty != duties[-1][1]:
                duties.append((s.ms, s.pile.duty))
    s.run(8000)
    raises = [ms for ms, _ in duties[1:]]
    assert all(b - a >= 4900 for a, b in zip(raises, raises[1:], strict=False))
    before = s.pile.duty
    assert s.order(-12)
    assert s.until(lambda: s.pile.duty < before) <= 1000


def test_a_car_leaves_and_comes_back():
    s = Pair().charging()
    s.plant.inject("vehicle_unplugged", bay=PILE)
    s.run(200)
    assert not s.car.contactor_closed and s.car.ac_w == 0
    assert codes.PILE_UNPLUGGED in s.codes(s.ms - 400)
    s.run(1000)
    assert s.bay.state.value == CONVERTER_OFF and s.bay.envelope_hi_w.value == 0
    s.plant.clear("vehicle_unplugged", bay=PILE)
    s.until(lambda: s.car.ac_w > LEAST_W)


def test_a_full_car_is_left_alone_and_asked_again_later():
    s = Pair(pilot={"wake_ms": 5000, "retry_ms": 20_000}).charging()
    s.plant.inject("soc", bay=PILE, bp=10_000)
    s.until(lambda: s.bay.state.value == CONVERTER_OFF)
    assert not s.car.contactor_closed
    s.plant.inject("soc", bay=PILE, bp=5000)
    s.until(lambda: s.car.ac_w > LEAST_W)


def test_the_cable_limits_and_a_foreign_resistor_stops():
    s = Pair(pilot={"cable": "socket"}, car={"cable_ohm": 1500}).charging()  # 10 A
    s.run(10_000)
    assert s.car.lock_closed and 0 < s.car.ac_w <= 3 * 230 * 10 + 1
    s.car.cable_ohm = 400
    s.until(lambda: not s.car.contactor_closed, 1000)
    s.run(1000)
    assert codes.PILE_CABLE in s.codes() and not s.car.lock_closed


FAULTS = (
    ("diode_missing", True, codes.PILE_DIODE),
    ("pilot_short", True, codes.PILE_PILOT_SHORT),
    ("pilot_offset_dv", 15, codes.PILE_PILOT_UNKNOWN),
    ("ventilates", True, codes.PILE_VENTILATION),
    ("over_da", 60, codes.PILE_OVERCURRENT),
    ("estop", True, codes.OUTLET_ESTOP),
    ("earth_lost", True, codes.OUTLET_EARTH_LOST),
    ("connector_dc", 950, codes.OUTLET_TOO_HOT),
)


@pytest.mark.parametrize("name, value, code", FAULTS)
def test_a_fault_opens_says_why_and_ends_with_the_cable_out(name, value, code):
    s = Pair().charging()
    normal = getattr(s.car, name)
    setattr(s.car, name, value)
    s.until(lambda: not s.car.contactor_closed, 12_000)
    s.run(1000)
    assert code in s.codes() and s.bay.state.value == CONVERTER_FAULT and s.bay.envelope_hi_w.value == 0
    setattr(s.car, name, normal)
    s.run(10_000)
    assert not s.car.contactor_closed and s.car.ac_w == 0
    s.car.plugged = False
    s.run(5000)
    s.car.plugged = True
    s.until(lambda: s.car.ac_w > LEAST_W)


def test_a_welded_contactor_is_found():
    s = Pair().charging()
    s.car.welded = True
    assert s.order(0)
    s.until(lambda: codes.OUTLET_CONTACTOR_WELDED in s.codes(), 20_000)
    assert s.bay.state.value == CONVERTER_FAULT


def test_a_deaf_car_is_opened_under_load_and_told_of():
    s = Pair().charging()
    s.car.stuck = True
    assert s.order(0)
    took_ms = s.until(lambda: not s.car.contactor_closed)
    assert 6000 <= took_ms <= 9000 and codes.PILE_NO_STOP in s.codes()


def test_lost_lines_and_a_lost_controller_end_the_energy():
    s = Pair().charging()
    s.plant.inject("converter_silent", bay=PILE)
    since = s.ms
    s.until(lambda: s.car.ac_w == 0 and not s.car.contactor_closed, 1000)
    assert s.ms - since <= 700  # the I/O's own hold and the contactor
    s.run(500)
    assert codes.OUTLET_LINES_SILENT in s.codes() and s.bay.power_w.quality == 0
    s.plant.clear("converter_silent", bay=PILE)
    s.until(lambda: s.car.ac_w > LEAST_W)


def test_an_exception_leaves_no_energy_behind():
    s = Pair().charging()
    s.rig.loop.panic()
    s.rig.loop.stop()
    s.plant.advance(s.ms + 100)
    assert s.car.outputs["contactor"] == 0 and s.car.outputs["cp_pwm"] == 10_000 and s.car.ac_w == 0
    assert s.rig.board.pins.levels[0] == 0 and s.pile.state == d.EMPTY


def test_an_orderly_stop_opens_and_says_so_to_the_io():
    s = Pair().charging()
    assert s.rig.board.pins.levels[0] == 1
    s.rig.loop.stop()
    s.rig._serve(s.rig.tick())
    s.plant.advance(s.ms + 100)
    assert s.car.outputs["contactor"] == 0 and s.car.ac_w == 0


def test_a_lease_that_ran_out_is_no_charging():
    s = Pair().charging()
    for _ in range(400):  # the pile's turns go on, no step renews the lease
        s.rig.ms += 10
        for driver in s.rig.loop.drivers:
            driver.service(s.rig.tick())
        s.rig._serve(s.rig.tick())
        s.plant.advance(s.rig.ms)
    assert s.car.ac_w == 0 and not s.car.contactor_closed and s.pile.duty == 10_000
