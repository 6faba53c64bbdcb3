"""M_ME_NC_1, one APDU with one object: our tables against hat-drivers on CPython, in interleaved rounds.

Both sides encode to and decode from the same octets (checked before the clock runs), including the APCI.
Ours writes into a buffer that it keeps, as the outstation does; hat-drivers returns new bytes.
"""

import struct
import time

from hat.drivers import iec104
from hat.drivers.iec60870 import apci
from hat.drivers.iec104.encoder import Encoder

from hil_tests.bench.figures import Figure, median, spread
from protocols.iec104 import codec
from protocols.iec104.const import COT_SPONTANEOUS, M_ME_NC_1

NAME = "codec"
TITLE = "M_ME_NC_1 against hat-drivers"
TARGET_RATIO = 10
IOA, VALUE, SSN, RSN = 0x4001, 12.5, 7, 3
ROUNDS = 11

_GOOD = iec104.MeasurementQuality(False, False, False, False, False)
_MESSAGE = iec104.DataMsg(
    is_test=False,
    originator_address=0,
    asdu_address=1,
    io_address=IOA,
    data=iec104.FloatingData(iec104.FloatingValue(VALUE), _GOOD),
    time=None,
    cause=iec104.DataResCause.SPONTANEOUS,
)
_ENCODER = Encoder()
_OUT = bytearray(32)
_get = codec.decoder(M_ME_NC_1)


def hat_encode():
    (data,) = _ENCODER.encode([_MESSAGE])
    return apci.encoder.encode(apci.common.APDUI(ssn=SSN, rsn=RSN, data=data))


def hat_decode(data):
    return list(_ENCODER.decode(apci.encoder.decode(data).data))


def our_encode():
    out = _OUT
    codec.put_header(out, 6, M_ME_NC_1, 1, COT_SPONTANEOUS, 0, 1)
    end = codec.encode_object(out, 12, M_ME_NC_1, IOA, VALUE, 0)
    struct.pack_into("<BBHH", out, 0, 0x68, end - 2, SSN << 1, RSN << 1)
    return end


def our_decode(data):
    """(type, cause, common address, address, value, quality, N(S), N(R))"""
    numbers = struct.unpack_from("<HH", data, 2)
    if not codec.objects_fit(data, 6, data[1] - 4):
        return None
    address = data[10] | data[11] << 8
    quality = codec.quality(M_ME_NC_1, data, 15)
    return data[6], data[8], address, codec.get_ioa(data, 12), _get(data, 15), quality, numbers


def check():
    """Both sides mean the same octets."""
    frame = bytes(hat_encode())
    ours = bytes(_OUT[: our_encode()])
    if frame != ours:
        raise RuntimeError("the codecs differ: %s and %s" % (frame.hex(), ours.hex()))
    if our_decode(frame)[4] != VALUE or hat_decode(frame)[0].data.value.value != VALUE:
        raise RuntimeError("the codecs do not give the value back")
    return frame


def per_second(work, count, *arguments):
    began = time.perf_counter_ns()
    for _ in range(count):
        work(*arguments)
    return count * 1e9 / (time.perf_counter_ns() - began)


def run(ctx):
    """The two ratios."""
    frame = check()
    count = 100 if ctx.quick else 4000
    pairs = {"encode": [], "decode": []}
    for i in range(ROUNDS):
        pairs["encode"].append((per_second(our_encode, count), per_second(hat_encode, count)))
        pairs["decode"].append((per_second(our_decode, count, frame), per_second(hat_decode, count, frame)))
        ctx.advance((i + 1) / ROUNDS)
    return [judge(name, rounds, count) for name, rounds in pairs.items()]


def judge(name, rounds, count):
    ratios = [ours / hat for ours, hat in rounds]
    ours = median([row[0] for row in rounds]) / 1000
    hat = median([row[1] for row in rounds]) / 1000
    note = "%d x %d, rounds %s; ours %.0f k/s, hat %.0f k/s" % (ROUNDS, count, spread(ratios), ours, hat)
    return Figure(NAME, name + ", rate / hat-drivers'", median(ratios), "x", TARGET_RATIO, ">=", note)
