"""The firmware as a process that cannot start: an exit status and a line with a code, no traceback."""

import socket

import pytest

from firmware import codes
from hil_tests.scenarios.live_site import Firmware, lean_config
from tools.runtime import INTERPRETERS
from tools.up import free_port

pytestmark = pytest.mark.live


def refused(interpreter, config, folder):
    """(exit status, lines) of a firmware that does not start."""
    with Firmware(interpreter, config, folder) as firmware:
        status = firmware.end()
    assert not any(line.startswith("ready") or "Traceback" in line for line in firmware.lines)
    return status, firmware


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_104_port_in_use(interpreter, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, firmware = refused(interpreter, lean_config(tmp_path, port), tmp_path)
    assert status == 3
    (line,) = firmware.said(codes.PORT_IN_USE)
    assert "127.0.0.1:%d" % port in line


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_serial_device_that_is_not_there(interpreter, tmp_path):
    config = lean_config(tmp_path, free_port())
    config["buses"].append({"name": "rs485", "kind": "rtu", "device": str(tmp_path / "ttyNone")})
    config["meters"] = [{"name": "grid", "bus": "rs485"}]
    status, firmware = refused(interpreter, config, tmp_path)
    assert status == 3
    (line,) = firmware.said(codes.PORT_FAILED)
    assert str(tmp_path / "ttyNone") in line


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_wrong_configuration_names_every_mistake(interpreter, tmp_path):
    config = lean_config(tmp_path, free_port())
    config["control"]["ramp_w_per_s"] = "fast"
    config["telecontrol"]["k"] = 0
    config["site"]["exprot_max_w"] = config["site"].pop("export_max_w")
    status, firmware = refused(interpreter, config, tmp_path)
    assert status == 2
    text = "\n".join(firmware.lines)
    for words in (
        ("#V%03d" % codes.CONFIG_BAD_VALUE, "control.ramp_w_per_s = 'fast'", "right: a whole number"),
        ("#V%03d" % codes.CONFIG_BAD_VALUE, "telecontrol.k = 0", "right: a whole number from 1 to 32767"),
        ("#V%03d" % codes.CONFIG_UNKNOWN_KEY, "site.exprot_max_w", "export_max_w"),
        ("#V%03d" % codes.CONFIG_MISSING_KEY, "site.export_max_w", "right: a whole number"),
    ):
        assert any(all(word in line for word in words) for line in firmware.lines), (words, text)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("text, code", [("{", codes.CONFIG_NOT_JSON), (None, codes.CONFIG_UNREADABLE)])
def test_file_that_is_no_configuration(interpreter, text, code, tmp_path, monkeypatch):
    def write(_config, path):
        if text is not None:
            path.write_text(text)

    monkeypatch.setattr("hil_tests.scenarios.live_site.write_config", write)
    status, firmware = refused(interpreter, {}, tmp_path)
    assert status == 2
    assert len(firmware.said(code)) == 1
