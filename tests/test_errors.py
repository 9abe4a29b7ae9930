"""Bad input gets three sentences: what was asked, what was found, what to write. Whole texts, on two engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ColumnError, ConditionError, DesignError, EmptyDomainError, LonelyPsuError, OptionError
from diplab.microdata.variable import Variable

INFINITE = float("inf")
FILE = pd.DataFrame(
    {
        "psu": [1, 2, 3, 4],
        "h": list("aabb"),
        "w": [1.0, 2, 3, 4],
        "y": [1.0, 2, 3, 4],
        "sex": list("ffmm"),
        "estimate": [1, 1, 2, 2],
        "bad": [1, -1, 2, 3.0],
        "gap": [1, None, 2, 3.0],
        "inf": [1, INFINITE, 2, 3],
        "zero": [0.0] * 4,
        "N": [1, 1, 4, 4.0],
        "mix": [0.5, 0.5, 4, 4],
        "var": [4, 5, 4, 4.0],
        "sp": [1, 2, 1, 2],
        "hgap": ["a", None, "b", "b"],
        "lone": list("abbb"),
    }
)


@pytest.fixture(scope="module", params=["pandas", "duckdb"])
def data(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "pandas":
        yield FILE
        return
    import duckdb

    with duckdb.connect() as connection:
        connection.register("handed_over", pl.from_pandas(FILE).to_arrow())
        connection.execute("create table answers as select * from handed_over")
        yield connection.table("answers")


Question = Callable[[Any], Any]


def case(name: str, question: Question, kind: type[dl.DiplabError]) -> Any:
    return pytest.param(question, kind, id=name)


CASES = [
    case("missing column", lambda x: dl.declare_design(x, weights="wieght"), ColumnError),
    case("negative", lambda x: dl.declare_design(x, weights="bad"), DesignError),
    case("missing", lambda x: dl.declare_design(x, weights="gap"), DesignError),
    case("infinite", lambda x: dl.declare_design(x, weights="inf"), DesignError),
    case("zero", lambda x: dl.declare_design(x, weights="zero"), DesignError),
    case("words", lambda x: dl.declare_design(x, weights="sex"), DesignError),
    case("empty domain", lambda x: dl.declare_design(x, weights="w", psu="psu").where("y > 100"), EmptyDomainError),
    case(
        "empty domain 2",
        lambda x: dl.declare_design(x, weights="w", psu="psu").where("sex == 'f'").where("y > 3"),
        EmptyDomainError,
    ),
    case(
        "empty universe", lambda x: dl.declare_design(x, weights="w", psu="psu").universe("y > 100"), EmptyDomainError
    ),
    case(
        "nobody answers",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu").where("y == 2"), dl.mean("gap")),
        EmptyDomainError,
    ),
    case(
        "lonely",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="lone"), dl.mean("y")),
        LonelyPsuError,
    ),
    case(
        "fpc small",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="N"), dl.mean("y")),
        DesignError,
    ),
    case(
        "fpc mixed",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="mix"), dl.mean("y")),
        DesignError,
    ),
    case(
        "fpc varying",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="var"), dl.mean("y")),
        DesignError,
    ),
    case(
        "fpc neg",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="bad"), dl.mean("y")),
        DesignError,
    ),
    case("fpc stages", lambda x: dl.declare_design(x, weights="w", psu="psu", fpc=["N", "N"]), DesignError),
    case(
        "crossing",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="sp", strata="h", nest=False), dl.mean("y")),
        DesignError,
    ),
    case("strata missing", lambda x: dl.declare_design(x, weights="w", psu="psu", strata="hgap"), DesignError),
    case("psu missing", lambda x: dl.declare_design(x, weights="w", psu="hgap"), DesignError),
    case(
        "by estimate",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu"), dl.mean("y"), by="estimate"),
        ColumnError,
    ),
    case(
        "by missing",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu"), dl.mean("y"), by="sx"),
        ColumnError,
    ),
    case("unreadable", lambda x: dl.declare_design(x, psu="psu").where("y >"), ConditionError),
    case("call", lambda x: dl.declare_design(x, psu="psu").where("__import__('os').remove('x')"), ConditionError),
    case("call2", lambda x: dl.declare_design(x, psu="psu").where("open('x','w')"), ConditionError),
    case("attr", lambda x: dl.declare_design(x, psu="psu").where("y.values"), ConditionError),
    case("sub", lambda x: dl.declare_design(x, psu="psu").where("y[0] == 1"), ConditionError),
    case("lambda", lambda x: dl.declare_design(x, psu="psu").where("(lambda: 1)() == 1"), ConditionError),
    case("power", lambda x: dl.declare_design(x, psu="psu").where("y ** 2 > 1"), ConditionError),
    case("num words", lambda x: dl.declare_design(x, psu="psu").where("sex == 1"), ConditionError),
    case("order words", lambda x: dl.declare_design(x, psu="psu").where("sex < 'm'"), ColumnError),
    case("order word num", lambda x: dl.declare_design(x, psu="psu").where("y < 'm'"), ConditionError),
    case("just word", lambda x: dl.declare_design(x, psu="psu").where("'m'"), ConditionError),
    case("constant", lambda x: dl.declare_design(x, psu="psu").where("1 == 1"), ConditionError),
    case("constant2", lambda x: dl.declare_design(x, psu="psu").where("True"), ConditionError),
    case("in col", lambda x: dl.declare_design(x, psu="psu").where("y in w"), ConditionError),
    case("in empty", lambda x: dl.declare_design(x, psu="psu").where("y in ()"), ConditionError),
    case("in expr", lambda x: dl.declare_design(x, psu="psu").where("y + 1 in (2, 3)"), ConditionError),
    case("none", lambda x: dl.declare_design(x, psu="psu").where("y == None"), ConditionError),
    case("sexcol", lambda x: dl.declare_design(x, psu="psu").where("sex == h"), ColumnError),
    case("tuple cmp", lambda x: dl.declare_design(x, psu="psu").where("y == (1, 2)"), ConditionError),
    case("wherecol", lambda x: dl.declare_design(x, psu="psu").where("agee > 1"), ColumnError),
    case("word col where", lambda x: dl.declare_design(x, psu="psu").where("sex"), ConditionError),
    case("mean words", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("sex")), ColumnError),
    case("mean nocol", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("incme")), ColumnError),
    case("lonely word", lambda x: dl.declare_design(x, lonely_psu="ajust"), OptionError),
    case("kind word", lambda x: dl.declare_design(x, kind="optin"), OptionError),
    case("df", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("y"), df="desing"), OptionError),
    case("conf", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("y"), confidence=95), OptionError),
    case("nostat", lambda x: dl.estimate(dl.declare_design(x, psu="psu")), OptionError),
    case("q", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 1.5)), OptionError),
    case("q0", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0)), OptionError),
    case(
        "rule", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0.5, rule="schol")), OptionError
    ),
    case(
        "qint",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0.5, interval="scores")),
        OptionError,
    ),
    case(
        "sint", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.share("sex", interval="logti")), OptionError
    ),
    case(
        "conv",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpr("y", convention="eurostate")),
        OptionError,
    ),
    case(
        "ton", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpr("y", threshold_on="nation")), OptionError
    ),
    case("frac", lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpt("y", fraction=0)), OptionError),
]


@pytest.mark.parametrize(("question", "kind"), CASES)
def test_sentences(data: Any, question: Question, kind: type[dl.DiplabError], error_text: Any) -> None:
    with pytest.raises(kind) as caught:
        question(data)
    error_text(caught)
    sentences = (caught.value.asked, caught.value.found, caught.value.write)
    assert str(caught.value) == " ".join(filter(None, sentences))


def refused(question: Callable[[], Any]) -> str:
    with pytest.raises(dl.DiplabError) as caught:
        question()
    return str(caught.value)


def test_words_that_the_file_does_not_hold(data: Any) -> None:
    """In memory the categories are known, and the nearest are offered; a database is not searched for them."""
    sample = dl.declare_design(data, psu="psu")
    text = refused(lambda: sample.where("sex == 'fem'"))
    if isinstance(data, pd.DataFrame):
        assert text == ("'fem' is none of the 2 categories of `sex`. The names are: `f`, `m`.")
    else:
        assert text == (
            "`sex == 'fem'` is a domain without respondents. None of the 4 rows with a positive weight is in it. "
            "Look at the values of `sex` and write a wider condition."
        )


@pytest.mark.parametrize("condition", ["y == 'f'", "y in (1, 'f')"])
def test_numbers_compared_with_words(data: Any, condition: str) -> None:
    """In memory the range of the numbers is known."""
    sample = dl.declare_design(data, psu="psu")
    codebook = "They go from 1 to 4, and the" if isinstance(data, pd.DataFrame) else "The"
    assert refused(lambda: sample.where(condition)) == (
        f"`y` holds numbers and cannot be compared with the word 'f'. {codebook} codebook has no such label. "
        "Write a code, for example `y == 1`."
    )


def test_a_label_of_two_codes() -> None:
    words = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("homme", "other")}
    answers = pd.DataFrame({"sex": [1, 2, 3]})
    sample = dl.declare_design(dl.Microdata(answers, dl.Codebook({"sex": Variable("sex", values=words)})))
    assert refused(lambda: sample.where("sex == 'homme'")) == (
        "The label 'homme' of `sex` in `sex == 'homme'` is ambiguous. It is the label of 2 codes: 2, 3. "
        "Write the code, for example `sex == 2`."
    )


def test_weights_from_the_fpc_of_a_database(data: Any) -> None:
    asked = {"psu": "psu", "strata": "h", "fpc": "zero"}
    text = refused(lambda: dl.declare_design(data, **asked))
    if isinstance(data, pd.DataFrame):
        assert text == (
            "`zero` cannot be the fpc. 4 of its 4 values are missing, infinite, zero or negative. "
            "Write population counts (above 1) or sampling fractions (above 0, at most 1)."
        )
    else:
        assert text == (
            "A design without weights was declared on data that stay in a database. "
            "Weights that follow from the fpc would need every unit of every row. "
            "Write `weights=` with a column of the data."
        )


def test_no_rows() -> None:
    for empty in (FILE.iloc[:0], pl.from_pandas(FILE.iloc[:0]).lazy()):
        assert refused(lambda empty=empty: dl.declare_design(empty, weights="w")) == (
            "The data have 16 columns and no row. Look at how the file was read, or at the filter that made them."
        )


def test_a_column_twice() -> None:
    assert refused(lambda: dl.declare_design(pd.concat([FILE, FILE[["y"]]], axis=1))) == (
        "The column `y` is in the data 2 times. Give each column a name of its own."
    )


def test_no_table() -> None:
    assert refused(lambda: dl.declare_design([1, 2])) == (
        "The data are not a table: a `list`. "
        "Write a frame of pandas or Polars, a DuckDB relation, or `dl.read('file.sav')`."
    )


def test_a_call_is_never_run(data: Any, tmp_path: Any) -> None:
    """The call that would make a file is refused, and makes none."""
    trace = tmp_path / "trace"
    sample = dl.declare_design(data, psu="psu")
    for text in (f"open({str(trace)!r}, 'w')", f"y > 1 or open({str(trace)!r}, 'w')"):
        assert "It holds a call, which conditions do not have." in refused(lambda text=text: sample.where(text))
        assert "It holds a call" in refused(lambda text=text: dl.estimate(sample, dl.mean(text)))
    assert not trace.exists()


def test_several_lonely_strata_are_named() -> None:
    alone = pd.DataFrame({"town": list("abcde"), "y": range(5)})
    sample = dl.declare_design(alone, strata="town")
    assert refused(lambda: dl.estimate(sample, dl.mean("y"))) == (
        "`lonely_psu='fail'`: a stratum with a single primary unit has no variance. "
        "5 of 5 strata have a single primary unit: `town` = a, `town` = b, `town` = c and 2 more. "
        "Merge such strata with a neighbour, or write a policy in `declare_design`: "
        "`lonely_psu='adjust'`, `'average'`, `'collapse'`, `'remove'` or `'certainty'`."
    )


@pytest.mark.parametrize(
    ("asked", "name", "write"),
    [
        (lambda given: dl.mean(given, "hours"), "mean", "dl.mean('hours')"),
        (lambda given: dl.cronbach_alpha(given, "c1", "c2"), "cronbach_alpha", "dl.cronbach_alpha('c1', 'c2')"),
        (dl.mcdonald_omega, "mcdonald_omega", "dl.mcdonald_omega('item_1', 'item_2', 'item_3')"),
        (dl.ratio, "ratio", "dl.ratio('numerator', 'denominator')"),
        (dl.count, "count", "dl.count()"),
        (lambda given: dl.quantile(given, "y", 0.5), "quantile", "dl.quantile('y', 0.5)"),
        (lambda given: dl.share(given, "y", interval="wald"), "share", "dl.share('y', interval='wald')"),
    ],
)
def test_data_given_to_a_statistic(data: Any, asked: Any, name: str, write: str) -> None:
    """`mean(sample, "hours")` was an error of the language, and `alpha(sample, "c1", "c2")` none at all."""
    sample = dl.declare_design(data, weights="w")
    with pytest.raises(OptionError) as caught:
        asked(sample)
    assert str(caught.value) == (
        f"`{name}` was given a Sample as its first column. A statistic names columns only, and waits for its sample. "
        f"Write `dl.estimate(sample, {write})`."
    )
    with pytest.raises(OptionError) as caught:
        asked(data)
    assert str(caught.value) == (
        f"`{name}` was given a {type(data).__name__} as its first column. "
        "A statistic names columns only, and waits for its sample. "
        f"Write `dl.estimate(dl.declare_design(data), {write})`."
    )
