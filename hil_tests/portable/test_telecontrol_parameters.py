"""P_ME and P_AC through the outstation: what a loaded parameter changes, that it is confirmed only once it is
kept, that a restart finds it again.

lane: heap=512k
"""

from struct import pack

from drivers.store import Store
from firmware import codes, telecontrol_parameters
from hil_tests.portable.iec104_support import GI, asdu
from hil_tests.portable.test_store import Slots
from hil_tests.portable.test_telecontrol_orders import Dispatched

assert telecontrol_parameters  # an image carries it because it is named here
POWER, CYCLIC = 0x4002, 0x4003
DEADBAND, LOW, HIGH, OTHER = 0x8001, 0x8002, 0x8003, 0x8004
ROWS = (
    {"ioa": DEADBAND, "point": POWER},
    {"ioa": LOW, "point": POWER, "kind": "low_limit"},
    {"ioa": HIGH, "point": POWER, "kind": "high_limit"},
    {"ioa": OTHER, "point": 0x4018},
)
THRESHOLD, KPA_LOW, KPA_HIGH, POP = 1, 3, 4, 0x80
ACT, DEACT = 6, 8


class Loaded(Dispatched):
    def __init__(self, slots):
        self.slots = slots
        Dispatched.__init__(self, store=Store(slots) if slots else None, parameters=ROWS)

    def put(self, ioa, value, qpm=THRESHOLD, cause=ACT, type_id=112, vsq=1):
        """Cause of the answer."""
        found = self.link.ask(asdu(type_id, cause, ioa, pack("<fB", value, qpm), vsq=vsq))
        return [a[2] for a in found if a[0] == type_id][0]

    def activate(self, ioa, qpa, cause=ACT):
        found = self.link.ask(asdu(113, cause, ioa, bytes([qpa])))
        return [a[2] for a in found if a[0] == 113][0]

    def shown(self, ioa):
        """(cause, value, QPM) of the parameter in an interrogation."""
        for a in self.link.ask(GI):
            for at in range(6, len(a), 8):
                if a[0] == 112 and a[at] | a[at + 1] << 8 == ioa:
                    return a[2], bytes(a[at + 3 : at + 7]), a[at + 7]
        return None

    def power(self, watts):
        """Events about POWER after its value moved there: [kW as octets]."""
        self.load_w = watts - self.measured_sum()
        self.cycle(3)
        found = []
        for a in self.link.asdus():
            size = 15
            for at in range(6, len(a), size):
                if a[0] == 36 and a[at] | a[at + 1] << 8 == POWER:
                    found.append(bytes(a[at + 3 : at + 7]))
        return found


def short(kw):
    return pack("<f", kw)


def test_a_dead_band_acts_and_outlives_a_restart():
    slots = Slots()
    bench = Loaded(slots)
    assert bench.power(500) == [short(0.5)]
    assert bench.put(DEADBAND, 2.5) == 7
    assert bench.power(2900) == []
    assert bench.power(3000) == [short(3.0)]
    bench = Loaded(slots)
    assert bench.power(2400) == []
    assert bench.power(2600) == [short(2.6)]
    assert bench.shown(DEADBAND) == (20, short(2.5), THRESHOLD)


def test_every_parameter_stands_in_the_interrogation():
    bench = Loaded(Slots())
    assert bench.shown(DEADBAND) == (20, short(0.1), THRESHOLD)
    assert bench.shown(HIGH) == (20, short(0), KPA_HIGH | POP)
    found = bench.link.ask(asdu(102, 5, DEADBAND))
    assert (found[-1][0], found[-1][2]) == (112, 5)


def test_a_limit_that_is_crossed_is_an_event_inside_the_dead_band():
    bench = Loaded(Slots())
    bench.put(DEADBAND, 50)
    assert bench.put(HIGH, 5, KPA_HIGH) == 7
    assert bench.put(LOW, -2, KPA_LOW) == 7
    bench.power(100)
    assert bench.power(4900) == []
    assert bench.power(5100) == [short(5.1)]
    assert bench.power(6000) == []
    assert bench.power(4000) == [short(4.0)]
    assert bench.power(-2500) == [short(-2.5)]
    assert bench.activate(LOW, 2, DEACT) == 9
    assert bench.power(4000) == []
    assert bench.shown(LOW) == (20, short(-2), KPA_LOW | POP)


def test_loaded_and_put_in_force_later():
    bench = Loaded(Slots())
    assert bench.put(DEADBAND, 2.5, THRESHOLD | POP) == 7
    assert bench.power(500) == [short(0.5)]
    assert bench.activate(DEADBAND, 2) == 7
    assert bench.power(1000) == []
    assert bench.activate(0, 1, DEACT) == 9
    assert bench.power(2000) == [short(2)]
    assert bench.activate(0, 1) == 7
    assert bench.power(3000) == []


def test_cyclic_transmission_of_a_point():
    slots = Slots()
    bench = Loaded(slots)
    assert bench.activate(CYCLIC, 3, DEACT) == 9
    bench.cycle(60)
    assert not [a for a in bench.link.asdus() if a[2] == 1]
    bench = Loaded(slots)
    bench.cycle(60)
    assert not [a for a in bench.link.asdus() if a[2] == 1]
    assert bench.activate(CYCLIC, 3) == 7
    bench.cycle(60)
    assert [a for a in bench.link.asdus() if a[2] == 1]
    assert bench.activate(POWER, 3, DEACT) == 0x49  # it has none
    assert bench.activate(HIGH, 2) == 0x47  # never loaded


def test_refusals_change_nothing():
    bench = Loaded(Slots())
    nan = asdu(112, ACT, DEADBAND, b"\0\0\xc0\x7f\1")
    assert [a[2] for a in bench.link.ask(nan) if a[0] == 112] == [0x47]
    for value in (-1, 1e30):
        assert bench.put(DEADBAND, value) == 0x47
    assert bench.put(DEADBAND, 2, KPA_LOW) == 0x47
    assert bench.put(POWER, 2) == 0x40 | 47
    assert bench.put(0x8009, 2) == 0x40 | 47
    assert bench.put(DEADBAND, 2, cause=DEACT) == 0x40 | 45
    assert bench.put(DEADBAND, 2, type_id=111) == 0x40 | 47
    assert bench.put(DEADBAND, 2, vsq=2) == 0x47
    assert bench.activate(DEADBAND, 4) == 0x47
    assert bench.activate(0, 2) == 0x47
    assert bench.activate(0x8009, 2) == 0x40 | 47
    assert bench.shown(DEADBAND) == (20, short(0.1), THRESHOLD)
    assert bench.slots.data == [b"", b""]


def test_the_test_bit_changes_nothing():
    bench = Loaded(Slots())
    assert bench.put(DEADBAND, 2, cause=ACT | 0x80) == 0x87
    assert bench.shown(DEADBAND)[1] == short(0.1)


def test_a_parameter_that_cannot_be_kept_is_refused():
    slots = Slots()
    bench = Loaded(slots)
    slots.cut = 5
    assert bench.put(DEADBAND, 2.5) == 0x47
    assert bench.shown(DEADBAND) == (20, short(0.1), THRESHOLD)
    assert "#V%d " % codes.STORE_FAILED in bench.lines()[-1]
    slots.cut = -1
    assert bench.put(DEADBAND, 2.5) == 7
    assert "#V430 order accepted" in bench.lines()[-1]


def test_a_board_without_a_store_refuses():
    bench = Loaded(None)
    assert bench.put(DEADBAND, 2.5) == 0x47
    assert "#V%d " % codes.NO_STORE in bench.lines()[-1]
    assert bench.shown(DEADBAND) == (20, short(0.1), THRESHOLD)


def test_a_cut_at_every_byte_leaves_the_old_or_the_new_parameter():
    slots = Slots()
    bench = Loaded(slots)
    bench.put(DEADBAND, 2)
    bench.put(DEADBAND, 3)
    kept = list(slots.data)
    size = len(kept[0])
    for cut in range(0, size + 1, 3):
        slots.data = list(kept)
        slots.cut = cut
        bench.put(DEADBAND, 4)
        again = Slots(slots.data)
        store = Store(again)
        assert store.load()[:4] == (DEADBAND).to_bytes(3, "little") + b"\1"
        assert store.load()[4:8] in ((3000).to_bytes(4, "little"), (4000).to_bytes(4, "little"))


def test_without_parameters_the_types_are_unknown():
    bench = Dispatched()
    for type_id in (110, 111, 112, 113):
        found = bench.link.ask(asdu(type_id, ACT, DEADBAND, pack("<fB", 1, 1)))
        assert [a[2] for a in found if a[0] == type_id] == [0x40 | 44]
