"""The registry of studies: each folder of a studies folder is a study.

Studies are searched in the folder given by the caller, then in `./surveys`, then in the package's
own folder; the first folder with a name takes precedence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import diplab
from diplab.errors import StudyError
from diplab.reference.text import Words, nearest
from diplab.replication.study import Study, open_study

_WORDS = Words("diplab.replication")


def study_folders(folder: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Yield the folders in which studies are searched, in order."""
    if folder is not None:
        named = Path(folder)
        if not named.is_dir():
            raise StudyError(
                _WORDS("unknown.folder", folder=named), "", _WORDS("unknown.write_folder")
            )
        yield named
    yield Path.cwd() / "surveys"
    package = Path(diplab.__file__).parent
    yield package / "surveys"
    # a checkout, also when installed in place, keeps them next to the package
    yield package.parent / "surveys"


def find_studies(folder: str | os.PathLike[str] | None = None) -> dict[str, Path]:
    """Return the folder of every study, by name."""
    found: dict[str, Path] = {}
    for home in study_folders(folder):
        for file in home.glob("*/study.toml"):
            found.setdefault(file.parent.name, file.parent)
    return dict(sorted(found.items()))


def studies(folder: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """List the studies that can be rerun.

    Parameters
    ----------
    folder : path, optional
        Searched first, before `./surveys` and the package's own.

    Returns
    -------
    pandas.DataFrame
        One row per study: `study`, `year`, `title` (English), `titre` (French), `numbers`, `data`.

    Examples
    --------
    >>> import diplab as dl
    >>> "france-2018-survey" in set(dl.studies()["study"])
    True
    """
    found = list(map(open_study, find_studies(folder).values()))
    return pd.DataFrame(
        {
            "study": [name.id for name in found],
            "year": [name.year for name in found],
            "title": [name.title.en for name in found],
            "titre": [name.title.fr for name in found],
            "numbers": [len(name.published) for name in found],
            "data": ["synthetic" if name.synthetic else ", ".join(name.data) for name in found],
        }
    )


def study(name: str, folder: str | os.PathLike[str] | None = None) -> Study:
    """Return one study: its title, its citation, its published numbers.

    Parameters
    ----------
    name : str
        Its identifier, as in `studies()`.
    folder : path, optional
        Looked in first.

    Returns
    -------
    Study
        `.published` are its numbers, `.citation` is their source.

    Raises
    ------
    StudyError
        Where the study does not exist.

    Examples
    --------
    >>> import diplab as dl
    >>> dl.study("france-2019-headcount").year
    2019
    """
    folders = find_studies(folder)
    if name not in folders:
        known = _WORDS("unknown.studies", count=len(folders))
        raise StudyError(_WORDS("unknown.study", name=name), known, nearest(name, folders))
    opened = open_study(folders[name])
    if opened.id != name:
        raise StudyError(
            f"The folder and the `id` of the study `{name}` differ.",
            f"Its `study.toml` calls it `{opened.id}`.",
            "Give the folder and the `id` the same name.",
        )
    return opened
