"""The order port of a running station: a driver changes his mind, the guard plans anew at once; strangers."""

import json
import signal
import socket

import pytest
from typer.testing import CliRunner

from firmware import codes, codes_order
from hil_tests.scenarios.live_site import Firmware, LiveSite, until
from tools.cli import app
from tools.order.connection import write_key
from tools.runtime import INTERPRETERS
from tools.up import free_port

pytestmark = pytest.mark.live

STRANGE = b'{"n":1,"order":"session","bay":1,"mode":"now","mac":"%s"}\n' % (b"0" * 64)


class Shell:
    """`v2g order` to one station."""

    def __init__(self, site, key):
        self.station = "127.0.0.1:%d" % site.config["order_port"]["port"]
        self.key = str(key)

    def run(self, *words):
        return CliRunner().invoke(app, ["order", self.station, *words, "--key", self.key])

    def told(self, *words):
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


def live_site(interpreter, folder):
    site = LiveSite(interpreter, folder)
    write_key(folder / "order.key")
    row = site.config["bays"][0]
    row["battery"].update(capacity_wh=60000, chemistry="lfp", budget_day_wh=20000)
    row["session"] = {"mode": "v2g", "target_bp": 3000, "minimum_bp": 2000}
    site.config["station"]["store"] = str(folder / "store")
    site.config["order_port"] = {"enabled": True, "port": free_port(), "key": str(folder / "order.key")}
    return site


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_changed_departure_is_planned_anew_at_once(interpreter, tmp_path):
    with live_site(interpreter, tmp_path) as site:
        shell = Shell(site, tmp_path / "order.key")
        assert site.master.setpoint(8.0)
        until(lambda: shell.told("status", "--bay", "1")["command_w"] < -5000, "the bay discharges")
        answer = shell.told("session", "--bay", "1", "--departure", "5h", "--target", "70")
        assert answer["feasible"] and answer["must"] == 0 and answer["command_w"] < -5000
        answer = shell.told("session", "--bay", "bay1", "--departure", "20min")
        assert not answer["feasible"] and answer["target_bp"] == 7000
        assert answer["must"] == codes.MUST_DEPARTURE and answer["command_w"] > 0
        site.firmware.says(codes_order.SESSION_ORDERED)
        result = shell.run("session", "--bay", "1", "--departure", "none", "--target", "30")
        assert result.exit_code == 0 and "departure" not in result.output and "target" in result.output
        until(lambda: shell.told("status", "--bay", "1")["command_w"] < -5000, "the bay discharges again")
        assert shell.told("record", "--bay", "1")["record"]["budget"]["life_wh"] >= 0
        result = shell.run("session", "--bay", "2", "--mode", "now")
        assert result.exit_code == 1 and "V488" in result.output


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_power_cut_forgets_no_session_and_the_car_is_still_charged(interpreter, tmp_path):
    with live_site(interpreter, tmp_path) as site:
        shell = Shell(site, tmp_path / "order.key")
        words = ("--departure", "20min", "--target", "70", "--mode", "orderly", "--no-consent")
        answer = shell.told("session", "--bay", "1", *words)
        assert answer["kept"] and answer["must"] == codes.MUST_DEPARTURE
        site.firmware.signal(signal.SIGKILL)
        with Firmware(interpreter, site.config, tmp_path) as again:
            again.ready().says(codes_order.SESSION_BACK)
            until(lambda: shell.told("status", "--bay", "1")["command_w"] > 5000, "the bay charges")
            told = shell.told("status", "--bay", "1")
            assert told["mode"] == "orderly" and told["target_bp"] == 7000 and told["kept"]
            assert told["must"] == codes.MUST_DEPARTURE and 1000 < told["depart_in_s"] <= 1200


def test_prices_place_the_charging(tmp_path):
    with live_site("cpython", tmp_path) as site:
        shell = Shell(site, tmp_path / "order.key")
        shell.told("session", "--bay", "1", "--departure", "2h", "--target", "60", "--mode", "orderly")
        cheap = ",".join(["0.1"] * 24)
        for day in ((), ("--tomorrow",)):
            answer = shell.told("prices", "--import", cheap, *day)
            assert answer["taken"] == 24 and answer["kept"] == (not day)  # one write in a quarter of an hour
        until(lambda: shell.told("status", "--bay", "1")["command_w"] > 5000, "the bay charges")
        assert shell.told("status", "--bay", "1")["plan_why"][0] == codes_order.PLAN_CHARGES
        result = shell.run("plan", "--bay", "1")
        assert result.exit_code == 0 and "charge" in result.output and "V379" in result.output
        shell.told("session", "--bay", "1", "--departure", "none")
        until(lambda: shell.told("status", "--bay", "1")["command_w"] == 0, "the bay rests")


def test_a_stranger_changes_nothing_and_is_told_of(tmp_path):
    with live_site("cpython", tmp_path) as site:
        write_key(tmp_path / "other.key")
        result = Shell(site, tmp_path / "other.key").run("status")
        assert result.exit_code == 1 and "V482" in result.output
        peer = socket.create_connection(("127.0.0.1", site.config["order_port"]["port"]), 10)
        peer.sendall(STRANGE * 3)
        said = b""
        while data := peer.recv(4096):  # until the station closes
            said += data
        assert said.count(b'"code": 482') == 3
        site.firmware.says(codes_order.LINES_REFUSED)
        assert not site.firmware.said(codes_order.SESSION_ORDERED)
        assert Shell(site, tmp_path / "order.key").told("status", "--bay", "1")["mode"] == "v2g"
