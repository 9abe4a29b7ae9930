"""The sentence that reads one number (*Lecture*), made from the place of the number in its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Sample

CODEBOOK = (
    dl.Codebook()
    .described(
        "sex",
        label=dl.Text("Sexe", "Sex"),
        values={1: dl.Text("Femme", "Female"), 2: dl.Text("Homme", "Male")},
    )
    .described(
        "job", label=dl.Text("Contrat", "Contract"), values={"p": dl.Text("CDI", "Permanent")}
    )
    .described("pay", label=dl.Text("Revenu", "Income"))
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    people = pd.DataFrame(
        {"sex": [1, 2] * 20, "job": ["p", "p", "t", "p"] * 10, "pay": np.arange(40) + 1.0}
    )
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


def sentences(result: Any, place: dict[str, Any]) -> list[str]:
    """The sentence in French and in English, without its interval and with plain spaces."""
    found = []
    for language, label in (("fr", "Lecture"), ("en", "Reading note")):
        notes = dict(dl.table(result, language, notes=dl.Notes(reading=place)).sheet.notes)
        plain = notes[label].replace("\u00a0", " ").replace("\u202f", " ")
        interval = plain.rfind(" (intervalle" if language == "fr" else " (")
        found.append(f"{plain[:interval]}." if interval > 0 else plain)
    return found


def test_a_share_is_read_with_whom_it_is_of(sample: Sample) -> None:
    shares = dl.estimate(sample, dl.share("job"), by="sex")
    # women are the rows 1, 3, 5...: of each four rows the first is permanent, the third is not
    assert sentences(shares, {"sex": 1, "category": "p"}) == [
        "parmi les personnes dont le sexe est « Femme », 50,0 % ont pour contrat « CDI ».",
        "Among people with “Female” for “Sex”, 50.0% have “Permanent” for “Contract”.",
    ]
    assert sentences(shares, {"sex": "Femme", "category": "Permanent"}) == sentences(
        shares, {"sex": 1, "category": "p"}
    )
    assert sentences(dl.estimate(sample, dl.share("job")), {"category": "p"}) == [
        "75,0 % des personnes ont pour contrat « CDI ».",
        "75.0% of people have “Permanent” for “Contract”.",
    ]
    assert sentences(dl.estimate(sample, dl.share("pay > 10")), {})[1] == (
        "75.0% of people meet the condition “Income > 10”."
    )


def test_other_statistics_have_sentences_too(sample: Sample) -> None:
    both = dl.estimate(sample, dl.mean("pay"), dl.gini("pay"), by="sex")
    assert sentences(both, {"statistic": "mean", "sex": 2})[0].startswith(
        "parmi les personnes dont le sexe est « Homme », le revenu moyen est de 21,0"
    )
    assert sentences(both, {"statistic": "gini", "sex": 2})[1].startswith(
        "Among people with “Male” for “Sex”, the value of “Gini index – Income” is 0."
    )
    assert (
        sentences(dl.estimate(sample, dl.count(), by="sex"), {"sex": 1})[1]
        == "20 people have “Female” for “Sex”."
    )
    assert "sous le seuil de pauvreté" in sentences(dl.estimate(sample, dl.arpr("pay")), {})[0]


def test_a_crosstab_is_read_by_its_printed_shares_and_its_interval_is_said(sample: Sample) -> None:
    table = dl.crosstab(sample, "sex", "job", shares="row")
    place = {"sex": 1, "job": "p"}
    assert sentences(table, place) == sentences(
        dl.estimate(sample, dl.share("job"), by="sex"), {"sex": 1, "category": "p"}
    )
    cells = dl.crosstab(sample, "sex", "job")
    assert (
        sentences(cells, place)[1]
        == "25.0% of people have “Female” for “Sex” and “Permanent” for “Contract”."
    )
    figure = dl.chart(
        dl.estimate(sample, dl.mean("pay"), by="sex"),
        language="fr",
        notes=dl.Notes(reading={"sex": 1}),
    )
    assert "(intervalle de confiance à 95\u00a0%\u00a0: [" in figure.caption.description


def test_a_place_that_is_not_one_number_is_refused(
    sample: Sample, refused: Callable[..., None]
) -> None:
    shares = dl.estimate(sample, dl.share("job"), by="sex")
    refused(lambda: sentences(shares, {"sex": 1}), OptionError)
    refused(lambda: sentences(shares, {"gender": 1}), OptionError)
    refused(
        lambda: dl.table(pd.DataFrame({"a": [1.0]}), notes=dl.Notes(reading={"a": 1})), OptionError
    )
    hidden = dl.publish(
        dl.estimate(sample.where("pay <= 30"), dl.share("job"), by="sex", numerator=True),
        notes=dl.Notes(coverage=dl.Text.same("All"), source=dl.Text.same("Example")),
    )
    refused(lambda: sentences(hidden, {"sex": 1, "category": "p"}), OptionError)


def test_a_difference_is_read_as_one(sample: Sample) -> None:
    means = dl.contrast(dl.estimate(sample, dl.mean("pay"), by="sex"), {"sex": (2, 1)})
    # men have 2, 4, ..., 40, women 1, 3, ..., 39
    assert sentences(means, {}) == [
        "la valeur de « Moyenne (différence) – Revenu, Homme − Femme » est de 1,0.",
        "The value of “Mean (difference) – Income, Male − Female” is 1.0.",
    ]
    shares = dl.contrast(dl.estimate(sample, dl.share("job"), by="sex"), {"sex": (2, 1)})
    assert sentences(shares, {"category": "p"})[1].startswith(
        "The value of “Share (difference) – Contract, Permanent, Male − Female” is 50.0 "
    )
