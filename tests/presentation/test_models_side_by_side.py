"""Models side by side: their terms on the same rows, their numbers those of each alone, and those of statsmodels."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.miscmodels.ordinal_model import OrderedModel

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.presentation.sheet import Sheet
    from diplab.types import Sample

FIXED, NARROW = "\u00a0", "\u202f"
BOOK = (
    Codebook()
    .described(
        "sex",
        label=Text("Sexe", "Sex"),
        values={"f": Text("femmes", "women"), "m": Text("hommes", "men")},
    )
    .described(
        "region",
        label=Text("Région", "Region"),
        values={1: Text("Nord", "North"), 2: Text("Sud", "South"), 3: Text("Est", "East")},
    )
    .described("pay", label=Text("Salaire", "Pay"))
    .described("poor", label=Text("Pauvreté", "Poverty"))
)


def drawn(people: int = 400) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({
        "sex": draw.choice(["f", "m"], people), "region": draw.choice([1.0, 2.0, 3.0], people),
        "age": draw.integers(18, 70, people).astype(float), "w": draw.uniform(1, 3, people),
        "place": np.arange(people) // 4, "kids": draw.negative_binomial(2, 0.4, people).astype(float),
        "wealth": draw.gamma(2, 100_000, people),
    })  # fmt: skip
    frame["pay"] = 5 + frame["age"] / 10 + 2 * (frame["sex"] == "m") + draw.normal(0, 2, people)
    frame["poor"] = (draw.uniform(size=people) < 1 / (1 + np.exp(frame["pay"] / 3 - 3))).astype(
        float
    )
    return frame


PEOPLE = drawn()


@pytest.fixture(scope="module")
def sample() -> Sample:
    return dl.declare_design(Microdata(PEOPLE, BOOK), weights="w", psu="place")


def logit(sample: Sample, terms: str) -> Any:
    return dl.regress(sample, f"poor ~ {terms}", family="binomial")


def lines(sheet: Sheet, *columns: int) -> dict[str, list[str]]:
    """Return the cells of some columns by the words of their line, its indent as a mark."""
    return {
        row[0].text.replace(FIXED * 4, "> "): [row[at].text for at in columns] for row in sheet.rows
    }


def numbers(sheet: Sheet, column: int) -> list[float]:
    """Return the numbers of a column, down to those of the fit."""
    fit = next(
        at
        for at, row in enumerate(sheet.rows)
        if row[0].text in ("Goodness of fit", "Qualité de l’ajustement")
    )
    return [row[column].number for row in sheet.rows[:fit] if row[column].number is not None]


def test_nested_models_stand_in_the_order_of_the_largest(sample: Sample) -> None:
    few, many = logit(sample, "age"), logit(sample, "sex + C(region) + age")
    sheet = dl.table([few, many], "fr", rules="full").sheet
    assert sheet.title == "Régression logistique – Pauvreté"
    assert sheet.over == ("", *["Modèle 1"] * 3, *["Modèle 2"] * 3)
    assert sheet.header == ("Terme", *["Coefficient", f"IC à 95{FIXED}%", "Valeur p"] * 2)
    found = lines(sheet, 1, 4)
    assert list(found) == [
        "Constante", "Sexe", "> femmes", "> hommes", "Région", "> Nord", "> Sud", "> Est", "age",
        "Qualité de l’ajustement", "> Répondants", "> Pseudo-R² de McFadden", "> AIC d’enquête (Lumley et Scott)",
        "> Degrés de liberté résiduels",
    ]  # fmt: skip
    # a variable that a model lacks is empty there, its reference too
    assert [found[each] for each in ("Sexe", "> femmes", "> Nord")] == [
        ["", ""],
        ["", "réf."],
        ["", "réf."],
    ]
    assert found["> hommes"][0] == ""
    # the numbers are those of each model, and one column has one number of decimals
    assert numbers(sheet, 1) == few.frame["estimate"].tolist()
    assert numbers(sheet, 4) == many.frame["estimate"].tolist()
    assert numbers(sheet, 6) == many.frame["p_value"].tolist()
    assert {len(each.partition(",")[2]) for each in (found["age"] + found["> hommes"]) if each} == {
        3
    }
    first, second = few.fit, many.fit
    at = {row[0].text.strip(FIXED): (row[1].number, row[4].number) for row in sheet.rows}
    assert at["Répondants"] == (400, 400)
    assert at["Pseudo-R² de McFadden"] == (first.pseudo_r2, second.pseudo_r2)
    assert at["AIC d’enquête (Lumley et Scott)"] == (first.daic, second.daic)
    assert at["Degrés de liberté résiduels"] == (few.residual_df, many.residual_df)
    notes = dict(sheet.notes)
    assert notes["Note"] == f"réf.{FIXED}: modalité de référence."
    assert notes["Règles"].startswith(
        f"régression logistique{NARROW}; intervalles de confiance à 95"
    )
    # what the rows say is not said again: terms and references
    assert "formule" not in notes["Règles"]
    assert notes["Règles"].count("degrés de liberté effectifs") == 1
    assert dl.table([few, many]).sheet.over[-1] == "Model 2"


def test_univariate_models_stand_in_one_column_beside_the_multivariate(sample: Sample) -> None:
    crude = [dl.effect_ratios(logit(sample, each)) for each in ("sex", "C(region)", "age")]
    full = logit(sample, "age + sex + C(region)")
    effects = dl.marginal_effects(full)
    given = {Text("Brut", "Crude"): crude, "Adjusted": dl.effect_ratios(full), "Effects": effects}
    sheet = dl.table(given, "en", hide=["p_value", "n"], rules="full").sheet
    assert sheet.over == ("", "Crude", "Crude", "Adjusted", "Adjusted", "Effects", "Effects")
    assert sheet.header[1::2] == ("Odds ratio", "Odds ratio", "Average marginal effect (points)")
    assert list(lines(sheet))[:9] == [
        "age", "Sex", "> women", "> men", "Region", "> North", "> South", "> East", "Goodness of fit",
    ]  # fmt: skip
    sex, region, age = (each.frame["estimate"].tolist() for each in crude)
    assert numbers(sheet, 1) == [*age, *sex, *region]
    # points are in the heading, and not in cells
    shown = effects.frame.sort_values(
        "variable", key=lambda each: each.map({"age": 0, "sex": 1, "region": 2})
    )
    assert numbers(sheet, 5) == pytest.approx((shown["estimate"] * 100).tolist(), rel=1e-15)
    assert not any("point" in row[5].text for row in sheet.rows)
    assert lines(sheet, 1)["age"] == [f"{age[0]:.3f}"]
    # each has a goodness of its own, a column of several none
    assert "> Respondents" not in lines(sheet)
    assert [bool(each) for each in lines(sheet, 1, 3, 5)["> McFadden’s pseudo-R²"]] == [
        False,
        True,
        False,
    ]
    assert dict(sheet.notes)["Rules"].count("logistic regression") == 1
    assert dl.table(given, "fr").sheet.over[1] == "Brut"


def test_stars_and_standard_errors_take_the_place_of_p_values_and_intervals(sample: Sample) -> None:
    fit = dl.regress(sample, "pay ~ age + sex + C(region)")
    sheet = dl.table([fit, fit], "fr", show=["stars", "std_error"]).sheet
    assert sheet.header == ("Terme", *["Coefficient", "E.-t."] * 2)
    cells = [row[1] for row in sheet.rows if row[2].text]
    stars = ["*" * sum(p < level for level in (0.05, 0.01, 0.001)) for p in fit.frame["p_value"]]
    assert [cell.text.lstrip("−0123456789,") for cell in cells] == stars
    assert set(stars) >= {"***", ""}
    # a spreadsheet has the number, and shows the stars
    assert [cell.form for cell in cells] == [
        f'#,##0.000"{each}"' if each else "#,##0.000" for each in stars
    ]
    assert numbers(sheet, 2) == fit.frame["std_error"].tolist()
    below = "***_p_<_0,001'; **_p_<_0,01'; *_p_<_0,05.".replace("_", FIXED).replace("'", NARROW)
    assert dict(sheet.notes)["Note"].startswith(below)
    # so it is in the table of one model
    alone = dl.table(fit, "fr", show="stars", hide=["interval", "n"]).sheet
    assert alone.header == ("Terme", "Coefficient")
    assert dict(alone.notes)["Note"] == below
    assert [row[1].text for row in alone.rows[:2]] == [cell.text for cell in cells[:2]]


def test_switches_leave_out_rules_and_numbers_behind_too(sample: Sample) -> None:
    fit = logit(sample, "age")
    short = dl.table([fit, fit], "en", rules="short", hide=["n", "p_value"]).sheet
    assert "Rules" not in dict(short.notes)
    assert {"n", "p_value"}.isdisjoint(short.detail[0])
    assert short.detail[0][0] == "model"
    assert [row[0] for row in short.detail[1:]] == ["Model 1", "Model 1", "Model 2", "Model 2"]
    assert "Rules" not in dict(dl.table([fit, fit], rules="none").sheet.notes)
    assert "p_value" not in dl.table(fit, hide="p_value").sheet.detail[0]


def test_what_differs_between_models_is_in_their_headings(sample: Sample) -> None:
    ordered = dl.regress(sample, "region ~ age + sex", family="ordinal")
    quantiles = dl.regress(sample, "pay ~ age", family="quantile", quantile=[0.1, 0.5])
    several = dl.regress(sample, "region ~ age", family="multinomial")
    counts = dl.regress(sample, "kids ~ age + sex", family="negative_binomial")
    duration = dl.survival.cox(sample, "sex", time="age", event="poor")
    given = [ordered, quantiles, several, counts, duration, dl.log_linear(sample, "~ sex * region")]
    sheet = dl.table(given, "en", hide=["interval", "p_value"]).sheet
    assert sheet.title == "Regressions"
    assert sheet.over[1:] == (
        "Model 1: ordinal logistic regression, Region",
        "Model 2: quantile regression, Pay, Quantile 0.1", "Model 2: quantile regression, Pay, Quantile 0.5",
        "Model 3: multinomial logistic regression, Region, South (reference: North)",
        "Model 3: multinomial logistic regression, Region, East (reference: North)",
        "Model 4: negative binomial regression, kids", "Model 5: Cox regression, age",
        "Model 6: log-linear model, Sex × Region",
    )  # fmt: skip
    found = lines(sheet, *range(1, 9))
    places = list(found)
    # cut points stand at the foot
    assert places[places.index("Goodness of fit") - 3 :][:3] == [
        "Cut points between the answers", "> North | South", "> South | East",
    ]  # fmt: skip
    assert [bool(each) for each in found["> South | East"]] == [True, *[False] * 7]
    every = [number for at in range(1, 9) for number in numbers(sheet, at)]
    assert sorted(every) == sorted(number for each in given for number in each.frame["estimate"])


def test_slopes_that_the_decimals_of_the_column_would_hide_have_more(sample: Sample) -> None:
    fit = dl.regress(sample, "pay ~ sex + wealth")
    found = lines(dl.table([fit], "en").sheet, 1, 2)
    constant, slope = found["Constant"], found["wealth"]
    assert len(constant[0].partition(".")[2]) == 3
    error = fit.frame["std_error"].iloc[-1]
    assert round(error, len(slope[0].partition(".")[2])) > 0
    assert slope[1].strip("[]").split(", ")[0] != slope[1].strip("[]").split(", ")[1]
    odds = dl.table(dl.effect_ratios(logit(sample, "sex + age")), "fr").sheet
    assert len({len(row[1].text.partition(",")[2]) for row in odds.rows[:4] if row[1].text}) == 1
    # what an odds ratio by euro says is how far it is from 1; a slope of about 0 is not a reason for
    # more decimals
    by_euro = lines(dl.table(dl.effect_ratios(logit(sample, "wealth + sex"))).sheet, 1, 2)["wealth"]
    assert len(set(by_euro[1].strip("[]").split(", "))) == 2
    people = {"y": [1.001, 2, 2, 1, 4, 5, 5, 4], "x": [0.0, 0, 1, 1] * 2, "z": [0.0] * 4 + [3] * 4}
    flat = dl.regress(dl.declare_design(pd.DataFrame(people)), "y ~ x + z")
    assert flat.frame["estimate"].iloc[1] == pytest.approx(-0.00025)
    assert lines(dl.table(flat).sheet, 1)["x"] == ["0.00"]
    # models whose own columns would have fewer have as many as the others
    few = dl.table([dl.regress(sample, "pay ~ 1"), dl.regress(sample, "pay ~ age")]).sheet
    assert {
        len(row[at].text.partition(".")[2]) for row in few.rows[:2] for at in (1, 4) if row[at].text
    } == {3}
    assert (
        dl.table([fit], decimals=1).sheet.rows[0][1].text == f"{fit.frame['estimate'].iloc[0]:.1f}"
    )


STATSMODELS: dict[str, Any] = {
    "ols": lambda: smf.ols("pay ~ age + sex * C(region)", PEOPLE).fit(),
    "robust": lambda: smf.ols("pay ~ I(age ** 2) + sex", PEOPLE).fit(cov_type="HC1"),
    "logit": lambda: smf.logit("poor ~ C(region, Treatment(3.0)) + sex", PEOPLE).fit(disp=0),
    "glm": lambda: smf.glm("poor ~ age + sex", PEOPLE, family=sm.families.Binomial()).fit(),
    "poisson": lambda: smf.poisson("kids ~ sex", PEOPLE).fit(disp=0),
    "arrays": lambda: sm.OLS(PEOPLE["pay"], sm.add_constant(PEOPLE[["age", "kids"]])).fit(),
    "several": lambda: smf.mnlogit("region ~ age + sex", PEOPLE).fit(disp=0),
    "quantile": lambda: smf.quantreg("pay ~ age", PEOPLE).fit(q=0.5),
}


@pytest.mark.parametrize("name", STATSMODELS)
def test_a_model_of_statsmodels_has_its_own_numbers_to_the_last_digit(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = STATSMODELS[name]()
    sheet = dl.table(fit, "en", labels=BOOK).sheet
    assert sheet.title.endswith("(no design)")
    assert "no design; fitted by statsmodels" in dict(sheet.notes)["Rules"]
    raw = pd.DataFrame(sheet.detail[1:], columns=sheet.detail[0])
    by_answer = [
        np.asarray(each, dtype=float).T.ravel() for each in (fit.params, fit.bse, fit.pvalues)
    ]
    assert np.array_equal(
        raw[["estimate", "std_error", "p_value"]].to_numpy(dtype=float), np.array(by_answer).T
    )
    ends = np.asarray(fit.conf_int(), dtype=float).reshape(-1, 2)
    assert np.array_equal(raw[["ci_low", "ci_high"]].to_numpy(dtype=float), ends)
    below = {row[-4].text.strip(FIXED): row[-3].number for row in sheet.rows}
    for words, own in (("R²", "rsquared"), ("McFadden’s pseudo-R²", "prsquared"), ("AIC", "aic")):
        if name != "quantile" and hasattr(fit, own):
            assert below[words] == getattr(fit, own)


def test_terms_of_statsmodels_stand_on_the_rows_of_ours(sample: Sample) -> None:
    theirs = STATSMODELS["ols"]()
    alike = dl.declare_design(Microdata(PEOPLE, BOOK))
    ours = dl.regress(alike, "pay ~ age + sex * C(region)", variance="model", df="domain")
    sheet = dl.table({"Ours": ours, "Theirs": theirs}, "fr", labels=BOOK).sheet
    assert sheet.over[1::3] == ("Ours", f"Theirs{FIXED}: sans plan de sondage")
    assert numbers(sheet, 1) == pytest.approx(numbers(sheet, 4), rel=1e-9)
    assert [row[1].text for row in sheet.rows] == [row[4].text for row in sheet.rows]
    assert [row[2].text for row in sheet.rows] == [row[5].text for row in sheet.rows]
    assert "sans plan de sondage" in dict(sheet.notes)["Theirs"]
    assert "sans plan" not in dict(sheet.notes).get("Ours", "")
    # the reference that was chosen is told from the data
    chosen = dl.table(STATSMODELS["logit"](), "en", labels=BOOK).sheet
    assert "Region (reference: East)" in lines(chosen)
    odds = dl.table([dl.effect_ratios(STATSMODELS["glm"]())], "en").sheet
    assert numbers(odds, 1) == np.exp(STATSMODELS["glm"]().params.loc[["sex[T.m]", "age"]]).tolist()


def test_terms_of_statsmodels_are_read_from_their_names() -> None:
    """As patsy and formulaic write them: a condition is a term of its own, and functions of numpy are those of ours."""
    formula = "pay ~ C(kids > 2) + np.log(age) + I(age ** 2) + C(region) * sex"
    found = lines(dl.table(smf.ols(formula, PEOPLE).fit(), labels=BOOK).sheet)
    for words in ("kids > 2", "> yes", "log(age)", "age²", "Region × Sex", "> South × men"):
        assert words in found, (words, list(found))
    models = {
        "Poisson regression": sm.GLM(PEOPLE["kids"], PEOPLE[["age"]], family=sm.families.Poisson()),
        "Gamma regression (log link)": sm.GLM(
            PEOPLE["pay"], PEOPLE[["age"]], family=sm.families.Gamma(sm.families.links.Log())
        ),
        "Complementary log-log regression": sm.GLM(
            PEOPLE["poor"],
            PEOPLE[["age"]],
            family=sm.families.Binomial(sm.families.links.CLogLog()),
        ),
        "RLM": sm.RLM(PEOPLE["pay"], PEOPLE[["age"]]),
        "Logistic regression": sm.GEE(
            PEOPLE["poor"], PEOPLE[["age"]], PEOPLE["place"], family=sm.families.Binomial()
        ),
    }
    for words, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet = dl.table(model.fit()).sheet
        assert sheet.title.startswith(f"{words} – ")
        assert sheet.rows[0][0].text == "age"
        assert ("AIC" in str(sheet.rows)) is (words not in ("RLM", "Logistic regression"))


def test_what_of_statsmodels_is_no_term_or_no_likelihood_is_left_out() -> None:
    answers = PEOPLE["region"].astype("category").cat.as_ordered()
    ordered = OrderedModel(answers, PEOPLE[["age"]]).fit(disp=0, method="bfgs")
    assert list(lines(dl.table(ordered).sheet))[:2] == ["age", "Goodness of fit"]
    counts = smf.negativebinomial("kids ~ age", PEOPLE).fit(disp=0, method="bfgs", maxiter=200)
    assert list(lines(dl.table(counts).sheet))[:3] == ["Constant", "age", "Goodness of fit"]
    weighted = smf.wls("pay ~ age", PEOPLE, weights=PEOPLE["w"]).fit()
    assert "> AIC" not in lines(dl.table([weighted]).sheet)
    assert "> AIC" in lines(dl.table([smf.wls("pay ~ age", PEOPLE, weights=2.0).fit()]).sheet)


def test_what_is_no_model_is_refused(sample: Sample, refused: Any) -> None:
    class LinearRegression:
        """As of scikit-learn, fitted or not: it has no errors."""

        coef_ = (1.0, 2.0)

    fit, other = logit(sample, "age"), logit(sample, "age + sex")
    linear = dl.regress(sample, "pay ~ C(region)")
    contrast = dl.contrast(linear, {"Sud - Est": {2.0: 1, 3.0: -1}})
    several = dl.regress(sample, "region ~ sex", family="multinomial")
    unfitted = smf.ols("pay ~ age", PEOPLE)
    wrong: tuple[Any, ...] = (
        [fit, "a model"], {"A": fit, "B": LinearRegression()}, [fit, contrast],
        [fit, dl.estimate(sample, dl.mean("pay"))],
        {"A": [fit, other]}, [[fit, linear]], [[fit, several]], [fit, []], [fit, unfitted], unfitted,
        LinearRegression(), "a model", [],
    )  # fmt: skip
    for given in wrong:
        refused(lambda given=given: dl.table(given), OptionError)
    options = (
        {"sort": "ascending"},
        {"columns": "sex"},
        {"hide": "letters"},
        {"show": "residuals"},
        {"hide": "stars"},
    )
    for each in options:
        refused(lambda each=each: dl.table([fit, other], **each), OptionError)


def test_every_format_holds_them_and_statsmodels_is_not_imported_for_ours(
    sample: Sample, tmp_path: Path
) -> None:
    shown = dl.table({"A": logit(sample, "age"), "B": logit(sample, "age + C(region)")}, "fr")
    for suffix in ("html", "docx", "tex", "xlsx", "md", "csv"):
        assert dl.save(shown, tmp_path / f"models.{suffix}").stat().st_size > 0
    assert "réf." in (tmp_path / "models.md").read_text(encoding="utf-8")
    code = (
        "import sys, pandas as pd, diplab as dl\n"
        "fit = dl.regress(dl.declare_design(pd.DataFrame({'y': [1.0, 2, 4, 3], 'x': [1.0, 2, 3, "
        "5]})), 'y ~ x')\n"
        "dl.table([fit, fit])\n"
        "assert 'statsmodels' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_of_statsmodels_is_drawn_alone_and_beside_ours() -> None:
    people = pd.DataFrame({"y": [3.0, 1, 4, 1, 5, 9, 2, 6], "x": [0.0, 1, 2, 3, 4, 5, 6, 7]})
    theirs, ours = (
        smf.ols("y ~ x", people).fit(),
        dl.regress(dl.declare_design(people), "y ~ x", df="design"),
    )
    alone = dl.chart(theirs).chart
    assert [row.point for row in alone.rows if row.label.en == "x"] == [theirs.params["x"]]
    for several in ([theirs, ours], {"theirs": theirs, "ours": ours}):
        both = dl.chart(several).chart
        assert len(both.colours) == 2
        points = [row.point for row in both.rows if row.label.en == "x"]
        assert points == pytest.approx([theirs.params["x"]] * 2, rel=1e-12)
