"""Prints the wear of three days' profiles by BLAST-Lite, as hil_tests/portable/wear_profiles.py stores it.

    python3 -m venv other && other/bin/pip install blast-lite==1.1.1 "numpy<2"
    PYTHONPATH=. other/bin/python tools/wear_reference.py

It needs a Python of its own: BLAST-Lite asks for a numpy below 2. Each day is one update of the model, as its
method `update_battery_state` takes it; 25 degrees, 3,650 equal days.
"""

import numpy as np
from blast.models import Lfp_Gr_250AhPrismatic, Nmc111_Gr_Kokam75Ah_Battery

from hil_tests.portable.wear_profiles import DAY, REFERENCE, soc_bp

MODELS = {"lfp": Lfp_Gr_250AhPrismatic, "nmc": Nmc111_Gr_Kokam75Ah_Battery}


def main():
    seconds = np.arange(DAY + 1) * 60.0
    warm = np.full(DAY + 1, 25.0)
    for profile, chemistry, _, _ in REFERENCE:
        soc = np.array([soc_bp(profile, minute) / 10000 for minute in range(DAY + 1)])
        model = MODELS[chemistry]()
        for day in range(3650):
            model.update_battery_state(seconds + 86400.0 * day, soc, warm)
        health = model.outputs["q"]
        print(
            '    ("%s", "%s", %d, %d),'
            % (profile, chemistry, round(health[365] * 1e6), round(health[3650] * 1e6))
        )


if __name__ == "__main__":
    main()
