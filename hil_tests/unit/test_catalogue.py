"""The catalogue says something useful for every code that the firmware and the tools can give."""

import re

from firmware import codes, codes_faults, codes_order, codes_phases, codes_tls
from firmware.outlet import codes as codes_outlet
from tools import catalogue, catalogue_host
from tools.catalogue import CATALOGUE

HAN = re.compile("[\u4e00-\u9fff]")
MODULES = (codes, codes_faults, codes_order, codes_tls, codes_phases, codes_outlet)
FIRMWARE_CODES = {v for m in MODULES for key, v in vars(m).items() if key.isupper() and isinstance(v, int)}
HOST_CODES = {v for key, v in vars(catalogue_host).items() if key.isupper() and isinstance(v, int)}


def test_firmware_and_catalogue_hold_the_same_codes():
    assert FIRMWARE_CODES == {code for code in CATALOGUE if code < 500}
    assert FIRMWARE_CODES == {code for table in codes.TABLES for code, _ in table}


def test_host_tools_and_catalogue_hold_the_same_codes():
    assert HOST_CODES == {code for code in CATALOGUE if code >= 500}


def test_every_entry_is_complete_in_both_languages():
    for e in CATALOGUE.values():
        for en, zh in ((e.en, e.zh), e.cause, e.action):
            assert en and not HAN.search(en), e
            assert zh and HAN.search(zh), e
        assert e.en != "unknown code"


def test_kinds_follow_the_names_in_the_firmware():
    for key, value in vars(codes).items():
        if key.startswith("LIMIT_"):
            assert CATALOGUE[value].kind == "limit", key
        if key.startswith("WINNER_"):
            assert CATALOGUE[value].kind == "winner", key


def test_grid_terms_stand_beside_the_english_ones():
    assert "遥调" in catalogue.name(codes.WINNER_AGC, "zh")
    assert "台区" in catalogue.name(codes.LIMIT_SITE_IMPORT, "zh")
    assert catalogue.name(codes.WINNER_LOCAL, "both") == "local mode 就地模式"
    assert catalogue.name(codes.LIMIT_RATING) == "converter rating"


def test_message_has_code_both_languages_cause_and_next_action():
    text = catalogue.message(catalogue_host.PORT_BUSY, "127.0.0.1:2404", "en")
    head, cause, action = text.split("\n")
    assert head == "V501  port already in use | 端口已被占用: 127.0.0.1:2404"
    assert cause.startswith("  cause: ") and action.startswith("  do: ")
    assert len(catalogue.message(catalogue_host.PORT_BUSY, "", "both").split("\n")) == 5
    assert "原因" in catalogue.message(catalogue_host.PORT_BUSY, "", "zh")


def test_an_unknown_code_says_so_and_does_not_fail():
    assert catalogue.message(999).startswith("V999  unknown code")


def test_language_follows_the_locale():
    assert catalogue.default_language({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert catalogue.default_language({"LANG": "en_GB.UTF-8"}) == "en"
    assert catalogue.default_language({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}) == "en"
    assert catalogue.default_language({}) == "en"
