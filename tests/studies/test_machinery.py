"""Studies as folders: what is read, what is refused, and in which words."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import BaseMissingError, ColumnError, OptionError, StudyError
from diplab.loaders.codebook_file import read_codebook
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.replication.example import new_study
from diplab.replication.mapping import mapped
from diplab.replication.published import COLUMNS, read_published
from diplab.replication.study import open_study

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


def refusal(error, call, *arguments, **options):
    with pytest.raises(error) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_a_new_study_runs(folder):
    found = dl.reproduce("my-study", studies=folder.parent)
    assert found.frame[["key", "published", "verdict"]].values.tolist() == [
        ["full_time_of_all", 28.4, "our own"]
    ]
    assert found.frame["rests_on"].tolist() == ["published figures"]
    assert found.as_expected


def test_a_published_number_is_read_with_its_printed_digits(folder):
    (row,) = read_published(write(folder, {**GOOD, "value": "28.40"}))
    assert (row.value, row.printed.decimals, row.base.fr, row.rests_on) == (
        28.4,
        2,
        "tous",
        "published figures",
    )


def test_a_number_without_a_base_is_refused(folder):
    said = refusal(BaseMissingError, read_published, write(folder, {**GOOD, "base_fr": ""}))
    assert said == (
        "The published number `share` of `my-study` was asked for. `published.csv` does not say of whom it is a "
        "number. Fill `base` (a short name), `base_fr` and `base_en` (the denominator in words)."
    )


def test_a_number_without_unit_or_source_is_refused(folder):
    for name in ("unit", "source"):
        said = refusal(StudyError, read_published, write(folder, {**GOOD, name: ""}))
        assert said == (
            f"The published number `share` of `my-study` was asked for. Its `{name}` is empty in `published.csv`. "
            f"Fill `{name}`."
        )


def test_a_missing_column_is_named(folder):
    without = {name: value for name, value in GOOD.items() if name != "tolerance"}
    said = refusal(StudyError, read_published, write(folder, without))
    assert said == (
        "The published numbers of `my-study` were asked for. `published.csv` has no column `tolerance`. "
        f"Write the columns {', '.join(COLUMNS)}."
    )


def test_a_missing_file_is_named(folder):
    (folder / "published.csv").unlink()
    assert refusal(StudyError, open_study, folder).startswith(
        "The published numbers of `my-study` were asked for. Its folder has no `published.csv`. Write one with"
    )


def test_a_key_stands_once(folder):
    said = refusal(StudyError, read_published, write(folder, GOOD, GOOD))
    assert said == (
        "The published numbers of `my-study` were asked for. The key `share` stands 2 times in `published.csv`. "
        "Give each number a key of its own."
    )


def test_an_unknown_verdict_is_refused_with_the_nearest(folder):
    said = refusal(OptionError, read_published, write(folder, {**GOOD, "expected": "as publised"}))
    assert said.startswith(
        "`expected` of `share` in `my-study` was given as 'as publised'. It is one of: as published,"
    )
    assert said.endswith("Write `as published` instead.")


def test_what_a_number_rests_on_is_one_of_five_words(folder):
    said = refusal(OptionError, read_published, write(folder, {**GOOD, "rests_on": "rows"}))
    assert said.startswith(
        "`rests_on` of `share` in `my-study` was given as 'rows'. It is one of: respondents' rows, published figures,"
    )


def test_a_line_with_a_cell_too_many_is_refused(folder):
    path = write(folder, GOOD)
    path.write_text(path.read_text().rstrip("\n") + ",more\n")
    assert refusal(StudyError, read_published, path) == (
        "The published numbers of `my-study` were asked for. Line 2 of `published.csv` has another number of cells "
        "than its header. Put cells that hold a comma between double quotes."
    )


def test_a_number_that_is_not_one(folder):
    said = refusal(StudyError, read_published, write(folder, {**GOOD, "value": "28,4"}))
    assert said == (
        "The published number `share` of `my-study` was asked for. could not convert string to float: '28,4' in "
        "`published.csv`. Write numbers with a decimal point."
    )


def test_an_unknown_study_is_refused_with_the_nearest():
    said = refusal(StudyError, dl.reproduce, "france-2018-survy")
    assert said.startswith("The study `france-2018-survy` was asked for. ")
    assert "and not that one. Did you mean `france-2018-survey`" in said


def test_a_study_must_answer_its_keys(folder):
    write(folder, GOOD)
    said = refusal(StudyError, dl.reproduce, "my-study", studies=folder.parent)
    assert said == (
        "The study `my-study` was rerun. Its `study.py` gives nothing for the published number `share`. "
        "Return a Result for it (its keys are near: `full_time_of_all`)."
    )


def test_a_study_may_not_invent_keys(folder):
    path = folder / "study.py"
    path.write_text(path.read_text().replace('        "full', '        "other": 1.0,\n        "full', 1))
    said = refusal(StudyError, dl.reproduce, "my-study", studies=folder.parent)
    assert said == (
        "The study `my-study` was rerun. Its `study.py` gives `other`, which `published.csv` and `tables.toml` do not "
        "have. The names are: `full_time_of_all`."
    )


def test_an_unknown_key_of_study_toml(folder):
    path = folder / "study.toml"
    path.write_text("titel = 'x'\n" + path.read_text())
    assert refusal(StudyError, open_study, folder) == (
        "The study in `my-study` was asked for. Its `study.toml` has an unknown key `titel`. Write `title` instead."
    )


def test_names_of_new_studies(tmp_path, folder):
    assert refusal(StudyError, new_study, "My Study", tmp_path, 2026) == (
        "A new study `My Study` was asked for. A study is named with small letters, digits and single hyphens. "
        "Write for example `brazil-2023-survey`."
    )
    assert "exists already. Write another name, or edit that folder." in refusal(
        StudyError, new_study, "my-study", folder.parent, 2026
    )


def test_a_study_that_takes_no_data_says_so(folder, tmp_path):
    path = tmp_path / "their.csv"
    path.write_text("a\n1\n")
    assert refusal(OptionError, dl.reproduce, "my-study", studies=folder.parent, data=path) == (
        "The study `my-study` was asked for with the data `their.csv`. It does not take a file: its inputs are "
        "published figures or open data. Write `diplab reproduce my-study` without `--data`."
    )


# -- what a study takes and gives -------------------------------------------------------------------------------


def code(folder, text):
    (folder / "study.py").write_text(text, encoding="utf-8")


def rerun(folder, **options):
    return dl.reproduce("my-study", studies=folder.parent, **options)


def test_a_number_that_rests_on_something_else_than_declared_is_refused(folder):
    code(
        folder,
        "import diplab as dl\ndef results(inputs): return {'full_time_of_all': dl.Result.circular(28.4)}\n",
    )
    assert refusal(StudyError, rerun, folder) == (
        "The study `my-study` was rerun. Its `study.py` gives `full_time_of_all` as resting on inferred inputs, and "
        "the published number declares published figures. Correct the one that is wrong."
    )


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
            f"import diplab as dl\ndef results(inputs): return {{'share': dl.Result({value}, margin={margin})}}\n",
        )
        found = rerun(folder)
        assert found.as_expected is agrees
        assert found.frame["verdict"].tolist() == [expected[rests_on] if agrees else "differs"]


def test_an_expected_disagreement_that_vanishes_is_not_as_expected(folder):
    write(folder, {**GOOD, "expected": "differs"})
    code(folder, "def results(inputs): return {'share': 28.4}\n")
    assert not rerun(folder).as_expected


def test_an_assumption_may_be_changed_within_its_range(folder):
    found = rerun(folder, assumptions={"share_full_time": 0.5})
    row = found.frame.iloc[0]
    assert (row["reproduced"], row["as_declared"], row["verdict"]) == (20.0, pytest.approx(28.4), "differs")
    assert found.assumptions == {"share_full_time": (0.71, 0.5)}
    assert found.as_expected  # not judged
    assert refusal(OptionError, rerun, folder, assumptions={"share_full_time": 1}) == (
        "The study `my-study` was asked for with `share_full_time=1`. Its range is from 0.4 to 0.9 (to be replaced). "
        "Write a number within it."
    )
    assert refusal(OptionError, rerun, folder, assumptions={"share_ful_time": 0.5}) == (
        "The study `my-study` was asked for with `share_ful_time=0.5`. It declares 1 assumptions and not that one. "
        "Did you mean `share_full_time`?"
    )


def test_an_assumption_that_is_not_declared_is_refused_when_it_is_read(folder):
    code(folder, "def results(inputs): return {'full_time_of_all': inputs.assumption('full_time')}\n")
    assert refusal(StudyError, rerun, folder) == (
        "The study `my-study` asked for the assumption `full_time`. Its `study.toml` does not declare it. Write "
        "`[assumptions.full_time]` with value, low, high, label and source (it declares `share_full_time`)."
    )


def test_an_assumption_outside_its_own_range_is_refused(folder):
    path = folder / "study.toml"
    path.write_text(path.read_text().replace("value = 0.71", "value = 0.95"))
    assert refusal(StudyError, open_study, folder) == (
        "The study in `my-study` was asked for. `[assumptions.share_full_time]` declares 0.95, outside its range from "
        "0.4 to 0.9. Write a range that holds the declared value."
    )


def test_a_study_reads_a_file_of_its_own_and_is_not_run_without_it(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path / "copies"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = folder / "study.toml"
    path.write_text(path.read_text() + '\n[files.answers]\npath = "data/answers.csv"\n')
    code(
        folder,
        "def results(inputs): return {'full_time_of_all': inputs.read('answers').frame['share'].mean()}\n",
    )
    absent = rerun(folder)
    assert not absent.ran
    assert set(absent.frame["verdict"]) == {"not run"}
    assert absent.why_not.en == (
        "the file answers is not here (data/answers.csv: no such file): it is read in the folder that the variable "
        "DIPLAB_DATA names, as my-study/data/answers.csv"
    )
    for home in (tmp_path / "copies" / "my-study", folder):
        (home / "data").mkdir(parents=True)
        (home / "data" / "answers.csv").write_text("share\n28.3\n28.5\n")
        assert rerun(folder).frame["verdict"].tolist() == ["our own"]
    assert refusal_of_a_file(folder) == (
        "The study `my-study` asked for the file `answer`. Its `study.toml` does not name it. Add it to `data`, or "
        "write `[files.<name>]` (its files: `answers`)."
    )


def refusal_of_a_file(folder):
    code(folder, "def results(inputs): return {'full_time_of_all': len(inputs.read('answer'))}\n")
    return refusal(StudyError, rerun, folder)


def test_a_study_may_stand_in_several_files(folder):
    (folder / "model.py").write_text("FULL_TIME = 28.4\n")
    code(
        folder, "from .model import FULL_TIME\ndef results(inputs): return {'full_time_of_all': FULL_TIME}\n"
    )
    assert rerun(folder).as_expected
    (folder / "model.py").write_text("FULL_TIME = 128.4\n")
    assert not rerun(folder).as_expected


def test_holders_need_a_codebook_that_names_the_columns(folder, tmp_path):
    path = folder / "study.toml"
    path.write_text("accepts_data = true\n" + path.read_text())
    theirs = tmp_path / "their.csv"
    theirs.write_text("a\n1\n")
    assert refusal(StudyError, rerun, folder, data=theirs) == (
        "The study `my-study` was asked for with the data `their.csv`. Its folder has no `codebook.toml`, so that "
        "nothing tells which columns it needs. Write one there: a section `[variables.NAME]` for each column that "
        "`study.py` reads."
    )


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
    path = rules(tmp_path, '[contract]\ncolumn = "Q12"\ncodes = { "1" = "permanent", "2" = "none" }\n')
    found = mapped(theirs(), WANTED, tmp_path / "their.sav", None)
    assert found.frame["contract"].tolist()[:2] == ["permanent", "none"]
    assert found.frame["contract"].isna().sum() == 1
    assert mapped(theirs(), WANTED, tmp_path / "other.sav", path).frame.equals(found.frame)


def test_a_code_that_is_not_listed_is_refused(tmp_path):
    rules(tmp_path, '[contract]\ncolumn = "Q12"\ncodes = { "1" = "permanent" }\n')
    assert refusal(StudyError, mapped, theirs(), WANTED, tmp_path / "their.sav", None) == (
        "The variable `contract` was mapped by `their.mapping.toml`. The data hold the code '2', which the mapping "
        'does not list. Add `"2" = ...` under `[contract]`.'
    )


def test_a_column_that_is_not_there(tmp_path):
    said = refusal(ColumnError, mapped, theirs(), WANTED, tmp_path / "their.sav", None)
    assert said.startswith(
        "The study asks for the variable `contract`, in the column `contract`. `their.sav` has 2 columns and not "
        "that one. Name its column in a mapping file, for example one of "
    )


def test_a_mapping_of_an_unknown_variable(tmp_path):
    rules(tmp_path, '[contrat]\ncolumn = "Q12"\n')
    assert refusal(StudyError, mapped, theirs(), WANTED, tmp_path / "their.sav", None) == (
        "The mapping `their.mapping.toml` names the variable `contrat`. The study has no such variable. "
        "Did you mean `contract`?"
    )


def test_every_codebook_of_a_study_can_be_read():
    from diplab.replication.registry import find_studies

    books = [path / "codebook.toml" for path in find_studies().values() if (path / "codebook.toml").is_file()]
    assert len(books) >= 2
    assert all(len(read_codebook(path)) > 0 for path in books)
