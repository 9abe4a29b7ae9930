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
    "status": "published", "tolerance": "0.5", "threshold": "", "expected": "as published", "reason_fr": "",
    "reason_en": "",
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
        ["full_time_of_all", 28.4, "as published"]
    ]
    assert found.as_expected


def test_a_published_number_is_read_with_its_printed_digits(folder):
    (row,) = read_published(write(folder, {**GOOD, "value": "28.40"}))
    assert (row.value, row.decimals, row.base.fr, row.threshold_stated) == (28.4, 2, "tous", True)


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


def test_a_number_that_is_not_one(folder):
    said = refusal(StudyError, read_published, write(folder, {**GOOD, "value": "28,4"}))
    assert said == (
        "The published number `share` of `my-study` was asked for. could not convert string to float: '28,4' in "
        "`published.csv`. Write numbers with a decimal point."
    )


def test_an_unknown_study_is_refused_with_the_nearest():
    said = refusal(StudyError, dl.reproduce, "france-2018-survy")
    assert said.startswith("The study `france-2018-survy` was asked for. ")
    assert "and not that one. Write one of the nearest: `france-2018-survey`" in said


def test_a_study_must_answer_its_keys(folder):
    write(folder, GOOD)
    said = refusal(StudyError, dl.reproduce, "my-study", studies=folder.parent)
    assert said == (
        "The study `my-study` was rerun. Its `study.py` gives nothing for the published number `share`. "
        "Return a Result for it (its keys are near: `full_time_of_all`)."
    )


def test_a_study_may_not_invent_keys(folder):
    path = folder / "study.py"
    path.write_text(path.read_text().replace('{"full', '{"other": arithmetic(1, base="a"), "full'))
    said = refusal(StudyError, dl.reproduce, "my-study", studies=folder.parent)
    assert said == (
        "The study `my-study` was rerun. Its `study.py` gives `other`, which `published.csv` does not have. "
        "Write one of the nearest: `full_time_of_all`."
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
        "Write one of the nearest: `contract`."
    )


def test_every_codebook_of_a_study_can_be_read():
    from diplab.replication.registry import find_studies

    books = [path / "codebook.toml" for path in find_studies().values() if (path / "codebook.toml").is_file()]
    assert len(books) >= 2
    assert all(len(read_codebook(path)) > 0 for path in books)
