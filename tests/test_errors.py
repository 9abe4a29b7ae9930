"""Bad input gets three sentences: what was asked, what was found, what to write. Whole texts, on two engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import (
    ColumnError,
    ConditionError,
    DesignError,
    DiplabError,
    EmptyDomainError,
    LonelyPsuError,
    OptionError,
)
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

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


WHERE = {
    "unreadable": ("y >", ConditionError),
    "call": ("__import__('os').remove('x')", ConditionError),
    "call2": ("open('x','w')", ConditionError),
    "attr": ("y.values", ConditionError),
    "sub": ("y[0] == 1", ConditionError),
    "lambda": ("(lambda: 1)() == 1", ConditionError),
    "power": ("y ** 2 > 1", ConditionError),
    "num words": ("sex == 1", ConditionError),
    "order words": ("sex < 'm'", ColumnError),
    "order word num": ("y < 'm'", ConditionError),
    "just word": ("'m'", ConditionError),
    "constant": ("1 == 1", ConditionError),
    "constant2": ("True", ConditionError),
    "in col": ("y in w", ConditionError),
    "in empty": ("y in ()", ConditionError),
    "in expr": ("y + 1 in (2, 3)", ConditionError),
    "none": ("y == None", ConditionError),
    "sexcol": ("sex == h", EmptyDomainError),
    "tuple cmp": ("y == (1, 2)", ConditionError),
    "wherecol": ("agee > 1", ColumnError),
    "word col where": ("sex", ConditionError),
    # in memory the nearest categories and the range of the numbers are known; a database is not
    # searched for them
    "no such word": ("sex == 'fem'", DiplabError),
    "number and word": ("y == 'f'", ConditionError),
    "number among words": ("y in (1, 'f')", ConditionError),
}
DESIGNS = {
    "missing column": ({"weights": "wieght"}, ColumnError),
    "negative": ({"weights": "bad"}, DesignError),
    "missing": ({"weights": "gap"}, DesignError),
    "infinite": ({"weights": "inf"}, DesignError),
    "zero": ({"weights": "zero"}, DesignError),
    "words": ({"weights": "sex"}, DesignError),
    "fpc stages": ({"weights": "w", "psu": "psu", "fpc": ["N", "N"]}, DesignError),
    "strata missing": ({"weights": "w", "psu": "psu", "strata": "hgap"}, DesignError),
    "psu missing": ({"weights": "w", "psu": "hgap"}, DesignError),
    "lonely word": ({"lonely_psu": "ajust"}, OptionError),
    "kind word": ({"kind": "optin"}, OptionError),
    "weights from fpc": ({"psu": "psu", "strata": "h", "fpc": "zero"}, DesignError),
}
MEANS = {
    "lonely": ({"strata": "lone"}, LonelyPsuError),
    "fpc small": ({"strata": "h", "fpc": "N"}, DesignError),
    "fpc mixed": ({"strata": "h", "fpc": "mix"}, DesignError),
    "fpc varying": ({"strata": "h", "fpc": "var"}, DesignError),
    "fpc neg": ({"strata": "h", "fpc": "bad"}, DesignError),
    "crossing": ({"psu": "sp", "strata": "h", "nest": False}, DesignError),
}
STATISTICS = {
    "by estimate": (dl.mean("y"), {"by": "estimate"}, ColumnError),
    "by missing": (dl.mean("y"), {"by": "sx"}, ColumnError),
    "mean words": (dl.mean("sex"), {}, ColumnError),
    "mean nocol": (dl.mean("incme"), {}, ColumnError),
    "df": (dl.mean("y"), {"df": "desing"}, OptionError),
    "conf": (dl.mean("y"), {"confidence": 95}, OptionError),
}
CALLS = {
    "empty domain": (lambda x: weighted(x).where("y > 100"), EmptyDomainError),
    "empty domain 2": (lambda x: weighted(x).where("sex == 'f'").where("y > 3"), EmptyDomainError),
    "empty universe": (lambda x: weighted(x).universe("y > 100"), EmptyDomainError),
    "nobody answers": (
        lambda x: dl.estimate(weighted(x).where("y == 2"), dl.mean("gap")),
        EmptyDomainError,
    ),
    "nostat": (lambda x: dl.estimate(weighted(x)), OptionError),
    "q": (lambda x: dl.estimate(weighted(x), dl.quantile("y", 1.5)), OptionError),
    "q0": (lambda x: dl.estimate(weighted(x), dl.quantile("y", 0)), OptionError),
    "rule": (lambda x: dl.estimate(weighted(x), dl.quantile("y", 0.5, rule="schol")), OptionError),
    "qint": (
        lambda x: dl.estimate(weighted(x), dl.quantile("y", 0.5, interval="scores")),
        OptionError,
    ),
    "sint": (lambda x: dl.estimate(weighted(x), dl.share("sex", interval="logti")), OptionError),
    "conv": (lambda x: dl.estimate(weighted(x), dl.arpr("y", convention="eurostate")), OptionError),
    "ton": (lambda x: dl.estimate(weighted(x), dl.arpr("y", threshold_on="nation")), OptionError),
    "frac": (lambda x: dl.estimate(weighted(x), dl.arpt("y", fraction=0)), OptionError),
}


def weighted(data: Any, **options: Any) -> dl.Sample:
    return dl.declare_design(data, **{"weights": "w", "psu": "psu", **options})


def cases() -> Iterator[Any]:
    for name, (condition, kind) in WHERE.items():
        yield pytest.param(
            lambda x, c=condition: dl.declare_design(x, psu="psu").where(c), kind, id=name
        )
    for name, (options, kind) in DESIGNS.items():
        yield pytest.param(lambda x, o=options: dl.declare_design(x, **o), kind, id=name)
    for name, (options, kind) in MEANS.items():
        yield pytest.param(
            lambda x, o=options: dl.estimate(weighted(x, **o), dl.mean("y")), kind, id=name
        )
    for name, (statistic, options, kind) in STATISTICS.items():
        yield pytest.param(
            lambda x, s=statistic, o=options: dl.estimate(weighted(x), s, **o), kind, id=name
        )
    for name, (call, kind) in CALLS.items():
        yield pytest.param(call, kind, id=name)


@pytest.mark.parametrize(("question", "kind"), list(cases()))
def test_sentences(data: Any, question: Any, kind: type[DiplabError], error_text: Any) -> None:
    with pytest.raises(kind) as caught:
        question(data)
    error_text(caught)
    sentences = (caught.value.asked, caught.value.found, caught.value.write)
    assert str(caught.value) == " ".join(filter(None, sentences))


def test_what_is_no_table_of_rows_with_names_and_several_lonely_strata(refused: Any) -> None:
    for empty in (FILE.iloc[:0], pl.from_pandas(FILE.iloc[:0]).lazy()):
        refused(lambda empty=empty: dl.declare_design(empty, weights="w"))
    refused(lambda: dl.declare_design(pd.concat([FILE, FILE[["y"]]], axis=1)))
    refused(lambda: dl.declare_design([1, 2]))
    words = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("homme", "other")}
    two_codes = dl.Microdata(
        pd.DataFrame({"sex": [1, 2, 3]}), dl.Codebook({"sex": Variable("sex", values=words)})
    )
    refused(lambda: dl.declare_design(two_codes).where("sex == 'homme'"))
    alone = dl.declare_design(pd.DataFrame({"town": list("abcde"), "y": range(5)}), strata="town")
    refused(lambda: dl.estimate(alone, dl.mean("y")))


def test_a_call_is_never_run(data: Any, tmp_path: Any) -> None:
    """The call that would make a file is refused, and makes none."""
    trace = tmp_path / "trace"
    sample = dl.declare_design(data, psu="psu")
    for text in (f"open({str(trace)!r}, 'w')", f"y > 1 or open({str(trace)!r}, 'w')"):
        with pytest.raises(ConditionError, match="It holds a call, which conditions do not have"):
            sample.where(text)
        with pytest.raises(ConditionError, match="It holds a call"):
            dl.estimate(sample, dl.mean(text))
    assert not trace.exists()


def test_data_given_to_a_statistic(data: Any) -> None:
    """`mean(sample, "hours")` was an error of the language, and `alpha(sample, "c1", "c2")` none at all."""
    sample = dl.declare_design(data, weights="w")
    for call, write in (
        (lambda given: dl.mean(given, "hours"), "dl.mean('hours')"),
        (lambda given: dl.cronbach_alpha(given, "c1", "c2"), "dl.cronbach_alpha('c1', 'c2')"),
        (dl.mcdonald_omega, "dl.mcdonald_omega('item_1', 'item_2', 'item_3')"),
        (dl.ratio, "dl.ratio('numerator', 'denominator')"),
        (dl.count, "dl.count()"),
        (lambda given: dl.quantile(given, "y", 0.5), "dl.quantile('y', 0.5)"),
        (lambda given: dl.share(given, "y", interval="wald"), "dl.share('y', interval='wald')"),
    ):
        name = write.removeprefix("dl.").partition("(")[0]
        for given, kind, first in (
            (sample, "Sample", "sample"),
            (data, type(data).__name__, "dl.declare_design(data)"),
        ):
            with pytest.raises(OptionError) as caught:
                call(given)
            assert str(caught.value) == (
                f"`{name}` was given a {kind} as its first column. A statistic names columns; the "
                f"sample supplies the data. Write `dl.estimate({first}, {write})`."
            )


@pytest.mark.parametrize(
    ("call", "here"),
    [
        (lambda: dl.declare_design(FILE, ids="psu"), "psu"),
        (lambda: dl.declare_design(FILE, wt="w"), "weights"),
        (lambda: dl.estimate(dl.declare_design(FILE), dl.mean("y"), alpha=0.05), "confidence"),
        (
            lambda: dl.chart(dl.estimate(dl.declare_design(FILE), dl.mean("y")), color="sex"),
            "colour",
        ),
        (
            lambda: dl.chart(dl.estimate(dl.declare_design(FILE), dl.mean("y")), figsize=(3, 4)),
            "width",
        ),
    ],
)
def test_the_words_of_other_tools_are_known(call: Any, here: str) -> None:
    with pytest.raises(OptionError, match=f"Did you mean `{here}`"):
        call()


def test_two_results_are_given_to_a_table_as_a_list() -> None:
    found = dl.estimate(dl.declare_design(FILE), dl.mean("y"))
    with pytest.raises(OptionError, match=r"`dl.table\(\[first, second\]\)`"):
        dl.table(found, found)  # type: ignore[arg-type]


def test_none_is_no_domain() -> None:
    sample = dl.declare_design(FILE)
    assert dl.estimate(sample, dl.mean("y"), by=None).frame.equals(
        dl.estimate(sample, dl.mean("y")).frame
    )


def test_help_shows_how_a_statistic_is_written() -> None:
    assert repr(dl.share) == "share(x, *, interval='logit')"
