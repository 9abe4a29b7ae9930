"""The folder of a new study: small, complete, and already running."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.errors import StudyError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["new_study"]

_STUDY_TOML = """id = "{name}"
year = {year}
citation = "Authors (year), Title, journal, pages"
# data = ["berke-2024/survey"]    # open data files of the registry
# synthetic = true                # where the rerun makes its own file
# accepts_data = true             # where holders of the real file give it with --data

[title]
fr = "Titre de l’étude"
en = "Title of the study"

[summary]
fr = "Ce qui a été publié, et ce qui peut être refait."
en = "What was published, and what can be rerun."
"""

_PUBLISHED_CSV = (
    "key,value,value_high,relation,unit,label_fr,label_en,base,base_fr,base_en,source,source_fr,status,tolerance,"
    "threshold,expected,reason_fr,reason_en\n"
    "full_time_of_all,28.4,,equals,%,CDI à temps plein,full-time permanent contract,respondents,"
    'ensemble des répondants,all respondents,"to be replaced: document, page",'
    '"à remplacer\u00a0: document, page",derived,0.05,,as published,'
    '"40\u00a0% ont un CDI, dont 71\u00a0% à temps plein",'
    '"40% hold a permanent contract, of whom 71% work full time"\n'
)

_STUDY_PY = '''"""How the study is rerun: one Result for each key of published.csv."""

from __future__ import annotations

from diplab.replication.result import Result, arithmetic
from diplab.replication.study import Inputs


def results(inputs: Inputs) -> dict[str, Result]:
    """Return the reruns, in the units of published.csv."""
    return {"full_time_of_all": arithmetic(0.40 * 0.71 * 100, base="respondents")}
'''

_README = """# {name}

What was published, by whom, on which page; what can be rerun from what is public, and what cannot.

    diplab reproduce {name}
"""


def new_study(name: str, home: Path, year: int) -> Path:
    """Write the folder of a new study, an example that runs.

    Parameters
    ----------
    name : str
        Its identifier: small letters, digits and hyphens, as `brazil-2023-survey`.
    home : Path
        Folder of studies (`./surveys`).
    year : int
        Of publication.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    StudyError
        Where the name cannot be one, or the folder exists.
    """
    asked = f"A new study `{name}` was asked for."
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise StudyError(
            asked,
            "A study is named with small letters, digits and single hyphens.",
            "Write for example `brazil-2023-survey`.",
        )
    folder = home / name
    if folder.exists():
        raise StudyError(asked, f"`{folder}` exists already.", "Write another name, or edit that folder.")
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".{name}.partial"
    partial.mkdir()
    words = {"name": name, "year": year}
    (partial / "study.toml").write_text(_STUDY_TOML.format(**words), encoding="utf-8")
    (partial / "published.csv").write_text(_PUBLISHED_CSV, encoding="utf-8")
    (partial / "study.py").write_text(_STUDY_PY, encoding="utf-8")
    (partial / "README.md").write_text(_README.format(**words), encoding="utf-8")
    partial.replace(folder)
    return folder
