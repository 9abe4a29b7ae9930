"""The folder of a new study: small, complete, already running, and explained in place."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import get_args

from diplab.errors import StudyError
from diplab.replication.verdict import Relation
from diplab.results.comparison import RESTS_ON, VERDICTS
from diplab.results.estimates import STATUSES


def new_study(name: str, home: Path, year: int) -> Path:
    """Write the folder of a new study, an example that runs, and return it."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise StudyError(
            f"A study cannot be named `{name}`.",
            "Names are of small letters, digits and single hyphens.",
            "Write for example `brazil-2023-survey`.",
        )
    folder = home / name
    if folder.exists():
        raise StudyError(
            f"There is a study `{name}` already, in `{folder}`.", "", "Write another name, or edit that folder."
        )
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".{name}.partial"
    partial.mkdir()
    lists = {"relations": get_args(Relation), "statuses": STATUSES, "rests_on": RESTS_ON, "verdicts": VERDICTS}
    words = {key: ", ".join(f"`{word}`" for word in known) for key, known in lists.items()}
    words |= {"name": name, "year": str(year)}
    for template in files("diplab.replication").joinpath("new_study").iterdir():
        text = template.read_text(encoding="utf-8")
        for key, value in words.items():
            text = text.replace(f"{{{key}}}", value)
        (partial / template.name.removesuffix(".txt")).write_text(text, encoding="utf-8")
    partial.replace(folder)
    return folder
