"""IEC 104: events of protection equipment, the packed binary point, and what an old station sends with
short tags.
"""

from hil_tests.portable.iec104_support import GI, Raw, Rig, asdu
from hil_tests.portable.support import hx, raises
from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.params import Params
from protocols.iec104.protection import Protection


def test_protection_events_are_sent_once_each_with_their_time():
    rig = Rig()
    trip = Protection(rig.station, 0x101, c.M_EP_TD_1)
    start = Protection(rig.station, 0x102, c.M_EP_TE_1)
    circuit = Protection(rig.station, 0x103, c.M_EP_TF_1)
    master = Raw(rig)
    trip.report(2, 60000, 0x08, rig.now)
    trip.report(2, 60000, 0x08, rig.now)  # the same once more is one more event
    start.report(0x05, 120, 0, rig.now)
    circuit.report(0x0F, 35, 0x80, rig.now)
    rig.station.tick(rig.now)
    first, second, third = master.asdus()
    assert first[:12] == hx("26 02 03 00 01 00 01 01 00 0a 60 ea") and len(first) == 6 + 2 * 13
    assert second[:13] == hx("27 01 03 00 01 00 02 01 00 05 00 78 00") and len(second) == 6 + 14
    assert third[:13] == hx("28 01 03 00 01 00 03 01 00 0f 80 23 00")
    assert [a for a in master.asdus() if a[0] in (38, 39, 40)] == []


def test_protection_objects_are_in_no_interrogation_and_cannot_be_read():
    rig = Rig()
    Protection(rig.station, 0x101, c.M_EP_TD_1)
    master = Raw(rig)
    master.i(GI)
    assert not [a for a in master.asdus() if a[0] == 38]
    master.i(asdu(102, 5, 0x101))
    (answer,) = master.asdus()
    assert answer[:3] == hx("66 01 6f")  # COT 47, P/N = 1, OA follows


def test_impossible_protection_objects():
    rig = Rig()
    raises(LocalError, Protection, rig.station, 0x101, c.M_SP_TB_1)
    raises(LocalError, Protection, rig.station, 1, c.M_EP_TD_1)
    trip = Protection(rig.station, 0x101, c.M_EP_TD_1)
    raises(LocalError, trip.report, 1, 60001, 0, rig.now)


def test_packed_binaries_are_a_point_like_any_other():
    rig = Rig()
    packed = rig.station.add_point(0x201, c.M_PS_NA_1)
    packed.update(0x00030001, 0, rig.now)
    master = Raw(rig)
    master.i(GI)
    (answer,) = [a for a in master.asdus() if a[0] == 20 and a[2] == 20]
    assert answer[6:] == hx("01 02 00 01 00 03 00 00")


class Listener:
    def __init__(self):
        self.data = []

    def on_data(self, type_id, cause, ioa, value, quality, buf, tag_at):
        self.data.append((type_id, ioa, value, quality, tag_at))


def test_a_controlling_station_reads_short_time_tags():
    for type_id, element, value, quality in (
        (2, "81", 1, 0x80),
        (4, "02", 2, 0),
        (14, "0000c03f01", 1.5, 1),
        (17, "020a00", 0x0A02, 0),
        (19, "0f803200", 0x320F, 0x80),
    ):
        listener = Listener()
        station = ControllingStation(Params(), listener)
        body = hx("01 03 00 01 00 05 00 00" + element + "102705")
        data = bytearray(bytes((type_id,)) + body)
        station.on_asdu(data, 0, len(data), 0)
        ((got, ioa, seen, qds, tag_at),) = listener.data
        assert (got, ioa, seen, qds) == (type_id, 5, value, quality)
        assert tag_at == len(data) - 3
