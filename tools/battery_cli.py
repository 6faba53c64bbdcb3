"""`v2g battery ...` and `v2g demo --guard`: options; what they do stands in tools/battery, imported when
they run.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

Recording = Annotated[
    Path, typer.Argument(metavar="[FILE]", help="A recording; without it the latest in runs/. 录波文件")
]
StorePath = Annotated[str, typer.Argument(metavar="STORE", help="As station.store says. 配置中的存储路径")]
Identity = Annotated[str, typer.Argument(metavar="[VEHICLE]", help="Without it: who was here. 车辆标识")]
RecordFile = Annotated[Path, typer.Option("--file", help="Write it there. 写入文件", metavar="FILE")]
Record = Annotated[Path, typer.Argument(metavar="FILE", help="A record that was exported. 车辆记录文件")]
Output = Annotated[Path, typer.Option("--out", help="Folder of the pictures. 图片目录", metavar="DIR")]


def add(app, reported, settings):
    """Hang the commands into the CLI; `reported(status)` is its decorator, `settings.lang` the language."""
    text = "What a run did to a battery, and why. 电池使用报告。"
    battery = typer.Typer(name="battery", no_args_is_help=True, help=text)

    @battery.callback()
    def battery_group():
        pass

    @battery.command()
    @reported(130)
    def report(file: Recording = None, out: Output = None):
        """Draw each battery's session: SOC, power and its limit, wear. 绘制充放电过程图。"""
        file = file or latest(Path("runs"))
        if out is not None:
            make_folder(out)
        write_report(file, out or file.parent, settings.lang)

    battery.command()(reported(130)(export))
    battery.command(name="import")(reported(130)(bring))
    app.add_typer(battery)


def export(store: StorePath, vehicle: Identity = None, file: RecordFile = None):
    """A vehicle's budgets and wear, out of a store at rest. 导出车辆预算与损耗记录。"""
    from tools.battery.records import Records, summary

    records = Records(store)
    if vehicle is None:
        for name in records.identities():
            print(name)
        return
    record = records.export(vehicle)
    for line in summary(record):
        print(line)
    text = json.dumps(record, indent=2)
    if file is None:
        print(text)
    else:
        make_folder(file.parent)
        file.write_text(text + "\n", encoding="utf-8")


def bring(store: StorePath, file: Record):
    """Merge a record into a store at rest; used amounts never fall. 导入车辆记录（已用量只增不减）。"""
    from tools.battery.records import Records, read

    records, record = Records(store), read(file)
    records.merge(record)
    print("%s is known at %s" % (record["identity"], store))


def make_folder(folder):
    """Where results go; Failure when nothing can be written there."""
    from tools.catalogue import Failure
    from tools.catalogue_host import OUTPUT_UNWRITABLE

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(OUTPUT_UNWRITABLE, "%s: %s" % (folder, error.strerror)) from None
    if not os.access(folder, os.W_OK):
        raise Failure(OUTPUT_UNWRITABLE, str(folder))


def latest(runs):
    """The newest recording of the runs in this folder."""
    found = sorted(runs.glob("*/record.v2gr"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else runs / "record.v2gr"


def write_report(file, folder, lang="en"):
    """One picture per bay with a guard; Failure when there is none."""
    from firmware.config import ConfigError
    from firmware.replay import BadRecording
    from tools.battery.picture import draw, summary, wear_summary
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
        draw(bay, path, lang)
        print(summary(bay, lang))
        print("  %s" % wear_summary(bay, lang))
        for model, cause, ran, reference in bay.cost():
            row = (model, cause, ran, reference, ran - reference)
            print("  %-12s by %-4s %7.2f ppm, charging only %7.2f: %+.2f" % row)
        print("  picture: %s" % path)


def demo(lang="en"):
    """The evening, its report, and a verdict."""
    from rich.console import Console

    from tools.battery import evening
    from tools.catalogue import Failure
    from tools.catalogue_host import PROMISE_BROKEN
    from tools.commands import run_dir

    folder = run_dir()
    console = Console()
    console.print("an hour of two bays in virtual time; files in %s" % folder, style="dim", highlight=False)
    reached_bp = evening.play(folder / "record.v2gr", lambda line: console.print(line, highlight=False))
    write_report(folder / "record.v2gr", folder, lang)
    if reached_bp < evening.EVENING.target_bp:
        raise Failure(PROMISE_BROKEN, "%.2f of %.2f %%" % (reached_bp / 100, evening.EVENING.target_bp / 100))
