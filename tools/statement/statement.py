"""What the statement says, as sections of items and one matrix; the pages only lay it out.

An item is (mark, English, Chinese, clause): mark True = used, False = not used, None = information.
Every mark comes from the rehearsal or from the parameters that the code checks, never from a hand.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.params import Params
from tools.statement import names
from tools.statement.rehearsal import Rehearsal

BASIS = "general knowledge of IEC 60870-5-104 Ed. 2.0 (2006) with Amendment 1 (2016), clause %s; unverified"
NOT_OWNED = (
    "No part of this page was checked against a standard's text: we own no copy. Clauses, editions and "
    "names are general knowledge, and every line is unverified in that sense. What is ticked was seen: a "
    "station with an object of every type was asked everything in memory while this page was made."
)
_WIDEST = {"k": 32767, "t1_ms": 255000}


class Statement:
    def __init__(self, record, decisions=()):
        """`decisions`: (row, question, choice, basis) of the rows that leave one."""
        self.record = record
        self.decisions = list(decisions)

    def sections(self):
        """(heading, heading in Chinese, clause, items) in the order of clause 9."""
        return [
            ("System or device", "系统或设备", "9.1", self._system()),
            (
                "Network configuration",
                "网络配置",
                "9.2",
                [_na("point-to-point, multi-drop: not in 104", "104 不适用", "9.2")],
            ),
            (
                "Physical layer",
                "物理层",
                "9.3",
                [_na("not in 104: TCP/IP over Ethernet or what carries it", "104 不适用", "9.3")],
            ),
            (
                "Link layer",
                "链路层",
                "9.4",
                [_na("not in 104: replaced by the APCI", "104 不适用，由 APCI 代替", "9.4")],
            ),
            ("Application layer: sizes", "应用层：长度", "9.5", self._sizes()),
            (
                "Process information in monitor direction",
                "监视方向过程信息",
                "9.5",
                self._types(names.MONITOR),
            ),
            (
                "Process information in control direction",
                "控制方向过程信息",
                "9.5",
                self._types(names.CONTROL),
            ),
            ("System information in control direction", "控制方向系统信息", "9.5", self._types(names.SYSTEM)),
            ("Parameters in control direction", "控制方向参数", "9.5", self._types(names.PARAMETER)),
            ("File transfer", "文件传输", "9.5", self._types(names.FILES)),
            ("Basic application functions", "基本应用功能", "9.6", self._functions()),
            ("Command transmission", "命令传输", "9.6", self._commands()),
            ("Transmission of integrated totals", "累计量传输", "9.6", self._counters()),
            ("Time-outs, window, connections", "超时、窗口与连接", "9.6", self._limits()),
        ]

    def matrix(self):
        """(causes, [(type, name, {cause: "out"/"in"})]) of every type that is used."""
        causes = [number for number, _ in names.CAUSES if number != c.COT_UNKNOWN_TYPE]
        lines = []
        for group in (names.MONITOR, names.CONTROL, names.SYSTEM, names.PARAMETER, names.FILES):
            for type_id, name, _, _ in group:
                if self._is_used(type_id):
                    lines.append((type_id, name, self._cells(type_id, causes)))
        return causes, lines

    def _cells(self, type_id, causes):
        sent = self.record.sent.get(type_id, set())
        received = self.record.causes.get(type_id, set())
        cells = {}
        for cause in causes:
            group = range(20, 37) if cause == 20 else range(37, 42) if cause == 37 else (cause,)
            if any(number in received for number in group):
                cells[cause] = "in"
            elif any(number in sent for number in group):
                cells[cause] = "out"
        return cells

    def _is_used(self, type_id):
        seen = self.record.sent.get(type_id, set()) - {c.COT_UNKNOWN_TYPE}
        return type_id in self.record.known or bool(seen)

    def _types(self, rows):
        return [
            (self._is_used(type_id), "<%d> %s: %s" % (type_id, name, english), chinese, "9.5")
            for type_id, name, english, chinese in rows
        ]

    def _system(self):
        return [
            (False, "system definition", "系统定义", "9.1"),
            (
                False,
                "controlling station definition (the laboratory's console is no product's master)",
                "控制站（主站）定义",
                "9.1",
            ),
            (True, "controlled station definition", "被控站（子站）定义", "9.1"),
        ]

    def _sizes(self):
        return [
            (True, "transmission mode 1: least significant octet first", "模式 1：低位字节先传", "9.5"),
            (
                True,
                "common address of ASDU: two octets; 0 is never used, %d is the broadcast address of types %s"
                % (c.CA_BROADCAST, _list(self.record.broadcast)),
                "公共地址两字节",
                "9.5",
            ),
            (
                True,
                "information object address: three octets, structured or not as the configuration says",
                "信息体地址三字节",
                "9.5",
            ),
            (
                True,
                "cause of transmission: two octets, the second one is the originator's address",
                "传送原因两字节",
                "9.5",
            ),
            (
                None,
                "longest APDU: %d octets after start and length, an ASDU of %d"
                % (c.MAX_ASDU + 4, c.MAX_ASDU),
                "APDU 最大长度",
                "9.5",
            ),
            (
                None,
                "a type that is not listed is answered with the mirrored ASDU, COT 44 and P/N = 1",
                "未列出的类型以传送原因 44 镜像应答",
                "9.5",
            ),
        ]

    def _functions(self):
        record = self.record
        sent = record.sent
        static = [t for t in record.points if t != c.M_IT_NA_1]
        doubled = [t for t in static if c.COT_SPONTANEOUS in sent.get(t, ()) and codec.tagged(t) in sent]
        return [
            (
                4 in sent.get(c.M_EI_NA_1, ()),
                "end of initialisation after a start, once per master",
                "初始化结束",
                "9.6",
            ),
            (105 in record.known, "remote initialisation (reset process)", "远方初始化（复位进程）", "9.6"),
            (any(1 in sent.get(t, ()) for t in static), "cyclic data transmission", "循环数据传输", "9.6"),
            (102 in record.known, "read procedure", "读过程", "9.6"),
            (any(3 in sent.get(t, ()) for t in sent), "spontaneous transmission", "突发传输", "9.6"),
            (
                bool(doubled),
                "double transmission of one event, with and without time tag",
                "突发信息重复传输",
                "9.6",
            ),
            (c.QOI_STATION in record.groups, "station interrogation, global (QOI 20)", "站总召唤", "9.6"),
            (
                record.groups >= set(range(21, 37)),
                "station interrogation, groups 1 to 16 (QOI 21 to 36)",
                "分组召唤 1～16 组",
                "9.6",
            ),
            (
                103 in record.known,
                "clock synchronisation; time base UTC or a fixed offset such as UTC+8",
                "时钟同步",
                "9.6",
            ),
            (110 in record.known or 112 in record.known, "parameter loading", "参数加载", "9.6"),
            (113 in record.known, "parameter activation", "参数激活", "9.6"),
            (107 in record.known, "test procedure", "测试过程", "9.6"),
            (120 in record.known, "file transfer", "文件传输", "9.6"),
            (any(2 in sent.get(t, ()) for t in static), "background scan", "背景扫描", "9.6"),
            (106 in record.known, "acquisition of transmission delay", "传输延时获取", "9.6"),
        ]

    def _commands(self):
        record = self.record
        orders = set(record.orders)
        setpoints = {48, 49, 50, 61, 62, 63}
        return [
            (bool(orders - setpoints), "direct command transmission", "直接命令", "9.6"),
            (bool(orders & setpoints), "direct set-point transmission", "直接遥调", "9.6"),
            (
                bool(record.selects - setpoints),
                "select before operate, commands; the object decides",
                "选择执行（遥控）",
                "9.6",
            ),
            (
                bool(record.selects & setpoints),
                "select before operate, set-points",
                "选择执行（遥调）",
                "9.6",
            ),
            (
                bool(record.terminates),
                "ACT_TERM, for objects that are configured so",
                "命令终止 ACTTERM",
                "9.6",
            ),
            (
                True,
                "qualifier QU and QL: any value, mirrored; what it means is the application's",
                "限定词 QU、QL 原样返回",
                "9.6",
            ),
            (
                True,
                "supervision of the age of orders with a time tag: %d s at most, %d s ahead (defaults)"
                % (Params().command_age_ms // 1000, Params().command_ahead_ms // 1000),
                "带时标命令时效监视",
                "9.6",
            ),
            (None, "a selection ends after %d ms (default)" % Params().select_ms, "选择超时", "9.6"),
        ]

    def _counters(self):
        record = self.record
        spontaneous = c.COT_SPONTANEOUS in record.sent.get(37, set()) | record.sent.get(15, set())
        return [
            (False, "mode A: local freeze with spontaneous transmission", "方式 A", "9.6"),
            (False, "mode B: local freeze with counter interrogation", "方式 B", "9.6"),
            (
                bool(record.freezes),
                "mode C: freeze and transmission by counter-interrogation commands",
                "方式 C",
                "9.6",
            ),
            (
                bool(record.freezes) and spontaneous,
                "mode D: freeze by command, spontaneous transmission of changes",
                "方式 D",
                "9.6",
            ),
            (0 in record.freezes or bool(record.counter_groups), "counter read", "电能量读", "9.6"),
            (c.QCC_FREEZE in record.freezes, "freeze without reset", "冻结不复位", "9.6"),
            (c.QCC_FREEZE_RESET in record.freezes, "freeze with reset", "冻结并复位", "9.6"),
            (c.QCC_RESET in record.freezes, "counter reset", "计数复位", "9.6"),
            (c.QCC_RQT_GENERAL in record.counter_groups, "general request", "总请求", "9.6"),
            (record.counter_groups >= {1, 2, 3, 4}, "request of groups 1 to 4", "分组请求 1～4", "9.6"),
        ]

    def _limits(self):
        params = Params()
        lines = []
        for name, unit, remark in (
            ("t0_ms", "ms", "connection establishment; a controlled station never connects"),
            ("t1_ms", "ms", "send or test APDU"),
            ("t2_ms", "ms", "acknowledgement without data"),
            ("t3_ms", "ms", "test frame after silence"),
            ("k", "APDU", "un-acknowledged I frames sent"),
            ("w", "APDU", "I frames received until acknowledged"),
            ("max_links", "", "connections at once"),
            ("event_slots", "", "events kept, binary and others each"),
        ):
            low, high = reach(name)
            text = "%s: default %d, %d to %d %s (%s)" % (
                name.replace("_ms", ""),
                getattr(params, name),
                low,
                high,
                unit,
                remark,
            )
            lines.append((None, text.replace("  ", " "), "", "9.6"))
        lines.append((None, "port 2404 (configurable); 19998 with TLS where the board has it", "端口", "9.6"))
        lines.append(
            (
                True,
                "redundancy groups by client address; any other peer is a group of its own",
                "冗余组（按主站地址）",
                "10",
            )
        )
        return lines


def reach(name):
    """(least, greatest) value of a parameter that Params.check() accepts, found by asking it."""
    probe = getattr(Params(), name)

    def fits(value):
        params = Params()
        for other, widest in _WIDEST.items():
            if other != name:
                setattr(params, other, widest)
        if name == "k":
            params.w = 1
        if name == "t1_ms":
            params.t2_ms = 1 if value > 1 else 0
        setattr(params, name, value)
        try:
            params.check()
        except LocalError:
            return False
        return True

    return _edge(fits, probe, -1), _edge(fits, probe, 1 << 30)


def _edge(fits, good, beyond):
    """The last value between `good` and `beyond` that fits."""
    if fits(beyond):
        return beyond
    while abs(beyond - good) > 1:
        middle = (good + beyond) // 2
        if fits(middle):
            good = middle
        else:
            beyond = middle
    return good


def _na(english, chinese, clause):
    return (None, english, chinese, clause)


def _list(numbers):
    return ", ".join(str(n) for n in sorted(numbers))


def make(decisions=()):
    """The statement of the station as it is now."""
    return Statement(Rehearsal().run(), decisions)
