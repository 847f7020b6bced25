from pathlib import Path

import pytest

from src.store.freeze import Freeze
from src.store.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.logs.mkdir()
    return home


def test_without_a_flag_nothing_is_frozen(home: Home) -> None:
    assert Freeze(home).reasons() == ()
    assert not Freeze(home).frozen()


@pytest.mark.parametrize("content", ["", " \n", "holiday", "holiday\n", "{broken", '{"x": 1}'])
def test_a_flag_with_any_content_freezes(home: Home, content: str) -> None:
    home.freeze_flag.write_text(content)
    assert Freeze(home).frozen()
    assert Freeze(home).reasons() == (content.strip() or "frozen by hand",)


def test_bytes_that_are_no_text_freeze(home: Home) -> None:
    home.freeze_flag.write_bytes(b"\xff\x00")
    assert Freeze(home).frozen()


def test_reasons_add_up_and_none_is_repeated(home: Home) -> None:
    freeze = Freeze(home)
    home.freeze_flag.write_text("holiday\n")
    freeze.set("crash loop", "main", 1.0)
    freeze.set("crash loop", "main", 2.0)
    freeze.set("mismatch", "main", 3.0)
    assert Freeze(home).reasons() == ("holiday", "crash loop", "mismatch")
    freeze.clear()
    freeze.clear()
    assert freeze.reasons() == ()


def test_what_cannot_be_looked_at_counts_as_frozen(home: Home) -> None:
    home.logs.rmdir()
    assert "missing" in Freeze(home).reasons()[0]
    home.logs.write_text("a file")
    assert "cannot be looked at" in Freeze(home).reasons()[0]
    home.logs.unlink()
    home.logs.mkdir()
    home.freeze_flag.mkdir()
    assert "cannot be read" in Freeze(home).reasons()[0]
    home.freeze_flag.rmdir()
    home.freeze_flag.symlink_to("nowhere")
    assert Freeze(home).frozen()
