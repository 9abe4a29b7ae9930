"""American voters in 1996: the numbers that teaching pages print on party, income and education, from the same rows.

The rows come with statsmodels. Each table of `published/` is computed by one function, in the order
of this file; the labels of its rows stand in the order of the codes.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise, product
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2

import diplab as dl
from diplab.presentation.charts.dots import Dot
from diplab.types import Result, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from diplab.types import Comparison, Estimates, Inputs, Regression

    Rows = tuple[tuple[str, ...], ...]

LIMITS = (3, 5, 7, 9, *range(10, 16), 17, 20, 22, 25, 30, 35, 40, 45, 50, 60, 75, 90, 105)
"""Between the bands of income, in thousand dollars."""
MIDDLES = {1: 1.5} | dict(enumerate(pairwise(LIMITS), 2)) | {24: 115.0}
"""What the pages take for the income of a band: its middle, and 115 for the last, which is open."""
PARTIES = {
    1: dl.Text("Démocrates", "Democrats"),
    2: dl.Text("Indépendants", "Independents"),
    3: dl.Text("Républicains", "Republicans"),
}
CONTRASTS = ("educ.L", "educ.Q", "educ.C", "educ^4", "educ^5", "educ^6")
TERMS = {"educ": " + ".join(f"`{name}`" for name in CONTRASTS)}
INCOMES = (8, 26, 42, 58, 74, 90, 107)
"""At which the pages predict a party, in thousand dollars."""


class Found(NamedTuple):
    """Everything that is computed, once a run."""

    rows: dl.Microdata
    sample: Sample
    multinomial: Mapping[str, Regression]
    ordinal: Mapping[tuple[str, str], Regression]
    seven: Regression
    robust: Regression
    robust_ordinal: Regression
    by_education: Estimates
    by_income: Estimates


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    given: dict[str, Any] = {
        name: compute(found, inputs.table(name).rows)
        for name, compute in {
            "answers": answers,
            "numbers": numbers,
            "education": education,
            "multinomial": multinomial,
            "chances": chances,
            "ordinal": ordinal,
            "seven_parties": seven_parties,
            "fits": fits,
        }.items()
    }
    return given | tests(found) | own(found)


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    rows = respondents(inputs.read("statsmodels/anes96", codebook="study"))
    sample = dl.declare_design(rows)
    models = (
        "age + educ + nincome",
        "educ + nincome",
        "age + nincome",
        "age + educ",
        "nincome",
        "age",
        "1",
    )
    links = (*product(["logit"], models), ("probit", "nincome"), ("cloglog", "nincome"))
    fitted = partial(fit, sample)
    robust = dl.regress(sample, "party ~ nincome", family="multinomial", df="infinity")
    robust_ordinal = dl.regress(sample, "party ~ nincome", family="ordinal", df="infinity")
    return Found(
        rows,
        sample,
        {model: fitted(model, "multinomial") for model in models},
        {(link, model): fitted(model, "ordinal", link) for link, model in links},
        dl.regress(
            sample,
            "PID ~ I(log(popul + 0.1)) + I(selfLR) + age + I(educ) + I(income)",
            family="multinomial",
            variance="model",
            df="infinity",
        ),
        robust,
        robust_ordinal,
        dl.estimate(sample, dl.share("party"), by="educ", df="design"),
        dl.predicted_margins(robust, {"nincome": [0, 1, 5, *INCOMES]}),
    )


def respondents(rows: dl.Microdata) -> dl.Microdata:
    """Return the rows with what the pages made of them: three parties, middles of bands, polynomials of education."""
    rows = rows.recode(
        "PID",
        {(0, 1): 1, (2, 3, 4): 2, (5, 6): 3},
        into="party",
        labels=PARTIES,
        label=dl.Text("Parti", "Party"),
    )
    rows = rows.recode("income", amounts=MIDDLES, into="nincome")
    powers = orthogonal_polynomials(7)[rows.frame["educ"].to_numpy(dtype=int) - 1]
    return rows.with_columns(**dict(zip(CONTRASTS, powers.T, strict=True)))


def orthogonal_polynomials(levels: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what R calls `contr.poly`: a column a degree, each of length 1 and of sum 0."""
    centred = np.arange(levels) - (levels - 1) / 2
    powers, triangle = np.linalg.qr(np.vander(centred, levels, increasing=True))
    return (powers * np.sign(np.diag(triangle)))[:, 1:]


def fit(sample: Sample, model: str, family: str, link: str | None = None) -> Regression:
    """Return a model of the party as the pages fitted it: by maximum likelihood, the rows taken for independent."""
    terms = " + ".join(TERMS.get(name, name) for name in model.split(" + "))
    return dl.regress(
        sample, f"party ~ {terms}", family=family, link=link, variance="model", df="infinity"
    )


def _frame(rows: Rows, cells: Iterable[Iterable[float]], *columns: str) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(rows) if len(rows[0]) > 1 else [row[0] for row in rows]
    return pd.DataFrame(list(cells), index=index, columns=list(columns))


def answers(found: Found, rows: Rows) -> pd.DataFrame:
    columns = {"sPID": "party"}
    counts = [
        count
        for variable in dict.fromkeys(variable for variable, _ in rows)
        for count in _count(found.sample, columns.get(variable, variable))
    ]
    return _frame(rows, ([count] for count in counts), "n")


def _count(sample: Sample, variable: str) -> list[float]:
    return dl.estimate(sample, dl.count(), by=variable, df="design").frame["estimate"].tolist()


def numbers(found: Found, rows: Rows) -> pd.DataFrame:
    return _frame(
        rows,
        (_spread(found, *row) for row in rows),
        *("minimum", "first_quartile", "median", "mean", "third_quartile", "maximum"),
    )


def _spread(found: Found, variable: str) -> list[float]:
    quartiles = [dl.quantile(variable, p, rule="hf7") for p in (0.25, 0.5, 0.75)]
    first, middle, mean, third = dl.estimate(
        found.sample, *quartiles[:2], dl.mean(variable), quartiles[2], df="design"
    ).frame["estimate"]
    answered = found.rows.frame[variable]
    return [answered.min(), first, middle, mean, third, answered.max()]


def education(found: Found, rows: Rows) -> pd.DataFrame:
    shares = found.by_education.frame.sort_values(["educ", "category"]).iloc[: len(rows)]
    cells = zip(shares["n"] * shares["estimate"], shares["estimate"], strict=True)
    return _frame(rows, cells, "n", "prop")


def multinomial(found: Found, rows: Rows) -> pd.DataFrame:
    models = dict.fromkeys(model for model, _, _ in rows)
    frame = pd.concat([found.multinomial[model].frame for model in models])
    return _frame(rows, frame[["estimate", "std_error"]].to_numpy(), "coefficient", "std_error")


def chances(found: Found, rows: Rows) -> pd.DataFrame:
    ordinal_shares = dl.predicted_margins(found.robust_ordinal, {"nincome": [5]})
    cells = np.append(found.by_income.frame["estimate"], ordinal_shares.frame["estimate"]).reshape(
        -1, 3
    )
    return _frame(rows, cells, "Democrat", "Independent", "Republican")


def ordinal(found: Found, rows: Rows) -> pd.DataFrame:
    models = dict.fromkeys((link, model) for link, model, _ in rows)
    frame = pd.concat([found.ordinal[model].frame for model in models])
    cells = zip(
        frame["estimate"], frame["std_error"], frame["estimate"] / frame["std_error"], strict=True
    )
    return _frame(rows, cells, "value", "std_error", "t")


def seven_parties(found: Found, rows: Rows) -> pd.DataFrame:
    cells = found.seven.frame["estimate"].to_numpy().reshape(6, 6).T
    return _frame(rows, cells, "weakDem", "indDem", "indind", "indRep", "weakRep", "strRep")


def fits(found: Found, rows: Rows) -> pd.DataFrame:
    cells = []
    for family, model in rows:
        kind, _, link = family.partition(" ")
        fitted = found.ordinal[link, model] if kind == "ordinal" else found.multinomial[model]
        half = -fitted.fit.log_likelihood
        cells.append([len(fitted.frame), half, 2 * half, fitted.fit.aic])
    return _frame(rows, cells, "parameters", "half_deviance", "deviance", "aic")


def tests(found: Found) -> dict[str, Any]:
    """Return what the pages say of one model against another."""
    full, without_education = (
        found.multinomial["age + educ + nincome"],
        found.multinomial["age + nincome"],
    )
    lost = _lost(full, without_education)
    ordered, income = (
        found.ordinal["logit", "age + educ + nincome"],
        found.ordinal["logit", "nincome"],
    )
    return {
        "respondents": float(len(found.rows)),
        "education_deviance": lost,
        # the page typed the difference with three decimals; the chance is of the whole of it
        "education_p": Result(
            chi2.sf(lost, 12),
            printed_way=chi2.sf(round(lost, 3), 12),
            because="rounded in the source",
        ),
        "ordinal_deviance": _lost(ordered, income),
        "ordinal_p": chi2.sf(_lost(ordered, income), 7),
        "seven_log_likelihood": -found.seven.fit.log_likelihood / len(found.rows),
    }


def _lost(model: Regression, smaller: Regression) -> float:
    """Return by how much the deviance grows when terms are taken out."""
    return 2 * (model.fit.log_likelihood - smaller.fit.log_likelihood)


def own(found: Found) -> dict[str, Any]:
    """Return what the pages do not print: intervals, and errors that do not suppose the model."""
    sample = found.sample
    dole = dl.estimate(sample, dl.share("vote == 1"), df="design")
    slope = found.robust.frame.set_index(["party", "variable"])
    by_education = found.by_education.frame.set_index(["educ", "category"])
    income = slope.loc[(3, "nincome")]
    odds = [exp(10 * income[name]) for name in ("estimate", "ci_low", "ci_high")]
    return {
        "dole": Result.of(dole, scale=100),
        "republican_lowest": _in_percent(by_education.loc[(1, 3)]),
        "republican_highest": _in_percent(by_education.loc[(7, 3)]),
        "odds_ratio": Result(*odds),
        "robust_error_independent": slope.loc[(2, "nincome"), "std_error"],
        "robust_error_republican": income["std_error"],
    }


def _in_percent(row: Mapping[str, float]) -> Result:
    return Result(*(100 * row[name] for name in ("estimate", "ci_low", "ci_high")))


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Any]:
    found = _found(inputs)
    look: dict[str, Any] = {"percent": True, "percent_signs": False, "decimals": 1}
    by_education = dl.chart(
        _by_education(inputs, found), "dots", **look, **inputs.caption("party-by-education")
    )
    by_income = dl.chart(
        _by_income(inputs, found),
        "lines",
        times=INCOMES,
        **look,
        **inputs.caption("party-by-income"),
    )
    return {"party-by-education": by_education, "party-by-income": by_income}


def tables(inputs: Inputs) -> dict[str, Any]:
    found, said = _found(inputs), inputs.caption("party-by-education-table")
    return {
        "party-by-education": partial(
            dl.table, found.by_education, labels=found.rows.codebook, **said
        )
    }


def _by_education(inputs: Inputs, found: Found) -> tuple[Dot, ...]:
    levels = found.rows.codebook["educ"].values
    shares = found.by_education.frame.query("category != 2").sort_values(["educ", "category"])
    return tuple(
        _dot(
            row,
            inputs.words("level", level=levels[row["educ"]], n=row["n"])["group"],
            PARTIES[row["category"]],
        )
        for row in shares.to_dict("records")
    )


def _by_income(inputs: Inputs, found: Found) -> tuple[Dot, ...]:
    shares = found.by_income.frame.query("category in @INCOMES")
    # in the order of the other figure, so that a party keeps its colour; Independents come last
    parties = shares["party"].map({1: 0, 3: 1, 2: 2})
    shares = shares.iloc[parties.argsort(kind="stable")]
    return tuple(
        _dot(
            row, inputs.words("income", income=int(row["category"]))["label"], PARTIES[row["party"]]
        )
        for row in shares.to_dict("records")
    )


def _dot(row: Mapping[str, Any], label: dl.Text, party: dl.Text) -> Dot:
    return Dot(label, row["estimate"], row["ci_low"], row["ci_high"], colour=party)
