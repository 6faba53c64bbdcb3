"""Settings and configurations that the property tests share."""

from hypothesis import HealthCheck
from hypothesis import strategies as st

from firmware.assembly import make_image
from firmware.controller import Controller

WRAP = 1 << 30
LOAD_W = 4_000
SOCS = st.sampled_from([1_900, 5_000, 8_700, 9_100])  # empty, free both ways, tapered, full
COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
}


def raw_config(bays, site, control, meter_max_age_ms=1000, period_ms=200):
    """`bays`: (rating_w, response_ms, bidirectional) of each."""
    return {
        "site": {"meter": "grid", **site},
        "buses": [{"name": "b", "kind": "tcp", "host": "h"}],
        "meters": [{"name": "grid", "bus": "b", "period_ms": period_ms, "max_age_ms": meter_max_age_ms}],
        "bays": [
            {
                "name": "bay%d" % i,
                "rating_w": rating_w,
                "bidirectional": bidirectional,
                "converter": {"bus": "b", "response_ms": response_ms, "lease_ms": 2000, "max_age_ms": 500},
            }
            for i, (rating_w, response_ms, bidirectional) in enumerate(bays)
        ],
        "control": control,
    }


def firmware_of(config):
    image = make_image(config)
    return image, Controller(image, config)
