"""The words of ``explain``: every component, check and reason has its own, and each number its unit."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.cli import vote_words as words_of_votes
from src.cli.amounts import contracts, moment, price, signed_usd, span, usd
from src.cli.check_words import ASKED, UPPER, in_unit, measured_words, required_words, verdict_words
from src.cli.story_market import STEPS
from src.cli.vote_words import REASONS, vote_words
from src.components.registry import REGISTRY, ask_all
from src.conviction_gate import CHECKS, check_name, decide
from src.records.decisions import Verdict
from src.records.enums import COMPONENTS, Ruling, Vote
from src.records.features import Features
from src.records.policies import Components
from src.records.signals import ComponentVote
from src.store.config import ConfigFile
from tests.gate_fakes import CONFIGS, a_context, a_prediction, a_signal, some_features

SETTINGS = ConfigFile(CONFIGS / "components.json", Components).load().components


market = st.builds(
    lambda values: some_features(**values),
    st.fixed_dictionaries(
        {
            "long_liquidations_usd_1h": st.floats(0, 1e6),
            "short_liquidations_usd_1h": st.floats(0, 1e6),
            "large_net_usd_1h": st.floats(-1e5, 1e5),
            "large_total_usd_1h": st.floats(1e5, 1e6) | st.just(0.0),
            "funding_rate": st.floats(-0.001, 0.001),
            "hurst": st.floats(0.2, 0.8),
            "trend_bps": st.floats(-300, 300),
            "lead_lag_minutes": st.integers(0, 5),
            "lead_lag_correlation": st.floats(-1, 1),
            "leader_return_bps": st.floats(-50, 50),
            "ofi": st.floats(-1, 1),
            "ofi_previous": st.floats(-1, 1),
            "return_window_bps": st.floats(-30, 30),
            "return_1h_bps": st.floats(-200, 200),
            "fear_greed": st.floats(0, 100),
            "open_interest_change_1h": st.floats(-0.2, 0.2),
            "skew": st.floats(-3, 3),
            "skew_quantile": st.floats(0, 1),
        }
    ),
)


@settings(max_examples=300)
@given(features=market)
def test_every_vote_is_told_in_its_components_own_words(features: Features) -> None:
    for vote in ask_all(features, SETTINGS):
        assert vote.reason in REASONS
        assert set(words_of_votes._NEEDED[vote.name]) <= set(vote.values)
        said = vote_words(vote)
        assert said.startswith(REASONS[vote.reason])
        assert any(character.isdigit() for character in said)


def test_every_component_has_a_telling() -> None:
    assert set(words_of_votes._TELLING) == set(words_of_votes._NEEDED) == set(COMPONENTS)
    assert [component.name for component in REGISTRY] == list(COMPONENTS)


def test_vote_of_another_version_is_told_by_its_numbers() -> None:
    vote = ComponentVote(
        name="hurst", vote=Vote.LONG, confidence=1, reason="new_word", source="x", values={"a_b": 1.25}
    )
    assert vote_words(vote) == "new word: a b 1.25"


def test_abstention_says_what_was_missing() -> None:
    vote = ComponentVote(
        name="fear_greed",
        vote=Vote.ABSTAIN,
        confidence=0,
        reason="missing:fear_greed",
        source="none",
        values={},
    )
    assert vote_words(vote) == "not known: the fear and greed index"


def test_every_check_of_the_gate_has_words() -> None:
    names = {check_name(check) for check in CHECKS} | {"size"}
    assert names == set(ASKED)
    assert names >= UPPER


def test_bound_is_on_the_side_on_which_the_check_rules() -> None:
    """A passing verdict's number lies on the right side of what its words require."""
    signal = a_signal()
    for verdict in decide(signal, a_prediction(signal), a_context()).verdicts:
        if verdict.measured is None or verdict.required is None or verdict.unit == "hour_utc":
            continue
        upper = required_words(verdict).startswith("at most")
        low, high = sorted((verdict.measured, verdict.required))
        assert (verdict.measured == low) if upper else (verdict.measured == high), verdict


def a_verdict(
    check: str, ruling: Ruling, measured: float | None, required: float | None, unit: str, reason: str
) -> Verdict:
    factor = 0.5 if ruling is Ruling.RESIZE else 1.0
    return Verdict(
        check=check,
        ruling=ruling,
        measured=measured,
        required=required,
        unit=unit,
        reason=reason,
        size_factor=factor,
    )


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (
            a_verdict("ofi", Ruling.BLOCK, 0.12, 0.5, "score", "below_requirement"),
            ("0.120", "at least 0.500", "too weak"),
        ),
        (
            a_verdict("pre_entry.spread", Ruling.PASS, 3, 10, "bps", ""),
            ("3.0 bps", "at most 10.0 bps", "the spread is narrow enough"),
        ),
        (
            a_verdict("fees", Ruling.BLOCK, None, None, "bps", "missing_cost"),
            ("not known", "", "cost not known"),
        ),
        (
            a_verdict("pre_entry.freeze", Ruling.BLOCK, 1, 0, "reasons", "frozen:by hand"),
            ("1 reasons", "at most 0 reasons", "frozen: by hand"),
        ),
        (
            a_verdict("correlation", Ruling.RESIZE, 0.9, 0.8, "share_of_equity", "resized_to_room"),
            (
                "90.0 % of equity",
                "at most 80.0 % of equity",
                "cut to the room that is left: the size times 0.500",
            ),
        ),
        (
            a_verdict("ofi", Ruling.ERROR, None, None, "", "KeyError"),
            ("not known", "", "the check itself failed: KeyError"),
        ),
        (
            a_verdict("pre_entry.age", Ruling.BLOCK, -2, 0, "s", "from_the_future"),
            ("-2.00 s", "at least 0 s", "the signal is from the future"),
        ),
    ],
)
def test_verdict_is_told_with_its_numbers(verdict: Verdict, told: tuple[str, str, str]) -> None:
    assert (measured_words(verdict), required_words(verdict), verdict_words(verdict)) == told


def test_amounts_carry_their_units() -> None:
    assert moment(1_800_014_400.25) == "2027-01-15T12:00:00.250Z"
    assert [span(s) for s in (0, 0.25, 42, 60, 125, 3600, 90_000)] == [
        "0 s", "0.25 s", "42 s", "1 min", "2 min 5 s", "1 h", "1 d 1 h",
    ]  # fmt: skip
    assert (usd(1234.5), usd(0.0123), usd(Decimal("-0.5"))) == ("1,234.50 USD", "0.0123 USD", "-0.50 USD")
    assert (signed_usd(2), signed_usd(-2), signed_usd(0)) == ("+2.00 USD", "-2.00 USD", "0.00 USD")
    assert (price(Decimal("61809.40")), contracts(Decimal("0.500"))) == ("61,809.4", "0.5")
    assert in_unit(5.5, "hour_utc") == "05:30 UTC"


@given(st.floats(0, 1e9))
def test_duration_never_shows_sixty_of_anything(seconds: float) -> None:
    parts = span(seconds).split()
    assert ("60", "s") not in pairwise(parts)
    assert ("60", "min") not in pairwise(parts)


def test_every_step_has_words() -> None:
    assert all(said and said[0].islower() for said in STEPS.values())
