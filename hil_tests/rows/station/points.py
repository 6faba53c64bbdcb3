"""Objects of the station that the rows ask: addresses and types, the same for every target."""

from protocols.iec104 import const as c

BINARY, BINARIES = 0x0001, 6
DOUBLE, STEP, BITS, OVERFLOW = 0x0011, 0x0021, 0x0031, 0x0081
MEASURED, MEASURANDS = 0x4001, 6
NORMALISED, SCALED, ECHO, CYCLIC = 0x4011, 0x4012, 0x4020, 0x4030
COUNTER, COUNTER_2 = 0x6401, 0x6402
MANY_BINARY, MANY_MEASURED = 0x1000, 0x5000
SWITCH, SWITCH_DOUBLE, SWITCH_STEP = 0x6001, 0x6002, 0x6003
SELECT_SINGLE, SELECT_SETPOINT, SELECT_DOUBLE = 0x6011, 0x6012, 0x6013
SETPOINT, SETPOINT_NORMALISED, SETPOINT_SCALED = 0x6201, 0x6202, 0x6203
SETPOINT_SLOW, SETPOINT_TAGGED = 0x6204, 0x6205
LIMIT = 15.0  # of every set-point

# address, types, select before operate, with termination
COMMANDS = (
    (SWITCH, (c.C_SC_NA_1,), False, False),
    (SWITCH_DOUBLE, (c.C_DC_NA_1,), False, False),
    (SWITCH_STEP, (c.C_RC_NA_1,), False, False),
    (SELECT_SINGLE, (c.C_SC_NA_1,), True, False),
    (SELECT_SETPOINT, (c.C_SE_NC_1,), True, False),
    (SELECT_DOUBLE, (c.C_DC_NA_1,), True, False),
    (SETPOINT, (c.C_SE_NC_1,), False, False),
    (SETPOINT_NORMALISED, (c.C_SE_NA_1,), False, False),
    (SETPOINT_SCALED, (c.C_SE_NB_1,), False, False),
    (SETPOINT_SLOW, (c.C_SE_NC_1,), False, True),
    (SETPOINT_TAGGED, (c.C_SE_TC_1,), False, False),
)


def add_points(station, many_binary, many_measured, cyclic_ms):
    """Register all monitored points; the echo of the set-point and the overflow point are returned."""
    for i in range(BINARIES):
        station.add_point(BINARY + i, c.M_SP_NA_1, group=1)
    station.add_point(DOUBLE, c.M_DP_NA_1)
    station.add_point(STEP, c.M_ST_NA_1)
    station.add_point(BITS, c.M_BO_NA_1)
    for i in range(MEASURANDS):
        station.add_point(MEASURED + i, c.M_ME_NC_1, 1000, 100, 0, 2)
    station.add_point(NORMALISED, c.M_ME_NA_1, 32768)
    station.add_point(SCALED, c.M_ME_NB_1)
    station.add_point(CYCLIC, c.M_ME_NC_1, 1000, 100, cyclic_ms)
    station.add_point(COUNTER, c.M_IT_NA_1, group=1)
    station.add_point(COUNTER_2, c.M_IT_NA_1, group=2)
    for i in range(many_binary):
        station.add_point(MANY_BINARY + i, c.M_SP_NA_1)
    for i in range(many_measured):
        station.add_point(MANY_MEASURED + i, c.M_ME_NC_1, 1000, 100)
    echo = station.add_point(ECHO, c.M_ME_NC_1, 1000)
    overflow = station.add_point(OVERFLOW, c.M_SP_NA_1)
    return echo, overflow


def acquire(station):
    """Every point has its first value, as in a station that has been up for long."""
    for point in station.points + station.counters:
        point.quality = c.QUALITY_GOOD
