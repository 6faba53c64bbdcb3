"""Makes `.venv` and installs what the project needs; asks apt for the programs that some tests run.

Runs under the system's own python3, before anything is installed: standard library only, and so plain that an
old python3 can still read it and say that it is too old. Wheels only: a fresh machine has no compiler.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
NEWEST = (3, 13)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")

# Program that a test runs -> Debian packages that bring what it takes.
PROGRAMS = {
    "openssl": "openssl",
    "tshark": "tshark",
    "text2pcap": "wireshark-common",
    "mbpoll": "mbpoll",
    "qemu-system-arm": "qemu-system-arm",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
}


def say(text):
    print("setup: " + text, flush=True)


def fail(text):
    say(text)
    sys.exit(1)


def check_python():
    """Stop with one clear sentence when this python3 cannot carry the project."""
    version = sys.version_info[:2]
    if version < OLDEST or version > NEWEST:
        fail(
            "python %d.%d found, but %d.%d to %d.%d is needed; choose one with `make PYTHON=python3.%d ...`"
            % (version + OLDEST + NEWEST + (NEWEST[1],))
        )
    try:
        import ensurepip  # noqa: F401 (Debian splits it off into python3-venv)
        import venv  # noqa: F401
    except ImportError:
        fail("the venv module is missing: apt-get install python3-venv")


def make_venv():
    if (
        os.path.exists(VENV_PYTHON)
        and subprocess.call([VENV_PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0
    ):
        return
    say("making %s with python %d.%d" % ((os.path.relpath(VENV),) + sys.version_info[:2]))
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "venv", VENV]) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        fail("python3 -m venv failed (see above); on Debian and Ubuntu: apt-get install python3-venv")


def install(extra):
    """pip install -e, from wheels only, with pip's own progress on the terminal."""
    target = ".[%s]" % extra if extra else "."
    say("installing %s and its wheels (about 100 MB to fetch the first time)" % target)
    argv = [
        VENV_PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--prefer-binary",
        "--only-binary",
        ":all:",
        "-e",
        target,
    ]
    if subprocess.call(argv, cwd=ROOT) != 0:
        fail(
            "pip could not install the packages (see above). If it could not reach a package index: check "
            "the network, or name one in pip's configuration (PIP_INDEX_URL, or ~/.config/pip/pip.conf)"
        )


def stamp(name):
    with open(os.path.join(VENV, name), "w") as f:
        f.write("%d\n" % time.time())


def missing_programs():
    return sorted(p for p in PROGRAMS if shutil.which(p) is None)


def run_apt(argv, log):
    """True when apt-get did it; its chatter goes to the log."""
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    argv = ["apt-get", "-o", "DPkg::Lock::Timeout=60"] + argv
    try:
        return (
            subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, timeout=400) == 0
        )
    except subprocess.TimeoutExpired:
        return False


def install_programs():
    """Ask apt for what the tests run; never fatal, the tests name what they miss."""
    missing = missing_programs()
    if not missing:
        return
    packages = sorted({package for p in missing for package in PROGRAMS[p].split()})
    by_hand = "apt-get install " + " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say(
            "%s not found and not installable from here; tests that need them are left out (%s)"
            % (", ".join(missing), by_hand)
        )
        return
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    log_path = os.path.join(ROOT, "build", "apt.log")
    with open(log_path, "w") as log:
        say("apt-get update ...")
        run_apt(["update", "-q"], log)
        for package in packages:
            say("apt-get install %s ..." % package)
            if not run_apt(["install", "-q", "-y", "--no-install-recommends", package], log):
                say(
                    "apt-get could not install %s (see %s); tests that need it are left out"
                    % (package, os.path.relpath(log_path))
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--test", action="store_true", help="with what the tests need")
    parser.add_argument(
        "--programs", action="store_true", help="only ask apt for the programs that tests run"
    )
    options = parser.parse_args()
    if options.programs:
        install_programs()
        return
    check_python()
    make_venv()
    install("test" if options.test else "")
    stamp(".ready")
    if options.test:
        stamp(".ready-test")
    say("ready")


if __name__ == "__main__":
    main()
