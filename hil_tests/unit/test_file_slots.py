"""The store on real files: kept by one object, found by the next."""

import pytest

from drivers.ports.file_slots import FileSlots
from drivers.store import Store


def test_what_is_saved_is_found_again(tmp_path):
    path = str(tmp_path / "store")
    for payload in (b"one", b"", b"three"):
        store = Store(FileSlots(path))
        store.load()
        assert store.save(payload)
        assert Store(FileSlots(path)).load() == payload
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store.0", "store.1"]


def test_a_folder_that_is_not_there():
    with pytest.raises(OSError):
        FileSlots("/nowhere/store")


def test_a_disk_that_is_full():
    store = Store(_Full())
    store.load()
    assert not store.save(b"x")


class _Full:
    def read(self, i):
        return b""

    def write(self, i, data):
        raise OSError(28, "no space left on device")
