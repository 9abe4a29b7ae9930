"""Every file of a published result is opened, and no digits of a hidden number are found in it."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from matplotlib.axis import Tick
from matplotlib.text import Text

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from diplab.types import Crosstab, Estimates, Language, Sample

NOTES = dl.Notes(coverage=dl.Text("Ensemble", "Everybody"), source=dl.Text("Exemple", "Example"))
TABLES = (".html", ".tex", ".docx", ".xlsx", ".md", ".csv")
FIGURES = (".svg", ".pdf", ".png")


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Respondents of whom 7 in region c, with weights whose totals are like no other number."""
    frame = pd.DataFrame(
        {"region": ["a"] * 41 + ["b"] * 36 + ["c"] * 7, "job": (["x", "y", "y"] * 28), "w": 1.0}
    )
    frame["w"] += 0.137 * (frame.index % 11)
    return dl.declare_design(frame.assign(pay=100.0 + 3.31 * (frame.index % 17)), weights="w")


@pytest.fixture(scope="module")
def results(sample: Sample) -> dict[str, Estimates | Crosstab]:
    return {
        "estimates": dl.estimate(sample, dl.mean("pay"), dl.total("pay"), by="region"),
        "shares": dl.estimate(sample, dl.share("job"), by="region", numerator=True),
        "crosstab": dl.crosstab(sample, "region", "job", shares="row"),
        "one": dl.crosstab(sample, "region"),
    }


def secrets(result: Estimates | Crosstab, shown: Estimates | Crosstab) -> set[str]:
    """The digits of every number that is hidden, as printed in several ways; what is shown elsewhere is not a secret."""
    parts = [(result.frame, shown.frame)]
    if hasattr(result, "shares_of"):
        parts += [
            (each.frame, shown.shares_of[kind].frame) for kind, each in result.shares_of.items()
        ]
        parts += [
            (result.margins.frame, shown.margins.frame),
            (result.counts.frame, shown.counts.frame),
        ]
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for before, after in parts:
        for name in (
            "estimate",
            "std_error",
            "ci_low",
            "ci_high",
            "count",
            "numerator",
            "n",
            "base_n",
        ):
            for value, left in zip(before.get(name, []), after.get(name, []), strict=True):
                ways = (
                    set()
                    if pd.isna(value)
                    else {
                        f"{value:.1f}",
                        f"{100 * value:.1f}",
                        f"{value:.0f}" if value > 100 else f"{value:.3f}",
                        repr(float(value))[:8],
                    }
                )
                found[bool(pd.isna(left))] |= ways
    return {
        each for each in found[True] - found[False] if len(each.replace(".", "").lstrip("0")) > 2
    }


def content(path: Path) -> str:
    """All that a file says: the parts of archives, the strings of a drawing, what a picture says of itself."""
    if path.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(path) as parts:
            # coordinates of styles and themes are not words
            names = [
                name for name in parts.namelist() if "theme" not in name and "styles" not in name
            ]
            return " ".join(parts.read(name).decode("utf-8", "replace") for name in names)
    if path.suffix == ".pdf":
        # its words are glyphs; the title and the subject stand in the file, as Latin letters or as
        # UTF-16
        file = path.read_bytes()
        return file.decode("latin-1") + "".join(
            file.decode("utf-16-be", "ignore") + file[1:].decode("utf-16-be", "ignore")
        )
    if path.suffix == ".png":
        from PIL import Image

        with Image.open(path) as picture:
            return str(picture.info)
    text = path.read_text(encoding="utf-8")
    # of a drawing its words: paths are made of thousands of coordinates
    return (
        " ".join(re.findall(r"<(?:title|desc)[^>]*>(.*?)</", text, re.DOTALL))
        if path.suffix == ".svg"
        else text
    )


@pytest.mark.parametrize("name", ["estimates", "shares", "crosstab", "one"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_file_holds_a_hidden_number(
    name: str,
    language: Language,
    results: dict[str, Estimates | Crosstab],
    sample: Sample,
    tmp_path: Path,
) -> None:
    result = results[name]
    shown = dl.publish(result, sample=sample, notes=NOTES)
    hidden = secrets(result, shown)
    assert len(hidden) > 5
    drawn = shown.rows(range(3)) if name == "estimates" else shown
    table, figure = dl.table(shown, language=language), dl.chart(drawn, language=language)
    for suffix, thing in [
        *((each, table) for each in TABLES),
        *((each, figure) for each in FIGURES),
    ]:
        said = content(dl.save(thing, tmp_path / f"t{suffix}"))
        if suffix in FIGURES:
            # ticks are round numbers about what is drawn
            ticks = {label for tick in thing.findobj(Tick) for label in (tick.label1, tick.label2)}
            said += " ".join(text.get_text() for text in thing.findobj(Text) if text not in ticks)
        said = said.replace(",", ".").replace("\u202f", "").replace("\xa0", "")
        there = [each for each in hidden if each in said]
        assert [
            each for each in there if re.search(rf"(?<![\d.]){re.escape(each)}(?!\d)", said)
        ] == [], suffix
        assert any(
            word in said for word in ("confidentiel", "secret statistique", "confidential")
        ), suffix
    # the test finds what is there: the same of what is not published
    whole = content(dl.save(dl.table(result, language=language), tmp_path / "whole.csv")).replace(
        ",", "."
    )
    assert any(each in whole for each in hidden)


def test_save_publishes_with_a_record_beside(
    results: dict[str, Estimates | Crosstab], sample: Sample, tmp_path: Path
) -> None:
    table = dl.table(results["crosstab"], language="fr", notes=NOTES)
    path = dl.save(table, tmp_path / "t.docx", profile="standard")
    record = json.loads((tmp_path / "t.disclosure.json").read_text(encoding="utf-8"))
    assert record["profile"]["name"] == "standard"
    assert record["results"][0]["hidden"]
    assert "secret statistique" in content(path)
    # a published one is not protected twice, and its own record is written
    published = dl.publish(results["estimates"], sample=sample, notes=NOTES)
    dl.save(dl.chart(published.rows([0, 1, 2])), tmp_path / "f.svg", profile="standard")
    assert json.loads((tmp_path / "f.disclosure.json").read_text(encoding="utf-8"))[
        "secondary"
    ] == {"method": "none", "gap": 0.0}
    # a figure from another process knows its call
    drawn = pickle.loads(pickle.dumps(dl.chart(results["crosstab"], notes=NOTES)))
    dl.save(drawn, tmp_path / "g.svg", profile="standard")
    assert json.loads((tmp_path / "g.disclosure.json").read_text(encoding="utf-8"))["results"]
    # without a profile nothing is hidden, and nothing is written beside
    dl.save(table, tmp_path / "own.csv")
    assert sorted(each.name for each in tmp_path.glob("own*")) == ["own.csv"]


def test_save_refuses_what_it_cannot_publish(
    results: dict[str, Estimates | Crosstab],
    sample: Sample,
    tmp_path: Path,
    refused: Callable[..., None],
) -> None:
    table = dl.table(results["crosstab"], notes=NOTES)
    published = dl.table(dl.publish(results["one"], "insee_fiscal", notes=NOTES))
    refused(
        lambda: dl.save(table.tab_header("Another"), tmp_path / "t.html", profile="standard"),
        OptionError,
    )
    refused(lambda: dl.save(published, tmp_path / "t.html", profile="standard"), OptionError)
    refused(
        lambda: dl.save(
            dl.table(results["estimates"], notes=NOTES), tmp_path / "t.html", profile="standard"
        ),
        OptionError,
    )
    refused(lambda: dl.save(dl.Codebook(), tmp_path / "t.html", profile="standard"), OptionError)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "profile", ["standard", "insee_entreprises", "insee_fiscal", "opensafely", "none"]
)
def test_the_profile_is_printed_below_in_both_languages(profile: Any) -> None:
    """With its thresholds and what is guaranteed, whatever else is said of the rules."""
    sample = dl.declare_design(pd.DataFrame({"region": ["a"] * 20 + ["b"] * 13 + ["c"] * 2}))
    reason = {"reason": "an example"} if profile == "none" else {}
    shown = dl.publish(dl.crosstab(sample, "region"), profile, notes=NOTES, **reason)
    said = {
        "standard": (
            "profil standard ; au moins 10 répondants ; pas de dominance (2 ; 90 %) ; p % à 10",
            "standard profile; at least 10 respondents; no dominance (2, 90%); p% at 10",
        ),
        "insee_entreprises": (
            (
                "au moins 3 unités en poids ; pas de dominance (1 ; 85 %) ; sans effectif de "
                "répondants"
            ),
            "at least 3 units by weight; no dominance (1, 85%); no number of respondents",
        ),
        "insee_fiscal": ("profil insee_fiscal ; au moins 11 répondants", "at least 11 respondents"),
        "opensafely": (
            "au moins 8 répondants ; effectifs arrondis à 5",
            "at least 8 respondents; numbers of respondents rounded to 5",
        ),
        "none": (
            "aucun, pour la raison suivante : an example",
            "none, for this reason: an example",
        ),
    }[profile]
    guaranteed = ("Aucun ensemble examiné sous ce seuil", "No tested set under that threshold")
    if profile == "opensafely":
        guaranteed = ("aucun ensemble examiné sous ce seuil", "no tested set under that threshold")
    for language, words, guarantee in zip(("fr", "en"), said, guaranteed, strict=True):
        for rules in ("full", "short", "none"):
            lines = " ".join(dl.table(shown, language=language, rules=rules).sheet.note_lines())
            lines = lines.replace("\xa0", " ").replace("\u202f", " ")
            assert words in lines
            assert (guarantee in lines) == (profile != "none")
    printed = " ".join(str(shown).split())
    assert f"Disclosure control: {'none, for' if profile == 'none' else profile}" in printed


def test_the_method_and_what_is_not_covered_are_printed_with_every_kind_of_result(
    tmp_path: Path,
) -> None:
    """In a line or two below the table, whole in the record; a figure has the profile."""
    people = pd.DataFrame({"region": ["a"] * 40 + ["b"] * 40 + ["c"] * 4, "job": ["x", "y"] * 42})
    people = people.assign(hours=np.arange(84) % 13 + 1.0)
    sample = dl.declare_design(people)
    results = [
        dl.crosstab(sample, "region", "job"), dl.summary(sample, ["hours", "job"], by="region"),
        dl.estimate(sample, dl.mean("hours"), by="region"), dl.regress(sample, "hours ~ C(job)"),
    ]  # fmt: skip
    shown = dl.publish(results, sample=sample, notes=NOTES)
    for each in shown:
        text = dl.save(dl.table(each), tmp_path / "table.md").read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if "Disclosure control" in line)
        assert "cutting planes" in line
        assert "not covered: prior knowledge, other publications" in line
        assert len(line) < 400
    figure = dl.save(dl.chart(shown[2], language="fr"), tmp_path / "figure.svg").read_text(
        encoding="utf-8"
    )
    assert "profil standard" in figure.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("profile", ["standard", "eurostat_silc"])
def test_published_files_hold_no_digit_that_is_not_printed(profile: str, tmp_path: Path) -> None:
    """Unweighted, a share with all of its digits times the n beside it is an exact count."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], 900), "job": rng.choice(["a", "b", "c"], 900)}
    )
    frame["pay"] = rng.lognormal(7.0, 0.5, 900)
    sample = dl.declare_design(frame)
    for result in (
        dl.estimate(sample, dl.share("job"), dl.mean("pay"), by="sex"), dl.crosstab(sample, "sex", "job"),
        dl.summary(sample, ["pay", "job"], by="sex"), dl.regress(sample, "pay ~ sex"),
    ):  # fmt: skip
        published = dl.publish(result, profile, sample=sample, notes=NOTES)
        sheet = dl.table(published, "fr").sheet
        behind = [cell.number for row in sheet.rows for cell in row] + [
            each for row in sheet.detail for each in row
        ]
        numbers = [each for each in behind if isinstance(each, float)]
        assert numbers
        assert all(each == float(f"{each:.2g}") or each == round(each, 3) for each in numbers)
        exact = {float(each) for each in result.frame["estimate"] if each % 1}
        assert not exact & {*numbers}
        dl.save(dl.table(published), tmp_path / "table.xlsx")
        dl.save(dl.table(published), tmp_path / "table.csv")
        written = (tmp_path / "table.csv").read_text(encoding="utf-8")
        assert not any(repr(each) in written for each in exact)
        book = openpyxl.load_workbook(tmp_path / "table.xlsx")
        assert not exact & {cell.value for page in book for row in page.iter_rows() for cell in row}
        # what is not published keeps its digits
        kept = [each for row in dl.table(result).sheet.detail for each in row]
        assert exact & {*kept}
