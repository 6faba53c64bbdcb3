"""What dispatchers call a station's objects, and what they may read of a refusal, in two languages.

遥信 status, 遥测 measurand, 遥控 command, 遥调 set-point. An object without a label is shown by
its name alone.
"""

LABELS = {
    "agc_allowed": "AGC 允许", "agc_enabled": "AGC 投退状态", "remote": "远方/就地",
    "increase_blocked": "有功增闭锁", "decrease_blocked": "有功减闭锁", "charge_done": "充电完成",
    "discharge_done": "放电完成", "agc_returned": "请求保持（返校）", "order_abnormal": "AGC 指令异常闭锁",
    "fallback": "通信闭锁", "locked": "系统故障闭锁", "fault": "全站事故总", "closed_loop": "开环/闭环",
    "from_dispatch": "有功目标来源", "agc_w": "有功目标反馈值", "grid_power_w": "并网点有功",
    "power_w": "全站有功出力", "grid_voltage_dv": "电压", "frequency_mhz": "频率", "command_w": "控制指令值",
    "upper_limit_w": "可调上限", "lower_limit_w": "可调下限", "increase_room_w": "可增有功",
    "decrease_room_w": "可减有功", "max_charge_w": "最大充电功率", "max_discharge_w": "最大放电功率",
    "soc_bp": "荷电状态", "installed_w": "装机容量", "running_w": "运行容量", "adjustable_w": "可调容量",
    "ramp_up": "升速率", "ramp_down": "降速率", "winner": "当前指令来源", "limit": "当前限制",
    "charge_left_s": "可充电时间", "discharge_left_s": "可放电时间", "charge_wh": "可充电量",
    "discharge_wh": "可放电量", "charge_15min_w": "15 分钟可充功率", "discharge_15min_w": "15 分钟可放功率",
    "phase1.grid_power_w": "L1 相有功", "phase2.grid_power_w": "L2 相有功",
    "phase3.grid_power_w": "L3 相有功", "phase1.room_hi_w": "L1 相可充余量",
    "phase2.room_hi_w": "L2 相可充余量", "phase3.room_hi_w": "L3 相可充余量",
    "setpoint": "有功目标值", "ramp": "有功最大速率", "deadband": "调节死区", "agc_request": "请求远方投退",
    "by_value": "自由发电/按值", "emergency_stop": "紧急停运", "emergency_support": "紧急支撑",
}  # fmt: skip

# The station's counts by kind (protocols/iec104/const.py, COUNT_NAMES)
REFUSALS = {
    "accepted": ("orders carried out", "已执行命令"),
    "type": ("unknown type (COT 44)", "未知类型标识"),
    "cot": ("cause that the type cannot have (COT 45)", "未知传送原因"),
    "ca": ("unknown common address (COT 46)", "未知公共地址"),
    "ioa": ("unknown object, or not of this type (COT 47)", "未知信息体地址"),
    "structure": ("wrong length or number of objects", "长度或个数错误"),
    "control": ("control belongs to another master", "控制权属于其他主站"),
    "value": ("no such value: NaN, infinity, impossible state", "数值无效"),
    "time": ("time tag too old, ahead, or clock not set", "命令时标无效"),
    "handler": ("refused by the charger: range, local mode, AGC off", "充电桩拒绝：越限、就地或 AGC 退出"),
    "select": ("not selected, or selected otherwise", "未预置或预置不符"),
    "busy": ("the last order is still in progress", "上一命令未结束"),
    "qualifier": ("unknown qualifier", "限定词无效"),
    "malformed": ("too short to be answered", "报文过短，未应答"),
    "negative": ("a refusal sent to the station", "收到否定报文"),
    "peer": ("connection from an address not allowed", "不允许的主站地址"),
    "full": ("connection beyond the limit", "连接数超限"),
    "framing": ("link ended: no valid APDU", "断链：帧格式错误"),
    "sequence": ("link ended: wrong sequence number", "断链：序号错误"),
    "t1": ("link ended: no acknowledgement within t1", "断链：t1 超时"),
    "not_started": ("link ended: data before STARTDT", "断链：未启动传输"),
    "overrun": ("link ended: asks and does not read", "断链：请求过多未读"),
    "replaced": ("link ended: its master came back", "断链：主站重连替换"),
}

# Causes of a refusal as they stand in an answer
CAUSES = {
    44: ("the station does not have this type", "子站没有该类型"),
    45: ("this type cannot have this cause", "该类型不能用此传送原因"),
    46: ("no station has this common address", "公共地址不存在"),
    47: ("no such object, or not of this type", "信息体不存在或类型不符"),
}
NEGATIVE = (
    "negative confirmation: range, local mode, AGC off, not selected, or another master controls",
    "否定确认：越限、就地、AGC 退出、未预置或控制权在其他主站",
)
