"""The saved place of a reader."""

from pathlib import Path

import msgspec
import orjson

from src.records.place import Place
from src.store.durable import make_folder, replace_file


def load_place(cursor: Path) -> Place | None:
    """Return the saved place; None where there is none that can be read, and reading starts anew."""
    try:
        return msgspec.json.decode(cursor.read_bytes(), type=Place)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def save_place(cursor: Path, place: Place) -> None:
    """Replace the saved place; a power cut may bring an older one back, which repeats lines."""
    make_folder(cursor.parent)
    replace_file(cursor, orjson.dumps(msgspec.to_builtins(place)), durable=False)
