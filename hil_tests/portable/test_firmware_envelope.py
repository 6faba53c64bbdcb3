"""The envelope of a bay and of the site: taper, every reason to close, what is not known counts as closed.

lane: heap=384k
"""

from firmware import codes
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY
from hil_tests.portable.firmware_support import Bench, raw_config, settled


def interval(bay):
    return bay.envelope_lo_w.value, bay.envelope_hi_w.value


def after_step(**inputs):
    """The one bay of a settled bench after a step with these inputs of the bench."""
    bench = settled(raw_config())
    for name in inputs:  # any order
        setattr(bench, name, inputs[name])
    bench.step()
    return bench.bays[0]


def closed_by(bay, code):
    return interval(bay) == (0, 0) and bay.limit_lo.value == code and bay.limit_hi.value == code


def test_open_in_the_middle():
    bay = after_step()
    assert interval(bay) == (-10000, 10000)
    assert (bay.limit_lo.value, bay.limit_hi.value) == (codes.LIMIT_RATING, codes.LIMIT_RATING)


def test_taper_to_both_ends():
    # window 20..90 %, taper 5 %
    cases = (
        (8500, 10000, codes.LIMIT_RATING),
        (8501, 9980, codes.LIMIT_SOC_MAX),
        (8750, 5000, codes.LIMIT_SOC_MAX),
        (8999, 20, codes.LIMIT_SOC_MAX),
        (9000, 0, codes.LIMIT_SOC_MAX),
        (10000, 0, codes.LIMIT_SOC_MAX),
    )
    for soc_bp, hi_w, limit in cases:
        bay = after_step(soc_bp=soc_bp)
        assert interval(bay) == (-10000, hi_w)
        assert bay.limit_hi.value == limit
    for soc_bp, lo_w in ((2500, -10000), (2499, -9980), (2250, -5000), (2001, -20), (2000, 0), (0, 0)):
        bay = after_step(soc_bp=soc_bp)
        assert interval(bay) == (lo_w, 10000)
        assert bay.limit_lo.value == (codes.LIMIT_SOC_MIN if soc_bp < 2500 else codes.LIMIT_RATING)


def test_taper_rounds_towards_zero():
    raw = raw_config(rating_w=7777)
    raw["bays"][0]["battery"]["taper_bp"] = 333
    bench = settled(raw)
    bench.soc_bp = 9000 - 100
    bench.step()
    assert bench.bays[0].envelope_hi_w.value == 7777 * 100 // 333
    bench.soc_bp = 2000 + 100
    bench.step()
    assert bench.bays[0].envelope_lo_w.value == -(7777 * 100 // 333)


def test_a_coarse_soc_narrows_the_window_at_both_ends():
    raw = raw_config()
    raw["bays"][0]["battery"]["soc_step_bp"] = 100
    bench = settled(raw)
    for soc_bp, power_w in ((8900, 0), (8650, 5000), (8400, 10000)):
        bench.soc_bp = soc_bp
        bench.step()
        assert bench.bays[0].envelope_hi_w.value == power_w, soc_bp
    bench.soc_bp = 2100
    bench.step()
    assert bench.bays[0].envelope_lo_w.value == 0


def test_impossible_soc_is_unknown():
    for soc_bp in (-1, 10001, 65535):
        assert closed_by(after_step(soc_bp=soc_bp), codes.LIMIT_SOC_UNKNOWN)


def test_converter_states():
    assert closed_by(after_step(state=CONVERTER_FAULT), codes.LIMIT_CONVERTER_FAULT)
    assert closed_by(after_step(state=CONVERTER_OFF), codes.LIMIT_CONVERTER_OFF)
    assert closed_by(after_step(state=17), codes.LIMIT_CONVERTER_OFF)
    assert closed_by(after_step(state=-1), codes.LIMIT_CONVERTER_OFF)
    assert interval(after_step(state=CONVERTER_STANDBY)) == (-10000, 10000)
    assert interval(after_step(state=CONVERTER_RUNNING)) == (-10000, 10000)


def test_stale_inputs_close_and_stay_closed_until_a_new_sample():
    bench = settled(raw_config())
    bay = bench.bays[0]
    bench.measured_w[0] = None
    bench.run(3)
    assert interval(bay) == (-10000, 10000)  # exactly as old as allowed
    bench.step(1)
    assert closed_by(bay, codes.LIMIT_CONVERTER_SILENT)
    bench.run(5, 60000)
    assert closed_by(bay, codes.LIMIT_CONVERTER_SILENT)
    bench.measured_w[0] = 0
    bench.step()
    assert interval(bay) == (-10000, 10000)


def test_soc_has_its_own_age():
    bench = settled(raw_config())
    bay = bench.bays[0]
    age_ms = bench.config["bays"][0]["battery"]["max_age_ms"]
    bench.soc_bp = None  # only this signal does not come
    bench.run(age_ms // 100)
    assert interval(bay) == (-10000, 10000)
    bench.step(1)
    assert closed_by(bay, codes.LIMIT_SOC_UNKNOWN)


def test_sentinels_close():
    bench = settled(raw_config())
    bay = bench.bays[0]
    bench.feed()
    bay.soc_bp.fail()
    bench.controller.step(bench.now)
    assert closed_by(bay, codes.LIMIT_SOC_UNKNOWN)
    bench.feed()
    bay.power_w.fail()
    bench.controller.step(bench.now)
    assert closed_by(bay, codes.LIMIT_CONVERTER_SILENT)
    bench.feed()
    bay.state.fail()
    bench.controller.step(bench.now)
    assert closed_by(bay, codes.LIMIT_CONVERTER_SILENT)


def test_impossible_power_is_no_measurement():
    for power_w in (10000001, -10000001, 1 << 35):
        bench = settled(raw_config())
        bench.follows = False
        bench.measured_w[0] = power_w
        bench.load_w = None
        bench.step()
        assert closed_by(bench.bays[0], codes.LIMIT_CONVERTER_SILENT)
        assert bench.bays[0].charged_kwh.value == 0


def test_one_way_charger():
    raw = raw_config()
    raw["bays"][0]["bidirectional"] = False
    bench = settled(raw)
    bench.order(-5000)
    bench.run(3)
    assert interval(bench.bays[0]) == (0, 10000)
    assert bench.commands() == [0]


def test_site_limit_binds_and_says_so():
    raw = raw_config(bays=2, site={"import_max_w": 15000, "export_max_w": 12000})
    bench = settled(raw)
    bench.load_w = 3000
    bench.run(20)
    station = bench.station
    assert (station.envelope_lo_w.value, station.envelope_hi_w.value) == (-15000, 12000)
    bench.order(20000)
    bench.run(30)
    assert bench.commands() == [6000, 6000]
    assert station.limit.value == codes.LIMIT_SITE_IMPORT
    assert station.raise_blocked.value == 1 and station.lower_blocked.value == 0
    bench.order(-20000)
    bench.run(30)
    assert bench.commands() == [-7500, -7500]
    assert station.limit.value == codes.LIMIT_SITE_EXPORT
    assert station.lower_blocked.value == 1


def test_site_over_its_limit_by_its_own_load_closes_one_way_only():
    bench = settled(raw_config(site={"import_max_w": 15000}))
    bench.load_w = 40000
    bench.order(5000)
    bench.run(20)
    assert bench.station.envelope_hi_w.value == 0
    assert bench.commands() == [0]
    bench.order(-5000)
    bench.run(5)
    assert bench.commands() == [-5000]


def test_silent_meter_closes_to_what_is_configured():
    raw = raw_config(site={"import_max_w": 12000, "export_max_w": 3000})
    raw["site"].update({"load_min_w": -1000, "load_max_w": 8000})
    bench = settled(raw)
    bench.load_w = 1000
    bench.order(10000)
    bench.run(20)
    assert bench.commands() == [10000]
    bench.load_w = None
    bench.run(6)
    assert bench.commands() == [4000]
    assert bench.station.envelope_lo_w.value == -2000
    assert bench.station.limit.value == codes.LIMIT_SITE_IMPORT


def test_silence_of_the_meter_never_widens():
    bench = settled(raw_config(site={"import_max_w": 12000}))  # load stated as 0..0
    bench.load_w = 7000
    bench.order(10000)
    bench.run(20)
    assert bench.commands() == [5000]
    bench.load_w = None
    bench.run(50)
    assert bench.commands() == [5000]


def test_before_the_first_sample_of_the_meter_an_unstated_load_leaves_nothing():
    raw = raw_config()
    del raw["site"]["load_min_w"]
    del raw["site"]["load_max_w"]
    bench = Bench(raw)
    bench.follows = True
    bench.order(10000)
    bench.run(30)
    assert bench.commands() == [0]
    bench.load_w = 0
    bench.run(10)
    assert bench.commands() == [10000]
