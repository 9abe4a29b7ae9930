"""Which format a file is read as; what people wrote stays out of errors, and no wording takes hours."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from diplab import read
from diplab.errors import LoadError, OptionError
from diplab.loaders.formats import FORMATS, format_of
from diplab.loaders.limesurvey.headers import Heading, variable_of_header
from diplab.loaders.questionnaire import strip_html, strip_markdown
from diplab.loaders.source import Request, open_source
from tests.loaders.factories import workbook

if TYPE_CHECKING:
    from pathlib import Path


KOBO = "_id,_uuid,_index,age\n1,u1,1,31\n"
EXPORTS = {
    "limesurvey": {
        "codes.csv": '"id","submitdate","lastpage","startlanguage","q1[SQ001]"\n"1","","3","fr","Y"\n',
        "words.csv": '"Response ID","Date submitted","Last page","Start language","Uses [Mail]"\n'
        '"1","","3","en","Yes"\n',
        "both.csv": '"id. Response ID","submitdate. Date submitted","lastpage. Last page",'
        '"startlanguage. Start language","q1. Uses?"\n"1","","3","en","Yes"\n',
        "semicolons.csv": '"id";"submitdate";"lastpage";"startlanguage";"q1"\n"1";"";"3";"fr";"3,5"\n',
        "vv.tsv": "Response ID\tDate\tPage\tLanguage\tUses\n"
        "id\tsubmitdate\tlastpage\tstartlanguage\t71X7X9\n1\t\t3\tfr\t1\n",
    },
    "qualtrics": {
        "three.csv": "ResponseId,Q1\nResponse ID,Work?\n"
        '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"\nR_abcdefghij1,1\n',
        "two.csv": "V1,V8,Q1\nResponseID,StartDate,Work?\nR_2YPOQ602ER1jkf1,2016-01-01 10:00:00,1\n",
    },
    "google_forms": {
        "en.csv": "Timestamp,Do you work?\n2026/11/25 2:03:10 PM GMT+1,yes\n",
        "fr.csv": "Horodateur,Travaillez-vous ?\n25/11/2026 14:03:10,oui\n",
        "pt.csv": "Carimbo de data/hora,Trabalha?\n25/11/2026 14:03:10,sim\n",
        "names.csv": "Timestamp,age\n2026/11/25 2:03:10 PM GMT+1,31\n",
        "none.csv": "Timestamp,Do you work?\n",
    },
    "surveymonkey": {
        "lines.csv": "Respondent ID,Start Date,Work?,\n,,Yes,No\n101,11/25/2026 10:00:00,Yes,\n",
        "response.csv": "Respondent ID,Work?\n,Response\n101,Yes\n",
        "fr.csv": "ID du répondant,Travaillez-vous ?\n,Réponse\n101,oui\n",
        "spss.csv": "q0001,q0002_0001\nYes,Not selected\n",
    },
    "prolific": {
        "who.csv": "Submission id,Participant id,Age\ns1,p1,31\n",
        "joined.csv": "worker,age\nw1,CONSENT_REVOKED\nw2,31\n",
    },
    "kobo": {
        "kobo.csv": KOBO,
        "central.csv": "SubmissionDate,age,meta-instanceID,KEY\n2026-01-01T10:00:00.000Z,31,uuid:1,uuid:1\n",
    },
    "delimited": {
        "id.csv": "id,start,end,token,_id\n1,a,b,t,7\n",
        "key.csv": "KEY,value\nA,1\n",
        "sensor.csv": "Timestamp,temperature\n2026-11-25 14:03:10,20\n",
        "number.csv": "Timestamp,Do you work?\n1,yes\n",
        "horodateur.csv": "Horodateur;valeur\n1;3,5\n",
        "dates.csv": "StartDate,EndDate,ResponseId,age\n2026-01-01,2026-01-02,7,31\n",
        "unknown.csv": "StartDate,EndDate,ResponseId,age\nunknown,2026-01-02,7,31\n",
        "respondent.csv": "respondent_id,age,town\n,31,Lyon\n2,32,Tours\n",
        "said.csv": "nom;heures;texte\na;3,5;il dit DATA_EXPIRED\n",
        "submitted.csv": "id,submitdate,age\n1,2026-01-01,31\n",
        "import.csv": 'a,b\n1,2\n"{""ImportId"":""x""}",3\n',
        "utf16.tsv": "sex\thours\nF\t3,5\n",
    },
}
WRITTEN = [(name, file, text) for name, files in EXPORTS.items() for file, text in files.items()]


def format_name(path: Path) -> str:
    return format_of(open_source(path), Request()).name


@pytest.mark.parametrize(("name", "file", "text"), WRITTEN, ids=[f"{name} {file}" for name, file, _ in WRITTEN])
def test_text_is_read_as_what_it_is(tmp_path: Path, name: str, file: str, text: str) -> None:
    path = tmp_path / file
    path.write_text(text, encoding="utf-16" if file.startswith("utf16") else "utf-8")
    assert format_name(path) == name
    data = read(path)
    header = text.splitlines()[0].split("\t" if path.suffix == ".tsv" else ";" if ";" in text.splitlines()[0] else ",")
    if name == "delimited":
        assert list(data.frame) == header
    assert len(data.frame) == len(text.splitlines()) - {"two.csv": 2, "three.csv": 3, "vv.tsv": 2}.get(
        file, 2 if name == "surveymonkey" and file != "spss.csv" else 1
    )


SHARED = {
    "loaders/limesurvey/*.csv": {"delimited"}, "loaders/limesurvey/*.lss": {"limesurvey_structure"},
    "loaders/qualtrics/*.csv": {"qualtrics"}, "loaders/kobo/*[!s].csv": {"kobo"},
    "loaders/kobo/*.labels.csv": {"delimited"}, "loaders/surveymonkey/*.csv": {"surveymonkey"},
    "loaders/**/*.[sz]*av": {"spss"}, "loaders/**/*.dta": {"stata"}, "loaders/**/*.sas7bdat": {"sas"},
    "loaders/pyreadstat/**/*.csv": {"delimited"}, "french/*.csv": {"delimited"}, "french_gpl/*.csv": {"delimited"},
    "crowdwork/**/*.csv": {"delimited"}, "design/**/*.csv": {"delimited"}, "gig_marginals/*.csv": {"delimited"},
    "open/**/census/*.csv": {"delimited"}, "open/**/survey-data/*.csv": {"delimited"},
    "open/**/cleaned.csv": {"prolific"},
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("pattern", SHARED)
def test_published_files_are_read_as_what_they_are(shared: Path, pattern: str) -> None:
    files = [each for each in sorted((shared / "data").glob(pattern)) if each.name != "data_rg.lang_list.csv"]
    assert files
    assert {format_name(each) for each in files} == SHARED[pattern]


def test_workbooks_and_archives(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", {"table": [["sex", "age"], ["F", 31]]})
    kobo = workbook(tmp_path / "kobo.xlsx", {"table": [line.split(",") for line in KOBO.splitlines()]})
    people = workbook(tmp_path / "people.xlsx", {"survey": [["type", "name", "age"], ["driver", "Ada", 31]]})
    packed = tmp_path / "kobo.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("kobo.csv", KOBO)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    found = [format_name(each) for each in (plain, kobo, people, packed, tmp_path / "a.parquet")]
    assert found == ["excel", "kobo", "excel", "kobo", "parquet"]


def test_decimal_comma_of_an_export_saved_anew_with_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "form.csv"
    path.write_text("Horodateur;Combien d’heures ?\n25/11/2026 14:03:10;3,5\n", encoding="utf-8")
    assert read(path).frame["q01"].tolist() == [3.5]
    path.write_text("Participant id;Session id;hours\np1;s1;3,5\n", encoding="utf-8")
    assert read(path).frame["hours"].tolist() == [3.5]
    path.write_text("Respondent ID;Start Date;Hours?\n;;Response\n101;;3,5\n", encoding="utf-8")
    assert read(path).frame["q01"].tolist() == [3.5]


def test_files_without_answers(tmp_path: Path, refused: Any) -> None:
    for suffix in ("qsf", "R", "sps", "sas7bcat", "xml", "toml", "gz", "txt", "xlsb"):
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


STRUCTURED = {
    "table.csv": "s.sas7bcat", "form.csv": "s.lss", "people.csv": "s.R", "monkey.csv": "s.lss", "table.xlsx": "s.qsf",
    "table.parquet": "s.lss", "archive.lsa": "s.lss",
}  # fmt: skip


@pytest.mark.parametrize("file", STRUCTURED)
def test_structure_of_another_format(tmp_path: Path, file: str, refused: Any) -> None:
    structure = STRUCTURED[file]
    texts = {
        "table.csv": "sex,age\nF,31\n",
        "form.csv": EXPORTS["google_forms"]["en.csv"],
        "people.csv": EXPORTS["prolific"]["who.csv"],
        "monkey.csv": EXPORTS["surveymonkey"]["lines.csv"],
        "archive.lsa": "PK",
    }
    path = tmp_path / file
    if path.suffix == ".xlsx":
        workbook(path, {"table": [["sex"], ["F"]]})
    elif path.suffix == ".parquet":
        pd.DataFrame({"a": [1]}).to_parquet(path)
    else:
        path.write_text(texts[file], encoding="utf-8")
    (tmp_path / structure).write_text("a\n", encoding="utf-8")
    refused(lambda: read(path, structure=tmp_path / structure), LoadError)


def test_format_of_other_suffixes_and_none(tmp_path: Path, refused: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text("sex,age\nF,31\n", encoding="utf-8")
    for each in FORMATS:
        if each.only_suffixes:
            refused(partial(read, path, file_format=each.name), LoadError)
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
        "print(*(name for name in sys.modules if name.startswith('diplab.loaders.') or name == 'pyreadstat'))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    loaded = {name.removeprefix("diplab.loaders.") for name in ran.stdout.split()}
    others = "excel forms kobo limesurvey parquet pyreadstat qualtrics query r_files readstat write writing"
    assert {name for name in loaded if name.split(".")[0] in others.split() or "ddi" in name} == set()
    assert {"text", "recognition"} < loaded
    assert len(loaded) <= 20  # reading, cells, dates, limits, codebooks


OPEN = "They owe me 300 euros, write to jeanne@example.org"


def test_errors_and_notices_keep_open_answers(tmp_path: Path, refused: Any) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f'why,age\n"{OPEN}",31\npay,32\n', encoding="utf-8")
    data = read(path)
    refused(lambda: data.recode("why", {"pay": 1}), OptionError)
    refused(lambda: data.recode("why", {"They owe": 1}), OptionError)
    path = tmp_path / "w.csv"
    path.write_bytes("nom\nHélène a été payée\n".encode("cp1252"))
    (notice,) = read(path).codebook.origin.notices
    assert "Hélène" not in notice.en + notice.fr
    assert notice.en.endswith("look at é, è.")


@pytest.mark.parametrize("token", ["<!--", "<script", "<script>", "</script ", "<style", "<p", "[a]", "*a", "_"])
@pytest.mark.parametrize("read_words", [strip_html, strip_markdown])
def test_wordings_that_do_not_end(read_words: object, token: str) -> None:
    assert isinstance(read_words(token * (300_000 // len(token))), str)  # type: ignore[operator]


def test_headers_of_a_million_brackets_and_of_a_subquestion() -> None:
    variable = variable_of_header(Heading("uses", None, "(Uses?" + "[a]" * 300_000))
    assert variable.question.en == "(Uses?"
    assert variable_of_header(Heading("uses", None, "[a]" * 300_000 + "(]")).label.en.endswith("(]")
    found = variable_of_header(Heading("x", None, "(How often? [Mail][Weekly]"))
    assert (found.question.en, found.label.en) == ("(How often?", "Mail – Weekly")
