"""The control pilot's numbers: duty and current, levels and states, the cable's resistor (IEC 61851-1
annex A and B, GB/T 18487.1 annex A). General knowledge, unverified: nobody here has read the standards;
what differs between them or may be wrong is an argument.

* Duty D and current: 10 % to 85 %: I = D x 0.6 A; above it: I = (D - 64) x 2.5 A, to 96 % and 80 A
  (IEC) or 90 % and 63 A (GB/T). 5 % = digital communication, which we do not offer. 0 = state F, 100 %
  = no charging (X1).
* State by the upper level: A 12 V, B 9 V, C 6 V, D 3 V, E 0 V. While the square wave is on, the lower
  level is -12 V: the vehicle's diode. F is our own -12 V.

lint: integer
"""

from protocols.upy import const

A, B, C, D, E, NO_STATE = 0, 1, 2, 3, 4, 5
STATE_NAMES = ("A", "B", "C", "D", "E", "?")
STEADY_BP, F_BP = 10000, 0  # no charging; state F

_LINEAR_DA = const(510)  # 85 %
_FLAT_DA = const(525)  # the second formula gives 52.5 A for the same 85 %
_MIN_DA = const(60)

# resistor in ohm, current in 0.1 A
CABLES = {
    "iec": ((1500, 130), (680, 200), (220, 320), (100, 630)),
    "gbt": ((1500, 100), (680, 160), (220, 320), (100, 630)),
}
MOST_DA = {"iec": 800, "gbt": 630}


def duty_bp(current_da):
    """Duty in 0.01 % that allows `current_da` per phase and never more; STEADY_BP below 6 A."""
    if current_da < _MIN_DA:
        return STEADY_BP
    if current_da <= _LINEAR_DA:
        return current_da * 50 // 3
    if current_da <= _FLAT_DA:
        return 8500
    return min(current_da * 4 + 6400, 9600)


def current_da(duty):
    """What a vehicle may take at this duty in 0.01 %, 0.1 A; 0 where the duty allows nothing."""
    if 800 <= duty < 1000:
        return _MIN_DA
    if 1000 <= duty <= 8500:
        return duty * 3 // 50
    if 8500 < duty <= 9600:
        return (duty - 6400) // 4
    return 800 if 9600 < duty <= 9700 else 0


def state_of(high_dv, band_dv):
    """The state that the upper level shows, NO_STATE between the bands of +/- `band_dv`."""
    for state in range(5):
        if -band_dv <= high_dv - (120 - 30 * state) <= band_dv:
            return state
    return NO_STATE


def cable_da(ohm, table, tolerance_bp):
    """Ampacity of the cable with this resistor by a table of CABLES, 0.1 A; 0 for a resistor of no cable."""
    for nominal_ohm, amps_da in table:
        spread_ohm = nominal_ohm * tolerance_bp // 10000
        if nominal_ohm - spread_ohm <= ohm <= nominal_ohm + spread_ohm:
            return amps_da
    return 0
