import logging

from src.supervision.logs import LineFormatter


def line(message: str, *, facts: dict[str, object] | None = None, secrets: tuple[str, ...] = ()) -> str:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, message, None, None)
    if facts is not None:
        record.facts = facts
    return LineFormatter("main", secrets).format(record)


def test_an_event_is_one_line_with_its_facts() -> None:
    text = line("order_filled", facts={"order_id": "a", "price": 3})
    assert text.endswith("main               order_filled order_id=a price=3")
    assert "\n" not in text


def test_a_known_secret_never_reaches_the_log() -> None:
    assert "canary" not in line("failed", facts={"error": "key canary refused"}, secrets=("canary",))


def test_line_breaks_and_terminal_escapes_are_shown_not_obeyed() -> None:
    text = line("failed", facts={"error": "a\nb\x1b[31mred"})
    assert "\n" not in text
    assert "\x1b" not in text
    assert "a\\nb" in text
