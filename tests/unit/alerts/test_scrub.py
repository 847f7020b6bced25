import pytest

from src.alerts.scrub import scrubbed
from src.alerts.targets import Targets

API_KEY = "a3Jha2VuLWZ1dHVyZXMtbG9vcGJhY2stc2ltdWxhdG9yLXNlY3JldA=="


@pytest.mark.parametrize(
    "text",
    [
        f"foreign: {API_KEY}",
        "see ntfys://my-topic for more",
        "see https://hc-ping.example/uuid",
        "the topic my-secret-topic is gone",
    ],
)
def test_secrets_addresses_and_whatever_looks_like_a_key_are_struck_out(text: str) -> None:
    clean = scrubbed(text, ["my-secret-topic"])

    assert "***" in clean
    assert all(secret not in clean for secret in (API_KEY, "my-topic", "uuid", "my-secret-topic"))


def test_the_names_of_the_bot_stay_readable() -> None:
    words = (
        "no new entries: foreign_position:PF_XBTUSD order tbabcde0123456789a of PF_XBTUSD-OFI-1795330000000"
    )

    assert scrubbed(words) == words


def test_a_message_is_one_line_of_bounded_length() -> None:
    assert scrubbed("a\nb\x1b[2J") == "a b [2J"
    assert len(scrubbed("word " * 1000)) == 500


def test_targets_show_no_address_in_their_text() -> None:
    targets = Targets(("ntfy://my-topic",), "https://hc-ping.example/uuid")

    assert "topic" not in repr(targets)
    assert "uuid" not in repr(targets)
    assert targets.fingerprint != Targets(("ntfy://other",), "https://hc-ping.example/uuid").fingerprint
