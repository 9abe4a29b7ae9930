"""LimeSurvey's answers and structures, against what its manual and its export functions say of them.

The survey here is written by hand: one question of each type, in French, English and Portuguese, as LimeSurvey 2
writes a structure (each row with its language) and as LimeSurvey 6 does (wordings in tables of their own). The
exports follow the manual's chapters "Exporting results", "Export survey structure" and "Question types", and the
names that `createFieldMap` gives to columns.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.limesurvey.load import limesurvey_codebook
from diplab.loaders.limesurvey.structure import read_questionnaire
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook
from diplab.presentation.codebook.command import codebooks_of
from diplab.reference.text import Text
from tests.loaders.factories import cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SID = "123456"
LANGUAGES = ("fr", "en", "pt")
Words = tuple[str, str, str]

TITLE: Words = ("Enquête", "Survey", "Inquérito")
SPEED: Words = ("Rythme", "Speed", "Ritmo")
GROUPS: dict[int, Words] = {10: ("Vous", "You", "Você"), 11: ("Usages", "Uses", "Usos")}

# group, type, code, other, wording (fr / en / pt); subquestions `+scale code wording`, answers `=scale code label`
QUESTIONS_WRITTEN = """
10 Y work N Travaillez-vous ? / Do you work? / Trabalha?
10 G sex N Sexe / Gender / Sexo
10 L status Y <p>Votre <b>statut</b> ?</p> / Your status? / Seu estatuto? ;
 =0 A1 salarié / employee / empregado ; =0 A2 sans emploi / unemployed / sem emprego
10 ! region N Région / Region / Região ; =0 11 Île-de-France ; =0 93 Sud / South / Sul
10 O why N Pourquoi ? / Why? / Por quê? ; =0 A1 argent / money / dinheiro
10 5 happy N Satisfaction / Satisfaction / Satisfação
10 N hours N Heures par semaine / Hours a week / Horas
10 K pay N Revenus / Income / Renda ; +0 main principal / main / principal ; +0 side annexe / side / extra
10 D since N Depuis quand ? / Since when? / Desde quando?
10 S town N Ville / Town / Cidade
10 X hello N Bonjour / Hello / Olá
11 M uses Y Que faites-vous ? / What do you do? / O que faz? ; +0 SQ001 courriel / mail / correio ;
 +0 SQ002 images / pictures / imagens
11 P paid N Payé comment ? / Paid how? / Pago como? ; +0 SQ001 bons / vouchers / vales
11 F agree N D’accord ? / Agree? / Concorda? ; +0 SQ001 c’est utile / it is useful / é útil ;
 +0 SQ002 c’est long / it is long / é longo ; =0 1 pas du tout / not at all / nada ;
 =0 2 tout à fait / fully / muito
11 A five N Notes / Marks / Notas ; +0 SQ001 accueil / welcome / acolhida
11 C sure N Sûr ? / Sure? / Certo? ; +0 SQ001 de vous / of you / de si
11 E more N Évolution / Change / Mudança ; +0 SQ001 paie / pay / salário
11 1 two N Deux échelles / Two scales / Duas escalas ; +0 SQ001 cadence / pace / ritmo ;
 =0 A1 lente / slow / lento ; =1 B1 subie / imposed / imposto
11 : grid N Heures / Hours / Horas ; +0 Y1 lundi / Monday / segunda ; +1 X1 matin / morning / manhã
11 R rank N Classez / Rank these / Ordene ; =0 A1 paie / pay / salário ; =0 A2 temps / time / tempo
11 * score N {hours*2}
11 Q names N Noms / Names / Nomes ; +0 SQ001 site
11 | proof N Fichier / File / Ficheiro
"""


def in_three(words: str) -> Words:
    return tuple((words.split(" / ") * 3)[:3])  # type: ignore[return-value]


def parsed(line: str, number: int) -> tuple[int, int, str, str, str, Words, list[Any], list[Any]]:
    first, *others = line.replace(" ;\n", " ;").split(" ; ")
    group, kind, code, other, wording = first.split(" ", 4)
    items: dict[str, list[Any]] = {"+": [], "=": []}
    for each in others:
        mark, item, words = each.split(" ", 2)
        items[mark[0]].append((item, int(mark[1]), in_three(words)))
    return number, int(group), kind, code, other, in_three(wording), items["+"], items["="]


QUESTIONS = [parsed(line, n) for n, line in enumerate(re.findall(r"(?m)^\d(?:.|\n )*", QUESTIONS_WRITTEN), 1)]


def table(name: str, rows: list[dict[str, Any]]) -> str:
    fields = dict.fromkeys(key for row in rows for key in row)
    named = "".join(f"<fieldname>{key}</fieldname>" for key in fields)
    cells = "".join(
        "<row>"
        + "".join(f"<{key}><![CDATA[{value}]]></{key}>" for key, value in row.items() if value is not None)
        + "</row>"
        for row in rows
    )
    return f"<{name}><fields>{named}</fields><rows>{cells}</rows></{name}>"


def document(kind: str, *tables: str) -> str:
    languages = "".join(f"<language>{each}</language>" for each in LANGUAGES)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>{kind}</LimeSurveyDocType>'
        f"<languages>{languages}</languages>{''.join(tables)}</document>"
    )


def said(words: Words) -> list[tuple[str, str]]:
    return list(zip(LANGUAGES, words, strict=True))


def structure(*, recent: bool) -> str:
    """Return the survey as LimeSurvey 6 writes it, or as LimeSurvey 2 does."""
    groups, groups_said, questions, subquestions, wordings, answers, answers_said = ([] for _ in range(7))
    for order, (gid, words) in enumerate(GROUPS.items()):
        row = {"gid": gid, "sid": SID, "group_order": order}
        groups += [row] if recent else [{**row, "group_name": name, "language": tag} for tag, name in said(words)]
        groups_said += [{"gid": gid, "group_name": name, "language": tag} for tag, name in said(words)]
    for order, (qid, gid, kind, code, other, words, items, offered) in enumerate(QUESTIONS):
        row = {"qid": qid, "parent_qid": 0, "gid": gid, "type": kind, "title": code, "other": other}
        row |= {"question_order": order, "scale_id": 0}
        questions += [row] if recent else [{**row, "question": text, "language": tag} for tag, text in said(words)]
        wordings += [{"qid": qid, "question": text, "language": tag} for tag, text in said(words)]
        for place, (item, scale, item_words) in enumerate(items):
            number = 1000 + 10 * qid + place
            row = {"qid": number, "parent_qid": qid, "gid": gid, "type": "T", "title": item}
            row |= {"question_order": place, "scale_id": scale}
            both = [{"question": text, "language": tag} for tag, text in said(item_words)]
            subquestions += [row] if recent else [{**row, **each} for each in both]
            wordings += [{"qid": number, **each} for each in both]
        for place, (answer, scale, labels) in enumerate(offered):
            number = 1000 + 10 * qid + place
            row = {"qid": qid, "code": answer, "sortorder": place, "scale_id": scale}
            both = [{"answer": text, "language": tag} for tag, text in said(labels)]
            answers += [{"aid": number, **row}] if recent else [{**row, **each} for each in both]
            answers_said += [{"aid": number, **each} for each in both]
    apart = [table("group_l10ns", groups_said), table("question_l10ns", wordings), table("answer_l10ns", answers_said)]
    speeds = {"qid": 18, "attribute": "dualscale_headerA"}
    settings = [{**speeds, "value": text, "language": tag} for tag, text in said(SPEED)]
    settings.append({"qid": 12, "attribute": "other_replace_text", "value": "Autre usage", "language": None})
    titles = [{"surveyls_title": text, "surveyls_language": tag} for tag, text in said(TITLE)]
    return document(
        "Survey", table("answers", answers), table("groups", groups), table("questions", questions),
        table("subquestions", subquestions), *(apart if recent else []), table("question_attributes", settings),
        table("surveys", [{"sid": SID, "language": "fr", "additional_languages": "en pt"}]),
        table("surveys_languagesettings", titles),
    )  # fmt: skip


@pytest.fixture
def lss(tmp_path: Path) -> Path:
    path = tmp_path / "questionnaire.lss"
    path.write_text(structure(recent=True), encoding="utf-8")
    return path


STANDARD = ["id", "submitdate", "lastpage", "startlanguage", "seed", "ipaddr", "token"]
OWN = [
    ["1", "2026-01-05 10:00:00", "2", "fr", "1482935", "192.0.2.1", "aZ9"],
    ["2", "2026-01-06 11:30:00", "2", "en", "2482935", "192.0.2.2", "bY8"],
    ["3", "", "1", "pt", "3482935", "192.0.2.3", "cX7"],
]
CODES = {
    "work": ["Y", "N", ""], "sex": ["F", "M", ""], "status": ["A1", "-oth-", ""],
    "status[other]": ["", "stagiaire", ""], "region": ["11", "93", ""], "why": ["A1", "", ""],
    "why[comment]": ["il faut bien", "", ""], "happy": ["5", "1", ""], "hours": ["35", "7.5", ""],
    "pay[main]": ["1200", "900", ""], "pay[side]": ["50", "", ""], "since": ["2020-03-01 00:00:00", "", ""],
    "town": ["Orléans", "75013", ""], "uses[SQ001]": ["Y", "", ""], "uses[SQ002]": ["", "", ""],
    "uses[other]": ["", "jeux", ""], "paid[SQ001]": ["Y", "", ""], "paid[SQ001comment]": ["Amazon", "", ""],
    "agree[SQ001]": ["1", "2", ""], "agree[SQ002]": ["2", "2", ""], "five[SQ001]": ["4", "2", ""],
    "sure[SQ001]": ["U", "Y", ""], "more[SQ001]": ["I", "D", ""], "two[SQ001][1]": ["A1", "A1", ""],
    "two[SQ001][2]": ["B1", "", ""], "grid[Y1_X1]": ["3", "4", ""], "rank[1]": ["A2", "A1", ""],
    "rank[2]": ["A1", "", ""], "score": ["70", "15", ""], "names[SQ001]": ["Foule", "", ""], "proof": ["", "", ""],
    "proof[filecount]": ["0", "0", ""],
}  # fmt: skip
NAMES = list(CODES)

# As `getFullAnswer` writes them: N/A where yes or no was not answered, or the box was not put to the respondent.
LABELS_WRITTEN = """
work | Oui, Non, N/A | Yes, No, N/A
sex | Féminin, Masculin, N/A | Female, Male, N/A
status | salarié, Autre, | employee, Other,
region | Île-de-France, Sud, | Île-de-France, South,
why | argent, , | money, ,
uses[SQ001] | Oui, Non, N/A | Yes, No, N/A
uses[SQ002] | Non, Non, N/A | No, No, N/A
paid[SQ001] | Oui, N/A, N/A | Yes, N/A, N/A
agree[SQ001] | pas du tout, tout à fait, | not at all, fully,
agree[SQ002] | tout à fait, tout à fait, | fully, fully,
sure[SQ001] | Incertain, Oui, | Uncertain, Yes,
more[SQ001] | Augmenter, Diminuer, | Increase, Decrease,
two[SQ001][1] | lente, lente, | slow, slow,
two[SQ001][2] | subie, , | imposed, ,
rank[1] | temps, paie, | time, pay,
rank[2] | paie, , | pay, ,
"""
LABELS = {
    language: {
        line.split(" | ")[0]: [each.strip() for each in line.split(" | ")[place].split(",")]
        for line in LABELS_WRITTEN.strip().splitlines()
    }
    for place, language in enumerate(("fr", "en"), 1)
}


def written(
    path: Path,
    columns: Mapping[str, Sequence[str]] = CODES,
    header: Callable[[str], str] = str,
    standard: Sequence[str] = STANDARD,
    delimiter: str = ",",
) -> Path:
    """Write an export: every cell in quotation marks, as LimeSurvey does."""
    heads = [*standard, *(header(name) for name in columns)]
    rows = [[*OWN[place], *(cells[place] for cells in columns.values())] for place in range(3)]
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [heads, *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


BOXES = (
    "Multiple choice: an empty box is 0 where the person ticked a box of the question, or wrote something under "
    "“other”; elsewhere nothing says that the question was asked, and all its boxes are missing."
)


# --- the structure


def test_every_type_yields_the_columns_that_limesurvey_exports(tmp_path: Path) -> None:
    found = []
    for recent in (True, False):
        path = tmp_path / f"{recent}.lss"
        path.write_text(structure(recent=recent), encoding="utf-8")
        codebook = limesurvey_codebook(open_source(path))
        assert list(codebook) == NAMES
        assert codebook.title == Text("Enquête", "Survey", others=(("pt", "Inquérito"),))
        assert (codebook.languages, codebook.origin.reader) == (("fr", "en", "pt"), "LimeSurvey structure")
        found.append(read_questionnaire(open_source(path)))
    assert (found[0], len(found[0].questions)) == (found[1], len(QUESTIONS))


def test_variables_and_sets_say_what_their_questions_do(lss: Path, tmp_path: Path) -> None:
    codebook = limesurvey_codebook(open_source(lss))
    status = codebook["status"]
    assert status.label == status.question == Text("Votre statut ?", "Your status?", others=(("pt", "Seu estatuto?"),))
    french = {code: label.fr for code, label in status.values.items()}
    assert french == {"A1": "salarié", "A2": "sans emploi", "-oth-": "Autre"}
    assert (status.measure, status.group.en, status.part_of) == ("nominal", "You", "")
    assert (codebook["status[other]"].part_of, codebook["status[other]"].values) == ("status", {})
    assert codebook["agree[SQ002]"].label.fr == "c’est long"
    assert codebook["agree[SQ002]"].question.in_("pt") == "Concorda?"
    assert (codebook["agree[SQ002]"].measure, list(codebook["agree[SQ002]"].values)) == ("ordinal", [1, 2])
    assert codebook["two[SQ001][1]"].label.fr == "cadence – Rythme"
    assert codebook["two[SQ001][2]"].label.fr == "cadence – Échelle 2"
    assert list(codebook["two[SQ001][2]"].values) == ["B1"]
    assert codebook["grid[Y1_X1]"].label.in_("pt") == "segunda – manhã"
    assert (codebook["rank[2]"].label.fr, list(codebook["rank[2]"].values)) == ("Rang 2", ["A1", "A2"])
    assert {code: label.en for code, label in codebook["work"].values.items()} == {"Y": "Yes", "N": "No"}
    assert {code: label.fr for code, label in codebook["uses[SQ001]"].values.items()} == {1: "Oui", 0: "Non"}
    assert codebook["uses[other]"].label == Text.same("Autre usage")
    assert codebook["paid[SQ001comment]"].label.fr == "bons – Commentaire"
    measures = [codebook[name].measure for name in ("hours", "pay[main]", "since", "happy", "score", "town")]
    assert measures == ["scale", "scale", "scale", "ordinal", "unknown", "nominal"]
    sets = limesurvey_codebook(open_source(lss)).sets
    assert {name: (each.columns, each.kind) for name, each in sets.items()} == {
        "uses": (("uses[SQ001]", "uses[SQ002]"), "dichotomies"),
        "paid": (("paid[SQ001]",), "dichotomies"),
        "rank": (("rank[1]", "rank[2]"), "categories"),
    }
    assert (sets["uses"].label.fr, sets["uses"].base) == ("Que faites-vous ?", "any")
    written_files = codebooks_of(lss, ["fr"], out=tmp_path / "survey.md").files
    assert "Que faites-vous" in written_files[0].read_text(encoding="utf-8")


def test_structures_without_answers_and_what_is_no_structure(tmp_path: Path, lss: Path, refused: Any) -> None:
    refused(lambda: read(lss), LoadError)
    answers = written(tmp_path / "answers.csv")
    for content in ("<a/>", document("Label set"), document("Survey")):
        (tmp_path / "a.lss").write_text(content, encoding="utf-8")
        refused(lambda: read(answers, structure=tmp_path / "a.lss"), LoadError)


# --- answers


def test_answers_in_codes(tmp_path: Path, lss: Path) -> None:
    data = read(written(tmp_path / "results.csv"), structure=lss)
    frame = data.frame
    assert (list(frame), frame["status"].tolist()[:2]) == ([*STANDARD[:5], *NAMES], ["A1", "-oth-"])
    assert (frame["region"].tolist()[:2], frame["hours"].tolist()[:2]) == ([11, 93], [35, 7.5])
    assert (frame["town"].tolist()[:2], frame["since"][0]) == (["Orléans", "75013"], pd.Timestamp("2020-03-01"))
    assert frame["submitdate"].tolist()[:2] == [pd.Timestamp("2026-01-05 10:00"), pd.Timestamp("2026-01-06 11:30")]
    assert frame["lastpage"].tolist() == [2, 2, 1]
    assert frame["seed"].tolist() == ["1482935", "2482935", "3482935"]
    assert (frame["agree[SQ001]"].tolist()[:2], frame["rank[1]"].tolist()[:2]) == ([1, 2], ["A2", "A1"])
    assert data.codebook.title.fr == "Enquête"
    assert (data.codebook["id"].label.fr, data.codebook["id"].label.en) == ("ID de la réponse", "Response ID")
    assert data.codebook.origin.reader == "LimeSurvey answers with `questionnaire.lss`, utf-8, delimiter `,`"
    assert set(data.codebook.sets) == {"uses", "paid", "rank"}
    # the first ticked mail; the second wrote under "other"; the third left all empty, or was never asked
    assert cells(data, "uses[SQ001]", "uses[SQ002]", "paid[SQ001]") == [[1, 0, ""], [0, 0, ""], [1, "", ""]]
    assert [each.en for each in data.codebook.origin.notices] == [
        BOXES,
        'Left out, for they say who answered or where: `ipaddr`, `token` (`private="keep"` keeps them).',
    ]
    data = read(written(tmp_path / "results.csv"), structure=lss, columns=["uses[SQ002]", "id"], rows=2)
    assert (data.frame.to_dict("list"), data.codebook.sets) == ({"uses[SQ002]": [0, 0], "id": [1, 2]}, {})


@pytest.mark.parametrize("language", ["fr", "en"])
def test_labels_become_the_codes_that_they_stand_for(tmp_path: Path, lss: Path, language: str) -> None:
    codes = read(written(tmp_path / "codes.csv"), structure=lss)
    labels = read(written(tmp_path / "labels.csv", {**CODES, **LABELS[language]}), structure=lss)
    pd.testing.assert_frame_equal(labels.frame, codes.frame)
    # Here the file itself tells a box that was not ticked from one that was not shown.
    assert labels.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert labels.codebook["uses[SQ001]"].missing == {-9: "not asked"}
    assert [each.en[:8] for each in labels.codebook.origin.notices] == ["Left out"]


def test_codes_converted_to_numbers(tmp_path: Path, lss: Path) -> None:
    converted = {"work": ["1", "2", ""], "uses[SQ001]": ["1", "2", ""], "uses[SQ002]": ["2", "2", ""]}
    data = read(written(tmp_path / "results.csv", {**CODES, **converted}), structure=lss)
    assert data.frame["work"].tolist()[:2] == ["Y", "N"]
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, 0, ""], [0, 0, ""]]
    # data for R (`SPSSExportData`): names of the database in capitals; 1, 2, 3 for what LimeSurvey offers; 0: no tick
    converted = {
        "sex": ["1", "2", ""], "sure[SQ001]": ["3", "1", ""], "more[SQ001]": ["1", "3", ""],
        "uses[SQ001]": ["1", "0", ""], "uses[SQ002]": ["0", "0", ""], "paid[SQ001]": ["1", "", ""],
    }  # fmt: skip
    path = written(tmp_path / "results.csv", {**CODES, **converted}, lambda name: in_database(name).upper(), STANDARD)
    plain = read(written(tmp_path / "codes.csv"), structure=lss)
    pd.testing.assert_frame_equal(read(path, structure=lss).frame, plain.frame)


def test_notices_of_dates_and_of_unknown_codes(tmp_path: Path, lss: Path) -> None:
    path = written(tmp_path / "results.csv", {"work": ["Y", "N", ""]})
    path.write_text(path.read_text(encoding="utf-8").replace("2026-01-06 11:30:00", "1980-01-01 00:00:00"), "utf-8")
    assert read(path, structure=lss).codebook.origin.notices[-1].en == (
        "`submitdate` is 1980-01-01 where the questionnaire was completed and the survey kept no dates."
    )
    data = read(written(tmp_path / "results.csv", {**CODES, "status": ["A1", "A9", ""]}), structure=lss)
    assert data.frame["status"].tolist()[:2] == ["A1", "A9"]
    assert data.codebook.origin.notices[0] == Text(
        "`status` contient des codes que le questionnaire n’a pas\u00a0: `A9`.",
        "`status` holds codes that the questionnaire does not have: `A9`.",
    )


def test_answers_that_are_refused(tmp_path: Path, lss: Path, refused: Any) -> None:
    label_of_no_answer = {**CODES, **LABELS["fr"], "why": ["gloire", "", ""]}
    box_of_words = {**CODES, "uses[SQ001]": ["often", "", ""]}
    another_survey = {"Q1": ["1", "2", "3"]}
    for columns in (label_of_no_answer, box_of_words, another_survey):
        refused(lambda: read(written(tmp_path / "results.csv", columns), structure=lss), LoadError)  # noqa: B023
    lss.write_text(structure(recent=True).replace("unemployed", "employee"), encoding="utf-8")
    label_of_two_answers = {**CODES, **LABELS["en"]}
    refused(lambda: read(written(tmp_path / "results.csv", label_of_two_answers), structure=lss), LoadError)


def test_what_identifies_people_is_kept_when_asked_for(tmp_path: Path, lss: Path, refused: Any) -> None:
    path = written(tmp_path / "results.csv")
    assert read(path, structure=lss, private="keep").frame["token"].tolist() == ["aZ9", "bY8", "cX7"]
    refused(lambda: read(path, structure=lss, columns=["id", "token"]), ColumnError)


# --- headers


def head(name: str, *, cut: bool = False, place: int = 0) -> str:
    """Return the heading in words of a column, as `getFieldText` makes it."""
    code = name.split("[", maxsplit=1)[0]
    *_, words, items, _ = next(each for each in QUESTIONS if each[3] == code)
    parts = [words[place].replace("<p>", "").replace("</p>", "").replace("<b>", "").replace("</b>", "")]
    own = {item: text for item, _, text in items}
    for bracket in name.replace("]", "").split("[")[1:]:
        if code == "two" and bracket in "12":
            parts.append((SPEED if bracket == "1" else ("Échelle 2", "Scale 2", "Escala 2"))[place])
        elif code == "rank":
            parts.append(f"{('Rang', 'Rank', 'Posição')[place]} {bracket}")
        elif code == "grid":
            parts += [own["Y1"][place], own["X1"][place]]
        elif bracket == "other":
            parts.append(("Autre", "Other", "Outro")[place])
        elif bracket.endswith("comment"):
            parts.append(("Commentaire", "Comment", "Comentário")[place])
        else:
            parts.append(own[bracket][place] if bracket in own else bracket)
    if cut:
        parts = [words if len(words) <= 6 else words[:6] + ".. " for words in parts]
    first, *rest = parts
    return first + (" " if rest else "") + "".join(f"[{part}]" for part in rest)


def in_database(name: str) -> str:
    code, *brackets = name.replace("]", "").split("[")
    qid, gid = next((each[0], each[1]) for each in QUESTIONS if each[3] == code)
    tail = "".join(brackets)
    if code == "two":
        tail = f"SQ001#{int(brackets[1]) - 1}"
    if code == "proof" and brackets:
        tail = "_filecount"
    return f"{SID}X{gid}X{qid}{tail}"


HEADINGS_FR = ["ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ"]
HEADINGS_FR += ["Tête de série", "Adresse IP", "Code d'accès"]
HEADINGS_EN = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "IP address", "Access code"]
STYLES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "database": (in_database, STANDARD),
    "wording": (head, HEADINGS_FR),
    "wording in another language": (lambda name: head(name, place=1), HEADINGS_EN),
    "shortened": (lambda name: head(name, cut=True), HEADINGS_FR),
    "code and wording": (
        lambda name: f"{name}. {head(name, place=1)}",
        [f"{name}. {words}" for name, words in zip(STANDARD, HEADINGS_EN, strict=True)],
    ),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_every_style_of_header_is_read_alike(tmp_path: Path, lss: Path, style: str, delimiter: str) -> None:
    header, standard = STYLES[style]
    columns = {name: cells for name, cells in CODES.items() if name != "proof[filecount]"}
    path = written(tmp_path / "styled.csv", columns, header, standard, delimiter)
    found = read(path, structure=lss)
    plain = read(written(tmp_path / "codes.csv", columns), structure=lss)
    pd.testing.assert_frame_equal(found.frame, plain.frame)
    assert (found.codebook.variables, found.codebook.sets) == (plain.codebook.variables, plain.codebook.sets)


def test_codes_of_expressions_are_read_and_kept(tmp_path: Path, lss: Path) -> None:
    def expression(name: str) -> str:
        code, *brackets = name.replace("]", "").split("[")
        if code == "two":
            brackets[1] = str(int(brackets[1]) - 1)
        return "_".join((code, *brackets))

    data = read(written(tmp_path / "results.csv", header=expression), structure=lss)
    assert data.frame["uses_SQ001"].tolist()[:2] == [1, 0]
    assert data.codebook.sets["uses"].columns == ("uses_SQ001", "uses_SQ002")
    assert (list(data.codebook["two_SQ001_1"].values), data.codebook["two_SQ001_1"].part_of) == (["B1"], "two")


def test_headers_that_columns_share_are_told_apart_by_order(tmp_path: Path, lss: Path, refused: Any) -> None:
    lss.write_text(structure(recent=True).replace("Gender", "Do you work?"), encoding="utf-8")
    path = written(
        tmp_path / "results.csv", header=lambda name: "Do you work?" if name == "sex" else head(name, place=1)
    )
    data = read(path, structure=lss)
    assert (data.frame["work"].tolist()[:2], data.frame["sex"].tolist()[:2]) == (["Y", "N"], ["F", "M"])
    alone = {name: cells for name, cells in CODES.items() if name != "sex"}
    path = written(tmp_path / "alone.csv", alone, lambda name: head(name, place=1))
    refused(lambda: read(path, structure=lss), LoadError)


def test_a_question_worded_like_a_column_of_limesurvey_is_a_question(tmp_path: Path, lss: Path) -> None:
    lss.write_text(structure(recent=True).replace("CDATA[Town]", "CDATA[Email]"), encoding="utf-8")
    columns = {"Email": ["Lyon", "", ""], "Email address": ["ada@example.org", "", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN), structure=lss)
    assert list(data.frame) == [*STANDARD[:5], "town"]
    assert data.codebook.origin.notices[-1].en == (
        'Left out, for they say who answered or where: `ipaddr`, `token`, `email` (`private="keep"` keeps them).'
    )


# --- where the structure is


def test_the_structure_beside_is_found_by_the_number_of_the_survey(tmp_path: Path) -> None:
    (tmp_path / "limesurvey_survey_123456.lss").write_text(structure(recent=False), encoding="utf-8")
    (tmp_path / "limesurvey_survey_654321.lss").write_text(document("Survey"), encoding="utf-8")
    data = read(written(tmp_path / "results-survey123456.csv", {"work": ["Y", "N", ""]}))
    assert data.codebook["work"].question.fr == "Travaillez-vous ?"
    assert data.codebook.origin.reader.startswith("LimeSurvey answers with `limesurvey_survey_123456.lss`")
    # a structure beside that is of another file is left alone
    (tmp_path / "limesurvey_survey_123456.lss").write_text(structure(recent=False), encoding="utf-8")
    path = tmp_path / "town_123456.csv"
    path.write_text("place,people\nLyon,3\n", encoding="utf-8")
    assert read(path).frame.to_dict("list") == {"place": ["Lyon"], "people": [3]}


@pytest.mark.parametrize("standard", [STANDARD, HEADINGS_FR, HEADINGS_EN])
def test_without_a_structure_the_headers_tell_what_they_can(tmp_path: Path, standard: list[str]) -> None:
    columns = {"work": ["Y", "N", ""], "uses[SQ001]": ["Y", "", ""], "Que faites-vous ? [images]": ["Y", "", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=standard))
    assert data.codebook.origin.reader == "LimeSurvey answers, utf-8, delimiter `,`"
    assert (list(data.frame), data.frame["submitdate"].dtype) == ([*STANDARD[:5], *columns], "datetime64[us]")
    assert data.codebook["uses[SQ001]"].part_of == "uses"
    assert data.codebook["Que faites-vous ? [images]"].label.fr == "images"
    assert data.codebook["Que faites-vous ? [images]"].question.fr == "Que faites-vous ?"


def test_headers_without_a_structure(tmp_path: Path) -> None:
    standard = [f"{name}. {words}" for name, words in zip(STANDARD, HEADINGS_EN, strict=True)]
    columns = {"q1. Why?": ["a", "b", ""], "q2[SQ001]. What? [mail]": ["Y", "", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=standard))
    assert list(data.frame) == [*STANDARD[:5], "q1", "q2[SQ001]"]
    assert (data.codebook["q1"].label.en, data.codebook["q2[SQ001]"].label.en) == ("Why?", "mail")
    # headers that repeat without a structure are numbered
    columns = {"Why?": ["a", "b", ""], "Why? ": ["c", "d", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN))
    assert (data.frame["Why?"].tolist()[:2], data.frame["Why? (2)"].tolist()[:2]) == (["a", "b"], ["c", "d"])
    # two columns that identify people are both left out
    columns = {"Email": ["a@example.org", "", ""], "Email address": ["b@example.org", "", ""], "q1": ["1", "2", "3"]}
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN))
    assert list(data.frame) == [*STANDARD[:5], "q1"]
    path = tmp_path / "other.csv"
    path.write_text("id,submitdate,age\n1,2026-01-01,30\n", encoding="utf-8")
    assert read(path).codebook.origin.reader == "delimited text, utf-8, delimiter `,`"


def test_the_tab_separated_form_tells_what_was_not_shown(tmp_path: Path, lss: Path) -> None:
    gone = "{question_not_shown}"
    heads = ["Response ID", "Date submitted", "Do you work?", "mail", "pictures", "Town"]
    codes = ["id", "submitdate", "work", f"{SID}X11X12SQ001", f"{SID}X11X12SQ002", "town"]
    rows = [
        ["1", "2026-01-05 10:00:00", "Y", "Y", "", "Le{newline}Mans {lbrace}tab}"],
        ["2", "2026-01-05 10:00:00", "N", "", "", ""],
        ["3", gone, gone, gone, gone, gone],
    ]
    path = tmp_path / "vvexport_123456.csv"
    path.write_text("\n".join("\t".join(row) for row in [heads, codes, *rows]) + "\n", encoding="utf-8")
    data = read(path, structure=lss)
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, 0, ""], [0, 0, ""]]
    assert data.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert data.codebook.reasons["town"] == {"not asked": 1, "system": 1}
    assert (data.codebook["town"].missing, data.missing["town"].codes) == ({"-9": "not asked"}, ("-9",))
    assert data.frame["town"][0] == "Le\nMans {tab}"
    assert data.frame["submitdate"].isna().tolist() == [False, False, True]


# --- the archive


def archived(path: Path, **members: str) -> Path:
    """Write an archive as LimeSurvey does: names of fields that begin with a digit take an underscore."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as opened:
        for suffix, content in members.items():
            name = {"lss": "", "lsr": "_responses", "lst": "_tokens", "lsi": "_timings"}[suffix]
            opened.writestr(f"survey_{SID}{name}.{suffix}", content)
    path.write_bytes(held.getvalue())
    return path


def responses() -> str:
    """Return the responses: the third was shown the boxes and ticked none, the second was not shown them."""
    rows: list[dict[str, Any]] = []
    for place in range(3):
        row: dict[str, Any] = dict(zip(STANDARD, OWN[place], strict=True))
        row["submitdate"] = row["submitdate"] or None
        for name, column in CODES.items():
            shown = place != 1 or not name.startswith("uses")
            row["_" + in_database(name).replace("#", "-")] = column[place] if shown else None
        rows.append(row)
    return document("Responses", table("responses", rows))


TIMES = document(
    "Timings",
    table(
        "timings",
        [
            {"id": 1, "interviewtime": "61.5", f"_{SID}X10time": "40.25", f"_{SID}X10X7time": "12"},
            {"id": 3, "interviewtime": "9", f"_{SID}X10time": None, f"_{SID}X10X7time": None},
        ],
    ),
)
INVITED = document(
    "Tokens",
    table(
        "tokens", [{"tid": 1, "firstname": "Ada", "email": "ada@example.org", "token": "aZ9", "attribute_1": "Lyon"}]
    ),
)


def test_an_archive_is_read_alone(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.lsa", lss=structure(recent=True), lsr=responses(), lst=INVITED, lsi=TIMES)
    data = read(path)
    assert list(data.frame) == [*STANDARD[:5], *NAMES, "interviewtime", "groupTime10", "hoursTime"]
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, "", 0], [0, "", 0]]
    assert data.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert "not asked" not in data.codebook.reasons["submitdate"]
    assert cells(data, "interviewtime", "hoursTime") == [[61.5, "", 9], [12, "", ""]]
    assert data.codebook["groupTime10"].label.fr == "temps passé – Vous"
    assert data.codebook["hoursTime"].label.en == "time spent – Hours a week"
    assert data.codebook["interviewtime"].measure == "scale"
    assert [each.en for each in data.codebook.origin.notices] == [
        'Left out, for they say who answered or where: `ipaddr`, `token` (`private="keep"` keeps them).',
        'Left out, for they say who answered or where: `survey_123456_tokens.lst` (`private="keep"` keeps them).',
    ]
    assert (data.codebook.origin.reader, data.codebook.origin.file) == ("LimeSurvey archive", "a.lsa")


def test_the_code_of_what_was_not_asked_is_no_answer(tmp_path: Path) -> None:
    lowest = responses().replace("CDATA[7.5]", "CDATA[-9]").replace(f"<_{SID}X10X7><![CDATA[]]></_{SID}X10X7>", "")
    data = read(archived(tmp_path / "a.lsa", lss=structure(recent=True), lsr=lowest))
    assert cells(data, "hours") == [[35, -9, ""]]
    assert data.codebook["hours"].missing == {-99: "not asked"}
    assert data.codebook.reasons["hours"] == {"not asked": 1}
    # spss can hold the code of what was not asked
    gone = responses().replace(f"<_{SID}X10X7><![CDATA[]]></_{SID}X10X7>", "")
    data = read(archived(tmp_path / "a.lsa", lss=structure(recent=True), lsr=gone), columns=["hours"])
    back = read(write(data, tmp_path / "a.sav"), codebook=Codebook())
    assert back.codebook["hours"].missing == {-9: "not asked"}
    np.testing.assert_array_equal(back.frame["hours"], [35, 7.5, np.nan])


def test_those_invited_are_joined_when_asked_for(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.lsa", lss=structure(recent=False), lsr=responses(), lst=INVITED)
    data = read(path, private="keep")
    assert data.frame["email"].tolist()[0] == "ada@example.org"
    assert data.frame["attribute_1"].isna().tolist() == [False, True, True]
    assert data.frame["ipaddr"].tolist() == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert data.codebook.origin.notices == ()


def test_an_archive_says_what_the_csv_says(tmp_path: Path, lss: Path) -> None:
    archive = read(archived(tmp_path / "a.lsa", lss=structure(recent=True), lsr=responses()))
    plain = read(written(tmp_path / "results.csv"), structure=lss)
    boxes = [name for name in NAMES if name.startswith(("uses", "paid"))]
    pd.testing.assert_frame_equal(archive.frame.drop(columns=boxes), plain.frame.drop(columns=boxes))
    assert archive.codebook.sets == plain.codebook.sets
    # an archive gives its structure to other answers
    archive = archived(tmp_path / "a.lsa", lss=structure(recent=True))
    assert list(limesurvey_codebook(open_source(archive))) == NAMES
    data = read(written(tmp_path / "results.csv"), structure=archive)
    assert data.codebook.variables == read(tmp_path / "results.csv", structure=lss).codebook.variables


def test_archives_that_are_refused(tmp_path: Path, refused: Any) -> None:
    refused(lambda: read(archived(tmp_path / "a.lsa", lss=structure(recent=True))), LoadError)
    refused(lambda: read(archived(tmp_path / "a.lsa", lsr=responses())), LoadError)
    harmful = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><document>&b;</document>'
    refused(lambda: read(archived(tmp_path / "a.lsa", lss=structure(recent=True), lsr=harmful)), LoadError)


# --- a real survey


def test_structures_of_real_surveys(shared: Path) -> None:
    codebook = limesurvey_codebook(open_source(shared / "data/loaders/limesurvey/limesurvey_survey_782678.lss"))
    assert (codebook.title.en, codebook.languages) == ("SGModels Survey", ("en",))
    # 3 arrays of 10 items; 2 boxes; 14 other questions besides texts shown: lists, numbers, words, an equation.
    assert sum(each.part_of in ("SusATMSG01", "SusATMSG02", "SusLMGM") for each in codebook.variables.values()) == 30
    assert set(codebook.sets) == {"MailingList", "MailingList2"}
    item = codebook["SusLMGM[SQ08]"]
    assert item.label.en == "I found the LM-GM model very cumbersome to use"
    assert item.question.en == "Please rate your level of agreement with the following statements."
    labels = [label.en for label in item.values.values()]
    assert list(item.values) == [1, 2, 3, 4, 5]
    assert labels == ["1- Strongly disagree", "2", "3", "4", "5 - Strongly agree"]
    assert (item.measure, item.group.en) == ("ordinal", "LM-GM Usability")
    assert "AnaATMSG01" not in codebook
    assert codebook["Comp01"].question.en == "Which model, ATMSG or LM-GM, was easier to understand? Why?"
    folder = shared / "data/loaders/limesurvey"
    data = read(folder / "sgmodels_clean_quantitative.csv", structure=folder / "limesurvey_survey_782678.lss")
    assert data.frame.shape == (32, 34)
    assert data.codebook["edlevel"].values["A3"].en == "Professional/vocational/trade school"
    assert (data.codebook["age"].measure, data.codebook["group"].values) == ("scale", {})
    assert data.codebook.origin.notices == ()
    codebook = limesurvey_codebook(open_source(shared / "data/loaders/limesurvey/blank-survey.lss"))
    assert (list(codebook), codebook["Q00"].question.en) == (["Q00"], "this is an example question")
    assert codebook["Q00"].group.en == "My first question group"
