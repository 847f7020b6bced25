"""Users' files become bars, or an error that says where to look and what is wrong there."""

import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.markets import bars_open
from src.exchange.simulator.markets.bars_file import Piece
from src.exchange.simulator.markets.bars_reading import bars_span, read_series
from src.exchange.simulator.markets.bars_series import Rows
from src.exchange.simulator.markets.bars_spacing import LONG_RUN, Spacing
from src.exchange.simulator.markets.bars_spec import BarsSpec
from src.exchange.simulator.markets.errors import BarsError
from tests.bars_fakes import HEADER, START, Bar, in_ms, walk, write_csv, write_frame

XBT = "PF_XBTUSD"
BARS = walk(50)


def rows_of(path: Path, symbol: str = XBT) -> Rows:
    (series,) = read_series(BarsSpec(path), (symbol,), scratch=None)
    return series.between(0, 1e12)


def same(rows: Rows, bars: list[Bar]) -> bool:
    return [tuple(row) for row in rows.tolist()] == [tuple(bar) for bar in bars]


def iso(bars: list[Bar], text: str) -> list[tuple[object, ...]]:
    return [(np.datetime64(int(bar[0]), "s").item().strftime(text), *bar[1:]) for bar in bars]


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_freqtrade_files_are_read_exactly(tmp_path: Path, suffix: str) -> None:
    path = write_frame(tmp_path / f"BTC_USDT_USDT-1m-futures{suffix}", BARS)
    assert same(rows_of(path), BARS)
    assert bars_span(BarsSpec(path)) == (START, START + 50 * 60)


@pytest.mark.parametrize(
    "rows",
    [
        in_ms(BARS),
        [(int(bar[0]), *bar[1:]) for bar in BARS],
        [(f"{bar[0]:.1f}", *bar[1:]) for bar in BARS],
        iso(BARS, "%Y-%m-%d %H:%M:%S+00:00"),
        iso(BARS, "%Y-%m-%dT%H:%M:%SZ"),
        iso(BARS, "%Y-%m-%dT%H:%M:%S.000Z"),
        iso(BARS, "%Y-%m-%d %H:%M:%S"),
        iso(BARS, "%Y-%m-%d %H:%M"),
    ],
    ids=["ms", "seconds", "float", "offset", "zulu", "zulu_ms", "naive", "minutes"],
)
@pytest.mark.parametrize("name", ["PF_XBTUSD.csv", "BTCUSDT-1m.csv.gz"])
def test_a_text_may_write_its_times_in_any_usual_way(
    tmp_path: Path, name: str, rows: list[tuple[object, ...]]
) -> None:
    assert same(rows_of(write_csv(tmp_path / name, rows)), BARS)


def test_a_zone_is_minded(tmp_path: Path) -> None:
    rows = [("2024-01-01T05:30:00+05:30", 1, 1, 1, 1, 0), ("2024-01-01T05:31:00+05:30", 1, 1, 1, 1, 0)]
    assert rows_of(write_csv(tmp_path / "PF_XBTUSD.csv", rows))["ts"].tolist() == [START, START + 60]


def test_columns_of_ccxt_in_any_case_and_order(tmp_path: Path) -> None:
    header = ("Volume", "Close", "low", "HIGH", "open", "Timestamp", "extra")
    rows = [(*reversed(row), "x") for row in in_ms(BARS)]
    assert same(rows_of(write_csv(tmp_path / "PF_XBTUSD.csv", rows, header)), BARS)


def test_one_file_may_hold_many_symbols(tmp_path: Path) -> None:
    other = walk(40, seed=2)
    rows = [(*row, "BTC/USD:USD") for row in in_ms(BARS)] + [(*row, "ETH/USDT:USDT") for row in in_ms(other)]
    rows.sort(key=lambda row: row[0])  # type: ignore[arg-type,return-value] # milliseconds
    path = write_csv(tmp_path / "all.csv", rows, (*HEADER, "symbol"))
    assert same(rows_of(path), BARS)
    assert same(rows_of(path, "PF_ETHUSD"), other)


def test_a_folder_holds_a_file_a_symbol(tmp_path: Path) -> None:
    write_frame(tmp_path / "BTC_USDT_USDT-1m-futures.feather", BARS)
    write_csv(tmp_path / "PF_ETHUSD.csv", in_ms(walk(60, seed=3)))
    (tmp_path / "BTC_USDT_USDT-8h-funding_rate.feather").write_bytes(b"not asked for")
    (tmp_path / "BTC_USDT_USDT-1m-mark.feather").write_bytes(b"not asked for")
    (tmp_path / "notes.txt").write_text("not bars")
    assert same(rows_of(tmp_path), BARS)
    assert bars_span(BarsSpec(tmp_path)) == (START, START + 3600)


def test_files_of_other_symbols_are_not_read(tmp_path: Path) -> None:
    write_frame(tmp_path / "PF_XBTUSD.parquet", BARS)
    write_csv(tmp_path / "PF_ETHUSD.csv", [("broken",) * 6])
    assert same(rows_of(tmp_path), BARS)


def test_a_timeframe_picks_files(tmp_path: Path) -> None:
    write_frame(tmp_path / "BTC_USDT-1m.feather", BARS)
    write_frame(tmp_path / "BTC_USDT-5m.feather", walk(5, bar_s=300))
    with pytest.raises(BarsError, match=r"1m\.feather and .*5m\.feather are both of PF_XBTUSD.*timeframe"):
        rows_of(tmp_path)
    (series,) = read_series(BarsSpec(tmp_path, timeframe="5m"), (XBT,), scratch=tmp_path)
    assert series.bar_s == 300
    with pytest.raises(BarsError, match="no files of 3m"):
        read_series(BarsSpec(tmp_path, timeframe="3m"), (XBT,), scratch=None)


def test_a_symbol_without_bars_is_named_with_what_there_is(tmp_path: Path) -> None:
    write_frame(tmp_path / "PF_ETHUSD.parquet", BARS)
    with pytest.raises(BarsError, match="has no PF_XBTUSD; it has PF_ETHUSD"):
        rows_of(tmp_path)


def changed(row: int, column: int, value: object) -> list[list[object]]:
    rows: list[list[object]] = [list(one) for one in in_ms(BARS)]
    rows[row][column] = value
    return rows


FAULTS: list[tuple[list[list[object]], str]] = [
    (changed(7, 2, "abc"), "line 9: 'abc' is no number"),
    (changed(7, 3, ""), "line 9, column low: the cell is empty"),
    (changed(7, 3, "nan"), "line 9, column low: the cell is empty"),
    (changed(7, 2, "inf"), "line 9, column high: inf is no finite number"),
    (changed(7, 1, 0), "line 9, column open: 0 is no price above 0"),
    (changed(7, 3, -5), "line 9, column low: -5 is no price above 0"),
    (changed(7, 2, 1.0), "line 9, column open: .* is above the bar's high"),
    (changed(7, 4, 1e6), "line 9, column close: 1000000 is above the bar's high"),
    (changed(7, 1, 1.0), "line 9, column open: 1 is below the bar's low"),
    (changed(7, 5, -1), "line 9, column volume: -1 is below 0"),
    (changed(7, 0, in_ms(BARS)[6][0]), "line 9, the bar of 2024-01-01 00:06:00 UTC .* stands here twice"),
    (
        changed(7, 0, in_ms(BARS)[2][0]),
        "line 9, the bar of 2024-01-01 00:02:00 UTC .* comes after a later one",
    ),
    (changed(7, 0, in_ms(BARS)[7][0] + 500), "line 9, column date: .* no time in whole seconds"),  # type: ignore[operator] # milliseconds
    (changed(7, 0, "soon"), "column date, or further down: .*soon"),
    (changed(7, 0, 10**17), "line 9, column date: .* no time in whole seconds"),
    (changed(7, 0, ""), "line 9, column date: the cell is empty"),
    (changed(0, 0, in_ms(BARS)[0][0] - 1000), "mixed: bars of 60 s, and 61 s"),  # type: ignore[operator] # milliseconds
    ([list(row) for row in in_ms(BARS)][:1], "line 2: PF_XBTUSD has one bar only"),
    ([], "holds no bars"),
    ([["1", "2"]], "line 2: Expected 6 columns, got 2"),
]


@pytest.mark.parametrize(("rows", "says"), FAULTS, ids=[says[:40] for _, says in FAULTS])
def test_whatever_is_wrong_is_named_with_its_place(
    tmp_path: Path, rows: list[list[object]], says: str
) -> None:
    path = write_csv(tmp_path / "PF_XBTUSD.csv", rows)
    with pytest.raises(BarsError, match=says) as caught:
        rows_of(path)
    assert str(caught.value).startswith(str(path))


def test_rows_are_counted_through_the_pieces_of_a_long_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars_open, "_BLOCK_BYTES", 256)
    path = write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(BARS))
    assert same(rows_of(path), BARS)
    for row in (0, 13, 49):
        with pytest.raises(BarsError, match=f"line {row + 2}: 'abc' is no number"):
            rows_of(write_csv(path, changed(row, 2, "abc")))
        with pytest.raises(BarsError, match=f"line {row + 2}, column volume: -1 is below 0"):
            rows_of(write_csv(path, changed(row, 5, -1)))


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_rows_of_a_frame_are_counted_from_one(tmp_path: Path, suffix: str) -> None:
    bars = [*BARS[:7], (*BARS[7][:5], -1.0), *BARS[8:]]
    with pytest.raises(BarsError, match="row 8, column volume: -1 is below 0"):
        rows_of(write_frame(tmp_path / f"PF_XBTUSD{suffix}", bars))


def test_a_frame_without_a_number_names_its_row(tmp_path: Path) -> None:
    path = write_frame(tmp_path / "PF_XBTUSD.parquet", BARS)
    table = pa.parquet.read_table(path)
    low = table["low"].to_pylist()
    low[3] = None
    pa.parquet.write_table(table.set_column(3, "low", pa.array(low, pa.float64())), path)
    with pytest.raises(BarsError, match="row 4, column low: the cell is empty"):
        rows_of(path)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (("date", "open", "high", "low", "close", "qty"), "no column volume; it has date, open.*qty"),
        (("when", "open", "high", "low", "close", "volume"), "no column date or timestamp"),
        (("a", "b", "c", "d", "e", "f"), "no column date or timestamp, open, high, low, close, volume"),
    ],
)
def test_missing_columns_are_all_named(tmp_path: Path, header: tuple[str, ...], says: str) -> None:
    with pytest.raises(BarsError, match=says):
        rows_of(write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(BARS), header))


def test_a_file_must_tell_whose_bars_it_holds(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match="does not tell whose bars"):
        rows_of(write_csv(tmp_path / "candles.csv", in_ms(BARS)))
    rows = [(*row, "ETH/BTC") for row in in_ms(BARS)]
    with pytest.raises(BarsError, match="line 2, column pair: 'ETH/BTC' is no pair with the dollar"):
        rows_of(write_csv(tmp_path / "candles.csv", rows, (*HEADER, "pair")))


@pytest.mark.parametrize(
    "name", ["PF_XBTUSD.parquet", "PF_XBTUSD.feather", "PF_XBTUSD.csv.gz", "PF_XBTUSD.csv"]
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe no bars at all")
    with pytest.raises(BarsError, match=name):
        rows_of(path)
    path.write_bytes(b"")
    with pytest.raises(BarsError, match=name):
        rows_of(path)


def test_a_gzip_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "PF_XBTUSD.csv.gz", in_ms(walk(2000)))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BarsError, match="cannot be read"):
        rows_of(path)
    path.write_bytes(gzip.compress(b"date,open\n"))
    with pytest.raises(BarsError, match="no column high"):
        rows_of(path)


def test_nowhere_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match="no such file or folder"):
        rows_of(tmp_path / "nowhere.csv")
    with pytest.raises(BarsError, match=r"no files that end in \.csv"):
        rows_of(tmp_path)
    (tmp_path / "bars.json").write_text("[]")
    with pytest.raises(BarsError, match="of no kind"):
        rows_of(tmp_path / "bars.json")


def test_holes_are_no_mixed_spacing_but_bars_of_two_lengths_are(tmp_path: Path) -> None:
    path = tmp_path / "PF_XBTUSD.csv"
    holes = [bar for n, bar in enumerate(walk(300)) if n % 7 not in {2, 3} and not 100 < n < 130]
    (series,) = read_series(BarsSpec(write_csv(path, in_ms(holes))), (XBT,), scratch=None)
    assert series.bar_s == 60
    assert same(series.between(0, 1e12), holes)
    fives = walk(LONG_RUN + 1, bar_s=300, start=START + 50 * 60)
    with pytest.raises(
        BarsError, match="line 53: the spacing of PF_XBTUSD is mixed: bars of 60 s, and 300 s"
    ):
        rows_of(write_csv(path, in_ms(BARS + fives)))


def test_bars_must_stand_on_the_grid_of_utc(tmp_path: Path) -> None:
    late = [(bar[0] + 7.0, *bar[1:]) for bar in BARS]
    with pytest.raises(BarsError, match=r"line 2: bars of 60 s open at whole multiples.*00:00:07 UTC"):
        rows_of(write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(late)))


@given(
    kept=st.lists(st.booleans(), min_size=2, max_size=80).filter(lambda kept: sum(kept) >= 2),
    cuts=st.lists(st.integers(0, 80), max_size=6),
)
def test_pieces_of_any_size_tell_the_same(kept: list[bool], cuts: list[int]) -> None:
    times = np.array([START + 60 * n for n, there in enumerate(kept) if there], dtype=np.int64)
    count = len(times)
    assert told(times, sorted({0, count, *(min(cut, count) for cut in cuts)})) == told(times, [0, count])


def told(times: npt.NDArray[np.int64], edges: list[int]) -> object:
    """Return what a spacing says of times that come in pieces."""
    spacing = Spacing(XBT)
    for start, end in pairwise(edges):
        spacing.add(Piece(XBT, Path("x.csv"), np.arange(start, end), times[start:end], np.empty((0, 0))))
    try:
        return spacing.span()
    except BarsError as error:
        return str(error)
