"""What an owner grants the grid: energy, hours and cycles of discharge, for a day and for the battery's life.
Hard limits that belong to the vehicle: by its identity where the protocol gives one, else by the bay's.

What may be used is reserved ahead in blocks, and a block counts only once the store has it: so a power cut
loses at most the rest of a block to the vehicle, and never gives one twice. A store that fails, or none at
all, grants nothing. A day begins when the wall clock shows a later one, and never twice; without a clock it
does not end. Energy is that of the battery: measured AC power at the worst efficiency; a bay that fell silent
counts with what is booked for it. A cycle is the capacity discharged once, in whatever pieces.

update() only counts and says what is due; the store is written by keep(), which the loop calls in the slack
of a step that is long enough for it: one write for all vehicles.

A store has load() -> bytes, b"" for none, and save(bytes) -> whether it is committed.

lint: integer
"""

import struct

from firmware.guard.departure import grossed_up
from firmware.guard.keeper import Keeper, key_of, name_of
from firmware.guard.limits import limited
from firmware.image import GOOD
from firmware.units import WMS_PER_WH
from protocols.ticks import ticks_diff

_ROW = "<16sIIIII"
ROW_BYTES = struct.calcsize(_ROW)
MOST_VEHICLES = 100
UNLIMITED = 100000000
_BLOCK_S = 900
_STOP_S = 5  # from the decision to the end of discharging, and until it is measured
_SLICE_MS = 1000


class Vehicle:
    """What one vehicle has given: what is reserved counts as given after a restart."""

    def __init__(self, identity):
        self.identity = identity  # 16 bytes
        self.day = 0
        self.life_wh = self.life_s = self.day_wh = self.day_s = 0  # used
        self.kept_wh = self.kept_s = 0  # of the block that is reserved beyond that
        self.rest_wms = self.rest_ms = 0

    def pack(self):
        return struct.pack(
            _ROW,
            self.identity,
            self.day,
            self.life_wh + self.kept_wh,
            self.life_s + self.kept_s,
            self.day_wh + self.kept_wh,
            self.day_s + self.kept_s,
        )

    def unpack(self, row):
        self.identity, self.day, self.life_wh, self.life_s, self.day_wh, self.day_s = struct.unpack(
            _ROW, row
        )

    def use(self, power_w, dt_ms):
        """Discharged `power_w` for `dt_ms`."""
        while dt_ms > 0:
            piece_ms = min(dt_ms, _SLICE_MS)
            dt_ms -= piece_ms
            used_wms = power_w * piece_ms + self.rest_wms
            self.rest_wms = used_wms % WMS_PER_WH
            self.rest_ms += piece_ms
            self._take(used_wms // WMS_PER_WH, self.rest_ms // 1000)
            self.rest_ms %= 1000

    def _take(self, used_wh, used_s):
        self.life_wh += used_wh
        self.day_wh += used_wh
        self.kept_wh = max(0, self.kept_wh - used_wh)
        self.life_s += used_s
        self.day_s += used_s
        self.kept_s = max(0, self.kept_s - used_s)


class Grant:
    """The limits of one bay's section `battery`; 0 there means none."""

    def __init__(self, battery):
        cycles_wh = battery["capacity_wh"] * battery["budget_day_pct"] // 100
        self.day_wh = min(battery["budget_day_wh"] or UNLIMITED, cycles_wh or UNLIMITED)
        self.day_s = battery["budget_day_min"] * 60 or UNLIMITED
        life_wh = UNLIMITED
        if 0 < battery["budget_life_cycles"] <= UNLIMITED // battery["capacity_wh"]:
            life_wh = battery["budget_life_cycles"] * battery["capacity_wh"]
        self.life_wh = min(battery["budget_life_kwh"] * 1000 or UNLIMITED, life_wh)
        self.life_s = battery["budget_life_h"] * 3600 or UNLIMITED
        self.block_wh = battery["budget_block_wh"]
        self.efficiency_bp = battery["efficiency_bp"]

    def left_wh(self, vehicle):
        """Energy that may still be reserved or used."""
        return min(self.day_wh - vehicle.day_wh, self.life_wh - vehicle.life_wh)

    def left_s(self, vehicle):
        return min(self.day_s - vehicle.day_s, self.life_s - vehicle.life_s)


class Budgets(Keeper):
    """Writes budget_wh of every bay that has one; call update() once a second, outside the step."""

    def __init__(self, image, config, clock, store):
        Keeper.__init__(self)
        self.clock = clock
        self.store = store
        self.grants = []
        self.plugged = []  # the vehicle at each of these bays
        self.vehicles = load(store)
        self.last = -1
        for i in range(len(config["bays"])):
            row = config["bays"][i]
            if row["battery"]["capacity_wh"] and limited(row["battery"]):
                self.place(image.bays[i], row)
                self.grants.append(Grant(row["battery"]))
                self.plugged.append(self.vehicle(self.names[-1]))

    def plug(self, i, identity):
        """Another vehicle stands at the i-th of these bays; `identity`: text."""
        self.plugged[i] = self.vehicle(identity)

    def vehicle(self, identity):
        """The record of this identity, a new one, or None when there is no room for one more."""
        key = key_of(identity)
        for vehicle in self.vehicles:
            if vehicle.identity == key:
                return vehicle
        if len(self.vehicles) >= MOST_VEHICLES and not self._make_room():
            return None
        self.vehicles.append(Vehicle(key))
        return self.vehicles[-1]

    def _make_room(self):
        """Forget a vehicle of which nothing has to be known: it is not here and has given nothing."""
        for vehicle in self.vehicles:
            if vehicle not in self.plugged and not vehicle.life_wh and not vehicle.life_s:
                self.vehicles.remove(vehicle)
                return True
        return False

    def update(self, now):
        dt_ms = max(0, ticks_diff(now, self.last)) if self.last >= 0 else 0
        self.last = now
        self.clock.sample(now)
        for i in range(len(self.bays)):
            vehicle = self.plugged[i]
            if vehicle is None:
                self._tell(i, 0, 0, 0, now)
                continue
            power_w = given_w(self.bays[i])
            if power_w > 0:
                vehicle.use(grossed_up(power_w, self.grants[i].efficiency_bp), dt_ms)
            self._begin_day(vehicle)
            if self._wants(vehicle, self.grants[i]):
                self.due = True
            self._show(i, vehicle, now)

    def _begin_day(self, vehicle):
        if self.clock.valid and self.clock.day > vehicle.day:
            vehicle.day = self.clock.day
            vehicle.day_wh = vehicle.day_s = 0

    def _wants(self, vehicle, grant):
        """(Wh, s) to reserve in time, as far as the limits reach; None when it can wait."""
        wh = max(0, min(grant.block_wh, grant.left_wh(vehicle)) - vehicle.kept_wh)
        s = max(0, min(_BLOCK_S, grant.left_s(vehicle)) - vehicle.kept_s)
        if wh == 0 and s == 0:
            return None
        if wh * 2 >= grant.block_wh or s * 2 >= _BLOCK_S or self._is_last(wh, s, vehicle):
            return wh, s
        return None

    def keep(self, now):
        """Reserve what is due and commit all vehicles in one write; undone when the store fails."""
        self.due = False
        reserved = []
        for i in range(len(self.bays)):
            vehicle = self.plugged[i]
            wanted = self._wants(vehicle, self.grants[i]) if vehicle is not None else None
            if wanted is not None:
                vehicle.kept_wh += wanted[0]
                vehicle.kept_s += wanted[1]
                reserved.append((vehicle, wanted))
        self.failed = not self.save()
        if self.failed:
            for vehicle, wanted in reserved:
                vehicle.kept_wh -= wanted[0]
                vehicle.kept_s -= wanted[1]
            return
        for i in range(len(self.bays)):
            if self.plugged[i] is not None:
                self._show(i, self.plugged[i], now)

    def _is_last(self, wh, s, vehicle):
        """What is left is less than half a block: no use to wait until it is worth a write."""
        return (wh > 0 and vehicle.kept_wh * 4 < wh) or (s > 0 and vehicle.kept_s * 4 < s)

    def _show(self, i, vehicle, now):
        """What this bay may use; a vehicle that seems to stand at two bays shares it between them."""
        places = 0
        for other in self.plugged:
            places += 1 if other is vehicle else 0
        kept_wh = vehicle.kept_wh if vehicle.kept_s > _STOP_S else 0
        if self.failed:  # nothing more can be reserved
            self._tell(i, kept_wh // places, kept_wh // places, vehicle.kept_s // places, now)
        else:
            grant = self.grants[i]
            all_wh, all_s = grant.left_wh(vehicle), grant.left_s(vehicle)
            self._tell(i, kept_wh // places, all_wh // places, all_s // places, now)

    def _tell(self, i, kept_wh, all_wh, all_s, now):
        bay = self.bays[i]
        bay.budget_wh.put(kept_wh, now)
        bay.budget_all_wh.put(max(0, all_wh), now)
        bay.budget_all_s.put(max(0, all_s - _STOP_S), now)

    def changed(self, vehicle):
        """Its used amounts have grown elsewhere: what is reserved must still fit, and the store must know."""
        self._begin_day(vehicle)
        for i in range(len(self.bays)):
            if self.plugged[i] is vehicle:
                vehicle.kept_wh = max(0, min(vehicle.kept_wh, self.grants[i].left_wh(vehicle)))
                vehicle.kept_s = max(0, min(vehicle.kept_s, self.grants[i].left_s(vehicle)))
        self.due = True

    def save(self):
        """Commit all vehicles."""
        return self.store is not None and self.store.save(
            b"".join([vehicle.pack() for vehicle in self.vehicles])
        )

    def record(self, i):
        """[(what, figure)] of the vehicle at a bay, for export beside its wear."""
        vehicle = self.plugged[i]
        if vehicle is None:
            return []
        return [
            ("identity", name_of(vehicle.identity)),
            ("life_wh", vehicle.life_wh),
            ("life_s", vehicle.life_s),
            ("day", vehicle.day),
            ("day_wh", vehicle.day_wh),
            ("day_s", vehicle.day_s),
        ]


def given_w(bay):
    """AC power that the bay gives, at worst."""
    if bay.power_w.quality == GOOD:
        return -bay.power_w.value
    return -bay.booked_lo_w.value


def load(store):
    """The vehicles of a store."""
    data = store.load() if store is not None else b""
    vehicles = []
    for at in range(0, len(data) - ROW_BYTES + 1, ROW_BYTES):
        vehicle = Vehicle(b"")
        vehicle.unpack(data[at : at + ROW_BYTES])
        vehicles.append(vehicle)
    return vehicles
