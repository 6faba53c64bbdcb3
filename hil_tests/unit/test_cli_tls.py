"""`v2g certs` and `v2g tls-front`: what they show, and how mistakes are told."""

import json

import pytest
from typer.testing import CliRunner

from hil_tests.rig.tls_lab import Lab
from tools import cli
from tools.certs import maker
from tools.front import command
from tools.front.settings import load


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(a) for a in arguments], env={"COLUMNS": "160"})


def told(result, code):
    assert "V%03d  " % code in result.stderr and " | " in result.stderr
    assert result.exit_code == 1 and "Traceback" not in result.output


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pki"
    assert invoke("certs", "ca", folder).exit_code == 0
    assert (
        invoke("certs", "server", folder, "station", "--host", "192.0.2.7", "--host", "x.example").exit_code
        == 0
    )
    assert invoke("certs", "client", folder, "dispatch", "--days", 20).exit_code == 0
    return folder


def test_show_lists_all_and_prints_lines_for_the_configuration(folder):
    shown = invoke("certs", "show", folder)
    for text in ("station", "dispatch", "192.0.2.7, x.example", "CN=dispatch", "not after"):
        assert text in shown.output
    line = next(line for line in shown.output.splitlines() if line.startswith("{"))
    dispatch = maker.load(folder, "dispatch")
    assert json.loads(line) == {"name": "dispatch", "key_sha256": maker.key_pin(dispatch)}
    assert maker.certificate_pin(dispatch) in shown.output


def test_renewal_keeps_the_line(folder):
    before = maker.load(folder, "dispatch")
    assert invoke("certs", "renew", folder, "dispatch").exit_code == 0
    after = maker.load(folder, "dispatch")
    assert (
        maker.key_pin(before) == maker.key_pin(after)
        and before.not_valid_after_utc < after.not_valid_after_utc
    )


def test_mistakes_of_certs_are_told(folder, tmp_path):
    told(invoke("certs", "client", folder, "dispatch"), 554)
    told(invoke("certs", "ca", folder), 554)
    told(invoke("certs", "show", tmp_path / "nothing"), 555)
    told(invoke("certs", "client", tmp_path / "nothing", "a"), 555)
    told(invoke("certs", "renew", folder, "nobody"), 555)
    assert invoke("certs", "client", folder, "dispatch", "--force").exit_code == 0


def test_help_is_a_guide():
    text = invoke("certs", "--help").output
    for word in ("v2g certs server pki station", "telecontrol.tls", "key_sha256", "--force"):
        assert word in text
    assert "bind" in invoke("tls-front", "--help").output


def write(tmp_path, raw):
    path = tmp_path / "front.json"
    path.write_text(json.dumps(raw))
    return path


def test_the_front_s_configuration_is_completed(tmp_path):
    section = Lab(tmp_path).section()
    settings = load(write(tmp_path, {"tls": {k: section[k] for k in ("identity", "ca", "clients")}}))
    assert settings["tls"]["port"] == 19998 and settings["station"] == {"host": "127.0.0.1", "port": 2404}
    assert settings["tls"]["clients"][0]["bind"] == "" and settings["tls"]["enabled"]


def test_mistakes_of_the_front_s_configuration_are_told(tmp_path):
    lab = Lab(tmp_path)
    told(invoke("tls-front", "--config", tmp_path / "nothing.json"), 101)
    told(invoke("tls-front", "--config", write(tmp_path, {"tls": {}, "x": 1})), 103)
    told(invoke("tls-front", "--config", write(tmp_path, {"tls": {"identity": "a", "ca": "b"}})), 106)
    for changes in ({"enabled": False}, {"clients": []}):
        told(invoke("tls-front", "--config", write(tmp_path, {"tls": lab.section(**changes)})), 106)
    missing = lab.section(identity=str(tmp_path / "nobody"), listen="127.0.0.1")
    told(invoke("tls-front", "--config", write(tmp_path, {"tls": missing})), 477)


def test_a_port_that_is_taken(tmp_path):
    lab = Lab(tmp_path)
    front = command.start(write(tmp_path, {"tls": lab.section(listen="127.0.0.1")}))
    taken = lab.section(listen="127.0.0.1", port=front.port)
    told(invoke("tls-front", "--config", write(tmp_path, {"tls": taken})), 501)
    front.close()
