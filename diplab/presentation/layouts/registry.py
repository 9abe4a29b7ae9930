"""One registration per kind of result: how it is laid out as a table, and what a chart of it shows.

A module of `diplab.presentation.layouts` registers its two functions by the type of the result:

    @layout.register(Plan)
    def plan_sheet(plan: Plan, request: TableRequest) -> Sheet: ...

    @drawing.register(Crosstab)
    def crosstab_drawing(table: Crosstab, request: ChartRequest) -> Drawing: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, value_label
from diplab.presentation.language import term, words
from diplab.presentation.notes import Notes, conventions
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates, Provenance

if TYPE_CHECKING:
    from diplab.presentation.charts.dots import Dots
    from diplab.presentation.layouts.rows import EstimateRow


Sort: TypeAlias = Literal["ascending", "descending"]
Rules: TypeAlias = Literal["full", "short", "none"]


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """The arguments of `table`: see its parameters; `brief` for a terminal, whose lines are short."""

    language: Language
    brief: bool = False
    title: Text | str | None = None
    labels: Codebook | None = None
    notes: Notes | None = None
    percent: bool | None = None
    decimals: int | None = None
    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    columns: str | None = None
    sort: Sort | None = None
    rules: Rules = "full"
    sum_to_100: bool = False

    def shown(self, *can: str) -> tuple[str, ...]:
        """Return what is to be shown beside; refuse what a result does not have."""
        for each in self.show:
            if each not in can:
                has = f"It has {' and '.join(can)}." if can else ""
                raise OptionError(f"This result has no {each} to show beside its numbers.", has, "Leave `show` out.")
        return self.show

    def hidden(self, *can: str) -> tuple[str, ...]:
        """Return what is to be left out; refuse what a result does not have."""
        for each in self.hide:
            if each not in can:
                raise OptionError(
                    f"This result has no {each} to hide.",
                    f"It has {', '.join(can)}." if can else "",
                    "Leave `hide` out.",
                )
        return self.hide

    def without(self, *switches: str) -> None:
        """Refuse switches that have no object in a table of this kind."""
        for name in switches:
            if getattr(self, name):
                raise OptionError(
                    f"{argument(name, getattr(self, name))} has no object in this table.", write=f"Leave `{name}` out."
                )

    def labels_of(self, codebook: Codebook) -> Codebook:
        """Return the labels of a result, those of the reader first."""
        return merged_labels(self.labels, codebook)

    def title_or(self, otherwise: str) -> str:
        """Return the title that was given, or another."""
        return otherwise if self.title is None else words(self.title, self.language)

    @property
    def unit(self) -> str:
        """The unit below the title; empty where none was given."""
        return words(self.notes.unit, self.language) if self.notes else ""


@dataclass(frozen=True, kw_only=True)
class ChartRequest:
    """The arguments of `chart` for a result: see its parameters."""

    labels: Codebook | None = None
    percent: bool | None = None
    decimals: int | None = None


@dataclass(frozen=True)
class DotHeading:
    """The words beside one dot: its label, and up to two headings above it."""

    label: Text
    group: Text = NOTHING
    under: Text = NOTHING

    @property
    def line(self) -> Text:
        """All of it on one line."""
        parts = (self.group, self.under, self.label)
        return Text(*(", ".join(each.in_(language) for each in parts if each) for language in LANGUAGES))

    @property
    def indented(self) -> DotHeading:
        """The same with the indents that each has under its heading."""
        depth = bool(self.group) + bool(self.under)
        return DotHeading(
            Text(*(f"{INDENT * depth}{self.label.in_(each)}" for each in LANGUAGES)),
            self.group,
            Text(*(f"{INDENT}{self.under.in_(each)}" for each in LANGUAGES)) if self.under else NOTHING,
        )


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a chart shows of a result: its rows in words, what is beside each, the title, the axis, remarks below.

    `refine` changes the dots that are drawn of plain estimates, where those of the result differ.
    """

    estimates: Estimates
    rows: Mapping[Language, list[EstimateRow]]
    headings: Sequence[DotHeading]
    small: Sequence[bool]
    title: Text
    axis: Text = NOTHING
    remarks: Text = NOTHING
    refine: Callable[[Dots], Dots] | None = None

    @property
    def lines(self) -> list[Text]:
        """The words of each row on one line, with the mark of few respondents."""
        rows = zip(self.headings, self.small, strict=True)
        marked = ((heading.line, f"{NO_BREAK}*" if few else "") for heading, few in rows)
        return [Text(line.fr + mark, line.en + mark) for line, mark in marked]

    @property
    def alt(self) -> Text:
        """The rows and their numbers, for one who cannot see the figure."""
        return Text(*(self._rows_in_words(language) for language in LANGUAGES))

    def _rows_in_words(self, language: Language) -> str:
        rows = zip(self.lines, self.rows[language], strict=True)
        parts = [f"{line.in_(language)} {row.estimate.text} {row.interval.text}".strip() for line, row in rows]
        return f"{term('word.figure', language)}. {'; '.join(parts)}."


@singledispatch
def layout(result: object, request: TableRequest) -> Sheet:
    """Return a result as a sheet; each kind of result registers how."""
    raise not_estimates("table", result)


@singledispatch
def layout_of_several(first: object, results: Mapping[str, Any], request: TableRequest) -> Sheet:
    """Return several results of the kind of the first as one sheet, by name; those of a list are "0", "1"..."""
    raise not_estimates("table", first)


@singledispatch
def drawing(result: object, request: ChartRequest) -> Drawing:
    """Return what a chart shows of a result; each kind of result registers it."""
    raise not_estimates("chart", result)


def load_layouts(kind: type, registry: Mapping[Any, object]) -> None:
    """Import every module of this package, so that it registers, unless the kind of result is there already."""
    if kind not in registry:
        import diplab.presentation.layouts as package

        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def not_estimates(verb: str, thing: object) -> OptionError:
    """Return the error for a table or a chart of something that holds no estimates."""
    made_of = {"chart": "Only results of `estimate`, `crosstab` and `regress` have one."}.get(
        verb, "Only results have one: of `estimate`, `crosstab`, `regress`, `reproduce`, of tests and of plans."
    )
    return OptionError(
        f"A `{type(thing).__name__}` has no {verb}.", made_of, f"Write `dl.{verb}(dl.estimate(sample, ...))`."
    )


def labelled(frame: pd.DataFrame, labels: Codebook, language: Language) -> pd.DataFrame:
    """Return the raw numbers of a result with the labels of its answers beside their codes."""
    of_rows = frame["variable"] if "variable" in frame else [""] * len(frame)
    shown = frame.copy()
    for name in frame:
        own = of_rows if name == "category" else [str(name)] * len(frame)
        texts = [
            value_label(str(variable), value, labels, language) if str(variable) in labels else ""
            for variable, value in zip(own, frame[name], strict=True)
        ]
        if any(text and text != code_text(value) for text, value in zip(texts, frame[name], strict=True)):
            shown.insert(list(shown).index(name) + 1, f"{name}_label", texts)
    return shown


def sheet_of_columns(
    columns: Mapping[str, tuple[list[Cell], Align]],
    request: TableRequest,
    *,
    title: str,
    provenance: Provenance,
    labels: Codebook,
    frame: pd.DataFrame,
    remarks: Sequence[str] = (),
) -> Sheet:
    """Return the sheet of a result whose columns are known by their titles, with its conventions below."""
    return Sheet(
        title=title,
        subtitle=request.unit,
        header=tuple(columns),
        rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
        align=tuple(align for _, align in columns.values()),
        notes=conventions(provenance, request.language, request.notes, tuple(remarks), labels),
        language=request.language,
        detail=detail_of(labelled(frame, labels, request.language)),
    )
