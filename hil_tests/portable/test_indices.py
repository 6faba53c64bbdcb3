"""K1, K2, K3 on the device: what single commands are worth, and one long run to the last digit in every lane.
The host's score agrees with the same run (hil_tests/unit/test_indices_score.py).

lane: heap=512k
"""

from firmware.image import GOOD
from firmware.indices import Indices, region_of
from firmware.regions import REGIONS
from hil_tests.portable.firmware_support import raw_config
from hil_tests.portable.indices_story import RATING_W, story
from firmware.assembly import make_image
from firmware.config import validate
from protocols.ticks import ticks_add

START = (1 << 30) - 3000

# region -> commands, sum of K1, K2, K3 and K over them, how many count
EXPECTED = (
    ("north_china", 30, 255603, 324418, 567015, 817977, 18),
    ("north_china_storage", 30, 255603, 340279, 539035, 822241, 18),
    ("mengxi", 30, 30000, 325926, 544830, 62675, 6),
    ("guangdong", 30, 850000, 298045, 102697, 525188, 12),
    ("hunan", 30, 210082, 286015, 163971, 219030, 19),
    ("shaanxi_draft", 30, 40006925, 286015, 137943, 284609, 19),
)


def indices_of(name, rating_w=RATING_W):
    raw = raw_config(rating_w=rating_w)
    raw.update({"telecontrol": {"region": name}})
    image = make_image(validate(raw))
    return Indices(image, region_of(name), rating_w), image.station


def play(witness, rows):
    """[(K1, K2, K3, K, counts)] of every command; the last one ends behind the last sample."""
    found = []
    for ms, setpoint_w, power_w in list(rows) + [(rows[-1][0], None, 0)]:
        told = witness.told
        witness.sample(setpoint_w, power_w, ticks_add(START, ms))
        if witness.told != told:
            found.append(tuple(witness.k) + (witness.k_total, witness.counts))
    return found


def step_answer(powers, target_w=6000):
    """A second of rest, then the set-point and these powers at every second."""
    rows = [(0, 0, 0)]
    for i in range(len(powers)):
        rows.append((1000 * (i + 1), target_w, powers[i]))
    return rows


def test_a_perfect_answer_in_north_china():
    indices, _ = indices_of("north_china")
    powers = [0] + [6000] * 60
    ((k1, k2, k3, k, counts),) = play(indices, step_answer(powers))
    assert (k2, counts) == (20000, True)
    assert indices.p0 == 0 and indices.mileage == 6000
    assert (indices.t1_ms, indices.t2_ms, indices.t3_ms) == (100, 900, 60000)
    assert k3 == 20000 - 17  # 0.1 s of 60 s
    assert k1 == 20000 - 10000 * 150 * 800 // (4800 * 600000000 // 60000)
    assert abs(k - k1 * k2 // 10000 * k3 // 10000) <= 2


def test_no_answer_at_all():
    indices, station = indices_of("mengxi")
    assert play(indices, step_answer([0] * 40)) == [(1000, 1000, 1000, 10, False)]
    assert station.agc_k_bp.value == 10 and station.agc_k_bp.quality == GOOD
    assert indices.t1_ms == indices.t2_ms == -1


def test_too_fast_is_punished_where_it_is():
    powers = [0] + [30000] * 60
    ((k1, _, _, _, counts),) = play(indices_of("mengxi")[0], step_answer(powers, 30000))
    assert (k1, counts) == (1000, False)
    ((k1, _, _, _, _),) = play(indices_of("guangdong")[0], step_answer(powers, 30000))
    assert k1 == 50000
    ((k1, _, _, _, _),) = play(indices_of("hunan")[0], step_answer(powers, 30000))
    assert k1 == 30000


def test_an_arrival_that_does_not_last_is_none():
    powers = [0, 3000, 6000, 6000, 3000] + [6100] * 30
    indices, _ = indices_of("north_china")
    play(indices, step_answer(powers))
    assert 4000 < indices.t2_ms <= 5000
    indices, _ = indices_of("guangdong")
    play(indices, step_answer(powers[:20]))
    assert indices.t2_ms == -1  # held for less than 20 s


def test_a_small_move_of_the_set_point_belongs_to_the_command():
    rows = step_answer([0] + [6000] * 20)
    rows += [(22000 + 1000 * i, 6900, 6900) for i in range(10)]
    assert len(play(indices_of("north_china")[0], rows)) == 1  # 1.5 % of the rating, 2 % wanted
    assert len(play(indices_of("mengxi")[0], rows)) == 2


def test_a_reversal_gets_its_bonus():
    rows = step_answer([0] + [6000] * 40)
    rows += [(42000 + 1000 * i, 0, 0) for i in range(40)]
    indices, _ = indices_of("mengxi")
    play(indices, rows)
    assert indices.mileage == 6000 + 1200


def test_without_a_set_point_nothing_is_judged():
    indices, _ = indices_of("north_china")
    for i in range(50):
        indices.sample(None, 100 * i, ticks_add(START, 1000 * i))
    assert indices.told == 0
    indices.sample(20000, 5000, ticks_add(START, 51000))
    indices.sample(None, 5000, ticks_add(START, 60000))
    assert (indices.told, indices.p0) == (1, 4900)


def test_samples_are_taken_once_a_second():
    class Counted(Indices):
        def sample(self, setpoint_w, power_w, now):
            taken.append(now)

    for step_ms in (100, 130, 1000, 2500):
        taken = []
        counted, station = indices_of("hunan")
        counted = Counted(type("Image", (), {"station": station}), region_of("hunan"), RATING_W)
        station.power_w.quality = GOOD
        now = START
        for _ in range(60000 // step_ms):
            counted.look(now)
            now = ticks_add(now, step_ms)
        assert abs(len(taken) - 60000 // max(1000, step_ms)) <= 1, (step_ms, len(taken))


def test_the_long_run_to_the_last_digit():
    rows = story()
    for name, commands, k1, k2, k3, k, counted in EXPECTED:
        found = play(indices_of(name)[0], rows)
        sums = [sum([row[i] for row in found]) for i in range(4)]
        assert (len(found), sums) == (commands, [k1, k2, k3, k]), (name, len(found), sums)
        assert len([row for row in found if row[4]]) == counted
    assert len(EXPECTED) == len(REGIONS)


def test_a_station_of_megawatts_fits_small_integers():
    indices, _ = indices_of("north_china", 1000000)
    big = [(ms, 100 * s, 100 * p) for ms, s, p in step_answer([0] + [6000] * 60)]
    small = indices_of("north_china", 10000)[0]
    assert play(indices, big) == play(small, step_answer([0] + [6000] * 60))


def test_the_line_on_the_console():
    indices, _ = indices_of("north_china")
    play(indices, step_answer([0] + [6000] * 60))
    line = indices.line()
    assert line.startswith("#V423 AGC command ended: north_china P0 0 target 6000 D 6000 T1 100 T2 900 T3 ")
    assert line.endswith("K2 20000 K3 19983 K %d (1)" % indices.k_total)
