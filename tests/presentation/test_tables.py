from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from great_tables import GT

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.presentation.language import words
from diplab.presentation.notes import Notes
from diplab.presentation.numbers import adding_up
from diplab.presentation.tables import table
from diplab.reference.text import Text
from diplab.results.comparison import Comparison
from diplab.results.estimates import Estimates, Provenance

NAN = float("nan")


def estimates(**provenance: object) -> Estimates:
    columns = {
        "statistic": "share", "variable": "contract", "category": [1.0, 2.0, 1.0, 2.0], "sex": ["f", "f", "m", "m"],
        "estimate": [0.284, 0.716, NAN, 0.65], "std_error": [0.02, 0.02, NAN, 0.03],
        "ci_low": [0.24, 0.68, 0.22, 0.6], "ci_high": [0.33, 0.75, 0.51, 0.7], "cv": 0.1, "deff": 1.2, "df": 100.0,
        "n": [1200, 900, 7, 800], "flag": ["", "", "bounds", ""],
    }  # fmt: skip
    settings = {
        "rules": {"confidence": "0.95", "df": "design"}, "base": Text("Répondants", "Respondents"),
        "source": Text("Enquête 2018", "2018 survey"), "missing": {"contract": 1200}, **provenance,
    }  # fmt: skip
    descriptions = {"share": dl.share("contract").description}
    return Estimates(
        pd.DataFrame(columns),
        np.eye(4),
        Provenance(**settings),
        ("sex",),
        descriptions=descriptions,
    )


LABELS = (
    Codebook()
    .described(
        "contract",
        label=Text("Contrat", "Contract"),
        values={1: Text("CDI", "Permanent"), 2: Text("Autre <b> & co", "Other <b> & co")},
    )
    .described("sex", label=Text("Sexe", "Sex"), values={"f": Text("Femmes", "Women")})
)


def printed(shown: GT) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]


def test_a_french_table_holds_labels_numbers_and_intervals():
    shown = table(estimates(), "fr", labels=LABELS, columns=())
    assert shown.sheet.title == "Contrat\xa0: répartition selon le sexe"
    assert shown.sheet.header == (
        "Sexe", "Modalité", "Estimation", "Intervalle de confiance à 95\u00a0%", "Base", "Remarque",
    )  # fmt: skip
    assert printed(shown) == [
        ["Femmes", "CDI", "28,4\u00a0%", "[24,0\u00a0%\u202f;\u00a033,0\u00a0%]", "1\u202f200", ""],
        [
            "Femmes",
            "Autre <b> & co",
            "71,6\u00a0%",
            "[68,0\u00a0%\u202f;\u00a075,0\u00a0%]",
            "900",
            "",
        ],
        ["m", "CDI", "n.d.", "[22,0\u00a0%\u202f;\u00a051,0\u00a0%]", "7 *", "bornes seules"],
        ["m", "Autre <b> & co", "65,0\u00a0%", "[60,0\u00a0%\u202f;\u00a070,0\u00a0%]", "800", ""],
    ]


def test_what_is_under_a_table():
    assert table(estimates(), "en", labels=LABELS, columns=()).sheet.note_lines() == (
        ("Note: Brackets without an estimate: bounds, not a confidence interval. "
         "* Fewer than 10 respondents: check before release."),
        "Coverage: Respondents",
        "Source: 2018 survey",
        "Missing values: Contract: 1,200",
    )  # fmt: skip
    assert "indicatifs" in table(estimates(indicative=True), "fr").sheet.note_lines()[0]


def test_synthetic_is_always_said():
    for language, word in {"fr": "synthétiques", "en": "Synthetic"}.items():
        for marked in ({"synthetic": True}, {"status": "synthetic"}):
            assert word in table(estimates(**marked), language).sheet.note_lines()[0]
        assert word not in " ".join(table(estimates(), language).sheet.note_lines())


def test_notes_of_the_author_come_before_the_provenance():
    notes = Notes(reading=Text("Une phrase.", "A sentence."), coverage=Text("France", "France"))
    lines = table(estimates(), "fr", notes=notes).sheet.note_lines()
    assert lines[1:4] == (
        "Lecture\u00a0: Une phrase.",
        "Champ\u00a0: France",
        "Source\u00a0: Enquête 2018",
    )
    notes = Notes(
        reading=Text("a", "a"),
        coverage=Text("b", "b"),
        source=Text("c", "c"),
        note=Text("d", "d"),
        synthetic=True,
    )
    assert [label for label, _ in notes.lines("fr")] == ["Note", "Lecture", "Champ", "Source"]
    assert (
        notes.lines("fr")[0][1] == "Données synthétiques\u00a0: personne n’a donné ces réponses. d"
    )


def test_decimals_follow_the_standard_error():
    frame = estimates().frame.assign(
        statistic="mean", estimate=1234.567, std_error=[0.4, 0.2, NAN, 0.1]
    )
    changed = Estimates(frame, np.eye(4), Provenance(), ("sex",))
    assert printed(table(changed, "en"))[0][2] == "1,234.57"
    assert printed(table(changed, "en", decimals=0))[0][2] == "1,235"
    assert printed(table(changed, "en", percent=True))[0][2] == "123,456.7%"


def test_html_is_escaped_stable_and_shown_in_a_notebook():
    first = table(estimates(), "fr", labels=LABELS).as_raw_html()
    assert "Autre &lt;b&gt; &amp; co" in first
    assert "<b>" not in first
    assert first == table(estimates(), "fr", labels=LABELS).as_raw_html()
    shown = table(estimates(), "fr")
    changed = shown.opt_row_striping()
    assert isinstance(changed, GT)
    assert changed.sheet == shown.sheet
    shown = estimates()._repr_html_()
    assert "28.4%" in shown
    assert "Coverage" in shown
    shown = dl.table(
        dl.estimate(dl.declare_design(pd.DataFrame({"h": [1.0, 2.0, 3.0]})), dl.mean("h")), "fr"
    )
    assert repr(shown).splitlines()[0] == shown.sheet.title
    assert "Estimation" in repr(shown)
    assert "great_tables" not in repr(shown)


def test_any_frame_of_strings_becomes_a_table():
    frame = pd.DataFrame({"Clé": ["a"], "Publié": ["14 903"]})
    shown = table(
        frame, "fr", title=Text("Titre : un", "Title: one"),
        notes=dl.Notes(note=Text("Une ligne ?", "A line?"), source=Text.same("DiPLab")),
        align={"Publié": "right"}, numbers=pd.DataFrame({"Clé": [NAN], "Publié": [14_903.0]}),
    )  # fmt: skip
    assert shown.sheet.title == "Titre\u00a0: un"
    assert shown.sheet.note_lines() == ("Note\u00a0: Une ligne\u202f?", "Source\u00a0: DiPLab")
    assert shown.sheet.rows[0][1].number == 14_903.0
    assert shown.sheet.rows[0][0].number is None
    assert shown.sheet.align == ("left", "right")
    with pytest.raises(OptionError, match=re.escape("`language='es'` is not one of")):
        table(estimates(), "es")


def comparison(**changes: object) -> Comparison:
    columns = {
        "key": ["total", "poor"], "published": [266_126.0, 22.0], "published_high": NAN, "relation": "equal",
        "reproduced": [266_126.4, NAN], "difference": [0.4, NAN], "tolerance": [1.0, 0.0],
        "base": ["France", "Répondants"], "source": ["p. 2", "p. 3"], "status": ["published", "second-hand"],
        "verdict": ["within tolerance", "not identified"], "expected": ["within tolerance", "not identified"],
        "label": ["Cercle : tous", "Pauvres"], "unit": ["people", "%"], "low": [NAN, 22.0], "high": [NAN, 51.0],
        "bounds": [False, True], "decimals": 0, "rests_on": "published figures", "quotation": False,
        "printed": ["266126", "22"], "mark": None, "printed_way": NAN, "because": "", "reason": "",
    }  # fmt: skip
    settings = {"language": "fr", **changes}
    return Comparison(
        pd.DataFrame(columns), "a-study", Text("Une étude", "A study"), "Le Ludec, 2019", **settings
    )


def test_a_comparison_is_a_table(refused):
    shown = table(comparison())
    circle, poor = printed(shown)
    assert circle[0] == "Cercle\u00a0: tous"
    assert circle[1:3] == ["266\u202f126\u00a0personnes", "266\u202f126\u00a0personnes"]
    assert circle[4:] == ["France", "publié", "chiffres publiés", "dans la tolérance"]
    assert poor[1] == "22\u00a0%"
    assert poor[2] == "22 à 51\u00a0%"
    assert poor[4:] == ["Répondants", "de seconde main", "chiffres publiés", "non identifiable"]
    assert shown.sheet.rows[0][2].number == 266_126.4
    assert shown.sheet.rows[1][2].number is None
    lines = table(comparison(synthetic=True, language="en")).sheet.note_lines()
    assert lines[0] == "Note: Synthetic data: no one gave these answers."
    assert "dans la tolérance" in comparison()._repr_html_()
    refused(lambda: table(comparison(language="en"), "fr"), OptionError)
    refused(lambda: table([]), OptionError)


def test_missing_answers_are_told_by_reason_and_label():
    codebook = Codebook(
        {"hours": Variable("hours", label=Text("heures", "hours"))},
        reasons={"hours": {"refused": 1, "system": 2}},
    )
    people = pd.DataFrame({"hours": [1.0, 2.0, NAN, NAN, NAN]})
    est = dl.estimate(dl.declare_design(Microdata(people, codebook)), dl.mean("hours"))
    lines = table(est, "fr", labels=codebook).sheet.note_lines()
    assert "Valeurs manquantes\u00a0: heures\u00a0: 3 (refus 1, sans réponse 2)" in lines


def test_labels_of_estimates():
    est = replace(estimates(), codebook=LABELS)
    assert table(est, "fr").sheet == table(estimates(), "fr", labels=LABELS).sheet
    assert table(est, "fr", labels=Codebook()).sheet.title == "contract\xa0: répartition par sex"
    frame = estimates().frame.assign(statistic=["mean", "median", "total", "variance"])
    shown = Estimates(frame, np.eye(4), Provenance(), ("sex",))
    assert table(shown, "en").sheet.title == "contract, by sex"
    labelled = Codebook().described("contract", label=Text("contrat", "type of contract"))
    assert table(shown, "en", labels=labelled).sheet.title == "Type of contract, by sex"


def test_a_frame_of_ones_own_is_a_table():
    frame = pd.DataFrame(
        {"Ville": ["Lille", "Nice"], "Personnes": [1200, 14], "Part": [12.25, 3.0]}
    )
    notes = Notes(unit=Text("en %", "in %"), coverage=Text("France", "France"))
    sheet = table(frame, "fr", title=Text("Villes", "Towns"), notes=notes).sheet
    assert [[cell.text for cell in row] for row in sheet.rows] == [
        ["Lille", "1\u202f200", "12,3"],
        ["Nice", "14", "3,0"],
    ]
    assert sheet.align == ("left", "right", "right")
    assert (sheet.title, sheet.subtitle, sheet.note_lines()[0]) == (
        "Villes",
        "en\u00a0%",
        "Champ\u00a0: France",
    )
    assert [cell.number for cell in sheet.rows[0]] == [None, 1200.0, 12.25]
    assert table(frame.set_index("Ville"), "en").sheet.rows[0][0].text == "Lille"
    words = table(pd.DataFrame({"Ville": ["Lille"], "Part": [""]}), "fr").sheet
    assert [cell.text for cell in words.rows[0]] == ["Lille", ""]


def test_notes_of_contrasts_and_of_fixed_thresholds():
    codebook = Codebook(
        {"sex": Variable("sex", values={1.0: Text("femme", "woman"), 2.0: Text("homme", "man")})}
    )
    people = pd.DataFrame({"sex": [1.0, 1.0, 2.0, 2.0], "hours": [1.0, 2.0, 5.0, 9.0]})
    est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    shown = table(dl.contrast(est, {"sex": (2.0, 1.0)}), "fr", labels=codebook)
    assert printed(shown)[0][0] == "homme − femme"
    assert any("différence, avec la covariance" in line for line in shown.sheet.note_lines())
    people = pd.DataFrame({"income": [500.0, 900.0, 1500.0]})
    est = dl.estimate(dl.declare_design(people), dl.arpr("income", threshold=1026))
    rules = next(line for line in table(est, "en").sheet.note_lines() if line.startswith("Rules"))
    assert "threshold: 1,026" in rules
    assert "median" not in rules
    assert "estimated on" not in rules


def _people() -> dl.Microdata:
    frame = pd.DataFrame(
        {"sex": [1, 2] * 24, "job": [1, 2, 3] * 16, "hours": [10.0 + each for each in range(48)]}
    )
    labels = {"sex": ("man", "woman"), "job": ("a", "b", "c")}
    book = Codebook(
        {
            name: Variable(
                name, values={at + 1: Text.same(each) for at, each in enumerate(answers)}
            )
            for name, answers in labels.items()
        }
    )
    return dl.Microdata(frame, book)


def test_columns_are_left_out_of_the_table_and_of_the_numbers_behind_it(refused):
    sample = dl.declare_design(_people())
    est = dl.estimate(sample, dl.mean("hours"), by="job")
    # codes have their labels beside, in the numbers behind
    behind = table(est).sheet.detail
    assert [row[behind[0].index("job") : behind[0].index("job_label") + 1] for row in behind[1:]] == [
        (1.0, "a"), (2.0, "b"), (3.0, "c"),
    ]  # fmt: skip
    plain = table(est, hide=["interval", "n"]).sheet
    assert plain.header == ("job", "Estimate")
    assert not {"n", "ci_low", "ci_high", "std_error"} & set(plain.detail[0])
    assert table(est, hide="n").sheet.header == table(est).sheet.header[:-1]
    crossed = dl.crosstab(sample, "job", "sex", shares="column")
    shown = table(crossed, hide=("interval", "n")).sheet
    assert [row[0].text for row in shown.rows] == ["a", "b", "c", "Total"]
    assert not any("[" in cell.text for row in shown.rows for cell in row)
    whole = table(dl.crosstab(sample, "job", "sex"), hide="n").sheet
    assert whole.header == ("job", "man", "woman", "All")
    assert [row[0].text for row in whole.rows] == ["a", "", "b", "", "c", "", "All", ""]
    for switches in (
        {"hide": "letters"}, {"hide": "p_value"}, {"hide": "interva"}, {"rules": "long"}, {"sort": "up"},
        {"sum_to_100": True},
    ):  # fmt: skip
        refused(lambda switches=switches: table(est, **switches), OptionError)
    refused(lambda: table(crossed, hide="letters"), OptionError)
    refused(lambda: table(crossed, sort="ascending"), OptionError)
    refused(lambda: table(dl.t_test(sample, "hours", "sex"), sort="ascending"), OptionError)


def test_rows_are_sorted_within_their_group():
    sample = dl.declare_design(_people())
    means = dl.estimate(sample, dl.mean("hours"), by="job")
    assert [row[0].text for row in table(means, sort="descending").sheet.rows] == ["c", "b", "a"]
    shares = dl.estimate(sample.where("hours > 20"), dl.share("job"))
    highest = [row[1].number for row in table(shares, sort="descending").sheet.rows]
    assert highest == sorted(highest, reverse=True)


def test_rules_are_told_in_full_in_short_or_not():
    est = dl.estimate(dl.declare_design(_people()).where("sex == 1"), dl.mean("hours"))
    told = {
        each: dict(table(est, rules=each).sheet.notes).get("Rules", "")
        for each in ("full", "short", "none")
    }
    assert "variance by linearisation" in told["full"]
    assert told["short"] == told["none"] == ""
    assert table(est).sheet.notes == table(est, rules="short").sheet.notes
    assert dict(table(est).sheet.notes)["Coverage"] == "people for whom sex = man"
    # a rate is not printed without its line
    poor = dl.estimate(dl.declare_design(_people()), dl.arpr("hours"))
    assert "fraction of the median: 0.6" in str(dict(table(poor).sheet.notes)["Rules"])
    # what each row rests on is printed whatever the rules: 294 words
    sizes = dl.population.sensitivity([1645, 183, 37, 13, 1, 1])
    words_of = [
        len(dict(table(sizes, rules=each).sheet.notes)["Assumptions"].split())
        for each in ("full", "short", "none")
    ]
    assert words_of == [294, 294, 294]
    crossed = table(
        dl.crosstab(dl.declare_design(_people()), "job", "sex"), "fr", rules="full"
    ).sheet
    assert "variance par linéarisation" in dict(crossed.notes)["Règles"]


def test_percentages_of_a_whole_add_up():
    # three thirds: 33, 33 and 33 add up to 99; by the largest remainder, the first is 34
    assert [round(each, 2) for each in adding_up(np.array([1, 1, 1]) / 3, 0)] == [0.34, 0.33, 0.33]
    # by hand, 34.85, 27.61, 20.23, 12.77 and 4.55: the whole parts make 97, the largest rests are
    # those of 1, 4 and 2; each rounded by itself would make 101
    counts = [9061, 7179, 5259, 3319, 1182]
    assert [round(each * 100) for each in adding_up(np.array(counts) / 26000, 0)] == [
        35,
        28,
        20,
        13,
        4,
    ]
    assert list(adding_up(np.array([0.2, 0.2]), 0)) == [0.2, 0.2]
    sample = dl.declare_design(_people())
    shown = table(dl.estimate(sample, dl.share("job")), decimals=0, sum_to_100=True).sheet
    assert [row[1].text for row in shown.rows] == ["34%", "33%", "33%"]
    assert [row[1].number for row in shown.rows] == pytest.approx([1 / 3] * 3)
    assert "add up to 100%" in dict(shown.notes)["Note"]
    for kind in ("row", "column", "cell"):
        crossed = table(
            dl.crosstab(sample, "sex", "job", shares=kind),
            decimals=0,
            sum_to_100=True,
            hide=("interval", "n"),
        ).sheet
        figures = [[int(cell.text.rstrip("%")) for cell in row[1:]] for row in crossed.rows]
        if kind != "column":
            assert all(sum(line[:-1]) == line[-1] for line in figures)
        if kind != "row":
            assert [sum(column[:2]) for column in zip(*figures, strict=True)] == figures[-1]


def test_labels_are_given_by_hand(refused):
    sample = dl.declare_design(_people())
    labels = {"hours": Text("Heures", "Hours"), "sex": {"1": "Men"}, "job": ("Job", {1: "first"})}
    by_sex = dl.estimate(sample, dl.mean("hours"), by="sex")
    assert table(by_sex, "fr", labels=labels).sheet.title == "Heures moyennes par sex"
    # codes written as words are those of the file, and answers without a label keep that of the
    # file
    assert [row[0].text for row in table(by_sex, labels=labels).sheet.rows] == ["Men", "woman"]
    job = table(dl.estimate(sample, dl.mean("hours"), by="job"), labels=labels).sheet
    assert job.header[0] == "Job"
    assert [row[0].text for row in job.rows] == ["first", "b", "c"]
    assert "Men" in {each.get_text() for each in dl.chart(by_sex, labels=labels).axes[0].texts} | {
        each.get_text() for each in dl.chart(by_sex, labels=labels).axes[0].get_yticklabels()
    }
    for wrong in ({"sex": 3}, {"sex": {"1": 2}}, ["sex"], {"sex": ("Sex", "Men")}):
        refused(lambda wrong=wrong: table(by_sex, labels=wrong), OptionError)


def test_a_label_of_one_wording_gets_no_french_spaces():
    question = Variable(
        "age", Text.same("Aged 16 or older?"), values={1: Text.same("N'a jamais: 50%")}
    )
    people = dl.Microdata(pd.DataFrame({"age": [1.0] * 12}), Codebook({"age": question}))
    sheet = table(dl.estimate(dl.declare_design(people), dl.share("age")), "fr").sheet
    assert sheet.title == "«\xa0Aged 16 or older?\xa0»\xa0: répartition"
    assert sheet.rows[0][0].text == "N’a jamais: 50%"
    assert words(Text("Combien?", "How many?"), "fr") == "Combien\u202f?"


def test_the_unit_of_a_variable_stands_under_the_title_of_its_amounts() -> None:
    people = pd.DataFrame({"pay": [10.0, 20, 30, 40], "hours": [1.0, 2, 3, 4]})
    book = dl.Codebook().described("pay", unit="EUR").described("hours", unit="hours")
    sample = dl.declare_design(dl.Microdata(people, book))
    mean = dl.estimate(sample, dl.mean("pay"))
    assert (dl.table(mean, "fr").sheet.subtitle, dl.table(mean).sheet.subtitle) == (
        "en EUR",
        "in EUR",
    )
    assert dl.chart(mean, language="fr").chart.notes.unit.fr == "en EUR"
    own = dl.Notes(unit=dl.Text("en euros par mois", "in euros a month"))
    assert dl.table(mean, "fr", notes=own).sheet.subtitle == "en euros par mois"
    # a variance is not in the unit of its variable, an index in none, and two variables in two
    for statistics in ([dl.variance("pay")], [dl.gini("pay")], [dl.mean("pay"), dl.mean("hours")]):
        assert dl.table(dl.estimate(sample, *statistics)).sheet.subtitle == ""
