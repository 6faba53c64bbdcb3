"""The host's frames against the board's: the same wire, written twice."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.ports.framed import FAULT, FrameLine
from hil_tests.portable.front_end_wire import Wire
from tools.emulate.frames import LONGEST, Decoder, Kind, encode

KINDS = st.sampled_from([Kind.LISTEN, Kind.OPEN, Kind.DATA, Kind.CLOSE])
FRAMES = st.lists(st.tuples(st.integers(0, 255), KINDS, st.binary(max_size=LONGEST)), max_size=20)


def on_the_board(data):
    """[(link, kind, payload)] that the board takes out of these bytes; FAULT ends it."""
    line = FrameLine(Wire(data))
    frames = []
    while line.pump():
        if line.kind == FAULT:
            return frames, True
        frames.append((line.link, line.kind, bytes(line.rx[5 : 5 + line.length])))
        line.take()
    return frames, False


@given(FRAMES)
def test_the_board_reads_what_the_host_writes(frames):
    data = encode(7, 0, Kind.RESET, b"!")
    for i, (link, kind, payload) in enumerate(frames):
        data += encode((8 + i) & 0xFF, link, kind, payload)
    got, fault = on_the_board(data)
    assert not fault and got[1:] == [(link, int(kind), payload) for link, kind, payload in frames]


@given(FRAMES, st.integers(1, 9))
def test_the_host_reads_what_the_board_writes(frames, step):
    line = FrameLine(Wire())
    for link, kind, payload in frames:
        assert line.send(kind, link, payload, 0, len(payload))
    decoder, got = Decoder(), []
    for at in range(0, len(line.uart.outbox), step):
        got += decoder.feed(line.uart.outbox[at : at + step])
    assert got == [(i & 0xFF, link, kind, payload) for i, (link, kind, payload) in enumerate(frames)]


@given(st.binary(max_size=400))
def test_noise_makes_no_frame_and_stops_nobody(noise):
    decoder = Decoder()
    decoder.feed(noise.replace(b"\xa5", b"\x5a"))
    assert decoder.feed(encode(3, 1, Kind.DATA, b"x")) == [(3, 1, Kind.DATA, b"x")]


@given(st.integers(0, 11), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at, change):
    data = bytearray(encode(0, 0, Kind.RESET, b"!") + encode(1, 129, Kind.DATA, b"watts"))
    data[8 + at] ^= change
    got, _ = on_the_board(bytes(data))
    assert [frame for frame in got if frame[1] == Kind.DATA] == []
    assert (1, 129, Kind.DATA, b"watts") not in Decoder().feed(bytes(data))
