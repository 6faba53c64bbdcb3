"""What the commands of the CLI do, without its options and texts."""

import importlib.util
import subprocess
import sys

from firmware import codes
from firmware.config import ConfigError, read, validate
from tools import runtime, up as site, wiring
from tools.board_lines import explain, pile_words, with_lines
from tools.explain import telecontrol_lines
from tools.catalogue import Failure
from tools.catalogue_host import (
    BOARD_UNKNOWN,
    BUILD_FAILED,
    CHILD_DIED,
    INTERPRETER_MISSING,
    OUTPUT_UNWRITABLE,
)
from tools.catalogue_host import PLANT_SECTION, PORT_BUSY, RECORDING_BAD, REPLAY_DIFFERS, WIRING_SLOW
from tools.child import ROOT, Child
from tools.defaults import default_config, new_run_dir, with_whole_recipe, write_config
from tools.plant.config import PlantConfigError, check_plant


def config_errors(error):
    """One Failure per mistake that the firmware's check found."""
    failures = []
    for code, path, value, right in error.errors:
        with_value = code in (codes.CONFIG_BAD_VALUE, codes.CONFIG_CONFLICT)
        shown = "%s = %r" % (path, value) if with_value else path or value
        failures.append(Failure(code, "%s; right: %s" % (shown, right)))
    return failures


def load_config(path, board=site.SIM):
    """The checked, completed configuration with the board's lines; the first mistake as a Failure with the
    others as lines.
    """
    try:
        return validate(with_lines(read(str(path)), board))
    except ConfigError as error:
        failures = config_errors(error)
        raise Failure(failures[0].code, failures[0].detail, [str(f) for f in failures[1:]]) from None


def run_dir():
    """A folder for this run's files."""
    try:
        return new_run_dir()
    except OSError as error:
        raise Failure(OUTPUT_UNWRITABLE, "runs/: %s" % error.strerror) from None


def up(iec104_port, seconds, interpreter, bays, config_path, board):
    """Charger and plant, until `seconds` have passed or Ctrl-C."""
    whose = "--iec104-port"
    if config_path is not None and iec104_port is None:
        whose = "telecontrol.port in %s" % config_path
    if config_path is None:
        folder = run_dir()
        config = default_config(bays, 2404 if iec104_port is None else iec104_port, folder)
        if board == site.SIM:
            config = with_whole_recipe(config)
    else:
        known_board(board)
        config = load_config(config_path, board)
        folder = run_dir()
        if iec104_port is not None:
            config["telecontrol"]["port"] = iec104_port
    known_board(board)
    print("v2g: files of this run in %s; Ctrl-C stops it" % folder, file=sys.stderr)
    site.up(config, folder, interpreter, seconds, whose, board)


def foreground(name, argv, env=None):
    """Run a child with its lines on our terminal; (exit status, child). Ctrl-C stops it in order."""
    child = Child(name, argv, run_dir() / (name + ".log"), env, on_line=lambda line: print(line, flush=True))
    try:
        while child.wait(0.2) is None:
            pass
    finally:
        status = child.stop()
    return status, child


def command(interpreter, module, arguments):
    """(argv, env) of something portable; Failure when the interpreter is not there."""
    try:
        return runtime.command(interpreter, module, arguments)
    except runtime.RuntimeMissing as error:
        raise Failure(INTERPRETER_MISSING, str(error)) from None


def known_board(name):
    """Failure unless there is such a folder under boards/."""
    boards = sorted(p.parent.name for p in (ROOT / "boards").glob("*/board.json"))
    if name not in boards:
        raise Failure(BOARD_UNKNOWN, "%s; there is: %s" % (name, ", ".join(boards)))


def build(board, source, modules):
    """Build a board's image and print what it takes."""
    from tools.build import BuildError
    from tools.build.__main__ import report

    known_board(board)
    try:
        report(board, source, modules)
    except BuildError as error:
        raise Failure(BUILD_FAILED, str(error)) from None


def run(board, config_path, interpreter):
    """The firmware of a board in the foreground."""
    known_board(board)
    config = load_config(config_path, board)
    if config["lines"]:
        own, config_path = config_path, run_dir() / "config.json"
        write_config(dict(read(str(own)), lines=config["lines"]), config_path)
    if board == site.SIM:
        argv, env = command(interpreter, "boards.sim.main", [config_path.resolve()])
    else:
        site.build_image(board)
        argv, env = runtime.emulated_command(board, config_path)
    status, child = foreground("firmware", argv, env)
    if status != 0:
        raise site.firmware_failure(Failure(CHILD_DIED, "firmware, exit status %d" % status), child)


def plant(config_path):
    """The simulated plant in the foreground."""
    argv = [sys.executable, "-u", "-m", "tools.plant", "--config", str(config_path.resolve())]
    status, child = foreground("plant", argv)
    if status != 0:
        code = {2: PLANT_SECTION, 3: PORT_BUSY}.get(status, CHILD_DIED)
        raise Failure(code, child.last[-1] if child.last else "exit status %d" % status)


def check(config_path, board=site.SIM):
    """Every mistake as a Failure; what the configuration means is printed when there is none."""
    known_board(board)
    try:
        config = validate(with_lines(read(str(config_path)), board))
    except ConfigError as error:
        return config_errors(error)
    if config["plant"]:
        try:
            check_plant(config["plant"], config_path.parent)
        except PlantConfigError as error:
            return [Failure(PLANT_SECTION, str(error))]
    broken = wiring.broken_promises(config)
    if broken:
        return [Failure(WIRING_SLOW, "%s = %s; right: %s" % row) for row in broken]
    _explain(config, config_path)
    for line in explain(board):
        print(line)
    return []


def _explain_tls(tele):
    tls = tele["tls"]
    if not tls["enabled"]:
        return
    clients = ", ".join(client["name"] for client in tls["clients"])
    plain = "beside plain TCP" if tele["plain"] else "and no plain TCP"
    print("  TLS %s:%d for %s, %s" % (tls["listen"] or tele["listen"], tls["port"], clients, plain))


def _explain(config, path):
    """What follows from the numbers alone; nothing that would have to be measured."""
    tele, control = config["telecontrol"], config["control"]
    total_w = sum(bay["rating_w"] for bay in config["bays"])
    print("%s: no mistakes found" % path)
    print(
        "  104 station %s:%d, common address %d, set-point at 0x%04X; + = %s"
        % (
            tele["listen"],
            tele["port"],
            tele["common_address"],
            tele["setpoint_ioa"],
            "into the grid" if tele["power_sign"] == "generator" else "charging",
        )
    )
    print(
        "  station %g kW; full discharge to full charge in %.1f s"
        % (total_w / 1000, 2 * total_w / control["ramp_w_per_s"])
    )
    _explain_tls(tele)
    for line in telecontrol_lines(tele):
        print("  " + line)
    print("  all masters gone: %s after %d s" % (control["fallback"], control["master_lost_s"]))
    for bay in config["bays"]:
        converter, battery = bay["converter"], bay["battery"]
        if converter["model"] == "ac_pile":
            print("  " + pile_words(bay))
            continue
        window = "%g to %g %%" % (battery["soc_min_bp"] / 100, battery["soc_max_bp"] / 100)
        print("  %s: %g kW, SOC %s" % (bay["name"], bay["rating_w"] / 1000, window))
        print("    measurements count for %g s" % (converter["max_age_ms"] / 1000))
        lease_s = converter["lease_ms"] / 1000
        print("    an order counts in the converter for %g s, then it stops by itself" % lease_s)
    for line in wiring.lines(config):
        print(line)


def module(name, arguments, failed_code, missing_code):
    """Run a module of the project on this Python, on our terminal; Failure when it fails or is not there."""
    if importlib.util.find_spec(name) is None:
        raise Failure(missing_code, name)
    status = subprocess.call([sys.executable, "-m", name, *arguments], cwd=ROOT)
    if status != 0:
        raise Failure(failed_code, "exit status %d" % status)


def replay(path, interpreter):
    """Replay a recording; Failure when it cannot be read or an output differs."""
    if not path.is_file():
        raise Failure(RECORDING_BAD, "%s: no such file" % path)
    argv, env = command(interpreter, "firmware.replay", [path.resolve()])
    status = subprocess.call(argv, env=env)
    if status == 1:
        raise Failure(REPLAY_DIFFERS, str(path))
    if status != 0:
        raise Failure(RECORDING_BAD, str(path))
