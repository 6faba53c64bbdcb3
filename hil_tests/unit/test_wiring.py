"""What `v2g check` computes of a wiring, against a wiring that runs: measured never passes computed."""

import json
import random

import pytest
from typer.testing import CliRunner

from firmware.config import validate
from hil_tests.rig.virtual import VirtualRig
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.ticks import ticks_diff
from tools import cli, wiring
from tools.board_lines import with_lines
from tools.child import ROOT
from tools.defaults import default_config, with_vehicles, write_config
from tools.plant.meters import TWINS

MODELS = ("em340", "dtsu666", "adl400", "dtsd1352", "adw300", "em24", "djsf1352", "sdm72")


def nine_meters(tmp_path, baud, max_age_ms, period_ms=200):
    """The default station, and eight more meters of eight makers on its RS-485 line."""
    config = default_config(1, 2404, tmp_path)
    config["buses"][0]["baud"] = baud
    config["plant"]["meter"]["baud"] = baud
    config["meters"][0].update(max_age_ms=max_age_ms, period_ms=period_ms)
    for i, model in enumerate(MODELS):
        row = {"name": model, "model": model, "bus": "rs485", "unit": i + 2, "period_ms": period_ms}
        config["meters"].append(dict(row, max_age_ms=max_age_ms))
    config["recorder"]["path"] = ""
    return config


def check(tmp_path, config):
    write_config(config, tmp_path / "c.json")
    return CliRunner().invoke(cli.app, ["check", str(tmp_path / "c.json")])


def test_nine_meters_at_9600_are_not_fresh(tmp_path):
    done = check(tmp_path, nine_meters(tmp_path, 9600, 1000))
    assert done.exit_code == 1 and "V548" in done.stderr
    assert "meters[0].max_age_ms = 1000; right: at least" in done.stderr
    assert done.stderr.count("V548") == 9


def test_the_same_with_a_promise_that_it_can_keep(tmp_path):
    done = check(tmp_path, nine_meters(tmp_path, 9600, 6000))
    assert done.exit_code == 0, done.stderr
    assert "bus rs485: every reading once in" in done.stdout
    assert "grid power: at worst" in done.stdout and "bay1: a command is written within" in done.stdout


def test_the_default_keeps_its_promises(tmp_path):
    for bays in (1, 16):
        done = check(tmp_path, default_config(bays, 2404, tmp_path))
        assert done.exit_code == 0, done.stderr


def test_ratios_that_no_integer_holds_are_refused(tmp_path):
    config = default_config(1, 2404, tmp_path)
    config["meters"][0].update(model="dtsu666", pt_ratio=10000, ct_ratio=10000)
    done = check(tmp_path, config)
    assert done.exit_code == 1 and "meters[0].pt_ratio = 10000 x 10000" in done.stderr


def test_many_converters_on_one_serial_line_break_their_leases(tmp_path):
    config = default_config(8, 2404, tmp_path)
    for bay in config["bays"]:
        bay["converter"]["bus"] = "rs485"
    done = check(tmp_path, config)
    assert done.exit_code == 1 and "converter.max_age_ms" in done.stderr


def chargers(tmp_path, model, **converter):
    config = default_config(1, 2404, tmp_path)
    config["plant"]["bays"][0].update(model=model, rating_w=7000)
    config["bays"][0]["rating_w"] = 7000
    config["bays"][0]["converter"].update(model=model, **converter)
    return config


def test_a_quasar_needs_patience(tmp_path):
    done = check(tmp_path, chargers(tmp_path, "quasar"))
    assert done.exit_code == 1 and "bays[0].converter.max_age_ms = 1000" in done.stderr
    patient = {"poll_ms": 1000, "max_age_ms": 8000, "lease_ms": 12000, "response_ms": 9000}
    done = check(tmp_path, chargers(tmp_path, "quasar", **patient))
    assert done.exit_code == 0, done.stderr
    config = chargers(tmp_path, "quasar", **patient)
    config["bays"][0]["rating_w"] = 7500
    assert "at most 7400" in check(tmp_path, config).stderr


def test_an_evtec_without_a_lease_is_told(tmp_path):
    done = check(tmp_path, chargers(tmp_path, "evtec"))
    assert done.exit_code == 0 and "no lease is known" in done.stdout


class Ages:
    """Acts in the rig each millisecond: how old each power reading grows before the next one comes."""

    def __init__(self, signals):
        self.signals = signals
        self.worst = {name: 0 for name in signals}
        self.samples = {name: 0 for name in signals}
        self._last = {}
        self.next_ms = 1

    def act(self, rig, now):
        self.next_ms = rig.ms + 1
        for name, signal in self.signals.items():
            last = self._last.get(name)
            if last is not None and signal.time != last:
                self.samples[name] += 1
                self.worst[name] = max(self.worst[name], ticks_diff(signal.time, last))
            if signal.quality:
                self._last[name] = signal.time


@pytest.mark.parametrize("dead", ["", "em24"])
@pytest.mark.parametrize("baud", [9600, 19200])
def test_measured_ages_stay_below_the_computed_ones(tmp_path, baud, dead, record_property):
    config = nine_meters(tmp_path, baud, 6000)
    rig = VirtualRig(config)
    dice = random.Random(baud)
    for face in rig.faces:
        most = wiring.ANSWER_MS["tcp" if face.baud == 0 else "rtu"]
        face.think_ms = lambda n, most=most: dice.randrange(most // 10, most - 10)
    groups = [rig.image.station, *rig.image.meters]
    names = [row["name"] for row in config["meters"]]
    for face in rig.faces:
        if dead and face.baud:
            units = [row["unit"] for row in config["meters"] if row["name"] != dead]
            face.slave = Slave(RtuFraming(baud), face.store, units)
    ages = Ages({name: group.grid_power_w for name, group in zip(names, groups)})
    ages.signals["bay1"] = rig.image.bays[0].power_w
    ages.worst["bay1"] = ages.samples["bay1"] = 0
    rig.actors.append(ages)
    rig.run(60_000)
    computed = {r.device: r.silent_ms if dead else r.age_ms for bus in wiring.buses(validate(config))
                for r in bus.readings if "power" in r.reading}
    assert not dead or ages.samples[dead] == 0
    for name in [name for name in (*names, "bay1") if name != dead]:
        assert ages.samples[name] > 10, name
        assert ages.worst[name] <= computed[name], (name, ages.worst[name], computed[name])
        record_property("age_%s_ms" % name, "%d of %d" % (ages.worst[name], computed[name]))
    assert ages.worst["grid"] > computed["grid"] // 3  # the bound says something


def test_every_model_of_the_twins_can_be_wired():
    assert set(MODELS) < set(TWINS)


def test_bays_on_can_are_computed_too():
    config = validate(with_vehicles(default_config(2, 0)))
    assert wiring.broken_promises(config) == []
    modules = next(bus for bus in wiring.buses(config) if bus.name == "modules")
    assert {(r.device, r.reading) for r in modules.readings} == {
        ("bay1", "power"), ("bay1", "soc"), ("bay2", "power"), ("bay2", "soc")}
    assert wiring.bays(config)[0].abandoned_ms == 15_000


def test_a_site_with_phases_names_them_and_reads_them(tmp_path):
    config = json.loads((ROOT / "boards/sim/three_phases.json").read_text())
    done = check(tmp_path, config)
    assert done.exit_code == 0, done.stderr
    assert "phase L3: breaker 25.0 A, 5175 W at 207.0 V; bays: large" in done.stdout
    bus = next(bus for bus in config["buses"] if bus["name"] == "meters")
    meter = validate(with_lines(config, "sim"))["meters"][0]
    plain, phased = (wiring.meter_jobs(meter, bus, p) for p in (False, True))
    assert len(list(phased)) == len(list(plain)) + 1
    config["site"].pop("phases")
    done = check(tmp_path, config)
    assert done.exit_code == 1 and "bays[0].phases" in done.stderr
    config["site"]["phases"] = [{"breaker_da": 400}] * 3
    config["meters"][0]["model"] = "sdm72"
    done = check(tmp_path, config)
    assert done.exit_code == 1 and "tells the power of each phase" in done.stderr
