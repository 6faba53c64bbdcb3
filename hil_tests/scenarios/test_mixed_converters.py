"""A SunSpec bay beside one with Infypower modules and a vehicle on CAN, in virtual time: the slow one turns
only where it must, and the order is followed all the better.
"""

from hil_tests.faults.scene import Scene
from hil_tests.rig.mixed import Figures, MixedRig, mixed_config
from hil_tests.scenarios.test_record_replay import recording_of, replayed
from protocols.gbt27930 import charger as c
from tools.demo.plan import agc_share
from tools.runtime import INTERPRETERS
from tools.score.reversals import reversals

AGC_S = 60


class MixedScene(Scene):
    RIG = MixedRig


def ready(declared):
    """A scene whose car waits for its first power."""
    scene = MixedScene(raw=mixed_config(declared=declared))
    unit = next(bus for bus in scene.rig.loop.drivers if hasattr(bus, "vehicle"))
    while unit.vehicle.session.state != c.TRANSFER:
        scene.run(500)
        assert scene.ms < 40_000
    scene.run(3000)
    return scene


def followed(declared):
    """(scene, reversals of the slow bay, mean error W) of the synthetic AGC signal of the demo."""
    scene = ready(declared)
    since, figures = scene.ms, Figures(scene)
    for t_s in range(0, AGC_S, 2):
        scene.order(round(30 * (agc_share(t_s) - 0.3), 3))
        scene.run(1980)
    t_ms, _, _, slow_w = figures.columns(since)
    return scene, reversals(t_ms / 1000, slow_w), figures.mean_error_w(since)


def test_the_slow_bay_turns_less_often_and_the_signal_is_followed_better(tmp_path):
    scene, spared, error_w = followed(declared=True)
    _, turned, error_without_w = followed(declared=False)
    told = "reversals %d against %d, mean error %.0f W against %.0f W"
    print(told % (len(spared), len(turned), error_w, error_without_w))
    assert len(spared) < len(turned) and error_w < error_without_w
    assert min(turned) > 0.5  # the modules' dead time
    path = recording_of(scene, tmp_path / "mixed.v2gr")
    for interpreter in INTERPRETERS:
        assert replayed(interpreter, path)["differing"] == 0


def test_a_step_through_zero_is_carried_by_the_other_bay():
    errors_w = []
    for declared in (True, False):
        scene = ready(declared)
        assert scene.order(-12)
        scene.run(6000)
        figures, since = Figures(scene), scene.ms
        assert scene.order(24)
        scene.run(12_000)
        assert abs(scene.bays_w() + 24_000) < 300 and scene.ac_w(1) < -8000
        errors_w.append(figures.mean_error_w(since))
    print("mean error through zero %.0f W, without the declaration %.0f W" % tuple(errors_w))
    assert errors_w[0] < errors_w[1]
