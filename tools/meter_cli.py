"""`v2g meter ...`: options of the three commands; what they do stands in tools/meter, imported when they
run.
"""

from typing import Annotated

import typer

Port = Annotated[
    str,
    typer.Argument(metavar="PORT", help="/dev/ttyUSB0, COM3 or tcp:HOST:PORT. 串口或 tcp:主机:端口"),
]
Unit = Annotated[int, typer.Option(help="Modbus address, 1 by default. 地址", min=1, max=247)]
Units = Annotated[str, typer.Option(help="Addresses to try. 扫描地址范围", metavar="A-B")]
Baud = Annotated[int, typer.Option(help="Try this speed only. 仅用该波特率", min=300, max=921600)]
Parity = Annotated[str, typer.Option(help="N, E or O: try this one only. 仅用该校验", metavar="N|E|O")]
Framing = Annotated[
    str, typer.Option(help="rtu, tcp or dlt645; by default each in turn. 规约", metavar="NAME")
]
Model = Annotated[str, typer.Option(help="Do not guess the model. 指定型号", metavar="MODEL")]
Address = Annotated[str, typer.Option(help="DL/T 645: the meter's digits. 表号", metavar="DIGITS")]
Ratio = Annotated[int, typer.Option(help="Transformer ratio; 0 = as the meter tells. 变比", min=0, max=10000)]


def add(app, reported, settings):
    """Hang the commands into the CLI; `reported(status)` is its decorator, `settings.lang` the language."""
    text = "Find, name and read a meter from a laptop. 查找、识别、读取电表。"
    meter = typer.Typer(name="meter", no_args_is_help=True, help=text)

    @meter.command()
    @reported(130)
    def read(
        port: Port,
        model: Model = None,
        unit: Unit = None,
        address: Address = "",
        baud: Baud = None,
        parity: Parity = None,
        framing: Framing = None,
        pt: Ratio = 0,
        ct: Ratio = 0,
    ):
        """Every value of one meter, with unit and quality. 读取全部数据。"""
        from tools.meter import app as commands

        wanted = commands.wanted(baud, parity, framing, unit)
        commands.read(port, wanted, commands.known(model), address, pt, ct, settings.lang)

    @meter.command()
    @reported(130)
    def probe(
        port: Port, unit: Unit = None, baud: Baud = None, parity: Parity = None, framing: Framing = None
    ):
        """Find one meter's speed and parity, and name its model. 查找波特率、校验并识别型号。"""
        from tools.meter import app as commands

        commands.probe(port, commands.wanted(baud, parity, framing, unit))

    @meter.command()
    @reported(130)
    def scan(
        port: Port,
        units: Units = "1-247",
        baud: Baud = None,
        parity: Parity = None,
        framing: Framing = None,
    ):
        """Every meter on the line. 扫描线路上的所有电表。"""
        from tools.meter import app as commands

        commands.scan(port, commands.wanted(baud, parity, framing), units)

    app.add_typer(meter)
