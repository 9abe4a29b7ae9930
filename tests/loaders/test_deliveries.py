"""Files as those who publish them deliver them: tables of R, archives with their dictionaries, compressed texts."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import LoadError
from tests.loaders.factories import notices, workbook

# -- tables of R ------------------------------------------------------------------------------------------------

# as R 4.5.0 writes them: `write.table(data.frame(town, pay))`, then with `sep=`, `quote=FALSE`,
# `row.names=FALSE`
TABLES_OF_R = {
    "a.tab": '"town" "pay"\n"1" "Le \\"Mans\\"" 1.5\n"3" "Lyon" NA\n',
    "a.txt": '"town" "pay"\n"1" "Le \\"Mans\\"" 1.5\n"3" "Lyon" NA\n',
    "b.csv": '"town";"pay"\n"1";"Le ""Mans""";1,5\n"3";"Lyon";NA\n',
    "c.tsv": 'town\tpay\n1\t"Le ""Mans"""\t1.5\n2\tLyon\tNA\n',
    "d.csv": 'town,pay\nu,"Le ""Mans""",1.5\nv,Lyon,NA\n',
}


@pytest.mark.parametrize("name", TABLES_OF_R)
def test_the_names_of_rows_that_r_writes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TABLES_OF_R[name])
    data = dl.read(tmp_path / name)
    assert list(data.frame) == ["row.names", "town", "pay"]
    assert data.frame["town"].tolist() == ['Le "Mans"', "Lyon"]
    assert data.frame["pay"].fillna(-1).tolist() == [1.5, -1]
    assert notices(data) == ["The names of the rows are the column `row.names`."]


@pytest.mark.parametrize("mark", [" ", ",", ";", "\t"])
def test_na_without_quotation_marks_is_no_answer_in_tables_of_r(tmp_path: Path, mark: str) -> None:
    rows = ['"a" "town" "b"', '"1" 1 "NA" NA', '"2" NA NA 2.5', '"3" 4 "Le NA, \\"NA\\"" 3']
    if mark != " ":  # as write.csv writes
        rows[0], rows[3] = f'"" {rows[0]}', '"3" 4 "Le NA, ""NA""" 3'
    text = "\n".join(mark.join(re.findall(r'"(?:\\.|""|[^"])*"|[^ ]+', row)) for row in rows)
    (tmp_path / "a.csv").write_text(text + "\n")
    frame = dl.read(tmp_path / "a.csv").frame
    assert frame["town"].fillna("").tolist() == ["NA", "", 'Le NA, "NA"']  # Namibia, and no answer
    assert frame[["a", "b"]].fillna(-1).to_numpy().tolist() == [[1, -1], [-1, 2.5], [4, 3]]


def test_na_stays_a_word_where_words_have_no_quotation_marks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"n","land"\n1,NA\n2,FR\n')
    assert dl.read(tmp_path / "a.csv").frame["land"].tolist() == ["NA", "FR"]


def test_a_single_column_with_names_of_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('"pay"\n"1" 5\n"2" 7\n')
    data = dl.read(tmp_path / "a.txt")
    assert data.frame.to_dict("list") == {"row.names": [1, 2], "pay": [5, 7]}
    assert len(notices(data)) == 1


def test_fields_between_blanks_as_r_writes_them(tmp_path: Path) -> None:
    for name in ("race.tab", "race.txt", "race.csv"):
        (tmp_path / name).write_text('"y" "home town"\n3 "Le Mans"\n2 "Lyon"\n')
        assert dl.read(tmp_path / name).frame.to_dict("list") == {
            "y": [3, 2],
            "home town": ["Le Mans", "Lyon"],
        }


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,5,3\n2,7,4\n", "a;b\n1;2;\n2;3;\n", "a;b\nu;1;2\nu;1;3\n", "a;b\nu;1;2\nv;1\n"],
    ids=["decimal commas", "ends of lines", "no name twice", "cut"],
)
def test_a_header_one_short_that_is_no_table_of_r_is_refused(
    tmp_path: Path, text: str, refused: Any
) -> None:
    (tmp_path / "a.csv").write_text(text)
    refused(partial(dl.read, tmp_path / "a.csv"), LoadError)


# -- archives with their dictionaries ---------------------------------------------------------------------------

FD = "SEXE;CSE;DIP;AGED\n1;12;3;31\n2; ;;45\n2;21;9;52\n"
# as INSEE writes them: headings of detailed files, of the Labour Force Survey, of tables of Melodi
VARMOD = (
    "COD_VAR;LIB_VAR;LIB_VAR_LONG;COD_MOD;LIB_MOD;TYPE_VAR;LONG_VAR\n"
    "SEXE;Sexe;Sexe de la personne;1;Homme;CHAR;1\nSEXE;Sexe;Sexe de la personne;2;Femme;CHAR;1\n"
    "CSE;CS;CS de la personne; ;Sans objet;CHAR;2\nCSE;CS;CS de la personne;12;Artisans;CHAR;2\n"
    "CSE;CS;CS de la personne;21;Commerçants;CHAR;2\n"
    "DIP;Diplôme;Diplôme;;Non "
    "renseigné;CHAR;1\nDIP;Diplôme;Diplôme;3;Bac;CHAR;1\nDIP;Diplôme;Diplôme;9;Aucun;CHAR;1\n"
    "AGED;Âge;Âge détaillé;;;NUM;3\n"
)
FRENCH = (
    "Variable;Libellé de la variable;Libellé long;Modalité;Libellé de la modalité\n"
    "SEXE;Sexe;Sexe de la personne;1;Homme\n;;;2;Femme\nCSE;CS;CS de la personne; ;Sans "
    "objet\n;;;12;Artisans\n"
    ";;;21;Commerçants\nDIP;Diplôme;Diplôme;;Non renseigné\n;;;3;Bac\n;;;9;Aucun\nAGED;Âge;Âge "
    "détaillé;;\n"
)
TWICE = FRENCH.replace(
    "Libellé de la variable;Libellé long;Modalité;Libellé de la modalité",
    "Libellé;Long;Code;Libellé",
)
BARE = "VARIABLE;LIBELLE_VARIABLE;LIBELLE_LONG;MODALITE;LIBELLE\n" + FRENCH.partition("\n")[2]


def zipped(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def check_described(data: dl.Microdata) -> None:
    book = data.codebook
    assert data.frame["SEXE"].tolist() == [1, 2, 2]
    assert {name: each.values for name, each in book.variables.items()} == {
        "SEXE": {1: dl.Text.same("Homme"), 2: dl.Text.same("Femme")},
        "CSE": {12: dl.Text.same("Artisans"), 21: dl.Text.same("Commerçants")},
        "DIP": {3: dl.Text.same("Bac"), 9: dl.Text.same("Aucun")},
        "AGED": {},
    }
    assert book.reasons == {"CSE": {"Sans objet": 1}, "DIP": {"Non renseigné": 1}}
    assert [book[name].label.fr for name in book] == ["Sexe", "CS", "Diplôme", "Âge"]
    assert data.missing("DIP").frame[["category", "count"]].values.tolist() == [
        ["answered", 2],
        ["Non renseigné", 1],
    ]


@pytest.mark.parametrize(
    "dictionary", [VARMOD, FRENCH, TWICE, BARE], ids=["varmod", "french", "twice", "bare"]
)
@pytest.mark.parametrize("name", ["Varmod_x", "meta_x", "x_metadata", "documentation"])
def test_a_zip_of_insee_is_read_with_its_dictionary(
    tmp_path: Path, dictionary: str, name: str
) -> None:
    if name != "Varmod_x" and dictionary is not VARMOD:
        dictionary = dictionary.replace("Modalité;", "Modalite;")
    file = zipped(tmp_path / "x.zip", FD_x__csv=FD, **{f"{name}__csv": dictionary.encode("cp1252")})
    data = dl.read(file)
    check_described(data)
    used = "Dictionary found beside it in the archive, which says what the columns mean (`codebook=` names another)"
    assert f"{used}: `{name}.csv`." in notices(data)
    check_described(dl.read(file, table="FD_x.csv"))
    check_described(dl.read(file, codebook=f"{name}.csv"))


def test_dictionaries_of_workbooks(tmp_path: Path) -> None:
    rows = [line.split(";") for line in FRENCH.splitlines()]
    book = workbook(
        tmp_path / "Varmod_x.xlsx",
        {"Lisez-moi": [["Base", "x"]], "Modalités": [["Dictionnaire"], [], *rows]},
    )
    (tmp_path / "x.csv").write_text(FD)
    check_described(dl.read(tmp_path / "x.csv", codebook=book))
    variables = [[*row[:3]] for row in rows if row[0]]
    codes = [["Variable", "Modalité", "Libellé de la modalité"]]
    current = ""
    for row in rows[1:]:
        current = row[0] or current
        codes += [[current, row[3], row[4]]]
    book = workbook(tmp_path / "dictionnaire.xlsx", {"Variables": variables, "Modalités": codes})
    check_described(
        dl.read(zipped(tmp_path / "x.zip", x__csv=FD, dictionnaire__xlsx=book.read_bytes()))
    )


def test_several_tables_and_their_dictionaries(tmp_path: Path, refused: Any) -> None:
    other = "NUM;PAYS\n1;F\n2;B\n"
    meta = "COD_VAR;LIB_VAR;COD_MOD;LIB_MOD\nPAYS;Pays;F;France\nPAYS;Pays;B;Belgique\n"
    file = zipped(
        tmp_path / "x.zip",
        a__csv=FD,
        b__csv=other,
        meta_a__csv=VARMOD,
        meta_b__csv=meta,
        lisezmoi__txt="Bonjour, à tous\n",
    )
    refused(partial(dl.read, file), LoadError)
    check_described(dl.read(file, table="a.csv"))
    data = dl.read(file, table="b.csv")
    assert data.codebook["PAYS"].values["B"].fr == "Belgique"
    assert "because it names none of these columns: `meta_a.csv`." in " ".join(notices(data))
    assert dl.read(file, table="meta_b.csv").frame["LIB_MOD"].tolist() == ["France", "Belgique"]
    check_described(dl.read(file, table="a.csv", codebook=file))
    (tmp_path / "b.csv").write_text(other)
    refused(partial(dl.read, tmp_path / "b.csv", codebook=file), LoadError)
    one = zipped(tmp_path / "one.zip", b__csv=other, meta_b__csv=meta)
    assert dl.read(tmp_path / "b.csv", codebook=one).codebook["PAYS"].values["F"].fr == "France"


def test_a_table_with_headings_of_a_dictionary_is_a_table(tmp_path: Path, refused: Any) -> None:
    firms = "nom;description\nA;Courses\nB;Repas\nA;Colis\n"
    file = zipped(tmp_path / "x.zip", a__csv=FD, firms__csv=firms)
    refused(partial(dl.read, file), LoadError)
    assert dl.read(file, table="firms.csv").frame["nom"].tolist() == ["A", "B", "A"]
    assert list(dl.read(file, table="a.csv").frame) == ["SEXE", "CSE", "DIP", "AGED"]


@pytest.mark.parametrize(
    "names", ["FD_x.csv Varmod_x.csv", "x.csv meta_x.csv", "DS_y_data.csv DS_y_metadata.csv"]
)
def test_a_dictionary_beside_its_table(tmp_path: Path, names: str) -> None:
    table, dictionary = names.split()
    (tmp_path / table).write_text(FD)
    (tmp_path / dictionary).write_bytes(VARMOD.encode("cp1252"))
    data = dl.read(tmp_path / table)
    check_described(data)
    found = "Dictionary found beside the file, which says what the columns mean (`codebook=` names another)"
    assert f"{found}: `{dictionary}`." in notices(data)
    (tmp_path / dictionary).write_text("COD_VAR;LIB_VAR;COD_MOD;LIB_MOD\nPAYS;Pays;F;France\n")
    assert dl.read(tmp_path / table).codebook["SEXE"].values == {}


def test_ddi_alone_names_the_option_that_reads_its_data(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "usa_00001.xml").write_text(DDI)
    refused(partial(dl.read, tmp_path / "usa_00001.xml"), LoadError)


def test_a_blank_modality_is_written_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(FD)
    (tmp_path / "varmod_x.csv").write_text(VARMOD)
    data = dl.read(tmp_path / "x.csv", codebook=tmp_path / "varmod_x.csv")
    for suffix in (".csv", ".parquet", ".sav", ".dta"):
        written = dl.write(data, tmp_path / f"again{suffix}")
        check_described(dl.read(written))
    dl.save(data.codebook, tmp_path / "x.xml")
    assert dl.read(tmp_path / "x.csv", codebook=tmp_path / "x.xml").codebook.reasons["CSE"] == {
        "Sans objet": 1
    }


# -- compressed texts and columns placed by DDI -----------------------------------------------------------------


def ddi_variable(
    name: str, start: int, end: int, *rest: str, decimals: int = 0, kind: str = "numeric"
) -> str:
    place = f'<location StartPos="{start}" EndPos="{end}" width="{end - start + 1}"/>'
    form = f'<varFormat schema="other" type="{kind}"/>'
    return f'<var ID="{name}" name="{name}" files="F1" dcml="{decimals}">{place}{"".join(rest)}{form}</var>'


SEXES = (
    f"<catgry><catValu>{code}</catValu><labl>{label}</labl></catgry>"
    for code, label in ((1, "Male"), (2, "Female"))
)
# as IPUMS writes it
DDI = (
    '<?xml version="1.0" encoding="UTF-8"?><codeBook version="2.5" xmlns="ddi:codebook:2_5">'
    "<stdyDscr><citation><titlStmt><titl>IPUMS USA</titl></titlStmt></citation></stdyDscr>"
    '<fileDscr ID="F1"><fileTxt><fileName>usa_00001.dat</fileName><fileStrc '
    'type="rectangular"/></fileTxt></fileDscr>'
    "<dataDscr>"
    + ddi_variable("YEAR", 1, 4, "<labl>Census year</labl>")
    + ddi_variable("PERWT", 5, 10, "<labl>Person weight</labl>", decimals=2)
    + ddi_variable("SEX", 11, 11, "<labl>Sex</labl>", *SEXES)
    + ddi_variable("SERIAL", 12, 14, "<labl>Serial</labl>", kind="character")
    + "</dataDscr></codeBook>"
)
FIXED = "20190123451001\n20190100002012\n"


def check_placed(data: dl.Microdata) -> None:
    assert data.frame.to_dict("list") == {
        "YEAR": [2019, 2019], "PERWT": [123.45, 100.0], "SEX": [1, 2], "SERIAL": ["001", "012"]
    }  # fmt: skip
    assert data.codebook["SEX"].values[2].en == "Female"
    assert data.codebook["PERWT"].label.en == "Person weight"
    assert data.codebook.title.en == "IPUMS USA"


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz"])
def test_columns_that_ddi_places(tmp_path: Path, suffix: str) -> None:
    packed = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}[suffix](
        FIXED.encode()
    )
    file = tmp_path / f"usa_00001.dat{suffix}"
    file.write_bytes(packed)
    (tmp_path / "ddi.xml").write_text(DDI)
    check_placed(dl.read(file, structure=tmp_path / "ddi.xml"))
    check_placed(dl.read(file, codebook=tmp_path / "ddi.xml"))
    (tmp_path / "usa_00001.xml").write_text(DDI)
    data = dl.read(file)
    check_placed(data)
    beside = "`usa_00001.xml`, found beside it, says where they are (`structure=` names another)."
    assert notices(data) == [f"It does not name its columns; {beside}"]
    assert data.codebook.origin.reader == "fixed columns, DDI `usa_00001.xml`, utf-8"
    check_placed(dl.read(zipped(tmp_path / "x.zip", usa_00001__dat=FIXED, usa_00001__xml=DDI)))


def test_ddi_that_places_no_columns(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "usa.dat").write_text(FIXED)
    (tmp_path / "a.xml").write_text(DDI.replace("location", "place"))
    refused(partial(dl.read, tmp_path / "usa.dat", structure=tmp_path / "a.xml"), LoadError)
    kinds = '<fileStrc type="hierarchical"><recGrp rectype="H"/><recGrp rectype="P"/></fileStrc>'
    (tmp_path / "b.xml").write_text(DDI.replace('<fileStrc type="rectangular"/>', kinds))
    refused(partial(dl.read, tmp_path / "usa.dat", structure=tmp_path / "b.xml"), LoadError)
    # a table that names its own columns takes the labels
    (tmp_path / "usa.csv").write_text("YEAR,SEX\n2019,2\n")
    for option in ("structure", "codebook"):
        data = dl.read(tmp_path / "usa.csv", **{option: tmp_path / "a.xml"})
        assert data.codebook["SEX"].values[2].en == "Female"


def test_compressed_files_of_any_format(tmp_path: Path, refused: Any) -> None:
    table = dl.Microdata(pd.DataFrame({"a": [1, 2]}), dl.Codebook())
    for suffix in (".sav", ".dta", ".csv", ".tsv"):
        content = dl.write(table, tmp_path / f"t{suffix}").read_bytes()
        (tmp_path / f"u{suffix}.gz").write_bytes(gzip.compress(content))
        assert dl.read(tmp_path / f"u{suffix}.gz").frame["a"].tolist() == [1, 2]
    (tmp_path / "u.txt.xz").write_bytes(lzma.compress(b"a;b\n") + lzma.compress(b"1;2\n"))
    assert dl.read(tmp_path / "u.txt.xz").frame.to_dict("list") == {"a": [1], "b": [2]}
    (tmp_path / "bad.csv.bz2").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "cut.csv.xz").write_bytes(lzma.compress(b"a,b\n1,2\n" * 100)[:-30])
    (tmp_path / "large.csv.bz2").write_bytes(
        bz2.compress(b"a,b\n") + bz2.compress(b"1,2\n" * 100_000) * 100
    )
    for name in ("bad.csv.bz2", "cut.csv.xz", "large.csv.bz2"):
        refused(partial(dl.read, tmp_path / name), LoadError)


ICPSR = {
    ".sps": "DATA LIST FILE='x' / V1 1-2 V2 3.\nVALUE LABELS V2 1 'Yes' 2 'No'.\n",
    ".sas": "DATA; INFILE 'x' LRECL=3; INPUT V1 1-2 V2 3; RUN;\n",
    ".dct": "infile dictionary {\n_column(1) V1 %2f\n_column(3) V2 %1f\n}\n",
}


def test_a_zip_of_icpsr(tmp_path: Path) -> None:
    texts = {"a/manifest__txt": "Files, of the study\n", "a/DS1/1-0001-Data__txt": "311\n452\n"}
    texts["a/1-0002-related_literature__txt"] = "Doe, J. 2001\nRoe, J. A study, with commas, 2002\n"
    setups = {f"a/DS1/1-0001-Setup{suffix}": text for suffix, text in ICPSR.items()}
    data = dl.read(zipped(tmp_path / "x.zip", **texts, **setups))
    assert data.frame.to_dict("list") == {"V1": [31, 45], "V2": [1, 2]}
    assert data.codebook["V2"].values[1].en == "Yes"
    named = dl.read(zipped(tmp_path / "y.zip", **texts, **setups), structure="1-0001-Setup.dct")
    assert (
        named.codebook.origin.reader == "fixed columns, Stata setup file `1-0001-Setup.dct`, utf-8"
    )


# -- dates of forms ---------------------------------------------------------------------------------------------

STAMPS = ("01/04/2021 10:12:00", "02/04/2021 9:05:00")


def form_of(
    folder: Path, heading: str, stamps: tuple[str, ...] = STAMPS, **options: Any
) -> dl.Microdata:
    lines = [
        f"{heading},Votre date d’embauche ?,Combien ?",
        *(f"{each},03/05/2019,{at}" for at, each in enumerate(stamps)),
    ]
    (folder / "form.csv").write_text("\n".join(lines) + "\n")
    return dl.read(folder / "form.csv", **options)


def test_dates_of_a_form_follow_its_language(tmp_path: Path) -> None:
    for heading in ("Horodateur", "Zeitstempel", "Marca temporal"):
        data = form_of(tmp_path, heading)
        assert data.frame["timestamp"].astype(str).tolist() == [
            "2021-04-01 10:12:00",
            "2021-04-02 09:05:00",
        ]
        assert [str(each) for each in data.frame["q01"]] == ["2019-05-03"] * 2
        assert (
            f"as the language of this form writes them (`{heading}`; `day_first=False` decides "
            "otherwise)" in "".join(notices(data))
        )
    # a timestamp that proves another order is right, and nothing is taken from the language
    data = form_of(tmp_path, "Horodateur", ("04/13/2021 10:12:00", "04/02/2021 9:05:00"))
    assert data.frame["timestamp"].dt.day.tolist() == [13, 2]
    assert data.frame["q01"].tolist() == ["03/05/2019"] * 2
    # in English it may be either, and the call decides
    assert form_of(tmp_path, "Timestamp").frame["timestamp"].tolist() == list(STAMPS)


@pytest.mark.parametrize(("day_first", "month"), [(True, 4), (False, 1)])
def test_the_call_decides_the_order_of_dates_in_forms(
    tmp_path: Path, day_first: bool, month: int
) -> None:
    for heading in ("Horodateur", "Timestamp"):
        data = form_of(tmp_path, heading, day_first=day_first)
        assert data.frame["timestamp"].dt.month.tolist()[0] == month
        assert data.frame["q01"].iloc[0].month == (5 if day_first else 3)
    monkey = "Respondent ID,Collector ID,Start Date,End Date,Pay?\n,,,,Open-Ended Response\n"
    (tmp_path / "s.csv").write_text(f"{monkey}1,2,01/04/2021 10:12:00,01/04/2021 10:20:00,5\n")
    assert dl.read(tmp_path / "s.csv", day_first=day_first).frame[
        "start_date"
    ].dt.month.tolist() == [month]
    (tmp_path / "p.csv").write_text(
        "Submission id,Participant id,Started at\na1,b1,01/04/2021 10:12:00\n"
    )
    assert dl.read(tmp_path / "p.csv", day_first=day_first).frame[
        "Started at"
    ].dt.month.tolist() == [month]


# -- setup files of the GSS and of the NSFG ---------------------------------------------------------------------

# as the GSS Data Explorer writes them: `numeric` is not a type of Stata, and the do-file reads the
# columns by itself
GSS_DCT = """dictionary using GSS.dat {
  _column(1)     numeric  YEAR    %11f  "Gss year for this respondent"
  _column(12)    numeric  HRS1    %11f  "Number of hours worked last week"
}
"""
GSS_DO = """#delimit ;

   infix
      YEAR     1 - 11
      HRS1     12 - 22
using GSS.dat;

label variable YEAR     "Gss year for this respondent                       ";
label define gsp001x
   99       "No answer"
   -1       "Not applicable"
;
label values HRS1 gsp001x;
"""
GSS_DAT = f"{2018:11}{40:11}\n{2018:11}{-1:11}\n"


def test_setup_files_of_the_gss(tmp_path: Path) -> None:
    for name, text in {"GSS.dct": GSS_DCT, "GSS.do": GSS_DO, "GSS.dat": GSS_DAT}.items():
        (tmp_path / name).write_text(text)
    for suffix in (".dct", ".do"):
        data = dl.read(tmp_path / "GSS.dat", structure=tmp_path / f"GSS{suffix}")
        assert data.frame.to_dict("list") == {"YEAR": [2018, 2018], "HRS1": [40, -1]}
        assert data.codebook["YEAR"].label.en == "Gss year for this respondent"
        assert data.codebook["HRS1"].values[-1].en == "Not applicable"
    # a do-file that places its columns needs no dictionary, whatever lies beside it
    (tmp_path / "GSS.dct").write_text(
        "dictionary {\n _column(1) unheard YEAR %11f\n _skip YEAR\n}\n"
    )
    assert dl.read(tmp_path / "GSS.dat", structure=tmp_path / "GSS.do").frame.shape == (2, 2)


LABELS = """infile dictionary {
    _column(1) byte a %1f "what was used, "Depo" or "NuvaRing"?"
    _column(2) byte b %1f  "plain"
    _column(3) byte c %1f `"he said "no""'
    _column(4) byte d %1f ""quoted""
}
"""


def test_quotation_marks_within_labels_of_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "r.dct").write_text(LABELS)
    (tmp_path / "r.dat.gz").write_bytes(gzip.compress(b"1234\n5678\n"))
    data = dl.read(tmp_path / "r.dat.gz", structure=tmp_path / "r.dct")
    assert data.frame.to_dict("list") == {"a": [1, 5], "b": [2, 6], "c": [3, 7], "d": [4, 8]}
    labels = [data.codebook[name].label.en for name in "abcd"]
    assert labels == ['what was used, "Depo" or "NuvaRing"?', "plain", 'he said "no"', '"quoted"']


@pytest.mark.parametrize(
    "odd",
    ['_column(3) byte c %1f "one" two "three" %2f', "byte c", "_column(3) byte a %1f"],
    ids=["words", "none", "twice"],
)
def test_the_line_of_a_dictionary_that_is_not_understood(
    tmp_path: Path, odd: str, refused: Any
) -> None:
    lines = [f'_column({at}) byte v{at} %1f "label {at}"' for at in range(4, 9)]
    text = "\n".join(
        ["infile dictionary {", "_column(1) byte a %1f", "_column(2) byte b %1f", odd, *lines, "}"]
    )
    (tmp_path / "r.dct").write_text(f"{text}\n")
    (tmp_path / "r.dat").write_text("12345678\n")
    refused(partial(dl.read, tmp_path / "r.dat", structure=tmp_path / "r.dct"), LoadError)


# -- data of LimeSurvey beside a syntax of fewer columns ----------------------------------------------------------

SYNTAX = """data <- read.csv("survey_1_R_data_file.csv", quote = "'\"", na.strings=c("", "\"\""))
# LimeSurvey Field type: F
data[, 1] <- as.numeric(data[, 1])
attributes(data)$variable.labels[1] <- "id"
names(data)[1] <- "id"
# LimeSurvey Field type: F
data[, 2] <- as.numeric(data[, 2])
attributes(data)$variable.labels[2] <- "[Le café] À quelle fréquence ?"
data[, 2] <- factor(data[, 2], levels=c(1,2),labels=c("jamais", "souvent"))
names(data)[2] <- "q1_a"
# LimeSurvey Field type: A
data[, 3] <- as.character(data[, 3])
attributes(data)$variable.labels[3] <- "Votre métier ?"
names(data)[3] <- "job"
"""


@pytest.mark.parametrize(
    "header",
    [
        (
            '"Réponse","À quelle fréquence ? [Le café]","Votre métier ?","Temps total","Temps : '
            'job","Temps : job"'
        ),
        '"id","q1_a","job","interviewtime","jobTime","jobTime"',
        '"id","jobTime","q1_a","interviewtime","job","jobTime"',
    ],
    ids=["words", "names", "names in another order"],
)
def test_columns_of_which_a_syntax_says_nothing(tmp_path: Path, header: str) -> None:
    values = {
        "id": 7,
        "q1_a": 2,
        "job": "coursier",
        "Réponse": 7,
        "À quelle fréquence ? [Le café]": 2,
    }
    names = [each.strip('"') for each in header.split(",")]
    cells = [
        str(values.get(name, "coursier" if name == "Votre métier ?" else 12.5)) for name in names
    ]
    text = f"{header}\n" + ",".join(f'"{each}"' for each in cells) + "\n"
    (tmp_path / "survey_1_R_data_file.csv").write_text(text)
    (tmp_path / "survey_1_R_syntax_file.R").write_text(SYNTAX)
    data = dl.read(tmp_path / "survey_1_R_data_file.csv")
    assert (data.frame["id"][0], data.frame["q1_a"][0], data.frame["job"][0]) == (7, 2, "coursier")
    assert data.codebook["q1_a"].values[2].fr == "souvent"
    assert [
        data.frame[name][0] for name in data.frame.columns if name not in ("id", "q1_a", "job")
    ] == [12.5] * 3
    assert "Columns not described in the syntax `survey_1_R_syntax_file.R`" in " ".join(
        notices(data)
    )


def test_a_syntax_whose_columns_stand_elsewhere_is_refused(tmp_path: Path, refused: Any) -> None:
    header = '"Réponse","Temps total","À quelle fréquence ? [Le café]","Votre métier ?"\n"7","12.5","2","coursier"\n'
    (tmp_path / "survey_1_R_data_file.csv").write_text(header)
    (tmp_path / "survey_1_R_syntax_file.R").write_text(SYNTAX)
    refused(partial(dl.read, tmp_path / "survey_1_R_data_file.csv"), LoadError)


# -- statistical files that other readers take --------------------------------------------------------------------


def test_a_stata_file_with_the_end_of_a_line_after_it(tmp_path: Path, refused: Any) -> None:
    pd.DataFrame({"a": [1, 2]}).to_stata(tmp_path / "a.dta", version=117, write_index=False)
    content = (tmp_path / "a.dta").read_bytes()
    for spare in (b"\n", b"\r\n", b"\0" * 12):
        (tmp_path / "a.dta").write_bytes(content + spare)
        assert dl.read(tmp_path / "a.dta").frame["a"].tolist() == [1, 2]
    for spare in (b"more", b"\n" * 600):
        (tmp_path / "a.dta").write_bytes(content + spare)
        refused(partial(dl.read, tmp_path / "a.dta"), LoadError)


def test_a_column_of_files_is_left_out(tmp_path: Path, refused: Any) -> None:
    words = {
        "a": [1, 2],
        "note": ["long words" * 300, "x" * 2500],
        "image": ["y" * 2400, "z" * 2600],
    }
    pd.DataFrame(words).to_stata(
        tmp_path / "a.dta", version=118, write_index=False, convert_strl=["note", "image"]
    )
    content = (tmp_path / "a.dta").read_bytes()
    # the second kind of long words holds files
    for letter in (b"y", b"z"):
        at = content.index(letter * 2000)
        head = content.rindex(b"GSO", 0, at)
        kind = head + 3 + 4 + 8
        assert content[kind] == 130
        size = content[kind + 1 : kind + 5]
        content = content[:kind] + b"\x81" + size + b"\x89\xff" + content[kind + 7 :]
    (tmp_path / "a.dta").write_bytes(content)
    data = dl.read(tmp_path / "a.dta")
    assert list(data.frame) == ["a", "note"]
    assert data.frame["note"].tolist() == words["note"]
    assert notices(data) == [
        "Columns left out, because they contain files (such as pictures), not text: `image`."
    ]
    assert (
        dl.read(tmp_path / "a.dta", columns=["note"], rows=1).frame["note"].tolist()
        == words["note"][:1]
    )
    refused(partial(dl.read, tmp_path / "a.dta", columns=["image"]), LoadError)


def test_columns_of_a_transport_file_counted_from_zero(tmp_path: Path, shared: Path) -> None:
    content = (shared / "data/loaders/pyreadstat/basic/sample.xpt").read_bytes()
    names = content.index(b"NAMESTR")
    start = names + 80 - (names % 80)
    count = int(content[names + 7 : start].split(b"!!!!!!!")[1][6:10])
    changed = bytearray(content)
    for rank in range(count):
        at = start + 140 * rank + 6
        assert int.from_bytes(changed[at : at + 2]) == rank + 1
        changed[at : at + 2] = rank.to_bytes(2)
    (tmp_path / "a.xpt").write_bytes(changed)
    read = dl.read(tmp_path / "a.xpt")
    assert read.frame.equals(dl.read(shared / "data/loaders/pyreadstat/basic/sample.xpt").frame)


def test_a_catalogue_that_labels_nothing_is_no_source_of_labels(shared: Path) -> None:
    folder = shared / "data/loaders/pyreadstat"
    catalogue = folder / "sas_catalog/test_formats_linux.sas7bcat"
    data = dl.read(folder / "basic/sample.sas7bdat", structure=catalogue)
    assert (
        notices(data)[0]
        == "The catalogue `test_formats_linux.sas7bcat` labels none of its columns."
    )
    labelled = dl.read(folder / "sas_catalog/test_data_linux.sas7bdat", structure=catalogue)
    assert (
        notices(labelled)[0] == "Its labels come from the catalogue `test_formats_linux.sas7bcat`."
    )


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".csv", ".parquet"])
def test_yes_and_no_with_gaps_are_written(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"x": pd.Series([True, False, None], dtype=object)})
    again = dl.read(dl.write(dl.Microdata(frame, dl.Codebook()), tmp_path / f"a{suffix}"))
    assert again.frame["x"].fillna(-1).tolist() == [1, 0, -1]


def test_words_of_blanks_are_no_answer(tmp_path: Path, refused: Any) -> None:
    frame = pd.DataFrame({"x": ["a", "  ", None]})
    data = dl.Microdata(frame, dl.Codebook())
    for suffix in (".sav", ".dta"):
        assert dl.read(dl.write(data, tmp_path / f"a{suffix}")).frame["x"].fillna("").tolist() == [
            "a",
            "",
            "",
        ]
    refused(partial(dl.write, data, tmp_path / "a.csv"), LoadError)
    bare = data.with_columns(x=data.frame["x"].str.strip().replace("", None))
    assert dl.read(dl.write(bare, tmp_path / "a.csv")).frame["x"].fillna("").tolist() == [
        "a",
        "",
        "",
    ]
