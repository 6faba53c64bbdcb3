"""The dispatch console reads what a technician types, names a station's objects, says what would be right."""

import csv
import io

import pytest

from firmware import phases, pointtable
from protocols.iec104.const import COUNT_NAMES
from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION, MASTER_COMMAND, MASTER_REFUSED, OUTPUT_UNWRITABLE
from tools.master import commands, commands_orders, words  # noqa: F401
from tools.master.book import Book
from tools.master.console import COMMANDS
from tools.master.csvlog import HEADING, CsvLog
from tools.master.heard import quality_text, tag_text, type_name
from tools.master.labels import REFUSALS
from tools.master.play import play
from tools.master.run import default_telecontrol, split_address
from tools.master.screen import help_table


@pytest.fixture
def book():
    return Book(default_telecontrol())


def refused(call, *arguments):
    with pytest.raises(Failure) as caught:
        call(*arguments)
    return caught.value


def test_every_point_and_order_of_the_table_has_its_name(book):
    for row in pointtable.POINTS + pointtable.GUARD_POINTS + phases.POINTS + pointtable.ORDERS:
        assert book.find(row[0]).ioa == row[1] and book.at(row[1]).name == row[0]
    assert (book.find("power_w").unit, book.find("soc_bp").unit, book.find("ramp").unit) == (
        "kW",
        "%",
        "kW/min",
    )
    assert book.find("setpoint").types[:2] == (50, 48) and not book.find("setpoint").select
    assert book.find("agc_request").types[0] == 45 and book.find("agc_request").select


def test_a_configuration_changes_the_names():
    tele = default_telecontrol()
    row = {
        "signal": "bay1.power_w",
        "ioa": 0x5001,
        "type": 13,
        "divisor": 1000,
        "deadband": 1,
        "cyclic_ms": 0,
    }
    book = Book(dict(tele, points=[row], setpoint_ioa=0x6301, setpoint_divisor=1000000))
    assert book.find("bay1.power_w").ioa == 0x5001 and book.find("power_w") is None
    assert book.find("setpoint")[1:3] == (0x6301, "MW")


def test_an_object_is_a_name_or_an_address_in_any_base(book):
    assert words.thing(book, "0x4003").name == "power_w" and words.thing(book, "16387").name == "power_w"
    assert words.thing(book, "0x7777").name == "0x7777"
    failure = refused(words.thing, book, "powr_w")
    assert failure.code == MASTER_COMMAND and "near" not in failure.detail
    assert "near: " in refused(words.thing, book, "power").detail


def test_types_follow_the_table_the_value_or_the_word(book):
    setpoint, switch, other = book.find("setpoint"), book.find("agc_request"), book.at(0x7777)
    assert words.order_type(setpoint, None, "5", False) == 50
    assert words.order_type(setpoint, None, "5", True) == 63
    assert words.order_type(switch, None, "on", False) == 45
    assert words.order_type(setpoint, "c_se_nb_1", "5", True) == 62
    assert [words.order_type(other, None, v, False) for v in ("on", "up", "5")] == [45, 47, 50]
    assert refused(words.order_type, setpoint, "13", "5", False).code == MASTER_COMMAND
    assert refused(words.order_type, setpoint, "C_XX", "5", False).code == MASTER_COMMAND


def test_values_are_states_or_numbers():
    assert [words.order_value(45, v) for v in ("on", "off", "1")] == [1, 0, 1]
    assert [words.order_value(46, v) for v in ("on", "off", "3")] == [2, 1, 3]
    assert [words.order_value(60, v) for v in ("up", "down")] == [2, 1]
    assert words.order_value(50, "-5") == -5.0 and words.order_value(49, "-5") == -5
    for type_id, word in ((45, "2"), (45, "perhaps"), (49, "40000"), (50, "five"), (51, "-1")):
        assert refused(words.order_value, type_id, word).code == MASTER_COMMAND


def test_qualifiers_stand_in_their_bits():
    assert words.qualifier(50, {"ql": "3"}) == 3 and words.qualifier(45, {"qu": "1"}) == 4
    assert refused(words.qualifier, 50, {"ql": "128"}).code == MASTER_COMMAND


def test_options_are_taken_from_anywhere():
    found = words.options(["a", "as", "50", "tagged", "b"], ("as",), ("tagged",))
    assert found == (["a", "b"], {"as": "50", "tagged": True})
    assert refused(words.options, ["a", "as"], ("as",)).code == MASTER_COMMAND


def test_addresses_of_stations():
    assert split_address("10.0.0.1", 2404) == ("10.0.0.1", 2404)
    assert split_address("lab:2405", 2404) == ("lab", 2405)
    assert split_address("[::1]:2405", 2404) == ("::1", 2405) and split_address("::1", 2404) == ("::1", 2404)
    assert refused(split_address, "lab:nine", 2404).code == BAD_OPTION


def test_time_tags_and_qualities_are_shown_as_they_stand_on_the_wire():
    assert tag_text(bytes((0x10, 0x27, 30, 12, 0xD5, 11, 26)), 0, 7) == "2026-11-21 12:30:10.000"
    assert tag_text(bytes((0x01, 0, 0x80 | 5, 0x80 | 1, 1, 1, 0)), 0, 7) == "2000-01-01 01:05:00.001 IV SU"
    assert tag_text(bytes((0x10, 0x27, 30)), 0, 3) == "30:10.000"
    assert quality_text(13, 0) == "good" and quality_text(13, 0xC1) == "OV NT IV"
    assert quality_text(15, 0xC1) == "CA IV"


def test_every_count_of_the_station_is_explained():
    assert list(REFUSALS) == list(COUNT_NAMES)


def test_every_command_has_both_languages_and_a_usage():
    for name, command in COMMANDS.items():
        assert command.usage.split()[0] == name and command.en and not command.en.isspace()
        assert any("\u4e00" <= sign <= "\u9fff" for sign in command.zh), name
    assert help_table(COMMANDS.values(), "both").row_count == len(COMMANDS)


def test_a_played_file_is_judged_set_point_by_set_point():
    now, sent, told = [0.0], [], []

    def order(value):
        sent.append((now[0], value))
        now[0] += 0.4
        if value > 10:
            raise Failure(MASTER_REFUSED, "too much")
        return 400.0

    def sleep(seconds):
        now[0] += seconds

    plan = [(0.0, 1.0), (1.0, 20.0), (1.1, 2.0)]
    played = play(plan, order, lambda *line: told.append(line), lambda: now[0], sleep)
    assert sent == [(0.0, 1.0), (1.0, 20.0), (pytest.approx(1.4), 2.0)]
    assert dict(played.counts) == {"sent": 3, "confirmed": 2, "refused": 1, "late": 1}
    assert told[1] == (1.0, 20.0, "too much") and "1 refused" in played.line()


def test_log_is_csv_with_names_and_units(book, tmp_path):
    log = CsvLog(book, type_name)
    log.row("in", 13, 3, 0, 1, 0x4003, 1.0)  # nothing is open yet
    log.open(tmp_path / "log.csv")
    log.row("in", 13, 3, 0, 1, 0x4003, 1.5, "good", "12:30", "")
    log.note("closed: t1")
    log.close()
    log.open(tmp_path / "log.csv")
    log.row("out", 50, 6, 0, 1, 0x6201, -5.0)
    log.close()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "log.csv").read_text(encoding="utf-8-sig"))))
    assert tuple(rows[0]) == HEADING and len(rows) == 3
    assert (rows[0]["point"], rows[0]["value"], rows[0]["unit"]) == ("power_w", "1.5", "kW")
    assert (rows[1]["direction"], rows[1]["note"]) == ("link", "closed: t1")
    assert (rows[2]["type_name"], rows[2]["point"]) == ("C_SE_NC_1", "setpoint")
    assert refused(log.open, tmp_path / "no" / "log.csv").code == OUTPUT_UNWRITABLE
