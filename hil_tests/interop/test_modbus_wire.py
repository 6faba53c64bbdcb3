"""Our bytes before other eyes: crcmod for the CRC, tshark's dissector for TCP, fractions for singles."""

import re
import struct
import subprocess
from fractions import Fraction

import crcmod.predefined
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil_tests.interop import modbus_fuzz
from hil_tests.portable.modbus_support import START, FullStore, drain
from protocols.crc16 import crc16
from protocols.modbus.float32 import scaled
from protocols.modbus.full_master import FullMaster
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

MODBUS_PORT = 502  # the port that tshark knows as Modbus TCP


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_row_01_crc_against_crcmod(data):
    assert crc16(data, 0, len(data)) == crcmod.predefined.mkPredefinedCrcFun("modbus")(data)


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2**15 - 1))
def test_scaled_single_against_fractions(word, factor):
    value = struct.unpack(">f", struct.pack(">I", word))[0]
    expected = None
    if value - value == 0:
        expected = round(Fraction(value) * factor)
        if abs(expected) >= 2**30:
            expected = None
    assert scaled(word >> 16, word & 0xFFFF, factor) == expected


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2**15 - 1), st.integers(2, 2**15 - 1))
def test_scaled_and_divided_single_against_fractions(word, factor, divisor):
    value = struct.unpack(">f", struct.pack(">I", word))[0]
    expected = None
    if value - value == 0:
        expected = round(Fraction(value) * factor / divisor)
        if abs(expected) >= 2**30:
            expected = None
    assert scaled(word >> 16, word & 0xFFFF, factor, divisor) == expected


def test_row_49_random_frames_are_all_accounted_for():
    """A million in `v2g rows --protocol modbus`."""
    modbus_fuzz.frames(20000)


def exchange(master, slave, call, now):
    """One transaction without loss; the frames (request, reply)."""
    slave.tick(now)
    assert master.ready(now)
    call(master, now)
    request = drain(master)
    slave.feed(request, len(request), now)
    slave.tick(ticks_add(now, 10))
    reply = drain(slave)
    master.feed(reply, len(reply), ticks_add(now, 10))
    return request, reply


CALLS = (
    (3, "", lambda m, now: m.read(1, 3, 0, 125, now)),
    (4, "", lambda m, now: m.read(1, 4, 9, 2, now)),
    (6, "", lambda m, now: m.write_register(1, 7, 0xFFFF, now)),
    (16, "", lambda m, now: m.write_registers(1, 20, list(range(123)), 123, now)),
    (3, "2", lambda m, now: m.read(1, 3, 199, 2, now)),
    (16, "2", lambda m, now: m.write_registers(1, 199, (1, 2), 2, now)),
    (4, "11", lambda m, now: m.read(77, 4, 0, 1, now)),
    (1, "", lambda m, now: m.read_bits(1, 1, 0, 2000, now)),
    (2, "", lambda m, now: m.read_bits(1, 2, 7, 9, now)),
    (5, "", lambda m, now: m.write_coil(1, 3, True, now)),
    (15, "", lambda m, now: m.write_coils(1, 3, [1, 0, 1] * 656, 1968, now)),
    (22, "", lambda m, now: m.mask_write(1, 3, 0xF0F0, 0x0F0F, now)),
    (23, "", lambda m, now: m.read_write(1, 0, 125, 0, list(range(121)), 121, now)),
    (43, "", lambda m, now: m.identify(1, 1, 0, now)),
    (43, "2", lambda m, now: m.identify(1, 4, 9, now)),
)
FIELDS = (
    "mbtcp.trans_id",
    "mbtcp.prot_id",
    "mbtcp.len",
    "modbus.func_code",
    "modbus.exception_code",
    "_ws.malformed",
    "_ws.expert.message",
)


def tshark(frames, source, target, path):
    """What the dissector says of frames that go one way between two ports: one row of FIELDS each."""
    text = "".join("0000 %s\n" % frame.hex(" ") for frame in frames)
    argv = ["text2pcap", "-q", "-T", "%d,%d" % (source, target), "-", str(path)]
    subprocess.run(argv, input=text, text=True, check=True, timeout=60, capture_output=True)
    argv = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        argv += ["-e", field]
    result = subprocess.run(argv, text=True, check=True, timeout=60, capture_output=True)
    return [dict(zip(FIELDS, line.split("|"))) for line in result.stdout.splitlines()]


@pytest.mark.needs("tshark", "text2pcap")
def test_tshark_dissects_our_tcp_frames(tmp_path):
    master = FullMaster(TcpFraming(), 300)
    slave = FullSlave(TcpFraming(), FullStore(), (1,), Identity({0: "Vendor", 1: "Code", 2: "1.0"}))
    pairs = [exchange(master, slave, call, START) for _, _, call in CALLS]
    requests = tshark([request for request, _ in pairs], 50000, MODBUS_PORT, tmp_path / "requests.pcapng")
    replies = tshark([reply for _, reply in pairs], MODBUS_PORT, 50000, tmp_path / "replies.pcapng")
    assert len(requests) == len(replies) == len(CALLS)
    for i, (fc, exception, _) in enumerate(CALLS):
        for frame, row in ((pairs[i][0], requests[i]), (pairs[i][1], replies[i])):
            assert int(row["mbtcp.trans_id"]) == i + 1 and int(row["mbtcp.prot_id"]) == 0, row
            assert int(row["mbtcp.len"]) == len(frame) - 6 and int(row["modbus.func_code"]) == fc, row
            assert not row["_ws.malformed"], row
            assert not re.search("malformed|incorrect|bogus", row["_ws.expert.message"], re.IGNORECASE), row
        assert requests[i]["modbus.exception_code"] == "" and replies[i]["modbus.exception_code"] == exception


@pytest.mark.needs("tshark", "text2pcap")
def test_tshark_would_see_a_wrong_frame(tmp_path):
    frame = bytes.fromhex("0001 0000 0006 01 10 0000 0002")
    (row,) = tshark([frame], 50000, MODBUS_PORT, tmp_path / "wrong.pcapng")
    assert row["_ws.malformed"], row
