import pytest

from src.cli.key_rights import judged_rights
from src.records.checks import Standing

WITHDRAW = {
    "none": Standing.OK,
    "NO_ACCESS": Standing.OK,
    "full": Standing.FAIL,
    "FULL_ACCESS": Standing.FAIL,
    "sometimes": Standing.WARN,
}


def verdicts(told: dict[str, object]) -> dict[str, Standing]:
    return {row.name: row.standing for row in judged_rights(told)}


@pytest.mark.parametrize(("word", "standing"), WITHDRAW.items())
def test_a_key_that_may_withdraw_is_refused_and_an_unknown_word_is_a_warning(
    word: str, standing: Standing
) -> None:
    told = verdicts(
        {"permissions": {"general": "full", "withdrawal": word}, "allowedCidrBlocks": ["10.0.0.1/32"]}
    )

    assert told == {"key may withdraw": standing, "key may trade": Standing.OK}


@pytest.mark.parametrize("word", ["read", "READ_ONLY", "none"])
def test_a_key_that_may_only_look_is_refused(word: str) -> None:
    assert (
        verdicts({"permissions": {"general": word, "withdrawal": "none"}})["key may trade"] is Standing.FAIL
    )


def test_other_shapes_are_understood_or_warned_of() -> None:
    assert verdicts({"permissions": ["trade", "withdraw"]})["key may withdraw"] is Standing.FAIL
    assert verdicts({"permissions": {"withdraw": True}})["key may withdraw"] is Standing.FAIL
    assert verdicts({"permissions": {"a": {"withdrawalAccess": False}}})["key may withdraw"] is Standing.OK
    for strange in ({}, {"permissions": None}, {"permissions": 7}, {"permissions": [{"x": None}]}):
        told = verdicts(dict(strange))
        assert told["key may withdraw"] is Standing.WARN
        assert told["key may trade"] is Standing.WARN


def test_a_key_without_an_allow_list_is_a_warning() -> None:
    assert verdicts({"permissions": {"general": "full"}})["key's addresses"] is Standing.WARN
