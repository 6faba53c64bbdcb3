"""The parameters that the dispatcher loads (P_ME, P_AC): which there are stands in the configuration, what
they say in the board's store. A change is confirmed only after it is committed there (design §7); without a
store every one is refused.

Payload of the store: entries of 8 bytes, little endian: address (3), flags (1), value (4, in the unit of its
point). Entries of addresses that are no longer configured are dropped.
"""

from firmware import codes
from protocols.iec104.parameters import KPA_HIGH, KPA_LOW, KPA_THRESHOLD, Parameters

KINDS = (("deadband", KPA_THRESHOLD), ("low_limit", KPA_LOW), ("high_limit", KPA_HIGH))
_ENTRY = 8
_ACTIVE, _NOT_CYCLIC = 1, 2


class LoadedParameters:
    """Built after the points; `store` None = the board has none."""

    def __init__(self, telecontrol, rows, store):
        self.telecontrol = telecontrol
        self.store = store
        self.parameters = Parameters(telecontrol.station, self)
        for row in rows:
            kpa = [number for name, number in KINDS if name == row["kind"]][0]
            self.parameters.add(row["ioa"], row["point"], kpa)
        if store is None:
            telecontrol.log.add(codes.NO_STORE, 0, 0)
        else:
            self._restore(store.load())

    def _restore(self, payload):
        for at in range(0, len(payload) - _ENTRY + 1, _ENTRY):
            ioa = int.from_bytes(payload[at : at + 3], "little")
            raw = int.from_bytes(payload[at + 4 : at + 8], "little")
            if raw >= 1 << 31:
                raw -= 1 << 32
            if payload[at + 3] & _NOT_CYCLIC:
                point = self.telecontrol.station.point_at(ioa)
                if point is not None:
                    self.parameters.set_cyclic(point, False)
            else:
                self._give(ioa, raw, payload[at + 3])

    def _give(self, ioa, raw, flags):
        for parameter in self.parameters.all:
            if parameter.ioa == ioa:
                parameter.put_in_force(raw, flags & _ACTIVE)

    def commit(self, changes):
        """Write all parameters as they will be; False with a reason for the log."""
        if self.store is None:
            return self.telecontrol.refuse(codes.NO_STORE)
        payload = b""
        for parameter in self.parameters.all:
            raw, active, loaded = parameter.raw, parameter.is_active(), parameter.is_loaded
            for changed, new_raw, new_active in changes:
                if changed is parameter:
                    raw, active, loaded = new_raw, new_active, True
            if loaded:
                payload += _entry(parameter.ioa, _ACTIVE if active else 0, raw)
        for point in self.parameters.not_cyclic():
            payload += _entry(point.ioa, _NOT_CYCLIC, 0)
        return self.store.save(payload) or self.telecontrol.refuse(codes.STORE_FAILED)


def _entry(ioa, flags, raw):
    return ioa.to_bytes(3, "little") + bytes([flags]) + (raw & 0xFFFFFFFF).to_bytes(4, "little")
