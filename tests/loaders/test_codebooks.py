"""Codebooks kept as TOML, as tables and as DDI: what is written comes back, what is wrong or hostile is refused."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diplab.errors import DiplabError, LoadError
from diplab.loaders.codebooks.ddi import read_ddi, write_ddi
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.deliveries import read_codebook
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import NOTHING, Text


@st.composite
def codebooks(draw: st.DrawFn, words: st.SearchStrategy[str], *, toml: bool) -> Codebook:
    wordings = st.builds(Text, words, words)
    codes = words | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=toml)
    spans = st.builds(MissingRange, st.floats(allow_nan=False), st.floats(allow_nan=False), words)
    variables = st.builds(
        Variable, words, wordings, wordings, st.dictionaries(codes, wordings, max_size=3),
        st.sampled_from(["nominal", "ordinal", "scale", "unknown"]), st.dictionaries(codes, words, max_size=3),
        st.lists(spans, max_size=2).map(tuple), group=wordings, part_of=words,
        storage=st.sampled_from(["", "whole", "number", "words", "boolean", "date", "moment", "time"]),
    )  # fmt: skip
    drawn = draw(st.lists(variables, max_size=3, unique_by=lambda each: each.name))
    names = [each.name for each in drawn]
    sets = {}
    if len(names) > 1:
        sets = {"m": Responses("m", names, "all", draw(wordings), "categories", draw(codes))}
    origin = draw(st.builds(Origin, words, words, words, st.booleans(), words, st.tuples(wordings)))
    steps = st.lists(
        st.builds(Step, st.just("recode"), st.tuples(words), wordings, st.integers(0, 99)),
        max_size=2,
    )
    reasons = st.dictionaries(
        words, st.dictionaries(words, st.integers(0, 10**9), max_size=3), max_size=2
    )
    return Codebook(
        dict(zip(names, drawn, strict=True)), origin, draw(reasons) if toml else {}, sets, draw(wordings),
        draw(st.sampled_from([(), ("fr",), ("pt-BR", "en")])), tuple(draw(steps)),
    )  # fmt: skip


# Lone surrogates cannot be written as UTF-8 at all.
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
OF_XML = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\n\t\r &<>\"'"),
    max_size=8,
)


@given(toml=codebooks(ANY, toml=True), ddi=codebooks(OF_XML, toml=False))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_round_trip_is_the_identity(tmp_path: Path, toml: Codebook, ddi: Codebook) -> None:
    read_again = {
        "toml": (toml, read_codebook(write_codebook(toml, tmp_path / "c.toml"))),
        "ddi": (ddi, read_ddi(write_ddi(ddi, tmp_path / "c.xml"))),
    }
    for codebook, back in read_again.values():
        assert (back, list(back)) == (codebook, list(codebook))
        for name, variable in codebook.variables.items():
            assert [type(code) is str for code in back[name].values] == [
                type(code) is str for code in variable.values
            ]
    # DDI has one list of categories, in which missing codes that are answers too come first
    back = read_again["toml"][1]
    for name, variable in toml.variables.items():
        assert [type(code) for code in back[name].missing] == [
            type(code) for code in variable.missing
        ]


def read_text(folder: Path, text: str) -> Codebook:
    (folder / "c.toml").write_text(text, encoding="utf-8")
    return read_codebook(folder / "c.toml")


def test_the_three_ways_to_word_a_label(tmp_path: Path) -> None:
    codebook = read_text(
        tmp_path,
        """
        synthetic = true
        [variables.a]
        label = "DiPLab"
        [variables.b]
        label = { fr = "emploi", en = "employment" }
        values = [{ code = 1, fr = "oui", en = "yes" }, { code = 2, label = "non" }]
        missing = [{ code = 9, reason = "refused" }, { code = "X" }]
        missing_ranges = [{ low = 97, high = inf }]
        [variables."c d"]
        label_fr = "heures"
        label_en = "hours"
        measure = "scale"
        """,
    )
    assert codebook.origin.synthetic
    assert codebook["a"].label == Text.same("DiPLab")
    assert codebook["b"] == Variable(
        "b", label=Text("emploi", "employment"), values={1: Text("oui", "yes"), 2: Text.same("non")},
        missing={9: "refused", "X": ""}, missing_ranges=(MissingRange(97, math.inf),),
    )  # fmt: skip
    assert codebook["c d"] == Variable("c d", label=Text("heures", "hours"), measure="scale")


def test_toml_that_is_refused(tmp_path: Path, refused: Any) -> None:
    for text in (
        "variable = 1",  # key of the file
        "[variables.a]\nlabl = 'x'",  # key of a variable
        "[variables.a]\nvalues = [{ kode = 1 }]",  # key of a value
        "[variables.a]\nlabel = { fr = 'x' }",  # one language
        "[variables.a]\nmeasure = 'ordinl'",  # measure
        "[variables.a]\nvalues = { 1 = 'x' }",  # no list
        "[variables.a]\nmissing = [{ reason = 'x' }]",  # no code
        "[variables.a]\nmissing = [{ code = 1 }, { code = 1.0 }]",  # code twice
        "[variables.a]\nmissing_ranges = [{ low = 1 }]",  # open range
        "variables = 3",  # no table
        "synthetic = 'no'",  # no switch
        "a = " + "[" * 5000,  # nested
        "a = ",  # cut
    ):
        refused(partial(read_text, tmp_path, text), LoadError)
    refused(lambda: read_codebook(tmp_path / "none.toml"), LoadError)


def table(folder: Path, text: str, name: str = "codebook.csv") -> Codebook:
    (folder / name).write_text(text, encoding="utf-8")
    return read_codebook(folder / name)


def test_one_row_an_answer_in_french(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "Groupe;Variable;Libellé;Question;Niveau de mesure;Code;Modalité;Manquant\n"
        "Vous;sexe;sexe;Vous êtes ?;nominale;1;femme;\n"
        ";;;;;2;homme;non\n"
        ";;;;;9;refus;oui\n"
        "Vous;age;âge;Quel âge avez-vous ?;quantitative;99;;ne sait pas\n"
        ";dep;;;;01;Ain;\n",
    )
    assert list(found.variables.values()) == [
        Variable(
            "sexe", Text.same("sexe"), Text.same("Vous êtes ?"), {1: Text.same("femme"), 2: Text.same("homme")},
            "nominal", {9: "refus"}, group=Text.same("Vous"),
        ),
        Variable(
            "age", Text.same("âge"), Text.same("Quel âge avez-vous ?"), measure="scale", missing={99: "ne sait pas"},
            group=Text.same("Vous"),
        ),
        Variable("dep", values={"01": Text.same("Ain")}),
    ]  # fmt: skip


def test_one_row_a_variable_in_two_languages(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "variable,label_en,label_fr,values,missing,Notes,storage,part_of\n"
        "work,work,emploi,1 = full time; 2 = part time,98 = does not know; 99 = refused,x,,q7\n"
        "pay,pay,,,-1;-2,,words,\n",
    )
    assert found["work"] == Variable(
        "work", Text("emploi", "work"), values={1: Text.same("full time"), 2: Text.same("part time")},
        missing={98: "does not know", 99: "refused"}, part_of="q7",
    )  # fmt: skip
    assert found["pay"] == Variable(
        "pay", Text.same("pay"), missing={-1: "", -2: ""}, storage="words"
    )
    found = table(
        tmp_path, "name\tvalue\tvalue_label_fr\tvalue label (en)\nq1\t1\toui\tyes\n", "c.tsv"
    )
    assert found["q1"].values == {1: Text("oui", "yes")}


def test_it_is_used_beside_the_data(tmp_path: Path) -> None:
    table(
        tmp_path,
        "variable,value,value label,missing\nsex,1,woman,\nsex,9,refused,yes\n",
        "a.codebook.csv",
    )
    (tmp_path / "a.csv").write_text("sex,age\n1,30\n9,40\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert (data.codebook.reasons, str(data.codebook["sex"].values[1])) == (
        {"sex": {"refused": 1}},
        "woman",
    )
    assert (
        read(tmp_path / "a.csv", codebook=tmp_path / "a.codebook.csv").codebook.reasons
        == data.codebook.reasons
    )


def test_tables_that_are_refused(tmp_path: Path, refused: Any) -> None:
    for text in (
        "Domain,Code,Definition\na,b,c\n",  # no names
        "variable,label\nsex,sex\n\nsex,gender\n",  # two labels
        'variable,label,value,value_label\nsex,"a\nb",1,x\n,,1,y\n',  # code twice
        "variable,label\n,x\n",  # no name above
        "variable,measure\nsex,large\n",  # measure
    ):
        refused(partial(table, tmp_path, text), LoadError)
    with pytest.raises(LoadError, match="There is no file of that name"):
        read_codebook(tmp_path / "none.csv")


@pytest.mark.shared
def test_codebooks_beside_published_data(shared: Path) -> None:
    folder = shared / "data/open/berke-2024/data/survey-data"
    data = read(folder / "survey.csv", codebook=folder / "fields.csv", rows=5)
    assert data.codebook["q-demos-age"].question.en == "What is your age group?"
    folder = shared / "data/french"
    data = read(folder / "sodp2020_fr.csv", codebook=folder / "sodp2020_key_fr.csv")
    assert data.codebook["Q2"].question.fr == "À quel genre vous identifiez-vous ?"
    assert [str(label) for label in data.codebook["Q2"].values.values()] == [
        "homme",
        "femme",
        "autre",
    ]
    # a list of codes is not a codebook of columns
    with pytest.raises(LoadError, match="None of its columns"):
        read_codebook(shared / "data/crowdwork/datalabellers_csa/codebook.csv")


DDI = "{ddi:codebook:2_5}"
# What DDI Codebook 2.5 asks of each element that is written here, from its field-level
# documentation: its children in their order (`!` once, `?` at most once, `+` at least once, `*` any
# number), and its attributes (`!` required). An element that is not listed holds words alone.
CHILDREN = {
    "codeBook": "docDscr* stdyDscr+ fileDscr* dataDscr* otherMat*",
    "docDscr": "citation? guide? docStatus? docSrc* controlledVocabUsed* notes*",
    "stdyDscr": "citation+ studyAuthorization* stdyInfo* studyDevelopment* method* dataAccs* othrStdyMat* notes*",
    "citation": "titlStmt! rspStmt? prodStmt? distStmt? serStmt* verStmt* biblCit* holdings* notes*",
    "titlStmt": "titl! subTitl* altTitl* parTitl* IDNo*",
    "prodStmt": "producer* copyright? prodDate* prodPlac* software* fundAg* grantNo*",
    "fileDscr": "fileTxt* locMap? notes*",
    "fileTxt": (
        "fileName* fileCitation? dataFingerprint* fileCont? fileStrc? dimensns? fileType? format? "
        "filePlac* dataChck* "
        "ProcStat* dataMsng* software* verStmt?"
    ),
    "dimensns": "caseQnty* varQnty* logRecL* recPrCas* recNumTot*",
    "dataDscr": "varGrp* nCubeGrp* var* nCube* notes*",
    "varGrp": "labl* txt* concept* defntn* universe* notes*",
    "var": (
        "location* labl* imputation? security? embargo? respUnit? anlysUnit? qstn* valrng* "
        "invalrng* undocCod* "
        "universe* TotlResp? sumStat* txt* stdCatgry* catgryGrp* catgry* codInstr* verStmt* "
        "concept* derivation? "
        "varFormat? geoMap* catLevel* notes*"
    ),
    "qstn": "preQTxt* qstnLit* postQTxt* forward* backward* ivuInstr*",
    "invalrng": "range+ key* notes*",
    "range": "",
    "catgry": "catValu? labl* txt* catStat* mrow?",
}
ATTRIBUTES: dict[str, dict[str, str]] = {
    "codeBook": {"version": "2.5", "schemaLocation": ""}, "software": {"version": ""}, "titl": {"source": "archive"},
    "varGrp": {"ID": "", "type": "section multipleResp grid", "var": "", "name": ""},
    "var": {"ID": "", "name!": "", "files": "", "intrvl": "contin discrete", "nature": "nominal ordinal interval"},
    "fileDscr": {"ID": ""}, "notes": {"type": "", "subject": ""}, "range": {"UNITS": "INT REAL", "min": "", "max": ""},
    "sumStat": {"type": "mean medn mode vald invd min max stdev", "wgtd": "wgtd not-wgtd"},
    "catgry": {"missing": "Y N", "missType": ""}, "catStat": {"type": "freq percent crosstab"},
    "varFormat": {"type": "numeric character", "schema": "other", "category": "date time currency other"},
}  # fmt: skip


def check_schema(file: Path) -> Any:
    """Check a file against what the standard asks of its elements; return it."""
    book = ElementTree.fromstring(file.read_bytes())
    identifiers = [each.get("ID") for each in book.iter() if each.get("ID")]
    assert len(set(identifiers)) == len(identifiers)
    for element in book.iter():
        assert element.tag.startswith(DDI)
        name = element.tag.removeprefix(DDI)
        allowed = CHILDREN.get(name, "").split()
        found = "".join(f"{child.tag.removeprefix(DDI)} " for child in element)
        marks = {"!": "", "?": "?", "+": "+", "*": "*"}
        assert re.fullmatch(
            "".join(f"(?:{each[:-1]} ){marks[each[-1]]}" for each in allowed), found
        ), f"{name}: {found}"
        known = ATTRIBUTES.get(name, {})
        assert {each.removesuffix("!") for each in known if each.endswith("!")} <= set(
            element.attrib
        )
        for key, value in element.attrib.items():
            bare = key.rpartition("}")[2]
            if bare == "lang":
                assert re.fullmatch("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", value)
                continue
            words = known[bare] if bare in known else known[f"{bare}!"]
            assert not words or value in words.split(), f"{name}: {bare}={value}"
        if name in CHILDREN and name != "qstn":
            assert not "".join(
                [element.text or "", *(child.tail or "" for child in element)]
            ).strip()
        assert set(f"{element.get('files', '')} {element.get('var', '')}".split()) <= set(
            identifiers
        )
    return book


def survey() -> Codebook:
    return Codebook(
        {
            "sex": Variable(
                "sex", label=Text("sexe", "sex", others=(("pt", "sexo"),)), question=Text("Vous êtes ?", "You are?"),
                values={1: Text("femme", "woman"), 2: Text("homme", "man"), 3: Text("autre", "other")},
                measure="nominal", missing={99: "refused"}, group=Text("Vous", "You"),
            ),
            "pay": Variable("pay", measure="scale", missing_ranges=(MissingRange(-np.inf, -1, "not asked"),)),
            "mail": Variable("mail", part_of="uses", storage="whole"),
            "phone": Variable("phone", part_of="uses"),
        },
        Origin("survey.sav", "ab" * 32, "pyreadstat 1.3", synthetic=True),
        sets={"uses": Responses("uses", ["mail", "phone"], label=Text("Usages", "Uses"), counted=2)},
        title=Text("Enquête", "Survey"),
        languages=("fr", "en", "pt"),
    )  # fmt: skip


def answers() -> Microdata:
    frame = pd.DataFrame(
        {
            "sex": [1.0] * 60 + [2.0] * 30 + [3.0] * 2 + [np.nan] * 8,
            "pay": [0.0] * 10 + [float(n) for n in range(100, 190)],
        }
    )
    return Microdata(frame, survey())


def test_what_is_written_follows_the_schema(tmp_path: Path) -> None:
    book = check_schema(write_ddi(survey(), tmp_path / "c.xml", data=answers()))
    assert [each.tag for each in book] == [
        f"{DDI}{name}" for name in ("docDscr", "stdyDscr", "fileDscr", "dataDscr")
    ]
    assert [each.tag.removeprefix(DDI) for each in book.find(f"{DDI}dataDscr")] == [
        "varGrp"
    ] * 3 + ["var"] * 4
    check_schema(write_ddi(Codebook(), tmp_path / "c.xml"))


@given(codebooks(OF_XML, toml=False))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_codebook_follows_the_schema(tmp_path: Path, codebook: Codebook) -> None:
    check_schema(write_ddi(codebook, tmp_path / "c.xml"))


def test_a_variable_is_written_as_archives_expect_it(tmp_path: Path) -> None:
    text = write_ddi(survey(), tmp_path / "c.xml").read_text(encoding="utf-8")
    sex = text[text.index('<var ID="V1"') : text.index("</var>")]
    categories = {"1": ("femme", "woman"), "2": ("homme", "man"), "3": ("autre", "other")}
    assert sex.splitlines() == [
        '<var ID="V1" name="sex" files="F1" nature="nominal">',
        *(
            '<labl xml:lang="fr">sexe</labl>',
            '<labl xml:lang="en">sex</labl>',
            '<labl xml:lang="pt">sexo</labl>',
        ),
        "<qstn>",
        *(
            '<qstnLit xml:lang="fr">Vous êtes ?</qstnLit>',
            '<qstnLit xml:lang="en">You are?</qstnLit>',
        ),
        "</qstn>",
        *(
            line
            for code, (fr, en) in categories.items()
            for line in (
                *("<catgry>", f"<catValu>{code}</catValu>"),
                *(
                    f'<labl xml:lang="fr">{fr}</labl>',
                    f'<labl xml:lang="en">{en}</labl>',
                    "</catgry>",
                ),
            )
        ),
        *('<catgry missing="Y">', "<catValu>99</catValu>", "<labl>refused</labl>", "</catgry>"),
        '<varFormat type="numeric" schema="other" />',
    ]
    assert (
        '<invalrng>\n<range UNITS="INT" max="-1" />\n<notes>not asked</notes>\n</invalrng>' in text
    )
    assert '<varGrp ID="M1" type="multipleResp" var="V3 V4" name="uses">' in text
    assert '<varGrp ID="S1" type="section" var="V1">' in text


def test_counts_are_those_that_may_be_published(tmp_path: Path) -> None:
    text = write_ddi(survey(), tmp_path / "c.xml", data=answers()).read_text(encoding="utf-8")
    sex, pay = (text[text.index(f'name="{name}"') :].split("</var>")[0] for name in ("sex", "pay"))
    # two people said `other`: neither their number nor, by difference, that of the men is given
    assert re.findall(r'<catStat type="freq">(\d+)<', sex) == ["60"]
    assert '<sumStat type="vald" wgtd="not-wgtd">92</sumStat>' in sex
    assert '<sumStat type="invd" wgtd="not-wgtd">8</sumStat>' in sex
    # ten people earn nothing, one earns the most
    assert '<sumStat type="min" wgtd="not-wgtd">0</sumStat>' in pay
    assert 'type="max"' not in pay
    # ten zeros and 100 to 189: (90 x 144.5) / 100
    assert '<sumStat type="mean" wgtd="not-wgtd">130.05</sumStat>' in pay
    assert "<caseQnty>100</caseQnty>" in text
    assert read_ddi(tmp_path / "c.xml") == survey()


NESSTAR = Path(__file__).with_name("samples").joinpath("nesstar.xml").read_text(encoding="utf-8")


def archive(folder: Path, text: str, encoding: str = "iso-8859-1") -> Path:
    file = folder / "archive.xml"
    file.write_text(text, encoding=encoding)
    return file


def test_an_archive_of_1998_is_read(tmp_path: Path) -> None:
    """Laid out as Nesstar writes DDI 1.2.2: no namespace, a document type, words on several lines."""
    book = read_ddi(archive(tmp_path, NESSTAR))
    assert (book.title, book.origin.file) == (Text.same("Emploi du temps, 1998"), "edt98.NSDstat")
    job = book["EMPL"]
    assert (job.label, job.question) == (
        Text.same("Situation d'emploi"),
        Text.same("Travaillez-vous ?"),
    )
    assert job.values == {1: Text.same("Oui"), 2: Text.same("Non")}
    assert (job.missing, job.missing_ranges) == ({7: "Refus", 8: "Ne sait pas", 9: ""}, ())
    assert job.group == Text.same("Travail")
    dep = book["DEP"]
    assert (dep.values, dep.measure, dep.storage) == ({"01": Text.same("Ain")}, "scale", "words")
    assert list(book) == ["EMPL", "DEP", "MAIL", "TEL"]
    assert book.sets == {"Usages": Responses("Usages", ["MAIL", "TEL"], label=Text.same("Usages"))}


def test_languages_catalogues_and_depth(tmp_path: Path) -> None:
    text = (
        '<codeBook xmlns="http://www.icpsr.umich.edu/DDI" xml:lang="de"><dataDscr><var name="A">'
        '<labl>Alter</labl><labl xml:lang="fr">âge</labl><labl '
        'xml:lang="fi">ikä</labl></var></dataDscr></codeBook>'
    )
    book = read_ddi(archive(tmp_path, text, "utf-8"))
    assert book["A"].label == Text("âge", "Alter", others=(("de", "Alter"), ("fi", "ikä")))
    assert book.languages == ("de", "fr", "fi")
    # the answer of a catalogue holds a codebook
    text = '<OAI-PMH><metadata><codeBook><dataDscr><var ID="A"/></dataDscr></codeBook></metadata></OAI-PMH>'
    assert list(read_ddi(archive(tmp_path, text))) == ["A"]
    text = "<codeBook><dataDscr><var name='A'>" + "<labl>" * 50_000 + "</labl>" * 50_000
    assert list(read_ddi(archive(tmp_path, f"{text}</var></dataDscr></codeBook>"))) == ["A"]


def test_ddi_that_is_refused(tmp_path: Path, refused: Any) -> None:
    for text in (
        '<!DOCTYPE codeBook [<!ENTITY a "b">]><codeBook/>',
        '<!DOCTYPE codeBook [<!ENTITY a SYSTEM "file:///etc/passwd">]><codeBook>&a;</codeBook>',
        *(
            "<codeBook><dataDscr/></codeBook>",
            '<ddi:DDIInstance xmlns:ddi="ddi:instance:3_2"/>',
            "<html/>",
        ),
        *('<FragmentInstance xmlns="ddi:instance:3_3"/>', "<codeBook>", ""),
    ):
        file = archive(tmp_path, text)
        refused(lambda: read_ddi(file), LoadError)  # noqa: B023


def test_notes_that_someone_changed_are_left_out(tmp_path: Path) -> None:
    text = write_ddi(
        replace(survey(), steps=(Step("recode", ("sex",), NOTHING, 3),)), tmp_path / "c.xml"
    )
    changed = re.sub(
        r'(subject="(?:set|codes|step 1 rule)">)[^<]*',
        rf"\g<1>{'[' * 100_000}",
        text.read_text("utf-8"),
    )
    (tmp_path / "c.xml").write_text(changed, encoding="utf-8")
    back = read_ddi(tmp_path / "c.xml")
    assert (back.steps, back.sets["uses"].columns) == ((), ("mail", "phone"))


def test_it_is_laid_over_a_file_of_answers(tmp_path: Path) -> None:
    (tmp_path / "edt.csv").write_text("EMPL,DEP\n1,01\n7,75\n8,01\n", encoding="utf-8")
    data = read(tmp_path / "edt.csv", codebook=archive(tmp_path, NESSTAR))
    assert data.frame["DEP"].tolist() == ["01", "75", "01"]
    assert data.codebook.reasons["EMPL"] == {"Refus": 1, "Ne sait pas": 1}
    write_ddi(survey(), tmp_path / "c.XML")
    assert read_codebook(tmp_path / "c.XML") == survey()


@pytest.mark.shared
def test_every_sample_comes_back_from_ddi(shared: Path, tmp_path: Path) -> None:
    files = [
        *sorted((shared / "data/loaders").rglob("*.sav")),
        *sorted((shared / "data/loaders").rglob("*.dta")),
        *sorted((shared / "data/french").glob("*.csv")),
    ]
    compared = 0
    for file in files:
        try:
            book = read(file, isolated=False, rows=5).codebook
        except DiplabError:
            # files that are damaged on purpose
            continue
        back = read_ddi(write_ddi(book, tmp_path / "c.xml"))
        assert back == replace(book, reasons={}), file.name
        compared += 1
    assert compared >= 30


def test_what_is_lost_is_what_is_said(tmp_path: Path) -> None:
    book = Codebook(
        {
            "a": Variable("a", label=Text("x\x07", "x\x07")),
            "b": Variable("b", label=Text("", "", others=(("pt", "p"),))),
        },
        reasons={"a": {"refused": 3}},
    )
    back = read_ddi(write_ddi(book, tmp_path / "c.xml"))
    assert (back.reasons, back["a"].label) == ({}, Text.same("x\N{REPLACEMENT CHARACTER}"))
    assert (back["b"].label, back.title) == (Text("", "", others=(("pt", "p"),)), NOTHING)


@pytest.mark.parametrize(
    "headings",
    [
        "Nom de la variable;Libellé;Code;Libellé du code",
        "Nom;Description;Modalités;Libellés",
        "VARIABLE;LIBVAR;MODALITE;LIBMOD",
        "id_variable;libelle_variable;id_modalite;libelle_modalite",
        "codeVariable;libelleVariable;codeModalite;libelleModalite",
        "Mnémonique;Libellés des variables;Modalités;Libellés des modalités",
        "variable;Label;Valeur;Label de la valeur",
        "VAR_ID;VAR_LIB;MOD_ID;MOD_LIB",
        "Variable;Libellé de variable;Valeurs;Signification",
        "Variable,Label,Value,Label",
    ],
)
def test_headings_of_dictionaries_in_other_words(tmp_path: Path, headings: str) -> None:
    file = tmp_path / "dictionary.csv"
    file.write_text(
        f"{headings.replace(',', ';')}\nSEXE;Sexe;1;Homme\nSEXE;Sexe;2;Femme\nDIP;Diplôme;01;Aucun\n"
    )
    book = read_codebook(file)
    assert book["SEXE"].values == {1: Text.same("Homme"), 2: Text.same("Femme")}
    assert [book[name].label.fr or book[name].question.fr for name in book] == ["Sexe", "Diplôme"]


def of_range(folder: Path, ends: str) -> Microdata:
    """Return twelve ages of which a codebook of DDI declares a range missing."""
    (folder / "a.csv").write_text("age\n" + "97\n98\n99\n20\n" * 3)
    (folder / "c.xml").write_text(
        '<codeBook xmlns="ddi:codebook:2_5"><dataDscr><var name="age"><invalrng>'
        f"<range {ends}/></invalrng></var></dataDscr></codeBook>"
    )
    return read(folder / "a.csv", codebook=folder / "c.xml")


@pytest.mark.parametrize(
    ("ends", "missing"),
    [
        ('min="98" max="99"', 6),
        ('minExclusive="97"', 6),  # from the first code after 97
        ('UNITS="REAL" minExclusive="98"', 3),
        ('min="97" maxExclusive="99"', 6),
        ('min="." max="."', 0),  # a cell that holds nothing
    ],
)
def test_ranges_of_missing_codes_of_ddi(tmp_path: Path, ends: str, missing: int) -> None:
    assert of_range(tmp_path, ends).frame["age"].isna().sum() == missing


@pytest.mark.parametrize("ends", ['min="x"', 'min="1" max="many"', 'maxExclusive="98+"'])
def test_a_range_that_ends_at_no_number_makes_no_answer_missing(tmp_path: Path, ends: str) -> None:
    """It was taken for open, and all answers for missing."""
    with pytest.raises(LoadError) as error:
        of_range(tmp_path, ends)
    assert "In `age`, a range of missing codes ends at `" in str(error.value)


@pytest.mark.parametrize(
    "described",
    ['storage = "number"', 'storage = "date"', 'values = [{ code = 1, fr = "oui", en = "yes" }]'],
)
def test_words_that_a_codebook_describes_as_numbers_are_told(
    tmp_path: Path, described: str
) -> None:
    (tmp_path / "a.csv").write_text("work,n\nyes,1\nno,2\n")
    (tmp_path / "c.toml").write_text(f"[variables.work]\n{described}\n[variables.n]\n{described}\n")
    data = read(tmp_path / "a.csv", codebook=tmp_path / "c.toml")
    assert data.frame["work"].tolist() == ["yes", "no"]
    said = [each.en for each in data.codebook.origin.notices]
    assert said[0].startswith(
        "Described in their codebook as numbers, dates or yes and no, they hold"
    )
    assert "`work`" in said[0]
    assert ("`n`" in said[0]) == ("date" in described)
