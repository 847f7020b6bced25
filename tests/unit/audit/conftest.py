from pathlib import Path

import pytest

from src.store.paths import Home
from tests.audit_fakes import a_lived_home, copy_of


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_lived_home(tmp_path_factory.mktemp("lived") / "home")


@pytest.fixture
def home(lived: Home, tmp_path: Path) -> Home:
    """Return a copy of a lived home to do mischief in."""
    return copy_of(lived, tmp_path / "home")
