"""Log events go to standard error, one line each: time, level, process, event, then its facts."""

import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

FACTS = "facts"
"""``log.info("order_filled", extra={"facts": {...}})``."""


class LineFormatter(logging.Formatter):
    """Writes an event as one line, with every known secret struck out."""

    def __init__(self, process: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._process = process
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a log record; line breaks and escapes are shown, not obeyed."""
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        facts = getattr(record, FACTS, {})
        text = " ".join([record.getMessage(), *(f"{key}={value}" for key, value in facts.items())])
        if record.exc_info:
            text = f"{text} {self.formatException(record.exc_info)}"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        safe = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
        return f"{stamp}Z {record.levelname:7} {self._process:18} {safe}"


def configure_logging(process: str, *, secrets: Iterable[str] = ()) -> None:
    """Send this process's log events to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(process, secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("urllib3", "websockets", "aiohttp.access", "ccxt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
