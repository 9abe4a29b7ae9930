"""A study: a published analysis that can be rerun, in its own folder.

See docs/written-files.md.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, get_args

from diplab.errors import StudyError, quoted_names
from diplab.microdata.microdata import Microdata
from diplab.reference.parameter import Parameter, parameter, parameters
from diplab.reference.text import Text
from diplab.replication import published
from diplab.replication.archive import DataFile, data_file
from diplab.replication.published import Published, PublishedTable
from diplab.replication.study_words import StudyWords, known_name, read_words
from diplab.replication.verdict import Relation, Result, verdict
from diplab.results.comparison import RESTS_ON, VERDICTS, Verdict
from diplab.results.estimates import STATUSES

T = TypeVar("T")
_KNOWN = {
    "id", "title", "summary", "citation", "year", "authors", "code_licence", "licence", "synthetic",
    "accepts_data", "data", "files", "assumptions",
}  # fmt: skip
_OF_FILES = {"path", "address", "sha256", "licence", "citation"}


@dataclass(frozen=True)
class Assumption:
    """An assumption behind a number, with the range in which it may be changed.

    Parameters
    ----------
    name : str
        As in `--set name=value`.
    value : float
        As declared.
    low, high : float
        The range of defensible values.
    label : Text
        What it is.
    source : Text
        What it rests on.
    """

    name: str
    value: float
    low: float
    high: float
    label: Text
    source: Text


@dataclass(frozen=True)
class Author:
    """The author of a rerun: a person, with the address of an ORCID record, or an organisation."""

    name: str
    orcid: str = ""
    kind: Literal["person", "organisation"] = "person"


@dataclass(frozen=True, eq=False, repr=False)
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
        True if the rerun uses a synthetic file because the real one is not available.
    accepts_data : bool
        True if holders of the real file may run it with `--data`.
    data : tuple of str
        Open data files it needs, by their names in the registry.
    licence : str
        Of the data.
    authors : tuple of Author
        Who wrote the rerun; recorded in its capsule.
    code_licence : str
        SPDX identifier of the licence of the rerun: its code, results and figures.
    files : mapping of str to DataFile
        Files of its own, by name (`[files.<name>]`).
    assumptions : mapping of str to Assumption
        Its assumptions, by name (`[assumptions.<name>]`).
    tables : mapping of str to PublishedTable
        Whole tables as printed, by name.
    published : tuple of Published
        All numbers: those of `published.csv`, then the cells of the tables.
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
    licence: str = ""
    authors: tuple[Author, ...] = ()
    code_licence: str = "MIT"
    files: Mapping[str, DataFile] = field(default_factory=dict)
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    tables: Mapping[str, PublishedTable] = field(default_factory=dict)
    published: tuple[Published, ...] = ()

    def __repr__(self) -> str:
        numbers = len(self.published)
        return f"<Study {self.id}: {self.title.en} ({self.year}); {numbers:,} published numbers>"

    @cached_property
    def module(self) -> ModuleType:
        """The study's own code."""
        path = self.folder / "study.py"
        name = f"diplab_study_{self.id.replace('-', '_')}"
        # a study is a package, so that its code may be in several files
        home = [str(self.folder)]
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=home)
        if spec is None or spec.loader is None or not path.is_file():
            raise StudyError(
                f"The study `{self.id}` cannot be run.",
                "Its folder has no `study.py`.",
                "Write one with a function `results(inputs)`; `diplab new` makes an example.",
            )
        module = importlib.util.module_from_spec(spec)
        for stale in [
            loaded for loaded in sys.modules if loaded == name or loaded.startswith(f"{name}.")
        ]:
            del sys.modules[stale]
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except SyntaxError as error:
            raise StudyError(
                f"The `study.py` of `{self.id}` cannot be read.",
                f"Python stops at line {error.lineno} of `{Path(error.filename or path).name}`: "
                f"{error.msg}.",
                "Correct that line, or the one above it.",
            ) from error
        if not hasattr(module, "results"):
            raise StudyError(
                f"The study `{self.id}` cannot be run.",
                "Its `study.py` has no function `results`.",
                "Write `def results(inputs): return {...}`, a Result for each key of "
                "`published.csv`.",
            )
        return module

    @property
    def all_files(self) -> dict[str, DataFile]:
        """Every data file it needs: those of the registry, and its own."""
        return {name: data_file(name) for name in self.data} | dict(self.files)

    @cached_property
    def words(self) -> StudyWords:
        """The words of its figures and tables, from `words.toml`."""
        return read_words(self.folder)


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of a study: data, published numbers and assumptions; their use is traced.

    Parameters
    ----------
    study : Study
        Itself, for its published numbers.
    files : mapping of str to Path
        Data files, by their names in the registry or in `study.toml`.
    data : Microdata or None
        The real file, where its holder gave one.
    scratch : Path
        A folder for temporary files.
    changed : mapping of str to float
        Assumptions with another value than declared.
    disturb : callable, optional
        Called with the kind (`file`, `parameter`, `assumption`), the name and the value of each
        input when it is used; its return value is used instead. For checks of what numbers depend
        on.

    Examples
    --------
    A study's own code starts from here:

    >>> def results(inputs):
    ...     survey = inputs.read("berke-2024/survey", columns=["Q-prolific-mturk"])
    ...     return {"asked": float(survey.frame["Q-prolific-mturk"].notna().sum())}
    """

    study: Study
    files: Mapping[str, Path]
    data: Microdata | None
    scratch: Path
    changed: Mapping[str, float] = field(default_factory=dict)
    disturb: Callable[[str, str, Any], Any] | None = None
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    def read(self, name: str, *, codebook: Any = "study", **options: Any) -> Microdata:
        """Read a data file of the study.

        Parameters
        ----------
        name : str
            Its name in the registry (`data = [...]` of `study.toml`) or in `[files.<name>]`.
        codebook : "study", path or None
            The codebook next to `study.py` if there is one; or the path of another; or none.
        **options
            Options of `diplab.read`, such as `columns` and `table`.

        Raises
        ------
        StudyError
            Where `study.toml` does not name the file.
        """
        from diplab.loaders.read import read

        own = self.study.folder / "codebook.toml"
        if codebook == "study":
            codebook = own if own.is_file() else None
        data: Microdata = self._taken(
            "file", name, read(self.path(name), codebook=codebook, **options)
        )
        return data

    def path(self, name: str) -> Path:
        """Return the path of a data file of the study.

        Raises
        ------
        StudyError
            Where `study.toml` does not name the file.
        """
        write = "Add it to `data`, or write `[files.<name>]`."
        return known_name(self.study.id, "file", name, self.files, "study.toml", write)

    def parameter(self, name: str, on: date | int | None = None) -> Parameter:
        """Return a dated parameter of reference, as `diplab.parameter` does."""
        value: Parameter = self._taken("parameter", name, parameter(name, on))
        return value

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """Return every dated value of a parameter of reference, oldest first."""
        return tuple(self._taken("parameter", name, item) for item in parameters(name))

    def assumption(self, name: str) -> float:
        """Return the value of an assumption: as declared in `study.toml`, or as changed.

        Raises
        ------
        StudyError
            Where `study.toml` does not declare it.
        """
        write = f"Write `[assumptions.{name}]` with value, low, high, label and source."
        declared = known_name(
            self.study.id, "assumption", name, self.study.assumptions, "study.toml", write
        )
        return float(self._taken("assumption", name, self.changed.get(name, declared.value)))

    def table(self, name: str) -> PublishedTable:
        """Return a published table of the study: its rows, columns and maps.

        Raises
        ------
        StudyError
            Where the table is not in the study.
        """
        return known_name(self.study.id, "published table", name, self.study.tables, "tables.toml")

    def published(self, key: str) -> Published:
        """Return the published number of a key, with its digits, unit, label, base and source.

        Raises
        ------
        StudyError
            Where the key is not in the study.
        """
        numbers = {}
        for row in self.study.published:
            numbers[row.key] = row
        return known_name(
            self.study.id, "published number", key, numbers, "published.csv` or `tables.toml"
        )

    def value(self, key: str) -> float:
        """Return a published number of the study by its key."""
        return self.published(key).value

    def carried(self, key: str, compute: Callable[[Callable[[str], float]], float]) -> float:
        """Return a published number, adjusted to the assumptions in force.

        Parameters
        ----------
        key : str
            Of the published number.
        compute : callable
            What follows from the assumptions, given a function of their names: the number is
            multiplied by what this gives with the assumptions in force, over what it gives with
            those declared. With these it is as published.

        Examples
        --------
        >>> def results(inputs):
        ...     per_person = lambda value: value("accounts") / value("per_person")
        ...     people = inputs.carried("people", per_person)
        ...     return {"people_per_town": people / 12}
        """
        declared = compute(lambda name: self.study.assumptions[name].value)
        return self.value(key) * (compute(self.assumption) / declared)

    def verdict(self, key: str, result: Result) -> Verdict:
        """Return the verdict of a result, for the study's own tables."""
        return verdict(self.published(key), result)

    def digits(self, key: str) -> Text:
        """Return a published number with the digits printed, a percentage with its sign."""
        from diplab.presentation.language import both, number, percent

        row = self.published(key)
        decimals = row.printed.decimals
        if row.unit == "%":
            return both(percent, row.value / 100, decimals=decimals)
        return both(number, row.value, decimals=decimals)

    def words(self, part: str, /, **numbers: Text | str | float) -> dict[str, Text]:
        """Return the texts of a section of the study's `words.toml`, with numbers in them.

        Parameters
        ----------
        part : str
            The section: labels, heads, or all the words of a figure.
        **numbers
            Values of `{name}` in the texts: a `Text`, as `diplab.wording.both` makes it, in
            the language of the reader; a string or a number as it is. Names that are not given are
            taken from `[shared]`.

        Returns
        -------
        dict of str to Text
            The texts by name.

        Raises
        ------
        StudyError
            Where the section is not in the file, a text lacks a language, or nothing stands for a
            placeholder.

        Examples
        --------
        With `label = { fr = "{n} personnes", en = "{n} people" }` in the section `[base]` of
        `words.toml`:

        >>> def figures(inputs, comparison):
        ...     people = wording.both(wording.number, 10_671)  # from diplab import wording
        ...     return inputs.words("base", n=people)["label"]  # "10,671 people" in English
        """
        return self.study.words.part(part, numbers)

    def caption(self, figure: str, /, **numbers: Text | str | float) -> dict[str, Any]:
        """Return the words of a figure or a table as arguments, with `notes` among them.

        Parameters
        ----------
        figure : str
            Its section of `words.toml`, whose names are those of the chart's arguments. `unit`,
            `note`, `reading`, `coverage` and `source` make the notes; those that it lacks are
            taken from `[shared]`.
        **numbers
            As `words` takes them.

        Returns
        -------
        dict
            Arguments of a chart, or of `diplab.table`.

        Raises
        ------
        StudyError
            As `words` does.

        Examples
        --------
        >>> def figures(inputs, comparison):
        ...     share = wording.both(wording.percent, 0.284)  # from diplab import wording
        ...     return {"full-time": Dots(rows=(), **inputs.caption("full-time", share=share))}
        """
        return self.study.words.caption(figure, numbers)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the value of `make`, called at most once a run; results and figures share it."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _taken(self, kind: str, name: str, value: Any) -> Any:
        return value if self.disturb is None else self.disturb(kind, name, value)


def open_study(folder: Path) -> Study:
    """Read a study from its folder; its code is not run."""
    path = folder / "study.toml"
    problem = f"The study in `{folder.name}` cannot be read."
    if not path.is_file():
        raise StudyError(
            problem, "It has no `study.toml`.", "Write one; `diplab new` makes an example."
        )
    words = published.read_toml(path, problem, "Its `study.toml`")
    published.check_keys(words, _KNOWN, problem, "Its `study.toml`")
    published.check_needed(words, ("id", "title", "citation", "year"), problem, "Its `study.toml`")
    tables = published.read_tables(folder)
    single = folder / "published.csv"
    numbers = published.read_published(single, tables) if single.is_file() or not tables else ()
    return Study(
        id=words["id"],
        folder=folder,
        **{
            name: published.read_text(
                words.get(name, ""), problem, f"The {name} in its `study.toml`"
            )
            for name in ("title", "summary", "citation")
        },
        year=int(words["year"]),
        synthetic=bool(words.get("synthetic", False)),
        accepts_data=bool(words.get("accepts_data", False)),
        data=tuple(words.get("data", ())),
        licence=str(words.get("licence", "")),
        authors=_authors(words, problem),
        code_licence=str(words.get("code_licence", "MIT")),
        files=_files(folder, words, problem),
        assumptions=_assumptions(words, problem),
        tables={table.name: table for table in tables},
        published=(*numbers, *(cell for table in tables for cell in table.cells)),
    )


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
            f"There is a study `{name}` already, in `{folder}`.",
            write="Write another name, or edit that folder.",
        )
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".{name}.partial"
    partial.mkdir()
    lists = {
        "relations": get_args(Relation),
        "statuses": STATUSES,
        "rests_on": RESTS_ON,
        "verdicts": VERDICTS,
    }
    words = {}
    for key, known in lists.items():
        words[key] = quoted_names(known)
    words |= {"name": name, "year": str(year)}
    for template in importlib.resources.files("diplab.replication").joinpath("new_study").iterdir():
        text = template.read_text(encoding="utf-8")
        for key, value in words.items():
            text = text.replace(f"{{{key}}}", value)
        (partial / template.name.removesuffix(".txt")).write_text(text, encoding="utf-8")
    partial.replace(folder)
    return folder


def _authors(words: Mapping[str, Any], problem: str) -> tuple[Author, ...]:
    """Return the authors of the rerun: names of persons, or tables with name, ORCID and kind."""
    where = "An author in its `study.toml`"
    authors = []
    for own in words.get("authors", ()):
        if isinstance(own, str):
            authors.append(Author(own))
            continue
        published.check_keys(own, {"name", "orcid", "kind"}, problem, where)
        published.check_needed(own, ("name",), problem, where)
        author = Author(**own)
        if author.kind not in ("person", "organisation"):
            raise StudyError(
                problem,
                f'{where} has the kind "{author.kind}".',
                'Write "person" or "organisation".',
            )
        if author.orcid and not author.orcid.startswith("https://orcid.org/"):
            raise StudyError(
                problem,
                f'{where} has the ORCID "{author.orcid}".',
                "Write the address of the record, "
                f'"https://orcid.org/{author.orcid.rpartition("/")[2]}".',
            )
        authors.append(author)
    return tuple(authors)


def _files(folder: Path, words: Mapping[str, Any], problem: str) -> dict[str, DataFile]:
    """Return the study's own files, from `[files.<name>]`."""
    files = {}
    for name, own in words.get("files", {}).items():
        where = f"`[files.{name}]` in its `study.toml`"
        published.check_keys(own, _OF_FILES, problem, where)
        published.check_needed(
            own, ("path", "sha256") if own.get("address") else ("path",), problem, where
        )
        given = {}
        for key, value in own.items():
            given["url" if key == "address" else key] = value
        files[name] = DataFile(id=name, folder=folder.name, home=folder, **given)
    return files


def _assumptions(words: Mapping[str, Any], problem: str) -> dict[str, Assumption]:
    """Return the assumptions of the study, from `[assumptions.<name>]`."""
    assumptions = {}
    for name, own in words.get("assumptions", {}).items():
        wanted, where = (
            ("value", "low", "high", "label", "source"),
            f"`[assumptions.{name}]` in its `study.toml`",
        )
        published.check_needed(own, wanted, problem, where)
        value, low, high = (float(own[key]) for key in wanted[:3])
        if not (low <= value <= high and all(map(math.isfinite, (low, value, high)))):
            raise StudyError(
                problem,
                f"`[assumptions.{name}]` declares {value:g}, outside {low:g} to {high:g}.",
                "Write a range that holds the declared value.",
            )
        label, source = (
            published.read_text(own[key], problem, f"A text of {where}") for key in wanted[3:]
        )
        assumptions[name] = Assumption(name, value, low, high, label, source)
    return assumptions
