"""`v2g meter` as a technician starts it, on ptys and TCP with simulated meters behind."""

import os
import select
import threading
import tty

import pytest

from hil_tests.scenarios.cli_process import run_cli
from tools.plant.meter_line import MeterLine, example
from tools.plant.meters import TWINS
from tools.plant.meters.dlt645 import Dlt645

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def line():
    twins = {1: TWINS["sdm630"](example()), 9: TWINS["em340"](example())}
    twins[7] = TWINS["dtsu666"](example(), ct=40)
    with MeterLine(twins, 19_200) as running:
        yield running


def meter(tmp_path, *arguments, lang="en"):
    return run_cli(["--lang", lang, "meter", *arguments], tmp_path)


def test_probe_finds_the_speed_and_names_the_model(line, tmp_path):
    done = meter(tmp_path, "probe", line.path)
    assert done.returncode == 0, done.stderr
    assert "unit 1 at 19200 8N1" in done.stdout and "certain: sdm630" in done.stdout
    assert "9600 8N1: silence" in done.stderr


def test_scan_names_everything_on_the_line(line, tmp_path):
    done = meter(tmp_path, "scan", line.path, "--units", "1-10", "--baud", "19200", "--parity", "N")
    assert done.returncode == 0, done.stderr
    for text in ("unit 1 at 19200 8N1: sdm630 (certain)", "unit 7", "dtsu666 (certain)", "em340", "3 found"):
        assert text in done.stdout
    assert "unit 5 at 19200 8N1: silence" in done.stderr


def test_read_guesses_or_is_told(line, tmp_path):
    for arguments in (
        (line.path, "--unit", "7"),
        ("tcp:" + line.tcp, "--unit", "7", "--model", "dtsu666", "--framing", "tcp"),
    ):
        done = meter(tmp_path, "read", *arguments)
        assert done.returncode == 0, done.stderr
        row = next(text for text in done.stdout.splitlines() if text.startswith("import energy"))
        assert row.split()[2:] == ["4000", "4100", "4245.6", "12345.6", "kWh", "good"]


def test_read_in_chinese(line, tmp_path):
    done = meter(tmp_path, "read", "tcp:" + line.tcp, "--unit", "9", lang="zh")
    assert "有功功率" in done.stdout and "14.528" in done.stdout


def test_dlt645(tmp_path):
    with MeterLine({1: Dlt645(example())}, 2400) as line:
        done = meter(tmp_path, "probe", line.path, "--baud", "2400", "--parity", "E")
        assert done.returncode == 0 and "address 000012345678 at 2400 8E1" in done.stdout
        done = meter(tmp_path, "read", "tcp:" + line.tcp, "--model", "dlt645")
        assert done.returncode == 0 and "14.5280".rstrip("0") in done.stdout and "25.3" in done.stdout


def told(done, code, *texts):
    assert done.returncode == 1 and "V%03d  " % code in done.stderr and "Traceback" not in done.stderr
    for text in texts:
        assert text in done.stderr
    return done


def test_silence_says_where_to_look(line, tmp_path):
    arguments = ("probe", line.path, "--unit", "3", "--baud", "19200", "--parity", "N")
    told(meter(tmp_path, *arguments), 542, "unit 3")
    told(meter(tmp_path, *arguments, lang="zh"), 542, "原因: ", "处理: ")


def test_garbage_says_baud_and_parity(tmp_path):
    with MeterLine({1: TWINS["sdm630"](example())}, 9600, tolerant=True) as line:
        done = meter(tmp_path, "probe", line.path, "--baud", "19200", "--parity", "N")
        told(done, 543, "heard at 19200 8N1", "--baud")


def test_an_exception_names_itself(line, tmp_path):
    done = meter(tmp_path, "read", line.path, "--unit", "9", "--model", "adl400", "--baud", "19200")
    told(done, 547, "code 02")


def echo(fd, stopping):
    """A wire that only gives back."""
    while not stopping.is_set():
        if select.select([fd], [], [], 0.02)[0]:
            os.write(fd, os.read(fd, 300))


def test_an_adapter_that_echoes(tmp_path):
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    stopping = threading.Event()
    thread = threading.Thread(target=echo, args=(ours, stopping), daemon=True)
    thread.start()
    try:
        told(meter(tmp_path, "probe", os.ttyname(theirs), "--baud", "9600", "--parity", "N"), 544)
    finally:
        stopping.set()
        thread.join()
        os.close(theirs)
        os.close(ours)


def test_no_such_port_and_bad_options(tmp_path):
    told(meter(tmp_path, "read", "/dev/nowhere"), 541, "/dev/nowhere")
    told(meter(tmp_path, "read", "/dev/nowhere", "--model", "abacus"), 516, "sdm630")
    told(meter(tmp_path, "scan", "/dev/nowhere", "--parity", "X"), 516)
