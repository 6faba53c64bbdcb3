"""A meter's energy register as kWh and Wh, exact, without a number of 2**30 or more.

Integers come as 32 bits in parts of a kWh; a float32 in kWh holds steps of 1/8 kWh where its Wh pass
2**30. A transformer ratio multiplies both parts. Fractions of a Wh that a register can show are cut, not
rounded, so that kWh and Wh never go back.

lint: integer, hot
"""

from drivers.meter_plan import F32, F32_LOW, S32, S32_LOW, U32_LOW
from protocols.modbus.float32 import scaled

_LARGEST = 0x3FFFFFFF


def put(words, i, kind, per_kwh, ratio, kwh, wh, now):
    """The register at `i` into two signals; both fail where it shows nothing that can be an energy.

    `per_kwh`: units of an integer register in one kWh, at most 10000; `ratio`: of the transformers.
    """
    low = kind >= U32_LOW
    high_word = words.register(i + 1 if low else i)
    low_word = words.register(i if low else i + 1)
    if kind == F32 or kind == F32_LOW:
        whole = scaled(high_word, low_word, 1000)
        if whole is None:
            whole = scaled(high_word, low_word, 8)
            per_kwh = 8
        else:
            per_kwh = 1000
        if whole is None or whole < 0:
            _fail(kwh, wh)
            return
        rest = whole % per_kwh
        whole //= per_kwh
    else:
        signed = kind == S32 or kind == S32_LOW
        if signed and high_word > 0x7FFE or high_word == 0xFFFF and low_word == 0xFFFF:
            _fail(kwh, wh)
            return
        carried = (high_word % per_kwh << 16) + low_word  # below 2**30
        rest = carried % per_kwh
        whole = high_word // per_kwh
        if whole > _LARGEST >> 16:
            _fail(kwh, wh)
            return
        whole = (whole << 16) + carried // per_kwh
    put_parts(whole, rest, per_kwh, ratio, kwh, wh, now)


def put_parts(whole, rest, per_kwh, ratio, kwh, wh, now):
    """(whole + rest / per_kwh) kWh, times the transformers' ratio, into two signals."""
    if whole > _LARGEST // ratio - ratio:
        _fail(kwh, wh)
        return
    rest *= ratio
    kwh.put(whole * ratio + rest // per_kwh, now)
    wh.put(rest % per_kwh * 1000 // per_kwh, now)


def _fail(kwh, wh):
    kwh.fail()
    wh.fail()
