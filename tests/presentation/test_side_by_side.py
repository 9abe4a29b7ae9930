"""Groups side by side: shares by group, several results in one table, summaries, counts with percentages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.presentation._save import TABLE_SUFFIXES
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHARE = "Part des personnes pour lesquelles fatigue = 1"
FIXED, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
INDENT = FIXED * 4
BOOK = Codebook({
    "sex": Variable("sex", label=Text("Sexe", "Sex"), values={2: Text("Femmes", "Women"), 1: Text("Hommes", "Men")}),
    "job": Variable("job", label=Text("Emploi", "Job"), values={1: Text("CDI", "Open <b>&"), 2: Text("CDD", "Fixed")}),
    "age": Variable("age", label=Text("Âge", "Age"), unit="ans"),
    "hours": Variable("hours", label=Text("Heures", "Hours")),
    "tired": Variable("tired", label=Text("Fatigue", "Tired")),
    "none": Variable("none", label=Text("Rien", "Nothing")),
})  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> Any:
    """24 women and 12 men, each of weight 2: half of the ones and a quarter of the others have an open contract."""
    data = pd.DataFrame({
        "sex": [2.0] * 8 + [1.0] * 4, "job": [1.0, 1, 1, 1, 2, 2, 2, 2, 1, 2, 2, 2], "w": 2.0, "none": np.nan,
        "age": [20.0, 22, 24, 26, 28, 30, 32, 34, 40, 42, 44, np.nan], "tired": [1, 0] * 6,
        "hours": [1.0, 2, 3, 4, 5, 6, 7, 8, 2, 4, 6, 8],
    })  # fmt: skip
    return dl.declare_design(Microdata(pd.concat([data] * 3, ignore_index=True), BOOK), weights="w")


def texts(shown: Any) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]


class TestShares:
    def test_categories_are_rows_and_groups_are_columns(self, sample: Any) -> None:
        found = dl.estimate(sample, dl.share("job"), by="sex")
        shown = dl.table(found, "fr", hide="interval")
        assert shown.sheet.title == "Emploi\xa0: répartition selon le sexe"
        assert shown.sheet.header == ("Modalité", "Femmes", "Hommes")
        assert texts(shown) == [
            ["CDI", f"50,0{FIXED}%", f"25,0{FIXED}%"], ["CDD", f"50,0{FIXED}%", f"75,0{FIXED}%"], ["Base", "24", "12"],
        ]  # fmt: skip
        intervals = dl.table(found, "en").sheet.rows[1]
        assert intervals[0].text == ""
        assert intervals[1].text.startswith("[")
        # of n = 36, with n_d of which a share p: sqrt(36 / 35 p (1 - p) / n_d)
        errors = texts(dl.table(found, "fr", show="std_error", hide="interval"))[1]
        assert errors == ["", f"(10,4{FIXED}%)", f"(12,7{FIXED}%)"]
        assert dl.table(found, "fr").sheet.detail == dl.table(found, "fr", columns=()).sheet.detail
        assert len(dl.table(found, "fr", columns=()).sheet.header) == 5

    def test_any_variable_of_the_groups_goes_across(self, sample: Any) -> None:
        found = dl.estimate(sample, dl.mean(["hours", "age"]), by=["sex", "tired"])
        shown = dl.table(found, "en", columns="sex", hide=["interval"], decimals=1)
        assert shown.sheet.header == ("Tired", "Variable", "Women", "Men")
        # the groups change slowest, and respondents are said where they change
        assert texts(shown) == [
            ["0", "Hours", "5.0", f"6.0{FIXED}(a)"], ["", "Respondents", "12", "6 *"],
            ["", "Age", "28.0", f"42.0{FIXED}(a)"], ["", "Respondents", "12", "3 *"],
            ["1", "Hours", "4.0", f"4.0{FIXED}(a)"], ["", "Age", "26.0", f"42.0{FIXED}(a)"],
            ["", "Respondents", "12", "6 *"],
        ]  # fmt: skip
        alone = dl.table(
            dl.estimate(sample, dl.mean("hours"), by="sex"),
            "fr",
            columns="sex",
            hide=["interval", "n"],
            decimals=1,
        )
        assert texts(alone) == [["Moyenne", "4,5", "5,0"]]

    def test_switches_hold_for_groups_side_by_side(self, sample: Any) -> None:
        found = dl.estimate(sample, dl.share("job"), by="sex")
        shown = dl.table(
            found,
            "en",
            sort="ascending",
            hide=["n", "interval"],
            sum_to_100=True,
            rules="none",
            decimals=0,
        )
        assert [line[0] for line in texts(shown)] == ["Open <b>&", "Fixed"]
        assert [line[2] for line in texts(shown)] == ["25%", "75%"]
        assert {"n", "ci_low", "std_error"}.isdisjoint(shown.sheet.detail[0])
        assert "sex_label" in shown.sheet.detail[0]
        both = dl.table([found, dl.estimate(sample, dl.share("job"), by="tired")], "en", hide="n")
        assert "n" not in both.sheet.detail[0]
        described = dl.table(
            dl.summary(sample, ["hours", "job"], by="sex"), "en", hide="n", rules="none"
        )
        assert "n" not in described.sheet.detail[0]
        assert "Rules" not in dict(described.sheet.notes)

    def test_what_goes_across_is_one_of_the_groups(
        self, sample: Any, refused: Callable[..., None]
    ) -> None:
        found = dl.estimate(sample, dl.share("job"), by="sex")
        refused(lambda: dl.table(found, columns="sexe"), dl.DiplabError)
        refused(
            lambda: dl.table(dl.estimate(sample, dl.share("job")), columns="sex"), dl.DiplabError
        )
        refused(
            lambda: dl.table(dl.summary(sample, "job", by="sex"), columns="sex"), dl.DiplabError
        )


class TestSeveralResults:
    def test_one_below_the_other(self, sample: Any) -> None:
        several = [dl.estimate(sample, dl.mean("hours"), by=by) for by in ("sex", "job", ())]
        shown = dl.table(several, "fr", decimals=1)
        assert shown.sheet.title == "Heures moyennes selon le sexe et l’emploi"
        assert shown.sheet.header == (
            "",
            "Estimation",
            f"Intervalle de confiance à 95{FIXED}%",
            "Répondants",
        )
        lines = texts(shown)
        assert [line[0] for line in lines] == [
            "Sexe", f"{INDENT}Femmes", f"{INDENT}Hommes", "Emploi", f"{INDENT}CDI", f"{INDENT}CDD", "Ensemble",
        ]  # fmt: skip
        assert [line[1] for line in lines] == ["", "4,5", "5,0", "", "2,4", "6,3", "4,7"]
        assert [label for label, _ in shown.sheet.notes] == []
        assert len(shown.sheet.detail) == 6
        twice = dl.table([*several, several[2]], "fr")
        assert [line[0] for line in texts(twice)].count("Ensemble") == 1
        named = dl.table({"S": several[0], "Tous": several[2]}, "en")
        assert [line[0] for line in texts(named)] == ["S", f"{INDENT}Women", f"{INDENT}Men", "Tous"]

    def test_shares_of_categories_are_the_columns(self, sample: Any) -> None:
        several = [dl.estimate(sample, dl.share("job"), by=by) for by in ("sex", "tired", ())]
        shown = dl.table(several, "fr", hide="interval")
        assert shown.sheet.header == ("", "CDI", "CDD", "Base")
        assert texts(shown)[-1] == ["Ensemble", f"41,7{FIXED}%", f"58,3{FIXED}%", "36"]
        assert texts(shown)[2] == [f"{INDENT}Hommes", f"25,0{FIXED}%", f"75,0{FIXED}%", "12"]

    def test_side_by_side_where_the_rows_are_the_same(self, sample: Any) -> None:
        both = [
            dl.estimate(sample, dl.mean("hours"), by="sex"),
            dl.estimate(sample, dl.share("tired == 1"), by="sex"),
        ]
        shown = dl.table(both, "fr")
        assert shown.sheet.title == f"Heures moyennes{THIN}; {SHARE} selon le sexe"
        assert shown.sheet.over[1:] == (*["Heures moyennes"] * 3, *[SHARE] * 3)
        assert [line[0] for line in texts(shown)] == ["Femmes", "Hommes"]
        assert [line[4] for line in texts(shown)] == [f"50,0{FIXED}%"] * 2
        named = dl.table({"A": both[0], "B": both[0]}, "en")
        assert named.sheet.over == ("", "A", "A", "A", "B", "B", "B")
        everybody = dl.table(
            [dl.estimate(sample, dl.mean("hours")), dl.estimate(sample, dl.mean("age"))], "en"
        )
        assert [line[0] for line in texts(everybody)] == ["Mean hours", "Mean age"]
        of_two = dl.table(
            [dl.estimate(sample, dl.share(name), by="sex") for name in ("job", "tired")], "fr"
        )
        assert of_two.sheet.header == ("", "Femmes", "Hommes")
        assert [line[0] for line in texts(of_two)].count("Fatigue") == 1

    def test_only_results_of_one_kind(self, sample: Any, refused: Callable[..., None]) -> None:
        found = dl.estimate(sample, dl.mean("hours"))
        refused(lambda: dl.table([found, "hours"]), dl.DiplabError)


class TestSummaries:
    def test_in_french(self, sample: Any) -> None:
        found = dl.summary(
            sample, ["age", "job", "tired", "none"], by="sex", differences=True, missing="row"
        )
        shown = dl.table(found, "fr")
        assert shown.sheet.title == "Caractéristiques selon le sexe"
        assert shown.sheet.header == (
            "Variable", "Répondants", "Femmes", "Hommes", "Ensemble", "Différence standardisée", "Valeur p",
        )  # fmt: skip
        lines = texts(shown)
        # variances 504 / 23 and 24 / 8 about 27 and 42; shares 1/2 and 1/4: (1/4) / sqrt(7/32)
        assert lines[0][:4] == [
            "Âge (ans), moyenne (écart type)",
            "33",
            f"27,00{FIXED}(4,68)",
            f"42,00{FIXED}(1,73){FIXED}*",
        ]
        assert lines[0][5] == "4,25"
        assert lines[1][:5] == [f"{INDENT}Sans réponse (nombre)", "", "0", "3", "3"]
        assert lines[2][:3] == ["Emploi", "36", ""]
        assert lines[2][5] == "0,53"
        assert lines[3][:5] == [
            f"{INDENT}CDI",
            "",
            f"50,0{FIXED}%",
            f"25,0{FIXED}%",
            f"41,7{FIXED}%",
        ]
        assert lines[5][0] == "Fatigue"
        assert lines[6] == ["Rien", "0", *[""] * 5]
        assert lines[-1] == ["Répondants", "", "24", "12", "36", "", ""]
        note = dict(shown.sheet.notes)["Note"]
        assert note.startswith(
            f"Valeurs p{FIXED}: test t{THIN}; test de Rao et Scott, correction du second ordre."
        )
        assert "Différence standardisée" in note
        assert len(shown.sheet.detail) == 1 + len(found.frame)

    def test_what_is_shown_and_hidden(self, sample: Any) -> None:
        found = dl.summary(sample, ["hours", "job"], by="sex", statistics={"hours": "median"})
        shown = dl.table(
            found, "en", show=["n", "std_error", "interval"], hide="p_value", sort="descending"
        )
        assert shown.sheet.over == ("", "Women", "Women", "Men", "Men", "All", "All")
        lines = texts(shown)
        assert lines[0][0] == "Hours, median (standard error)"
        assert [line[0] for line in lines] == [
            lines[0][0],
            "",
            "Job",
            f"{INDENT}Fixed",
            "",
            f"{INDENT}Open <b>&",
            "",
            "Respondents",
        ]
        assert (lines[3][2], lines[3][4], lines[3][6]) == ("12", "9", "21")
        bare = dl.table(found, "en", hide=["n", "p_value"])
        assert bare.sheet.header == ("Variable", "Women", "Men", "All")
        assert texts(bare)[0][1] == f"4{FIXED}(2, 6)"
        assert "Women" in repr(found)
        assert "Open &lt;b&gt;&amp;" in found._repr_html_()

    def test_a_chart_has_the_shares(self, sample: Any) -> None:
        words = dl.chart(
            dl.summary(sample, ["hours", "job", "tired"], by="sex"), language="fr"
        ).caption
        assert words.title == "Caractéristiques selon le sexe"
        assert "Seules les parts sont représentées" in str(words)
        assert (
            "Heures"
            not in dl.chart(dl.summary(sample, ["job"], by="sex"), language="fr").caption.title
        )

    def test_sixty_categories_and_every_format(self, sample: Any, tmp_path: Path) -> None:
        data = pd.DataFrame(
            {
                "many": np.arange(600) % 60,
                "g": np.repeat(["a", "b", "c"], 200),
                "y": np.arange(600.0),
            }
        )
        book = Codebook(
            {"many": Variable("many", values={code: Text.same(f"m{code}") for code in range(60)})}
        )
        of_many = dl.table(
            dl.summary(dl.declare_design(Microdata(data, book)), ["many", "y"], by="g"), "fr"
        )
        assert len(of_many.sheet.rows) == 63
        tables = {
            "many": of_many, "summary": dl.table(dl.summary(sample, ["age", "job", "none"], by="sex"), "en"),
            "wide": dl.table(dl.estimate(sample, dl.share("job"), by="sex"), "fr"),
            "stacked": dl.table([dl.estimate(sample, dl.mean("age"), by=by) for by in ("sex", ())], "fr"),
        }  # fmt: skip
        for name, shown in tables.items():
            for suffix in TABLE_SUFFIXES:
                assert dl.save(shown, tmp_path / f"{name}{suffix}").stat().st_size > 0
        cell = load_workbook(tmp_path / "summary.xlsx").worksheets[0]
        values = [each.value for row in cell.iter_rows() for each in row]
        # the mean itself, with its deviation in the format of the cell
        assert pytest.approx(27.0) in [each for each in values if isinstance(each, int | float)]


def test_counts_with_both_percentages(sample: Any, refused: Callable[..., None]) -> None:
    table = dl.crosstab(sample, "job", "sex")
    shown = dl.table(table, "fr", show=["column_percent", "counts", "row_percent"])
    assert shown.sheet.header == ("Emploi", "", "Femmes", "Hommes", "Ensemble")
    percent = f"{FIXED}%"
    assert texts(shown) == [
        ["CDI", "Effectif", "24,0", "6,0", "30,0"],
        ["", "% en ligne", f"80,0{percent}", f"20,0{percent}", f"100,0{percent}"],
        ["", "% en colonne", f"50,0{percent}", f"25,0{percent}", f"41,7{percent}"],
        ["CDD", "Effectif", "24,0", "18,0", "42,0"],
        ["", "% en ligne", f"57,1{percent}", f"42,9{percent}", f"100,0{percent}"],
        ["", "% en colonne", f"50,0{percent}", f"75,0{percent}", f"58,3{percent}"],
        ["Ensemble", "Effectif", "48,0", "24,0", "72,0"],
        ["", "% en ligne", f"66,7{percent}", f"33,3{percent}", f"100,0{percent}"],
        ["", "% en colonne", f"100,0{percent}", f"100,0{percent}", f"100,0{percent}"],
        ["Répondants", "", "24", "12", "36"],
    ]
    several = dl.table(dl.crosstab(sample, "job", columns=["sex", "tired"]), "en", show="counts")
    assert texts(several)[0] == ["Open <b>&", "Count", "24.0", "6.0", "12.0", "18.0", "30.0"]
    intervals = dl.table(table, "en", show=["row_percent", "interval"])
    assert texts(intervals)[1][2].startswith("[")
    refused(lambda: dl.table(dl.crosstab(sample, "job"), show="counts"), dl.DiplabError)
    refused(lambda: dl.table(table, show=["counts", "residuals"]), dl.DiplabError)
    thirds = dl.declare_design(pd.DataFrame({"a": list("xyz") * 5, "b": ["p", "q", "q"] * 5}))
    shown = dl.table(
        dl.crosstab(thirds, "a", "b"), "en", show=["column_percent"], sum_to_100=True, decimals=0
    )
    assert sum(int(line[3].removesuffix("%")) for line in texts(shown)[:3]) == 100


def test_a_wide_table_without_rules_still_says_at_what_level_its_intervals_are() -> None:
    people = pd.DataFrame({"sex": ["f", "m"] * 20, "job": ["a", "b", "c", "a"] * 10})
    shares = dl.estimate(dl.declare_design(people), dl.share("job"), by="sex", confidence=0.9)
    said = dict(dl.table(shares, rules="none").sheet.notes)
    assert said["Note"] == "In brackets: 90% confidence interval."
    assert "Note" not in dict(dl.table(shares, rules="none", hide="interval").sheet.notes)
