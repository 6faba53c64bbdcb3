"""Each maker's meter, read by the driver on both interpreters from a real server: the reading is the twin's
truth to the last digit that the meter shows.
"""

import subprocess

import pytest

from drivers.meter_plan import phases_of
from firmware.phase_config import WITHOUT
from protocols.errors import LocalError
from tools import runtime
from tools.meter.reading import table_of
from tools.plant.meter_line import MeterLine, example
from tools.plant.meters import TWINS

pytestmark = pytest.mark.live

# What the image must hold of `example()`; per model what its resolution, or its lack of a register, changes.
AC = {"grid_power_w": 14528, "grid_voltage_dv": 2301, "frequency_mhz": 50020, "import_kwh": 12345,
      "import_wh": 600, "export_kwh": 678, "export_wh": 900}
DC = dict(AC, grid_power_w=-60178, grid_voltage_dv=6125, frequency_mhz=None)
EXPECTED = {
    "sdm630": AC,
    "sdm72": dict(AC, grid_voltage_dv=None, frequency_mhz=None),
    "dtsu666": AC,
    "adl400": AC,
    "dtsd1352": AC,
    "adw300": dict(AC, frequency_mhz=None),
    "em24": dict(AC, frequency_mhz=50000),
    "em24_42": dict(AC, frequency_mhz=50000),
    "em340": dict(AC, frequency_mhz=50000),
    "djsf1352": DC,
    "djsf1352_rn6": DC,
}


def reading(interpreter, model, where, sign=1, pt=0, ct=0, more=()):
    arguments = [model, where, 1, sign, pt, ct, *more]
    argv, env = runtime.command(interpreter, "hil_tests.portable.meter_station", arguments)
    result = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    pairs = (line.split() for line in result.stdout.splitlines())
    return {name: None if value == "-" else int(value) for name, value in pairs}


def test_every_table_has_a_twin_and_an_expectation():
    assert set(EXPECTED) == set(TWINS)


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
@pytest.mark.parametrize("model", sorted(TWINS))
def test_reading_equals_the_truth(model, interpreter):
    with MeterLine({1: TWINS[model](example())}) as line:
        where = line.path if model in ("sdm630", "em340", "dtsd1352") else line.tcp
        assert reading(interpreter, model, where) == EXPECTED[model]


@pytest.mark.parametrize("model, interpreter", [
    ("sdm630", runtime.CPYTHON), ("sdm630", runtime.MICROPYTHON), ("em340", runtime.CPYTHON),
    ("adl400", runtime.CPYTHON), ("dtsd1352", runtime.CPYTHON),
])
def test_each_phase(model, interpreter):
    truth = example()
    truth.phase_w = (4810.0, -5200.0, 460.0)
    with MeterLine({1: TWINS[model](truth)}) as line:
        shown = reading(interpreter, model, line.tcp, -1, 1, 1, ["phases"])
    powers = [shown[name] for name in ("grid_power_w", "phase1", "phase2", "phase3")]
    assert powers == [-70, -4810, 5200, -460]


def test_which_tables_tell_each_phase():
    for model in TWINS:
        if model in WITHOUT:
            with pytest.raises(LocalError):
                phases_of(table_of(model))
        else:
            assert len(phases_of(table_of(model))) == 3


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
@pytest.mark.parametrize(
    "model, configured", [("dtsu666", (0, 0)), ("dtsd1352", (0, 0)), ("adw300", (1, 40))]
)
def test_transformers_told_by_the_meter_or_configured(model, configured, interpreter):
    truth = example()
    truth.phase_w = (-4800.0, -5200.0, -4600.0)  # multiples of the ratio, as the meter resolves them
    truth.import_wh, truth.export_wh = 12_346_000.0, 678_800.0
    with MeterLine({1: TWINS[model](truth, ct=40)}) as line:
        shown = reading(interpreter, model, line.tcp, 1, *configured)
    wanted = dict(EXPECTED[model], grid_power_w=-14600, import_kwh=12346, import_wh=0, export_wh=800)
    assert shown == wanted


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
def test_reversed_transformers(interpreter):
    with MeterLine({1: TWINS["em340"](example())}) as line:
        shown = reading(interpreter, "em340", line.tcp, sign=-1)
    assert (shown["grid_power_w"], shown["import_kwh"], shown["export_kwh"]) == (-14528, 678, 12345)


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
def test_missing_registers_and_sentinels_cost_their_own_signals(interpreter):
    em24 = TWINS["em24"](example())
    em24.missing = {0x5C, 0x5D}
    with MeterLine({1: em24}) as line:
        wanted = dict(EXPECTED["em24"], export_kwh=None, export_wh=None)
        assert reading(interpreter, "em24", line.tcp) == wanted
    adl400 = TWINS["adl400"](example())
    adl400.forced = {0x0834: 0x7FC0, 0x0835: 0, 0x084C: 0xFFFF, 0x084D: 0xFFFF}
    with MeterLine({1: adl400}) as line:
        wanted = dict(AC, frequency_mhz=None, import_kwh=None, import_wh=None)
        assert reading(interpreter, "adl400", line.tcp) == wanted
