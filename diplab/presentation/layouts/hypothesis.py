"""Tests for print: comparison, interval, statistic, p-value; and plans."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, code_text
from diplab.presentation.labels import value_label, variable_label
from diplab.presentation.language import (
    MINUS,
    both,
    colon,
    filled_term,
    number,
    rounded,
    term,
    terms,
    wording,
    words,
)
from diplab.presentation.layouts.estimates import confidence_head
from diplab.presentation.layouts.registry import TableRequest, layout, sheet_of_columns
from diplab.presentation.notes import Notes
from diplab.presentation.numbers import (
    NumberForm,
    form_of,
    in_points,
    known,
    p_value_cell,
    p_value_words,
)
from diplab.presentation.sheet import Align, Cell, Sheet, detail_of
from diplab.reference.text import NARROW, NO_BREAK, Language
from diplab.results.estimates import AMOUNT
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.results.plan import Plan


def hypothesis_in_words(
    tested: Hypothesis | str, language: Language, labels: Codebook | None = None
) -> str:
    """Return a hypothesis in words; without a codebook, with columns and codes as they are."""
    if isinstance(tested, str):
        return words(tested, language)
    written = _HypothesisWords(tested, language, labels)
    sentence = filled_term(f"hypothesis.{written.key}", language, **written.parts())
    if tested.domain:
        sentence += filled_term("hypothesis.group", language, group=written.domain())
    if tested.groups:
        first, second = written.groups()
        sentence += filled_term("hypothesis.compared", language, first=first, second=second)
    return sentence


@dataclass(frozen=True)
class _HypothesisWords:
    """The parts of a hypothesis in words."""

    tested: Hypothesis
    language: Language
    labels: Codebook | None

    @property
    def key(self) -> str:
        """The name of its sentence."""
        named = "_named" if self.tested.rows else ""
        one = "_one" if self.tested.count == 1 and self.tested.kind != "proportional" else ""
        of_each = "_where_equal" if math.isnan(self.tested.null) else ""
        return f"{self.tested.kind}{of_each}{named}{one}"

    def parts(self) -> dict[str, str]:
        """Return the placeholders of its sentence."""
        tested = self.tested
        variable = self.variable(tested.variable)
        if tested.paired_with:
            sign = "-" if self.labels is None else MINUS
            variable = f"{variable} {sign} {self.variable(tested.paired_with)}"
        between = term("word.and_quoted", self.language)
        return {
            "variable": variable,
            "by": self.variable(tested.by),
            "null": self.number(tested.null),
            "count": str(tested.count),
            "terms": between.join(self.terms()),
            "formula": tested.formula,
            "rows": ", ".join(dict.fromkeys(self.row(*row) for row in tested.rows)),
        }

    def number(self, value: float) -> str:
        """Return the value of the hypothesis, with all its digits."""
        text = f"{value:g}"
        if self.labels is None:
            return text
        text = text.replace("-", MINUS)
        return text.replace(".", ",") if self.language == "fr" else text

    def variable(self, name: str) -> str:
        """Return a variable by its label."""
        return name if self.labels is None else variable_label(name, self.labels, self.language)

    def terms(self) -> list[str]:
        """Return the terms of a regression, a product as its variables."""
        if self.labels is None:
            return [*self.tested.terms]
        factors = self.tested.factors or tuple((term,) for term in self.tested.terms)
        return [" × ".join(map(self.variable, names)) for names in factors]

    def code(self, variable: str, code: Code) -> str:
        """Return an answer by its label."""
        if self.labels is None:
            return code_text(code)
        return value_label(variable, code, self.labels, self.language)

    def groups(self) -> tuple[str, str]:
        """Return the two groups that are compared, first and second."""
        first, second = self.tested.groups
        return self.code(self.tested.by, first), self.code(self.tested.by, second)

    def domain(self) -> str:
        """Return the group in which the test is made."""
        pairs = (
            f"{self.variable(name)} = {self.code(name, code)}" for name, code in self.tested.domain
        )
        return f" {term('word.and', self.language)} ".join(pairs)

    def row(self, statistic: str, variable: str) -> str:
        """Return the statistic and the variable of a row: `mean of pay`."""
        about = statistic
        if self.labels is not None and f"statistic.{statistic}" in terms():
            about = term(f"statistic.{statistic}", self.language)
            # names of people and of indices keep their capitals, which are never the first letter
            about = about[:1].lower() + about[1:]
        if not variable:
            return about
        return filled_term(
            "hypothesis.row", self.language, statistic=about, variable=self.variable(variable)
        )


_ORDER = ("mean", "mean_first", "mean_second", "difference")
_INTERVAL = (
    "ci_low",
    "ci_high",
    "effect_std_error",
    "effect_high",
)  # printed within their interval, or not at all
OF_RANKS = {
    "wilcoxon": "rank_difference",
    "van_der_waerden": "score_difference",
    "median": "share_difference",
}
"""The quantity of a difference, in tests that do not compare means."""
_OF_ESTIMATES = ("interval", "shares", "adjust", "p_adjusted")
"""Rules of the estimates of a test that do not apply to the test."""


@layout.register(Test)
def hypothesis_sheet(test: Test, request: TableRequest) -> Sheet:
    """Return a test as a table of one row, with its hypothesis above."""
    language, labels = request.language, request.labels_of(test.codebook)
    hypothesis = hypothesis_in_words(test.tested, language, labels)
    name = wording("test", test.name, language)
    idle = _OF_ESTIMATES if "ci_low" in test.estimates else (*_OF_ESTIMATES, "confidence")
    rules = {name: value for name, value in test.provenance.rules.items() if name not in idle}
    cells = _columns(test, language, labels, request.decimals)
    columns: dict[str, tuple[list[Cell], Align]] = {
        head: ([cell], "right") for head, cell in cells.items()
    }
    title, provenance = (
        f"{name}{colon(language)}{hypothesis}",
        replace(test.provenance, rules=rules),
    )
    sheet = sheet_of_columns(columns, request, title, provenance, labels, _detail(test))
    if request.title is None:
        return sheet
    return replace(sheet, notes=((term("note.hypothesis", language), hypothesis), *sheet.notes))


def _columns(
    test: Test, language: Language, labels: Codebook, decimals: int | None
) -> dict[str, Cell]:
    columns = _estimates(test, language, labels, decimals)
    value = known(test.statistic)
    df_form = "#,##0.##" if len(test.df) == 1 else "General"
    columns[distribution_of(test)] = Cell(number(value, language, 2), value, "#,##0.00")
    columns[term("column.df", language)] = Cell(
        degrees_of_freedom_words(test, language),
        known(test.df[0]) if len(test.df) == 1 else None,
        df_form,
    )
    columns[term("column.p_value", language)] = p_value_cell(test.p_value, language)
    if test.n:
        columns[term("column.n", language)] = Cell(number(test.n, language), test.n, "#,##0")
    if test.flag:
        columns[term("column.flag", language)] = Cell(flag_of_test(test, language))
    return columns


def _estimates(
    test: Test, language: Language, labels: Codebook, decimals: int | None
) -> dict[str, Cell]:
    """Return the numbers of a test by their printed names."""
    first = {name: test.estimates[name] for name in _ORDER if name in test.estimates}
    numbers = {**first, **test.estimates}
    form = _form(test, decimals)
    names = _names(test, language, labels)
    columns: dict[str, Cell] = {}
    for name, value in numbers.items():
        if name == "ci_low":
            head = confidence_head(test.provenance, language)
            columns[head] = form.between(value, numbers.get("ci_high", float("nan")), language)
        elif name == "effect_low":
            between = NumberForm("number", 2).between(value, numbers["effect_high"], language)
            columns[term("estimate.effect_interval", language)] = between
        elif name not in _INTERVAL and not (name == "std_error" and "ci_low" in numbers):
            own = form if name in names or name == "std_error" else NumberForm("number", 2)
            head = names.get(name) or wording("estimate", name, language)
            columns[head] = own.cell(known(value), language)
    return columns


def _names(test: Test, language: Language, labels: Codebook) -> dict[str, str]:
    """Return the printed names of the numbers compared, with labels of the groups."""
    difference = OF_RANKS.get(test.name, "difference")
    names = {
        "mean": term("estimate.mean", language),
        "difference": term(f"estimate.{difference}", language),
    }
    if isinstance(test.tested, Hypothesis) and test.tested.groups:
        labelled = _HypothesisWords(test.tested, language, labels).groups()
        for name, label in zip(("mean_first", "mean_second"), labelled, strict=True):
            names[name] = f"{term('estimate.mean', language)}{colon(language)}{label}"
    return names


def _form(test: Test, decimals: int | None) -> NumberForm:
    if decimals is not None:
        return NumberForm("number", decimals)
    sizes = [test.estimates[name] for name in ("mean", "difference") if name in test.estimates]
    error = test.estimates.get("std_error", float("nan"))
    return form_of(
        AMOUNT, pd.DataFrame({"estimate": sizes[:1], "std_error": [error][: len(sizes)]})
    )


def _detail(test: Test) -> pd.DataFrame:
    df = (
        {f"df_{position}": item for position, item in enumerate(test.df, 1)}
        if len(test.df) > 1
        else {"df": test.df[0]}
    )
    record = {
        "test": test.name,
        "hypothesis": test.hypothesis,
        **test.estimates,
        "statistic": test.statistic,
        **df,
    }
    return pd.DataFrame([record | {"p_value": test.p_value, "n": test.n}])


BY_STUDENT = ("t", "wilcoxon", "van_der_waerden", "median")
"""Tests with one number of degrees of freedom that use Student's t; the others use chi2."""


def flag_of_test(test: Test, language: Language) -> str:
    """Return what the flag of a test says."""
    if test.few_units and test.flag == "few units":
        return wording("flag", test.flag, language)
    return wording("flag", f"{test.flag} of a test", language)


def sentence_of_test(test: Test, language: Language) -> str:
    """Return a test in one line: distribution, degrees of freedom, value and p-value."""
    if known(test.statistic) is None or known(test.p_value) is None:
        return term("test.undefined", language)
    law = distribution_of(test)
    df = "" if law == "z" else f"({degrees_of_freedom_words(test, language)})"
    between = f"{NARROW}; " if language == "fr" else ", "
    value = number(test.statistic, language, 2)
    p_value = p_value_words(test.p_value, language)
    return f"{law}{df}{NO_BREAK}={NO_BREAK}{value}{between}p{NO_BREAK}{p_value}"


def distribution_of(test: Test) -> str:
    """Return the symbol of the null distribution of a statistic: t, z, F or χ²."""
    if len(test.df) == 2:
        return "F"
    if test.name not in BY_STUDENT:
        return "χ²"
    return "z" if math.isinf(test.df[0]) else "t"


def degrees_of_freedom_words(test: Test, language: Language) -> str:
    """Return the degrees of freedom of a test as printed, integers without decimals."""
    between = f"{NARROW};{NO_BREAK}" if language == "fr" else f",{NO_BREAK}"
    return between.join(_degrees(df, language) for df in test.df)


def _degrees(df: float, language: Language) -> str:
    # a rounding error on an integer is not a fraction
    is_whole = not math.isfinite(df) or math.isclose(df, round(df), rel_tol=1e-9)
    shown = number(df, language, 0 if is_whole else 2)
    # a comma separates the two numbers already
    return shown.replace(",", "") if language == "en" else shown


@layout.register(Plan)
def plan_sheet(plan: Plan, request: TableRequest) -> Sheet:
    """Return a plan as a table, with its sentence below."""
    language, notes = request.language, request.notes or Notes()
    lines = _lines_of_plan(plan, language, request.decimals)
    return Sheet(
        title=request.title_or(
            f"{term('plan.title', language)}{colon(language)}{term(f'plan.{plan.kind}', language)}"
        ),
        subtitle=request.unit,
        header=(term("plan.quantity", language), term("plan.value", language)),
        rows=tuple((Cell(label), cell) for label, cell in lines.items() if cell is not None),
        align=("left", "right"),
        notes=replace(notes, reading=notes.reading or both(plan.sentence)).lines(language),
        language=language,
        detail=detail_of(plan.frame),
    )


def _lines_of_plan(plan: Plan, language: Language, decimals: int | None) -> dict[str, Cell | None]:
    """Return the numbers of a plan by their printed names; None for missing ones."""
    share = plan.of_shares

    def people(count: int | None) -> Cell | None:
        return None if count is None else NumberForm("number", 0).cell(count, language)

    def size(value: float) -> Cell:
        # in points for shares
        if not share:
            return _without_zeros(value, language, decimals)
        return Cell(
            in_points(value * 100, language, 1 if decimals is None else decimals), value * 100
        )

    def level(value: float | None) -> Cell | None:
        if value is None:
            return None
        whole = round(value * 100, 6) % 1 == 0
        return NumberForm("percent", int(not whole)).cell(value, language)

    margin = size(plan.margin)
    lines = {
        term("plan.n_each" if plan.groups == 2 else "column.n", language): people(plan.n),
        term("plan.total", language): people(2 * plan.n) if plan.groups == 2 else None,
        term("plan.contacts", language): people(plan.contacts) if plan.response_rate != 1 else None,
        term("plan.margin", language): replace(
            margin, text=f"±{NO_BREAK if language == 'fr' else ''}{margin.text}"
        ),
        term("plan.confidence", language): level(plan.confidence),
        term("plan.power", language): level(plan.power),
        term("plan.difference", language): None
        if plan.difference is None
        else size(abs(plan.difference)),
    }
    for position, value in enumerate(plan.expected, 1):
        name = term("plan.share_expected" if share else "plan.spread", language)
        head = f"{name} ({position})" if len(set(plan.expected)) > 1 else name
        lines[head] = level(value) if share else _without_zeros(value, language, decimals)
    lines[term("column.deff", language)] = (
        _without_zeros(plan.deff, language) if plan.deff != 1 else None
    )
    lines[term("plan.population", language)] = people(plan.population)
    lines[term("plan.response_rate", language)] = (
        level(plan.response_rate) if plan.response_rate != 1 else None
    )
    return lines


def _without_zeros(value: float, language: Language, decimals: int | None = None) -> Cell:
    """Return a number without trailing zeros, as in the sentence of a plan."""
    enough = next(
        digits for digits in (0, 1, 2) if digits == 2 or rounded(value, digits) == rounded(value, 2)
    )
    return Cell(number(value, language, enough if decimals is None else decimals), value)
