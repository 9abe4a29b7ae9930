"""Whatever holds the data, a size is the same; whatever is not a data, the error has three sentences."""

from __future__ import annotations

import functools
import re
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import Microdata, population
from diplab.errors import ColumnError, DesignError, DiplabError, MisleadingError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.population.kernel import loglinear
from tests.recorded_histories import SPINA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HISTORIES = SPINA.set_axis([*"abc", "persons"], axis=1)
PAIRS = pd.DataFrame({
    "n1": [900, 900, 800, 900, 800, 850], "n2": [800, 850, 850, 820, 820, 820], "m": [80, 70, 79, 61, 69, 82],
    "date1": [0, 0, 60, 0, 60, 120], "date2": [60, 120, 120, 180, 180, 180],
})  # fmt: skip
SEEN = pd.DataFrame({"times": [1, 2, 1, 3, 1, 2, 1, 1], "age": [20, 31, 45, 28, 39, 52, 23, 34]})


HOLDERS: tuple[Callable[[pd.DataFrame], Any], ...] = (
    *(
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).lazy(),
        lambda frame: pl.from_pandas(frame).to_arrow(),
    ),
    *(nw.from_native, lambda frame: nw.from_native(pl.from_pandas(frame))),
    duckdb.from_df,
    lambda frame: Microdata(frame, Codebook()),
    # another index, and one for all rows
    *(
        lambda frame: frame.set_axis(range(70, 70 + 2 * len(frame), 2)),
        lambda frame: frame.set_axis([0] * len(frame)),
    ),
)
TREE = pd.DataFrame(
    {"id": range(4), "recruiter": [None, 0, 0, 1], "degree": [4, 2, 2, 4], "y": [0, 1, 0, 0]}
)
KNOWN = pd.DataFrame({"nurses": [3, 1, 4, 2], "riders": [0, 1, 2, 1]})
COUNTED: dict[str, tuple[pd.DataFrame, Callable[[Any], Any]]] = {
    "closed": (HISTORIES, lambda data: population.closed(data, "Mt", count="persons")),
    "lists": (HISTORIES, lambda data: population.lists(data, "persons", "[12,3]")),
    "search_lists": (HISTORIES, lambda data: population.search_lists(data, "persons")),
    "open_population": (HISTORIES, lambda data: population.open_population(data, "persons")),
    "window_pairs": (PAIRS, population.window_pairs),
    "individual": (
        HISTORIES,
        lambda data: population.individual("~ persons", data, occasions=[*"abc"], model="Mt"),
    ),
    "rds_ii": (TREE, lambda data: population.rds(data, "y", replicates=0, estimator="rds_ii")),
    "scale_up": (KNOWN, lambda data: population.scale_up(data, "riders", 10_000, {"nurses": 50})),
    "regression": (
        SEEN,
        lambda data: population.single_source_regression("~ age", data, "times", "poisson"),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def solved_once() -> Iterator[None]:
    """Solve each table of counts once: whatever holds the data, the same table comes to be solved, or a new one is."""
    known: dict[tuple[bytes, ...], tuple[np.ndarray, ...]] = {}
    solve = loglinear._newton

    def solved(*arguments: np.ndarray | None) -> tuple[np.ndarray, ...]:
        key = tuple(
            repr((np.shape(each), each is None)).encode() + np.asarray(each).tobytes()
            for each in arguments
        )
        if key not in known:
            known[key] = solve(*arguments)
        return tuple(each.copy() for each in known[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loglinear, "_newton", solved)
        yield


@pytest.mark.parametrize("name", COUNTED)
def test_a_size_does_not_depend_on_what_holds_the_table(name: str) -> None:
    frame, counted = COUNTED[name]
    expected = counted(frame).frame
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for holder in HOLDERS:
            pd.testing.assert_frame_equal(counted(holder(frame)).frame, expected)


def test_columns_may_have_any_name() -> None:
    closed = functools.partial(population.closed, model="Mt")
    for counted in (
        lambda data, count: closed(data, count=count),
        population.lists,
        population.open_population,
    ):
        expected = counted(HISTORIES, "persons").frame["estimate"]
        for names in ([0, 1, 2, 3], [(0, 1), (0, 2), (1, 1), (1, 2)], ["a b", "c,d", " ", "~"]):
            renamed = HISTORIES.copy()
            renamed.columns = pd.Index(names, tupleize_cols=False)
            pd.testing.assert_series_equal(counted(renamed, names[3]).frame["estimate"], expected)


def test_numbers_of_a_narrow_type_do_not_overflow() -> None:
    for estimator in ("chapman", "petersen", "bailey"):
        expected = population.two_sample(200, 240, 100, estimator).frame
        for kind in (np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64):
            found = population.two_sample(kind(200), kind(240), kind(100), estimator).frame
            pd.testing.assert_frame_equal(found, expected)
    counts = [100, 50, 10]
    found = population.sensitivity(counts, occasions=np.int8(50)).frame  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(found, population.sensitivity(counts, occasions=50).frame)


def test_a_masked_cell_is_not_taken_for_its_hidden_value() -> None:
    met = HISTORIES[["a", "b", "c"]].to_numpy()
    masked = np.ma.masked_array(met, mask=met == 2)
    hidden = np.ma.masked_array(met, mask=np.arange(met.size).reshape(met.shape) == 0)
    assert population.open_population(masked).frame.equals(population.open_population(met).frame)
    for counted in (population.open_population, population.closed):
        with pytest.raises(ColumnError, match="1 of its 7 rows"):
            counted(hidden)  # type: ignore[operator]


def _chain() -> pd.DataFrame:
    columns = {
        "id": [1, 2, 3, 4],
        "recruiter": [None, 1, 2, 3],
        "degree": [3, 4, 5, 6],
        "y": [0, 1, 0, 1],
    }
    return pd.DataFrame(columns)


def test_what_is_no_data_is_refused(refused: Any) -> None:
    refused(lambda: population.two_sample(1000, 2000, True), OptionError)
    refused(lambda: population.two_sample(10**400, 10, 5), OptionError)
    refused(lambda: population.two_sample(1e12, 1e12, 1e6, interval="hypergeometric"), OptionError)
    refused(lambda: population.two_sample(10, 10, 5, ["chapman"]), OptionError)
    refused(lambda: population.schnabel([0, 9], [9, 9], [0, 3], ["schnabel"]), OptionError)
    refused(
        lambda: population.lists(HISTORIES.assign(persons=HISTORIES["persons"] * 10**9), "persons"),
        OptionError,
    )
    refused(lambda: population.closed({1: 10**15, 2: 10**15}, "Mh", occasions=6), OptionError)
    refused(lambda: population.beta_binomial([100, 50, 10], 10**9), OptionError)
    refused(lambda: population.window_pairs(PAIRS, "sixty"), OptionError)
    refused(lambda: population.window_pairs({0: ["a"], "2015-03-26": ["a"]}), OptionError)
    refused(lambda: population.rds(_chain(), "y", seed=1.5, estimator="rds_ii"), OptionError)
    refused(
        lambda: population.search_lists(HISTORIES, "persons", bootstrap=50, seed=-1), OptionError
    )
    refused(
        lambda: population.search_lists(HISTORIES, "persons", bootstrap="many", seed=1), OptionError
    )
    refused(lambda: population.search_lists(HISTORIES, "persons", entry_p="low"), OptionError)
    refused(lambda: population.search_lists(HISTORIES, "persons", order=2.5), OptionError)
    refused(lambda: population.lists(HISTORIES, "persons", columns="abc"), OptionError)
    refused(
        lambda: population.open_population(HISTORIES.set_axis(["a", "a", "c", "n"], axis=1)),
        ColumnError,
    )
    refused(lambda: population.open_population(HISTORIES, ["persons"]), OptionError)
    refused(lambda: population.lists(HISTORIES, 7), OptionError)
    refused(lambda: population.closed(HISTORIES[[]]), ColumnError)
    unnamed = _chain().assign(id=pd.array([1, 2, 3, None], dtype="Int64"))
    refused(lambda: population.rds(unnamed, "y", estimator="rds_ii"), DesignError)
    # confidence is a probability
    for confidence in (True, "0.95", 95, 0, 1, float("nan"), None):
        with pytest.raises(OptionError, match="not between 0 and 1"):
            population.two_sample(200, 240, 100, confidence=confidence)  # type: ignore[arg-type]
    # one of numpy is as good as one of Python
    found = population.two_sample(200, 240, 100, confidence=np.float32(0.5))
    pd.testing.assert_frame_equal(
        found.frame, population.two_sample(200, 240, 100, confidence=0.5).frame
    )
    # nobody on both is misleading, whatever the numbers are
    with pytest.raises(MisleadingError, match="at least 30 persons"):
        population.two_sample(np.int8(10), np.int8(20), np.int8(0))


def test_sizes_drawn_at_random_are_the_same_again_and_leave_the_state_of_numpy() -> None:
    np.random.seed(5)  # noqa: NPY002 the global state is what must not move
    before = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]  # noqa: NPY002
    chain = pd.concat([_chain()] * 5, ignore_index=True).assign(id=range(20))
    chain["recruiter"] = [None, *(at // 2 for at in range(19))]
    for drawn in (
        lambda: population.search_lists(HISTORIES, "persons", bootstrap=50, seed=3),
        lambda: population.rds(chain, "y", replicates=50, estimator="rds_ii"),
    ):
        pd.testing.assert_frame_equal(drawn().frame, drawn().frame, check_exact=True)
    after = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
    np.testing.assert_array_equal(before, after)


ASKED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "multiplier": (lambda odd: population.multiplier(100, 0.2, share_error=odd), "`share_error="),
    "prevalence": (lambda odd: population.prevalence(odd, 1000), "`sizes`"),
    "prevalence of a population": (lambda odd: population.prevalence(10, odd), "`population`"),
    "half_life": (
        lambda odd: population.half_life(survival=0.5, interval_days=odd),
        "`interval_days=",
    ),
    "multi_homing_curve": (lambda odd: population.multi_homing_curve(odd, 1.0), "`share_second="),
    "relative size": (lambda odd: population.multi_homing_curve(0.5, odd), "`relative_size="),
    "Source": (lambda odd: population.Source("a", odd, "published", "a page"), "accounts of `a`"),
    "circles": (lambda odd: population.circles([odd]), "`members` contains"),
    "individual": (
        lambda odd: population.individual("~ c", HISTORIES, occasions=odd),
        "`occasions=|`five` cannot be",
    ),
    "lists": (lambda odd: population.lists(HISTORIES, "persons", columns=odd), "`columns=|`f`"),
    "lists by": (
        lambda odd: population.lists(HISTORIES, "persons", by=odd),
        "`by` of `lists`|cannot be a stratum",
    ),
    "propensity_factor": (lambda odd: population.propensity_factor(1, 1, odd), "`occasions="),
}


@pytest.mark.parametrize("odd", [object(), "five", 1.5j], ids=["object", "word", "complex"])
def test_arguments_that_are_no_number_are_named(odd: Any) -> None:
    for asked, named in ASKED.values():
        with pytest.raises(DiplabError, match=named):
            asked(odd)


def test_columns_named_twice_are_refused() -> None:
    twice = pd.concat([HISTORIES, HISTORIES], axis=1)
    for asked in (
        population.headcount,
        population.weight_share,
        lambda table: population.dual_frame(table, table),
    ):
        with pytest.raises(ColumnError, match="The column `a` is in the table 2 times"):
            asked(twice)


# -- columns of 0 and 1 are read alike, whatever their type and whichever method asks ---------------------------------

MET, PERSONS = HISTORIES[[*"abc"]], HISTORIES["persons"].tolist()
EACH = MET.loc[np.repeat(range(7), PERSONS)].reset_index(drop=True)

METHODS: dict[str, Callable[[Any, str | None], Any]] = {
    "closed": lambda table, count: population.closed(table, "Mt", count=count),
    "open_population": population.open_population,
    "lists": lambda table, count: population.lists(table, count, "[1,2,3]"),
    "search_lists": population.search_lists,
    "sensitivity": lambda table, count: population.sensitivity(table, count=count),
}
WITHOUT_COUNT = METHODS | {
    "individual": lambda table, _: population.individual(
        "~ 1", table, occasions=[*"abc"], model="Mt"
    )
}

TYPES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "true and false": lambda met: met.astype(bool), "floats": lambda met: met.astype(float),
    "nullable": lambda met: met.astype("Int64"), "nullable true and false": lambda met: met.astype("boolean"),
    "categories": lambda met: met.astype("category"), "objects": lambda met: met.astype(object),
    "true and false as objects": lambda met: met.astype(bool).astype(object),
    "narrow": lambda met: met.astype(np.uint8), "polars": pl.from_pandas,
    "polars true and false": lambda met: pl.from_pandas(met.astype(bool)),
    "decimals": lambda met: pl.DataFrame({name: [Decimal(int(each)) for each in met[name]] for name in met}),
}  # fmt: skip


# a table of everything takes a third of a second: a few types of its marks, and of its rows
FEW = ("categories", "true and false as objects", "decimals")


@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_marks_are_the_same_in_every_type(method: str) -> None:
    expected = WITHOUT_COUNT[method](EACH, None).frame
    for holder in FEW if method == "sensitivity" else TYPES:
        pd.testing.assert_frame_equal(
            WITHOUT_COUNT[method](TYPES[holder](EACH), None).frame, expected
        )


@pytest.mark.parametrize("method", METHODS)
def test_persons_and_rows_are_the_same_in_every_type(method: str) -> None:
    count = METHODS[method]
    expected = count(HISTORIES, "persons").frame
    for kind in (
        ("Int64", "category")
        if method == "sensitivity"
        else (float, object, "Int64", np.uint16, "category")
    ):
        pd.testing.assert_frame_equal(
            count(HISTORIES.astype({"persons": kind}), "persons").frame, expected
        )
    # an array or rows are a table
    expected, values = count(EACH.set_axis(["1", "2", "3"], axis=1), None).frame, EACH.to_numpy()
    for rows in (
        (values.tolist(),)
        if method == "sensitivity"
        else (values, values.tolist(), values.astype(object))
    ):
        pd.testing.assert_frame_equal(count(rows, None).frame, expected)


NO_MARKS = [
    ([*"0101101"], "It holds '0'."), ([0, 1, 2, 0, 1, 1, 0], "It holds 2."),
    ([0, 1, 10**400, 0, 1, 1, 0], "It holds inf."),
    ([0, 1, np.nan, 0, 1, 1, 0], "It is missing in 1 of its 7 rows."),
    ([True, False, None, True, True, False, True], "It is missing in 1 of its 7 rows."),
    (pd.Categorical([*"0101101"]), "It holds '0'."),
    (pd.date_range("2020-01-01", periods=7), "It holds 2020-01-01 00:00:00."),
]  # fmt: skip


@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_other_marks_are_refused_alike(method: str, refused: Any) -> None:
    for values, wrong in NO_MARKS:
        with pytest.raises(
            ColumnError, match=f"(?s)^The column `a` was read as a.*{re.escape(wrong)}"
        ):
            WITHOUT_COUNT[method](MET.assign(a=values), None)
    if method in METHODS:
        for persons in (
            [*map(str, PERSONS)],
            [*PERSONS[:-1], -2],
            [*PERSONS[:-1], np.nan],
            [True] * 7,
        ):
            table = HISTORIES.assign(persons=persons)
            refused(lambda table=table: METHODS[method](table, "persons"), ColumnError)
