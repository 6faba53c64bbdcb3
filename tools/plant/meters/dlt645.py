"""A DL/T 645-2007 meter: data identifiers of the standard's annex A, BCD, secondary side of its
transformers.

What a single-phase or DC meter lacks goes into `missing` and is refused; an identifier in `forced`
answers with raw bytes, such as FF of a phase that is not connected.
"""

from protocols.dlt645.codec import address_of, put_bcd
from tools.plant.meters.truth import Truth


class Dlt645:
    """`read(di, out)` as our meter's side wants it; `digits` is the meter's number."""

    line = (2400, "E")

    def __init__(self, truth=None, pt=1, ct=1, digits="000012345678"):
        self.truth = truth or Truth()
        self.pt, self.ct = pt, ct
        self.address = address_of(digits)
        self.missing = set()
        self.forced = {}
        self.time = None

    def items(self):
        """identifier: (BCD bytes, value in units of its last digit)."""
        t, pt, ct = self.truth, self.pt, self.ct
        items = {
            0x00000000: (4, (t.import_wh + t.export_wh) / 10 / pt / ct),
            0x00010000: (4, t.import_wh / 10 / pt / ct),
            0x00020000: (4, t.export_wh / 10 / pt / ct),
            0x02030000: (3, t.total_w() * 10 / pt / ct),
            0x02040000: (3, sum(t.phase_var) * 10 / pt / ct),
            0x02050000: (3, sum(t.phase_va()) * 10 / pt / ct),
            0x02060000: (2, t.power_factor() * 1000),
            0x02800002: (2, t.frequency_hz * 100),
            0x02800007: (2, 253),
        }
        for i in range(3):
            phase = (i + 1) << 8
            items[0x02010000 | phase] = (2, t.voltage_v[i] * 10 / pt)
            items[0x02020000 | phase] = (3, t.current_a[i] * 1000 / ct)
            items[0x02030000 | phase] = (3, t.phase_w[i] * 10 / pt / ct)
        return items

    def read(self, di, out):
        if di in self.forced:
            data = self.forced[di]
            out[: len(data)] = data
            return len(data)
        items = self.items()
        if di in self.missing or di not in items:
            return self._block(di, items, out)
        n, value = items[di]
        put_bcd(out, 0, n, round(value))
        return n

    def _block(self, di, items, out):
        """0201FF00, 0202FF00, 0203FF00: all phases, the total first where there is one."""
        if di not in (0x0201FF00, 0x0202FF00, 0x0203FF00):
            return -1
        at = 0
        for phase in range(4):
            item = items.get(di & 0xFFFF0000 | phase << 8)
            if item is not None:
                put_bcd(out, at, item[0], round(item[1]))
                at += item[0]
        return at

    def set_time(self, when):
        self.time = list(when)
