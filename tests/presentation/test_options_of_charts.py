"""Options of charts by kind: order by hand, emphasis, lines, annotations, axes, hidden parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.types import Notes, Text

if TYPE_CHECKING:
    from types import ModuleType

    from diplab.types import Estimates, Sample

DIPLOMAS = {
    1: Text("Aucun diplôme", "None"),
    2: Text("Baccalauréat", "Upper secondary"),
    3: Text("Bac + 2 ou + 3", "Short tertiary"),
    4: Text("Bac + 5 ou plus", "Master or more"),
}
SCALE = {
    1: Text("Pas du tout d'accord", "Strongly disagree"),
    2: Text("Pas d'accord", "Disagree"),
    3: Text("Ni l'un ni l'autre", "Neither"),
    4: Text("D'accord", "Agree"),
    5: Text("Tout à fait d'accord", "Strongly agree"),
}
SECTORS = {
    at: Text(f"Services aux particuliers et aux entreprises, secteur {at}", f"Services to persons and businesses, {at}")
    for at in range(1, 13)
}  # fmt: skip
CODEBOOK = (
    dl.Codebook()
    .described("sex", label=Text("Sexe", "Sex"), values={1: Text("Hommes", "Men"), 2: Text("Femmes", "Women")})
    .described("diploma", label=Text("Diplôme", "Diploma"), values=DIPLOMAS)
    .described("agree", label=Text("Avis", "Opinion"), values=SCALE)
    .described("sector", label=Text("Secteur", "Sector"), values=SECTORS)
    .described("income", label=Text("Revenu (euros)", "Income (euros)"))
)  # fmt: skip
NOTES = Notes(source=Text("Enquête", "Survey"), coverage=Text("France", "France"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    draw = np.random.default_rng(33)
    most = {"sex": 2, "diploma": 4, "agree": 5, "sector": 12, "year": 5}
    people = pd.DataFrame({name: draw.integers(1, last + 1, 900) for name, last in most.items()})
    people["year"] += 2018
    people["income"] = draw.gamma(3, 400, 900) + 150 * people["diploma"] - 200 * people["sex"]
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


@pytest.fixture(scope="module")
def means(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.mean("income"), by=["sex", "diploma"])


@pytest.fixture(scope="module")
def opinions(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.share("agree"), by="diploma")


def words(figure: Any) -> list[str]:
    texts = figure.findobj(mpl.text.Text)
    return [text.get_text().strip("\u00a0") for text in texts if text.get_text()]


def named(figure: Any, *known: Text, language: str = "en") -> list[str]:
    """Return the known labels of a figure, from top to bottom as they are written."""
    labels = [label.in_(language) for label in known]
    return [text for text in words(figure) if text in labels]


def test_rows_are_in_an_order_by_hand(means: Estimates) -> None:
    wanted = ["Master or more", "None", "Upper secondary", "Short tertiary"]
    for order in (
        ["Master or more", "None"],
        ["4", "1"],
        [4, 1],
        ["Bac + 5 ou plus", "Aucun diplôme"],
    ):
        for kind in ("dots", "bars"):
            figure = dl.chart(means, kind, sort=order)
            assert named(figure, *DIPLOMAS.values()) == wanted * 2


def test_headings_colours_and_panels_are_in_an_order_by_hand(means: Estimates) -> None:
    people = (Text("Hommes", "Men"), Text("Femmes", "Women"))
    assert named(dl.chart(means, sort=["Women"]), *people) == ["Women", "Men"]
    assert named(dl.chart(means, sort=["Women"]), *DIPLOMAS.values())[0] == "None"
    coloured = dl.chart(means, colour="sex", sort=["Women"])
    assert coloured.chart.colours == (people[1], people[0])
    first = coloured.chart.rows[0]
    women = means.frame.query("sex == 2 and diploma == 1")["estimate"].item()
    assert (first.colour, first.point) == (people[1], pytest.approx(women))
    panels = dl.chart(means, facets="sex", sort=["Women", "Men"]).chart.panels
    assert [panel.name for panel in panels] == [people[1], people[0]]
    women = means.frame.query("sex == 2")["estimate"]
    assert [dot.point for dot in panels[0].chart.rows] == pytest.approx(list(women))


def test_answers_on_a_scale_and_parts_of_a_whole_are_in_an_order_by_hand(
    opinions: Estimates,
) -> None:
    for kind, options in (("likert", {}), ("bars", {"stacked": True})):
        figure = dl.chart(opinions, kind, "fr", sort=["3", "1"], **options)
        drawn = named(figure, *DIPLOMAS.values(), language="fr")
        assert drawn == ["Bac + 2 ou + 3", "Aucun diplôme", "Baccalauréat", "Bac + 5 ou plus"]
    parts = dl.chart(opinions, "bars", stacked=True, sort=["Agree"]).chart
    assert [colour.en for colour in parts.colours] == [
        "Agree", "Strongly disagree", "Disagree", "Neither", "Strongly agree",
    ]  # fmt: skip


def test_an_order_that_names_no_category_is_refused(means: Estimates, refused: Any) -> None:
    refused(lambda: dl.chart(means, sort=["Mastr or more"]), OptionError)
    refused(lambda: dl.chart(means, sort=["Women", "None"]), OptionError)
    refused(lambda: dl.chart(means, sort=[]), OptionError)
    refused(lambda: dl.chart(means, sort=["1", "1"]), OptionError)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("shares", ["row", "column"])
def test_a_crosstab_is_drawn_as_parts_of_a_whole(
    sample: Sample, layout: ModuleType, language: Any, shares: Any
) -> None:
    table = dl.crosstab(sample, "diploma", "sex", shares=shares)
    figure = dl.chart(table, "bars", language, stacked=True, notes=NOTES)
    chart = figure.chart
    assert chart.colours == tuple(
        CODEBOOK.variable("sex").values.values() if shares == "row" else DIPLOMAS.values()
    )
    parts: dict[str, float] = {}
    for dot in chart.rows:
        parts[dot.label.en] = parts.get(dot.label.en, 0.0) + dot.point
    assert len(parts) == (4 if shares == "row" else 2)
    assert list(parts.values()) == pytest.approx([1.0] * len(parts))
    assert layout.overlaps(figure) == []


def test_shares_of_a_whole_table_are_no_parts_of_a_row(sample: Sample, refused: Any) -> None:
    table = dl.crosstab(sample, "diploma", "sex")
    refused(lambda: dl.chart(table, "bars", stacked=True), OptionError)
