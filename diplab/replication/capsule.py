"""A capsule: one file with all that is needed to deposit and verify the rerun of a study.

It holds the study's code, published numbers, results, figures, report and versions.

The file is an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): a zip archive whose
`ro-crate-metadata.json` describes each member, and each data file by its address and checksum. Data
go in only where their licence allows copies.
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
_KEPT = (
    "key",
    "printed",
    "reproduced",
    "low",
    "high",
    "mark",
    "printed_way",
    "verdict",
    "expected",
    "rests_on",
)
_NUMBERS = ("reproduced", "low", "high", "printed_way")
_COPIES_ALLOWED = {"CC BY 4.0", "CC0 1.0", "public domain"}
"""Licences that allow a copy with a citation in the metadata; MIT requires its own text."""

_DRAWN_WITH = {*DRAWING_LIBRARIES, "diplab", "babel", "zlib", "machine"}
"""Components that determine the bytes of a figure: figures are compared if they agree."""

_SPDX = "https://spdx.org/licenses/"
_SPDX_NAMES = {"CC BY 4.0": "CC-BY-4.0", "CC0 1.0": "CC0-1.0", "MIT": "MIT"}

_KINDS = {
    ".csv": "text/csv", ".dta": "application/x-stata-dta", ".gz": "application/gzip",
    ".html": "text/html", ".json": "application/json", ".lock": "text/plain",
    ".md": "text/markdown", ".pdf": "application/pdf", ".png": "image/png", ".py": "text/x-python",
    ".sav": "application/x-spss-sav", ".svg": "image/svg+xml", ".toml": "application/toml",
    ".txt": "text/plain", ".zip": "application/zip",
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """The comparison of a capsule's rerun with what it recorded.

    `compared` is whether figures could be compared; `why_not` is why the study did not run.
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
        """Whether every number, and every file compared, is as recorded."""
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
            # members carry no date, so that the archive is the same on every day
            written.writestr(zipfile.ZipInfo(name), members[name], zipfile.ZIP_DEFLATED)
    return write_atomically(path, buffer.getvalue())


def _members(study: Study, comparison: Comparison, out: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of every member except the metadata."""
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
    """Return the results as CSV, with numbers at full precision."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_KEPT)
    numbers = dict.fromkeys(_NUMBERS, float)
    writer.writerows(comparison.frame[list(_KEPT)].astype(numbers).itertuples(index=False))
    return buffer.getvalue().encode()


def _versions() -> dict[str, str]:
    """Return the installed versions of Python, diplab and its dependencies."""
    versions: dict[str, str] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        # zlib compresses PDF figures, and comes with the system
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
        needs = [
            requirement for requirement in installed.requires or () if "extra ==" not in requirement
        ]
        wanted += [match[0] for need in needs if (match := re.match(r"[A-Za-z0-9._-]+", need))]
    return dict(sorted(versions.items()))


def _metadata(study: Study, members: Mapping[str, bytes], day: date) -> dict[str, Any]:
    """Return the JSON-LD of the crate, with an entity for each file, licence and author."""
    own = _licence(study.code_licence)
    data = [
        _data_entity(all_file, f"data/{all_file.place.as_posix()}" in members)
        for all_file in study.all_files.values()
    ]
    described = {entity["@id"] for entity in data}
    files = []
    for name, content in sorted(members.items()):
        if quote(name) not in described:
            files.append(_file(name, content, own))
    # a file with neither an address nor a copy in the crate is mentioned, not a part of it
    parts = [entity for entity in (*files, *data) if entity["@type"] == "File"]
    spoken_of = [entity for entity in data if entity["@type"] != "File"]
    licences = {}
    for licence in (own, *(_licence(file.licence) for file in study.all_files.values())):
        licences[licence["@id"]] = licence
    authors = list(map(_author, study.authors))
    code = quote(f"{_STUDY}/{study.id}/study.py")
    crate: dict[str, Any] = json.loads(
        resources.files("diplab.replication").joinpath("ro-crate.json").read_bytes()
    )
    _, root, engine, rerun = crate["@graph"]
    root |= {
        "name": study.title.en,
        "alternateName": study.title.fr,
        "description": study.summary.en or study.title.en,
        "datePublished": day.isoformat(),
        "license": _reference(own),
        "citation": study.citation.en,
        "hasPart": list(map(_reference, parts)),
        "mainEntity": {"@id": code},
        "mentions": [_reference(rerun), *map(_reference, spoken_of)],
    }
    if authors:
        root["author"] = list(map(_reference, authors))
    engine["softwareVersion"] = importlib.metadata.version("diplab")
    inputs = [*map(_reference, data), {"@id": code}]
    rerun |= {"name": f"diplab reproduce {study.id}", "object": inputs}
    crate["@graph"] += [*files, *data, *licences.values(), *authors]
    for entity in crate["@graph"]:
        # a list of one value is written as that value, as the specification advises
        entity |= {
            name: value[0]
            for name, value in entity.items()
            if isinstance(value, list) and len(value) == 1
        }
    return crate


def _reference(entity: Mapping[str, Any]) -> dict[str, str]:
    return {"@id": entity["@id"]}


def _author(author: Author) -> dict[str, str]:
    """Return an author as an entity, by ORCID where there is one."""
    kind = {"person": "Person", "organisation": "Organization"}[author.kind]
    return {
        "@id": author.orcid or f"#author-{_slug(author.name)}",
        "@type": kind,
        "name": author.name,
    }


def _licence(name: str) -> dict[str, str]:
    """Return a licence as an entity: its SPDX page if there is one, else the source's wording."""
    name = name or "not stated"
    known = _SPDX_NAMES.get(name, name)
    address = ""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*[0-9]|MIT", known):
        address = f"{_SPDX}{known}"
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
    """Return the entity of a data file, with its path if it is inside the crate."""
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
    write = "Download it again from its source."
    if METADATA not in members or RESULTS not in members or VERSIONS not in members:
        raise DataError(problem, f"It has no `{METADATA}`, `{RESULTS}` or `{VERSIONS}`.", write)
    try:
        described = {}
        for entity in json.loads(members[METADATA])["@graph"]:
            described[_path(entity["@id"])] = entity.get("sha256")
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(problem, f"Its `{METADATA}` cannot be read.", write) from error
    gone = sorted(
        name for name, checksum in described.items() if name and checksum and name not in members
    )
    if gone:
        raise DataError(problem, f"Its metadata describe `{gone[0]}`, which is missing.", write)
    for name in members:
        content = members[name]
        if name != METADATA and described.get(name) != hashlib.sha256(content).hexdigest():
            raise DataError(
                problem, f"Its member `{name}` differs from the one in its metadata.", write
            )
        write_atomically(folder / name, content)
    return folder / _STUDY


def _path(identifier: str) -> str:
    """Return the path of an identifier of the metadata; empty if it is not that of a member."""
    return "" if identifier.startswith(("#", "http:", "https:")) else unquote(identifier)


def verify(path: Path) -> Checked:
    """Rerun a capsule with the installed diplab and compare with its record. Its code is run."""
    with tempfile.TemporaryDirectory(prefix="diplab-capsule-") as scratch:
        home = Path(scratch)
        studies = open_capsule(path, home)
        names = [folder.name for folder in studies.iterdir()] if studies.is_dir() else []
        if len(names) != 1:
            raise DataError(
                f"The capsule `{path.name}` cannot be verified.",
                f"It holds {len(names)} studies.",
                "Give a capsule with one study.",
            )
        recorded = json.loads((home / VERSIONS).read_bytes())
        installed = _versions()
        versions = {}
        for name, version in recorded.items():
            if installed.get(name) != version:
                versions[name] = (str(version), installed.get(name, "none"))
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
    """Redraw the figures; yield each file and whether its bytes equal those in the capsule."""
    if not found.comparisons["en"].ran:
        return
    recorded = {}
    for file in (home / "figures" / found.study.id).glob("*"):
        recorded[file.name] = file.read_bytes()
    languages = [code for code in LANGUAGES if any(f".{code}." in name for name in recorded)]
    draw(found, home / "again", languages or LANGUAGES)
    again = {}
    for file in (home / "again" / found.study.id).glob("*"):
        again[file.name] = file.read_bytes()
    # only figures in the capsule are compared
    for name in sorted({*recorded, *again}):
        yield name, recorded.get(name) == again.get(name)


def _differences(before: list[dict[str, str]], after: list[dict[str, str]]) -> Iterator[str]:
    """Yield each number that differs from its record by more than differences between machines."""
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
            if name not in _NUMBERS or not math.isclose(
                float(recorded), float(found), rel_tol=1e-9, abs_tol=1e-12
            ):
                yield f"{row['key']}: {name} {recorded} recorded, {found} now"
