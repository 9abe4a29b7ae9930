"""Every row of every `published.csv` gets the verdict that it names; every figure can be read, no page is large."""

from __future__ import annotations

import itertools
import pickle
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from diplab.presentation._save import save
from diplab.reference.text import LANGUAGES
from diplab.replication import runner
from diplab.replication.archive import data_file
from diplab.replication.pages import report
from diplab.replication.pages.report import study_pages
from diplab.replication.registry import find_studies
from diplab.replication.registry import study as find_study
from diplab.replication.rerun import reproduce, run
from diplab.replication.study import open_study
from tests.conftest import SHARED

if TYPE_CHECKING:
    from pathlib import Path

OPENED = {name: open_study(path) for name, path in find_studies().items()}
NEED_DATA = [name for name, each in OPENED.items() if each.data]
NEED_A_COPY = [
    name for name in NEED_DATA if not all(data_file(file).package for file in OPENED[name].data)
]
"""Those whose data do not all come with a package that is installed."""


LABELS = {
    "fr": {"Note", "Lecture", "Champ", "Source"},
    "en": {"Note", "Reading note", "Coverage", "Source"},
}
NOTHING_TO_NOTE = {"chile-labour-2020"}
FIGURES = {
    "chile-casen-2020": {"poverty", "extreme-poverty"},
    "chile-crime-2023": {"regions"},
    "chile-labour-2020": {"regions", "men-and-women"},
    "chile-spending-2017": {"spending"},
    "crowdworkers-llm-2023": {"prevalence"},
    "europe-2021": {"circles"},
    "france-2018-survey": {"full-time-by-base", "poverty-by-line"},
    "france-2019-headcount": {"circles", "multi-homing-sensitivity"},
    "france-living-on-microwork": {"hours-a-week"},
    "masculinity-2018": {"age-gap", "precision"},
    "mturk-2015-2018-headcount": {"method-sensitivity", "two-lists"},
    "online-labour-2021": {"circles", "people"},
    "poland-gig-2021": {"any-application", "takeaway"},
    "press-2023-claims": {"hourly-pay"},
    "recs-2015": {"energy-cost", "propane"},
    "us-crowdworkers-2022": {
        "employment",
        "experiment",
        "multi-homing",
        "poverty",
        "three-answers",
    },
    "us-voters-1996": {"party-by-education", "party-by-income"},
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.shared] * bool(each.data))
        for name, each in OPENED.items()
    ],
)
def test_a_study_rerun_as_the_main_job_does(
    name: str, layout: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its figures are read as they are drawn, and each is written twice."""
    opened, taken, figures = OPENED[name], set(), []

    def seen(kind: str, name: str, value: Any) -> Any:
        taken.add((kind, name))
        return value

    def saved(figure: Any, path: Path) -> None:
        if path.suffix == ".svg":
            assert layout.overlaps(figure) == [], path
            figures.append(path.name)
        if path.name.endswith((".fr.pdf", ".en.svg")):
            save(figure, path)

    if opened.data:
        monkeypatch.setenv("DIPLAB_DATA", str(SHARED / "data" / "open"))
    monkeypatch.setattr(runner, "save", saved)
    with run(opened, disturb=seen) as rerun:
        drawn = runner.draw(rerun, tmp_path, LANGUAGES)
        # as it comes back from a process of its own, where code cannot be sent
        section = pickle.loads(
            pickle.dumps(replace(report.section(rerun, drawn, LANGUAGES), study=replace(opened)))
        )
        noted = {figure: rerun.chart(figure, "fr").notes for figure in rerun.figures}
        for figure, language in itertools.product(noted, LANGUAGES):
            notes = dict(noted[figure].lines(language))
            assert LABELS[language] - notes.keys() == (
                {"Note"} if name in NOTHING_TO_NOTE else set()
            ), figure
            assert "{" not in "".join(notes.values()), figure
    assert sorted(figures) == sorted(
        f"{each}.{language}.svg" for each in FIGURES[name] for language in LANGUAGES
    )
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2 * len(FIGURES[name])
    for page, content in study_pages(section, "fr", LANGUAGES, "../figures"):
        assert len(content.encode()) < 300_000, page
    found = section.comparisons["en"]
    assert found.ran
    assert set(found.frame["dependence"]) == {""}
    wrong = found.frame[found.frame["verdict"] != found.frame["expected"]]
    assert wrong[["key", "reproduced", "verdict", "expected"]].values.tolist() == []
    assert found.frame["key"].tolist() == [row.key for row in opened.published]
    # what a study declares and never takes is supposed, or fetched, for nothing
    declared = {("assumption", each) for each in opened.assumptions}
    declared |= {("file", each) for each in (*opened.data, *opened.files)}
    assert declared - taken == set()


def test_the_studies_are_here():
    assert set(OPENED) == set(FIGURES)


@pytest.mark.parametrize("name", NEED_A_COPY)
def test_without_data_every_row_is_not_run(name, tmp_path, monkeypatch):
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path))
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = reproduce(name)
    assert not found.ran
    assert set(found.frame["verdict"]) == {"not run"}
    # what was printed is shown all the same: a number, or a mark in its place
    assert found.frame["published"].isna().tolist() == [
        row.printed.mark for row in find_study(name).published
    ]


def test_rows_say_of_whom_and_from_where_in_both_languages():
    for row in itertools.chain.from_iterable(opened.published for opened in OPENED.values()):
        plain = row.expected in ("as published", "our own")
        for text in (row.label, row.base, row.source, *([] if plain else [row.reason])):
            assert text.fr, row.key
            assert text.en, row.key
        # French typography: a no-break space before a percent sign and double punctuation
        for text in (row.label.fr, row.base.fr, row.source.fr, row.reason.fr):
            assert not [bad for bad in (" %", " €", " :", " ;", "« ", " »") if bad in text], row.key
        assert "'" not in row.base.fr + row.source.fr + row.reason.fr, row.key
        if row.status in ("synthetic", "inferred"):
            assert row.expected != "as published", row.key


def test_the_numbers_to_which_a_study_traces_claims_are_those_of_the_studies_here():
    apart = set()
    for name, opened in OPENED.items():
        traced = opened.folder / "traced.toml"
        for key, entry in (
            tomllib.loads(traced.read_text("utf-8")).items() if traced.is_file() else ()
        ):
            assert entry["source"], (name, key)
            carried = (
                {row.value for row in OPENED[entry["study"]].published}
                if "study" in entry
                else {entry["value"]}
            )
            assert entry["value"] in carried, (name, key)
            apart |= set() if "study" in entry else {key}
    living = {
        "vignette_pay",
        "vignette_hours",
        "wirk_shortest",
        "wirk_longest",
        "registered_rounded",
    }
    assert apart == {"interviewed_madagascar", *living}
