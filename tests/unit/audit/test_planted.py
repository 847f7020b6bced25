"""The faults that cost people money, planted in the records of an honest run."""

from decimal import Decimal
from pathlib import Path

import pytest

from src.audit import claims
from src.store.paths import Home
from tests.audit_fakes import (
    Change,
    Fields,
    audited,
    encoded,
    every,
    first,
    of_type,
    records,
    refuted,
    rewrite,
    with_values,
    write_document,
)


def closed(home: Home) -> Fields:
    return next(entry for entry in records(home.fills) if entry["type"] == "closed")


def without_exchange(home: Home) -> None:
    for path in home.paper_exchange.iterdir():
        path.unlink()


def test_honest_home_is_clean(lived: Home) -> None:
    findings = audited(lived)
    assert not findings.violations
    assert not findings.open
    assert [claim for claim in claims.CLAIMS if not findings.proven[claim]] == []


# the six that must never pass
def test_inverted_gain_is_caught(home: Home) -> None:
    def invert(fields: Fields) -> Fields:
        gross = -Decimal(fields["gross_pnl_usd"])
        net = gross - Decimal(fields["fees_usd"]) + Decimal(fields["funding_usd"])
        return fields | {"gross_pnl_usd": str(gross), "net_pnl_usd": str(net)}

    assert rewrite(home.fills, first(of_type("closed"), invert)) == 1
    found = refuted(home)
    assert found[claims.SIGN].ids == (closed(home)["position_id"],)
    assert found[claims.SIGN].seq == closed(home)["seq"]
    assert "gross" in found[claims.CLOSING].expected


def test_gain_that_every_record_inverts_is_caught(home: Home) -> None:
    def inverted(fields: Fields) -> Fields:
        return fields | {"gross_pnl_usd": str(-Decimal(fields["gross_pnl_usd"]))}

    rewrite(home.fills, every(of_type("closed"), inverted))
    findings = audited(home)
    assert findings.refuted[claims.SIGN] == sum(e["type"] == "closed" for e in records(home.fills))


def test_bypassed_check_is_caught(home: Home) -> None:
    traded = every(lambda fields: fields["should_trade"], without_check("fees"))
    assert rewrite(home.decisions, traded) > 0
    violation = refuted(home)[claims.EVERY_CHECK]
    assert violation.found == "without fees"
    assert violation.file == "logs/conviction_gate.jsonl"


def test_check_that_is_overruled_is_caught(home: Home) -> None:
    blocked = first(lambda fields: not fields["should_trade"], pass_all)
    assert rewrite(home.decisions, blocked) == 1
    assert "BLOCK" in refuted(home)[claims.RULING].expected
    assert refuted(home)[claims.RULING].found == "PASS"


def test_trade_against_a_block_is_caught(home: Home) -> None:
    entry = next(event for event in records(home.orders) if event["type"] == "intent")
    decided = {"should_trade": False, "size_usd": 0.0, "blocked_by": ["fees"]}
    blocked = first(lambda fields: fields["signal_id"] == entry["signal_id"], with_values(**decided))
    assert rewrite(home.decisions, blocked) == 1
    found = refuted(home)
    assert claims.OBEYED in found
    assert found[claims.HAS_DECISION].ids == (entry["cli_ord_id"], entry["position_id"])


def test_exit_booked_at_the_best_price_ever_seen_is_caught(home: Home) -> None:
    best = first(of_type("closed"), at_price(best_price(home, closed(home))))
    assert rewrite(home.fills, best) == 1
    assert "exit price by its fills" in refuted(home)[claims.CLOSING].expected


@pytest.mark.parametrize("known", [True, False], ids=["exchange known", "exchange unknown"])
def test_fill_booked_at_the_best_price_ever_seen_is_caught(home: Home, *, known: bool) -> None:
    position = closed(home)
    best = best_price(home, position)

    def hand(fields: Fields) -> Fields:
        if fields["type"] == "fill" and is_exit(fields, position):
            return fields | {"price": str(best)}
        return at_price(best)(fields) if fields["type"] == "closed" else fields  # type: ignore[return-value] # one line

    ours = every(lambda fields: fields.get("position_id") == position["position_id"], hand)
    assert rewrite(home.fills, ours) == 2
    if not known:
        without_exchange(home)
    found = refuted(home)
    assert claims.CLOSING not in found
    assert claims.IN_MARKET in found
    assert (claims.EXCHANGE_FILLS in found) is known


@pytest.mark.parametrize("renamed", [False, True], ids=["same name", "another name"])
def test_doubled_fill_is_caught(home: Home, *, renamed: bool) -> None:
    name = {"fill_id": "another"} if renamed else {}
    assert rewrite(home.fills, first(of_type("fill"), lambda fields: [fields, fields | name])) == 1
    found = refuted(home)
    assert (claims.BOOKED_ONCE in found) is not renamed
    if renamed:
        assert found[claims.EXCHANGE_FILLS].ids == ("another",)
        assert "contracts of the order" in found[claims.HAS_ORDER].expected


def test_lost_order_is_caught(home: Home) -> None:
    entry = next(event for event in records(home.orders) if event["type"] == "intent")
    of_it = every(lambda fields: fields["cli_ord_id"] == entry["cli_ord_id"], lambda _: None)
    assert rewrite(home.orders, of_it) > 0
    found = refuted(home)
    assert entry["cli_ord_id"] in found[claims.HAS_ORDER].ids
    assert found[claims.HAS_ORDER].found == entry["cli_ord_id"]
    assert claims.HAS_ENTRY in found


def test_order_whose_fills_were_lost_is_caught(home: Home) -> None:
    lost = next(entry for entry in records(home.fills) if entry["type"] == "fill")
    of_it = every(lambda fields: fields.get("position_id") == lost["position_id"], lambda _: None)
    rewrite(home.fills, of_it)
    found = refuted(home)
    assert found[claims.ALL_BOOKED].file == "logs/orders.jsonl"
    assert lost["cli_ord_id"] in found[claims.ALL_BOOKED].ids
    assert found[claims.EXCHANGE_FILLS].ids == (lost["fill_id"],)


def test_two_writers_are_caught(home: Home) -> None:
    turn = [0]

    def interleave(fields: Fields) -> Fields:
        turn[0] += 1
        return fields | {"boot": "aaaaaa" if turn[0] % 2 else "bbbbbb"}

    rewrite(home.orders, interleave)
    violation = refuted(home)[claims.WRITER]
    assert (violation.file, violation.seq) == ("logs/orders.jsonl", 3)
    assert violation.found == "main of start aaaaaa again"


def test_a_strange_writer_is_caught(home: Home) -> None:
    rewrite(home.fills, first(of_type("fill"), with_values(w="somebody")))
    assert refuted(home)[claims.WRITER].expected == "writer main"


# one number here, one line there
def intent(**values: object) -> Change:
    return first(of_type("intent"), with_values(**values))


def of_stop(**values: object) -> Change:
    return first(of_type("intent", purpose="STOP"), with_values(**values))


def a_fill(**values: object) -> Change:
    return first(of_type("fill"), with_values(**values))


def a_closing(**values: object) -> Change:
    return first(of_type("closed"), with_values(**values))


def a_trade(**values: object) -> Change:
    return first(lambda fields: bool(fields["should_trade"]), with_values(**values))


def gone(kind: str) -> Change:
    return first(of_type(kind), lambda _: None)


CASES: tuple[tuple[str, Change, str], ...] = (
    ("orders", intent(symbol="PF_SOLUSD"), claims.HAS_DECISION),
    ("orders", intent(size="99999"), claims.HAS_DECISION),
    ("orders", intent(stop_bps=1.0), claims.HAS_DECISION),
    ("orders", intent(signal_id="PF_XBTUSD-OFI-1"), claims.HAS_DECISION),
    ("orders", intent(cli_ord_id="tbsimaaaaaaaaaaaaa"), claims.HAS_INTENT),
    ("orders", intent(limit_price="0.01"), claims.HAS_ORDER),
    ("orders", first(of_type("intent"), lambda fields: [fields, fields]), claims.HAS_INTENT),
    ("orders", of_stop(reduce_only=False), claims.HAS_ENTRY),
    ("orders", of_stop(position_id="PF_XBTUSD-OFI-1"), claims.HAS_ENTRY),
    ("orders", first(of_type("update"), with_values(state="UNKNOWN")), claims.FATE),
    ("orders", first(of_type("update"), with_values(state="REJECTED")), claims.ALL_BOOKED),
    ("orders", first(of_type("update"), with_values(filled="99999")), claims.ALL_BOOKED),
    ("orders", every(of_type("cancel"), with_values(cli_ord_id="tbsimnobody000000")), claims.HAS_INTENT),
    ("fills", a_fill(size="0.0001"), claims.EXCHANGE_FILLS),
    ("fills", a_fill(size="0.0001"), claims.ALL_BOOKED),
    ("fills", a_fill(price="1"), claims.IN_MARKET),
    ("fills", a_fill(fee_usd="0"), claims.CLOSING),
    ("fills", a_fill(cli_ord_id=None), claims.HAS_ORDER),
    ("fills", a_fill(position_id="PF_XBTUSD-OFI-1"), claims.HAS_ORDER),
    ("fills", a_fill(order_id="another"), claims.HAS_ORDER),
    ("fills", a_fill(reason="external"), claims.HAS_ORDER),
    ("fills", gone("fill"), claims.EXCHANGE_FILLS),
    ("fills", gone("funding"), claims.EXCHANGE_STATE),
    ("fills", first(of_type("funding"), lambda fields: [fields, fields]), claims.BOOKED_ONCE),
    ("fills", first(of_type("funding"), with_values(amount_usd="100")), claims.EXCHANGE_STATE),
    ("fills", first(of_type("opened"), with_values(balance_usd="20000")), claims.POSITIONS_FILE),
    ("fills", first(of_type("opened"), lambda fields: [fields, fields]), claims.BOOKED_ONCE),
    ("fills", gone("closed"), claims.CLOSING),
    ("fills", first(of_type("closed"), lambda fields: [fields, fields]), claims.CLOSING),
    ("fills", a_closing(fees_usd="0"), claims.CLOSING),
    ("fills", a_closing(funding_usd="50"), claims.CLOSING),
    ("fills", a_closing(net_pnl_usd="50"), claims.CLOSING),
    ("fills", a_closing(exit_reason="luck"), claims.CLOSING),
    ("fills", a_closing(entry_price="1"), claims.CLOSING),
    ("fills", a_closing(size="1000"), claims.CLOSING),
    ("fills", a_closing(position_id="another"), claims.CLOSING),
    ("decisions", a_trade(score=0.9), claims.SCORE),
    ("decisions", a_trade(conviction="ULTRA"), claims.SCORE),
    ("decisions", a_trade(price=1.0), claims.HAS_SIGNAL),
    ("decisions", a_trade(coverage=99), claims.HAS_SIGNAL),
    ("decisions", a_trade(signal_id="PF_XBTUSD-OFI-1"), claims.HAS_SIGNAL),
    ("decisions", a_trade(win_probability=0.99), claims.HAS_PREDICTION),
    ("decisions", a_trade(size_usd=1e6), claims.SIZE),
    ("decisions", a_trade(blocked_by=["fees"]), claims.OBEYED),
    ("decisions", a_trade(should_trade=False), claims.OBEYED),
    ("decisions", first(lambda fields: bool(fields["should_trade"]), lambda f: [f, f]), claims.DECIDED_ONCE),
    ("decisions", first(lambda fields: bool(fields["should_trade"]), lambda _: None), claims.HAS_DECISION),
    ("predictive_signals", every(lambda _: True, with_values(price=1.0)), claims.HAS_SIGNAL),
    ("ensemble_predictions", first(lambda _: True, with_values(w="me")), claims.WRITER),
    ("windows", first(lambda _: True, with_values(mid="high")), claims.NUMBERING),
)


@pytest.mark.parametrize(("file", "hand", "claim"), CASES)
def test_a_changed_record_is_caught(home: Home, file: str, hand: Change, claim: str) -> None:
    path: Path = getattr(home, file)
    assert rewrite(path, hand) > 0
    violation = refuted(home)[claim]
    assert violation.file.startswith(("logs/", "feature_store/"))
    assert violation.expected
    assert violation.found


def without_check(name: str) -> Change:
    return lambda fields: fields | {"verdicts": [v for v in fields["verdicts"] if v["check"] != name]}


def pass_all(fields: Fields) -> Fields:
    passed = [verdict | {"ruling": "PASS"} for verdict in fields["verdicts"]]
    size = next(verdict["measured"] for verdict in passed if verdict["check"] == "size") or 1.0
    return fields | {"verdicts": passed, "blocked_by": [], "should_trade": True, "size_usd": size}


def best_price(home: Home, position: Fields) -> Decimal:
    """Return the best mid that the position ever saw, well beyond its exit."""
    sign = 1 if position["direction"] == "LONG" else -1
    mids = [w["mid"] for w in records(home.windows) if w["symbol"] == position["symbol"] and w["mid"]]
    best = max(mids, key=lambda mid: sign * mid)
    assert sign * (best - float(position["exit_price"])) > 0
    return Decimal(str(best))


def at_price(price: Decimal) -> Change:
    def hand(fields: Fields) -> Fields:
        sign = 1 if fields["direction"] == "LONG" else -1
        gross = sign * (price - Decimal(fields["entry_price"])) * Decimal(fields["size"])
        net = gross - Decimal(fields["fees_usd"]) + Decimal(fields["funding_usd"])
        return fields | {"exit_price": str(price), "gross_pnl_usd": str(gross), "net_pnl_usd": str(net)}

    return hand


def is_exit(fields: Fields, position: Fields) -> bool:
    return (fields["side"] == "sell") is (position["direction"] == "LONG")


# documents and the exchange
def test_positions_file_that_disagrees_is_caught(home: Home) -> None:
    write_document(home.positions_futures, lambda fields: fields.update(cash_usd="1"))
    assert refuted(home)[claims.POSITIONS_FILE].expected.startswith("cash")


def test_positions_file_of_lines_that_are_not_there_is_caught(home: Home) -> None:
    write_document(home.positions_futures, lambda fields: fields.update(as_of_seq=10**6))
    assert "at most" in refuted(home)[claims.POSITIONS_FILE].expected


def test_naked_position_is_caught(home: Home) -> None:
    def strip(fields: Fields) -> None:
        assert fields["open_positions"]
        for view in fields["open_positions"]:
            view["stop"] = None

    write_document(home.positions_futures, strip)
    assert refuted(home)[claims.PROTECTED].found == "none"


def test_document_that_cannot_be_read_is_caught(home: Home) -> None:
    home.learning_state.unlink(missing_ok=True)
    home.learning_state.write_text("{", encoding="ascii")
    assert refuted(home)[claims.DOCUMENT].file == "feature_store/learning_state.json"


@pytest.mark.parametrize("kind", ["policies", "weights"])
def test_a_kept_version_that_cannot_be_read_is_caught(home: Home, kind: str) -> None:
    kept = next(home.versions.glob(f"{kind}_*.json"))
    torn = kept.read_bytes()[:-20]
    kept.unlink()  # the copies of the home share their files
    kept.write_bytes(torn)
    assert refuted(home)[claims.DOCUMENT].file == kept.relative_to(home.root).as_posix()


def test_journal_of_the_exchange_that_contradicts_itself_is_caught(home: Home) -> None:
    def forget(fields: Fields) -> Fields:
        return fields | {"effects": [e for e in fields["effects"] if e["effect"] != "executed"]}

    journal = home.paper_exchange / "journal.jsonl"
    assert rewrite(journal, first(lambda fields: fields["cause"] == "sendorder", forget)) == 1
    violation = refuted(home)[claims.EXCHANGE_STATE]
    assert violation.file == "feature_store/paper_exchange/journal.jsonl"
    assert "PF_" in violation.found


def test_resting_order_that_the_journal_does_not_know_is_caught(home: Home) -> None:
    stop = [event for event in records(home.orders) if event.get("purpose") == "STOP"][-1]
    rewrite(home.orders, every(lambda fields: fields["cli_ord_id"] == stop["cli_ord_id"], lambda _: None))
    assert stop["cli_ord_id"] in refuted(home)[claims.EXCHANGE_STATE].ids


def test_line_whose_checksum_does_not_fit_is_caught(home: Home) -> None:
    content = home.fills.read_bytes().replace(b'"fee_usd":"0.', b'"fee_usd":"9.', 1)
    home.fills.unlink()
    home.fills.write_bytes(content)
    assert "checksum" in refuted(home)[claims.NUMBERING].found


def test_missing_line_is_caught_and_named(home: Home) -> None:
    rewrite(home.decisions, first(lambda fields: fields["seq"] == 7, lambda _: None), renumber=False)
    violation = refuted(home)[claims.NUMBERING]
    assert (violation.file, violation.seq) == ("logs/conviction_gate.jsonl", 8)
    assert violation.found == "lines 7 to 7 are gone"


def test_line_that_stands_twice_is_caught(home: Home) -> None:
    twice = first(lambda fields: fields["seq"] == 7, lambda fields: [fields, fields])
    rewrite(home.signals_universe, twice, renumber=False)
    assert refuted(home)[claims.NUMBERING].found == "line 7 again"


def test_encoded_lines_are_those_of_the_writer(lived: Home) -> None:
    line = lived.fills.read_bytes().splitlines()[3]
    assert encoded(records(lived.fills)[2]) == line + b"\n"
