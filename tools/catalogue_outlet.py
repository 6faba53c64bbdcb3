"""Messages of a DC outlet's sequence (V25x, V26x) and of an AC pile (V28x): Chinese text, cause and next
action; the English text stands in firmware/outlet/codes.py. Rows as in catalogue_device.py.
锁止 lock, 绝缘检测 insulation test, 预充 precharge,
泄放 bleed, 接触器粘连 welded contactor.
"""

from firmware.outlet import codes as c

EVENT = "event"

RESET = ("Remove the cause, take the plug out, then reset the outlet.", "排除原因，拔出插头后复位。")

ROWS = (
    (
        c.OUTLET_ESTOP,
        EVENT,
        "急停按下",
        (
            "Somebody pressed the emergency stop; hardware opened the contactor.",
            "有人按下急停；硬件已断开接触器。",
        ),
        (
            "Make sure that the place is safe, release the button, take the plug out, then reset.",
            "确认现场安全，释放急停，拔出插头后复位。",
        ),
    ),
    (
        c.OUTLET_PILOT_LOST,
        EVENT,
        "锁止状态下插头断开（CC1）",
        (
            "The connection confirm line left its band while the plug was locked.",
            "锁止期间连接确认电压超出范围。",
        ),
        (
            "Check the plug, its cable and CC1 (4 V ± 0.8 V when connected), then reset.",
            "检查插头、线缆和 CC1（连接时 4 V ± 0.8 V），然后复位。",
        ),
    ),
    (
        c.OUTLET_EARTH_LOST,
        EVENT,
        "保护接地丢失",
        ("The earth monitor sees no protective earth.", "接地监测未检测到保护接地。"),
        ("Have the earthing checked by an electrician before the next use.", "请电工检查接地后方可使用。"),
    ),
    (
        c.OUTLET_TOO_HOT,
        EVENT,
        "充电接口过温",
        ("A contact of the connector is worn, dirty or not fully in.", "触点磨损、脏污或未插到位。"),
        RESET,
    ),
    (
        c.OUTLET_LOCK_LOST,
        EVENT,
        "电子锁未到位",
        ("The lock did not follow within its time, or opened by itself.", "电子锁未按时动作或自行打开。"),
        (
            "Push the plug in fully; check the lock's motor and its feedback.",
            "插紧插头；检查锁电机及反馈信号。",
        ),
    ),
    (
        c.OUTLET_VEHICLE_LOST,
        EVENT,
        "车辆通信中断",
        ("The vehicle stopped answering for the third time.", "车辆第三次通信超时。"),
        (
            "Take the plug out and in again; read the log of the vehicle's messages.",
            "重新插枪；查看车辆报文记录。",
        ),
    ),
    (
        c.OUTLET_VEHICLE_LATE,
        EVENT,
        "车辆未按时就绪",
        ("The vehicle was not ready within its time.", "车辆未在规定时间内就绪。"),
        ("Wake the vehicle and plug in again.", "唤醒车辆后重新插枪。"),
    ),
    (
        c.OUTLET_OVER_VOLTAGE,
        EVENT,
        "电压超过车辆允许值",
        ("The outlet's voltage rose above the vehicle's maximum.", "输出电压高于车辆最高允许电压。"),
        RESET,
    ),
    (
        c.OUTLET_LIVE,
        EVENT,
        "启动前输出端带电",
        ("A welded contactor, or the vehicle feeds back.", "接触器粘连或车辆反灌。"),
        ("Do not touch the plug. Have contactor and vehicle checked.", "勿触碰插头。检查接触器和车辆。"),
    ),
    (
        c.OUTLET_VOLTAGE_UNFIT,
        EVENT,
        "电池电压不符",
        (
            "The battery's voltage is more than 5 % from what the vehicle told, or outside our range.",
            "实测电池电压与车辆上报相差超过 5 %，或超出本机范围。",
        ),
        (
            "Check that charger and vehicle fit, and the voltage measurement.",
            "核对充电机与车辆是否匹配及电压采样。",
        ),
    ),
    (
        c.OUTLET_INSULATION,
        EVENT,
        "绝缘故障",
        ("Less than 100 ohm per volt to earth.", "对地绝缘低于 100 Ω/V。"),
        (
            "Do not use this outlet; dry and check cable, plug and vehicle.",
            "停用该枪；干燥并检查线缆、插头和车辆。",
        ),
    ),
    (
        c.OUTLET_INSULATION_LOW,
        EVENT,
        "绝缘偏低",
        ("Between 100 and 500 ohm per volt to earth.", "对地绝缘在 100～500 Ω/V 之间。"),
        ("Charging goes on; have cable and plug checked soon.", "可继续充电；尽快检查线缆和插头。"),
    ),
    (
        c.OUTLET_INSULATION_LATE,
        EVENT,
        "绝缘检测超时",
        (
            "The test voltage was not reached, or the monitor gave no reading.",
            "未达到检测电压或绝缘监测无读数。",
        ),
        ("Check the converter and the insulation monitor.", "检查变流器和绝缘监测装置。"),
    ),
    (
        c.OUTLET_PRECHARGE_LATE,
        EVENT,
        "预充超时",
        ("The converter's output did not reach the battery's voltage.", "变流器输出未达到电池电压。"),
        (
            "Check the converter's voltage setting and the measurements on both sides of the contactor.",
            "检查变流器电压设定及接触器两侧采样。",
        ),
    ),
    (
        c.OUTLET_CONTACTOR_DROPPED,
        EVENT,
        "接触器应合未合",
        ("Coil, supply, inhibit line or mirror contact.", "线圈、电源、禁止线或反馈触点问题。"),
        RESET,
    ),
    (
        c.OUTLET_CONTACTOR_WELDED,
        EVENT,
        "接触器粘连",
        (
            "The contactor was told to open and its mirror contact says that it did not.",
            "接触器已命令断开但反馈仍闭合。",
        ),
        (
            "The plug stays locked. Isolate the charger, then replace the contactor.",
            "插头保持锁止。断电后更换接触器。",
        ),
    ),
    (
        c.OUTLET_BLEED_LATE,
        EVENT,
        "泄放超时",
        ("The outlet did not fall below 60 V in time.", "输出电压未按时降至 60 V 以下。"),
        ("The plug stays locked until it has. Check the bleeder.", "电压降低前保持锁止。检查泄放回路。"),
    ),
    (
        c.OUTLET_CURRENT_DEVIATES,
        EVENT,
        "电流与指令偏差过大",
        (
            "Measured and ordered current differed by 10 A or more for 5 s.",
            "实测与指令电流相差 10 A 以上持续 5 s。",
        ),
        RESET,
    ),
    (
        c.OUTLET_LINES_SILENT,
        EVENT,
        "接口远程 I/O 无响应",
        (
            "The remote I/O of the outlet sent nothing for longer than vehicle.io_max_age_ms: e-stop, lock "
            "and contactor cannot be seen. It opens the contactor by itself when it does not hear us either.",
            "接口远程 I/O 超过 vehicle.io_max_age_ms 未发送数据；急停、锁止和接触器状态未知。"
            "若它也收不到本机报文，会自行断开接触器。",
        ),
        (
            "Check supply and CAN wiring of the remote I/O (terminators, bit rate), then take the plug out.",
            "检查远程 I/O 的供电和 CAN 接线（终端电阻、波特率），然后拔出插头。",
        ),
    ),
    (
        c.PILE_PILOT_SHORT,
        EVENT,
        "控制导引短路（状态 E）",
        ("The pilot is at 0 V: shorted to earth in plug, cable or vehicle.",
         "CP 为 0 V：插头、线缆或车辆侧对地短路。"),
        ("Take the plug out; check CP against PE in plug and cable.",
         "拔出插头；检查插头和线缆的 CP 与 PE。"),
    ),
    (
        c.PILE_PILOT_UNKNOWN,
        EVENT,
        "控制导引电压不属于任何状态",
        ("The pilot's resistors are wrong, or a contact is dirty: the level lies between two states.",
         "导引电阻错误或触点脏污：电压介于两个状态之间。"),
        ("Try another cable and another vehicle; measure CP (12, 9 or 6 V).",
         "换线缆、换车辆再试；测量 CP（12、9 或 6 V）。"),
    ),
    (
        c.PILE_DIODE,
        EVENT,
        "车辆导引二极管缺失",
        ("The lower level of the pilot is not -12 V: something that is no vehicle is connected.",
         "导引负半周不是 -12 V：所接的不是车辆。"),
        ("Take it out. With a vehicle: have its inlet checked.", "拔出。若是车辆：请检修其插座。"),
    ),
    (
        c.PILE_CABLE,
        EVENT,
        "线缆电阻（CC/PP）无效",
        ("The resistor that tells the cable's ampacity has no known value.", "表示线缆容量的电阻值未知。"),
        ("Use another cable; check pilot.standard (gbt or iec) in the configuration.",
         "更换线缆；检查配置 pilot.standard（gbt 或 iec）。"),
    ),
    (
        c.PILE_VENTILATION,
        EVENT,
        "车辆要求通风（状态 D）",
        ("The vehicle charges only in a ventilated room, and this place is none.",
         "车辆仅可在通风场所充电，此处不符合。"),
        ("Charge elsewhere; where there is ventilation, set pilot.ventilated.",
         "换场所充电；若有通风，设置 pilot.ventilated。"),
    ),
    (
        c.PILE_OVERCURRENT,
        EVENT,
        "车辆电流超过允许值",
        ("The vehicle takes more than the pilot allows.", "车辆电流超过导引允许值。"),
        ("Take the plug out. If it comes again with other vehicles, check the current measurement.",
         "拔出插头。若其他车辆也如此，检查电流测量。"),
    ),
    (
        c.PILE_UNPLUGGED,
        EVENT,
        "带载拔枪",
        ("The pilot broke off while the contactor was closed.", "接触器闭合时导引中断。"),
        ("None at once; look at the contacts of the plug for burns.", "无需立即处理；检查插头触点是否烧蚀。"),
    ),
    (
        c.PILE_NO_STOP,
        EVENT,
        "车辆未停止，接触器带载断开",
        ("The vehicle went on although the pilot stood at 100 %.", "导引已为 100 %，车辆仍继续充电。"),
        ("If it comes often with one vehicle, have it checked; it wears the contactor.",
         "若同一车辆经常发生，请检修车辆；会磨损接触器。"),
    ),
)
