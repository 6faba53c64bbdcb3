"""What the order port tells: the station, a bay, what can be delivered, why."""

from firmware import codes
from firmware.guard.capability import HORIZONS_S
from firmware.image import GOOD
from protocols.ticks import ticks_diff


def value_of(signal):
    """None unless it is good."""
    return signal.value if signal.quality == GOOD else None


def code_and_text(code):
    return [code, codes.text(code)]


def status(image, name, clock, log, now):
    """The station in a few figures, and a row for each bay: [number, W, SOC in 0.01 %, limit]."""
    station = image.station
    clock.sample(now)
    rows = []
    for i in range(len(image.bays)):
        bay = image.bays[i]
        rows.append([i + 1, value_of(bay.power_w), value_of(bay.soc_bp), bound(bay)])
    return {
        "ok": True,
        "station": name,
        "day": clock.day if clock.valid else None,
        "ms": clock.ms if clock.valid else None,
        "power_w": value_of(station.power_w),
        "grid_power_w": value_of(station.grid_power_w),
        "winner": code_and_text(station.winner.value),
        "limit": code_and_text(station.limit.value),
        "envelope_w": [station.envelope_lo_w.value, station.envelope_hi_w.value],
        "bays": rows,
    }


def bound(bay):
    """Code of what bounds a bay's command, 0 when nothing does."""
    if hasattr(bay, "must") and bay.must.value and bay.envelope_hi_w.value:
        return bay.must.value
    if bay.command_w.value >= bay.envelope_hi_w.value:
        return bay.limit_hi.value
    if bay.command_w.value <= bay.envelope_lo_w.value:
        return bay.limit_lo.value
    return codes.LIMIT_NONE


def bay_status(bay, number, now):
    """One bay: what flows, what may flow, and why not more."""
    return {
        "ok": True,
        "bay": number,
        "power_w": value_of(bay.power_w),
        "command_w": bay.command_w.value,
        "soc_bp": value_of(bay.soc_bp),
        "envelope_w": [bay.envelope_lo_w.value, bay.envelope_hi_w.value],
        "limit_charge": code_and_text(bay.limit_hi.value),
        "limit_discharge": code_and_text(bay.limit_lo.value),
        "bound": code_and_text(bound(bay)),
        "charged_wh": [bay.charged_kwh.value, bay.charged_wh.value],
        "discharged_wh": [bay.discharged_kwh.value, bay.discharged_wh.value],
    }


def explain(image, numbers, sessions, now, planner=None):
    """Who won, what bound it; of each guarded bay [number, bound, must, laxity s, budget Wh, price plan]."""
    station = image.station
    rows = []
    for place in range(len(numbers)):
        bay = sessions.bays[place]
        budget_wh = value_of(bay.budget_wh) if hasattr(bay, "budget_wh") else None
        laxity_s = bay.laxity_s.value if bay.depart.quality == GOOD else None
        why = planner.plans[place].why if planner is not None else 0
        rows.append([numbers[place], bound(bay), bay.must.value, laxity_s, budget_wh, why])
    found = {station.winner.value, station.limit.value}
    used = sorted(found | {row[k] for row in rows for k in (1, 2, 5)})
    return {
        "ok": True,
        "winner": station.winner.value,
        "limit": station.limit.value,
        "target_w": station.target_w.value,
        "command_w": station.command_w.value,
        "order_age_s": ticks_diff(now, station.agc_w.time) // 1000 if station.agc_w.quality == GOOD else None,
        "bays": rows,
        "texts": [code_and_text(code) for code in used],
    }


def bay_capability(number, guard, table):
    """The same of one bay alone: neither the site's limits nor what is booked come off."""
    promise, bay = guard.promise, guard.bay
    return {
        "ok": True,
        "bay": number,
        "horizons_s": list(HORIZONS_S),
        "charge_w": [table.bay_charge_w(promise, seconds) for seconds in HORIZONS_S],
        "discharge_w": [max(0, table.bay_discharge_w(promise, seconds)) for seconds in HORIZONS_S],
        "charge_wh": bay.take_wh,
        "discharge_wh": bay.give_wh,
    }


def capability(image, table):
    """Power that can be held for each horizon, energy, time at full power; both directions."""
    station = image.station
    return {
        "ok": True,
        "horizons_s": list(HORIZONS_S),
        "charge_w": list(table.charge_w),
        "discharge_w": list(table.discharge_w),
        "charge_wh": station.charge_wh.value,
        "discharge_wh": station.discharge_wh.value,
        "charge_left_s": station.charge_left_s.value,
        "discharge_left_s": station.discharge_left_s.value,
    }
