"""The one Modbus meter driver over its tables: words written by hand, signals read from the image.

lane: heap=256k
"""

from drivers.maps import adl400, adw300, djsf1352, djsf1352_rn6, dtsd1352, dtsu666, em24, em24_42, em340
from drivers.maps import sdm72, sdm630
from hil_tests.portable.meter_support import UNIT, Bench, all_words, words
from hil_tests.portable.support import no_heap, raises
from protocols.errors import LocalError
from protocols.ticks import ticks_add

TABLES = (sdm630, sdm72, dtsu666, adl400, dtsd1352, adw300, em24, em24_42, em340, djsf1352, djsf1352_rn6)

# 230.1 V, -15000.4 W, 50.02 Hz; import 12345.678 kWh, export 9.5 kWh, as float32 with the high word first.
SDM630 = all_words(
    words(0x00, "4366 199A 4366 199A 4366 199A"),
    words(0x34, "C66A 619A"),
    words(0x46, "4248 147B 4640 E6B6 4118 0000"),
)


def test_sdm630_in_three_requests():
    bench = Bench(sdm630, SDM630)
    bench.run(400)
    bench.shows(grid_power_w=-15000, grid_voltage_dv=2301, frequency_mhz=50020)
    bench.shows(import_kwh=12345, import_wh=678, export_kwh=9, export_wh=500)
    assert sorted(set(bench.registers.asked)) == [(0x00, 2), (0x34, 2), (0x46, 6)]


def test_power_is_read_five_times_as_often_as_the_rest():
    bench = Bench(sdm630, SDM630)
    bench.run(3000)
    asked = bench.registers.asked
    assert asked.count((0x34, 2)) == 15 and asked.count((0x46, 6)) == 3


def test_reversed_transformers_turn_power_and_swap_the_energies():
    bench = Bench(sdm630, SDM630, sign=-1)
    bench.run(400)
    bench.shows(grid_power_w=15000, grid_voltage_dv=2301, import_kwh=9, import_wh=500, export_kwh=12345)


def test_a_sentinel_costs_its_own_signal_only():
    bench = Bench(sdm630, all_words(SDM630, words(0x46, "7FC0 0000"), words(0x4A, "FF80 0000")))
    bench.run(400)
    bench.shows(frequency_mhz=None, export_kwh=None, export_wh=None)
    bench.shows(import_kwh=12345, grid_power_w=-15000, grid_voltage_dv=2301)


def test_sdm72_has_no_voltage():
    bench = Bench(sdm72, SDM630)
    bench.run(400)
    bench.shows(grid_power_w=-15000, grid_voltage_dv=None, import_kwh=12345)


# 2301.0, 1234.0 (W / 10), 5002.0; import 100.25 kWh, export 0.5 kWh; CT 40, PT 1
DTSU666 = all_words(
    words(0x06, "0028 0001"),
    words(0x2006, "450F D000 450F D000 450F D000"),
    words(0x2012, "449A 4000"),
    words(0x2044, "459C 5000"),
    words(0x101E, "42C8 8000"),
    words(0x1020, "0000 0000 0000 0000 0000 0000 0000 0000"),
    words(0x1028, "3F00 0000"),
)


def test_dtsu666_is_prescaled_and_tells_its_transformers():
    bench = Bench(dtsu666, DTSU666)
    bench.run(500)
    bench.shows(grid_power_w=4936, grid_voltage_dv=2301, frequency_mhz=50020)  # 1234.0 / 10 * 40
    bench.shows(import_kwh=4010, import_wh=0, export_kwh=20, export_wh=0)
    assert bench.registers.asked[0] == (0x06, 2)


def test_nothing_is_measured_before_the_ratios_are_known():
    bench = Bench(dtsu666, all_words(DTSU666, words(0x06, "0000 0001")))
    bench.run(3000)
    assert set(bench.registers.asked) == {(0x06, 2)} and bench.get("grid_power_w") is None
    bench.registers.words[6] = 40
    bench.run(12000)
    bench.shows(grid_power_w=4936)


def test_configured_ratios_go_before_the_meter_s():
    bench = Bench(dtsu666, DTSU666, pt=2, ct=30)
    bench.run(500)
    bench.shows(grid_power_w=7404, grid_voltage_dv=4602, import_kwh=6015)  # 123.4 * 60
    assert (0x06, 2) not in bench.registers.asked
    bench = Bench(dtsu666, DTSU666, ct=30)  # the other one is asked for
    bench.run(500)
    bench.shows(grid_power_w=3702)


def test_a_ratio_that_changes_is_noticed():
    bench = Bench(dtsu666, DTSU666)
    bench.run(500)
    bench.registers.words[6] = 80
    bench.run(61000)
    bench.shows(grid_power_w=9872)


def test_a_new_connection_forgets_the_ratios():
    bench = Bench(dtsu666, DTSU666)
    bench.run(500)
    bench.registers.words[6] = 80
    bench.driver.lost(bench.now)
    bench.run(500)
    bench.shows(grid_power_w=9872)


def test_ratios_beyond_what_the_integers_hold_are_refused():
    raises(LocalError, Bench, dtsu666, DTSU666, 1, 1000, 1000)
    bench = Bench(dtsu666, all_words(DTSU666, words(0x06, "2710 2710")))
    bench.run(1000)
    bench.shows(grid_power_w=None)


def test_rounding_happens_once():
    # 14.9 W / 10 rounds to 1; rounding 14.9 first would give 15 and then 2
    bench = Bench(dtsu666, all_words(DTSU666, words(0x06, "0001 0001"), words(0x2012, "416E 6666")))
    bench.run(500)
    bench.shows(grid_power_w=1)


def test_adl400_takes_the_total_and_not_phase_c():
    kilowatts = words(0x0814, "40A0 0000 40A0 0000 40A0 0000 4170 0000")  # 5, 5, 5, 15 kW
    bench = Bench(
        adl400,
        all_words(
            kilowatts,
            words(0x0800, "4366 0000 4366 0000 4366 0000"),
            words(0x0834, "4248 0000"),
            words(0x084C, "0001 86A1"),  # 100001 * 0.1 kWh
            words(0x0856, "FFFF FFFF"),
        ),
    )
    bench.run(500)
    bench.shows(grid_power_w=15000, grid_voltage_dv=2300, frequency_mhz=50000)
    bench.shows(import_kwh=10000, import_wh=100, export_kwh=None, export_wh=None)


DTSD1352 = all_words(
    words(0x8D, "0001 0014"),
    words(0x61, "08FD 08FD 08FD"),
    words(0x77, "1389"),
    words(0x16A, "FFFF FC18"),  # -1000 W secondary
    words(0x0A, "0000 3039"),  # 123.45 kWh
    words(0x14, "FFFF FFFE"),
)


def test_dtsd1352_is_on_the_secondary_side():
    bench = Bench(dtsd1352, DTSD1352)
    bench.run(500)
    bench.shows(grid_power_w=-20000, grid_voltage_dv=2301, frequency_mhz=50010)
    bench.shows(import_kwh=2469, import_wh=0, export_kwh=42949672 * 20 + 18, export_wh=800)


def test_adw300_without_frequency():
    bench = Bench(
        adw300,
        all_words(
            words(20, "08FD 08FE 08FF"),
            words(36, "0000 3A98"),
            words(62, "0000 0001 7FFF FFFF"),
        ),
    )
    bench.run(500)
    bench.shows(grid_power_w=15000, grid_voltage_dv=2301, frequency_mhz=None)
    bench.shows(import_kwh=0, import_wh=10, export_kwh=None)


# low word first: 230.1 V, -15000.4 W, 50.0 Hz
GAVAZZI = all_words(
    words(0x00, "08FD 0000 08FD 0000 08FD 0000"),
    words(0x28, "B60C FFFD"),
    words(0x37, "01F4"),
    words(0x33, "01F5"),
    words(0x3E, "E240 0001"),
    words(0x42, "0001 0000"),
    words(0x34, "0002 0000"),
    words(0x4E, "0003 0000"),
)


def test_em24_low_word_first_and_without_an_export_register():
    bench = Bench(em24, GAVAZZI)
    bench.run(500)
    bench.shows(grid_power_w=-15000, grid_voltage_dv=2301, frequency_mhz=50000)
    bench.shows(import_kwh=12345, import_wh=600, export_kwh=None)


def test_a_refused_request_rests_and_the_others_go_on():
    bench = Bench(em24, GAVAZZI)
    bench.run(9000)
    assert bench.registers.asked.count((0x5C, 2)) == 1 and bench.registers.asked.count((0x28, 2)) > 40
    bench.registers.words.update(words(0x5C, "0005 0000"))
    bench.run(2000)
    bench.shows(export_kwh=0, export_wh=500)


def test_the_other_em24_and_the_em340():
    bench = Bench(em24_42, GAVAZZI)
    bench.run(500)
    bench.shows(import_kwh=0, import_wh=100)
    bench = Bench(em340, GAVAZZI)
    bench.run(500)
    bench.shows(grid_power_w=-15000, frequency_mhz=50100, import_wh=200, export_wh=300)


def test_djsf1352_counts_wh_or_tenths():
    registers = all_words(
        words(50, "4416 0000 C2C8 0000 C270 0000"),  # 600 V, -100 A, -60 kW
        words(12, "C000 0001 0000 04D3"),
    )
    bench = Bench(djsf1352, registers)
    bench.run(500)
    bench.shows(grid_power_w=-60000, grid_voltage_dv=6000, frequency_mhz=None)
    bench.shows(import_kwh=3221225, import_wh=473, export_kwh=1, export_wh=235)
    bench = Bench(djsf1352_rn6, registers)
    bench.run(500)
    bench.shows(import_kwh=322122, import_wh=547, export_kwh=0, export_wh=123)


def test_integer_sentinels():
    bench = Bench(em340, all_words(GAVAZZI, words(0x28, "FFFF 7FFF"), words(0x33, "7FFF")))
    bench.run(500)
    bench.shows(grid_power_w=None, frequency_mhz=None, grid_voltage_dv=2301)
    bench = Bench(dtsd1352, all_words(DTSD1352, words(0x61, "FFFF"), words(0x16A, "8000 0000")))
    bench.run(500)
    bench.shows(grid_voltage_dv=None, grid_power_w=None, import_kwh=2469)


def test_silence_backs_off_and_leaves_ages_to_the_image():
    bench = Bench(sdm630, SDM630)
    bench.run(500)
    bench.is_silent = True
    asked = bench.bus.master.requests
    bench.run(20000)
    assert bench.bus.master.requests - asked < 15
    bench.shows(grid_power_w=-15000)
    bench.is_silent = False
    bench.run(6000)
    assert bench.driver.backoff.delay_ms == 0


def test_no_request_is_longer_than_the_meter_allows():
    for table in TABLES:
        driver = Bench(table, {}).driver
        for request in driver.requests:
            assert 0 < request[1] <= table.MOST, table.TITLE


class Reply:
    """A master's reply, without a wire."""

    def __init__(self, held, driver):
        self.held = held
        self.first = driver.requests[driver.request][0]

    def register(self, i):
        return self.held[self.first + i]


def test_taking_in_a_reply_allocates_nothing():
    for table, held in ((sdm630, SDM630), (dtsu666, DTSU666), (dtsd1352, DTSD1352), (em340, GAVAZZI)):
        bench = Bench(table, held)
        bench.run(500)
        driver = bench.driver
        for request in range(len(driver.requests)):
            driver.request = request
            reply = Reply(held, driver)
            driver.done(reply, bench.now)
            no_heap(driver.done, reply, bench.now)
        no_heap(driver.urgency, ticks_add(bench.now, 500))
        no_heap(driver.due_in, bench.now)


def test_the_unit_is_the_configured_one():
    bench = Bench(sdm630, SDM630)
    bench.driver.unit = UNIT + 1
    bench.run(1000)
    assert bench.registers.asked == [] and bench.slave.foreign > 0
