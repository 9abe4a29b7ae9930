"""Texts read by the setup files of SPSS, SAS and Stata, or files that one of them labels.

What PSPP and R made is recorded in `samples/setup_files`, with the script that made it; the other
setup files are written here, after the manuals of the programs and what archives deliver.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import MissingRange

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent / "samples" / "setup_files"


@pytest.fixture
def pair(tmp_path: Path) -> Callable[..., Microdata]:
    """Return a function that writes a text and its setup file, and reads them."""

    def made(
        text: str | bytes, setup: str, suffix: str, name: str = "d.dat", **options: Any
    ) -> Microdata:
        data, structure = tmp_path / name, tmp_path / f"setup{suffix}"
        data.write_bytes(text.encode() if isinstance(text, str) else text)
        structure.write_text(setup, encoding="utf-8")
        return read(data, structure=structure, **options)

    return made


def rows(data: Microdata) -> list[list[Any]]:
    """Return the rows of a frame, None where an answer is missing."""
    return data.frame.astype(object).where(data.frame.notna(), None).to_numpy().tolist()


def labels(data: Microdata, name: str) -> dict[Any, str]:
    return {code: words.en for code, words in data.codebook[name].values.items()}


def notices(data: Microdata) -> list[str]:
    return [each.en for each in data.codebook.origin.notices]


# --- against PSPP and R


@pytest.mark.parametrize("name", ["workers.dat", "orders.txt"])
def test_a_text_is_read_as_pspp_reads_it(name: str) -> None:
    ours = read(SAMPLES / name, structure=SAMPLES / Path(name).with_suffix(".sps"))
    theirs = read(SAMPLES / Path(name).with_suffix(".sav"))
    pd.testing.assert_frame_equal(ours.frame, theirs.frame)
    for column in theirs.frame:
        own, other = ours.codebook[column], theirs.codebook[column]
        assert (own.label, own.values, own.missing_ranges) == (
            other.label,
            other.values,
            other.missing_ranges,
        )
        assert own.measure in ("unknown", other.measure)
        if column == "q2":  # PSPP forgets the code that RECODE makes missing
            assert {**own.missing} == {**other.missing, 7: ""}
            assert ours.codebook.reasons[column] == {"refused": 1, "7": 1, "system": 1}
        else:
            assert own.missing == other.missing
            assert ours.codebook.reasons.get(column) == theirs.codebook.reasons.get(column)
            codes, known = ours.missing.get(column), theirs.missing.get(column)
            assert (codes is None) == (known is None)
            if codes is not None and known is not None:
                assert [codes.codes[at] for at in codes.places if at >= 0] == [
                    known.codes[at] for at in known.places if at >= 0
                ]


def test_measures_and_title_of_an_spss_syntax() -> None:
    codebook = read(SAMPLES / "workers.dat", structure=SAMPLES / "workers.sps").codebook
    measures = [codebook[name].measure for name in ("id", "age", "pay", "q1", "rules")]
    assert measures == ["unknown", "scale", "scale", "nominal", "nominal"]
    assert codebook.title.en == "Workers of platforms"
    assert codebook.origin.reader == "fixed columns, SPSS setup file `workers.sps`, cp1252"


@pytest.mark.parametrize("suffix", ["sps", "sas", "do"])
def test_what_r_writes_for_three_programs(suffix: str) -> None:
    data = read(SAMPLES / f"r_{suffix}.txt", structure=SAMPLES / f"r.{suffix}")
    sexes = (
        ["F", "M", None, "F", "M"] if suffix == "do" else [1, 2, None, 1, 2]
    )  # Stata would number the words itself
    towns, hours = ["Lyon", "Nantes", None, "Tours", "Pau"], [35, 7.5, None, 40, 12.25]
    assert rows(data) == [list(row) for row in zip(range(1, 6), sexes, hours, towns, strict=True)]
    assert labels(data, "sex") == ({} if suffix == "do" else {1: "F", 2: "M"})
    assert notices(data) == []


@pytest.mark.parametrize("suffix", ["sps", "sas", "dct", "do"])
def test_the_setup_files_of_icpsr_say_the_same(suffix: str) -> None:
    # written by hand as ICPSR generates them, comments included; the .dct and the .do are read
    # together
    data = read(SAMPLES / "icpsr.txt", structure=SAMPLES / f"icpsr.{suffix}", private="keep")
    assert rows(data) == [[1, "Paris", 12, None], [2, "Lyon", None, 1], [3, "Pau", None, 2]]
    assert [data.codebook[name].label.en for name in ("V1", "V2")] == ["ID", "Town name"]
    assert labels(data, "V4") == {1: "(1) Yes", 2: "(2) No"}
    assert data.codebook.reasons["V3"] == {"(98) Don't know": 1, "(99) Refused": 1}
    assert data.codebook["V4"].missing == {9: "(9) NA"}
    assert notices(data) == []


# --- SPSS


def test_commands_of_spss_that_are_hard_to_divide(pair: Any) -> None:
    setup = """\ufeff* It's a comment
 that goes on; "even so.
COMMENT another one.
DATA LIST FIXED FILE=handle /1 A 1 B 2 (A) /* it's the rest of a line
  /2 C 1-3 (1).
variable labels a 'with a full stop.' /b
 "l'âge"
VALUE LABELS a 1 'x.' 2 "y"
.
ADD VALUE LABELS A 3 'z'.
BEGIN DATA
9'9
END DATA.
MISSING VALUES c (LO THRU 0, 99.9) b ('?').
FREQUENCIES VARIABLES=a.
COMPUTE d = a * 2.
IF (a = 3 OR a >= 8) a = $SYSMIS.
"""
    data = pair("1x\n123\n3?\n999\n8y\n -1\n", setup, ".sps")
    assert list(data.frame) == ["A", "B", "C"]
    assert rows(data) == [[1, "x", 12.3], [None, None, None], [None, "y", None]]
    assert data.codebook["A"].label.en == "with a full stop."
    assert data.codebook["B"].label.en == "l'âge"
    assert labels(data, "A") == {1: "x.", 2: "y"}
    assert data.codebook["A"].missing == {3: "z"}
    assert data.codebook["C"].missing_ranges == (MissingRange(-np.inf, 0),)
    assert notices(data) == [
        "Statements of `setup.sps` that were not followed (1): line 16 (`COMPUTE`)."
    ]


def test_fields_that_overlap_and_names_that_are_numbered(pair: Any) -> None:
    data = pair(
        "0712\r\n0834\r\n",
        "DATA LIST /dep 1-2 (A) whole 1-4 q01 to q04 1-4.\r\nEXECUTE.\r\n",
        ".sps",
    )
    assert rows(data) == [["07", 712, 0, 7, 1, 2], ["08", 834, 0, 8, 3, 4]]


def test_free_fields_of_spss(pair: Any) -> None:
    # runs of blanks, or a comma, are between fields; a mark that is named may also end a line
    data = pair('1 2.5 "Le Mans"\n2, 3  Pau\n', "DATA LIST FREE / id * x (F8.2) t (A10).", ".sps")
    assert rows(data) == [[1, 2.5, "Le Mans"], [2, 3, "Pau"]]
    listed = pair("1\t5\t\n2\t\t\n", "DATA LIST LIST (TAB) / id x.", ".sps")
    assert rows(listed) == [[1, 5], [2, None]]
    marks = pair("7;1|Lyon\n", "DATA LIST LIST (\";\", '|') / id x * t (A9).", ".sps")
    assert rows(marks) == [[7, 1, "Lyon"]]


def test_labels_only_over_a_file_with_its_own_header(tmp_path: Path) -> None:
    # as formpack writes them for KoboToolbox: quoted codes, `\n` in labels, pieces that `+` joins,
    # CRLF
    setup = tmp_path / "labels.sps"
    setup.write_text(
        "VARIABLE LABELS\r\n Job 'Quel m' + 'étier\\n?'\r\n /hours 'Hours'\r\n /absent 'x'\r\n "
        ".\r\n"
        "VALUE LABELS\r\n job\r\n 'rider' 'Livreur'\r\n 'other' 'Autre'\r\n .\r\n"
        "MISSING VALUES HOURS (99).\r\nVALUE LABELS hours 99 'refused'.\r\n",
        encoding="utf-8",
    )
    frame = pd.DataFrame({"job": ["rider", "other"], "hours": [35.0, 99.0]})
    frame.to_csv(tmp_path / "kobo.csv", index=False)
    pyreadstat.write_sav(frame, tmp_path / "kobo.sav")
    for name in ("kobo.csv", "kobo.sav"):
        data = read(tmp_path / name, structure=setup)
        assert data.codebook["job"].label.en == "Quel métier ?"
        assert labels(data, "job") == {"rider": "Livreur", "other": "Autre"}
        assert rows(data) == [["rider", 35], ["other", None]]
        assert data.codebook.reasons["hours"] == {"refused": 1}
        assert notices(data) == ["Variables that are described and not in the data: `absent`."]
        assert data.codebook.origin.reader.endswith(", labels of the SPSS setup file `labels.sps`")


# --- SAS

SAS = """/* it's Quetelet's */
* nor does it's run;
libname x 'c:\\data';
proc format library=work;
 value agef 0-17='minor' 18-high='adult' .a='refused' other='?';
 value $sexf 'M'='man' 'F'="woman";
 value yn 1,3='yes' 2='no' .r="refused";
run;
data x(drop=y); infile "c:\\data\\S.DAT" lrecl=80 missover firstobs=2;
 missing A R;
 input @1 id $3. @4 age 2. +1 sex $1. (q1-q3) (1.) w 4.1
   town $ 15-20 n 21-24 .2 / day date9.;
 label id='Identifier' age="Age 'years'" q1 = 'One';
 format age agef. sex $sexf. q1-q3 yn. w 8.1 day date9.;
 if q1 in (8,9) then q1=.;
 if q2 = 9 or q2 = 8 then q2 = .R;
 if (q3 >= 8) then q3 = .;
 if sex='X' then sex=' ';
 w = w / 10;
 y = q1 + q2;
run;
proc freq data=x; tables age; run;
"""
SAS_DATA = "header\n00118 M123 123 Paris0123\n05JAN2026\nA02 A F892  55 Lyon 1.25\n\n003 9 X998     Pau\n31dec1999\n"


def test_a_sas_program(pair: Any) -> None:
    data = pair(SAS_DATA, SAS, ".sas", "s.dat")
    assert list(data.frame) == ["id", "age", "sex", "q1", "q2", "q3", "w", "town", "n", "day"]
    frame = data.frame.assign(day=data.frame["day"].map(str))
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["001", 18, "M", 1, 2, 3, 1.23, "Paris", 1.23, "2026-01-05"],
        ["A02", None, "F", None, None, 2, 0.55, "Lyon", 1.25, "nan"],
        ["003", 9, None, None, None, None, None, "Pau", None, "1999-12-31"],
    ]
    codebook = data.codebook
    assert (codebook["age"].label.en, codebook["age"].missing) == ("Age 'years'", {".A": "refused"})
    assert labels(data, "q1") == {1: "yes", 3: "yes", 2: "no"}
    assert labels(data, "sex") == {"M": "man", "F": "woman"}
    assert codebook.reasons["q2"] == {"refused": 2}
    assert codebook.reasons["q3"] == {"8 to inf": 1}
    assert notices(data) == [
        "Statements of `setup.sas` that were not followed (1): line 20.",
        (
            "Labels of ranges, which belong to no code, left out: `age` (0-17 = minor, 18-high = "
            "adult, other = ?)."
        ),
        "Lines that end before the last column described (what is absent is empty): 2.",
    ]


def test_a_list_of_sas_with_the_informats_that_it_writes(pair: Any) -> None:
    setup = """data WORK.X; %let _EFIERR_ = 0;
infile 'x.csv' delimiter='3B'x MISSOVER DSD lrecl=32767 firstobs=2;
informat a $5.; informat b best32.; informat c yymmdd10.; format b best12.;
input a $ b c; if _ERROR_ then call symputx('_EFIERR_',1); run;"""
    data = pair('a;b;c\n"x;y";3.5;2026-01-05\nz;;\n', setup, ".sas", "x.csv")
    assert rows(data)[0][:2] == ["x;y", 3.5]
    assert str(data.frame["c"][0]) == "2026-01-05"
    assert rows(data)[1] == ["z", None, None]
    blanks = pair("1  2\n3 4\n", "data a; infile 'd.dat'; length z $3; input y z; run;", ".sas")
    assert rows(blanks) == [[1, "2"], [3, "4"]]


# --- Stata

IPUMS = """* NOTE: don't forget
set more off
/* it's
   long */
clear
quietly infix              ///
  int     country  1-3     ///
  int     year     4-7     ///
  double  weight   8-13    ///
  str     name     14-19   ///
  using `"extract.dat"'
replace weight = weight / 100
format weight %8.2f
label var country `"Country "code""'
lab var year "Year" // of the survey
label define country_lbl 032 `"Argentina"'
label define country_lbl 051 `"Armenia"', add
label define country_lbl .a "refused", modify
label values country country_lbl
replace country = .a if country==999 | country == 998
mvdecode year, mv(9999 9998=.b \\ 1/3)
recode year (9997=.)
gen z = 3
#delimit ;
label var name
   "Name";
#delimit cr
rename name first
save x, replace
"""
DICTIONARY = """infile dictionary using p.dat {
  * it's a comment
   _lrecl(20)  _lines(2)
   _column(1) int V1  %3f "Id"
   _column(4) byte q:ql %1f "Q"
   _column(5) double w %4.2f
   str5 n %5s "Name"
   _newline
   byte z %1f
}
"""


def test_a_do_file_with_infix_as_ipums_writes_it(pair: Any) -> None:
    data = pair("0322001001234Jose  \n0519999000001Zoe   \n9990002  12.5M\n", IPUMS, ".do")
    assert rows(data) == [
        [32, 2001, 12.34, "Jose"],
        [51, None, 0.01, "Zoe"],
        [None, None, 0.125, "M"],
    ]
    assert list(data.frame) == ["country", "year", "weight", "first"]
    assert data.codebook["country"].label.en == 'Country "code"'
    assert data.codebook["first"].label.en == "Name"
    assert labels(data, "country") == {32: "Argentina", 51: "Armenia"}
    assert data.codebook.reasons["country"] == {"refused": 1}
    assert data.codebook.reasons["year"] == {".b": 1, "1 to 3": 1}
    assert notices(data) == [
        "`setup.do` describes a file `extract.dat`; that of the call was read.",
        "Statements of `setup.do` that were not followed (1): line 23 (`gen`).",
        "Lines that end before the last column described (what is absent is empty): 1.",
        (
            "May identify people: `first`. See `data.identifiers()`; `data.pseudonymise` "
            "replaces them "
            '(`private="keep"` silences this notice).'
        ),
    ]


def test_a_dictionary_and_the_do_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "p.dct").write_text(DICTIONARY, encoding="utf-8")
    (tmp_path / "p.do").write_text(
        'infile using p, clear\nlabel define ql 1 "yes" 2 "no"\n', encoding="utf-8"
    )
    (tmp_path / "p.dat").write_text("00111234Paul \n7\n0022 050Anne \n.\n", encoding="utf-8")
    for suffix in (".dct", ".do"):
        data = read(tmp_path / "p.dat", structure=tmp_path / f"p{suffix}")
        assert rows(data) == [[1, 1, 12.34, "Paul", 7], [2, 2, 0.5, "Anne", None]]
        assert labels(data, "q") == {1: "yes", 2: "no"}
        assert data.codebook["n"].label.en == "Name"
    (tmp_path / "p.dct").write_text(
        "infix dictionary {\n 2 lines\n 1:\n  V1 1-3\n  str n 9-13\n  z 2:1-1\n}\n",
        encoding="utf-8",
    )
    assert rows(read(tmp_path / "p.dat", structure=tmp_path / "p.dct")) == [
        [1, "Paul", 7],
        [2, "Anne", None],
    ]


# --- the text


def test_columns_are_counted_in_bytes_or_in_characters(pair: Any) -> None:
    # lines of one length in bytes, or in characters: that is what the columns count
    spss, stata = "DATA LIST /t 1-5 (A) n 6.", "infix str t 1-5 n 6 using d.dat\n"
    for setup, suffix in ((spss, ".sps"), (stata, ".do")):
        for text in ("Évry 1\nParis2\n", "Évry1\nParis2\n"):
            assert rows(pair(text, setup, suffix)) == [["Évry", 1], ["Paris", 2]]
    assert rows(pair("Évry 1\nParis2\n".encode("cp1252"), spss, ".sps")) == [
        ["Évry", 1],
        ["Paris", 2],
    ]
    # of one length in neither, in bytes, as PSPP 2.0.1 reads it; and a last line that is blank
    # belongs to its case
    uneven = pair("Évry1\nParis2 x\n", spss, ".sps")
    assert rows(uneven) == [["Évry", 1], ["Paris", 2]]
    assert notices(uneven)[0].startswith("Lines of unequal length: columns are counted in bytes")
    assert rows(pair("1\na\n2\n\n\n", "DATA LIST RECORDS=2 /1 n 1 /2 t 1 (A).", ".sps")) == [
        [1, "a"],
        [2, None],
    ]


def test_cells_that_are_no_numbers(pair: Any) -> None:
    data = pair("1  12,5\n2X  3,1\n3      \n", "DATA LIST /id 1 bad 2 comma 3-7.", ".sps")
    assert rows(data) == [[1, None, 12.5], [2, "X", 3.1], [3, None, None]]
    # of a column of which every answer is a word, words remain
    assert notices(data) == [
        "Described as numbers, they hold words and stay words: `bad`.",
        "Numbers read with a decimal comma: `comma`.",
    ]
    data = pair("1 1\n2 X\n3 2\n4 1\n", "DATA LIST /id 1 q 3.", ".sps")
    assert rows(data) == [[1, 1], [2, None], [3, 2], [4, 1]]
    assert (data.codebook.reasons["q"], data.codebook["q"].missing) == ({"X": 1}, {"X": ""})
    assert notices(data) == [
        "Cells that are not numbers, counted as missing under their own code: `q` (1)."
    ]


def test_what_is_not_followed_is_named_with_its_line(pair: Any) -> None:
    # a name that another column has, a code that stays an answer, a second layout
    setup = """DATA LIST /a 1 b 2.
RENAME VARIABLES (b = A).
RECODE a (1=5).
IF (a = 1 AND b = 2) a = $SYSMIS.
DATA LIST /c 1.
"""
    data = pair("12\n", setup, ".sps")
    assert data.frame.to_dict("records") == [{"a": 1, "b": 2}]
    assert ", ".join(notices(data)) == (
        "Statements of `setup.sps` that were not followed (4): line 2 (`RENAME`), 3 (`RECODE`), 4 "
        "(`IF`), 5 (`DATA`)."
    )


NLS = """infile dictionary {
 id "ID"
 str20 nom "Nom"
 revenu "Revenu"
}
0 DUPONT 1000
1 MARTIN 1001
2 BENALI 1002
"""


def test_the_data_below_a_dictionary_are_data(tmp_path: Path) -> None:
    # as NLS Investigator delivers them: they are not statements, which a notice would quote
    (tmp_path / "nls.dct").write_text(NLS, encoding="utf-8")
    (tmp_path / "nls.dat").write_text(NLS.partition("}\n")[2], encoding="utf-8")
    expected = [[0, "DUPONT", 1000], [1, "MARTIN", 1001], [2, "BENALI", 1002]]
    for name, options in (("nls.dat", {"structure": tmp_path / "nls.dct"}), ("nls.dct", {})):
        data = read(tmp_path / name, private="keep", **options)
        assert (rows(data), notices(data)) == (expected, [])
    (tmp_path / "nls.dct").write_text(NLS.partition("0 DUPONT")[0], encoding="utf-8")
    with pytest.raises(LoadError, match="without answers"):
        read(tmp_path / "nls.dct")


@pytest.mark.parametrize(
    ("setup", "suffix", "lines"),
    [
        (
            (
                "input id 1-2 nom $ 3-9 pay 10-14;\nif nom='DUPONT' then pay=5;\nif nom='DUPONT' then "
                "nom=' ';\n"
            ),
            ".sas",
            2,
        ),
        (
            "DATA LIST /id 1-2 nom 3-9 (A) pay 10-14.\nIF (nom='DUPONT') pay=5.\nDUPONT = 3.\n",
            ".sps",
            2,
        ),
        (
            (
                "infix id 1-2 str nom 3-9 pay 10-14 using d.dat\nreplace pay = 5 if nom == "
                '"DUPONT"\nDUPONT 1\n'
            ),
            ".do",
            2,
        ),
    ],
)
def test_no_notice_quotes_what_may_be_an_answer(
    pair: Any, setup: str, suffix: str, lines: int
) -> None:
    data = pair(" 0DUPONT 1000\n 1MARTIN 1001\n 2BENALI   -1\n", setup, suffix, private="keep")
    assert f"not followed ({lines})" in notices(data)[0]
    assert "DUPONT" not in repr(data.codebook)
    assert "DUPONT" not in str(vars(data.codebook))


def test_a_word_among_numbers_is_no_code_of_the_codebook(pair: Any) -> None:
    data = pair("1  12\n2  34\n3  AB\n4  56\n5 zz9\n", "DATA LIST /id 1 pay 3-5.", ".sps")
    assert rows(data)[4] == [5, "zz9"]
    assert notices(data) == ["Described as numbers, they hold words and stay words: `pay`."]
    assert data.codebook["pay"].missing == {}


ICPSR = {
    ".sas": (
        "/* how it is done:\n | IF (RELATION = 98) THEN RELATION = .;\n*/\ninput ID 1 V5 2 V6 "
        "3-4;\n"
        "* USER-DEFINED MISSING VALUES RECODE TO SAS SYSMIS;\n/* They\n   IF (V5 = 9) THEN V5 = "
        ".;\n"
        "   IF (V6 >= 97 AND V6 <= 99) THEN V6 = .;\n*/\n"
    ),
    ".do": (
        "infix ID 1 V5 2 V6 3-4 using d.dat\n\n\n\n\n/* MISSING VALUES\nreplace V5 = . if (V5 == "
        "9)\n"
        "replace V6 = . if (V6 >= 97 & V6 <= 99)\n*/\n"
    ),
    ".sps": "DATA LIST /ID 1 V5 2 V6 3-4.\n\n\n\n\n\n* MISSING VALUES V5 (9) V6 (97 THRU 99).\n",
}


@pytest.mark.parametrize("suffix", list(ICPSR))
def test_recodes_in_comments_are_told_and_followed_on_demand(pair: Any, suffix: str) -> None:
    text = "1912\n2199\n3298\n4340\n"
    data = pair(text, ICPSR[suffix], suffix, name="d.dat")
    assert rows(data) == [[1, 9, 12], [2, 1, 99], [3, 2, 98], [4, 3, 40]]
    assert " ".join(notices(data)) == (
        f"Codes are made missing in a comment of `setup{suffix}` (line 7) and stay answers "
        "(`recodes_in_comments=True` declares them missing): `V5`, `V6`."
    )
    found = data.check().frame
    assert found[found["kind"] == "commented_code"][["variables", "rows"]].to_numpy().tolist() == [
        ["V5", 1],
        ["V6", 2],
    ]
    followed = pair(text, ICPSR[suffix], suffix, name="d.dat", recodes_in_comments=True)
    assert rows(followed) == [[1, None, 12], [2, 1, None], [3, 2, None], [4, 3, 40]]
    assert notices(followed) == []
    assert followed.codebook["V5"].missing == {9: ""}
    assert "commented_code" not in set(followed.check().frame["kind"])


def test_recodes_in_comments_of_a_file_that_is_labelled(tmp_path: Path) -> None:
    pd.DataFrame({"V5": [9.0, 1.0]}).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "a.sas").write_text(
        "label v5='Sex';\n/*\n IF (V5 = 9) THEN V5 = .;\n*/\n", encoding="utf-8"
    )
    data = read(tmp_path / "a.csv", structure=tmp_path / "a.sas")
    assert notices(data)[0].startswith("Codes are made missing in a comment of `a.sas` (line 3)")
    assert data.codebook["V5"].commented == (9,)
    followed = read(tmp_path / "a.csv", structure=tmp_path / "a.sas", recodes_in_comments=True)
    assert rows(followed) == [[None], [1]]


def test_recodes_over_an_array_of_sas(pair: Any) -> None:
    # as NLS Investigator writes them
    setup = (
        "input id 1 town $ 2 pay 3-6;\narray nvarlist _numeric_;\ndo over nvarlist;\n"
        "if nvarlist = -1 then nvarlist = .R;\nend;\n"
    )
    data = pair("1A  -1\n2B1200\n", setup, ".sas")
    assert rows(data) == [[1, "A", None], [2, "B", 1200]]
    assert (data.codebook.reasons["pay"], notices(data)) == ({".R": 1}, [])


def test_columns_and_rows_of_the_call(pair: Any) -> None:
    data = pair("11\n22\n33\n", "DATA LIST /a 1 b 2.", ".sps", columns=["b"], rows=range(1, 3))
    assert (list(data.frame), rows(data)) == (["b"], [[2], [3]])


def test_texts_and_setup_files_that_are_refused(pair: Any, refused: Any, tmp_path: Path) -> None:
    spss = "DATA LIST /id 1-3 sex 4.\n"
    refused(lambda: pair("0011\n0022\n00", spss, ".sps"), LoadError)  # cut
    refused(
        lambda: pair("1\n2\n", "DATA LIST /a 1 b 2 c 3 d 4.", ".sps"), LoadError
    )  # most columns beyond the end
    refused(lambda: pair("1\n2\n3\n", "DATA LIST RECORDS=2 /a 1.", ".sps"), LoadError)
    refused(lambda: pair("1 2 3\n", "DATA LIST FREE /a b.", ".sps"), LoadError)
    refused(
        lambda: pair("1 2\n3\n", "DATA LIST FREE /a b.", ".sps"), LoadError
    )  # a case on two lines
    refused(lambda: pair("1,2,3\n", 'DATA LIST LIST (",") /a b.', ".sps"), LoadError)
    refused(lambda: pair("1\n", "\n\nDATA LIST /a 1 (PIB).", ".sps"), LoadError)
    refused(lambda: pair("1\n", "%readit;\nlabel a='x';\n", ".sas"), LoadError)
    refused(lambda: pair("1\n", "run;\n", ".sas"), LoadError)
    refused(lambda: pair("1\n", "data a;\ninput &list;\nrun;", ".sas"), LoadError)
    refused(lambda: pair("1\n", "infile using other.dct, clear\n", ".do"), LoadError)
    refused(lambda: pair("1\n", "infile dictionary {\n a %1f\n", ".dct"), LoadError)
    refused(lambda: pair("a\n1\n", "VARIABLE LABELS b 'x'.", ".sps", "d.csv"), LoadError)
    refused(lambda: read(tmp_path / "setup.sas"), LoadError)
    (tmp_path / "d.raw").write_text("1\n", encoding="utf-8")
    refused(lambda: read(tmp_path / "d.raw"), LoadError)


def test_damaged_setup_files_end_at_once(tmp_path: Path) -> None:
    random = np.random.default_rng(20261129)
    setups = {
        name: (SAMPLES / name).read_bytes() for name in ("workers.sps", "orders.sps", "r.sps")
    }
    setups |= {"s.sas": SAS.encode(), "i.do": IPUMS.encode(), "p.dct": DICTIONARY.encode()}
    data = tmp_path / "d.dat"
    data.write_bytes((SAMPLES / "workers.dat").read_bytes())
    marks = [
        b"'",
        b'"',
        b"(",
        b")",
        b"/*",
        b"*",
        b";",
        b".\n",
        b"-",
        b" TO " * 500,
        b"\\",
        b"9" * 400,
        b"\xe9",
        b"{",
    ]
    begun = time.process_time()
    for number in range(240):
        name = list(setups)[number % len(setups)]
        content = bytearray(setups[name])
        for _ in range(int(random.integers(1, 4))):
            at, to = sorted(random.integers(len(content), size=2).tolist())
            match int(random.integers(4)):
                case 0:
                    del content[at : min(to, at + 40)]
                case 1:
                    content[at:at] = content[to : to + 60]
                case 2:
                    content[at : at + 1] = marks[int(random.integers(len(marks)))]
                case _:
                    del content[max(to, 1) :]
        (tmp_path / name).write_bytes(bytes(content) or b" ")
        try:
            assert isinstance(read(data, structure=tmp_path / name), Microdata)
        except LoadError:
            continue
    assert time.process_time() - begun < 60
