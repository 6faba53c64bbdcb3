"""The AGC point set of a station as data. Points: signal, information object address, type, divisor,
deadband, cyclic period. Orders: name, address, whether selected before operated, whether there without being
named in the configuration.

Addresses are proposals (facts of Chinese practice: 遥信 from 0x0001, 遥测 from 0x4001, 遥控 from 0x6001, 遥调
from 0x6201); a configuration may replace the whole table. Powers are W inside and kW on the wire. A
power's sign on the wire is the configuration's: in generator's sense (+ = into the grid) a value changes
its sign, and then the upper limit is what is called the lower one inside: UPPER, LOWER and their kin
name the point's meaning on the wire, not the signal.
"""

SINGLE, FLOAT = 1, 13  # M_SP_NA_1, M_ME_NC_1
TALLY_IOA = 0x6481  # counter group 4: what was refused, by kind (protocols/iec104/tally.py)

# names that depend on the sign of power: (name, signal in load sense, signal in generator sense)
TURNED = (
    ("upper_limit_w", "envelope_hi_w", "envelope_lo_w"),
    ("lower_limit_w", "envelope_lo_w", "envelope_hi_w"),
    ("increase_blocked", "raise_blocked", "lower_blocked"),
    ("decrease_blocked", "lower_blocked", "raise_blocked"),
    ("increase_room_w", "charge_room_w", "discharge_room_w"),
    ("decrease_room_w", "discharge_room_w", "charge_room_w"),
)

# points that show a signal of another name
ALIASES = (
    ("agc_allowed", "remote"),
    ("agc_returned", "agc_enabled"),
    ("ramp_up", "ramp_w_per_min"),
    ("ramp_down", "ramp_w_per_min"),
)

# powers whose sign on the wire is the configuration's
SIGNED = (
    "target_w",
    "ramped_w",
    "command_w",
    "power_w",
    "grid_power_w",
    "upper_limit_w",
    "lower_limit_w",
    "agc_w",
)

# the magnitude counts: sent without a sign (signal, factor from the signal to the magnitude)
MAGNITUDES = (("max_charge_w", "envelope_hi_w", 1), ("max_discharge_w", "envelope_lo_w", -1))

POINTS = (
    # signal, ioa, type, divisor, deadband, cyclic_ms
    ("agc_allowed", 0x0001, SINGLE, 1, 0, 0),  # AGC允许控制信号
    ("agc_enabled", 0x0002, SINGLE, 1, 0, 0),  # AGC投退状态
    ("remote", 0x0003, SINGLE, 1, 0, 0),  # 远方/就地
    ("increase_blocked", 0x0004, SINGLE, 1, 0, 0),  # 有功增闭锁
    ("decrease_blocked", 0x0005, SINGLE, 1, 0, 0),  # 有功减闭锁
    ("charge_done", 0x0006, SINGLE, 1, 0, 0),  # 充电完成
    ("discharge_done", 0x0007, SINGLE, 1, 0, 0),  # 放电完成
    ("agc_returned", 0x0008, SINGLE, 1, 0, 0),  # 请求保持信号 / 返校值
    ("order_abnormal", 0x0009, SINGLE, 1, 0, 0),  # AGC指令异常闭锁
    ("fallback", 0x0010, SINGLE, 1, 0, 0),  # 通信闭锁
    ("locked", 0x0011, SINGLE, 1, 0, 0),  # 系统故障闭锁: no order can be followed
    ("fault", 0x0012, SINGLE, 1, 0, 0),  # 全站事故总
    ("closed_loop", 0x0013, SINGLE, 1, 0, 0),  # 开环/闭环
    ("from_dispatch", 0x0014, SINGLE, 1, 0, 0),  # 有功目标指令来源: 1 = the dispatcher's set-point
    ("agc_w", 0x4001, FLOAT, 1000, 1, 0),  # 有功目标反馈值
    ("grid_power_w", 0x4002, FLOAT, 1000, 100, 0),  # 并网点有功
    ("power_w", 0x4003, FLOAT, 1000, 100, 5000),  # 全站有功出力
    ("grid_voltage_dv", 0x4004, FLOAT, 10, 20, 0),  # 电压, V
    ("frequency_mhz", 0x4005, FLOAT, 1000, 10, 0),  # 频率, Hz
    ("command_w", 0x4006, FLOAT, 1000, 100, 0),
    ("upper_limit_w", 0x4010, FLOAT, 1000, 100, 0),  # 可调上限
    ("lower_limit_w", 0x4011, FLOAT, 1000, 100, 0),  # 可调下限
    ("increase_room_w", 0x4012, FLOAT, 1000, 100, 0),  # 可增有功
    ("decrease_room_w", 0x4013, FLOAT, 1000, 100, 0),  # 可减有功
    ("max_charge_w", 0x4014, FLOAT, 1000, 100, 0),  # 最大充电功率允许值
    ("max_discharge_w", 0x4015, FLOAT, 1000, 100, 0),  # 最大放电功率允许值
    ("soc_bp", 0x4018, FLOAT, 100, 10, 0),  # SOC, %
    ("installed_w", 0x4021, FLOAT, 1000, 1, 0),  # 装机容量
    ("running_w", 0x4022, FLOAT, 1000, 1, 0),  # 运行容量
    ("adjustable_w", 0x4023, FLOAT, 1000, 100, 0),  # 可调容量
    ("ramp_up", 0x4024, FLOAT, 1000, 1, 0),  # 升速率, kW/min
    ("ramp_down", 0x4025, FLOAT, 1000, 1, 0),  # 降速率
    ("winner", 0x4026, FLOAT, 1, 1, 0),  # code of the source that wins
    ("limit", 0x4027, FLOAT, 1, 1, 0),  # code of the limit that binds
)

# with the battery's guard
GUARD_POINTS = (
    ("charge_left_s", 0x4016, FLOAT, 60, 30, 0),  # 最大功率充电可用时间, min
    ("discharge_left_s", 0x4017, FLOAT, 60, 30, 0),  # 最大功率放电可用时间, min
    ("charge_wh", 0x4019, FLOAT, 1000, 100, 0),  # 可充电量, kWh
    ("discharge_wh", 0x4020, FLOAT, 1000, 100, 0),  # 可放电量, kWh
    ("charge_15min_w", 0x4050, FLOAT, 1000, 100, 0),  # 15 min 可持续充电功率
    ("discharge_15min_w", 0x4051, FLOAT, 1000, 100, 0),  # 15 min 可持续放电功率
)

# points that answer an order: their events carry return information (COT 11)
RETURNS = ("agc_w", "agc_returned")

SINGLE_COMMANDS, DOUBLE_COMMANDS = (45, 58), (46, 59)  # C_SC, C_DC
NORMALISED, SCALED, SHORT = (48, 61), (49, 62), (50, 63)  # C_SE_NA, _NB, _NC, and with a time tag
SWITCHES = SINGLE_COMMANDS + DOUBLE_COMMANDS
SETPOINTS = NORMALISED + SCALED + SHORT

ORDERS = (
    # order, ioa, select, there
    ("setpoint", 0x6201, False, True),  # 有功目标值
    ("ramp", 0x6202, False, True),  # 调度下发有功最大速率, per minute; 0 = our own
    ("deadband", 0x6203, False, True),  # 调度下发调节死区
    ("agc_request", 0x6001, True, True),  # 调度请求远方投入/退出
    ("by_value", 0x6002, False, True),  # 自由发电模式: 0 free, 1 by value
    ("emergency_stop", 0x6003, True, True),  # 紧急停运 / 恢复
    ("emergency_support", 0x6004, True, True),  # 紧急支撑 启动 / 恢复
)
ORDER_NAMES = tuple([row[0] for row in ORDERS])


def types_of(order):
    """The types that an order may have."""
    return SETPOINTS if order in ("setpoint", "ramp", "deadband") else SWITCHES


def orders(tele):
    """The orders of the section `telecontrol`: (name, address, types, select), the set-point first.

    A row of `commands` changes what it says of the order that it names.
    """
    found = []
    for name, ioa, select, there in ORDERS:
        types = types_of(name)
        ioa = {"setpoint": tele["setpoint_ioa"], "agc_request": tele["agc_request_ioa"]}.get(name, ioa)
        for row in tele["commands"]:
            if row["order"] == name:
                there = row["enabled"]
                ioa = row["ioa"] or ioa
                types = tuple(row["types"]) or types
                select = row["operate"] == "select" if row["operate"] != "listed" else select
        if there:
            found.append((name, ioa, types, select))
    return found


def rows_of(tele):
    """The configured points, or the table of this firmware."""
    if not tele["points"]:
        return POINTS
    return tuple(
        [
            (p["signal"], p["ioa"], p["type"], p["divisor"], p["deadband"], p["cyclic_ms"])
            for p in tele["points"]
        ]
    )
