"""How often a converter changed its direction, and how long it stood without power meanwhile."""

import numpy as np


def reversals(t_s, power_w, flows_w=100):
    """[seconds without power] of each change from charging to discharging or back; less than `flows_w` is
    none.
    """
    t, power = np.asarray(t_s, dtype=float), np.asarray(power_w, dtype=float)
    flowing = np.flatnonzero(np.abs(power) >= flows_w)
    signs = np.sign(power[flowing])
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    return [float(t[flowing[i + 1]] - t[flowing[i]]) for i in turns]
