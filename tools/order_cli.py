"""`v2g order` and `v2g order-key`: options; what they do stands in tools/order, imported when they run."""

import enum
import json
from pathlib import Path
from typing import Annotated

import typer


class Action(str, enum.Enum):
    """What to order or to ask."""

    session = "session"
    slot = "slot"
    plan = "plan"
    prices = "prices"
    status = "status"
    explain = "explain"
    capability = "capability"
    record = "record"
    restore = "import"


class Mode(str, enum.Enum):
    """Of a session."""

    now = "now"
    orderly = "orderly"
    v2g = "v2g"


def option(text, *names, **settings):
    return typer.Option(*names, help=text, **settings)


Station = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The station's order port. 指令端口地址")]
What = Annotated[Action, typer.Argument(help="What to order, or to ask. 指令或查询")]
Key = Annotated[Path, option("The shared key. 共享密钥文件", metavar="FILE", envvar="V2G_ORDER_KEY")]
Bay = Annotated[str, option("Number or name of the bay. 充电位编号或名称", metavar="N|NAME")]
ModeOption = Annotated[Mode, option("How to charge; v2g needs --consent. 充电模式")]
Target = Annotated[float, option("SOC to leave with, %. 目标电量", min=0, max=100)]
Minimum = Annotated[float, option("SOC that is always kept, %. 最低电量", min=0, max=100)]
Departure = Annotated[str, option("07:30, 2:30h, 45min or none. 出发时间", metavar="TIME")]
Arrival = Annotated[str, option("The order holds from then on. 到达时间", metavar="TIME")]
Consent = Annotated[bool, option("The driver agrees to discharging. 同意放电", "--consent/--no-consent")]
Cancel = Annotated[bool, option("slot: the booking ends. 取消预约", "--cancel")]
First = Annotated[int, option("plan, prices: first interval of the day. 起始时段", min=0, max=95)]
Kilowatts = Annotated[str, option("plan: kW an interval, + = charging. 各时段功率", "--kw", metavar="KW,KW")]
Imports = Annotated[str, option("prices: import price a kWh, an interval. 购电价", "--import", metavar="P,P")]
Exports = Annotated[str, option("prices: export price a kWh. 上网电价", "--export", metavar="P,P")]
Interval = Annotated[int, option("prices: minutes, 15 or 60. 时段长度", min=15, max=60)]
Tomorrow = Annotated[bool, option("prices: of tomorrow. 次日电价", "--tomorrow")]
Green = Annotated[bool, option("prices: g CO2/kWh or the like instead. 绿电指标", "--green")]
Identity = Annotated[str, option("record: of this vehicle. 车辆标识", metavar="TEXT")]
RecordFile = Annotated[Path, option("record, import: the vehicle's record. 车辆记录", metavar="FILE")]
AsJson = Annotated[bool, option("The answer as it came. 原始应答", "--json")]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="Where to put it. 密钥文件")]


def add(app, reported, settings):
    """Hang the commands into the CLI; `reported(status)` is its decorator, `settings.lang` the language."""

    @app.command()
    @reported(130)
    def order(
        station: Station,
        action: What,
        key: Key = Path("order.key"),
        bay: Bay = None,
        mode: ModeOption = None,
        target: Target = None,
        minimum: Minimum = None,
        departure: Departure = None,
        arrival: Arrival = None,
        consent: Consent = None,
        cancel: Cancel = False,
        first: First = 0,
        kilowatts: Kilowatts = None,
        imports: Imports = None,
        exports: Exports = None,
        interval: Interval = 60,
        tomorrow: Tomorrow = False,
        green: Green = False,
        identity: Identity = None,
        file: RecordFile = None,
        as_json: AsJson = False,
    ):
        """Order a session, slot, plan or prices of a running station, or ask it. 向充电站下达指令或查询。"""
        from tools.order import words

        mode_name = mode.value if mode else None
        if action == Action.session:
            entries = words.session(bay, mode_name, target, minimum, departure, arrival, consent)
        elif action == Action.slot:
            entries = words.slot(bay, target, departure, cancel)
        elif action == Action.prices:
            entries = words.prices(imports, exports, first, interval, tomorrow, green)
        elif action == Action.plan and kilowatts:
            entries = words.plan(first, kilowatts)
        elif action == Action.restore:
            entries = {"order": "import", "record": read_json(file)}
        else:
            entries = words.query(action.value, bay, identity)
        tell(station, key, entries, file if action == Action.record else None, as_json, settings.lang)

    app.command(name="order-key")(reported(130)(order_key))


def order_key(file: KeyFile):
    """A new shared key for an order port. 生成指令端口共享密钥。"""
    from tools.order.connection import write_key

    write_key(file)
    print("order_port.key: %s" % file)


def read_json(file):
    """The record in a file."""
    from tools.catalogue import Failure
    from tools.catalogue_host import BAD_OPTION

    if file is None:
        raise Failure(BAD_OPTION, "--file FILE: the record to bring")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(BAD_OPTION, "--file %s: %s" % (file, error)) from None


def tell(station, key, entries, file, as_json, lang):
    """Send one order, and show its answer, or put it into a file."""
    from tools.order import words
    from tools.order.connection import Connection, read_key

    with Connection(station, read_key(key)) as connection:
        answer = connection.order(entries)
    if as_json:
        print(json.dumps(answer))
    if not answer.get("ok"):
        raise words.refused(answer)
    if file is not None:
        file.write_text(json.dumps(answer["record"], indent=2) + "\n", encoding="utf-8")
        print("record of %s: %s" % (answer["record"]["identity"], file))
    elif not as_json:
        for line in words.lines(answer, lang):
            print(line)
