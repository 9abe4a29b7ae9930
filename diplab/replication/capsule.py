"""A capsule: one file with a study's code, numbers, results, figures, report and versions, to deposit and to verify.

The file is an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): a zip archive whose `ro-crate-metadata.json` describes
each member, and each data file by its address and checksum. Data go in only where their licence allows copies.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import math
import platform
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from diplab.errors import DataError, StudyError
from diplab.loaders.limits import open_archive
from diplab.loaders.source import SourceFile
from diplab.presentation.writers.figures import DRAWING_LIBRARIES
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import LANGUAGES, NOTHING, Text, Words
from diplab.replication.archive import DataFile, locate
from diplab.replication.registry import study as find_study
from diplab.replication.rerun import Run, run
from diplab.replication.runner import draw
from diplab.replication.study import Author, Study
from diplab.results.comparison import Comparison

_WORDS = Words("diplab.replication")

METADATA = "ro-crate-metadata.json"
RESULTS = "results.csv"
VERSIONS = "versions.json"
_STUDY = "surveys"
_KEPT = ("key", "printed", "reproduced", "low", "high", "mark", "printed_way", "verdict", "expected", "rests_on")
_NUMBERS = ("reproduced", "low", "high", "printed_way")
_COPIES_ALLOWED = {"CC BY 4.0", "CC0 1.0", "public domain"}
"""Licences that allow a copy with the citation that goes into the metadata; MIT asks for its own text beside."""

_DRAWN_WITH = {*DRAWING_LIBRARIES, "diplab", "babel", "zlib", "machine"}
"""Versions that decide what the bytes of a figure are: where they agree, figures are compared."""

_SPDX = "https://spdx.org/licenses/"
_SPDX_NAMES = {"CC BY 4.0": "CC-BY-4.0", "CC0 1.0": "CC0-1.0", "MIT": "MIT"}

_KINDS = {
    ".csv": "text/csv", ".dta": "application/x-stata-dta", ".gz": "application/gzip", ".html": "text/html",
    ".json": "application/json", ".lock": "text/plain", ".md": "text/markdown", ".pdf": "application/pdf",
    ".png": "image/png", ".py": "text/x-python", ".sav": "application/x-spss-sav", ".svg": "image/svg+xml",
    ".toml": "application/toml", ".txt": "text/plain", ".zip": "application/zip",
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """A capsule rerun: numbers and figures compared, those that changed, and versions that differ from the recorded.

    `compared` says whether figures could be compared, and `why_not` why the study did not run.
    """

    study: str
    numbers: int
    changed: tuple[str, ...]
    files: int
    changed_files: tuple[str, ...]
    versions: Mapping[str, tuple[str, str]]
    ran: bool
    compared: bool = True
    why_not: Text = NOTHING

    @property
    def same(self) -> bool:
        """Whether every number, and every file that was compared, is as recorded."""
        return self.ran and not self.changed and not self.changed_files


def pack(path: Path, study: Study, comparison: Comparison, out: Path, day: date) -> Path:
    """Write the capsule of a study that was rerun, with its figures and report in `out`."""
    if not comparison.ran:
        raise StudyError(
            f"The study `{study.id}` cannot be put into a capsule.",
            f"It was not run: {comparison.why_not.en}.",
            "Give it its data first.",
        )
    members = dict(_members(study, comparison, out))
    metadata = _metadata(study, members, day)
    members[METADATA] = (json.dumps(metadata, ensure_ascii=False, indent=1) + "\n").encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name in sorted(members):
            # a member without a date of its own is the same on every day
            written.writestr(zipfile.ZipInfo(name), members[name], zipfile.ZIP_DEFLATED)
    return write_atomically(path, buffer.getvalue())


def _members(study: Study, comparison: Comparison, out: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every member but the metadata: the study's own files, results, figures, report, versions, data."""
    for file in sorted(study.folder.rglob("*")):
        own = file.relative_to(study.folder)
        if file.is_file() and "__pycache__" not in own.parts and "data" not in own.parts[:1]:
            yield f"{_STUDY}/{study.id}/{own.as_posix()}", file.read_bytes()
    yield RESULTS, _results(comparison)
    for file in sorted((out / "figures" / study.id).glob("*")):
        yield f"figures/{study.id}/{file.name}", file.read_bytes()
    for file in sorted((out / "report").glob("*.html")):
        if file.name.startswith(("index.", f"{study.id}.")):
            yield f"report/{file.name}", file.read_bytes()
    yield VERSIONS, (json.dumps(_versions(), indent=1) + "\n").encode()
    lock = Path(__file__).parents[2] / "requirements.lock"
    if lock.is_file():
        yield "requirements.lock", lock.read_bytes()
    for wanted in study.all_files.values():
        if wanted.licence in _COPIES_ALLOWED and not wanted.package:
            yield f"data/{wanted.place.as_posix()}", locate(wanted).read_bytes()


def _results(comparison: Comparison) -> bytes:
    """Return the results as CSV, numbers to their last digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_KEPT)
    numbers = dict.fromkeys(_NUMBERS, float)
    writer.writerows(comparison.frame[list(_KEPT)].astype(numbers).itertuples(index=False))
    return buffer.getvalue().encode()


def _versions() -> dict[str, str]:
    """Return the versions of Python, of diplab and of all it depends on, that are installed."""
    versions: dict[str, str] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        # it packs what is drawn in a PDF, and comes with the system
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
    wanted = ["diplab"]
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in versions:
            continue
        try:
            installed = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        versions[name] = installed.version
        needs = [each for each in installed.requires or () if "extra ==" not in each]
        wanted += [match[0] for each in needs if (match := re.match(r"[A-Za-z0-9._-]+", each))]
    return dict(sorted(versions.items()))


def _metadata(study: Study, members: Mapping[str, bytes], day: date) -> dict[str, Any]:
    """Return the JSON-LD of the crate: its descriptor, its root, and an entity a file, a licence and an author."""
    own = _licence(study.code_licence)
    data = [_data_entity(each, f"data/{each.place.as_posix()}" in members) for each in study.all_files.values()]
    described = {each["@id"] for each in data}
    files = [_file(name, content, own) for name, content in sorted(members.items()) if quote(name) not in described]
    # what has neither an address nor a copy here is no part of the crate: it is spoken of
    parts = [each for each in (*files, *data) if each["@type"] == "File"]
    spoken_of = [each for each in data if each["@type"] != "File"]
    licences = {each["@id"]: each for each in (own, *(_licence(file.licence) for file in study.all_files.values()))}
    authors = [_author(each) for each in study.authors]
    code = quote(f"{_STUDY}/{study.id}/study.py")
    crate: dict[str, Any] = json.loads(resources.files("diplab.replication").joinpath("ro-crate.json").read_bytes())
    _, root, engine, rerun = crate["@graph"]
    root |= {
        "name": study.title.en,
        "alternateName": study.title.fr,
        "description": study.summary.en or study.title.en,
        "datePublished": day.isoformat(),
        "license": _reference(own),
        "citation": study.citation.en,
        "hasPart": [_reference(each) for each in parts],
        "mainEntity": {"@id": code},
        "mentions": [_reference(rerun), *(_reference(each) for each in spoken_of)],
    }
    if authors:
        root["author"] = [_reference(each) for each in authors]
    engine["softwareVersion"] = importlib.metadata.version("diplab")
    inputs = [*(_reference(each) for each in data), {"@id": code}]
    rerun |= {"name": f"diplab reproduce {study.id}", "object": inputs}
    crate["@graph"] += [*files, *data, *licences.values(), *authors]
    for entity in crate["@graph"]:
        # one value stands alone, as the specification advises
        entity |= {name: value[0] for name, value in entity.items() if isinstance(value, list) and len(value) == 1}
    return crate


def _reference(entity: Mapping[str, Any]) -> dict[str, str]:
    return {"@id": entity["@id"]}


def _author(author: Author) -> dict[str, str]:
    """Return an author as an entity, by ORCID where there is one."""
    kind = {"person": "Person", "organisation": "Organization"}[author.kind]
    return {"@id": author.orcid or f"#author-{_slug(author.name)}", "@type": kind, "name": author.name}


def _licence(name: str) -> dict[str, str]:
    """Return a licence as an entity: the page of SPDX where its name is known there, else the words of the source."""
    name = name or "not stated"
    known = _SPDX_NAMES.get(name, name)
    address = f"{_SPDX}{known}" if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*[0-9]|MIT", known) else ""
    return {"@id": address or f"#licence-{_slug(name)}", "@type": "CreativeWork", "name": name}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _file(name: str, content: bytes, licence: Mapping[str, str]) -> dict[str, Any]:
    return {
        # identifiers are URIs: no blanks, no bare percent signs
        "@id": quote(name),
        "@type": "File",
        "name": name.rpartition("/")[2],
        "contentSize": str(len(content)),
        "encodingFormat": _format(name),
        "license": _reference(licence),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _format(name: str) -> str:
    return _KINDS.get(Path(name).suffix.lower(), "application/octet-stream")


def _data_entity(wanted: DataFile, inside: bool) -> dict[str, Any]:
    """Return what the crate says of a data file: its address, licence and checksum, whether it is inside or not."""
    where = f" File {wanted.path} of the package {wanted.package}." if wanted.package else ""
    place = quote(f"data/{wanted.place.as_posix()}") if inside else wanted.address
    entity = {
        "@id": place or f"#{wanted.id}",
        # a file of the crate has a path or an address
        "@type": "File" if place else "CreativeWork",
        "name": wanted.id,
        "url": wanted.address,
        "contentSize": str(wanted.size or ""),
        "encodingFormat": _format(wanted.path),
        "license": _reference(_licence(wanted.licence)),
        "sha256": wanted.sha256,
        "description": f"{wanted.citation}. Licence: {wanted.licence or 'not stated'}.{where}",
    }
    return {name: value for name, value in entity.items() if value}


def open_capsule(path: Path, folder: Path) -> Path:
    """Unpack a capsule within the limits of every archive; return the folder of its studies."""
    problem = _WORDS("unknown.capsule", file=path.name)
    if not path.is_file():
        raise DataError(problem, _WORDS("unknown.no_capsule"), _WORDS("unknown.write_capsule"))
    members = open_archive(SourceFile(path, path.read_bytes()))
    write = "Ask for it again where you got it from."
    if METADATA not in members or RESULTS not in members or VERSIONS not in members:
        raise DataError(problem, f"It has no `{METADATA}`, `{RESULTS}` or `{VERSIONS}`.", write)
    try:
        described = {_path(each["@id"]): each.get("sha256") for each in json.loads(members[METADATA])["@graph"]}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(problem, f"Its `{METADATA}` cannot be read.", write) from error
    gone = sorted(name for name, checksum in described.items() if name and checksum and name not in members)
    if gone:
        raise DataError(problem, f"Its member `{gone[0]}`, which its metadata describe, is not there.", write)
    for name in members:
        content = members[name]
        if name != METADATA and described.get(name) != hashlib.sha256(content).hexdigest():
            raise DataError(problem, f"Its member `{name}` is not the one that its metadata describe.", write)
        write_atomically(folder / name, content)
    return folder / _STUDY


def _path(identifier: str) -> str:
    """Return the path that an identifier of the metadata stands for, none where it is of something else."""
    return "" if identifier.startswith(("#", "http:", "https:")) else unquote(identifier)


def verify(path: Path) -> Checked:
    """Rerun a capsule with the diplab that is installed, and compare with what it recorded. Its code is run."""
    with tempfile.TemporaryDirectory(prefix="diplab-capsule-") as scratch:
        home = Path(scratch)
        studies = open_capsule(path, home)
        names = [each.name for each in studies.iterdir()] if studies.is_dir() else []
        if len(names) != 1:
            raise DataError(
                f"The capsule `{path.name}` cannot be verified.",
                f"It holds {len(names)} studies.",
                "Give a capsule with one study.",
            )
        recorded = json.loads((home / VERSIONS).read_bytes())
        installed = _versions()
        versions = {
            name: (str(version), installed.get(name, "none"))
            for name, version in recorded.items()
            if installed.get(name) != version
        }
        compared = not _DRAWN_WITH & set(versions)
        with run(find_study(names[0], studies), copies=home / "data") as found:
            comparison = found.comparisons["en"]
            drawn = tuple(_figures(found, home)) if compared else ()
        before = list(csv.DictReader(io.StringIO((home / RESULTS).read_text(encoding="utf-8"))))
        after = list(csv.DictReader(io.StringIO(_results(comparison).decode())))
        return Checked(
            names[0],
            len(before),
            tuple(_differences(before, after)) if comparison.ran else (),
            len(drawn),
            tuple(name for name, same in drawn if not same),
            versions,
            comparison.ran,
            compared,
            comparison.why_not,
        )


def _figures(found: Run, home: Path) -> Iterator[tuple[str, bool]]:
    """Draw the figures again; yield each file with whether it is, byte by byte, that of the capsule."""
    if not found.comparisons["en"].ran:
        return
    recorded = {file.name: file.read_bytes() for file in (home / "figures" / found.study.id).glob("*")}
    languages = [each for each in LANGUAGES if any(f".{each}." in name for name in recorded)]
    draw(found, home / "again", languages or LANGUAGES)
    again = {file.name: file.read_bytes() for file in (home / "again" / found.study.id).glob("*")}
    # a figure that the study draws and the capsule lacks is no figure of the capsule
    for name in sorted({*recorded, *again}):
        yield name, recorded.get(name) == again.get(name)


def _differences(before: list[dict[str, str]], after: list[dict[str, str]]) -> Iterator[str]:
    """Yield each number that is not as recorded: its last digits may differ from one machine to another."""
    now = {row["key"]: row for row in after}
    for row in before:
        other = now.get(row["key"])
        if other is None:
            yield f"{row['key']}: no longer there"
            continue
        for name in _KEPT[1:]:
            recorded, found = row[name], other[name]
            if recorded == found:
                continue
            if name not in _NUMBERS or not math.isclose(float(recorded), float(found), rel_tol=1e-9, abs_tol=1e-12):
                yield f"{row['key']}: {name} {recorded} recorded, {found} now"
