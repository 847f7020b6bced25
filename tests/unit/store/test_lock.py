import os
from pathlib import Path

import pytest

from src.store.errors import FileLocked, HomeLocked
from src.store.lock import HomeLock, LockFile
from src.store.paths import Home


def test_a_second_bot_is_told_who_lives_here(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with HomeLock(home):
        with pytest.raises(HomeLocked, match=f"pid {os.getpid()}, started 20") as caught:
            HomeLock(home)
        assert caught.value.pid == os.getpid()
    HomeLock(home).close()


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b'{"pid": 1, "started": "x", "boot_id": "y"}', b"\xff" * 99]
)
def test_what_the_file_says_decides_nothing(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.run.mkdir()
    home.lock.write_bytes(content)
    with HomeLock(home):
        home.lock.write_bytes(content)
        with pytest.raises(HomeLocked):
            HomeLock(home)


def test_a_lock_is_given_back_once(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "x.lock")
    with pytest.raises(FileLocked, match=r"x\.lock"):
        LockFile(tmp_path / "x.lock")
    lock.close()
    lock.close()
    with LockFile(tmp_path / "x.lock"):
        assert (tmp_path / "x.lock").exists()
