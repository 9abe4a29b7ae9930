"""Studies as folders: what is read, what is refused, and in which words."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import BaseMissingError, ColumnError, OptionError, StudyError
from diplab.loaders.deliveries import read_codebook
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.replication.published import read_published
from diplab.replication.registry import find_studies
from diplab.replication.rerun import mapped
from diplab.replication.study import new_study, open_study

GOOD = {
    "key": "share", "value": "28.4", "value_high": "", "relation": "equals", "unit": "%", "label_fr": "part",
    "label_en": "share", "base": "all", "base_fr": "tous", "base_en": "everyone", "source": "p. 1", "source_fr": "p. 1",
    "status": "published", "rests_on": "published figures", "tolerance": "0.5", "quotation": "",
    "expected": "as published", "reason_fr": "", "reason_en": "",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return new_study("my-study", tmp_path / "surveys", 2026)


def write(folder, *rows):
    path = folder / "published.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_new_study_runs_and_reads_printed_digits(folder):
    found = dl.reproduce("my-study", studies=folder.parent)
    assert found.frame[["key", "published", "verdict"]].values.tolist() == [
        ["full_time_of_all", 28.4, "our own"]
    ]
    assert found.frame["rests_on"].tolist() == ["published figures"]
    assert found.as_expected
    (row,) = read_published(write(folder, {**GOOD, "value": "28.40"}))
    assert (row.value, row.printed.decimals, row.base.fr, row.rests_on) == (
        28.4,
        2,
        "tous",
        "published figures",
    )


def test_numbers_that_are_not_whole_or_do_not_hold_together_are_refused(folder, refused):
    for error, changed in (
        (BaseMissingError, {"base_fr": ""}),
        (StudyError, {"unit": ""}),
        (StudyError, {"source": ""}),
        (StudyError, {"value": "28,4"}),
        (StudyError, {"tolerance": None}),
        (OptionError, {"expected": "as publised"}),
        (OptionError, {"rests_on": "rows"}),
    ):
        row = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
        refused(lambda row=row: read_published(write(folder, row)), error)
    refused(lambda: read_published(write(folder, GOOD, GOOD)), StudyError)
    path = write(folder, GOOD)
    path.write_text(path.read_text().rstrip("\n") + ",more\n")
    refused(lambda: read_published(path), StudyError)
    path.unlink()
    refused(lambda: open_study(folder), StudyError)


def test_names_of_studies(tmp_path, folder, refused):
    with pytest.raises(
        StudyError,
        match=r"There is no study `france-2018-survy`.*Did you mean `france-2018-survey`",
    ):
        dl.reproduce("france-2018-survy")
    refused(lambda: new_study("My Study", tmp_path, 2026), StudyError)
    with pytest.raises(StudyError, match=r"my-study`\. Write another name, or edit that folder\.$"):
        new_study("my-study", folder.parent, 2026)


# -- what a study takes and gives -------------------------------------------------------------------------------


def code(folder, text):
    (folder / "study.py").write_text(text, encoding="utf-8")


def rerun(folder, **options):
    return dl.reproduce("my-study", studies=folder.parent, **options)


def test_a_study_answers_its_keys_and_no_others_from_what_is_declared(folder, refused):
    for taken in (
        "Result.circular(28.4)",
        "inputs.assumption('full_time')",
        "len(inputs.read('answer'))",
    ):
        answer = f"def results(inputs): return {{'full_time_of_all': {taken}}}\n"
        code(folder, f"from diplab.types import Result\n{answer}")
        refused(lambda: rerun(folder), StudyError)
    code(folder, "def results(inputs): return {'full_time_of_all': 28.4, 'other': 1.0}\n")
    refused(lambda: rerun(folder), StudyError)
    write(folder, GOOD)
    refused(lambda: rerun(folder), StudyError)


@pytest.mark.parametrize("rests_on", ["published figures", "inferred inputs", "synthetic file"])
def test_arithmetic_that_fails_is_not_as_expected_whatever_the_number_rests_on(folder, rests_on):
    expected = {
        "published figures": "as published",
        "inferred inputs": "circular",
        "synthetic file": "by construction",
    }
    write(folder, {**GOOD, "rests_on": rests_on, "expected": expected[rests_on]})
    margin = rests_on == "synthetic file"
    for value, agrees in ((28.4, True), (999.0, False)):
        code(
            folder,
            "from diplab.types import Result\n"
            f"def results(inputs): return {{'share': Result({value}, margin={margin})}}\n",
        )
        found = rerun(folder)
        assert found.as_expected is agrees
        assert found.frame["verdict"].tolist() == [expected[rests_on] if agrees else "differs"]


def test_an_expected_disagreement_that_vanishes_is_not_as_expected(folder):
    write(folder, {**GOOD, "expected": "differs"})
    code(folder, "def results(inputs): return {'share': 28.4}\n")
    assert not rerun(folder).as_expected


def test_an_assumption_may_be_changed_within_its_range(folder, refused):
    found = rerun(folder, assumptions={"share_full_time": 0.5})
    row = found.frame.iloc[0]
    assert (row["reproduced"], row["as_declared"], row["verdict"]) == (
        20.0,
        pytest.approx(28.4),
        "differs",
    )
    assert found.assumptions == {"share_full_time": (0.71, 0.5)}
    assert found.as_expected  # not judged
    refused(lambda: rerun(folder, assumptions={"share_full_time": 1}), OptionError)
    refused(lambda: rerun(folder, assumptions={"share_ful_time": 0.5}), OptionError)


def test_a_study_that_is_badly_described_is_refused(folder, refused):
    path = folder / "study.toml"
    text = path.read_text()
    for old, new in (("value = 0.71", "value = 0.95"), ("# What", "titel = 'x'\n# What")):
        path.write_text(text.replace(old, new, 1))
        refused(lambda: open_study(folder), StudyError)


def test_a_study_reads_a_file_of_its_own_and_is_not_run_without_it(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path / "copies"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = folder / "study.toml"
    path.write_text(path.read_text() + '\n[files.answers]\npath = "data/answers.csv"\n')
    code(
        folder,
        "def results(inputs): return {'full_time_of_all': "
        "inputs.read('answers').frame['share'].mean()}\n",
    )
    absent = rerun(folder)
    assert not absent.ran
    assert set(absent.frame["verdict"]) == {"not run"}
    assert absent.why_not.en == (
        "the file answers is not available (data/answers.csv: file not found): it is read from "
        "the folder named by the variable DIPLAB_DATA, as my-study/data/answers.csv"
    )
    for home in (tmp_path / "copies" / "my-study", folder):
        (home / "data").mkdir(parents=True)
        (home / "data" / "answers.csv").write_text("share\n28.3\n28.5\n")
        assert rerun(folder).frame["verdict"].tolist() == ["our own"]


def test_a_study_may_stand_in_several_files(folder):
    (folder / "model.py").write_text("FULL_TIME = 28.4\n")
    code(
        folder,
        "from .model import FULL_TIME\ndef results(inputs): return {'full_time_of_all': "
        "FULL_TIME}\n",
    )
    assert rerun(folder).as_expected
    (folder / "model.py").write_text("FULL_TIME = 128.4\n")
    assert not rerun(folder).as_expected


def test_holders_need_a_study_that_takes_their_file_and_a_codebook(folder, tmp_path, refused):
    theirs = tmp_path / "their.csv"
    theirs.write_text("a\n1\n")
    refused(lambda: rerun(folder, data=theirs), OptionError)
    path = folder / "study.toml"
    path.write_text("accepts_data = true\n" + path.read_text())
    refused(lambda: rerun(folder, data=theirs), StudyError)


# -- a holder's own columns and codes -------------------------------------------------------------------------

WANTED = Codebook({name: Variable(name) for name in ("contract", "income")})


def theirs():
    frame = pd.DataFrame({"Q12": [1.0, 2.0, None], "income": [900.0, 1000.0, 1100.0]})
    return Microdata(frame, Codebook())


def rules(tmp_path, text):
    path = tmp_path / "their.mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapping_renames_and_recodes(tmp_path):
    path = rules(
        tmp_path, '[contract]\ncolumn = "Q12"\ncodes = { "1" = "permanent", "2" = "none" }\n'
    )
    found = mapped(theirs(), WANTED, tmp_path / "their.sav", None)
    assert found.frame["contract"].tolist()[:2] == ["permanent", "none"]
    assert found.frame["contract"].isna().sum() == 1
    assert mapped(theirs(), WANTED, tmp_path / "other.sav", path).frame.equals(found.frame)


def test_a_mapping_that_does_not_fit_is_refused(tmp_path, refused):
    for error, text in (
        (StudyError, '[contract]\ncolumn = "Q12"\ncodes = { "1" = "permanent" }\n'),
        (StudyError, '[contrat]\ncolumn = "Q12"\n'),
        (ColumnError, ""),
    ):
        rules(tmp_path, text)
        refused(lambda: mapped(theirs(), WANTED, tmp_path / "their.sav", None), error)


def test_every_codebook_of_a_study_can_be_read():
    books = [
        path / "codebook.toml"
        for path in find_studies().values()
        if (path / "codebook.toml").is_file()
    ]
    assert len(books) >= 2
    assert all(len(read_codebook(path)) > 0 for path in books)
