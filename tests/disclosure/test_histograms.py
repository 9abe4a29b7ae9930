"""Histograms of a sample under a profile: bins joined until each may be published; densities are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from tests.disclosure.test_formats import content

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))
# 4 below 500, 30, 8, 40, none, 3, 25 by bins of 500; and 2 beyond
SIZES = (4, 30, 8, 40, 0, 3, 25, 2)


def pay() -> pd.Series:
    draw = np.random.default_rng(4)
    return pd.Series(
        np.concatenate(
            [draw.uniform(500 * at, 500 * at + 499, n) for at, n in enumerate(SIZES)]
        ).round(2)
    )


def histogram(sample: dl.types.Sample, **options: Any) -> Any:
    bins = options.pop("bins", [500 * at for at in range(8)])
    return dl.chart(sample, "histogram", variable="pay", bins=bins, notes=NOTES, **options)


def test_bins_under_the_threshold_are_joined_to_the_smaller_neighbour(tmp_path: Path) -> None:
    """2 beyond take the smaller end with them, then the other: 31 are beyond; 3 join none and then 40, 8 join 30."""
    sample = dl.declare_design(pd.DataFrame({"pay": pay()}))
    figure = histogram(sample, profile="standard")
    shown = [(each.start, each.stop, round(each.share * 112)) for each in figure.chart.bins]
    assert shown == [(500, 1500, 38), (1500, 3000, 43)]
    assert (
        "Bins joined to a neighbour so that each has enough respondents: 5."
        in figure.caption.description
    )
    assert "standard profile; at least 10 respondents" in figure.caption.description
    french = histogram(sample, profile="standard", language="fr").caption.description.replace(
        "\xa0", " "
    )
    assert "Classes réunies à une voisine pour que chacune ait assez de répondants : 5." in french
    for suffix in ("svg", "png", "pdf"):
        path = dl.save(histogram(sample), tmp_path / f"pay.{suffix}", profile="standard")
        assert path.exists()
        record = json.loads((tmp_path / "pay.disclosure.json").read_text(encoding="utf-8"))
        assert record["profile"]["name"] == "standard"
        assert record["guarantee"]["en"].startswith("No tested set")
    assert "enough respondents: 5" in " ".join(content(tmp_path / "pay.svg").split())


@pytest.mark.parametrize(
    ("profile", "least"),
    [("standard", 10), ("insee_fiscal", 11), ("eurostat_silc", 20), ("opensafely", 8)],
)
@pytest.mark.parametrize("seed", range(5))
def test_no_bin_nor_what_is_beyond_has_fewer_than_the_minimum(
    profile: str, least: int, seed: int
) -> None:
    frame = pd.DataFrame({"pay": np.random.default_rng(seed).lognormal(7.2, 0.8, 250).round(2)})
    sample = dl.declare_design(frame)
    bins = dl.chart(sample, "histogram", variable="pay", notes=NOTES, profile=profile).chart.bins
    edges = [bins[0].start, *(each.stop for each in bins)]
    counts = np.histogram(frame["pay"], edges)[0]
    beyond = len(frame) - counts.sum()
    assert all(n == 0 or n >= least for n in (*counts, beyond))
    # nobody's amount is an edge
    assert not set(edges) & set(frame["pay"])


def test_what_would_tell_answers_apart_is_refused(
    tmp_path: Path, refused: Callable[..., None]
) -> None:
    values = pay()
    sample = dl.declare_design(pd.DataFrame({"pay": values}))
    refused(
        lambda: histogram(sample, bins=[0, 1500, values.max()], profile="standard"), OptionError
    )
    refused(
        lambda: histogram(sample, bins=[values.min(), 1500, 4000], profile="standard"), OptionError
    )
    few = dl.declare_design(pd.DataFrame({"pay": values[:9]}))
    refused(lambda: histogram(few, profile="standard"), OptionError)
    density = dl.chart(sample, "density", variable="pay", notes=NOTES)
    refused(lambda: dl.save(density, tmp_path / "pay.svg", profile="standard"), OptionError)
    published = histogram(sample, profile="standard")
    refused(lambda: dl.save(published, tmp_path / "pay.svg", profile="insee_fiscal"), OptionError)
    assert not list(tmp_path.iterdir())
