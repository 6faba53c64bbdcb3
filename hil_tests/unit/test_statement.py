"""The interoperability statement says what the code does, and changes with it."""

import re

import pytest

from hil_tests.rows.statement import decisions
from protocols.iec104 import codec, services
from protocols.iec104 import const as c
from protocols.iec104.params import Params
from tools.statement import pages, statement


@pytest.fixture(scope="module")
def made():
    return statement.make(decisions())


def marks(made, heading):
    """{type: whether it is ticked} of a section of types."""
    (items,) = [items for title, _, _, items in made.sections() if title == heading]
    return {int(re.match(r"<(\d+)>", text)[1]): mark for mark, text, _, _ in items}


def test_monitored_types_are_those_that_the_codec_has(made):
    ticked = {t for t, mark in marks(made, "Process information in monitor direction").items() if mark}
    sendable = {t for t in codec.types() if (t < 45 or t == c.M_EI_NA_1) and codec.tag_size(t) != 3}
    assert ticked == sendable


def test_every_command_of_the_standard_is_ticked_and_no_file_is(made):
    assert all(marks(made, "Process information in control direction").values())
    assert all(marks(made, "System information in control direction").values())
    assert not any(marks(made, "File transfer").values())


def test_the_matrix_is_what_was_sent_and_accepted(made):
    _, lines = made.matrix()
    cells = {type_id: of for type_id, _, of in lines}
    assert cells[13] == {1: "out", 2: "out", 5: "out", 20: "out"}
    assert cells[36] == {3: "out", 11: "out"}
    assert cells[50][6] == "in" and cells[50][7] == "out" and cells[50][10] == "out"
    assert cells[102][5] == "in"
    assert cells[70] == {4: "out"}


def test_a_table_that_changes_changes_the_page(made, monkeypatch):
    assert "[X] remote initialisation" in pages.markdown(made)
    monkeypatch.delitem(services.SERVICES, c.C_RP_NA_1)
    changed = pages.markdown(statement.make())
    assert "[ ] remote initialisation" in changed
    assert "[ ] <105> C_RP_NA_1" in changed


def test_a_limit_that_changes_changes_the_page(monkeypatch):
    assert statement.reach("k") == (1, 32767)
    assert statement.reach("t2_ms") == (1, 254999)
    real = Params.check

    def check(params):
        if params.k > 100:
            raise statement.LocalError("k")
        real(params)

    monkeypatch.setattr(Params, "check", check)
    monkeypatch.setitem(statement._WIDEST, "k", 100)
    assert statement.reach("k") == (1, 100)


def test_every_line_says_how_sure_we_are(made):
    page = pages.html(made)
    lines = re.findall(r'<tr class="(?:used|unused|info)">.*?</tr>', page)
    assert len(lines) > 90 and all("unverified" in line for line in lines)
    assert len(made.decisions) > 20 and page.count("row ") >= len(made.decisions)
    for word in ("conformant", "certified", "compliant"):
        assert word not in page.lower()
