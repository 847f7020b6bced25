"""Entry of ``python -m src COMMAND``."""

from src.cli.app import app

if __name__ == "__main__":
    app(prog_name="python -m src")
