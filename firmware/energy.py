"""Energy counters: kWh + Wh + W·ms, exact, never over 2**30 (design §4).

A long step is booked in slices whose product stays a small integer; nothing is lost and nothing is rounded.

lint: integer, hot
"""

from firmware.units import WMS_PER_WH

_SLICE_WMS = 0x1FFFFFFF


def add(power_w, dt_ms, kwh, wh, wms):
    """Book power_w (>= 0) held for dt_ms into the three signals of one counter."""
    if power_w == 0:
        return
    longest_ms = _SLICE_WMS // power_w
    while dt_ms > 0:
        slice_ms = dt_ms if dt_ms < longest_ms else longest_ms
        dt_ms -= slice_ms
        _carry(power_w * slice_ms, kwh, wh, wms)


def _carry(energy_wms, kwh, wh, wms):
    rest = energy_wms + wms.value
    wms.value = rest % WMS_PER_WH
    total_wh = wh.value + rest // WMS_PER_WH
    wh.value = total_wh % 1000
    kwh.value += total_wh // 1000
