"""Damaged copies of sample files, made with a seed, and what `read` makes of each.

    python tests/loaders/fuzz/mutations.py --out FOLDER [--shared FOLDER] [--count 2000] [--part 0 --of 1] [--seed 1]
    python tests/loaders/fuzz/mutations.py --out FOLDER [--shared FOLDER] --again NAME NUMBER

The first line reads a part of the mutations and writes one line of JSON for each: name, number, how it ended, seconds,
largest resident size in MB. The second writes one mutated file to the folder and reads it with nothing caught.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import resource
import shutil
import signal
import sys
import time
import traceback
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyreadstat

if TYPE_CHECKING:
    from collections.abc import Callable

R_SAMPLES = Path(__file__).parents[1] / "r_samples"
SEED = 20260407
SECONDS = 10
GIGABYTE = 10**9
LARGEST = 2_500_000
USUAL = 30_000
"""A file twice as large is mutated half as often."""

EXTREMES = [b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff", b"\x80"]
TOKENS = [
    *(mark.encode() for mark in "\"';,|\t\n\r{}[]<>&%\\/:=-+.0"), b'""', b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9",
    "é\u00a0\u2028\ud7ff".encode(), b"1e999", b"-0", b"NaN", b"null", b"true", b"9" * 400, b"1,5", b"=1+1",
    b"2020-02-30", b"[" * 3000, b"{\"a\":" * 3000, b"<a>" * 3000, b"]]>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;", b"&#0;",
    b"&b;", b"<![CDATA[", b"\\ud800", b"A" * 70_000, b";" * 3000, b"\n" * 3000, b"../../a", b"__class__",
]  # fmt: skip
STRUCTURES = {
    "limesurvey/sgmodels_clean_quantitative.csv": ["limesurvey/limesurvey_survey_782678.lss"],
    "qualtrics/Sample_Survey.csv": ["qualtrics/Sample_Survey.qsf"],
    "qualtrics/Multiple_Answer_MC_Questions.csv": ["qualtrics/Multiple_Answer_MC_Questions.qsf"],
    "haven/sas/tagged-na.sas7bdat": ["haven/sas/tagged-na.sas7bcat"],
    "pyreadstat/sas_catalog/test_data_win.sas7bdat": ["pyreadstat/sas_catalog/test_formats_win.sas7bcat"],
}
"""Files that describe another: they are mutated, and the other read with them."""

DESCRIBED = {
    "comma.codebook.toml": "comma.csv", "comma.ddi.xml": "comma.csv", "lime.lss": "lime.csv",
    "choices.qsf": "choices.csv", "kobo.xlsform.xlsx": "kobo.csv", "syntax.R": "syntax.csv", "syntax.sps": "syntax.dat",
}  # fmt: skip
"""The same among the files made here."""

FORM = {
    "survey": """type,name,label::English (en),label::Français (fr)
        begin_group,work,Work,Travail
        select_one yn,job,Job?,Emploi ?
        select_multiple tasks or_other,tasks,Tasks?,Tâches ?
        end_group,,,
        rank tasks,best,Best?,Mieux ?
        geopoint,home,Where?,Où ?
        begin_repeat,person,Person,Personne
        text,name,Name?,Nom ?
        begin_repeat,pet,Pet,Animal
        text,name,Name?,Nom ?
        end_repeat,,,
        end_repeat,,,""",
    "choices": """list_name,name,label::English (en),label::Français (fr)
        yn,1,Yes,Oui
        yn,0,No,Non
        tasks,img,Label images,Étiqueter
        tasks,txt,Write,Écrire""",
    "settings": "form_title,default_language\nWorkers,Français (fr)",
}
KOBO = {
    "kobo.csv": "work/job,work/tasks,work/tasks/img,work/tasks/txt,best,home,_home_latitude,start,_index,_uuid\n"
    "1,img,1,0,txt img,48 2,48,2026-01-06T15:16:21.052+01:00,1,u1\n"
    "1,img txt,1,1,txt,,,2026-01-07T15:16:21.052+01:00,2,u2\n0,,,,,,,,3,u3\n",
    "kobo-person.csv": "name,_index,_parent_table_name,_parent_index\nAnn,1,kobo,1\nBob,2,kobo,3\n",
    "kobo-pet.csv": "name,_index,_parent_table_name,_parent_index\nRex,1,person,2\n",
}
QUESTIONS = [
    {"QuestionType": "MC", "Selector": "SAVR", "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}}},
    {"QuestionType": "MC", "Selector": "MAVR", "Choices": {"1": {"Display": "Mail"}, "2": {"Display": "Phone"}}},
    {
        "QuestionType": "Matrix", "Selector": "Likert", "SubSelector": "SingleAnswer",
        "Choices": {"1": {"Display": "Pay"}}, "Answers": {"1": {"Display": "Bad"}, "2": {"Display": "Good"}},
        "RecodeValues": {"1": "10", "2": 2}, "AnalyzeChoices": {"2": "No"},
    },
    {"QuestionType": "TE", "Selector": "SL", "Language": {"FR": {"QuestionText": "Dites"}}},
    {"QuestionType": "MC", "Selector": "MACOL", "Choices": {"1": {"Display": "A, b"}, "2": {"Display": "C"}}},
    {
        "QuestionType": "SBS",
        "AdditionalQuestions": {"1": {"QuestionType": "Matrix", "Answers": {"1": {"Display": "A"}}}},
    },
]  # fmt: skip
LOOP = {"LoopingOptions": {"Static": {"1": {"1": "Uber"}}}}
BLOCK = {"Description": "Block", "BlockElements": [{"QuestionID": "QID4"}], "Options": LOOP}
ELEMENTS = [
    {"Element": "SQ", "Payload": {"QuestionID": f"QID{at}", "DataExportTag": f"Q{at}", "QuestionText": "?", **each}}
    for at, each in enumerate(QUESTIONS, 1)
]
IDENTIFIERS = ",".join(
    f'"{{""ImportId"":""{each}""}}"' for each in ["QID1", "QID2_1", "QID2_2", "QID3_1", "1_QID4_TEXT", "QID5"]
)
_MONKEY = "Respondent ID,Start Date,Work?,,Which?\n,,Yes,No,Response\n"
EXPORTS = {
    **KOBO,
    "lime.csv": '"id","submitdate","lastpage","startlanguage","work"\n'
    + "".join(f'"{each}","2026-01-0{each} 10:00:00","3","fr","A{1 + each % 2}"\n' for each in range(1, 9)),
    "lime.lss": "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages><language>fr</language></languages>"
    "<answers><rows><row><qid>9</qid><code>A1</code><answer><![CDATA[oui]]></answer><sortorder>1</sortorder>"
    "<language>fr</language></row><row><qid>9</qid><code>A2</code><answer><![CDATA[non]]></answer>"
    "<sortorder>2</sortorder><language>fr</language></row></rows></answers><groups><rows><row><gid>7</gid>"
    "<group_name>Travail</group_name><group_order>1</group_order><language>fr</language></row></rows></groups>"
    "<questions><rows><row><qid>9</qid><parent_qid>0</parent_qid><sid>71</sid><gid>7</gid><type>L</type>"
    "<title>work</title><question><![CDATA[<p>Travaillez-vous ?</p>]]></question><other>N</other>"
    "<question_order>1</question_order><language>fr</language></row></rows></questions></document>",
    "choices.csv": "Q1,Q2_1,Q2_2,Q3_1,1_Q4,Q5\nWork?,Which?-Mail,Which?-Phone,Rate-Pay,Say,Many\n"
    f'{IDENTIFIERS}\n1,1,,2,words,"1,2"\n2,,1,-99,,"2,1"\n-99,0,0,1,x,1\n',
    "choices.qsf": json.dumps(
        {
            "SurveyEntry": {"SurveyName": "S", "SurveyLanguage": "EN"},
            "SurveyElements": [*ELEMENTS, {"Element": "BL", "Payload": {"1": BLOCK}}],
        }
    ),
    "form.csv": "Timestamp,Uses?,Rate [Pay],Rate [Rest]\n"
    + "".join(f"2026/11/2{each} 2:03:10 PM GMT+1,mail;post,{each},{each}\n" for each in range(8)),
    "monkey.csv": _MONKEY + "".join(f"10{each},11/25/2026 10:00:00,Yes,,words\n" for each in range(8)),
    "numbered.csv": "q0001,q0002_0001,q0002_0002\nYes,Not selected,Mail\nNo answer,Post,NA\n",
    "people.csv": "Submission id,Participant id,Started at,Age,Languages\n"
    's1,p1,2026-05-01T10:00:00.123000Z,31,"[""fr"", ""en""]"\n'
    + "".join(f's{each},p{each},,CONSENT_REVOKED,"[""fr"", ""en""]"\n' for each in range(2, 8)),
    "syntax.csv": '"id","work"\n' + "".join(f'"{each}","A1"\n' for each in range(1, 9)),
    "syntax.R": "# LimeSurvey Field type: F\ndata[, 1] <- as.numeric(data[, 1])\n"
    'attributes(data)$variable.labels[1] <- "id"\nnames(data)[1] <- "id"\n'
    "# LimeSurvey Field type: A\ndata[, 2] <- as.character(data[, 2])\n"
    'attributes(data)$variable.labels[2] <- "Work?"\n'
    'data[, 2] <- factor(data[, 2], levels=c("A1","A2"),labels=c("yes", "no"))\nnames(data)[2] <- "work"\n',
    "syntax.dat": "'1','A1'\n'2','A2'\n",
    "syntax.sps": "GET DATA\n /TYPE=TXT\n /FILE='survey.dat'\n /DELCASE=LINE\n /DELIMITERS=\",\"\n"
    ' /QUALIFIER="\'"\n /ARRANGEMENT=DELIMITED\n /FIRSTCASE=1\n /IMPORTCASE=ALL\n /VARIABLES=\n V1 F4\n V2 A2.\n'
    'CACHE.\nEXECUTE.\nVARIABLE LABELS V1 "id".\nVARIABLE LABELS V2 "Work?".\n'
    'VALUE LABELS V2\n"A1" "yes"\n"A2" "no".\nRENAME VARIABLE ( V1 = id ).\nRENAME VARIABLE ( V2 = work ).\n',
    "comma.ddi.xml": '<codeBook xmlns="ddi:codebook:2_5" version="2.5"><stdyDscr><citation><titlStmt><titl>Work</titl>'
    '</titlStmt></citation></stdyDscr><dataDscr><var ID="V1" name="work" intrvl="discrete"><labl>emploi</labl>'
    '<catgry><catValu>1</catValu><labl xml:lang="en">yes</labl></catgry><catgry missing="Y"><catValu>9</catValu>'
    "<labl>refused</labl></catgry></var></dataDscr></codeBook>",
}


def mutated(whole: bytes, random: np.random.Generator) -> bytes:
    """Return a damaged copy; of an archive, half the time one with a damaged member."""
    if whole[:4] == b"PK\x03\x04" and random.random() < 0.5:
        return with_damaged_member(whole, random)
    content = bytearray(whole)
    # What is plainly damaged is refused at once: half of the copies have one damage only, half of the texts stay text.
    kinds = [one_byte, extreme, cut, block]
    if is_text(whole):
        kinds = [token, token, line, word, *(kinds if random.random() < 0.5 else [])]
    for _ in range(max(1, int(random.integers(-2, 5)))):
        if content:
            kinds[int(random.integers(len(kinds)))](content, random)
    return bytes(content)


def is_text(content: bytes) -> bool:
    return b"\0" not in content[:4000] and not content.startswith((b"$FL", b"PK", b"<stata"))


def place(content: bytearray, random: np.random.Generator) -> int:
    # Half of the damage falls on the first part, where headers are.
    end = len(content) if random.random() < 0.5 else min(len(content), 2000)
    return int(random.integers(end))


def one_byte(content: bytearray, random: np.random.Generator) -> None:
    content[place(content, random)] = int(random.integers(256))


def extreme(content: bytearray, random: np.random.Generator) -> None:
    at, value = place(content, random), EXTREMES[int(random.integers(len(EXTREMES)))]
    content[at : at + len(value)] = value


def cut(content: bytearray, random: np.random.Generator) -> None:
    del content[max(1, place(content, random)) :]


def block(content: bytearray, random: np.random.Generator) -> None:
    at, source, length = place(content, random), place(content, random), int(random.integers(1, 256))
    replaced = length if random.random() < 0.5 else 0
    content[at : at + replaced] = content[source : source + length]


def token(content: bytearray, random: np.random.Generator) -> None:
    at, replaced = place(content, random), int(random.integers(3))
    content[at : at + replaced] = TOKENS[int(random.integers(len(TOKENS)))]


def line(content: bytearray, random: np.random.Generator) -> None:
    lines = content.split(b"\n")
    at, source = int(random.integers(len(lines))), int(random.integers(len(lines)))
    if random.random() < 0.5:
        del lines[at]
    else:
        lines.insert(at, lines[source])
    content[:] = b"\n".join(lines)


def word(content: bytearray, random: np.random.Generator) -> None:
    words = [found.span() for found in re.finditer(rb"\w+", content[:200_000])]
    if not words:
        return
    (start, end), (first, last) = (words[int(random.integers(len(words)))] for _ in range(2))
    content[start:end] = content[first:last]


def with_damaged_member(whole: bytes, random: np.random.Generator) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(made, "w") as anew:
        members = archive.namelist()
        damaged = members[int(random.integers(len(members)))]
        for name in members:
            content = archive.read(name)
            anew.writestr(name, mutated(content, random) if name == damaged and content else content)
    return made.getvalue()


def own_samples(folder: Path) -> list[Path]:
    """Write small files of each format that can be written here."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(
        {
            "work": [1.0, 2.0, 9.0, np.nan] * 10,
            "income_each_month": np.arange(40) / 8,
            "day": pd.to_datetime(["2018-05-06", "2018-05-07"] * 20),
            "town": ["Orléans", "Lyon", "", "Le Mans"] * 10,
        }
    )
    labels = {"work": {1.0: "yes", 2.0: "no", 9.0: "refused"}}
    options = {"column_labels": {"work": "emploi"}, "variable_value_labels": labels}
    pyreadstat.write_sav(frame, folder / "plain.sav", missing_ranges={"work": [9]}, note="a note", **options)
    pyreadstat.write_sav(frame, folder / "rows.sav", row_compress=True, **options)
    pyreadstat.write_sav(frame, folder / "packed.zsav", compress=True, **options)
    pyreadstat.write_dta(frame, folder / "new.dta", **options)
    pyreadstat.write_dta(frame, folder / "old.dta", version=10, **options)
    short = frame.rename(columns={"income_each_month": "income"}).replace("Orléans", "Tours")
    pyreadstat.write_por(short, folder / "old.por")
    pyreadstat.write_xport(short, folder / "sas.xpt")
    frame.to_csv(folder / "comma.csv", index=False)
    frame.to_csv(folder / "french.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    frame.to_csv(folder / "tabs.tsv", index=False, sep="\t", encoding="utf-16")
    frame.to_excel(folder / "sheet.xlsx", index=False)
    (folder / "comma.codebook.toml").write_text(
        '[variables.work]\nlabel = { fr = "emploi", en = "work" }\nmeasure = "nominal"\n'
        'values = [{ code = 1, label = "yes" }, { code = 2, label = { fr = "non", en = "no" } }]\n'
        'missing = [{ code = 9, reason = "refused" }]\n\n[reasons.work]\nrefused = 10\n',
        encoding="utf-8",
    )
    frame.to_parquet(folder / "columns.parquet")
    for name in ("people-plain.rds", "labelled.rds", "one.rda"):
        shutil.copy(R_SAMPLES / name, folder / name)
    structured_samples(folder)
    return sorted(each for each in folder.iterdir() if each.name not in DESCRIBED and each.suffix != ".dat")


def structured_samples(folder: Path) -> None:
    """Write small exports of survey programs, and what describes them, as the documentation of each has them."""
    for name, content in EXPORTS.items():
        (folder / name).write_text(content, encoding="utf-8")
    with pd.ExcelWriter(folder / "kobo.xlsform.xlsx") as form:
        for sheet, lines in FORM.items():
            read_as = pd.read_csv(io.StringIO(lines), skipinitialspace=True, dtype=str)
            read_as.to_excel(form, sheet_name=sheet, index=False)
    rows = "".join(f"<row><id>{each}</id><_71X7X9>{each % 3}</_71X7X9></row>" for each in range(1, 9))
    responses = (
        "<document><LimeSurveyDocType>Responses</LimeSurveyDocType><responses><fields><fieldname>id</fieldname>"
        f"<fieldname>_71X7X9</fieldname></fields><rows>{rows}</rows></responses></document>"
    )
    with zipfile.ZipFile(folder / "lime.lsa", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey_71.lss", EXPORTS["lime.lss"])
        archive.writestr("survey_71_responses.lsr", responses)
    with zipfile.ZipFile(folder / "kobo.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in KOBO.items():
            archive.writestr(name, content)


def samples(out: Path, shared: Path | None) -> dict[str, tuple[Path, Path | None]]:
    """Return by name the file to mutate, and the one that is read with it where it describes another."""
    from diplab.loaders.formats import FORMATS

    suffixes = {suffix for each in FORMATS for suffix in each.suffixes}
    found: dict[str, tuple[Path, Path | None]] = {}
    if shared is None:
        found = {f"own/{each.name}": (each, None) for each in own_samples(out / "own")}
        for description, data in DESCRIBED.items():
            found[f"own/{description}"] = (out / "own" / description, out / "own" / data)
    else:
        for folder in ("loaders", "french", "crowdwork", "open/nonprobsvy", "open/sae"):
            for each in sorted((shared / "data" / folder).rglob("*")):
                found[each.relative_to(shared / "data").as_posix()] = (each, None)
        for data, descriptions in STRUCTURES.items():
            for each in descriptions:
                read_with = shared / "data/loaders" / data
                found[f"loaders/{each} of {Path(data).name}"] = (shared / "data/loaders" / each, read_with)
    return {
        name: (file, data)
        for name, (file, data) in found.items()
        if file.is_file() and 0 < file.stat().st_size <= LARGEST and (data or file).suffix.lower() in suffixes
    }


def shares(found: dict[str, tuple[Path, Path | None]], count: int) -> list[tuple[str, int]]:
    """Return so many mutations, shared over the files: small ones have more, each has one at least."""
    weights = {name: 1 / (1 + file.stat().st_size / USUAL) for name, (file, _) in found.items()}
    ends = np.cumsum(list(weights.values())) / sum(weights.values()) * max(0, count - len(found))
    counts = np.diff(np.rint([0, *ends])).astype(int) + 1
    return [(name, each) for name, own in zip(weights, counts, strict=True) for each in range(own)][:count]


def made(name: str, number: int, file: Path, seed: int) -> bytes:
    random = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    return mutated(file.read_bytes(), random)


def reader_of(name: str, number: int, file: Path, data: Path | None, out: Path, seed: int) -> Callable[[], object]:
    from diplab.loaders.read import read

    out.mkdir(parents=True, exist_ok=True)
    damaged = out / f"damaged{file.suffix}"
    damaged.write_bytes(made(name, number, file, seed) or b"\0")
    if data is None:
        return lambda: read(damaged)
    if file.suffix in (".toml", ".xml"):
        return lambda: read(data, codebook=damaged)
    return lambda: read(data, structure=damaged)


def ending(read_it: Callable[[], object]) -> str:
    from diplab.errors import LoadError
    from diplab.microdata.microdata import Microdata

    signal.alarm(SECONDS + 1)
    try:
        found = read_it()
    except LoadError as refusal:
        return "died" if "Its reader died on it" in str(refusal) else "refused"
    except Exception:  # noqa: BLE001
        return traceback.format_exc(limit=-3)
    finally:
        signal.alarm(0)
    return "read" if isinstance(found, Microdata) else f"a {type(found).__name__}"


def limited() -> None:
    """Let this process ask for a gigabyte more than its libraries take."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    size = pages * resource.getpagesize() + GIGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))


def peak() -> int:
    """Return the largest resident size of this process in MB.

    That of `getrusage` begins with what its parent had, a test process that has grown by other tests.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(found.split()[1]) // 1000


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--shared", type=Path)
    asked.add_argument("--count", type=int, default=2000)
    asked.add_argument("--part", type=int, default=0)
    asked.add_argument("--of", type=int, default=1)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--again", nargs=2)
    given = asked.parse_args()
    found = samples(given.out, given.shared)
    if given.again:
        name, number = given.again
        sys.stdout.write(f"{reader_of(name, int(number), *found[name], given.out, given.seed)()!r}\n")
        return
    limited()
    for name, number in shares(found, given.count)[given.part :: given.of]:
        read_it = reader_of(name, number, *found[name], given.out, given.seed)
        sys.stdout.write(json.dumps([name, number]) + "\n")
        sys.stdout.flush()
        begun = time.perf_counter()
        end = ending(read_it)
        taken = round(time.perf_counter() - begun, 2)
        largest = peak()
        sys.stdout.write(json.dumps([name, number, end, taken, largest]) + "\n")


if __name__ == "__main__":
    main()
