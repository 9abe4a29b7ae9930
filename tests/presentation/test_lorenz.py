"""Lorenz curves as figures and in tables: what is drawn, what is said, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation.language import rule
from diplab.presentation.notes import Notes
from diplab.reference.text import Text

if TYPE_CHECKING:
    from types import ModuleType

    from matplotlib.lines import Line2D

    from diplab.types import Estimates

LONG = "Indépendant·e exerçant principalement sur plusieurs plateformes de micro-travail, sans autre emploi déclaré"


def people(groups: tuple[str, ...] = ("women", "men")) -> pd.DataFrame:
    random = np.random.default_rng(4)
    frame = pd.DataFrame({"psu": np.arange(240) // 4, "group": np.resize(groups, 240)})
    frame["income"] = np.exp(random.normal(7, 0.3 + 0.2 * (frame["group"] == groups[0]), 240))
    return frame


def estimates(*groups: str, **options: Any) -> Estimates:
    sample = dl.declare_design(people(groups or ("women", "men")), psu="psu")
    return dl.estimate(sample, dl.lorenz("income", **options), by="group")


def words_of(figure: Any) -> list[str]:
    return [words.get_text() for words in figure.findobj(mpl.text.Text)]


def curves_of(figure: Any) -> list[Line2D]:
    # marks of the key have two points at most
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]


def diagonals_of(figure: Any) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if list(line.get_xdata()) == [0, 1]]


def test_nothing_is_clipped_and_no_words_overlap(layout: ModuleType) -> None:
    notes = Notes(source=Text("Enquête, 2018", "Survey, 2018"), coverage=Text("France", "France"))
    for est in (
        estimates(),
        estimates(LONG, "b", f"{LONG} (2)"),
        dl.estimate(dl.declare_design(people()), dl.lorenz("income", at=(0.05, 0.5, 0.99))),
        dl.estimate(
            dl.declare_design(people()),
            dl.generalised_lorenz("income", at=(0.5, 0.9, 1)),
            by="group",
        ),
    ):
        for language, width in (("fr", "column"), ("en", "column"), ("fr", "text"), ("en", "page")):
            figure = dl.chart(est, "lorenz", language, width=width, notes=notes)
            assert layout.overlaps(figure) == [], width


def test_curves_start_at_the_origin_and_end_at_one() -> None:
    est = estimates(at=(0.25, 0.5, 0.75))
    figure = dl.chart(est, "lorenz")
    curves = curves_of(figure)
    assert len(curves) == 2
    drawn = est.frame.pivot_table(index="group", columns="category", values="estimate", sort=False)
    for curve, (_, points) in zip(curves, drawn.iterrows(), strict=True):
        assert curve.get_xdata().tolist() == [0, 0.25, 0.5, 0.75, 1]
        assert curve.get_ydata().tolist() == pytest.approx([0, *points, 1])
    assert len(diagonals_of(figure)) == 1
    assert (
        len([each for each in figure.axes[0].collections if isinstance(each, PolyCollection)]) == 2
    )


def test_curves_are_told_apart_without_colours() -> None:
    curves = curves_of(dl.chart(estimates(*"abcde"), "lorenz"))
    looks = {
        (curve.get_marker(), str(curve.get_linestyle()), str(curve._dash_pattern))
        for curve in curves
    }
    assert len(looks) == len({curve.get_marker() for curve in curves}) == 5


def test_the_generalised_curve_has_no_diagonal_and_no_end_of_its_own() -> None:
    est = dl.estimate(dl.declare_design(people()), dl.generalised_lorenz("income", at=(0.5, 0.8)))
    figure = dl.chart(est, "lorenz", "fr")
    (curve,) = curves_of(figure)
    assert curve.get_xdata().tolist() == [0, 0.5, 0.8]
    assert diagonals_of(figure) == []
    assert "Revenu cumulé, rapporté à toute la population" in words_of(figure)


def test_words_and_description() -> None:
    est = estimates(at=(0.1, 0.5, 0.9))
    french, english = (dl.chart(est, "lorenz", language) for language in ("fr", "en"))
    assert {"Intervalles de confiance à 95\u00a0%", "Revenus égaux", "women", "men"} <= set(
        words_of(french)
    )
    assert {"95% confidence intervals", "Equal incomes", "Share of all income"} <= set(
        words_of(english)
    )
    band = dl.chart(estimates(band="simultaneous"), "lorenz", "fr")
    assert "Bande simultanée à 95\u00a0%" in words_of(band)
    first = est.frame.iloc[0]
    assert english.caption.description.startswith(
        f"Figure. Lorenz curve. men: poorest 10% {first['estimate']:.1%} [{first['ci_low']:.1%}"
    )
    assert "; women: poorest 10%" in english.caption.description
    assert "10\u00a0% les plus pauvres" in french.caption.description
    words = dl.chart(est, "lorenz", alt="Two curves.").caption.description
    assert words.startswith("Two curves.")
    frame = people()
    frame.loc[frame.index[:4], "group"] = "few"
    est = dl.estimate(dl.declare_design(frame), dl.lorenz("income"), by="group")
    assert "few\u00a0*" in words_of(dl.chart(est, "lorenz"))


def test_what_has_no_curve_or_too_many_is_refused(refused) -> None:
    frame = people()
    frame["income"] = np.where(frame["group"] == "men", 0.0, frame["income"])
    est = dl.estimate(dl.declare_design(frame), dl.lorenz("income"), by="group")
    assert len(curves_of(dl.chart(est, "lorenz"))) == 1
    none = dl.estimate(dl.declare_design(frame.assign(income=0.0)), dl.lorenz("income"), by="group")
    refused(lambda: dl.chart(none, "lorenz"), OptionError)
    mean = dl.estimate(dl.declare_design(people()), dl.mean("income"))
    refused(lambda: dl.chart(mean, "lorenz"), OptionError)
    refused(lambda: dl.chart(estimates(*"abcdef"), "lorenz"), OptionError)


def test_tables_name_points_groups_and_parameters() -> None:
    sample = dl.declare_design(people())
    asked = [
        dl.lorenz("income", at=(0.125, 0.5)), dl.quantile_shares("income"), dl.atkinson("income", 0.5),
        dl.generalised_entropy("income", 2), dl.gini("income"),
    ]  # fmt: skip
    est = dl.estimate(sample, *asked)
    french = [row[1].text for row in dl.table(est, "fr").sheet.rows]
    assert french == [
        "12,5\u00a0% les plus pauvres", "50\u00a0% les plus pauvres", *(f"groupe {place}" for place in range(1, 6)),
        "ε = 0,5", "α = 2", "",
    ]  # fmt: skip
    english = dl.table(est, "en")
    assert english.sheet.rows[0][1].text == "poorest 12.5%"
    assert english.sheet.rows[2][2].text.endswith("%")
    assert not english.sheet.rows[-1][2].text.endswith("%")
    assert est.provenance.rules["groups"] == "5"
    rules = est.provenance.values["nonpositive"]
    assert rule("nonpositive", rules, "en") == "incomes at or below zero: kept, refused"
    assert rule("nonpositive", rules, "fr") == "revenus nuls ou négatifs\u00a0: gardés, refusés"
