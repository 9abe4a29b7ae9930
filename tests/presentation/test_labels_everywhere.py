"""Labels wherever a reader looks: titles, notes, tests; crosstabs and ratios as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.presentation.charts.axes import count_on_ratios
from diplab.presentation.charts.style import Style
from diplab.presentation.labels import with_labels
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample

THIN = "\N{NARROW NO-BREAK SPACE}"
FIXED, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
INDENT = FIXED * 4
CODEBOOK = Codebook(
    {
        "sex": Variable(
            "sex",
            label=Text("Sexe", "Sex"),
            values={1: Text("femme", "woman"), 2: Text("homme", "man")},
        ),
        "full_time": Variable(
            "full_time",
            label=Text("Temps plein", "Full time"),
            values={0: Text("non", "no"), 1: Text("oui", "yes")},
        ),
        "hours": Variable("hours", label=Text("Heures", "Hours")),
        "pay": Variable("pay", label=Text("Salaire horaire", "Hourly pay")),
    }
)


@pytest.fixture
def sample() -> Sample:
    drawn = np.random.default_rng(8)
    data = pd.DataFrame({
        "sex": np.arange(80) % 2 + 1.0, "full_time": drawn.choice([0.0, 1.0], 80), "hours": drawn.normal(20, 5, 80),
        "pay": drawn.normal(10, 2, 80),
    })  # fmt: skip
    data.loc[:4, "full_time"] = np.nan
    return dl.declare_design(Microdata(data, CODEBOOK))


def notes(shown: Any) -> dict[str, str]:
    return dict(shown.sheet.notes)


class TestTitlesAndNotes:
    def test_of_expressions(self, sample: Sample) -> None:
        titles = {
            dl.share("full_time == 1"): "Temps plein\xa0: part de «\xa0oui\xa0»",
            dl.correlation("hours", "pay"): "Heures et salaire horaire\xa0: corrélation",
            dl.ratio("pay", "hours"): "Salaire horaire / heures\xa0: rapport",
            dl.mean("pay * hours"): "Salaire horaire × heures\xa0: moyenne",
            dl.share("`hours` > 30"): "Part des personnes pour lesquelles heures > 30",
            dl.share("hours >= 20 and sex == 2"): (
                "Part des personnes pour lesquelles heures ≥ 20 et sexe = homme"
            ),
            dl.share("sex in (1, 2) or not pay < 9.5"): (
                "Part des personnes pour lesquelles sexe parmi femme, homme ou salaire horaire ≥ 9,5"
            ),
            dl.share("sex not in (1,)"): "Part des personnes pour lesquelles sexe autre que femme",
            dl.mean("pay - (hours - 2) / 3"): ("Salaire horaire − (heures − 2) / 3\xa0: moyenne"),
        }
        for statistic, title in titles.items():
            assert dl.table(dl.estimate(sample, statistic), "fr").sheet.title == title

    def test_whoever_did_not_answer(self, sample: Sample) -> None:
        shown = dl.table(dl.estimate(sample, dl.share("full_time == 1")), "fr")
        assert notes(shown)["Valeurs manquantes"] == f"Temps plein{FIXED}: 5"
        found = dl.estimate(sample, dl.share("full_time == 1 and hours > 10"))
        assert notes(dl.table(found, "en"))["Missing values"] == "Full time, Hours: 5"

    def test_margins_of_a_calibration(self, sample: Sample) -> None:
        known = {"sex": {"woman": 500, "man": 500}, "hours": 20_000}
        found = dl.estimate(dl.calibrate(sample, known), dl.mean("pay"))
        assert f"{FIXED}: Sexe, Heures" in notes(dl.table(found, "fr"))["Règles"]

    def test_formulas(self, sample: Sample) -> None:
        fit = dl.regress(sample, "full_time ~ C(sex) + I(hours ** 2) + log(pay)", family="binomial")
        # by names: labels are often whole questions
        formula = f"formule{FIXED}: full_time ~ C(sex) + I(hours ** 2) + log(pay)"
        assert formula in notes(dl.table(fit, "fr", rules="full"))["Règles"]
        asked = "full_time == 1 ~ C(sex, Treatment(2)) + I(hours ** 2) + I(pay > 10)"
        fit = dl.regress(sample, asked, family="binomial")
        shown = dl.table(fit, "en", rules="full").sheet
        assert shown.title == "Logistic regression – Full time = yes"
        assert f"formula: {asked};" in dict(shown.notes)["Rules"]
        assert [row[0].text for row in shown.rows[3:5]] == ["Hours²", "Hourly pay > 10"]

    def test_domains_and_universes(self, sample: Sample) -> None:
        """Python signs and codes are not words of a table."""
        asked = sample.universe("pay > 0").where("hours >= 18 and sex == 2 and full_time in [0, 1]")
        found = dl.estimate(asked, dl.mean("pay"))
        french, english = (notes(dl.table(found, each)) for each in ("fr", "en"))
        assert french["Champ"] == (
            f"personnes pour lesquelles salaire horaire > 0{NARROW}; heures ≥ 18 et sexe = homme "
            "et temps plein parmi non, oui"
        )
        assert english["Coverage"] == (
            "people for whom hourly pay > 0; hours ≥ 18 and sex = man and full time among no, yes"
        )
        # labels are not ordered: an inequality keeps the code, and the name of its variable
        ordered = dl.estimate(sample.where("sex <= 2 and hours > 1"), dl.mean("pay"))
        shown = notes(dl.table(ordered, "fr"))["Champ"]
        assert shown == "personnes pour lesquelles sex ≤ 2 et heures > 1"
        # an expression of a library is left as it was written
        found = dl.estimate(sample.where(nw.col("hours") > 18), dl.mean("pay"))
        covered = notes(dl.table(found, "fr"))["Champ"]
        assert "heures" not in covered
        assert "hours" in covered

    def test_the_opposite_of_a_condition_is_a_condition(self, sample: Sample) -> None:
        for asked, shown in (
            ("not (sex == 2 and hours == 30)", "sexe ≠ homme ou heures ≠ 30"),
            ("not (sex == 2 or hours > 30)", "sexe ≠ homme et heures ≤ 30"),
            ("not not hours < 30", "heures < 30"),
            ("not hours in [10, 30]", "heures autre que 10, 30"),
        ):
            found = dl.estimate(sample.where(asked), dl.mean("pay"))
            champ = notes(dl.table(found, "fr"))["Champ"]
            assert champ == f"personnes pour lesquelles {shown}"

    def test_signs_are_written_for_latex(self, sample: Sample, tmp_path: Path) -> None:
        shown = dl.table(dl.estimate(sample, dl.share("hours >= 20 or hours != 3")), "en")
        assert r"hours $\geq$~20 or hours $\neq$~3" in dl.save(shown, tmp_path / "a.tex").read_text(
            encoding="utf-8"
        )

    def test_only_names_of_columns_change(self) -> None:
        for written, shown in {
            "pay == 'hours'": "Hourly pay == 'hours'",
            "`pay` + other.pay": "Hourly pay + other.pay",
            'pay ~ C(sex, Treatment("pay"))': 'Hourly pay ~ C(Sex, Treatment("pay"))',
            "C(region) + region": "C(region) + region",
        }.items():
            assert with_labels(written, CODEBOOK, "en") == shown


class TestTests:
    def test_show_labels_by_themselves(self, sample: Sample) -> None:
        means = dl.estimate(sample, dl.mean("pay"), by="sex")
        fit = dl.regress(sample, "pay ~ sex + hours")
        tests = [
            dl.t_test(sample, "pay", "sex"),
            dl.rank_test(sample, "pay", "sex"),
            dl.crosstab(sample, "sex", "full_time").test,
            dl.term_test(fit, "sex"),
            dl.wald_test(dl.contrast(means, {"sex": ("woman", "man")})),
        ]
        for test in tests:
            assert test is not None
            assert test.codebook == CODEBOOK
            title = dl.table(test, "en").sheet.title.partition(" in ")[0]  # a formula has names
            assert "pay" not in title.replace("Hourly pay", "")
            assert "sex" not in title
            assert title.split(": ", 1)[1] in test._repr_html_()
        header = dl.table(tests[0], "fr").sheet.header
        assert header[:2] == (f"Moyenne{FIXED}: femme", f"Moyenne{FIXED}: homme")


class TestChartsOfCrosstabs:
    def texts(self, figure: Any) -> list[str]:
        return [text.get_text() for axes in figure.axes for text in axes.texts]

    def test_column_shares_stand_under_their_column(self, sample: Sample) -> None:
        figure = dl.chart(dl.crosstab(sample, "sex", "full_time", shares="column"), language="fr")
        assert figure.caption.title == "Sexe par temps plein"
        words = self.texts(figure)
        # the answer comes first: the name may be a whole question, which ran off the page and took
        # the answer along
        places = [words.index(head) for head in ("non (Temps plein)", "oui (Temps plein)")]
        assert words[places[0] + 1] == words[places[1] + 1] == f"{INDENT}femme"
        assert "Pourcentages en colonne" in [axes.get_xlabel() for axes in figure.axes]

    def test_row_shares_stand_under_their_row(self, sample: Sample) -> None:
        figure = dl.chart(dl.crosstab(sample, "sex", "full_time", shares="row"))
        words = self.texts(figure)
        # the title names the variable already
        assert words[words.index("woman") + 1] == f"{INDENT}no"
        assert figure.caption.description.startswith("Figure. woman, no ")

    def test_one_variable_and_groups(self, sample: Sample, refused: Any) -> None:
        assert "woman" in self.texts(dl.chart(dl.crosstab(sample, "sex")))
        by_group = dl.chart(dl.crosstab(sample, "full_time", by="sex"))
        assert by_group.caption.title == "Full time, by sex"
        assert {"woman", "man", f"{INDENT}yes"} <= set(self.texts(by_group))
        # variables side by side have no chart
        refused(lambda: dl.chart(dl.crosstab(sample, "sex", columns=["full_time"])))

    def test_words_are_clear_and_shares_are_those_of_the_table(
        self, sample: Sample, layout: Any
    ) -> None:
        for shares, language in (("row", "fr"), ("column", "fr"), ("cell", "en")):
            table = dl.crosstab(sample, "sex", "full_time", shares=shares)
            figure = dl.chart(table, language=language)
            assert layout.overlaps(figure) == []
        assert {f"{100 * share:.1f}%" for share in table.cells.frame["estimate"]} <= set(
            self.texts(figure)
        )


class TestChartsOfRatios:
    @staticmethod
    def axis(figure: Any) -> Any:
        (drawn,) = [axes for axes in figure.axes if axes.get_xlabel()]
        return drawn

    def test_a_half_is_as_far_as_a_double(self, sample: Sample, layout: Any) -> None:
        fit = dl.regress(sample, "full_time ~ sex + hours", family="binomial")
        ratios = dl.effect_ratios(fit)
        for language, half in (("fr", "0,5"), ("en", "0.5")):
            figure = dl.chart(ratios, language=language)
            assert layout.overlaps(figure) == []
            axes = self.axis(figure)
            assert axes.get_xscale() == "log"
            ticks = axes.xaxis.get_major_formatter().format_ticks(axes.xaxis.get_majorticklocs())
            assert half in ticks
            assert "1" in ticks
            assert all(ticks)
        assert self.axis(dl.chart(fit)).get_xscale() == "linear"

    def test_round_ticks(self) -> None:
        axes = Figure().subplots()
        axes.set_xscale("log")
        for (low, high), shown in {
            (0.3, 4.0): ["0,3", "0,5", "0,7", "1", "1,5", "2", "3"],
            (0.01, 30.0): ["0,01", "0,03", "0,1", "0,3", "1", "3", "10", "30"],
            (1e-6, 1e6): [
                "0,000001",
                "0,0001",
                "0,01",
                "1",
                "100",
                f"10{THIN}000",
                f"1{THIN}000{THIN}000",
            ],
            (0.9, 1.2): ["0,9", "1", "1,1", "1,2"],
        }.items():
            axes.set_xlim(low, high)
            count_on_ratios(
                axes.xaxis, low, high, "fr", style=Style(font="DejaVu Sans", tick=7.0), room=300.0
            )
            assert (
                axes.xaxis.get_major_formatter().format_ticks(axes.xaxis.get_majorticklocs())
                == shown
            )
