"""The registry of open data: which file a study reruns, where it lies, and whether it is still the same."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.errors import DataError, DiplabError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DataFile", "NotAvailableError", "data_file", "data_files", "locate"]

_RAW = "https://raw.githubusercontent.com"
_FORGE = "https://github.com/"
_CONNECT_SECONDS, _READ_SECONDS = 3.0, 10.0


class NotAvailableError(DiplabError):
    """Data that are neither on this machine nor to be had now: their study is *not run*."""


@dataclass(frozen=True)
class DataFile:
    """One open file, at one commit of its repository.

    Parameters
    ----------
    id : str
        Its name in diplab (`berke-2024/survey`).
    folder : str
        Folder of its data set, under `DIPLAB_DATA` and in the cache.
    repository, commit, path : str
        Address of the repository, the commit (40 hexadecimal digits), the path in it.
    sha256 : str
        Checksum of the file.
    size : int
        Bytes.
    licence : str
        Under which its authors publish it.
    citation : str
        How they ask to be cited.
    """

    id: str
    folder: str
    repository: str
    commit: str
    path: str
    sha256: str
    size: int
    licence: str
    citation: str

    @property
    def address(self) -> str:
        """Address of these very bytes."""
        return f"{_RAW}/{self.repository.removeprefix(_FORGE)}/{self.commit}/{self.path}"

    @property
    def place(self) -> Path:
        """Path of the file under any folder of open data."""
        return Path(self.folder, self.path)


@functools.cache
def data_files() -> Mapping[str, DataFile]:
    """Return the registry, by id.

    Examples
    --------
    >>> list(data_files())
    ['berke-2024/prescreen', 'berke-2024/survey', 'berke-2024/fields']
    """
    text = resources.files("diplab.replication").joinpath("archive.toml").read_text(encoding="utf-8")
    files: dict[str, DataFile] = {}
    for dataset in tomllib.loads(text)["dataset"]:
        common = {key: words for key, words in dataset.items() if key != "file"}
        for each in dataset["file"]:
            files[each["id"]] = DataFile(**common, **each)
    return files


def data_file(name: str) -> DataFile:
    """Return one file of the registry.

    Raises
    ------
    DataError
        Where the registry does not have it.
    """
    known = data_files()
    if name not in known:
        asked = f"The data file `{name}` was asked of the registry."
        raise DataError(
            asked,
            f"It knows {len(known)} files and not that one.",
            f"Write one of the nearest: {nearest(name, known)}.",
        )
    return known[name]


def locate(file: DataFile | str) -> Path:
    """Return the path of an open data file on this machine, downloading it where need be.

    The folder named by the environment variable `DIPLAB_DATA` is looked in first, then the cache, then its
    address, once and with a short time limit. `DIPLAB_OFFLINE=1` leaves the address out.

    Parameters
    ----------
    file : DataFile or str
        The file, or its id.

    Returns
    -------
    Path
        A file whose checksum is that of the registry.

    Raises
    ------
    DataError
        Where the file found is not the one that the registry describes.
    NotAvailableError
        Where there is no copy and it cannot be downloaded: the study is *not run*.
    """
    wanted = data_file(file) if isinstance(file, str) else file
    named = os.environ.get("DIPLAB_DATA")
    for folder in [*([Path(named)] if named else []), _cache()]:
        copy = folder / wanted.place
        if copy.is_file():
            return _checked(copy, wanted, str(copy))
    if os.environ.get("DIPLAB_OFFLINE", "0") not in {"", "0"}:
        raise _not_available(wanted, "DIPLAB_OFFLINE is set")
    return _download(wanted)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("diplab"))


def _checked(copy: Path, wanted: DataFile, where: str) -> Path:
    content = copy.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != wanted.sha256:
        asked = f"The data file `{wanted.id}` was to be read from {where}."
        raise DataError(
            asked,
            f"Its sha256 is {found} ({len(content):,} bytes) where the registry says {wanted.sha256} "
            f"({wanted.size:,} bytes).",
            f"Put back the file of commit {wanted.commit[:12]} of {wanted.repository}, or remove this one.",
        )
    return copy


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
        raise _not_available(wanted, _in_short(barred)) from barred
    return target


def _in_short(barred: OSError) -> str:
    """Return why a download failed, without the addresses and objects that the libraries print."""
    return barred.strerror or type(barred).__name__


def _not_available(wanted: DataFile, why: str) -> NotAvailableError:
    return NotAvailableError(
        f"The data file `{wanted.id}` was asked for.",
        f"There is no copy of it here and it cannot be downloaded ({why}).",
        "Name a folder that holds it in DIPLAB_DATA, or run again with a network.",
    )
