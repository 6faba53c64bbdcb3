"""Finds MicroPython's source: a checkout that was named, else Debian's source package, fetched once.

The mirror is whatever this machine's own apt is configured for; apt checks the signatures. Everything stays
under build/micropython, and nothing needs root.
"""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from tools.build import BuildError, Missing
from tools.mpy import ROOT

SUITE, COMPONENT, PACKAGE = "trixie", "main", "micropython"
CACHE = ROOT / "build" / "micropython"
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
LIMIT_S = 300
BY_HAND = "or give a MicroPython checkout with --source DIR"


def find(given=None, say=print):
    """Path of MicroPython's source tree."""
    if given is not None:
        return _checked(Path(given).resolve())
    note = CACHE / "source.json"
    if note.is_file():
        tree = CACHE / json.loads(note.read_text(encoding="utf-8"))["folder"]
        if (tree / "ports" / "qemu" / "Makefile").is_file():
            return tree
    return fetch(say)


def _checked(tree):
    if not (tree / "ports" / "qemu" / "Makefile").is_file():
        raise BuildError("%s is no MicroPython source tree: it has no ports/qemu/Makefile" % tree)
    return tree


def fetch(say=print):
    """Download and unpack the source package; the path of its tree."""
    if shutil.which("apt-get") is None:
        raise Missing("apt-get was not found, which would fetch MicroPython's source: %s" % BY_HAND)
    say("fetching the source package %s of Debian %s" % (PACKAGE, SUITE))
    work = CACHE / "apt"
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "download"):
        (work / folder).mkdir(parents=True)
    said = []
    for uri in configured_uris():
        if _download(uri, work, said):
            tree = _unpack(work / "download")
            shutil.rmtree(work)
            return tree
    raise Missing(
        "no configured apt source has %s of Debian %s (network, or no Debian mirror configured): %s\n%s"
        % (PACKAGE, SUITE, BY_HAND, "\n".join(said[-6:]))
    )


def configured_uris():
    """The archives that apt is configured for, in its order, each once; updates and security repeat them."""
    argv = ["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]
    result = subprocess.run(argv + ["Created-By: Packages"], capture_output=True, text=True)
    uris = []
    for line in result.stdout.splitlines():
        uri, release, component = (line.split() + ["", ""])[:3]
        if component == COMPONENT and "-" not in release and uri not in uris:
            uris.append(uri)
    return uris


def _download(uri, work, said):
    """Whether apt got the package from this archive into work/download; its words go to `said`."""
    keyring = next((k for k in KEYRINGS if (Path("/usr/share/keyrings") / k).is_file()), None)
    signed = "[signed-by=/usr/share/keyrings/%s] " % keyring if keyring else ""
    sources = work / "sources.list"
    sources.write_text("deb-src %s%s %s %s\n" % (signed, uri, SUITE, COMPONENT))
    options = []
    for key, value in (
        ("Dir::Etc::SourceList", sources),
        ("Dir::Etc::SourceParts", "/dev/null"),
        ("Dir::State::Lists", work / "lists"),
        ("Dir::Cache", work / "cache"),
        ("APT::Sandbox::User", ""),
        ("Acquire::Retries", 2),
    ):
        options += ["-o", "%s=%s" % (key, value)]
    return _run(["apt-get", "-q", *options, "update"], work, said) and _run(
        ["apt-get", "-q", *options, "source", "--download-only", PACKAGE], work / "download", said
    )


def _run(argv, folder, said):
    try:
        result = subprocess.run(
            argv,
            cwd=folder,
            env=dict(os.environ, LC_ALL="C"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        said.append("apt-get did not end within %d s" % LIMIT_S)
        return False
    said.extend(line for line in result.stdout.splitlines() if line.startswith(("E:", "W:", "Err:")))
    return result.returncode == 0


def _unpack(folder):
    """The upstream tarball; Debian's patches concern its unix port and its documentation only."""
    tarball = next(iter(sorted(folder.glob("*.orig.tar.*"))), None)
    if tarball is None:
        raise BuildError("apt-get brought no upstream tarball: %s" % BY_HAND)
    partial = CACHE / ("unpack.%d" % os.getpid())
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(tarball) as archive:
        # an interpreter before 3.11.4 knows no filters; apt has checked the tarball's signature
        archive.extractall(partial, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (top,) = partial.iterdir()
    tree = CACHE / top.name
    shutil.rmtree(tree, ignore_errors=True)
    os.replace(top, tree)
    partial.rmdir()
    note = json.dumps({"folder": tree.name, "tarball": tarball.name})
    (CACHE / "source.json").write_text(note + "\n", encoding="utf-8")
    return _checked(tree)
