"""The codebook as a page, a document, a table: all that it means, nothing that gives a person away."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.loaders.deliveries import read_codebook
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import missing_codes
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable
from diplab.presentation.codebook.files import COLUMNS
from diplab.presentation.codebook.of_file import codebooks_of
from diplab.presentation.codebook.view import asset, codebook_view
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from diplab.presentation.codebook.view import VariableEntry
    from diplab.reference.text import Language

FIXED, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


def book() -> Codebook:
    job = Variable(
        "job", Text("Situation d'emploi", "<b>Job</b>"), Text("Travaillez-vous ?", "Do you work?"),
        {1: Text("oui", "yes"), 2: Text("non | rien", "no | none"), 3: Text("autre", "other")}, "nominal",
        {98: "don't know", 99: "refused"}, group=Text("Travail", "Work"),
    )  # fmt: skip
    return Codebook(
        {
            "job": job,
            "pay": Variable(
                "pay", Text("Paie", "Pay"), measure="scale", missing_ranges=(MissingRange(-9, -1),)
            ),
            "why": Variable("why", Text("Pourquoi", "Why"), part_of="q7"),
            "email": Variable("email"),
            "=SUM(A1)": Variable("=SUM(A1)", Text.same("@cmd")),
        },
        Origin(
            "survey.csv",
            "ab" * 32,
            "delimited text",
            True,
            "2026-11-01",
            (Text("Attention.", "Beware."),),
        ),
        sets={"both": Responses("both", ["job", "pay"], label=Text("Les deux", "Both"))},
        title=Text("Enquête : 2026", "Survey: 2026"),
        languages=("fr", "en"),
        steps=(Step("exclude", ("pay",), Text("moins de 2 minutes", "under 2 minutes"), 1200),),
    )


def data() -> Microdata:
    raw = np.array([1.0] * 60 + [2.0] * 27 + [3.0] * 3 + [98.0] * 8 + [99.0] * 2)
    codes = missing_codes(raw, raw > 90)
    assert codes is not None
    frame = pd.DataFrame({
        "job": np.where(raw > 90, np.nan, raw), "pay": [float(n) for n in range(100)],
        "why": [f"secret of person {n}" for n in range(100)], "email": [f"person{n}@example.org" for n in range(100)],
        "=SUM(A1)": 1,
    })  # fmt: skip
    return Microdata(frame, book(), {"job": codes})


def entry(
    name: str, language: Language = "en", thing: Codebook | Microdata | None = None
) -> VariableEntry:
    view = codebook_view(data() if thing is None else thing, language)
    return next(each for each in view.entries() if each.name == name)


def saved(folder: Path, suffix: str, language: Language = "en") -> str:
    return dl.save(book(), folder / f"c{suffix}", language=language, data=data()).read_text(
        encoding="utf-8"
    )


def test_small_counts_and_what_would_give_them_back_are_hidden() -> None:
    few = Microdata(pd.DataFrame({"q": [1.0] * 60 + [2.0] * 38 + [np.nan] * 2}), Codebook())
    q = entry("q", thing=few)
    assert [(line.people, line.share) for line in q.answers] == [("60", "60.0%*"), ("–", "")]
    assert q.about == ("answers: –", "no answer: <5")
    job = entry("job", "fr")
    answers = [(line.code, line.label, line.people, line.share) for line in job.answers]
    assert answers == [
        ("1", "oui", "60", f"66,7{FIXED}%"),
        ("2", "non | rien", "–", ""),
        ("3", "autre", "<5", ""),
    ]
    # eight did not know, two refused: ten did not answer, so that eight is hidden too
    missing = [(line.code, line.label, line.people) for line in job.missing]
    assert missing == [("98", "don’t know", "–"), ("99", "refus", "<5")]
    assert job.about == ("nominale", f"réponses{FIXED}: 90", f"sans réponse{FIXED}: 10")
    # nor does a step tell of fewer than five people
    read = Microdata(pd.DataFrame({"q": [1.0] * 60 + [2.0] * 37 + [3.0] * 3}), Codebook())
    few = read.recode("q", {3: 2, 1: 1, 2: 2})
    assert few.codebook.steps[0].rows == 3
    others = (read.recode("q", {1: 4, 2: second, 3: 3}) for second in (5, 2))
    for data_of, rows in zip((few, *others), ("<5", "–", "60"), strict=True):
        assert codebook_view(data_of, "en").lists[-1][1][-1].endswith(f"(rows concerned: {rows})")


def test_amounts_show_quartiles_and_no_rare_extreme() -> None:
    pay = entry("pay")
    assert pay.shape is not None
    # 0 to 99, each once: five people stand at 4 or below, five at 95 or above
    assert dict(pay.shape.figures) == {
        "5th percentile": "4.0", "first quartile": "24.5", "median": "49.5", "third quartile": "74.5",
        "95th percentile": "95.0", "mean": "49.50", "standard deviation": "29.01",
    }  # fmt: skip
    assert [(line.code, line.people) for line in pay.missing] == [("-9 to -1", "0")]


def test_no_file_holds_what_a_person_wrote_or_is(tmp_path: Path) -> None:
    for suffix in (".html", ".md", ".csv", ".xml", ".toml"):
        for language in LANGUAGES:
            text = saved(tmp_path, suffix, language)
            assert "email" in text
            assert "secret" not in text
            assert "example.org" not in text


def test_the_page_says_where_the_data_come_from(tmp_path: Path) -> None:
    page = html.unescape(saved(tmp_path, ".html", "fr"))
    words = (
        '<html lang="fr">', f"<h1>Enquête{FIXED}: 2026</h1>",
        f"Données synthétiques{FIXED}: personne n’a donné ces réponses.", "survey.csv", "ab" * 32, "texte délimité",
        "2026-11-01", "Attention.", f"pay{FIXED}: moins de 2 minutes (lignes concernées{FIXED}: 1{NARROW}200)",
        "<h2>Travail</h2>", "élément de la question q7", 'href="#v1"',
    )  # fmt: skip
    assert [each for each in words if each not in page] == []


def test_the_page_is_escaped_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    page = saved(tmp_path, ".html")
    assert "&lt;b&gt;Job&lt;/b&gt;" in page
    assert "<b>Job" not in page
    assert not re.search(r"(src|href)=[\"'](?!#)", page)
    assert page.count("<script") == 1
    assert f"<script>{asset('page.js')}</script>" in page
    assert "default-src &#x27;none&#x27;" in page


def test_a_codebook_alone_has_no_counts_and_folds_long_lists(tmp_path: Path) -> None:
    def page(thing: Codebook) -> str:
        return dl.save(thing, tmp_path / "c.html").read_text(encoding="utf-8")

    long, short = ({code: Text.same(f"job {code}") for code in range(codes)} for codes in (31, 30))
    folded = page(Codebook().described("job", values=long))
    assert "<summary>Show the 31 codes</summary><table>" in folded
    assert "<summary>Show" not in page(Codebook().described("job", values=short))
    assert 'class="people"' not in page(book())
    assert "Unweighted" not in page(book())
    assert [line.people for line in entry("job", thing=book()).answers] == ["", "", ""]


def test_the_table_has_one_line_a_value_and_no_formula(tmp_path: Path) -> None:
    text = saved(tmp_path, ".csv")
    assert text.startswith("\ufeff")
    header, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert tuple(header) == COLUMNS
    about = "job,Situation d'emploi,<b>Job</b>,Travaillez-vous ?,Do you work?,Work,nominal"
    assert [",".join(line) for line in lines] == [
        f"{about},1,oui,yes,", f"{about},2,non | rien,no | none,", f"{about},3,autre,other,",
        f"{about},98,,,don't know", f"{about},99,,,refused", "pay,Paie,Pay,,,,scale,'-9 to -1,,,missing",
        "why,Pourquoi,Why,,,,,,,,", "email,,,,,,,,,,", "'=SUM(A1),'@cmd,'@cmd,,,,,,,,",
    ]  # fmt: skip


def test_markdown_is_a_table_a_section_with_its_pipes_escaped(tmp_path: Path) -> None:
    text = saved(tmp_path, ".md")
    assert "# Survey: 2026\n" in text
    assert "## Work\n\n| Variable | Label | Question | Answers | No answer |\n" in text
    assert (
        r"| job | \<b>Job\</b> | Do you work? | 1 = yes (60, 66.7%) · 2 = no \| none (–) · 3 = "
        r"other (\<5) "
        r"| 98 = don’t know (–) · 99 = refused (\<5) |"
    ) in text


def test_the_document_has_headings_and_tables(tmp_path: Path) -> None:
    made = docx.Document(str(dl.save(book(), tmp_path / "c.docx", language="fr", data=data())))
    headings = [
        (each.style.name, each.text) for each in made.paragraphs if each.style.name != "Normal"
    ]
    assert headings[0] == ("Title", f"Enquête{FIXED}: 2026")
    assert ("Heading 1", "Travail") in headings
    assert ("Heading 2", "job – Situation d’emploi") in headings
    assert [cell.text for cell in made.tables[0].rows[1].cells] == [
        "1",
        "oui",
        "60",
        f"66,7{FIXED}%",
    ]
    page = made.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    words = "\n".join(each.text for each in made.paragraphs)
    assert "secret" not in words
    again = dl.save(book(), tmp_path / "again.docx", language="fr", data=data()).read_bytes()
    assert again == (tmp_path / "c.docx").read_bytes()


def test_files_give_the_codebook_back_and_odd_signs_stop_nothing(tmp_path: Path) -> None:
    for suffix in (".xml", ".toml"):
        assert read_codebook(dl.save(book(), tmp_path / f"c{suffix}", data=data())) == book()
    odd = Codebook().described("a\x00\ud800", label=Text("\x07\ud83d", "\x07\ud83d"))
    for suffix in (".html", ".docx", ".md", ".xml"):
        assert dl.save(odd, tmp_path / f"c{suffix}").stat().st_size > 100


def test_refusals(tmp_path: Path, refused: Any) -> None:
    refused(lambda: dl.save(book(), tmp_path / "c.pdf"), OptionError)
    refused(lambda: dl.save(book(), tmp_path / "c.html", language="de"), OptionError)
    # a table keeps its language
    shown = dl.table(dl.estimate(dl.declare_design(pd.DataFrame({"y": [1.0, 2.0]})), dl.mean("y")))
    refused(lambda: dl.save(shown, tmp_path / "t.html", language="fr"), OptionError)
    assert list(tmp_path.iterdir()) == []


def test_the_command_names_files_by_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("email,age\na@b.fr,31\n", encoding="utf-8")
    written = codebooks_of(Path("s.csv"), ("fr", "en"))
    assert written.files == (Path("s.codebook.fr.html"), Path("s.codebook.en.html"))
    assert written.identifiers == ("email",)
    assert codebooks_of(Path("s.csv"), ("fr",)).files == (Path("s.codebook.html"),)
    assert codebooks_of(Path("s.csv"), ("fr", "en"), out=Path("s.codebook.toml")).files == (
        Path("s.codebook.toml"),
    )
    # a codebook alone
    assert codebooks_of(Path("s.codebook.toml"), ("en",), out=Path("x.md")).files == (Path("x.md"),)


@pytest.mark.shared
def test_a_large_survey_has_its_page(shared: Path, tmp_path: Path) -> None:
    survey = dl.read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav")
    page = dl.save(survey.codebook, tmp_path / "n.html", language="fr", data=survey).read_text(
        encoding="utf-8"
    )
    assert page.count("<article ") == 121
    # case identifiers of the first and last respondents are nowhere
    assert entry("id", thing=survey).remark.startswith("This column appears to")
    assert [each.people for each in entry("gender", thing=survey).answers] == ["3,132", "3,867"]
    counts = [int(each) for each in re.findall(r'<td class="people">(\d+)</td>', page)]
    assert counts
    assert [each for each in counts if 0 < each < 5] == []


def test_questions_and_labels_of_sets() -> None:
    same = Codebook().described(
        "q", label=Text.same("What is  your age?"), question=Text.same("What is your age?")
    )
    assert entry("q", thing=same).question == ""
    other = Codebook().described(
        "q", label=Text.same("Age"), question=Text.same("What is your age?")
    )
    assert entry("q", thing=other).question == "What is your age?"
    several = Codebook(sets={"q": Responses("q", ["q_1"], label=Text("Lesquels.", "Which ones."))})
    assert codebook_view(several, "fr").sets[0].label == "Lesquels"


def test_names_between_backquotes_are_code_and_the_reader_speaks_french(tmp_path: Path) -> None:
    origin = Origin(
        reader="KoboToolbox or ODK, delimited text, utf-8, delimiter `tab`, decimal comma, with `form.xlsx`",
        notices=(Text("Colonne laissée : `<x>`.", "Column left out: `<x>`."),),
    )
    thing = Codebook(origin=origin)
    page = dl.save(thing, tmp_path / "c.html", language="fr").read_text(encoding="utf-8")
    assert (
        "<dd>KoboToolbox ou ODK, texte délimité, utf-8, séparateur <code>tabulation</code>, "
        "virgule décimale, "
        "avec <code>form.xlsx</code></dd>"
    ) in page
    assert f"<li>Colonne laissée{FIXED}: <code>&lt;x&gt;</code>.</li>" in page
    assert "delimiter <code>tab</code>" in dl.save(thing, tmp_path / "c.html").read_text(
        encoding="utf-8"
    )
    made = docx.Document(str(dl.save(thing, tmp_path / "c.docx", language="fr")))
    runs = [[(run.text, run.font.name) for run in each.runs] for each in made.paragraphs]
    assert [(f"Colonne laissée{FIXED}: ", None), ("<x>", "Courier New"), (".", None)] in runs
