"""Section `plant`: defaults, and messages that name key, value and what would be right."""

import json

import pytest

from tools.plant.config import PlantConfigError, check_plant, default_plant, load_config
from tools.plant.core import Plant


def test_default_is_complete_and_valid():
    for bays in (1, 8, 16):
        plant = default_plant(bays)
        assert check_plant(plant) == plant
        assert len(plant["bays"]) == len(plant["converters_tcp"]) == bays
    assert default_plant()["bays"][0] is not default_plant()["bays"][0]


def test_defaults_are_the_fifteen_kilowatt_bay():
    bay = default_plant()["bays"][0]
    assert (bay["rating_w"], bay["capacity_wh"]) == (15_000, 60_000)
    assert (bay["soc_bp"], bay["efficiency_bp"]) == (5000, 9400)


def test_missing_keys_take_their_defaults():
    plant = check_plant({"bays": [{}, {"rating_w": 7000}]})
    assert [bay["rating_w"] for bay in plant["bays"]] == [15_000, 7000]
    assert plant["meter"]["unit"] == 1
    assert plant["converters_tcp"] == [0, 0]


@pytest.mark.parametrize("change, words", [
    ({"site_laod_w": 1}, ("plant.site_laod_w: unknown key", "site_load_w")),
    ({"bays": []}, ("plant.bays: []", "1 to 16 bays")),
    ({"bays": [{}] * 17}, ("plant.bays", "1 to 16")),
    ({"bays": [3]}, ("plant.bays[0]: 3", "an object")),
    ({"bays": [{}, {"soc_bp": 10_001}]}, ("plant.bays[1].soc_bp: 10001", "0 to 10000 0.01 %")),
    ({"bays": [{"rating_w": 1.5}]}, ("plant.bays[0].rating_w: 1.5", "integer from 1")),
    ({"bays": [{"rating_w": True}]}, ("plant.bays[0].rating_w: true",)),
    ({"bays": [{"efficiency_bp": [[0, 9000]]}]}, ("efficiency_bp", "list of [load, efficiency]")),
    ({"bays": [{"efficiency_bp": [[50, 9000], [50, 9100]]}]}, ("efficiency_bp", "rising load")),
    ({"bays": [{"start_state": "on"}]}, ('start_state: "on"', "off, standby, running")),
    ({"bays": [{"scale_factors": {"X_SF": 1}}]}, ("scale_factors.X_SF: unknown key", "W_SF")),
    ({"bays": [{"scale_factors": {"W_SF": 9}}]}, ("scale_factors.W_SF: 9", "-4 to 3")),
    ({"bays": [{"plugged": 1}]}, ("plugged: 1", "true or false")),
    ({"meter": {"pty": 3}}, ("plant.meter.pty: 3", "text")),
    ({"meter": []}, ("plant.meter: []", "an object")),
    ({"meter": {"tcp": 70_000}}, ("plant.meter.tcp: 70000", "65535")),
    ({"meter": {"tcp_view": "both"}}, ("tcp_view", "truth, meter")),
    ({"converters_tcp": [1, 2]}, ("plant.converters_tcp: [1, 2]", "list of 1 ports")),
    ({"converters_tcp": 5020}, ("plant.converters_tcp: 5020", "list of ports")),
    ({"phase_share_bp": [5000, 5000, 5000]}, ("phase_share_bp", "sum 10000")),
    ({"voltage_dv": 2300}, ("plant.voltage_dv: 2300", "three integers")),
    ({"load_profile": []}, ("plant.load_profile: is empty",)),
    ({"load_profile": [[0, 1], [0, 2]]}, ("plant.load_profile: point 2", "not after")),
    ({"load_profile": [[0, "x"]]}, ("plant.load_profile: point 1", "[second, W]")),
    ({"load_profile": 7}, ("plant.load_profile: 7",)),
    ({"load_profile": "no_such_file.csv"}, ("no_such_file.csv: cannot be read",)),
])
def test_mistakes_name_key_value_and_what_is_right(change, words):
    with pytest.raises(PlantConfigError) as error:
        check_plant({"bays": [{}], **change})
    for word in words:
        assert word in str(error.value)


def write(path, document):
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_load_profile_from_a_csv_file_beside_the_configuration(tmp_path):
    write(tmp_path / "load.csv", "second,W\n0,500\n0.5,2500\n")
    file = write(tmp_path / "c.json", {"plant": {"bays": [{}], "load_profile": "load.csv"}})
    plant = Plant(load_config(file))
    plant.advance(1000)
    assert plant.grid_w() == pytest.approx(2500)


def test_csv_with_a_broken_line_names_it(tmp_path):
    write(tmp_path / "load.csv", "second,W\n0,500\n1,many\n")
    file = write(tmp_path / "c.json", {"plant": {"bays": [{}], "load_profile": "load.csv"}})
    with pytest.raises(PlantConfigError, match="line 3 is not two numbers: 1,many"):
        load_config(file)


@pytest.mark.parametrize("document, words", [
    ("{", "line 1 column 2: not JSON"), ("[]", 'no section "plant"'), ({"site": {}}, 'no section "plant"'),
    ({"plant": 3}, "plant: 3 is wrong"), ({"plant": {}}, "plant.bays: missing"),
])
def test_files_that_are_no_configuration(tmp_path, document, words):
    with pytest.raises(PlantConfigError, match=words):
        load_config(write(tmp_path / "c.json", document))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PlantConfigError, match="nowhere.json: cannot be read"):
        load_config(tmp_path / "nowhere.json")


@pytest.mark.parametrize("baud, expected", [(None, 19_200), (4800, 4800)])
def test_pace_of_the_line_comes_from_the_bus_unless_given(tmp_path, baud, expected):
    rtu = {"name": "b", "kind": "rtu", "device": "/tmp/x", "baud": 19_200}
    document = {"buses": [{"name": "a", "kind": "tcp"}, rtu],
                "plant": {"bays": [{}], "meter": {"pty": "/tmp/x", "baud": baud}}}
    assert load_config(write(tmp_path / "c.json", document))["meter"]["baud"] == expected
    document["buses"].pop()
    assert load_config(write(tmp_path / "c.json", document))["meter"]["baud"] == (baud or 9600)
