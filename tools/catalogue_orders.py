"""Messages about the dispatcher's orders: what became of each, as the firmware logs it (V418 to V449); the
English text stands in firmware/codes.py.

Rows as in catalogue_device.py.
"""

from firmware import codes as c

EVENT = "event"
NOTHING = ("Nothing to do.", "无需处理。")
POINT_TABLE = ("Compare the master's point table with `v2g check`.", "将主站点表与 v2g check 的输出核对。")

ORDERS = (
    (c.ORDERS_LOST, EVENT, "命令过多，部分未记入日志",
     ("More orders came than the console could print; all were answered and counted.",
      "命令到达速度超过控制台输出；全部已应答并计数。"),
     ("Let the master order less often, or log refused orders only (telecontrol.log_orders).",
      "降低主站下发频率，或仅记录被拒绝的命令（telecontrol.log_orders）。")),
    (c.VALUE_OUT_OF_RANGE, EVENT, "数值超出允许范围，命令被拒绝",
     ("Ramp or dead band is negative or larger than the station.", "速率或死区为负，或超过本站容量。"),
     ("Correct the value or its unit at the master.", "更正主站数值或单位。")),
    (c.NO_STORE, EVENT, "参数被拒绝：控制板无参数存储",
     ("Parameters are confirmed only once they are kept, and there is nowhere to keep them.",
      "参数须先保存才能确认，而本板无处保存。"),
     ("Give station.store a path, on a board with a file system; else leave telecontrol.parameters out.",
      "在有文件系统的板上设置 station.store；否则去掉 telecontrol.parameters。")),
    (c.STORE_FAILED, EVENT, "参数被拒绝：存储写入失败",
     ("The disk is full, read-only or broken; the old parameters hold.",
      "磁盘已满、只读或损坏；原参数有效。"),
     ("Check the path in station.store.", "检查 station.store 的路径。")),
    (c.ORDER_ACCEPTED, EVENT, "命令已接受",
     ("The order was sound and was handed on; the line says whose it was.",
      "命令有效并已执行；行内注明来源。"), NOTHING),
    (c.ORDER_TYPE, EVENT, "命令被拒绝：类型标识未知",
     ("The type is not in this station's profile (COT 44).", "本站不支持该类型标识（传送原因 44）。"),
     POINT_TABLE),
    (c.ORDER_COT, EVENT, "命令被拒绝：传送原因不符",
     ("The cause of transmission does not belong to this type (COT 45).",
      "传送原因与该类型不符（传送原因 45）。"),
     ("Correct the master's driver.", "更正主站规约配置。")),
    (c.ORDER_CA, EVENT, "命令被拒绝：公共地址未知",
     ("The common address is another station's (COT 46).", "公共地址不是本站（传送原因 46）。"),
     ("Make telecontrol.common_address and the master agree.",
      "核对 telecontrol.common_address 与主站一致。")),
    (c.ORDER_IOA, EVENT, "命令被拒绝：信息体地址或其类型未知",
     ("There is no such object, or not with this type (COT 47).",
      "无此信息体，或类型不符（传送原因 47）。"), POINT_TABLE),
    (c.ORDER_STRUCTURE, EVENT, "命令被拒绝：信息体数目或长度错误",
     ("An order holds exactly one object and nothing behind it.",
      "命令只能含一个信息体，其后不得有多余字节。"),
     ("Correct the master's driver.", "更正主站规约配置。")),
    (c.ORDER_CONTROL, EVENT, "命令被拒绝：控制权属于其他主站",
     ("Another master is in control, or this one may only watch.", "其他主站持有控制权，或该主站仅可监视。"),
     ("Name the masters that may command in telecontrol.control_from.",
      "在 telecontrol.control_from 中列出有控制权的主站。")),
    (c.ORDER_VALUE, EVENT, "命令被拒绝：数值无效",
     ("NaN, infinity, or a state that a switch does not have.", "非数、无穷大，或双点命令状态无效。"),
     ("Look at what the master computes.", "检查主站计算结果。")),
    (c.ORDER_TIME, EVENT, "命令被拒绝：时标无效",
     ("The time tag is invalid, too old, in the future, or our own clock is not set.",
      "时标无效、过旧、超前，或本站未对时。"),
     ("Synchronise both clocks; compare telecontrol.utc_offset_min.",
      "双方对时；核对 telecontrol.utc_offset_min。")),
    (c.ORDER_HANDLER, EVENT, "命令被应用拒绝",
     ("The station's state does not allow it.", "本站当前状态不允许。"),
     ("Look at the points 0x0001 to 0x0014.", "查看 0x0001 至 0x0014 信号。")),
    (c.ORDER_SELECT, EVENT, "命令被拒绝：选择不符",
     ("Executed without selection, with another value than selected, too late, or selected by "
      "another master.",
      "未选择、与选择不一致、超时，或已被其他主站选择。"),
     ("Let the master select first; see `operate` and `select_s`.",
      "主站先选择后执行；见 operate 与 select_s。")),
    (c.ORDER_BUSY, EVENT, "命令被拒绝：前一命令执行中",
     ("The order before it has not ended.", "前一命令尚未结束。"),
     ("Wait for its termination.", "等待前一命令结束。")),
    (c.ORDER_QUALIFIER, EVENT, "命令被拒绝：限定词不支持",
     ("The qualifier is not served here.", "本站不支持该限定词。"), POINT_TABLE),
    (c.ORDER_MALFORMED, EVENT, "报文过短，已忽略",
     ("Not even one object was there; it cannot be answered.", "报文不足一个信息体，无法应答。"),
     ("Correct the master's driver.", "更正主站规约配置。")),
    (c.ORDER_NEGATIVE, EVENT, "收到否定应答报文，已忽略",
     ("The master sent an answer (COT 44-47) where orders are expected.",
      "主站发来应答报文（传送原因 44-47）。"),
     ("Correct the master's driver.", "更正主站规约配置。")),
)

ROWS = ORDERS
