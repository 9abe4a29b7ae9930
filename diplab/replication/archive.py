"""The registry of open data: the file that a study reruns, its location and its checksum.

A file is at one commit of a public repository, comes with an installed package, or is a study's
own (`[files.<name>]` of its `study.toml`).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from diplab.errors import DataError, DiplabError, suggestion
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import NOTHING, Text, Words

_WORDS = Words("diplab.replication")
_RAW = "https://raw.githubusercontent.com"
_FORGE = "https://github.com/"
_CONNECT_SECONDS, _READ_SECONDS = 3.0, 10.0


@dataclass(frozen=True)
class DataFile:
    """One open data file: path, checksum, licence, citation and address."""

    # `home` is the folder of the study that owns the file; an address is of this exact version
    id: str
    folder: str
    path: str
    sha256: str = ""
    size: int = 0
    licence: str = ""
    citation: str = ""
    repository: str = ""
    commit: str = ""
    package: str = ""
    url: str = ""
    home: Path | None = None

    @property
    def address(self) -> str:
        """Address of this exact version of the file; empty where there is none."""
        if self.repository:
            return f"{_RAW}/{self.repository.removeprefix(_FORGE)}/{self.commit}/{self.path}"
        return self.url

    @property
    def place(self) -> Path:
        """Path of the file under any folder of open data."""
        return Path(self.folder, self.path)


class NotAvailableError(DiplabError):
    """Raised when data are neither on this machine nor downloadable: the study is *not run*."""

    def __init__(self, wanted: DataFile, why: Text) -> None:
        elsewhere = _WORDS("absent.package", package=wanted.package) if wanted.package else NOTHING
        if wanted.address:
            elsewhere = _WORDS("absent.address", address=wanted.address)
        place = wanted.place.as_posix()
        # why a study does not run, and where its file can be put
        self.explanation = _WORDS(
            "absent.file", file=wanted.id, why=why, elsewhere=elsewhere, place=place
        )
        sentence = (
            f"{text[0].upper()}{text[1:]}." for text in (self.explanation.fr, self.explanation.en)
        )
        super().__init__(_WORDS("absent_data.problem", file=wanted.id), Text(*sentence))


@functools.cache
def data_files() -> Mapping[str, DataFile]:
    """Return the registry, by id."""
    text = (
        resources.files("diplab.replication").joinpath("archive.toml").read_text(encoding="utf-8")
    )
    files: dict[str, DataFile] = {}
    for common in tomllib.loads(text)["dataset"]:
        members = common.pop("file")
        files |= {member["id"]: DataFile(**common, **member) for member in members}
    return files


def data_file(name: str) -> DataFile:
    """Return one file of the registry."""
    known = data_files()
    if name not in known:
        raise DataError(
            f"There is no data file `{name}`.",
            f"The registry has {len(known)} files.",
            suggestion(name, known),
        )
    return known[name]


def locate(wanted: DataFile, copies: Path | None = None) -> Path:
    """Return the path of an open data file with the registered checksum, downloaded if needed."""
    # searched in order: `copies`, the folder in `DIPLAB_DATA`, the cache; then its address, unless
    # `DIPLAB_OFFLINE=1`
    for copy in [*([copies / wanted.place] if copies else []), *_copies(wanted)]:
        if copy.is_file():
            return _checked(copy, wanted, str(copy))
    if not wanted.address:
        raise NotAvailableError(wanted, _WORDS("absent.no_file", path=wanted.path))
    if os.environ.get("DIPLAB_OFFLINE", "0") not in {"", "0"}:
        raise NotAvailableError(wanted, _WORDS("absent.offline"))
    return _download(wanted)


def _copies(wanted: DataFile) -> Iterator[Path]:
    """Yield the places where a file may be on this machine, in order."""
    if wanted.package:
        found = importlib.util.find_spec(wanted.package)
        for folder in (found and found.submodule_search_locations) or ():
            yield Path(folder, wanted.path)
    if wanted.home is not None:
        yield wanted.home / wanted.path
    if named := os.environ.get("DIPLAB_DATA"):
        yield Path(named) / wanted.place
    yield _cache() / wanted.place


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("diplab"))


def _checked(copy: Path, wanted: DataFile, where: str) -> Path:
    if not wanted.sha256:
        return copy
    content = copy.read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != wanted.sha256:
        sizes = {
            "size": figure_in_words(len(content)),
            "of_registered": figure_in_words(wanted.size or 0),
        }
        raise DataError(
            _WORDS("absent_data.changed", file=wanted.id, where=where),
            _WORDS("absent_data.checksum", checksum=checksum, registered=wanted.sha256, **sizes),
            _WORDS("absent_data.put_back", origin=_origin(wanted)),
        )
    return copy


def _origin(wanted: DataFile) -> str:
    if wanted.repository:
        return f"commit {wanted.commit[:12]} of {wanted.repository}"
    if wanted.package:
        return f"the package {wanted.package}"
    return wanted.url or f"the study `{wanted.folder}`"


def _download(wanted: DataFile) -> Path:
    import pooch

    target = _cache() / wanted.place
    fetch = pooch.HTTPDownloader(timeout=(_CONNECT_SECONDS, _READ_SECONDS))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder, target.name)
            fetch(wanted.address, str(part), None)
            _checked(part, wanted, wanted.address)
            part.replace(target)
    except OSError as barred:
        # without the addresses and objects that the libraries print
        raise NotAvailableError(
            wanted, Text.same(barred.strerror or type(barred).__name__)
        ) from barred
    return target
