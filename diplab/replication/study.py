"""A study: a published analysis that can be rerun, in a folder of its own.

The folder holds `study.toml` (what it is), `published.csv` (what was printed), `study.py` (how it is rerun) and a
README. `study.py` defines

`results(inputs) -> dict[str, Result]`
    a rerun for each key of `published.csv`;
`figures(inputs, comparison) -> dict[str, Chart]` (optional)
    its figures for print, by file name;
`tables(inputs) -> dict[str, Callable[[Language], GT]]` (optional)
    tables for the report, by name, each drawn in either language.
"""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from diplab.errors import StudyError, nearest
from diplab.reference.text import LANGUAGES, NOTHING, Text
from diplab.replication.published import Published, read_published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from diplab.microdata.microdata import Microdata

__all__ = ["Inputs", "Study", "open_study"]

_KNOWN = {"id", "title", "summary", "citation", "year", "synthetic", "accepts_data", "data", "licence"}


@dataclass(frozen=True, eq=False)
class Study:
    """A published analysis and how to rerun it.

    Parameters
    ----------
    id : str
        Name of its folder.
    folder : Path
        Where it lies.
    title, summary : Text
        What it is about.
    citation : Text
        What is rerun.
    year : int
        Of publication.
    synthetic : bool
        True where the rerun uses a synthetic file, for want of the real one.
    accepts_data : bool
        True where holders of the real file may run it with `--data`.
    data : tuple of str
        Open data files it needs, by their names in the registry.
    published : tuple of Published
        The numbers.
    """

    id: str
    folder: Path
    title: Text
    summary: Text
    citation: Text
    year: int
    synthetic: bool = False
    accepts_data: bool = False
    data: tuple[str, ...] = ()
    published: tuple[Published, ...] = field(default=(), repr=False)

    @cached_property
    def module(self) -> ModuleType:
        """The study's own code."""
        path = self.folder / "study.py"
        name = f"diplab_study_{self.id.replace('-', '_')}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise StudyError(
                f"The study `{self.id}` was asked for.",
                "Its folder has no `study.py`.",
                "Write one with a function `results(inputs)`; `diplab new` makes an example.",
            )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, "results"):
            raise StudyError(
                f"The study `{self.id}` was asked for.",
                "Its `study.py` has no function `results`.",
                "Write `def results(inputs): return {...}` with a Result for each key of `published.csv`.",
            )
        return module


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a study is given to work on.

    Parameters
    ----------
    study : Study
        Itself, for its published numbers.
    files : mapping of str to Path
        Open data files, by their names in the registry.
    data : Microdata or None
        The real file, where its holder gave one.
    scratch : Path
        A folder for files made on the way.
    """

    study: Study
    files: Mapping[str, Path]
    data: Microdata | None
    scratch: Path
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    def value(self, key: str) -> float:
        """Return a published number of the study by its key."""
        from diplab.replication.published import published

        return published(self.study.published, key).value

    def digits(self, key: str) -> Text:
        """Return a published number to the digits it was printed with, a share with its sign."""
        from diplab.presentation.language import number, percent
        from diplab.replication.published import published

        row = published(self.study.published, key)
        if row.unit == "%":
            return Text(*(percent(row.value / 100, language, row.decimals) for language in LANGUAGES))
        return Text(*(number(row.value, language, row.decimals) for language in LANGUAGES))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` makes, made at most once a run, so that results and figures share it."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def open_study(folder: Path) -> Study:
    """Read a study from its folder; its code is not run.

    Raises
    ------
    StudyError
        Where `study.toml` is missing, unreadable or incomplete.
    """
    path = folder / "study.toml"
    asked = f"The study in `{folder.name}` was asked for."
    if not path.is_file():
        raise StudyError(asked, "It has no `study.toml`.", "Write one; `diplab new` makes an example.")
    try:
        words = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise StudyError(asked, f"Its `study.toml` cannot be read: {error}.", "Correct that line.") from error
    for name in words:
        if name not in _KNOWN:
            raise StudyError(
                asked,
                f"Its `study.toml` has an unknown key `{name}`.",
                f"Write {nearest(name, _KNOWN)} instead.",
            )
    missing = [name for name in ("id", "title", "citation", "year") if name not in words]
    if missing:
        raise StudyError(asked, f"Its `study.toml` has no `{missing[0]}`.", f"Add `{missing[0]}`.")
    return Study(
        id=words["id"],
        folder=folder,
        title=_text(words["title"]),
        summary=_text(words.get("summary")),
        citation=_text(words["citation"]),
        year=int(words["year"]),
        synthetic=bool(words.get("synthetic", False)),
        accepts_data=bool(words.get("accepts_data", False)),
        data=tuple(words.get("data", ())),
        published=read_published(folder / "published.csv"),
    )


def _text(words: Mapping[str, str] | str | None) -> Text:
    if words is None:
        return NOTHING
    return Text.same(words) if isinstance(words, str) else Text(words["fr"], words["en"])
