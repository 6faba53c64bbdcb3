"""Where MicroPython's source comes from: a checkout that is named, what was fetched before, or apt, in that
order. A stand-in plays apt-get here; the lane of the Cortex-M3 uses the real one.
"""

import io
import json
import os
import tarfile

import pytest

from tools.build import BuildError, Missing, source

APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
*indextargets*) printf '%s\\n' {targets} ;;
*update*) {update} ;;
*source*) cp {tarball} . ;;
esac
"""
ONE = "http://one/debian/"
TARGETS = "'%s bookworm main' '%s bookworm-updates main' 'http://two/ x contrib'" % (ONE, ONE)


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Makes a stand-in for apt-get; returns its log's path."""
    monkeypatch.setattr(source, "CACHE", tmp_path / "cache")
    tarball = tmp_path / "micropython_1.0.orig.tar.gz"
    with tarfile.open(tarball, "w:gz") as archive:
        entry = tarfile.TarInfo("micropython-1.0/ports/qemu/Makefile")
        archive.addfile(entry, io.BytesIO(b""))

    def make(update="true", targets=TARGETS):
        program = tmp_path / "bin" / "apt-get"
        program.parent.mkdir()
        log = tmp_path / "log"
        program.write_text(APT.format(log=log, targets=targets, update=update, tarball=tarball))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", "%s:%s" % (program.parent, os.environ["PATH"]))
        return log

    return make


def test_a_named_checkout_must_be_one(tmp_path):
    with pytest.raises(BuildError, match="no ports/qemu/Makefile"):
        source.find(tmp_path)
    (tmp_path / "ports" / "qemu").mkdir(parents=True)
    (tmp_path / "ports" / "qemu" / "Makefile").write_text("")
    assert source.find(tmp_path) == tmp_path


def test_fetched_once_from_the_configured_archive(apt, tmp_path):
    log = apt()
    said = []
    tree = source.find(say=said.append)
    assert tree == tmp_path / "cache" / "micropython-1.0"
    assert json.loads((tmp_path / "cache" / "source.json").read_text())["folder"] == "micropython-1.0"
    assert not (tmp_path / "cache" / "apt").exists()
    calls = log.read_text()
    assert "source --download-only micropython" in calls
    assert source.find(say=said.append) == tree and log.read_text() == calls
    assert said == ["fetching the source package micropython of Debian trixie"]


def test_only_the_archive_itself_is_asked(apt):
    apt()
    assert source.configured_uris() == [ONE]


def test_no_archive_has_it(apt):
    apt(update="echo 'E: does not have a Release file'; exit 100")
    with pytest.raises(Missing, match="does not have a Release file") as caught:
        source.find(say=str)
    assert "--source DIR" in str(caught.value)


def test_no_apt_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="apt-get was not found"):
        source.find(say=str)


def test_no_registry_is_named_in_the_source():
    text = open(source.__file__, encoding="utf-8").read()
    assert "http" not in text and ".org" not in text
