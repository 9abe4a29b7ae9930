"""Damaged copies of a file of every format that `read` knows, and how each ends: in microdata or in a LoadError.

    python benchmarks/fuzz.py [--count 10000] [--seed 20260407] [--shared FOLDER] [--out FOLDER]
    [--lines]
                             [--suffixes .sps .dat ...]
    python benchmarks/fuzz.py --again NAME NUMBER [--seed SEED] [--shared FOLDER] [--out FOLDER]

Small files of each format are made here, and files of the tests are added; with `--shared`, also
real ones of that folder. Each copy has one damage or several: bytes, words, lines, members of an
archive. It is read in this process, which may ask for a gigabyte; one reading that does not end
within eleven seconds ends it. Printed is a row per format: copies, how many were read and refused,
how many ended in another way, the longest time and the largest resident size; with `--lines`, a
line of JSON per copy instead. `--suffixes` takes files of some formats only. The second use reads
one copy with nothing caught.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import resource
import shutil
import signal
import struct
import sys
import tempfile
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

TESTS = Path(__file__).parents[1] / "tests" / "loaders"
SEED = 20260407
ENDINGS = ("read", "refused", "died")
"""How a copy may end; `died` is a refusal too: the native reader died in its child process."""
SECONDS = 10
GIGABYTE = 10**9
LARGEST_SAMPLE = 2_500_000
USUAL = 30_000
"""A file twice as large is mutated half as often."""

EXTREMES = [
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\xff\xff",
    b"\x80",
]
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
    "pyreadstat/sas_catalog/test_data_win.sas7bdat": [
        "pyreadstat/sas_catalog/test_formats_win.sas7bcat"
    ],
}
"""Files that describe another: they are mutated, and the other read with them."""

DESCRIBED = {
    "comma.codebook.toml": "comma.csv", "comma.ddi.xml": "comma.csv", "lime.lss": "lime.csv",
    "choices.qsf": "choices.csv", "kobo.xlsform.xlsx": "kobo.csv", "syntax.R": "syntax.csv", "syntax.sps": "syntax.dat",
    **dict.fromkeys(("setup.sps", "setup.sas", "setup.do", "dictionary.dct"), "setup.dat"),
    "workers.sps": "workers.dat", "orders.sps": "orders.txt", "r.sps": "r_sps.txt", "r.sas": "r_sas.txt",
    "r.do": "r_do.txt", **dict.fromkeys(("icpsr.sps", "icpsr.sas", "icpsr.dct"), "icpsr.txt"),
}  # fmt: skip
"""The same among the files made here."""
SETUPS = (".sps", ".sas", ".do", ".dct")
"""What describes data that say nothing of themselves: these are mutated too, and read with it."""

SAMPLES = TESTS / "samples"
EXPORTS = {
    each.name: each.read_text(encoding="utf-8") for each in sorted((SAMPLES / "exports").iterdir())
}
"""Small exports of survey programs, and what describes them, as the documentation of each has them."""

KOBO = {name: EXPORTS[name] for name in ("kobo.csv", "kobo-person.csv", "kobo-pet.csv")}
FORM = {
    sheet: (SAMPLES / "xlsform" / f"{sheet}.csv").read_text(encoding="utf-8")
    for sheet in ("survey", "choices", "settings")
}


def mutated(whole: bytes, random: np.random.Generator) -> bytes:
    """Return a damaged copy; of an archive, half the time one with a damaged member."""
    if whole[:4] == b"PK\x03\x04" and random.random() < 0.5:
        return with_damaged_member(whole, random)
    content = bytearray(whole)
    # What is plainly damaged is refused at once: half of the copies have one damage only, half of
    # the texts stay text.
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
    at, source, length = (
        place(content, random),
        place(content, random),
        int(random.integers(1, 256)),
    )
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
            anew.writestr(
                name, mutated(content, random) if name == damaged and content else content
            )
    return made.getvalue()


def dbase(frame: pd.DataFrame) -> bytes:
    """Return a frame as a table of dBASE III: numbers of twelve digits, words of as many letters."""
    kinds = ["N" if each.dtype.kind == "f" else "C" for _, each in frame.items()]
    fields = zip(frame, kinds, strict=True)
    described = b"".join(
        struct.pack("<11scIB15x", name.encode()[:10], kind.encode(), 0, 12) for name, kind in fields
    )
    head = struct.pack(
        "<4BIHH20x", 3, 126, 11, 29, len(frame), 33 + len(described), 1 + 12 * len(kinds)
    )
    cells = [
        "".join(f" {each!s:>12}"[-12:] for each in row)
        for row in frame.astype(object).where(frame.notna(), "").to_numpy()
    ]
    return (
        head + described + b"\r" + b"".join(f" {row}".encode("cp1252") for row in cells) + b"\x1a"
    )


def own_samples(folder: Path) -> list[Path]:
    """Write small files of each format that can be written here."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {"work": [1.0, 2.0, 9.0, np.nan] * 10, "income_each_month": np.arange(40) / 8}
    days = pd.to_datetime(["2018-05-06", "2018-05-07"] * 20)
    frame = pd.DataFrame({**numbers, "day": days, "town": ["Orléans", "Lyon", "", "Le Mans"] * 10})
    labels = {"work": {1.0: "yes", 2.0: "no", 9.0: "refused"}}
    options = {"column_labels": {"work": "emploi"}, "variable_value_labels": labels}
    pyreadstat.write_sav(
        frame, folder / "plain.sav", missing_ranges={"work": [9]}, note="a note", **options
    )
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
    frame.to_parquet(folder / "columns.parquet")
    frame.to_feather(folder / "columns.feather")
    frame.to_feather(folder / "plain.arrow", compression="uncompressed")
    (folder / "table.dbf").write_bytes(dbase(frame))
    binary = [
        TESTS / "r_samples" / name for name in ("people-plain.rds", "labelled.rds", "one.rda")
    ]
    described = [
        each
        for each in (SAMPLES / "setup_files").iterdir()
        if each.name in {*DESCRIBED, *DESCRIBED.values()}
    ]
    for file in (*binary, *(SAMPLES / "workbooks").iterdir(), *described):
        shutil.copy(file, folder / file.name)
    for name, content in EXPORTS.items():
        (folder / name).write_text(content, encoding="utf-8")
    for name in ("form", "monkey", "choices"):  # downloaded as a workbook
        table = pd.read_csv(io.StringIO(EXPORTS[f"{name}.csv"]), header=None, dtype=str)
        table.to_excel(folder / f"{name}.xlsx", header=False, index=False)
    with pd.ExcelWriter(folder / "kobo.xlsform.xlsx") as form:
        for sheet, lines in FORM.items():
            pd.read_csv(io.StringIO(lines), dtype=str).to_excel(form, sheet_name=sheet, index=False)
    rows = "".join(
        f"<row><id>{each}</id><_71X7X9>{each % 3}</_71X7X9></row>" for each in range(1, 9)
    )
    responses = (
        "<document><LimeSurveyDocType>Responses</LimeSurveyDocType><responses><fields><fieldname>id</fieldname>"
        f"<fieldname>_71X7X9</fieldname></fields><rows>{rows}</rows></responses></document>"
    )
    archives = {
        "lime.lsa": {"survey_71.lss": EXPORTS["lime.lss"], "survey_71_responses.lsr": responses},
        "kobo.zip": KOBO,
    }
    for name, members in archives.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
    return sorted(
        each
        for each in folder.iterdir()
        if each.name not in DESCRIBED and each.suffix not in (".dat", ".txt")
    )


def samples(out: Path, shared: Path | None = None) -> dict[str, tuple[Path, Path | None]]:
    """Return by name the file to mutate, and the one that is read with it where it describes another."""
    from diplab.loaders.formats import FORMATS

    suffixes = {suffix for each in FORMATS for suffix in each.suffixes}
    found: dict[str, tuple[Path, Path | None]] = {
        f"own/{each.name}": (each, None) for each in own_samples(out / "own")
    }
    for description, data in DESCRIBED.items():
        found[f"own/{description}"] = (out / "own" / description, out / "own" / data)
        if Path(description).suffix in SETUPS:
            found[f"own/{data} by {description}"] = (out / "own" / data, out / "own" / description)
    if shared is not None:
        for folder in ("loaders", "french", "crowdwork", "open/nonprobsvy", "open/sae"):
            for each in sorted((shared / "data" / folder).rglob("*")):
                found[each.relative_to(shared / "data").as_posix()] = (each, None)
        for data, descriptions in STRUCTURES.items():
            for each in descriptions:
                read_with = shared / "data/loaders" / data
                found[f"loaders/{each} of {Path(data).name}"] = (
                    shared / "data/loaders" / each,
                    read_with,
                )
    return {
        name: (file, data)
        for name, (file, data) in found.items()
        if file.is_file() and 0 < file.stat().st_size <= LARGEST_SAMPLE
        if suffixes & {file.suffix.lower(), "" if data is None else data.suffix.lower()}
    }


def shares(found: dict[str, tuple[Path, Path | None]], count: int) -> list[tuple[str, int]]:
    """Return so many mutations, shared over the files: small ones have more; each has one, or as many as are asked."""
    weights = {name: 1 / (1 + file.stat().st_size / USUAL) for name, (file, _) in found.items()}
    ends = np.cumsum(list(weights.values())) / sum(weights.values()) * max(0, count - len(found))
    counts = np.diff(np.rint([0, *ends])).astype(int) + 1
    copies = [
        (name, each) for name, own in zip(weights, counts, strict=True) for each in range(own)
    ]
    return [copies[place] for place in np.linspace(0, len(copies) - 1, count).astype(int)]


def made(name: str, number: int, file: Path, seed: int) -> bytes:
    random = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    return mutated(file.read_bytes(), random)


def reader_of(
    name: str, number: int, file: Path, data: Path | None, out: Path, seed: int
) -> Callable[[], object]:
    from diplab.loaders.read import read

    out.mkdir(parents=True, exist_ok=True)
    damaged = out / f"damaged_{file.suffix[1:]}{file.suffix}"  # no .dct is beside a .do of its name
    damaged.write_bytes(made(name, number, file, seed) or b"\0")
    if data is None:
        return lambda: read(damaged)
    if data.suffix in SETUPS:
        return lambda: read(damaged, structure=data)
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

    That of `getrusage` begins with what its parent had, a test process that has grown by other
    tests.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(found.split()[1]) // 1000


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--out", type=Path)
    asked.add_argument("--shared", type=Path)
    asked.add_argument("--count", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--lines", action="store_true")
    asked.add_argument(
        "--suffixes", nargs="+", help="of the files that are mutated; all by default"
    )
    asked.add_argument("--again", nargs=2)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as made_here:
        out = given.out or Path(made_here)
        found = samples(out, given.shared)
        if given.again:
            name, number = given.again
            print(repr(reader_of(name, int(number), *found[name], out, given.seed)()))
            return
        if given.suffixes:
            found = {
                name: pair
                for name, pair in found.items()
                if pair[0].suffix.lower() in given.suffixes
            }
        limited()
        ends: list[tuple[str, int, str, float, int]] = []
        for name, number in shares(found, given.count):
            read_it = reader_of(name, number, *found[name], out, given.seed)
            if given.lines:
                print(json.dumps([name, number]), flush=True)
            begun = time.perf_counter()
            end = ending(read_it)
            ends.append((name, number, end, round(time.perf_counter() - begun, 2), peak()))
            if given.lines:
                print(json.dumps(ends[-1]), flush=True)
            elif end not in ENDINGS or ends[-1][3] > SECONDS:
                print(f"{name} {number}: {end} ({ends[-1][3]} s)", file=sys.stderr, flush=True)
    if not given.lines:
        print(summary(ends))


def summary(ends: list[tuple[str, int, str, float, int]]) -> str:
    """Return a row per format of how the copies ended."""
    frame = pd.DataFrame(ends, columns=["name", "number", "end", "seconds", "megabytes"])
    frame["format"] = (
        frame["name"]
        .str.split(" of | by ", regex=True)
        .str[0]
        .str.extract(r"(\.[^./]+)$")[0]
        .str.lower()
    )
    frame["others"] = ~frame["end"].isin(ENDINGS)
    by_format = frame.groupby("format").agg(
        copies=("end", "size"),
        read=("end", lambda end: int((end == "read").sum())),
        refused=("end", lambda end: int((end == "refused").sum())),
        died=("end", lambda end: int((end == "died").sum())),
        others=("others", "sum"),
        longest=("seconds", "max"),
        largest=("megabytes", "max"),
    )
    return f"{by_format.to_string()}\n{len(frame)} copies, {int(frame['others'].sum())} with another ending"


if __name__ == "__main__":
    main()
