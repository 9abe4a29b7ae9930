"""Which format a file is read as; what people wrote stays out of errors, and no wording takes hours."""

from __future__ import annotations

import csv
import datetime
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from diplab import read
from diplab.errors import LoadError, OptionError
from diplab.loaders.formats import FORMATS, format_of
from diplab.loaders.limesurvey.load import Heading, variable_of_header
from diplab.loaders.questionnaire import strip_html, strip_markdown
from diplab.loaders.source import Request, SourceFile, chosen_columns, open_source, repaired_names
from diplab.loaders.text import recognition
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import Variable
from tests.loaders.factories import read_text, workbook

RECOGNISED = Path(__file__).with_name("samples") / "recognised"
"""A folder for each format, of files that are read as it."""
EXPORTS = RECOGNISED.with_name("exports")
KOBO = (RECOGNISED / "kobo/kobo.csv").read_text(encoding="utf-8")


def format_name(path: Path) -> str:
    return format_of(open_source(path), Request()).name


@pytest.mark.parametrize(
    "path", sorted(RECOGNISED.glob("*/*")), ids=lambda each: f"{each.parent.name} {each.name}"
)
def test_text_is_read_as_what_it_is(path: Path) -> None:
    assert format_name(path) == path.parent.name
    data = read(path)
    lines = path.read_text(encoding="utf-16" if path.stem == "utf16" else "utf-8").splitlines()
    if path.parent.name == "delimited":
        mark = "\t" if path.suffix == ".tsv" else ";" if ";" in lines[0] else ","
        assert list(data.frame) == lines[0].split(mark)
    headers = {
        "two.csv": 2,
        "three.csv": 3,
        "vv.tsv": 2,
        "lines.csv": 2,
        "response.csv": 2,
        "surveymonkey/fr.csv": 2,
    }
    count = headers.get(path.name, headers.get(f"{path.parent.name}/{path.name}", 1))
    assert len(data.frame) == len(lines) - count


SHARED = {
    "loaders/limesurvey/*.csv": "delimited", "loaders/limesurvey/*.lss": "limesurvey_structure",
    "loaders/qualtrics/*.csv": "qualtrics", "loaders/kobo/*[!s].csv": "kobo",
    "loaders/kobo/*.labels.csv": "delimited", "loaders/surveymonkey/*.csv": "surveymonkey",
    "loaders/**/*.[sz]*av": "spss", "loaders/**/*.dta": "stata", "loaders/**/*.sas7bdat": "sas",
    "loaders/pyreadstat/**/*.csv": "delimited", "french/*.csv": "delimited", "french_gpl/*.csv": "delimited",
    "crowdwork/**/*.csv": "delimited", "design/**/*.csv": "delimited", "gig_marginals/*.csv": "delimited",
    "open/**/census/*.csv": "delimited", "open/**/survey-data/*.csv": "delimited",
    "open/**/cleaned.csv": "prolific",
}  # fmt: skip


@pytest.mark.shared
def test_published_files_are_read_as_what_they_are(shared: Path) -> None:
    for pattern, name in SHARED.items():
        files = [
            each
            for each in sorted((shared / "data").glob(pattern))
            if each.name != "data_rg.lang_list.csv"
        ]
        assert {format_name(each) for each in files} == {name}, pattern


def test_workbooks_and_archives(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", {"table": [["sex", "age"], ["F", 31]]})
    kobo = workbook(
        tmp_path / "kobo.xlsx", {"table": [line.split(",") for line in KOBO.splitlines()]}
    )
    people = workbook(
        tmp_path / "people.xlsx", {"survey": [["type", "name", "age"], ["driver", "Ada", 31]]}
    )
    packed = tmp_path / "kobo.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("kobo.csv", KOBO)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    found = [format_name(each) for each in (plain, kobo, people, packed, tmp_path / "a.parquet")]
    assert found == ["excel", "kobo", "excel", "kobo", "parquet"]


@pytest.mark.parametrize("typed", [False, True])
def test_exports_as_workbooks_are_read_as_their_texts(tmp_path: Path, typed: bool) -> None:
    folders = [RECOGNISED / name for name in ("google_forms", "surveymonkey", "qualtrics")]
    exports = {each: each.parent.name for folder in folders for each in sorted(folder.iterdir())}
    exports |= {EXPORTS / "form.csv": "google_forms", EXPORTS / "monkey.csv": "surveymonkey"}
    exports |= {EXPORTS / "choices.csv": "qualtrics"}
    del exports[
        RECOGNISED / "surveymonkey" / "spss.csv"
    ]  # a CSV that others made from an export of SPSS
    for number, (path, name) in enumerate(exports.items()):
        rows = [each for each in csv.reader(path.read_text(encoding="utf-8").splitlines()) if each]
        answers = [
            [int(cell) if typed and cell.isdigit() else cell for cell in row] for row in rows
        ]
        # what was asked stands on the first sheet that is shown, whatever its name
        sheets = workbook(tmp_path / f"{number}.xlsx", {"Form Responses 1": answers})
        for file in (path, sheets):
            assert format_name(file) == name, path
        structure = path.with_suffix(".qsf") if path.with_suffix(".qsf").is_file() else None
        text, sheet = (read(each, structure=structure) for each in (path, sheets))
        pd.testing.assert_frame_equal(text.frame, sheet.frame)
        assert replace(text.codebook, origin=Origin()) == replace(
            sheet.codebook, origin=Origin()
        ), path
        assert text.missing.keys() == sheet.missing.keys()
        assert sheet.codebook.origin.reader == text.codebook.origin.reader.replace(
            "utf-8, delimiter `,`", "sheet `Form Responses 1`"
        )
        # one that is asked for is read as it is
        assert read(sheets, sheet=1, private="keep").codebook.origin.reader.startswith("Excel")


def test_moments_and_numbers_of_a_workbook(tmp_path: Path) -> None:
    at = datetime.datetime(2026, 11, 25, 14, 3, 10)
    rows = [
        ["Horodateur", "Combien d’heures ?", "Plateformes ?"],
        *([at, 3.5, each] for each in ("a;b", "b", "a;b;c")),
    ]
    rows += [[at, None, "c;a"]]
    data = read(workbook(tmp_path / "réponses.xlsx", {"Réponses": rows, "Feuille2": []}))
    assert data.codebook.origin.reader == "Google Forms, sheet `Réponses`"
    assert data.frame["timestamp"].tolist() == [pd.Timestamp(at)] * 4
    assert data.frame["q01"].isna().tolist() == [False, False, False, True]
    assert data.frame[["q02_1", "q02_2", "q02_3"]].to_numpy().tolist() == [
        [1, 1, 0],
        [0, 1, 0],
        [1, 1, 1],
        [1, 0, 1],
    ]


def test_decimal_comma_of_an_export_saved_anew_with_semicolons(tmp_path: Path) -> None:
    for text, name in (
        ("Horodateur;Combien d’heures ?\n25/11/2026 14:03:10;3,5\n", "q01"),
        ("Participant id;Session id;hours\np1;s1;3,5\n", "hours"),
        ("Respondent ID;Start Date;Hours?\n;;Response\n101;;3,5\n", "q01"),
    ):
        assert read_text(tmp_path, text).frame[name].tolist() == [3.5]


def test_files_without_answers(tmp_path: Path, refused: Any) -> None:
    for suffix in ("qsf", "R", "sps", "sas7bcat", "xml", "toml", "gz", "txt"):
        (tmp_path / f"s.{suffix}").write_text("a\n", encoding="utf-8")
        refused(partial(read, tmp_path / f"s.{suffix}"), LoadError)


def test_form_alone_or_of_another_survey(tmp_path: Path, refused: Any) -> None:
    survey = [["type", "name", "label"], ["integer", "weeks", "Weeks?"]]
    sheets = {"survey": survey, "choices": [["list_name", "name", "label"]]}
    form, path = workbook(tmp_path / "form.xlsx", sheets), tmp_path / "table.csv"
    refused(lambda: read(form), LoadError)
    assert list(read(form, file_format="excel").frame) == ["type", "name", "label"]
    (tmp_path / "names.csv").write_text("name,label\nweeks,Weeks?\n", encoding="utf-8")
    path.write_text("sex,age\nF,31\n", encoding="utf-8")
    refused(lambda: read(path, structure=form), LoadError)
    refused(lambda: read(path, structure=tmp_path / "names.csv"), LoadError)


def test_structure_of_another_format(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "table.csv").write_text("sex,age\nF,31\n", encoding="utf-8")
    exports = {
        "form": "google_forms/en.csv",
        "people": "prolific/who.csv",
        "monkey": "surveymonkey/lines.csv",
    }
    for name, file in exports.items():
        shutil.copy(RECOGNISED / file, tmp_path / f"{name}.csv")
    workbook(tmp_path / "table.xlsx", {"table": [["sex"], ["F"]]})
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "table.parquet")
    (tmp_path / "archive.lsa").write_text("PK", encoding="utf-8")
    structures = {
        "table.csv": "s.sas7bcat", "form.csv": "s.lss", "people.csv": "s.R", "monkey.csv": "s.lss",
        "table.xlsx": "s.qsf", "table.parquet": "s.lss", "archive.lsa": "s.lss",
    }  # fmt: skip
    for file, structure in structures.items():
        (tmp_path / structure).write_text("a\n", encoding="utf-8")
        refused(partial(read, tmp_path / file, structure=tmp_path / structure), LoadError)
        (tmp_path / structure).unlink()


def test_the_list_of_formats_names_what_there_is() -> None:
    for each in FORMATS:
        module, _, function = each.loader.partition(":")
        assert callable(getattr(import_module(f"diplab.loaders.{module}"), function))
        assert not each.recognises or callable(getattr(recognition, each.recognises))


def test_format_of_other_suffixes_and_none(tmp_path: Path, refused: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text("sex,age\nF,31\n", encoding="utf-8")
    for name in ("spss", "stata", "sas", "r", "limesurvey_structure", "xlsform"):
        refused(partial(read, path, file_format=name), LoadError)
    with pytest.raises(OptionError):
        read(path, file_format="SPSS")
    (tmp_path / "table.txt").write_text("sex,age\nF,31\n", encoding="utf-8")
    assert list(read(tmp_path / "table.txt", file_format="delimited").frame) == ["sex", "age"]


def test_too_many_columns(tmp_path: Path, refused: Any) -> None:
    path = tmp_path / "wide.csv"
    for first in ("c0", "Timestamp"):
        names = ",".join([first, *(f"What is {each}?" for each in range(1, 32_768))])
        path.write_text(f"{names}\n2026/11/25 14:03:10{',1' * 32_767}\n", encoding="utf-8")
        refused(lambda: read(path), LoadError)


def test_a_small_text_loads_the_modules_of_no_other_format(tmp_path: Path) -> None:
    path = tmp_path / "workers.csv"
    path.write_text("sex;hours\nF;3,5\nM;\n", encoding="utf-8")
    script = (
        "import sys, diplab as dl\n"
        "dl.read(sys.argv[1])\n"
        "print(*(name for name in sys.modules if name.startswith('diplab.loaders.') or name == "
        "'pyreadstat'))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    loaded = {name.removeprefix("diplab.loaders.") for name in ran.stdout.split()}
    others = "excel forms kobo limesurvey parquet pyreadstat qualtrics query r_files readstat write writing"
    assert {
        name for name in loaded if name.split(".")[0] in others.split() or "ddi" in name
    } == set()
    assert {"text.load", "text.recognition"} < loaded
    assert len(loaded) <= 24  # reading, dialect, shape, cells, dates, limits, codebooks


OPEN = "They owe me 300 euros, write to jeanne@example.org"


def test_errors_and_notices_keep_open_answers(tmp_path: Path, refused: Any) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f'why,age\n"{OPEN}",31\npay,32\n', encoding="utf-8")
    data = read(path)
    refused(lambda: data.recode("why", {"pay": 1}), OptionError)
    refused(lambda: data.recode("why", {"They owe": 1}), OptionError)
    path = tmp_path / "w.csv"
    path.write_bytes("nom\nHélène a été payée\n".encode("cp1252"))
    notice, seen = read(path).codebook.origin.notices
    assert seen.en.startswith("May identify people: `nom`.")
    assert "Hélène" not in notice.en + notice.fr
    assert notice.en.endswith("look at é, è.")


def test_wordings_that_do_not_end() -> None:
    for token in ("<!--", "<script", "<script>", "</script ", "<style", "<p", "[a]", "*a", "_"):
        for read_words in (strip_html, strip_markdown):
            assert isinstance(read_words(token * (300_000 // len(token))), str)


def test_headers_of_a_million_brackets_and_of_a_subquestion() -> None:
    variable = variable_of_header(Heading("uses", None, "(Uses?" + "[a]" * 300_000))
    assert variable.question.en == "(Uses?"
    assert variable_of_header(Heading("uses", None, "[a]" * 300_000 + "(]")).label.en.endswith("(]")
    found = variable_of_header(Heading("x", None, "(How often? [Mail][Weekly]"))
    assert (found.question.en, found.label.en) == ("(How often?", "Mail – Weekly")


def test_names_of_columns_are_repaired(refused: Any) -> None:
    source = SourceFile(Path("a.csv"), b"")
    names = ["a", "a", "", "b\u00adc", "bc", "a_2", " d ", "e\u00a0f\ng", "\ufeff"]
    repaired, (notice,) = repaired_names(source, Request(), names)
    assert repaired == ["a", "a_3", "column_3", "bc_2", "bc", "a_2", "d", "e f g", "column_9"]
    assert notice.en.endswith(
        r"5 ('a' → `a_3`, '' → `column_3`, 'b\xadc' → `bc_2`, 'e\xa0f\ng' → `e f g`, '\ufeff' → "
        r"`column_9`)."
    )
    # both names are accepted, and those of the codebook are right
    asked = Request(columns=["b\u00adc", "bc_2", "bc", "e\u00a0f\ng", " d "])
    assert chosen_columns(source, asked, repaired) == ["bc_2", "bc_2", "bc", "e f g", "d"]
    assert repaired_names(
        source, Request(Codebook({names[3]: Variable(names[3])})), names[3:5]
    ) == (names[3:5], ())
    # accents encoded twice, with letters that Windows-1252 has or lacks; those that are right stay
    odd = ["rÃ©gion", "ideologÃ\u00ada", "Ã\u0081ge", "Å“uvre", "Ã", "Âge", "café", "30 €"]
    assert repaired_names(source, Request(), odd)[0] == [
        "région",
        "ideología",
        "Áge",
        "œuvre",
        *odd[4:],
    ]
    for odd in (["a", "a"], ["b\u00adc"], [""]):
        refused(partial(repaired_names, source, Request(repairs=False), odd), LoadError)
    assert len(set(repaired_names(source, Request(), ["a"] * 30_000)[0])) == 30_000


def test_names_of_columns_are_repaired_in_files_of_other_programs(
    tmp_path: Path, refused: Any
) -> None:
    # what a letter of UTF-8 becomes where it is read as two ends with a soft hyphen, or a no-break
    # space
    frame = pd.DataFrame({"ideologÃ\u00ad": [1.0, 2.0], "voilÃ\u00a0": ["x", "y"]})
    pyreadstat.write_dta(frame, tmp_path / "a.dta", column_labels=["one", "two"])
    pyreadstat.write_sav(frame, tmp_path / "a.sav", column_labels=["one", "two"])
    twice = pa.Table.from_pandas(frame.assign(c=[3.0, 4.0])).rename_columns([*frame, "voilà"])
    pq.write_table(twice, tmp_path / "a.parquet")
    for suffix in (".dta", ".sav", ".parquet"):
        data = read(tmp_path / f"a{suffix}")
        words = "voilà_2" if suffix == ".parquet" else "voilà"
        assert (list(data.frame)[:2], data.frame[words].tolist()) == (
            ["ideologí", words],
            ["x", "y"],
        )
        assert data.codebook["ideologí"].label.en == ("" if suffix == ".parquet" else "one")
        assert (
            f"2 ('ideologÃ\\xad' → `ideologí`, 'voilÃ\\xa0' → `{words}`)"
            in data.codebook.origin.notices[0].en
        )
        some = read(tmp_path / f"a{suffix}", columns=[words, "ideologÃ\u00ad"], rows=1)
        assert some.frame.to_dict("list") == {words: ["x"], "ideologí": [1.0]}
        refused(partial(read, tmp_path / f"a{suffix}", names="refuse"), LoadError)
