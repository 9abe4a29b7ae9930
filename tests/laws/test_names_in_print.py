"""Names in print: what tables say of columns, codes and labels does not depend on how these are written.

The same data are printed twice: with plain names, then with names made of the words that sentences,
conditions and lists are made of ("and", "where", "minus", "; ", " = ", "of", "et"...). Put in the
place of the plain ones, the second must give the first: titles, headers, cells and notes, in both
languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.reference.text import LANGUAGES

PIECES = (
    *(
        "and",
        "or",
        "not",
        "where",
        "minus",
        "of",
        "over",
        "in",
        "et",
        "ou",
        "de",
        "parmi",
        "selon",
        "equal",
    ),
    *(
        "; ",
        ", ",
        " = ",
        ": ",
        " - ",
        " x ",
        " × ",
        " / ",
        "(",
        ")",
        "[",
        "]",
        "1",
        "y",
        ":",
        "|",
        "~",
    ),
)
PLAIN = {
    "pay": "Zpay", "hours": "Zhours", "sex": "Zsex", "job": "Zjob", "ended": "Zended",
    "f": "Zfirst", "m": "Zsecond", "a": "Zalpha", "b": "Zbeta", "c": "Zgamma",
}  # fmt: skip
"""What columns and codes are called in plain words."""
LABELS = {name: word.replace("Z", "W") for name, word in PLAIN.items()}


@dataclass(frozen=True)
class Names:
    """What the columns, the codes and the labels of a file are called."""

    words: dict[str, str]
    labels: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.words[name]

    def ticked(self, name: str) -> str:
        """Return a column as a formula writes it."""
        return f"`{self.words[name]}`"

    def shown(self, name: str) -> str:
        """Return what print shows of a column or a code."""
        return self.labels.get(name, self.words[name])


def sample_with(names: Names) -> dl.types.Sample:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            names["sex"]: pd.Categorical.from_codes(
                rng.integers(0, 2, 160), [names["f"], names["m"]], ordered=True
            ),
            names["job"]: pd.Categorical.from_codes(
                rng.integers(0, 3, 160), [names["a"], names["b"], names["c"]], ordered=True
            ),
            names["pay"]: rng.gamma(3.0, 5.0, 160).round(2),
            names["hours"]: rng.gamma(4.0, 5.0, 160).round(1) + 1,
            names["ended"]: rng.integers(0, 2, 160),
            "w": rng.uniform(1, 3, 160),
        }
    )
    book = dl.Codebook()
    answers = {"sex": ("f", "m"), "job": ("a", "b", "c")}
    for name in ("pay", "hours", "sex", "job", "ended"):
        if name in names.labels:
            codes = {names[code]: dl.Text.same(names.shown(code)) for code in answers.get(name, ())}
            book = book.described(names[name], label=dl.Text.same(names.labels[name]), values=codes)
    return dl.declare_design(dl.Microdata(frame, book), weights="w")


def by_job(sample: Any, names: Names) -> Any:
    return dl.estimate(sample, dl.mean(names.ticked("pay")), by=names["job"])


def fitted(sample: Any, names: Names) -> Any:
    formula = f"{names.ticked('pay')} ~ {names.ticked('sex')} + {names.ticked('job')} + {names.ticked('hours')}"
    return dl.regress(sample, formula)


def logit(sample: Any, names: Names) -> Any:
    return dl.regress(sample, f"{names.ticked('ended')} ~ {names.ticked('job')}", family="binomial")


def product(sample: Any, names: Names) -> Any:
    formula = f"{names.ticked('pay')} ~ {names.ticked('sex')} * {names.ticked('job')} * {names.ticked('hours')}"
    return dl.regress(sample, formula)


def ordinal(sample: Any, names: Names) -> Any:
    formula = f"{names.ticked('job')} ~ {names.ticked('hours')}"
    return dl.regress(sample, formula, family="ordinal")


def areas(sample: Any, names: Names) -> Any:
    known = pd.DataFrame({names["job"]: [names["a"], names["b"], names["c"]]})
    known[names["hours"]] = [1.0, 2.0, 4.0]
    return dl.areas.fay_herriot(by_job(sample, names), f"~ {names.ticked('hours')}", known)


MADE: dict[str, Callable[[Any, Names], Any]] = {
    "mean": lambda s, n: dl.estimate(s, dl.mean(n.ticked("pay"))),
    "means by": by_job,
    "share": lambda s, n: dl.estimate(s, dl.share(n.ticked("job")), by=n["sex"]),
    "ratio": lambda s, n: dl.estimate(s, dl.ratio(n.ticked("pay"), n.ticked("hours"))),
    "difference": lambda s, n: dl.contrast(by_job(s, n), pairwise="holm"),
    "t test": lambda s, n: dl.t_test(s, n.ticked("pay"), n["sex"]),
    "t test of a value": lambda s, n: dl.t_test(s, n.ticked("pay"), mu=10),
    "t test of pairs": lambda s, n: dl.t_test(s, n.ticked("pay"), paired_with=n.ticked("hours")),
    "rank test": lambda s, n: dl.rank_test(s, n.ticked("pay"), n["job"]),
    "crosstab": lambda s, n: dl.crosstab(s, n["sex"], n["job"]),
    "test of a crosstab": lambda s, n: dl.crosstab(s, n["sex"], n["job"]).test,
    "crosstab by": lambda s, n: dl.crosstab(s, n["job"], n["ended"], by=n["sex"]).tests[0],
    "expected": lambda s, n: dl.crosstab(
        s, n["job"], expected={n["a"]: 0.5, n["b"]: 0.25, n["c"]: 0.25}
    ),
    "test of expected": lambda s, n: (
        dl.crosstab(s, n["job"], expected={n["a"]: 0.5, n["b"]: 0.25, n["c"]: 0.25}).test
    ),
    "wald test": lambda s, n: dl.wald_test(dl.contrast(by_job(s, n), pairwise="holm")),
    "regression": fitted,
    "products": product,
    "cut points": ordinal,
    "log linear": lambda s, n: dl.log_linear(s, f"~ {n.ticked('sex')} * {n.ticked('job')}"),
    "models side by side": lambda s, n: {"1": fitted(s, n), "2": product(s, n)},
    "test of products": lambda s, n: dl.term_test(product(s, n), f"{n['sex']}:{n['job']}"),
    "term test": lambda s, n: dl.term_test(fitted(s, n), n["job"]),
    "marginal effects": lambda s, n: dl.marginal_effects(logit(s, n)),
    "predictions": lambda s, n: dl.predict(logit(s, n), pd.DataFrame({n["job"]: [n["a"], n["b"]]})),
    "predicted margins": lambda s, n: dl.predicted_margins(logit(s, n), n["job"]),
    "standardised": lambda s, n: dl.standardise(
        s, dl.mean(n.ticked("pay")), {n["job"]: {n["a"]: 50, n["b"]: 30, n["c"]: 20}}, by=n["sex"]
    ),
    "decomposition": lambda s, n: dl.decompose(s, dl.theil(n.ticked("pay")), n["sex"]),
    "survival": lambda s, n: dl.survival.kaplan_meier(
        s, n["hours"], n["ended"], by=n["sex"], at=[10, 20]
    ),
    "areas": areas,
    "coefficients of areas": lambda s, n: areas(s, n).coefficients,
    "log rank": lambda s, n: dl.survival.log_rank(s, n["hours"], n["ended"], n["sex"]),
    "summary": lambda s, n: dl.summary(s, [n["pay"], n["job"]], by=n["sex"]),
}


def printed(result: Any, language: str) -> list[str]:
    """Return all that a table says, white space and signs of French print alike."""
    sheet = dl.table(result, language).sheet
    cells = [cell.text for row in sheet.rows for cell in row]
    notes = [text for note in sheet.notes for text in note]
    return [plainly(each) for each in (sheet.title, *sheet.header, *cells, *notes)]


@cache
def printed_plain(kind: str, labelled: bool, language: str) -> list[str]:
    plain = Names(PLAIN, LABELS if labelled else {})
    return printed(MADE[kind](sample_with(plain), plain), language)


def plainly(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("−", "-").replace("’", "'").lower()


def put_in(said: list[str], plain: Names, odd: Names) -> list[str]:
    """Return what was said with the odd names in place of the plain ones."""
    places = {plainly(plain.shown(name)): plainly(odd.shown(name)) for name in plain.words}
    # formulas are printed as they were written
    places |= {plainly(plain.ticked(name)): plainly(odd.ticked(name)) for name in plain.words}
    places |= {plainly(plain[name]): plainly(odd[name]) for name in plain.words}
    pattern = re.compile(
        "|".join(re.escape(each) for each in sorted(places, key=len, reverse=True))
    )
    return [pattern.sub(lambda found: places[found[0]], each) for each in said]


odd_words = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map(" ".join)


@st.composite
def odd_names(draw: Any, letter: str) -> dict[str, str]:
    written = {name: f"{letter}{place} {draw(odd_words)}" for place, name in enumerate(PLAIN)}
    return {name: " ".join(words.split()) for name, words in written.items()}


@pytest.mark.parametrize("kind", MADE)
@given(labelled=st.booleans(), words=odd_names("Q"), labels=odd_names("K"))
@settings(max_examples=4, deadline=None)
def test_print_does_not_read_names(
    kind: str, labelled: bool, words: dict[str, str], labels: dict[str, str]
) -> None:
    plain, odd = Names(PLAIN, LABELS if labelled else {}), Names(words, labels if labelled else {})
    second = MADE[kind](sample_with(odd), odd)
    for language in LANGUAGES:
        assert printed(second, language) == put_in(
            printed_plain(kind, labelled, language), plain, odd
        )
