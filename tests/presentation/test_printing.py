"""What a terminal shows of results: labels, the base, what is missing; and what tables show beside on demand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.microdata.missing import MissingCodes
from diplab.presentation.sheet import on_console
from diplab.reference.text import NARROW, NO_BREAK

QUESTION = "How many hours did you work in the last seven days, all platforms together?"
ROWS = """
sex 1 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 2 2 2 2
job 1 1 1 1 1 1 1 1 1 2 2 2 1 2 2 2 2 2 2 2 2 2 2 2
hours 5 10 15 20 25 30 35 40 45 50 . . 10 12 14 16 18 20 22 24 26 . . .
"""


@pytest.fixture
def sample() -> Any:
    columns = {line.split()[0]: line.split()[1:] for line in ROWS.strip().splitlines()}
    frame = pd.DataFrame(columns).replace(".", None).astype(float)
    both = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("autre", "other")}
    book = dl.Codebook()
    book = book.described("sex", label=dl.Text("Sexe", "Sex"), values=both)
    jobs = {
        1: dl.Text("souvent", "often"),
        2: dl.Text("parfois", "sometimes"),
        3: dl.Text("jamais", "never"),
    }
    book = book.described(
        "job", label=dl.Text("Fréquence", "Frequency"), values=jobs, measure="ordinal"
    )
    book = book.described("hours", label=dl.Text.same(QUESTION), missing={99: "refused"})
    places = [0 if frame["hours"].isna()[row] and row != 23 else -1 for row in range(24)]
    codes = {"hours": MissingCodes((99,), pd.Series(places).to_numpy())}
    data = dl.Microdata(frame.assign(w=100.0), book, codes)
    return dl.declare_design(data, weights="w")


def lines(result: object) -> list[str]:
    return [" ".join(line.split()) for line in str(result).splitlines()]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_results_are_printed_with_labels_within_the_terminal(
    sample: Any, monkeypatch: Any, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    results = [
        dl.estimate(sample, dl.mean("hours"), by="sex"),
        dl.estimate(sample, dl.share("job")),
        dl.crosstab(sample, "job", "sex", shares="column"),
        dl.regress(sample, "hours ~ sex"),
        dl.t_test(sample, "hours", "sex"),
    ]
    for result in results:
        shown = str(result)
        assert max(map(len, shown.splitlines())) <= min(columns, 100)
        assert "Rules" not in shown
        assert NO_BREAK not in shown
        assert any(word in shown for word in ("woman", "often"))
    assert lines(results[1])[-1] == "Base: 24"
    printed = lines(results[0])
    assert printed[0] == "Mean hours, by sex"
    # z = (y - 27.5) / 10 of ten people among 24: V = 24 / 23 * 20.625, with nine degrees of freedom
    assert "woman 27.5 4.6 [17.0, 38.0] 10" in printed
    # a question stands once, below; why answers are missing, within the domain
    assert " ".join(printed).endswith(
        f"Missing values: hours: 5 (refused 4, no answer 1) hours: {QUESTION}"
    )
    women = lines(dl.estimate(sample.where("sex == 1"), dl.mean("hours")))
    assert "Missing values: hours: 2 (refused 2)" in women


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("columns", [60, 80])
def test_no_word_is_broken_where_blocks_fit(
    sample: Any, monkeypatch: Any, columns: int, language: Any
) -> None:
    """Columns stand in blocks, each after those that say what a line is; curves of no time have nobody at risk."""
    people = sample.engine.columns.frame.to_native().assign(person=range(24))
    panel = dl.declare_design(
        pd.concat([people.assign(year=year) for year in (2020, 2021)]), psu="person"
    )
    changes = dl.change(panel, dl.share("sex"), dl.share("job == 1"), wave="year", person="person")
    medians = dl.survival.kaplan_meier(sample, "hours", "job == 1", at=[], by="sex")
    monkeypatch.setenv("COLUMNS", str(columns))
    for result in (
        changes,
        medians,
        dl.crosstab(sample, "job", "sex"),
        dl.regress(sample, "hours ~ sex"),
    ):
        sheet = dl.table(result, language, show="std_error" if result is changes else ()).sheet
        shown = on_console(sheet, columns)
        texts = [*sheet.full_header(), *(cell.text for row in sheet.rows for cell in row)]
        assert set(" ".join(texts).split()) <= set(shown.split())
        assert max(map(len, shown.splitlines())) <= columns
    assert not {"Soumis au risque", "At risk"} & set(dl.table(medians, language).sheet.header)
    # what is said of a line is said again in each block; what all lines share stands below, once
    printed = str(changes)
    assert printed.count("Category") == 1
    assert printed.count("2021 − 2020") == 1


def test_a_terminal_says_what_a_number_cannot_be_read_without(sample: Any) -> None:
    rate = lines(
        dl.estimate(sample, dl.arpr("hours", threshold=dl.parameter("poverty_threshold_60", 2019)))
    )
    assert "Threshold: 1,102 (2019); threshold in euros per month and consumption unit." in rate
    scores = lines(dl.t_test(sample, "job", "sex"))
    assert "Ordered answers taken as equally spaced scores: Frequency." in scores
    assert not any(
        "Threshold" in each or "scores" in each
        for each in lines(dl.estimate(sample, dl.mean("hours")))
    )


def test_titles_name_each_variable_once(sample: Any) -> None:
    whole = dl.log_linear(sample, "~ sex + job").cells
    assert dl.table(whole, "fr").sheet.title == "Sexe × Fréquence\xa0: répartition"
    moods = dl.predict(
        dl.regress(sample, "job ~ sex", family="multinomial"), {"sex": ["woman", "man"]}
    )
    assert dl.table(moods, "en").sheet.title == "Predicted value – frequency, by sex"
    equal = dl.standardise(sample, dl.share("job"), "sex")
    assert (
        dl.table(equal, "fr").sheet.title
        == f"Fréquence\xa0: répartition (à structure égale{NO_BREAK}: Sexe)"
    )


def test_long_results_are_cut(sample: Any) -> None:
    people = pd.DataFrame({"place": [*range(300)] * 2, "y": 1.0})
    shown = lines(dl.estimate(dl.declare_design(people), dl.total("y"), by="place"))
    assert "200 more lines are in `.frame`." in shown
    assert len(shown) < 110
    nothing = dl.estimate(sample, dl.share("job"))
    assert "Frequency" not in str(nothing.rows(nothing.frame["n"] < 0))


def test_empty_categories_are_counted_and_left_out(sample: Any) -> None:
    shown = lines(dl.crosstab(sample, "job", "sex"))
    assert not any(each.startswith(("never", "other")) for each in shown)
    assert "Note: 2 categories without any respondents are not shown." in " ".join(shown).replace(
        " * ", " "
    )
    words = dict(dl.table(dl.crosstab(sample, "job"), "fr").sheet.notes)["Note"]
    assert words == "Une modalité sans aucun répondant n’est pas affichée."


def test_frequencies_have_weighted_counts_and_cumulated_shares(sample: Any) -> None:
    shown = dl.table(dl.crosstab(sample, "job"), "fr").sheet
    assert shown.header == ("Fréquence", "Part", "Effectif pondéré", "Part cumulée", "Répondants")
    rows = [[cell.text for cell in row] for row in shown.rows if row[0].text]
    thousand = f"{NARROW}"
    assert rows == [
        ["souvent", f"41,7{NO_BREAK}%", f"1{thousand}000", f"41,7{NO_BREAK}%", "10"],
        ["parfois", f"58,3{NO_BREAK}%", f"1{thousand}400", f"100,0{NO_BREAK}%", "14"],
        ["Total", f"100,0{NO_BREAK}%", f"2{thousand}400", "", "24"],
    ]
    by_size = dl.table(dl.crosstab(sample, "job", sort="size"), "en").sheet
    assert [row[0].text for row in by_size.rows if row[0].text] == ["sometimes", "often", "Total"]
    assert by_size.header == ("Frequency", "Share", "Weighted count", "Respondents")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_total_says_of_whom_it_is(sample: Any, language: Any) -> None:
    shown = dl.table(dl.estimate(sample, dl.total("hours")), language).sheet
    words = {"fr": "(répondants à la question seulement)", "en": "(of those who answered)"}[
        language
    ]
    assert shown.title.endswith(words)
    assert dict(shown.notes)["Note"].startswith(
        {"fr": "Total des seules personnes qui ont", "en": "The total covers"}[language]
    )
    assert (
        words
        in dl.chart(
            dl.estimate(sample, dl.total("hours"), by="sex"), language=language
        ).caption.title
    )
    adjusted = dl.table(
        dl.estimate(sample, dl.total("hours", na="adjusted", classes="sex")), language
    ).sheet
    assert "(" not in adjusted.title
    notes = " ".join(content for _, content in adjusted.notes)
    assert {"fr": "classes de réponse : Sexe", "en": "response classes: Sex"}[language].replace(
        " :", f"{NO_BREAK}:"
    ) in notes
    assert {"fr": "dans chaque classe de réponse", "en": "in each response class"}[
        language
    ] in notes


def test_association_and_residuals_are_shown_on_demand(sample: Any) -> None:
    found = dl.crosstab(sample, "sex", "job", shares="row")
    assert "Association" not in dict(dl.table(found, "en").sheet.notes)
    shown = dl.table(found, "en", show=["residuals", "association"]).sheet
    # (s - 1/2)(o - 10/24) of 24 people: its mean, 1/6, is 4.4 times its error
    assert [row[1].text for row in shown.rows if row[1].text and row[1].text[0] in "+−("] == [
        "+4.4",
        "−4.4",
    ]
    line = dict(shown.notes)["Association"].replace(NO_BREAK, " ")
    assert line.startswith("Cramér’s V = 0.")
    assert "; Odds ratio = 33 [2, 464]" in line
    one = dl.table(dl.estimate(sample, dl.mean("hours")), "fr", show="std_error").sheet
    assert one.header[1] == "Erreur type"
    test = dl.table(dl.t_test(sample, "hours", "sex", effect_size="hedges_g"), "fr").sheet
    assert {"g de Hedges", "Intervalle de la taille d’effet"} <= set(test.header)
