"""Entry of ``python -m src COMMAND``."""

import sys

from src.cli.app import app_for

if __name__ == "__main__":
    app_for(sys.argv[1:])(prog_name="python -m src")
