"""Bad input gets three sentences: what was asked, what was found, what to write. Whole texts, on two engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import (
    ColumnError,
    ConditionError,
    DesignError,
    EmptyDomainError,
    LonelyPsuError,
    OptionError,
)
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


def case(name: str, question: Question, kind: type[dl.DiplabError], text: str) -> Any:
    return pytest.param(question, kind, text, id=name)


CASES = [
    case(
        "missing column",
        lambda x: dl.declare_design(x, weights="wieght"),
        ColumnError,
        "The column `wieght` was asked for as weights. The data have 16 columns and not that one. "
        "None of the 16 names is similar.",
    ),
    case(
        "negative",
        lambda x: dl.declare_design(x, weights="bad"),
        DesignError,
        "`bad` was asked for as weights. Of its 4 rows, 1 negative. Write weights that are finite "
        "and not negative, some of them above zero.",
    ),
    case(
        "missing",
        lambda x: dl.declare_design(x, weights="gap"),
        DesignError,
        "`gap` was asked for as weights. Of its 4 rows, 1 missing. Write weights that are finite "
        "and not negative, some of them above zero.",
    ),
    case(
        "infinite",
        lambda x: dl.declare_design(x, weights="inf"),
        DesignError,
        "`inf` was asked for as weights. Of its 4 rows, 1 infinite. Write weights that are finite "
        "and not negative, some of them above zero.",
    ),
    case(
        "zero",
        lambda x: dl.declare_design(x, weights="zero"),
        DesignError,
        "`zero` was asked for as weights. All of its 4 rows are zero. Write weights that are finite"
        " and not negative, some of them above zero.",
    ),
    case(
        "words",
        lambda x: dl.declare_design(x, weights="sex"),
        DesignError,
        "`sex` was asked for as weights. It holds string values. Write a column of numbers, or read these as numbers, "
        "for example with `pandas.to_numeric`.",
    ),
    case(
        "empty domain",
        lambda x: dl.declare_design(x, weights="w", psu="psu").where("y > 100"),
        EmptyDomainError,
        "`y > 100` was asked for as a domain. None of the 4 rows with a positive weight is in it. "
        "Look at the values of `y` and write a wider condition.",
    ),
    case(
        "empty domain 2",
        lambda x: dl.declare_design(x, weights="w", psu="psu").where("sex == 'f'").where("y > 3"),
        EmptyDomainError,
        "`y > 3` was asked for as a domain. None of the 4 rows with a positive weight is in it "
        "together with `sex == 'f'`. Look at the values of `y` and write a wider condition.",
    ),
    case(
        "empty universe",
        lambda x: dl.declare_design(x, weights="w", psu="psu").universe("y > 100"),
        EmptyDomainError,
        "`y > 100` was asked for as a universe. None of the 4 rows with a positive weight is in it."
        " Look at the values of `y` and write a wider condition.",
    ),
    case(
        "nobody answers",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu").where("y == 2"), dl.mean("gap")),
        EmptyDomainError,
        "`mean` of `gap` was asked for on `y == 2`. Nobody there has an answer and a positive "
        "weight. Write a wider condition, or look at the missing values of the variable.",
    ),
    case(
        "lonely",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu", strata="lone"), dl.mean("y")),
        LonelyPsuError,
        "A variance was asked for under `lonely_psu='fail'`. 1 of 2 strata have a single primary "
        "unit: `lone` = a. Merge such strata with a neighbour, or write a policy in "
        "`declare_design`: `lonely_psu='adjust'`, `'average'`, `'collapse'`, `'remove'` or `'certainty'`.",
    ),
    case(
        "fpc small",
        lambda x: dl.estimate(
            dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="N"), dl.mean("y")
        ),
        DesignError,
        "`N` was asked for as the fpc. It says that 1 units exist where the sample holds 2 within `h` = a. Write "
        "the number of units in the population, not in the sample.",
    ),
    case(
        "fpc mixed",
        lambda x: dl.estimate(
            dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="mix"), dl.mean("y")
        ),
        DesignError,
        "`mix` was asked for as the fpc. It mixes values above 1 (2) and below 1 (2). Write counts "
        "in every row, or fractions in every row.",
    ),
    case(
        "fpc varying",
        lambda x: dl.estimate(
            dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="var"), dl.mean("y")
        ),
        DesignError,
        "`var` was asked for as the fpc. It takes several values within `h` = a. Write "
        "one value a stratum at the first stage, one value a unit above at later stages.",
    ),
    case(
        "fpc neg",
        lambda x: dl.estimate(
            dl.declare_design(x, weights="w", psu="psu", strata="h", fpc="bad"), dl.mean("y")
        ),
        DesignError,
        "`bad` was asked for as the fpc. 1 of its 4 values are missing, infinite, zero or negative."
        " Write population counts (above 1) or sampling fractions (above 0, at most 1).",
    ),
    case(
        "fpc stages",
        lambda x: dl.declare_design(x, weights="w", psu="psu", fpc=["N", "N"]),
        DesignError,
        "A design with 2 fpc columns was asked for. It has 1 stages of units. Write one `fpc` "
        "column a stage of `psu`, in the same order.",
    ),
    case(
        "crossing",
        lambda x: dl.estimate(
            dl.declare_design(x, weights="w", psu="sp", strata="h", nest=False), dl.mean("y")
        ),
        DesignError,
        "`sp` was asked for as unit identifiers that are unique over strata (`nest=False`). 2 "
        "identifiers stand in several strata, the first in `h` = a and `h` = b. Write `nest=True` if identifiers start "
        "again in each stratum.",
    ),
    case(
        "strata missing",
        lambda x: dl.declare_design(x, weights="w", psu="psu", strata="hgap"),
        DesignError,
        "`hgap` was asked for as strata. 1 of its 4 rows are missing. Give every row a value, or "
        "leave those rows out before declaring the design.",
    ),
    case(
        "psu missing",
        lambda x: dl.declare_design(x, weights="w", psu="hgap"),
        DesignError,
        "`hgap` was asked for as units. 1 of its 4 rows are missing. Give every row a value, or "
        "leave those rows out before declaring the design.",
    ),
    case(
        "by estimate",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu"), dl.mean("y"), by="estimate"),
        ColumnError,
        "`estimate` was asked for as a domain variable. Results have a column of that name "
        "(statistic, variable, category, estimate, std_error, ci_low, ci_high, cv, deff, df, n, "
        "flag). Rename it in the data, for example `estimate_`.",
    ),
    case(
        "by missing",
        lambda x: dl.estimate(dl.declare_design(x, weights="w", psu="psu"), dl.mean("y"), by="sx"),
        ColumnError,
        "The column `sx` was asked for as a domain variable. The data have 16 columns and not that "
        "one. Did you mean `sex`?",
    ),
    case(
        "unreadable",
        lambda x: dl.declare_design(x, psu="psu").where("y >"),
        ConditionError,
        "`y >` was asked for as a domain. It is neither a column of the data nor an expression that"
        " can be read. Write for example `age >= 18 and sex == 'female'`, odd names in backticks; "
        "the nearest columns are `y`.",
    ),
    case(
        "call",
        lambda x: dl.declare_design(x, psu="psu").where("__import__('os').remove('x')"),
        ConditionError,
        "`__import__('os').remove('x')` was asked for as a domain. It holds a call, which "
        "conditions do not have. Write it with names, numbers, quoted words, comparisons, `and or "
        "not in` and `+ - * /` only.",
    ),
    case(
        "call2",
        lambda x: dl.declare_design(x, psu="psu").where("open('x','w')"),
        ConditionError,
        "`open('x','w')` was asked for as a domain. It holds a call, which conditions do not have. "
        "Write it with names, numbers, quoted words, comparisons, `and or not in` and `+ - * /` "
        "only.",
    ),
    case(
        "attr",
        lambda x: dl.declare_design(x, psu="psu").where("y.values"),
        ConditionError,
        "`y.values` was asked for as a domain. It holds a dot, which conditions do not have. Write "
        "it with names, numbers, quoted words, comparisons, `and or not in` and `+ - * /` only.",
    ),
    case(
        "sub",
        lambda x: dl.declare_design(x, psu="psu").where("y[0] == 1"),
        ConditionError,
        "`y[0] == 1` was asked for as a domain. It holds square brackets, which conditions do not "
        "have. Write it with names, numbers, quoted words, comparisons, `and or not in` and `+ - * "
        "/` only.",
    ),
    case(
        "lambda",
        lambda x: dl.declare_design(x, psu="psu").where("(lambda: 1)() == 1"),
        ConditionError,
        "`(lambda: 1)() == 1` was asked for as a domain. It holds a call, which conditions do not "
        "have. Write it with names, numbers, quoted words, comparisons, `and or not in` and `+ - * "
        "/` only.",
    ),
    case(
        "power",
        lambda x: dl.declare_design(x, psu="psu").where("y ** 2 > 1"),
        ConditionError,
        "`y ** 2 > 1` was asked for as a domain. It holds something else (binop), which conditions "
        "do not have. Write it with names, numbers, quoted words, comparisons, `and or not in` and "
        "`+ - * /` only.",
    ),
    case(
        "num words",
        lambda x: dl.declare_design(x, psu="psu").where("sex == 1"),
        ConditionError,
        "`sex` was compared with the number 1. It holds words. Write a word in quotes, for example "
        "`sex == '1'`.",
    ),
    case(
        "order words",
        lambda x: dl.declare_design(x, psu="psu").where("sex < 'm'"),
        ColumnError,
        'The column `sex` was asked for as numbers. It holds string values. Write `share("sex")` '
        "for its categories, or compare it with a word.",
    ),
    case(
        "order word num",
        lambda x: dl.declare_design(x, psu="psu").where("y < 'm'"),
        ConditionError,
        "A word, 'm', was asked for as a number. Words can only be compared with a column. Write a "
        "comparison such as `sex == 'female'`.",
    ),
    case(
        "just word",
        lambda x: dl.declare_design(x, psu="psu").where("'m'"),
        ConditionError,
        "`'m'` was asked for as a domain. It reads no column, and so holds for everybody or for "
        "nobody. Write a condition on the answers, for example `age >= 18`.",
    ),
    case(
        "constant",
        lambda x: dl.declare_design(x, psu="psu").where("1 == 1"),
        ConditionError,
        "`1 == 1` was asked for as a domain. It reads no column, and so holds for everybody or for "
        "nobody. Write a condition on the answers, for example `age >= 18`.",
    ),
    case(
        "constant2",
        lambda x: dl.declare_design(x, psu="psu").where("True"),
        ConditionError,
        "`True` was asked for as a domain. It reads no column, and so holds for everybody or for "
        "nobody. Write a condition on the answers, for example `age >= 18`.",
    ),
    case(
        "in col",
        lambda x: dl.declare_design(x, psu="psu").where("y in w"),
        ConditionError,
        "`y in w` was asked for as a domain. `in` goes with a column on its left and a list of "
        "values on its right, and lists go with `in` only. Write for example `sex in ('f', 'm')`.",
    ),
    case(
        "in empty",
        lambda x: dl.declare_design(x, psu="psu").where("y in ()"),
        ConditionError,
        "`y in ()` was asked for as a domain. `in` goes with a column on its left and a list of "
        "values on its right, and lists go with `in` only. Write for example `sex in ('f', 'm')`.",
    ),
    case(
        "in expr",
        lambda x: dl.declare_design(x, psu="psu").where("y + 1 in (2, 3)"),
        ConditionError,
        "`y + 1 in (2, 3)` was asked for as a domain. `in` goes with a column on its left and a "
        "list of values on its right, and lists go with `in` only. Write for example `sex in ('f', "
        "'m')`.",
    ),
    case(
        "none",
        lambda x: dl.declare_design(x, psu="psu").where("y == None"),
        ConditionError,
        "`y == None` was asked for as a domain. It holds something else (constant), which "
        "conditions do not have. Write it with names, numbers, quoted words, comparisons, `and or "
        "not in` and `+ - * /` only.",
    ),
    case(
        "sexcol",
        lambda x: dl.declare_design(x, psu="psu").where("sex == h"),
        ColumnError,
        'The column `sex` was asked for as numbers. It holds string values. Write `share("sex")` '
        "for its categories, or compare it with a word.",
    ),
    case(
        "tuple cmp",
        lambda x: dl.declare_design(x, psu="psu").where("y == (1, 2)"),
        ConditionError,
        "`y == (1, 2)` was asked for as a domain. `in` goes with a column on its left and a list of"
        " values on its right, and lists go with `in` only. Write for example `sex in ('f', 'm')`.",
    ),
    case(
        "wherecol",
        lambda x: dl.declare_design(x, psu="psu").where("agee > 1"),
        ColumnError,
        "The column `agee` was asked for as a domain. The data have 16 columns and not that one. "
        "None of the 16 names is similar.",
    ),
    case(
        "word col where",
        lambda x: dl.declare_design(x, psu="psu").where("sex"),
        ConditionError,
        "The column `sex` alone was asked for as a domain. It holds 'f', which is neither true nor false. "
        "Compare it with something, for example `sex == 'f'`.",
    ),
    case(
        "mean words",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("sex")),
        ColumnError,
        'The column `sex` was asked for as numbers. It holds string values. Write `share("sex")` '
        "for its categories, or compare it with a word.",
    ),
    case(
        "mean nocol",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("incme")),
        ColumnError,
        "The column `incme` was asked for as the variable of `mean`. The data have 16 columns and "
        "not that one. None of the 16 names is similar.",
    ),
    case(
        "lonely word",
        lambda x: dl.declare_design(x, lonely_psu="ajust"),
        OptionError,
        "`lonely_psu` was given as 'ajust'. It is one of: fail, remove, certainty, adjust, average, "
        "collapse. Write `adjust` instead.",
    ),
    case(
        "kind word",
        lambda x: dl.declare_design(x, kind="optin"),
        OptionError,
        "`kind` was given as 'optin'. It is one of: probability, opt-in. Write `opt-in` instead.",
    ),
    case(
        "df",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("y"), df="desing"),
        OptionError,
        "`df` was given as 'desing'. It is one of: design, domain, infinity. Write `design`, "
        "`domain` instead.",
    ),
    case(
        "conf",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.mean("y"), confidence=95),
        OptionError,
        "A confidence of 95 was asked for. It lies between 0 and 1. Write for example `confidence=0.95`.",
    ),
    case(
        "nostat",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu")),
        OptionError,
        "An estimate was asked for. No statistic was given. Write for example `estimate(sample, "
        "mean('income'))`.",
    ),
    case(
        "q",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 1.5)),
        OptionError,
        "A quantile of share 1.5 was asked for. A share lies between 0 and 1. Write for example "
        "`quantile('income', 0.9)` for the ninth decile.",
    ),
    case(
        "q0",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0)),
        OptionError,
        "A quantile of share 0 was asked for. A share lies between 0 and 1. Write for example "
        "`quantile('income', 0.9)` for the ninth decile.",
    ),
    case(
        "rule",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0.5, rule="schol")),
        OptionError,
        "`rule` of `quantile` was given as 'schol'. It is one of: math, school, shahvaish, hf1, hf2, hf3, hf4, hf5, "
        "hf6, hf7, hf8, hf9, interpolated. Write `school` instead.",
    ),
    case(
        "qint",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.quantile("y", 0.5, interval="scores")),
        OptionError,
        "`interval` of `quantile` was given as 'scores'. It is one of: woodruff, score, beta, xlogit, asin, "
        "linearised, replicate. Write `score` instead.",
    ),
    case(
        "sint",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.share("sex", interval="logti")),
        OptionError,
        "`interval` of `share` was given as 'logti'. It is one of: logit, beta, wilson, likelihood, xlogit, asin, "
        "wald. Write `logit`, `xlogit` instead.",
    ),
    case(
        "conv",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpr("y", convention="eurostate")),
        OptionError,
        "`convention` was given as 'eurostate'. It is one of: eurostat, convey, vardpoor. Write `eurostat` "
        "instead.",
    ),
    case(
        "ton",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpr("y", threshold_on="nation")),
        OptionError,
        "`threshold_on` was given as 'nation'. It is one of: universe, domain. Write `universe`, "
        "`domain` instead.",
    ),
    case(
        "frac",
        lambda x: dl.estimate(dl.declare_design(x, psu="psu"), dl.arpt("y", fraction=0)),
        OptionError,
        "A poverty line at 0 times the median was asked for. A line at or below zero has nobody "
        "under it. Write for example `fraction=0.6`.",
    ),
]


@pytest.mark.parametrize(("question", "kind", "text"), CASES)
def test_three_sentences(data: Any, question: Question, kind: type[dl.DiplabError], text: str) -> None:
    with pytest.raises(kind) as caught:
        question(data)
    assert str(caught.value) == text
    assert str(caught.value) == f"{caught.value.asked} {caught.value.found} {caught.value.write}"


def refused(question: Callable[[], Any]) -> str:
    with pytest.raises(dl.DiplabError) as caught:
        question()
    return str(caught.value)


def test_words_that_the_file_does_not_hold(data: Any) -> None:
    """In memory the categories are known, and the nearest are offered; a database is not searched for them."""
    sample = dl.declare_design(data, psu="psu")
    text = refused(lambda: sample.where("sex == 'fem'"))
    if isinstance(data, pd.DataFrame):
        assert text == (
            "`sex` was compared with 'fem'. None of its 2 categories is that. The names are: `f`, `m`."
        )
    else:
        assert text == (
            "`sex == 'fem'` was asked for as a domain. None of the 4 rows with a positive weight is in it. "
            "Look at the values of `sex` and write a wider condition."
        )


@pytest.mark.parametrize("condition", ["y == 'f'", "y in (1, 'f')"])
def test_numbers_compared_with_words(data: Any, condition: str) -> None:
    """In memory the range of the numbers is known."""
    sample = dl.declare_design(data, psu="psu")
    reach = ", from 1 to 4," if isinstance(data, pd.DataFrame) else ","
    assert refused(lambda: sample.where(condition)) == (
        f"`y` was compared with the word 'f'. It holds numbers{reach} and the codebook has no such label. "
        "Write a code, for example `y == 1`."
    )


def test_a_label_of_two_codes() -> None:
    words = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("homme", "other")}
    answers = pd.DataFrame({"sex": [1, 2, 3]})
    sample = dl.declare_design(dl.Microdata(answers, dl.Codebook({"sex": Variable("sex", values=words)})))
    assert refused(lambda: sample.where("sex == 'homme'")) == (
        "The label 'homme' of `sex` was asked for in `sex == 'homme'`. It stands for 2 codes: 2, 3. "
        "Write the code, for example `sex == 2`."
    )


def test_weights_from_the_fpc_of_a_database(data: Any) -> None:
    asked = {"psu": "psu", "strata": "h", "fpc": "zero"}
    text = refused(lambda: dl.declare_design(data, **asked))
    if isinstance(data, pd.DataFrame):
        assert text == (
            "`zero` was asked for as the fpc. 4 of its 4 values are missing, infinite, zero or negative. "
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
            "A design was declared on these data. They have 16 columns and no row. "
            "Look at how the file was read, or at the filter that made them."
        )


def test_a_column_twice() -> None:
    assert refused(lambda: dl.declare_design(pd.concat([FILE, FILE[["y"]]], axis=1))) == (
        "A design was declared on these data. The column `y` stands in them 2 times. "
        "Give each column a name of its own."
    )


def test_no_table() -> None:
    assert refused(lambda: dl.declare_design([1, 2])) == (
        "A design was declared on these data. They are no table (list). "
        "Write a frame of pandas or Polars, a DuckDB relation, or `dl.read('file.sav')`."
    )


def test_a_call_is_never_run(data: Any, tmp_path: Any) -> None:
    """The call that would make a file is refused, and makes none."""
    trace = tmp_path / "trace"
    sample = dl.declare_design(data, psu="psu")
    for text in (f"open({str(trace)!r}, 'w')", f"y > 1 or open({str(trace)!r}, 'w')"):
        assert "It holds a call, which conditions do not have." in refused(
            lambda text=text: sample.where(text)
        )
        assert "It holds a call" in refused(lambda text=text: dl.estimate(sample, dl.mean(text)))
    assert not trace.exists()


def test_several_lonely_strata_are_named() -> None:
    alone = pd.DataFrame({"town": list("abcde"), "y": range(5)})
    sample = dl.declare_design(alone, strata="town")
    assert refused(lambda: dl.estimate(sample, dl.mean("y"))) == (
        "A variance was asked for under `lonely_psu='fail'`. "
        "5 of 5 strata have a single primary unit: `town` = a, `town` = b, `town` = c and 2 more. "
        "Merge such strata with a neighbour, or write a policy in `declare_design`: "
        "`lonely_psu='adjust'`, `'average'`, `'collapse'`, `'remove'` or `'certainty'`."
    )


@pytest.mark.parametrize(
    ("asked", "name", "write"),
    [
        (lambda given: dl.mean(given, "hours"), "mean", "dl.mean('hours')"),
        (lambda given: dl.alpha(given, "c1", "c2"), "alpha", "dl.alpha('c1', 'c2')"),
        (dl.omega, "omega", "dl.omega('item_1', 'item_2', 'item_3')"),
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
