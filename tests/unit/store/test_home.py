from pathlib import Path

import pytest

from src.records.operations import HomeIdentity
from src.store.errors import CorruptDocument, HomeMismatch, StoreError
from src.store.home import bind, prepare_home
from src.store.paths import Home


@pytest.fixture
def defaults(tmp_path: Path) -> Path:
    folder = tmp_path / "defaults"
    folder.mkdir()
    for name in ("bot.json", "exits.json"):
        (folder / name).write_text(f'{{"_about": "{name}"}}')
    return folder


def bound(home: Home, mode: str = "paper", market_kind: str = "synthetic") -> HomeIdentity:
    return bind(home, mode=mode, market_kind=market_kind, account="paper", ts=5.0)


def test_a_new_home_gets_its_folders_and_the_default_configs(tmp_path: Path, defaults: Path) -> None:
    home = prepare_home(tmp_path / "home", defaults)
    assert all(folder.is_dir() for folder in home.folders())
    assert home.bot_settings.read_text() == (defaults / "bot.json").read_text()
    assert home.logs.stat().st_mode & 0o007 == 0
    assert home.bot_settings.stat().st_mode & 0o007 == 0


def test_what_a_human_put_there_first_is_kept(tmp_path: Path, defaults: Path) -> None:
    home = Home(tmp_path / "home")
    home.configs.mkdir(parents=True)
    home.bot_settings.write_text("mine")
    prepare_home(tmp_path / "home", defaults)
    assert home.bot_settings.read_text() == "mine"
    assert home.exits.exists()


def test_a_config_missing_from_a_bound_home_is_not_put_back(tmp_path: Path, defaults: Path) -> None:
    home = prepare_home(tmp_path / "home", defaults)
    bound(home)
    home.exits.unlink()
    prepare_home(tmp_path / "home", defaults)
    assert not home.exits.exists()


def test_the_project_itself_can_be_the_home(tmp_path: Path, defaults: Path) -> None:
    defaults.rename(tmp_path / "configs")
    home = prepare_home(tmp_path, tmp_path / "configs")
    assert sorted(path.name for path in home.configs.iterdir()) == ["bot.json", "exits.json"]


def test_a_home_that_cannot_be_made_is_a_clear_error(tmp_path: Path, defaults: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        prepare_home(tmp_path / "file" / "home", defaults)
    with pytest.raises(StoreError, match="no default configs"):
        prepare_home(tmp_path / "home", tmp_path / "nowhere")


def test_a_home_is_bound_once_and_for_life(tmp_path: Path, defaults: Path) -> None:
    home = prepare_home(tmp_path / "home", defaults)
    first = bound(home)
    assert len(first.instance) == 3
    assert first.instance.isalnum()
    assert bound(home) == first
    with pytest.raises(HomeMismatch, match=r"mode paper \(asked: live\).*--home"):
        bound(home, mode="live")
    with pytest.raises(HomeMismatch, match=r"market synthetic \(asked: kraken\)"):
        bound(home, market_kind="kraken")
    assert bound(home) == first


def test_an_identity_that_cannot_be_read_binds_nothing(tmp_path: Path, defaults: Path) -> None:
    home = prepare_home(tmp_path / "home", defaults)
    home.identity.write_text("{}")
    with pytest.raises(CorruptDocument):
        bound(home)
