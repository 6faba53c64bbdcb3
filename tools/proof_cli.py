"""`v2g bench`, `rows`, `statement`, `faults` and `lint`: what proves or measures something. Each
runs a module in its own process, from the project's folder.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from tools.catalogue import Failure
from tools.catalogue_host import BAD_OPTION, BENCH_FAILED, FAULTS_RED, LINT_FAILED, PART_MISSING, ROWS_FAILED

STOPPED_BY_HAND = 130


def option(help_text, *names, **settings):
    return typer.Option(*names, help=help_text, **settings)


JsonFile = Annotated[Path, option("Write every figure there. 结果写入文件", "--json", metavar="FILE")]
Names = Annotated[list[str], typer.Argument(metavar="[MEASURE]...", help="Default: all of them.")]
Quick = Annotated[bool, option("Fewer rounds: shows that it works, not what it measures.", "--quick")]
HtmlFile = Annotated[Path, option("Write a page to read there. 结果网页", "--html", metavar="FILE")]
MarkdownFile = Annotated[Path, option("Write the table there. 结果表", "--markdown", metavar="FILE")]
Protocol = Annotated[str, option("104, or modbus: the 49 rows of master and slave. 协议")]
Targets = Annotated[
    str,
    option(
        "ours, all, or some of cpython,micropython,c104,hat; modbus: cpython,micropython,m3,live,peers. 被测",
        metavar="NAME,...",
    ),
]
Numbers = Annotated[str, option("These rows only, e.g. 1-10,95. 仅测这些条目", "--rows", metavar="N,N-N")]
Hours = Annotated[
    float, option("Length of row 95, h of virtual time. 第 95 条时长（小时）", min=0.1, max=1000)
]
Apdus = Annotated[int, option("Forged APDUs of row 110. 第 110 条报文数", min=100, max=10_000_000)]
Frames = Annotated[
    int, option("Random frames of Modbus row 49. Modbus 第 49 条帧数", min=100, max=100_000_000)
]
Paths = Annotated[list[Path], typer.Argument(metavar="[PATH]...", help="Default: the portable rooms.")]


def writable(**files):
    """Failure when a result could not be written, said before the work. {option: path or None}"""
    for name, path in files.items():
        if path is not None and (path.is_dir() or not os.access(path.resolve().parent, os.W_OK)):
            raise Failure(BAD_OPTION, "--%s %s: no folder there that may be written to" % (name, path))


def _module(name, arguments, failed, **files):
    """Run it with `arguments` and the files that were named; they are where the user stands."""
    from tools import commands

    writable(**files)
    for option_name, path in files.items():
        arguments += ["--" + option_name, str(path.resolve())] if path else []
    commands.module(name, arguments, failed, PART_MISSING)


def bench(names: Names = None, quick: Quick = False, json_file: JsonFile = None):
    """Measure: latency, allocation, throughput, memory, as ratios within one run. 性能测量。"""
    arguments = list(names or ()) + ["--quick"] * quick
    _module("hil_tests.bench", arguments, BENCH_FAILED, json=json_file)


def rows(
    protocol: Protocol = "104",
    targets: Targets = "all",
    numbers: Numbers = None,
    hours: Hours = 24,
    apdus: Apdus = 20000,
    frames: Frames = 1_000_000,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
):
    """The rules of a protocol, row by row: 104's 116 (ours and two others), Modbus's 49. 规则逐条测试。"""
    arguments = ["--targets", targets] + (["--rows", numbers] if numbers else [])
    if protocol == "modbus":
        arguments += ["--frames", str(frames)]
        _module("hil_tests.modbus_rows", arguments, ROWS_FAILED, json=json_file, html=html_file)
    elif protocol == "104":
        arguments += ["--hours", str(hours), "--apdus", str(apdus)]
        _module("hil_tests.rows", arguments, ROWS_FAILED, json=json_file, html=html_file)
    else:
        raise Failure(BAD_OPTION, "--protocol %s: 104 or modbus" % protocol)


def statement(html_file: HtmlFile = None, markdown: MarkdownFile = None):
    """Interoperability statement of the 104 station, made from the code. 104 互操作性说明。"""
    _module("hil_tests.rows.statement", [], ROWS_FAILED, html=html_file, markdown=markdown)


def faults(markdown: MarkdownFile = None):
    """Fault table of a DC outlet: injected, who acts, how long until it is dead. 故障反应时间表。"""
    _module("hil_tests.faults", [], FAULTS_RED, markdown=markdown)


def lint(paths: Paths = None):
    """Check the house rules of the portable code (for developers). 代码规则检查（开发者用）。"""
    _module("tools.lint", [str(path) for path in paths or ()], LINT_FAILED)


def add(app, reported):
    """Hang the commands into the CLI; `reported(status)` is its decorator."""
    for command in (bench, rows, statement, faults, lint):
        app.command()(reported(STOPPED_BY_HAND)(command))
