"""The envelope: where a bay's commanded power may lie, as a signed interval in AC W that always contains
0 (design §1, §6).

Limits only cut. Each cut names itself; the last one that moved an end is the one that binds. What is not
known counts as closed.

lint: integer, hot
"""

from firmware import codes
from firmware.image import CONVERTER_FAULT, CONVERTER_RUNNING, CONVERTER_STANDBY, GOOD
from firmware.units import FULL_BP, share


class BayEnvelope:
    """Cuts one bay's interval from the converter's rating down; the result stands in the bay's image."""

    def __init__(self, bay, config):
        battery = config["battery"]
        self.bay = bay
        self.charge_w = config["rating_w"]
        self.discharge_w = config["rating_w"] if config["bidirectional"] else 0
        step_bp = soc_step_bp(config)
        self.soc_max_bp = battery["soc_max_bp"] - step_bp
        self.soc_min_bp = battery["soc_min_bp"] + step_bp
        self.taper_bp = battery["taper_bp"]
        self.is_blind = config["converter"]["model"] == "ac_pile"  # the vehicle tells no SOC, and only takes
        self.guard = None  # firmware/guard/bay.py, where the configuration states a battery

    def update(self, now):
        bay = self.bay
        self._set_hi(self.charge_w, codes.LIMIT_RATING)
        self._set_lo(-self.discharge_w, codes.LIMIT_RATING)
        state = bay.state
        if state.quality != GOOD or bay.power_w.quality != GOOD:
            self._close(codes.LIMIT_CONVERTER_SILENT)
        elif state.value == CONVERTER_FAULT:
            self._close(codes.LIMIT_CONVERTER_FAULT)
        elif state.value != CONVERTER_RUNNING and state.value != CONVERTER_STANDBY:
            self._close(codes.LIMIT_CONVERTER_OFF)
        elif not bay.following.value:
            self._close(codes.LIMIT_NOT_FOLLOWING)
        elif self.is_blind:
            return
        elif bay.soc_bp.quality != GOOD or not 0 <= bay.soc_bp.value <= FULL_BP:
            self._close(codes.LIMIT_SOC_UNKNOWN)
        elif self.guard is not None:
            self.guard.apply(self, now)
        else:
            self._taper(bay.soc_bp.value)

    def cut_hi(self, power_w, code):
        """Not more than `power_w` of charging; `code` is why."""
        if power_w < self.bay.envelope_hi_w.value:
            self._set_hi(power_w, code)

    def cut_lo(self, power_w, code):
        """Not below `power_w`, which is 0 or negative."""
        if power_w > self.bay.envelope_lo_w.value:
            self._set_lo(power_w, code)

    def _taper(self, soc_bp):
        """Power falls linearly to 0 over the last taper_bp before either end of the SOC window."""
        room_bp = self.soc_max_bp - soc_bp
        if room_bp < self.taper_bp:
            self._set_hi(
                share(self.charge_w, room_bp, self.taper_bp) if room_bp > 0 else 0, codes.LIMIT_SOC_MAX
            )
        room_bp = soc_bp - self.soc_min_bp
        if room_bp < self.taper_bp:
            self._set_lo(
                -share(self.discharge_w, room_bp, self.taper_bp) if room_bp > 0 else 0, codes.LIMIT_SOC_MIN
            )

    def _close(self, code):
        self._set_hi(0, code)
        self._set_lo(0, code)

    def _set_hi(self, power_w, code):
        self.bay.envelope_hi_w.value = power_w
        self.bay.limit_hi.value = code

    def _set_lo(self, power_w, code):
        self.bay.envelope_lo_w.value = power_w
        self.bay.limit_lo.value = code


def soc_step_bp(config):  # lint: cold
    """How far the SOC of this bay may be from the truth: by so much the window is narrower."""
    step_bp = config["battery"]["soc_step_bp"]
    return max(step_bp, 100) if config["vehicle"]["protocol"] == "gbt27930" else step_bp


class SiteEnvelope:
    """What the site's connection leaves for the sum of the bays. A bay that must charge counts at both
    ends with what it may take; where the site does not leave that much, with what there is.
    """

    def __init__(self, image, site):
        self.station = image.station
        self.bays = image.bays
        self.guarded = image.guarded
        self.import_max_w = site["import_max_w"]
        self.export_max_w = site["export_max_w"]
        self.room_hi_w = 0  # what is left for the bays that obey, after the ones that cannot be commanded
        self.room_lo_w = 0
        self.hi_w = 0  # the same, and not more than these bays can take
        self.lo_w = 0
        self.limit_hi = 0
        self.limit_lo = 0
        self.must = 0  # why a bay must charge; 0 = none must
        self.all_must = False

    def measure(self):
        """The room, from the bounds of the site's own load."""
        hi = self.import_max_w - self.station.base_hi_w.value
        lo = -self.export_max_w - self.station.base_lo_w.value
        for bay in self.bays:
            if bay.silent.value or not bay.following.value:
                hi -= bay.booked_hi_w.value if bay.booked_hi_w.value > 0 else 0
                lo -= bay.booked_lo_w.value if bay.booked_lo_w.value < 0 else 0
        self.room_hi_w = hi if hi > 0 else 0
        self.room_lo_w = lo if lo < 0 else 0

    def update(self):
        station = self.station
        self.measure()
        bays_hi = bays_lo = 0
        for bay in self.bays:
            bays_hi += bay.envelope_hi_w.value
            bays_lo += bay.envelope_lo_w.value
        if self.guarded:
            bays_lo += self._must_w()
        self._settle_hi(self.room_hi_w, bays_hi)
        self._settle_lo(self.room_lo_w, bays_lo)
        if self.lo_w > self.hi_w:  # must-run yields to the grid
            self.lo_w = station.envelope_lo_w.value = self.hi_w

    def _must_w(self):
        """What the bays that must charge take; their lower ends are 0."""
        total_w = 0
        self.must = 0
        self.all_must = True
        for bay in self.bays:
            if bay.must.value and bay.envelope_hi_w.value:
                total_w += bay.envelope_hi_w.value
                self.must = bay.must.value
            elif bay.envelope_hi_w.value or bay.envelope_lo_w.value:
                self.all_must = False
        return total_w

    def _settle_hi(self, site_w, bays_w):
        if site_w < bays_w:
            self.hi_w = site_w
            self.limit_hi = codes.LIMIT_SITE_IMPORT
        else:
            self.hi_w = bays_w
            self.limit_hi = self._tightest_hi()
        self.station.envelope_hi_w.value = self.hi_w

    def _settle_lo(self, site_w, bays_w):
        if site_w > bays_w:
            self.lo_w = site_w
            self.limit_lo = codes.LIMIT_SITE_EXPORT
        else:
            self.lo_w = bays_w
            self.limit_lo = self.must or self._tightest_lo()
        self.station.envelope_lo_w.value = self.lo_w

    def _tightest_hi(self):
        tightest = self.bays[0]
        for bay in self.bays:
            if bay.envelope_hi_w.value < tightest.envelope_hi_w.value:
                tightest = bay
        return tightest.limit_hi.value

    def _tightest_lo(self):
        tightest = self.bays[0]
        for bay in self.bays:
            if bay.envelope_lo_w.value > tightest.envelope_lo_w.value:
                tightest = bay
        return tightest.limit_lo.value
