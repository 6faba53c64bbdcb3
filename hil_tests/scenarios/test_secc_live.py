"""The board's wiring of the link to an external SECC, in real processes."""

import pytest

from hil_tests.scenarios.live_site import until
from tools.defaults import default_config, with_secc, with_vehicles
from tools.up import Site

pytestmark = pytest.mark.live


def test_the_boards_link_to_an_secc_in_real_processes(tmp_path):
    config = with_secc(with_vehicles(default_config(1, 0, tmp_path, [5000])))
    config["control"]["schedule"] = [[0, 5000]]
    with Site(config, tmp_path, "micropython") as site:  # ready = the vehicle is connected

        def bay():
            return site.control.state()["bays"][0]

        assert bay()["locked"] and bay()["contactor"]
        site.control.inject("car_stops", bay=0)
        until(lambda: not bay()["locked"], "the plug is free again")
        assert not bay()["connected"] and bay()["outlet_v"] < 60
