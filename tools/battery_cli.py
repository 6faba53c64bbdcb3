"""`v2g battery ...` and `v2g demo --guard`: options; what they do stands in tools/battery, imported when
they run.
"""

from pathlib import Path
from typing import Annotated

import typer

Recording = Annotated[
    Path, typer.Argument(metavar="FILE", help="A recording: runs/.../record.v2gr. 录波文件")
]
Output = Annotated[Path, typer.Option("--out", help="Folder of the pictures. 图片目录", metavar="DIR")]


def add(app, reported):
    """Hang the commands into the CLI; `reported(status)` is its decorator."""
    text = "What a run did to a battery, and why. 电池使用报告。"
    battery = typer.Typer(name="battery", no_args_is_help=True, help=text)

    @battery.callback()
    def battery_group():
        pass

    @battery.command()
    @reported(130)
    def report(file: Recording, out: Output = None):
        """Draw each battery's session: SOC, power and its limit, wear. 绘制充放电过程图。"""
        write_report(file, out or file.parent)

    app.add_typer(battery)


def write_report(file, folder):
    """One picture per bay with a guard; Failure when there is none."""
    from firmware.config import ConfigError
    from firmware.replay import BadRecording
    from tools.battery.picture import draw, summary
    from tools.battery.series import collect
    from tools.catalogue import Failure
    from tools.catalogue_host import NO_BATTERY, RECORDING_BAD, REPLAY_DIFFERS

    try:
        run = collect(file)
    except (OSError, BadRecording, ConfigError) as error:
        raise Failure(RECORDING_BAD, "%s: %s" % (file, error)) from None
    if run.differing:
        raise Failure(REPLAY_DIFFERS, str(file))
    shown = [(number, bay) for number, bay in enumerate(run.bays, 1) if bay.t_s]
    if not shown:
        raise Failure(NO_BATTERY, str(file))
    for number, bay in shown:
        path = folder / ("battery%d.png" % number)
        draw(bay, path)
        print(summary(bay))
        for model, cause, ran, reference in bay.cost():
            row = (model, cause, ran, reference, ran - reference)
            print("  %-12s by %-4s %7.2f ppm, charging only %7.2f: %+.2f" % row)
        print("  picture: %s" % path)


def demo():
    """The evening, its report, and a verdict."""
    from rich.console import Console

    from tools.battery import evening
    from tools.catalogue import Failure
    from tools.catalogue_host import PROMISE_BROKEN
    from tools.commands import run_dir

    folder = run_dir()
    console = Console()
    console.print(
        "an hour of two bays in virtual time; files in %s" % folder, style="dim", highlight=False
    )
    reached_bp = evening.play(folder / "record.v2gr", lambda line: console.print(line, highlight=False))
    write_report(folder / "record.v2gr", folder)
    if reached_bp < evening.EVENING.target_bp:
        raise Failure(PROMISE_BROKEN, "%.2f of %.2f %%" % (reached_bp / 100, evening.EVENING.target_bp / 100))
