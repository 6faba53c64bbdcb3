"""Vehicles' records between two stores on disk."""

import json

from typer.testing import CliRunner

from drivers.ports.file_slots import FileSlots
from drivers.store import Store
from firmware.guard.budgets import Vehicle, load
from firmware.guard.keeper import key_of
from firmware.guard.usage import Record
from firmware.guard.usage import load as load_wear
from tools.cli import app


def run(*words):
    result = CliRunner().invoke(app, ["battery", *[str(word) for word in words]])
    return result.exit_code, result.output


def make(path, name, life_wh):
    """The stores of a charger at which one vehicle has been."""
    vehicle, record = Vehicle(key_of(name)), Record(key_of(name), True)
    vehicle.use(life_wh * 36, 100000)
    record.minutes, record.moved_bp = 90, 5000
    record.ran = tuple(figure + 1000 + life_wh for figure in record.ran)
    for what, row in ((".budgets", vehicle), (".wear", record)):
        store = Store(FileSlots(str(path) + what))
        store.load()
        assert store.save(row.pack())
    return path


def test_a_record_travels_and_merges_upwards(tmp_path):
    here, there = make(tmp_path / "here", "VIN1", 5000), make(tmp_path / "there", "VIN2", 100)
    assert run("export", here) == (0, "VIN1\n")
    status, text = run("export", here, "VIN1", "--file", tmp_path / "r.json")
    assert status == 0 and "discharged for the grid: 5.0 kWh" in text and "cost of V2G 12.00..12.00" in text
    assert run("import", there, tmp_path / "r.json")[0] == 0
    vehicles = {row.identity: row.life_wh for row in load(Store(FileSlots(str(there) + ".budgets")))}
    assert vehicles == {key_of("VIN1"): 5000, key_of("VIN2"): 100}
    wear = load_wear(Store(FileSlots(str(there) + ".wear")))
    first = load_wear(Store(FileSlots(str(here) + ".wear")))[0]
    assert [row.ran for row in wear if row.key == key_of("VIN1")] == [first.ran]
    make(tmp_path / "low", "VIN1", 100)
    assert run("export", tmp_path / "low", "VIN1", "--file", tmp_path / "low.json")[0] == 0
    assert run("import", there, tmp_path / "low.json")[0] == 0
    assert run("export", there, "VIN1")[1].startswith("discharged for the grid: 5.0 kWh")


def test_what_cannot_be(tmp_path):
    here = make(tmp_path / "here", "VIN1", 5000)
    assert run("export", tmp_path / "nothing")[0] == 1
    assert "V587" in run("export", here, "VIN9")[1] and not (tmp_path / "nothing.wear.0").exists()
    run("export", here, "VIN1", "--file", tmp_path / "r.json")
    record = json.loads((tmp_path / "r.json").read_text())
    record["budget"]["life_wh"] = 1
    (tmp_path / "r.json").write_text(json.dumps(record))
    status, text = run("import", here, tmp_path / "r.json")
    assert status == 1 and "V587" in text and "sha256" in text
