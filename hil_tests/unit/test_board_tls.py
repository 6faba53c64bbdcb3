"""boards/tls.py: time before TLS, the rule of the energised bay, messages, the board's declaration."""

import json

import pytest

from boards import tls
from boards.sim.board import Board
from boards.station import PortError
from drivers.ports import admission as a
from firmware import codes_tls as codes
from firmware.eventlog import EventLog
from hil_tests.portable.tls_support import Wires
from hil_tests.rig.tls_lab import Lab
from protocols.ticks import TICKS_MASK
from protocols.tls import x509
from tools.mpy import ROOT

NOW = TICKS_MASK - 100
TODAY = 9800


class Signal:
    value = 0


class Bay:
    def __init__(self):
        self.command_w = Signal()


class FakeBoard:
    def __init__(self, stall_ms=0, day=TODAY):
        self.tls_stall_ms = stall_ms
        self.day = day
        self.poller = self

    def rtc_day(self):
        return self.day

    def now(self):
        return NOW


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("lab"))


def gate(board, bays=(), floor=None):
    return tls.Gate(board, floor or tls.TimeFloor("", TODAY), bays, EventLog(8))


def logged(log):
    return [(log.codes[(log.first + i) % log.size], log.arguments[(log.first + i) % log.size])
            for i in range(log.count)]  # fmt: skip


def test_a_board_that_stalls_too_long_takes_tls_only_while_no_bay_is_energised():
    bays = [Bay(), Bay()]
    slow, quick = gate(FakeBoard(tls.LOOP_BUDGET_MS + 1), bays), gate(FakeBoard(tls.LOOP_BUDGET_MS), bays)
    assert slow.refusal(NOW) == quick.refusal(NOW) == 0
    bays[1].command_w.value = -500
    assert slow.refusal(NOW) == a.ENERGISED
    assert quick.refusal(NOW) == 0
    bays[1].command_w.value = 0
    assert slow.refusal(NOW) == 0


def test_nobody_gets_in_before_the_clock_is_set():
    board = FakeBoard(day=0)
    door = gate(board)
    assert door.refusal(NOW) == a.CLOCK
    board.day = TODAY - 1
    assert door.refusal(NOW) == a.CLOCK
    board.day = TODAY
    assert door.refusal(NOW) == 0


def test_the_floor_rises_and_outlives_a_restart(tmp_path):
    path = str(tmp_path / "floor")
    board = FakeBoard(day=TODAY + 5)
    assert gate(board, floor=tls.TimeFloor(path, TODAY)).refusal(NOW) == 0
    later = gate(board, floor=tls.TimeFloor(path, TODAY))
    board.day = TODAY + 4
    assert later.refusal(NOW) == a.CLOCK
    board.day = TODAY + 5
    assert later.refusal(NOW) == 0


def test_a_floor_that_cannot_be_read_or_written(tmp_path):
    bad = tmp_path / "floor"
    bad.write_text("yesterday")
    assert tls.TimeFloor(str(bad), TODAY).day == TODAY
    door = gate(FakeBoard(day=TODAY + 1), floor=tls.TimeFloor(str(tmp_path / "no" / "floor"), TODAY))
    assert door.refusal(NOW) == 0 == door.refusal(NOW)
    assert logged(door.log) == [(codes.TLS_TIME_UNSAVED, TODAY + 1)]


def test_refusals_are_logged_by_kind_and_do_not_fill_the_log():
    log = EventLog(16)
    teller = tls.Teller(log)
    teller.admission = a.Admission((), (), 5, 5, NOW)
    for n in range(50):
        for kind in (a.EXPIRED, a.RATE):
            teller.admission.counts[kind] += 1
            teller.tls_ended(kind, "10.0.0.1", -1, NOW + 10 * n & TICKS_MASK)
    assert logged(log) == [(codes.TLS_EXPIRED, 1), (codes.TLS_RATE, 1)]
    teller.tls_ended(a.EXPIRED, "10.0.0.1", -1, NOW + 10000 & TICKS_MASK)
    teller.tls_ended(a.ACCEPTED, "10.0.0.1", 2, NOW)
    assert logged(log)[2:] == [(codes.TLS_EXPIRED, 50), (codes.TLS_ACCEPTED, 2)]


def test_every_kind_has_its_code():
    named = [getattr(codes, "TLS_" + kind.upper()) for kind in a.KINDS]
    assert named == [codes.TLS_FIRST + i for i in range(len(a.KINDS))]


def test_files_that_are_no_good(lab):
    for changes in (
        {"identity": "/nowhere/server"},
        {"ca": "/nowhere/ca"},
        {"ca": str(lab.path("server"))[:-3]},
    ):
        wires = Wires()
        with pytest.raises(PortError) as error:
            tls.listen(FakeBoard(), wires, lab.section(**changes), (), (), EventLog(4))
        assert error.value.code == codes.TLS_FILES and not wires.is_open


def test_our_own_certificate_is_watched(lab):
    der = (lab.folder / "server.crt.der").read_bytes()
    last = x509.validity(der)[1]
    for left, told in ((30, []), (29, [29]), (-2, [-2])):
        log = EventLog(4)
        tls.listen(FakeBoard(day=last - left), Wires(), lab.section(), (), (), log)
        assert logged(log) == [(codes.TLS_OWN_EXPIRES, days) for days in told]


def test_the_board_says_what_its_description_says():
    described = json.loads((ROOT / "boards" / "sim" / "board.json").read_text())
    assert described["stalls_ms"]["tls_handshake"] == Board.tls_stall_ms
    assert described["stalls_ms"]["store_write"] == Board.store_stall_ms
