"""Charts whose words are long, whose rows have several keys, whose bases are small, whose units differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.presentation.charts.dots import hanging_lines
from diplab.presentation.charts.style import DEFAULT
from diplab.presentation.layouts.drawings import in_heading
from diplab.presentation.notes import Notes
from diplab.presentation.sheet import INDENT

if TYPE_CHECKING:
    from diplab.types import Sample

FIXED = "\u00a0"
NARROW = "\u202f"
QUESTION = dl.Text(
    "Q12. Dans l’ensemble, dans quelle mesure êtes-vous satisfait de votre travail sur les "
    "plateformes ces douze "
    "derniers mois ?",
    "Q12. Overall, how satisfied have you been with your work on the platforms over the last "
    "twelve months?",
)
ANSWERS = {
    1: dl.Text("Pas du tout satisfait", "Not at all satisfied"),
    2: dl.Text("Ni l’un ni l’autre", "Neither"),
    3: dl.Text("Très satisfait", "Very satisfied"),
}
YES_NO = {0: dl.Text("Non", "No"), 1: dl.Text("Oui", "Yes")}
PLACES = {1: dl.Text("Île-de-France", "Paris region"), 2: dl.Text("Sud", "South")}
WIDTHS = ("column", "text", "page")


CODEBOOK = (
    dl.Codebook()
    .described("sat", label=QUESTION, values=ANSWERS)
    .described(
        "sex",
        label=dl.Text("Sexe", "Sex"),
        values={1: dl.Text("Homme", "Man"), 2: dl.Text("Femme", "Woman")},
    )
    .described("region", label=dl.Text("Région", "Region"), values=PLACES)
    .described("poor", label=dl.Text("Ménage pauvre", "Poor household"), values=YES_NO)
    .described("mturk", label=dl.Text("Utilise MTurk", "Uses MTurk"), values=YES_NO)
    .described("hours", label=dl.Text("Heures", "Hours"))
    .described("age", label=dl.Text("Âge", "Age"))
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    draw = np.random.default_rng(3)
    people = pd.DataFrame({
        "sat": draw.integers(1, 4, 240), "sex": np.tile([1, 2], 120),
        "region": np.where(np.arange(240) % 40 < 39, 1, 2), "poor": draw.integers(0, 2, 240),
        "mturk": draw.integers(0, 2, 240), "hours": draw.gamma(3, 4, 240), "age": draw.integers(16, 70, 240),
    })  # fmt: skip
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def below(figure: Any) -> dict[str, str]:
    """Notes of a chart by label, from its description."""
    parts = re.split(rf"(?:^| )(Note|Champ|Coverage|Source){FIXED}?: ", figure.caption.description)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def results(sample: Sample) -> dict[str, Any]:
    return {
        "column": dl.crosstab(sample, "sex", "sat", shares="column"),
        "row by": dl.crosstab(sample, "sat", "sex", by="poor", shares="row"),
        "ratios": dl.effect_ratios(
            dl.regress(sample, "poor == 1 ~ C(sat) * C(sex) + hours", family="binomial")
        ),
        "multinomial": dl.regress(sample, "sat ~ C(sex) + age", family="multinomial"),
        "two keys": dl.estimate(sample, dl.share("sat"), by="sex"),
        "three keys": dl.estimate(sample, dl.share("sat"), by=["sex", "poor"]),
    }


class TestLongWords:
    def test_are_on_the_page_and_clear_of_each_other(
        self, results: dict[str, Any], layout: Any
    ) -> None:
        for name, found in results.items():
            for language, width in (
                ("fr", "column"),
                ("en", "column"),
                ("fr", "text"),
                ("en", "page"),
            ):
                assert layout.overlaps(dl.chart(found, language=language, width=width)) == [], (
                    name,
                    width,
                )

    @pytest.mark.parametrize("width", WIDTHS)
    def test_headings_keep_the_answer_that_tells_them_apart(
        self, results: dict[str, Any], width: str
    ) -> None:
        words = texts(dl.chart(results["column"], language="fr", width=width))
        answers = [answer.fr for answer in ANSWERS.values()]
        assert [each for each in words if each in answers] == answers
        assert not any("Q12" in each for each in words)
        # a regression keeps its reference
        words = texts(dl.chart(results["ratios"], language="fr", width=width))
        first = words.index(next(each for each in words if each.startswith("Q12.")))
        heading = " ".join(words[first : words.index(f"{INDENT}Ni l’un ni l’autre")])
        assert (
            heading
            == f"{QUESTION.fr.replace(' ?', NARROW + '?')} (référence{FIXED}: Pas du tout satisfait)"
        )

    def test_a_heading_over_the_axes_breaks_their_lines(self, results: dict[str, Any]) -> None:
        figure = dl.chart(results["ratios"], language="en")
        boxed = {
            text.get_text()[:4]: text.get_bbox_patch() is not None for text in figure.axes[0].texts
        }
        assert boxed["Q12."]
        assert not boxed["Sex "]

    def test_the_lines_of_a_label_have_one_indent(self, results: dict[str, Any]) -> None:
        words = texts(dl.chart(results["ratios"], language="fr", width="column"))
        place = words.index(
            next(each for each in words if each.startswith(f"{INDENT}Ni l’un ni") and "×" in each)
        )
        assert words[place + 1].startswith(INDENT)
        assert hanging_lines(
            f"{INDENT}one two", DEFAULT.text_width(f"{INDENT}one ", DEFAULT.label), DEFAULT
        ) == [f"{INDENT}one", f"{INDENT}two"]

    def test_a_word_wider_than_a_line_is_cut(self) -> None:
        lines = DEFAULT.wrapped(
            "the satisfaction_with_platforms now",
            DEFAULT.text_width("satisfaction", DEFAULT.label),
            DEFAULT.label,
        )
        assert "".join(lines).replace(" ", "") == "thesatisfaction_with_platformsnow"
        assert all(
            DEFAULT.text_width(line, DEFAULT.label)
            <= DEFAULT.text_width("satisfaction", DEFAULT.label)
            for line in lines
        )
        assert DEFAULT.wrapped("satisfaction", 20.0, DEFAULT.label)[0] != ""
        # beside a label, a word that does not fit goes whole to the next line
        assert DEFAULT.wrapped("word", 40.0, DEFAULT.label, first=30.0) == ["", "word"]


class TestHeadings:
    def test_of_a_variable_whose_answers_do_not_tell_it(self, sample: Sample) -> None:
        words = texts(
            dl.chart(dl.crosstab(sample, "mturk", "poor", shares="column"), language="fr")
        )
        assert [each for each in words if "(" in each] == [
            "Non (Ménage pauvre)",
            "Oui (Ménage pauvre)",
        ]
        assert in_heading("2018", "Wave", ["2018", "2021"], set(), "en") == "2018 (Wave)"
        assert in_heading("", "Wave", ["2018", ""], set(), "en") == ""

    def test_of_two_keys(self, results: dict[str, Any]) -> None:
        figure = dl.chart(results["two keys"], language="en")
        rows = [each for each in texts(figure) if not re.search(r"%|Estimate", each)]
        assert rows == [
            row for each in ANSWERS.values() for row in (each.en, f"{INDENT}Man", f"{INDENT}Woman")
        ]
        assert "Figure. Not at all satisfied, Man " in figure.caption.description

    def test_of_codes_without_labels_name_their_variable(self, sample: Sample) -> None:
        bare = dl.estimate(sample, dl.share("sat"), by="region")
        figure = dl.chart(bare, labels=dl.Codebook())
        words = texts(figure)
        assert [each for each in words if "(sat" in each] == ["1 (sat)", "2 (sat)", "3 (sat)"]
        # of two regions, the one of six people: a mark at its three rows, the flag once below
        assert sum(each.endswith(f"{FIXED}(a)") for each in words) == 3
        assert below(figure)["Note"].endswith("(a) few units: under 8 degrees of freedom.")

    def test_of_three_keys_and_of_none(self, results: dict[str, Any], sample: Sample) -> None:
        rows = [
            each
            for each in texts(dl.chart(results["three keys"]))
            if not re.search(r"%|Estimate", each)
        ]
        answers = [f"{INDENT * 2}No", f"{INDENT * 2}Yes"]
        assert rows[:7] == [
            "Not at all satisfied",
            f"{INDENT}Man",
            *answers,
            f"{INDENT}Woman",
            *answers,
        ]
        found = dl.estimate(sample, dl.mean("hours"), dl.median("age"))
        assert {"Mean, Hours", "Median, Age"} <= set(texts(dl.chart(found)))

    def test_of_effects_are_their_variables(self, sample: Sample) -> None:
        fit = dl.regress(sample, "poor == 1 ~ C(sat) + age", family="binomial")
        words = texts(dl.chart(dl.marginal_effects(fit), language="en", width="page"))
        rows = [each for each in words if not re.search(r"point|%|Estimate", each)]
        assert " ".join(rows[:-3]) == QUESTION.en
        assert rows[-3:] == [f"{INDENT}Neither", f"{INDENT}Very satisfied", "Age"]

    def test_of_a_multinomial_model_are_its_answers_then_its_variables(
        self, results: dict[str, Any]
    ) -> None:
        words = texts(dl.chart(results["multinomial"], language="fr"))
        rows = [
            each
            for each in words
            if re.search(r"[^\W\d]{3}", each) and not re.search("Estimation|Intervalle", each)
        ]
        below_each = [
            f"{INDENT}Sexe (référence{FIXED}: Homme)",
            f"{INDENT * 2}Femme",
            f"{INDENT}Âge",
        ]
        assert rows == ["Ni l’un ni l’autre", *below_each, "Très satisfait", *below_each]


class TestWhatIsSaidBelow:
    @pytest.mark.parametrize(
        ("language", "label", "words"),
        [
            ("fr", "Champ", ("âge ≥ 18", "heures > 1")),
            ("en", "Coverage", ("age ≥ 18", "hours > 1")),
        ],
    )
    def test_the_domain_and_the_universe_in_the_words_of_the_table(
        self, sample: Sample, language: str, label: str, words: tuple[str, str]
    ) -> None:
        adults = sample.universe("hours > 1").where("age >= 18")
        for found in (
            dl.estimate(adults, dl.mean("hours"), by="sex"),
            dl.crosstab(adults, "sex", "sat"),
            dl.regress(adults, "hours ~ C(sex)"),
        ):
            written = below(dl.chart(found, language=language))[label]
            assert all(each in written for each in words)
            assert written == dict(dl.table(found, language).sheet.notes)[label]

    def test_the_words_of_the_author_come_first(self, sample: Sample) -> None:
        found = dl.estimate(sample.where("sex == 1"), dl.mean("hours"))
        for champ, shown in (
            ("France", "France; people for whom sex = Man"),
            ("The U.S.", "The U.S. People for whom sex = Man"),
        ):
            notes = Notes(coverage=dl.Text(champ, champ))
            assert below(dl.chart(found, notes=notes))["Coverage"] == shown
        assert "Coverage" not in below(dl.chart(dl.estimate(sample, dl.mean("hours"))))

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_small_bases_have_the_mark_of_the_table(self, sample: Sample, language: str) -> None:
        found = dl.estimate(sample, dl.mean("hours"), by="region")
        figure = dl.chart(found, language=language)
        marked = [
            row[0].text
            for row in dl.table(found, language).sheet.rows
            if row[-2].text.endswith("*")
        ]
        assert marked == [{"fr": "Sud", "en": "South"}[language]]
        words = texts(figure)
        values = [each for each in words if re.match(r"\d", each) and "%" not in each]
        assert [each.endswith(f"{FIXED}*") for each in values] == [False, True]
        note = dict(dl.table(found, language).sheet.notes)["Note"]
        assert note.startswith("* ")
        assert below(figure)["Note"].startswith(note)

    def test_crosstabs_and_circles_mark_the_bases_that_the_table_marks(
        self, sample: Sample
    ) -> None:
        for shares, marked in {"row": 3, "column": 0, "cell": 3}.items():
            figure = dl.chart(dl.crosstab(sample, "region", "sat", shares=shares), language="en")
            assert sum(each.endswith("*") for each in texts(figure)) == marked
            assert ("Note" in below(figure)) == (marked > 0)
        words = texts(dl.chart(dl.crosstab(sample, "region"), language="en"))
        assert [each for each in words if each.endswith("*")] == [f"2.5%{FIXED}*"]
        circles = dl.estimate(sample, dl.count(), by="region").described(nested=True)
        words = texts(dl.chart(circles, "circles", language="en"))
        assert "Paris region" in words
        assert words[-1] == f"South{FIXED}(a){FIXED}*"


class TestUnits:
    def test_amounts_of_two_variables_are_refused_unless_told(
        self, sample: Sample, refused: Any
    ) -> None:
        refused(lambda: dl.chart(dl.estimate(sample, dl.total("hours"), dl.count(), by="sex")))
        both = dl.estimate(sample, dl.total("poor"), dl.total("mturk"))
        refused(lambda: dl.chart(both))
        assert {"Ménage pauvre", "Utilise MTurk"} <= set(
            texts(dl.chart(both, language="fr", percent=False))
        )

    def test_what_has_one_unit_is_drawn(self, sample: Sample) -> None:
        totals = dl.estimate(sample, dl.total("hours"), dl.count(), by="sex")
        for found in (
            dl.estimate(sample, dl.mean("hours"), dl.total("hours")),
            dl.estimate(sample, dl.mean("poor"), dl.mean("mturk"), by="sex"),
            dl.contrast(totals, {"sex": ("Woman", "Man")}, kind="ratio"),
        ):
            numbers = [word for word in texts(dl.chart(found)) if any(map(str.isdigit, word))]
            assert len(numbers) >= len(found)
