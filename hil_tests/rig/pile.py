"""A V2G bay and a one-way AC pile behind one connection: the pile's lines are those of the simulator's
board file, on a remote I/O behind Modbus.
"""

from hil_tests.rig.setups import station
from tools.board_lines import with_lines

PILE = 1  # the bay, from 0


def pile_station(import_max_w=40_000, phases=3, rating_w=11_000, pilot=None, car=None, **control):
    """A raw configuration: bay1 is SunSpec, 15 kW; bay2 the pile."""
    raw = station(2, 15_000, **control)
    raw["site"]["import_max_w"] = import_max_w
    raw["bays"][PILE].update(
        rating_w=rating_w,
        bidirectional=False,
        converter={"model": "ac_pile", "bus": "converter2", "poll_ms": 20, "response_ms": 8000},
        pilot={"phases": phases, **(pilot or {})},
    )
    raw["plant"]["bays"][PILE].update(
        model="ac_pile", rating_w=rating_w, phases=phases, car_current_max_da=160, **(car or {})
    )
    return with_lines(raw, "sim")
