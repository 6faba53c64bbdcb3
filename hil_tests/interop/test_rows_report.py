"""What `v2g rows` makes of results: the arguments, the table, the page."""

import argparse
import html.parser
import io
import json

import pytest
from rich.console import Console

from hil_tests.rows import __main__ as command
from hil_tests.rows import run, wire
from hil_tests.rows.row import FAILS, NOT_APPLICABLE, NOT_YET, PASSES, Result, rows
from tools.rows import OUTCOMES, counts, page, table

VOID = ("meta",)


def made():
    """A report with one row of every outcome, and text that an HTML page must escape."""
    outcomes = {
        1: (PASSES, ""),
        5: (FAILS, "<script> & more"),
        29: (NOT_APPLICABLE, "why"),
        96: (NOT_YET, "later"),
    }
    results = {
        "cpython": {n: Result(n, "cpython", PASSES, "", 0.25) for n in outcomes},
        "c104": {n: Result(n, "c104", *said) for n, said in outcomes.items()},
    }
    return command.report(results, run.Options())


class Balance(html.parser.HTMLParser):
    """Every tag that opens also closes, in order."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.ids = []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_well_formed_and_says_everything():
    text = page.page(made())
    reader = Balance()
    reader.feed(text)
    assert reader.open == [] and reader.ids == ["row-1", "row-5", "row-29", "row-96"]
    assert "&lt;script&gt; &amp; more" in text and "<script" not in text
    assert text.count("unverified") == 4 and "we own no copy" in text
    assert "conform" not in text.lower()


def test_table_names_failures_and_counts():
    console = Console(file=io.StringIO(), width=120)
    table.show(made(), console)
    text = console.file.getvalue()
    assert "c104 2.2.1, row 5 fails: <script> & more" in text
    assert "row 96 not yet: later" in text
    assert "1 passes, 1 fails, 1 not applicable, 1 not yet" in text


def test_report_is_json_with_every_outcome():
    report = json.loads(json.dumps(made()))
    assert counts(report, "c104") == dict.fromkeys(OUTCOMES, 1)
    assert report["rows"][0]["results"]["cpython"] == {"outcome": PASSES, "text": "", "seconds": 0.25}


def test_arguments():
    assert command.numbers("1-3,44") == {1, 2, 3, 44}
    assert command.names("hat,ours") == ["cpython", "micropython", "hat"]
    with pytest.raises(argparse.ArgumentTypeError):
        command.names("lib")


def test_command_runs_a_row_and_writes_both_files(tmp_path):
    arguments = ["--targets", "cpython", "--rows", "2,109", "--json", str(tmp_path / "r.json")]
    assert command.main(arguments + ["--html", str(tmp_path / "r.html")]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert [row["results"]["cpython"]["outcome"] for row in report["rows"]] == [PASSES, NOT_YET]
    assert 'id="row-109"' in (tmp_path / "r.html").read_text()


def test_every_row_says_what_it_rests_on():
    for row in rows():
        assert row.stimulus and row.required and row.basis, row.number


def test_the_neutral_master_reads_objects_by_itself():
    a = wire.Asdu(bytes.fromhex("018314000100010000") + b"\0\1")
    assert a.objects == [] and a.is_sequence and a.n == 3
    a = wire.Asdu(bytes.fromhex("018314000100010000") + b"\0\1\0")
    assert a.objects == [(1, b"\0", b""), (2, b"\1", b""), (3, b"\0", b"")]
    a = wire.Asdu(wire.asdu(50, 0x47, 0x6201, bytes(5), oa=3))
    assert (a.cause, a.is_negative, a.oa, a.ioa) == (7, True, 3, 0x6201)
