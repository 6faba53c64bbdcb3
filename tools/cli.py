"""`v2g`: the one command of the host tools. Thin: each command imports what it needs only when it runs.

What goes wrong is told with its code in English and Chinese, cause and next action, and an exit status that
is not 0; tracebacks are for defects of the tools themselves.
"""

import enum
import functools
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools import battery_cli, catalogue, meter_cli, order_cli, proof_cli, tls_cli
from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION, INTERRUPTED, PACKAGE_MISSING
from tools.proof_cli import STOPPED_BY_HAND, JsonFile, option

app = typer.Typer(
    name="v2g",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="V2G charger controller: try it, run it, check it. V2G 充放电桩控制器：试用、运行、检查。",
    epilog="Start with `v2g demo`. Every run keeps its files under ./runs. 先试 v2g demo；文件在 ./runs。",
)


class Interpreter(str, enum.Enum):
    """What runs the firmware."""

    micropython = "micropython"
    cpython = "cpython"


class Language(str, enum.Enum):
    """Of causes and next actions."""

    en = "en"
    zh = "zh"
    both = "both"


class Settings:
    """What the global options said."""

    lang = "en"


Lang = Annotated[
    Language, option("Language of causes and next actions; by default the terminal's (LANG). 提示语言")
]
Firmware = Annotated[Interpreter, option("What runs the firmware. 固件解释器")]
Bays = Annotated[int, option("Number of 15 kW bays, 1 by default. 枪位数", min=1, max=16)]
Config = Annotated[Path, option("Configuration file (JSON). 配置文件", metavar="FILE")]
ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file (JSON). 配置文件")]
DemoSeconds = Annotated[float, option("Length of the live part, s. 演示时长（秒）", min=10, max=86400)]
UpSeconds = Annotated[float, option("Stop after this time; without it, on Ctrl-C. 运行时长（秒）", min=0)]
Port = Annotated[
    int, option("Port of the 104 station, 2404 by default; 0 = any free one. 104 端口", min=0, max=65535)
]
SignalFile = Annotated[
    Path, option("Play your own set-points: lines t_s,kW. 自备信号文件", "--signal", metavar="FILE.csv")
]
Recording = Annotated[
    Path, typer.Argument(metavar="FILE", help="A recording: runs/.../record.v2gr. 录波文件")
]
Board = Annotated[str, option("Name of a folder under boards/: sim, or an emulated board. 控制板名称")]
Source = Annotated[Path, option("A MicroPython checkout instead of Debian's source package.", metavar="DIR")]
Modules = Annotated[bool, option("Flash per module too. 列出各模块占用", "--modules")]
Guard = Annotated[
    bool, option("A late car that leaves early: an hour in virtual time. 晚到早走的车（虚拟时间）", "--guard")
]
Station = Annotated[str, typer.Argument(metavar="[HOST:PORT]", help="By default 127.0.0.1:2404. 子站地址")]
Lines = Annotated[
    list[str],
    typer.Argument(metavar="[COMMAND]...", help='Instead of the prompt: gi "set setpoint -5". 直接执行命令'),
]
Script = Annotated[
    typer.FileText, option("Commands from a file, one a line. 命令脚本", metavar="FILE", encoding="utf-8")
]
CommonAddress = Annotated[
    int, option("Common address, by default the file's, or 1. 公共地址", min=1, max=65535)
]
Originator = Annotated[int, option("Originator address. 源发地址", min=0, max=255)]
UtcOffset = Annotated[
    int, option("Time base of time tags, min; 480 = Beijing. 时标时区（分钟）", min=-840, max=840)
]
LogFile = Annotated[Path, option("Log everything to a CSV file. 报文日志", metavar="FILE.csv")]
Tls = Annotated[
    Path, option("Identity: FOLDER/NAME of FOLDER/NAME.crt.pem and .key.pem. TLS 证书", metavar="FOLDER/NAME")
]
Authority = Annotated[
    Path, option("By default ca.crt.pem in that folder. CA 证书", "--ca", metavar="FILE.pem")
]
ServerName = Annotated[str, option("Name in the station's certificate, by default HOST. 子站证书名")]
Timeout = Annotated[float, option("An answer's longest wait, s. 应答超时（秒）", min=0.1, max=600)]
MasterConfig = Annotated[
    Path, option("The station's configuration, for names. 子站配置", "--config", metavar="FILE")
]
CanFile = Annotated[Path, typer.Argument(metavar="FILE", help="candump, ASC, BLF, slcan ... 记录文件")]
Messages = Annotated[list[str], option("Only these messages, e.g. BCL CCS INFY. 仅显示这些报文", "--only")]


class VehicleKind(str, enum.Enum):
    """How the simulated vehicle talks."""

    none = "none"
    gbt = "gbt"


class ConverterKind(str, enum.Enum):
    """What the simulated bays have."""

    sunspec = "sunspec"
    infy = "infy"
    mixed = "mixed"


@app.callback()
def options(lang: Lang = None):
    Settings.lang = lang.value if lang else catalogue.default_language()


def tell(failure):
    """Print a failure: what the other program said, then the message of the catalogue."""
    for line in failure.lines:
        print("  | " + line, file=sys.stderr)
    print(catalogue.message(failure.code, failure.detail, Settings.lang), file=sys.stderr)


def reported(status_when_interrupted):
    """Decorator: a Failure is told and gives exit status 1; Ctrl-C and SIGTERM give the status named here."""

    def decorate(command):
        @functools.wraps(command)
        def wrapped(*args, **kwargs):
            signal.signal(signal.SIGTERM, _interrupt)
            try:
                command(*args, **kwargs)
            except Failure as failure:
                tell(failure)
                raise typer.Exit(1) from None
            except ImportError as error:
                tell(Failure(PACKAGE_MISSING, str(error)))
                raise typer.Exit(1) from None
            except KeyboardInterrupt:
                if status_when_interrupted:
                    print(catalogue.message(INTERRUPTED, "", Settings.lang), file=sys.stderr)
                raise typer.Exit(status_when_interrupted) from None

        return wrapped

    return decorate


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


@app.command()
@reported(STOPPED_BY_HAND)
def demo(
    seconds: DemoSeconds = 60,
    interpreter: Firmware = Interpreter.micropython,
    bays: Bays = None,
    signal_file: SignalFile = None,
    json_file: JsonFile = None,
    board: Board = "sim",
    vehicle: Annotated[VehicleKind, option("gbt: a car on CAN, GB/T 27930. 车辆通信")] = VehicleKind.none,
    converter: Annotated[
        ConverterKind, option("infy: modules on CAN, and a car; mixed: the last bay so. 变流器")
    ] = ConverterKind.sunspec,
    guard: Guard = False,
):
    """The whole chain for a minute: dispatcher, charger, simulated plant; summary and plot. 一分钟演示。"""
    if guard:
        battery_cli.demo(Settings.lang)
        return
    from tools.demo.run import run_demo

    mixed = converter == ConverterKind.mixed
    on_can = mixed or vehicle == VehicleKind.gbt
    if on_can != (converter != ConverterKind.sunspec) or on_can and board != "sim":
        raise Failure(BAD_OPTION, "--vehicle gbt and --converter infy belong together, on the board sim")
    bays = bays or (2 if mixed else 1)
    if mixed and bays < 2:
        raise Failure(BAD_OPTION, "--bays %d: mixed converters need two bays" % bays)
    kind = converter.value if on_can else ""
    run_demo(seconds, interpreter.value, bays, signal_file, json_file, Settings.lang, board, kind)


@app.command()
@reported(0)
def up(
    iec104_port: Port = None,
    seconds: UpSeconds = None,
    interpreter: Firmware = Interpreter.micropython,
    bays: Bays = None,
    config: Config = None,
    board: Board = "sim",
):
    """Charger and simulated plant, waiting for your own 104 master to dial in. 等待您的主站接入。"""
    from tools import commands

    if config is not None and bays is not None:
        raise Failure(BAD_OPTION, "--bays %d: a configuration file has its own bays" % bays)
    commands.up(iec104_port, seconds, interpreter.value, bays or 1, config, board)


@app.command()
@reported(0)
def run(config: Config, board: Board = "sim", interpreter: Firmware = Interpreter.micropython):
    """The firmware alone, in the foreground; devices as in the configuration. 仅运行固件。"""
    from tools import commands

    commands.run(board, config, interpreter.value)


@app.command()
@reported(STOPPED_BY_HAND)
def build(board: Board = "mps2_an385", source: Source = None, modules: Modules = False):
    """Build a board's firmware image; prints the flash and RAM that it takes. 构建固件镜像。"""
    from tools import commands

    commands.build(board, source, modules)


@app.command()
@reported(0)
def emulate(config: Config, board: Board = "mps2_an385"):
    """The firmware on an emulated microcontroller, in the foreground. 在仿真单片机上运行固件。"""
    from tools import commands

    commands.run(board, config, "")


@app.command()
@reported(0)
def plant(config: Config):
    """The simulated plant alone: grid, meter, converters, batteries. 仅运行仿真电站。"""
    from tools import commands

    commands.plant(config)


@app.command()
@reported(STOPPED_BY_HAND)
def check(config: ConfigArgument, board: Board = "sim"):
    """Check a configuration; says what is wrong, where, and what would be right. 检查配置。"""
    from tools import commands

    errors = commands.check(config, board)
    for error in errors:
        tell(error)
    if errors:
        raise typer.Exit(1)


@app.command()
@reported(STOPPED_BY_HAND)
def master(
    station: Station = None,
    lines: Lines = None,
    config: MasterConfig = None,
    script: Script = None,
    common_address: CommonAddress = None,
    originator: Originator = 0,
    utc_offset: UtcOffset = None,
    log: LogFile = None,
    tls: Tls = None,
    ca: Authority = None,
    server_name: ServerName = "",
    timeout: Timeout = 5,
):
    """A dispatch console for the laboratory, on our own 104 master. 实验室调度主站控制台。"""
    from tools import commands
    from tools.master.run import Session, default_address, default_telecontrol, master

    tele = commands.load_config(config)["telecontrol"] if config else default_telecontrol()
    address = station or default_address(tele)
    session = Session(
        tele, address, common_address, originator, utc_offset, tls, ca, server_name, timeout, Settings.lang
    )
    master(session, lines, script, log, tell)


can_app = typer.Typer(no_args_is_help=True, help="CAN recordings. CAN 记录")
app.add_typer(can_app, name="can")


@can_app.command()
@reported(STOPPED_BY_HAND)
def decode(file: CanFile, only: Messages = None):
    """Every message of a recorded CAN bus in words: GB/T 27930, Infypower. 解析 CAN 报文。"""
    from tools.can_decode import lines

    for line in lines(file, Settings.lang, tuple(only or ())):
        print(line)


@app.command()
@reported(STOPPED_BY_HAND)
def replay(file: Recording, interpreter: Firmware = Interpreter.micropython):
    """Run a recording through the firmware again; every output must be the same. 回放录波并逐项比对。"""
    from tools import commands

    commands.replay(file, interpreter.value)


meter_cli.add(app, reported, Settings)
order_cli.add(app, reported, Settings)
tls_cli.add(app, reported)
proof_cli.add(app, reported)
battery_cli.add(app, reported, Settings)


def main():
    """Entry point; a terminal that cannot show a character gets a question mark, never an exception."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
