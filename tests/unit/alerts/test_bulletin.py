import msgspec
from hypothesis import given
from hypothesis import strategies as st

from src.alerts.bulletin import Bulletin
from src.alerts.conditions import Subject
from src.records.alerts import AlertChange, AlertKind
from src.records.settings import AlertRules

RULES = AlertRules()
NAKED = Subject(AlertKind.NAKED_POSITION, "PF_XBTUSD")
FROZEN = Subject(AlertKind.FREEZE, "by hand")
WRONG = {NAKED: "no stop"}


def changes(bulletin: Bulletin, conditions: dict[Subject, str], now_s: float) -> list[AlertChange]:
    return [item.change for item in bulletin.news(conditions, now_s)]


def test_what_begins_is_told_at_once_and_once() -> None:
    bulletin = Bulletin(RULES)

    assert changes(bulletin, WRONG, 0.0) == [AlertChange.BEGAN]
    assert changes(bulletin, WRONG, 1.0) == []
    assert bulletin.active() == ("naked_position PF_XBTUSD",)


def test_what_begins_together_is_one_message() -> None:
    news = Bulletin(RULES).news({NAKED: "no stop", FROZEN: "frozen"}, 0.0)

    assert [item.subject for item in news] == [NAKED, FROZEN]


def test_what_lasts_is_told_again_after_a_while() -> None:
    bulletin = Bulletin(RULES)
    bulletin.news(WRONG, 0.0)

    assert changes(bulletin, WRONG, RULES.remind_every_s - 1) == []
    assert changes(bulletin, WRONG, RULES.remind_every_s) == [AlertChange.LASTS]


def test_the_end_is_told_once_it_has_settled() -> None:
    bulletin = Bulletin(RULES)
    bulletin.news(WRONG, 0.0)

    assert changes(bulletin, {}, 10.0) == []
    assert changes(bulletin, {}, 15.0) == [AlertChange.OVER]
    assert bulletin.active() == ()


def test_what_comes_and_goes_is_told_once_in_the_quiet_time() -> None:
    bulletin = Bulletin(RULES)
    told = [changes(bulletin, WRONG if second % 20 < 10 else {}, float(second)) for second in range(300)]

    assert [change for line in told for change in line] == [AlertChange.BEGAN, AlertChange.OVER]


def test_what_began_again_in_the_quiet_time_and_stays_is_told_after_it() -> None:
    bulletin = Bulletin(RULES)
    bulletin.news(WRONG, 0.0)
    bulletin.news({}, 10.0)
    bulletin.news({}, 20.0)

    assert changes(bulletin, WRONG, 30.0) == []
    assert changes(bulletin, WRONG, 20.0 + RULES.quiet_s) == [AlertChange.BEGAN]


def test_the_limit_keeps_room_for_what_is_urgent_and_counts_what_it_holds_back() -> None:
    rules = msgspec.structs.replace(RULES, most_per_hour=6)
    bulletin = Bulletin(rules)
    freezes = [Subject(AlertKind.FREEZE, f"reason {number}") for number in range(10)]
    sent = [bulletin.news({freeze: "frozen"}, number * 2.0) for number, freeze in enumerate(freezes)]

    assert sum(bool(news) for news in sent) == 4
    assert bulletin.held_back == 5, "four ends and a beginning"
    assert NAKED in [item.subject for item in bulletin.news(WRONG, 20.0)]


def test_what_was_held_back_is_told_once_there_is_room() -> None:
    rules = msgspec.structs.replace(RULES, most_per_hour=3)
    bulletin = Bulletin(rules)
    for number in range(3):
        bulletin.news({Subject(AlertKind.FREEZE, f"reason {number}"): "frozen"}, float(number))

    assert changes(bulletin, {FROZEN: "frozen"}, 10.0) == []
    assert bulletin.held_back > 0
    assert AlertChange.BEGAN in changes(bulletin, {FROZEN: "frozen"}, 3700.0)


@given(st.lists(st.tuples(st.floats(0.1, 500), st.sets(st.sampled_from([NAKED, FROZEN]))), max_size=60))
def test_ends_follow_beginnings_and_the_hour_has_its_limit(history: list[tuple[float, set[Subject]]]) -> None:
    rules = msgspec.structs.replace(RULES, most_per_hour=6)
    bulletin, now_s = Bulletin(rules), 0.0
    is_open: dict[Subject, bool] = {}
    sent: list[float] = []
    for seconds, wrong in history:
        now_s += seconds
        news = bulletin.news(dict.fromkeys(wrong, "words"), now_s)
        sent += [now_s] if news else []
        for item in news:
            assert is_open.get(item.subject, False) is (item.change is not AlertChange.BEGAN)
            is_open[item.subject] = item.change is not AlertChange.OVER
    assert all(sum(begin <= at < begin + 3600 for at in sent) <= 6 for begin in sent)
