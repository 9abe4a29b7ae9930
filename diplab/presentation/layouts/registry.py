"""The registry of layouts: by kind of result, its table and its drawing.

A module of `diplab.presentation.layouts` registers its two functions by the type of the result:

    @layout.register(Plan)
    def plan_sheet(plan: Plan, request: TableRequest) -> Sheet: ...

    @drawing.register(Crosstab)
    def crosstab_drawing(table: Crosstab, request: ChartRequest) -> Drawing: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import singledispatch
from importlib import import_module
from itertools import chain
from operator import attrgetter
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from diplab.checks import argument, type_name
from diplab.errors import OptionError, near_names, quoted_names, suggestion
from diplab.kernel.arrays import Floats
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.microdata.variable import Variable, code_text
from diplab.presentation.labels import category_label, merged_labels
from diplab.presentation.language import term, term_text, words
from diplab.presentation.notes import Notes, Rules, conventions
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates, Pair, Provenance, joined_descriptions

if TYPE_CHECKING:
    from diplab.presentation.charts.dots import Dots
    from diplab.presentation.layouts.rows import EstimateRow


T = TypeVar("T")
Sort: TypeAlias = Literal["ascending", "descending"]


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """The arguments of `table`: see its parameters; `brief` is for terminals."""

    language: Language
    brief: bool = False
    title: Text | str | None = None
    labels: Codebook | None = None
    notes: Notes | None = None
    percent: bool | None = None
    decimals: int | None = None
    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    columns: str | Sequence[str] | None = None
    sort: Sort | None = None
    rules: Rules = "full"
    sum_to_100: bool = False

    def shown(self, *can: str) -> tuple[str, ...]:
        """Return the additional numbers to show; those that a result lacks raise an error."""
        self._check("show", self.show, can, " and ")
        return self.show

    def hidden(self, *can: str) -> tuple[str, ...]:
        """Return what to omit; what a result lacks raises an error."""
        self._check("hide", self.hide, can, ", ")
        return self.hide

    @staticmethod
    def _check(option: str, asked: Sequence[str], can: Sequence[str], between: str) -> None:
        for item in asked:
            if item not in can:
                raise OptionError(
                    f"This result has no {item} to {option}.",
                    f"It has {between.join(can)}." * bool(can),
                    f"Omit `{option}`.",
                )

    def without(self, *switches: str) -> None:
        """Raise an error for options that do not apply to a table of this kind."""
        for name in switches:
            if given := getattr(self, name):
                raise OptionError(
                    f"{argument(name, given)} does not apply to this table.",
                    write=f"Leave `{name}` out.",
                )

    def labels_of(self, codebook: Codebook) -> Codebook:
        """Return the labels of a result; those given by hand take precedence."""
        return merged_labels(self.labels, codebook)

    def decimals_or(self, otherwise: int) -> int:
        """Return the given decimals, or a default."""
        if self.decimals is None:
            return otherwise
        return self.decimals

    def title_or(self, otherwise: str) -> str:
        """Return the given title, or a default."""
        if self.title is None:
            return otherwise
        return words(self.title, self.language)

    @property
    def unit(self) -> str:
        """The unit below the title; empty if none was given."""
        if self.notes is None:
            return ""
        return words(self.notes.unit, self.language)


@dataclass(frozen=True, kw_only=True)
class ChartRequest:
    """The arguments of `chart` for a result: see its parameters."""

    labels: Codebook | None = None
    percent: bool | None = None
    decimals: int | None = None
    references: bool = False  # for regressions, the reference categories


@dataclass(frozen=True)
class DotHeading:
    """The label of a dot, and up to two headings above it."""

    label: Text
    group: Text = NOTHING
    under: Text = NOTHING

    @property
    def line(self) -> Text:
        """All of it on one line."""
        return join_wordings((self.group, self.under, self.label), ", ")

    @property
    def indented(self) -> DotHeading:
        """The same label with its indent under headings."""
        indent = INDENT * (bool(self.group) + bool(self.under))
        label = Text(indent + self.label.fr, indent + self.label.en)
        under = self.under
        if under:
            under = Text(INDENT + under.fr, INDENT + under.en)
        return DotHeading(label, self.group, under)


@dataclass(frozen=True)
class Dimension:
    """A dimension of a result: the label of each value, also as a heading (`1 (wave)`)."""

    labels: Sequence[Text]
    heads: Sequence[Text]

    @property
    def varies(self) -> bool:
        """Whether it distinguishes values."""
        return len(set(self.labels)) > 1


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """The dimensions on rows, in colour and in panels, and the order of rows.

    An order by hand names categories of one dimension.
    """

    rows: tuple[str, ...] | None = None
    colour: str | None = None
    facets: str | None = None
    sort: Sort | tuple[str, ...] | None = None

    @property
    def series(self) -> list[str]:
        """The dimensions in colour and in panels."""
        return [name for name in (self.colour, self.facets) if name is not None]

    @property
    def rearranges(self) -> bool:
        """Whether values may be arranged differently from the order of the result."""
        return self.rows is not None or bool(self.series)

    @property
    def arguments(self) -> list[str]:
        """The options given."""
        return [
            attribute.name
            for attribute in fields(self)
            if getattr(self, attribute.name) is not None
        ]


class Place(NamedTuple):
    """The position of a value, counted from 0."""

    panel: int
    row: int
    colour: int


@dataclass(frozen=True)
class Arrangement:
    """The labels of rows, colours and panels of a chart, and the position of each value."""

    rows: Sequence[DotHeading]
    colours: Sequence[Text]
    panels: Sequence[Text]
    places: Sequence[Place]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The content of a chart of a result: rows in words, labels, title, axis and remarks.

    `dimensions` hold the labels of values, from the slowest to the fastest changing, and
    `arrangement` their positions. `refine` changes the dots of plain estimates if those of the
    result differ; `marks` are the letters of its flags. `method` names the model behind the values.
    `whole` is the drawing that this is a panel of, `taken` its values there. `parts` is the
    dimension whose values make up a whole.
    """

    estimates: Estimates
    rows: Mapping[Language, list[EstimateRow]]
    headings: Sequence[DotHeading]
    small: Sequence[bool]
    title: Text
    axis: Text = NOTHING
    remarks: Text = NOTHING
    method: Text = NOTHING
    refine: Callable[[Dots], Dots] | None = None
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    marks: Sequence[Text] = ()
    encoding: Encoding = Encoding()
    arranged: Arrangement | None = None
    whole: Drawing | None = None
    taken: Sequence[int] = ()
    parts: str = "category"

    @property
    def names(self) -> list[dict[str, tuple[str, ...]]]:
        """The names of each value by dimension: its label in both languages, and its code."""
        named: list[dict[str, tuple[str, ...]]] = [{} for _ in self.headings]
        for key, dimension in self.dimensions.items():
            codes = self.estimates.frame.get(key, dimension.labels)
            for names, label, code in zip(named, dimension.labels, codes, strict=True):
                texts = [label.fr, label.en]
                if code is not label:
                    texts.append(code_text(code))
                names[key] = tuple(map(typed, texts))
        return named

    @property
    def ordered(self) -> bool:
        """Whether the codebook puts the categories in colour in order."""
        return self._coloured is not None and self._coloured.measure == "ordinal"

    @property
    def _coloured(self) -> Variable | None:
        """The variable whose categories are in colour; None if there are several."""
        names = [self.encoding.colour]
        if names == ["category"]:
            names = list(map(str, self.estimates.frame["variable"].unique()))
        if names[0] is None or len(names) > 1:
            return None
        return self.estimates.codebook.variable(names[0])

    @property
    def unordered(self) -> tuple[Text, ...]:
        """The categories in colour that have no place in the codebook, such as no answer."""
        whole, variable = self.whole or self, self._coloured
        if variable is None or not variable.values:
            return ()
        found, made = [], whole.arrangement
        codes = whole.estimates.frame[whole.encoding.colour]
        for place, code in zip(made.places, codes, strict=True):
            if code not in variable.values:
                found.append(made.colours[place.colour])
        return tuple(dict.fromkeys(found))

    @property
    def arrangement(self) -> Arrangement:
        """The arrangement of values: by default each on its own row."""
        if self.arranged is not None:
            return self.arranged
        places = [Place(0, row, 0) for row in range(len(self.headings))]
        return Arrangement(self.headings, (), (), places)

    def panel(self, number: int) -> Drawing:
        """Return the values of one panel, with the rows and colours of all panels."""
        all_places = self.arrangement
        taken = [at for at, place in enumerate(all_places.places) if place.panel == number]
        own = [place._replace(panel=0) for place in taken_at(all_places.places, taken)]
        return replace(
            self,
            estimates=self.estimates.rows(taken),
            rows={item: taken_at(rows, taken) for item, rows in self.rows.items()},
            headings=taken_at(self.headings, taken),
            small=taken_at(self.small, taken),
            arranged=replace(all_places, panels=(), places=own),
            whole=self,
            taken=taken,
        )

    @property
    def lines(self) -> list[Text]:
        """The label of each row on one line, with the mark of few respondents."""
        rows = zip(self.headings, self.small, strict=True)
        return [marked(heading.line, f"{NO_BREAK}*" * bool(few)) for heading, few in rows]

    @property
    def alt(self) -> Text:
        """The alternative text: rows and their numbers."""
        return Text(*map(self._rows_in_words, LANGUAGES))

    def _rows_in_words(self, language: Language) -> str:
        parts = []
        for line, row in zip(self.lines, self.rows[language], strict=True):
            numbers = f"{line.in_(language)} {row.estimate.text} {row.interval.text}"
            parts.append(numbers.strip())
        return f"{term('word.figure', language)}. {'; '.join(parts)}."


def marked(text: Text, mark: Text | str) -> Text:
    """Return a text with a mark after it, without a space."""
    if isinstance(mark, str):
        mark = Text.same(mark)
    return Text(text.fr + mark.fr, text.en + mark.en)


def joined_drawings(named: Mapping[str, Drawing]) -> Drawing:
    """Return several drawings as one, with their names in the dimension `model`."""
    first, *_ = drawings = list(named.values())
    model: list[Text] = []
    headings: list[DotHeading] = []
    small: list[bool] = []
    marks: list[Text] = []
    rows: dict[Language, list[EstimateRow]] = {"fr": [], "en": []}
    column = term_text("column.model")
    for key, drawing in named.items():
        name = Text(key.replace("{model}", column.fr), key.replace("{model}", column.en))
        size = len(drawing.headings)
        model += [name] * size
        headings += [replace(heading, group=name, under=NOTHING) for heading in drawing.headings]
        small += drawing.small
        marks += drawing.marks or [NOTHING] * size
        for language in LANGUAGES:
            rows[language] += drawing.rows[language]
    dimensions = {"model": Dimension(model, model)}
    for key in dict.fromkeys(chain.from_iterable(drawing.dimensions for drawing in drawings)):
        whole = Dimension([], [])
        for drawing in drawings:
            absent = [NOTHING] * len(drawing.headings)
            part = drawing.dimensions.get(key, Dimension(absent, absent))
            whole = Dimension([*whole.labels, *part.labels], [*whole.heads, *part.heads])
        dimensions[key] = whole
    frame = pd.concat([drawing.estimates.frame for drawing in drawings], ignore_index=True)
    estimates = Estimates(
        frame, np.full((len(frame), len(frame)), np.nan), first.estimates.provenance
    )
    return Drawing(
        estimates=replace(
            estimates,
            codebook=first.estimates.codebook,
            descriptions=joined_descriptions(item.estimates.descriptions for item in drawings),
        ),
        rows=rows,
        headings=headings,
        small=small,
        title=join_wordings(dict.fromkeys(drawing.title for drawing in drawings), "; "),
        axis=first.axis,
        remarks=join_wordings(dict.fromkeys(drawing.remarks for drawing in drawings), " "),
        method=join_wordings(dict.fromkeys(drawing.method for drawing in drawings), " "),
        dimensions=dimensions,
        marks=marks,
    )


def arranged(drawing: Drawing, encoding: Encoding) -> Drawing:
    """Return a drawing with its values arranged by the rows, colours and panels given."""
    asked = [*(encoding.rows or ()), *filter(None, (encoding.colour, encoding.facets))]
    for name in asked:
        if name not in drawing.dimensions:
            found, near = "It has one value, and no dimension.", ""
            if drawing.dimensions:
                found = f"Its dimensions are {quoted_names(drawing.dimensions)}."
            if near_names(name, drawing.dimensions):
                near = suggestion(name, drawing.dimensions)
            raise OptionError(f"`{name}` is not a dimension of this result.", found, near)
        if asked.count(name) > 1:
            raise OptionError(
                f"`{name}` cannot be in two places.", write="Name another dimension, or omit one."
            )
    if not encoding.arguments:
        return drawing
    if not encoding.rearranges:
        return _ordered(drawing, drawing.arrangement, encoding)
    others = tuple(name for name in drawing.dimensions if name not in asked)
    on_rows, left_out = encoding.rows, others
    if on_rows is None:
        on_rows, left_out = others, ()
    dimensions = list(map(drawing.dimensions.__getitem__, on_rows))
    rows, row_of = distinct(_row_headings(dimensions, len(drawing.headings)))
    colours, colour_of = _distinct_of(drawing, encoding.colour)
    panels, panel_of = _distinct_of(drawing, encoding.facets)
    places = list(map(Place, panel_of, row_of, colour_of))
    _check_apart(drawing, places, left_out)
    return _ordered(drawing, Arrangement(rows, colours, panels, places), encoding)


def taken_from(columns: Iterable[Sequence[T]], at: int) -> list[T]:
    """Return the values at one position of several columns."""
    return [column[at] for column in columns]


def typed(label: str) -> str:
    """Return a label as typed, with straight apostrophes and plain spaces, without indent."""
    return label.translate({0x2019: "'", 0xA0: " ", 0x202F: " "}).strip()


def dimension_named(
    option: str,
    names: Iterable[str],
    values: Sequence[Mapping[str, tuple[str, ...]]],
    dimensions: Iterable[str],
) -> str:
    """Return the first dimension that has all the names given, as labels or as codes."""
    wanted, known = list(map(typed, names)), dict[str, str]()
    for dimension in dimensions:
        categories = set[str]().union(*(value.get(dimension, ()) for value in values)) - {""}
        if categories.issuperset(wanted):
            return dimension
        known |= dict.fromkeys(sorted(categories), dimension)
    for name in wanted:
        if name not in known:
            raise OptionError(
                f"`{option}` names {name!r}, which is not a category of this chart.",
                "",
                suggestion(name, known),
            )
    several = quoted_names(dict.fromkeys(map(known.__getitem__, wanted)), " and ")
    raise OptionError(
        f"`{option}` names categories of {several}.", write="Name categories of one variable."
    )


def heading_of(heads: Sequence[Text], label: Text, mark: Text = NOTHING) -> DotHeading:
    """Return the label of a row; without its own label, its last heading."""
    heads = list(filter(None, heads))
    if not label and heads:
        *heads, label = heads
    label = marked(label, mark)
    if len(heads) < 2:
        return DotHeading(label, *heads)
    *first, under = heads
    return DotHeading(label, join_wordings(first, ", "), under)


def _row_headings(dimensions: Sequence[Dimension], size: int) -> list[DotHeading]:
    """Return the headings of rows: the last dimension is the label, the others headings."""
    if not dimensions:
        return [DotHeading(NOTHING)] * size
    varied = [dimension for dimension in dimensions if dimension.varies]
    inner = (varied or dimensions)[-1]
    outer = [dimension.heads for dimension in dimensions if dimension is not inner]
    return [heading_of(taken_from(outer, at), inner.labels[at]) for at in range(size)]


def positions(values: Iterable[T]) -> dict[T, int]:
    """Return the position of each distinct value, in order of appearance."""
    place: dict[T, int] = {}
    for value in values:
        place.setdefault(value, len(place))
    return place


def distinct(values: Sequence[T]) -> tuple[list[T], list[int]]:
    """Return the distinct values in order of appearance, and the position of each value there."""
    place = positions(values)
    return list(place), list(map(place.__getitem__, values))


def taken_at(values: Sequence[T], places: Iterable[int]) -> list[T]:
    """Return the values at some positions, in the order of these."""
    return [values[at] for at in places]


def _distinct_of(drawing: Drawing, name: str | None) -> tuple[list[Text], list[int]]:
    if name is None:
        return [], [0] * len(drawing.headings)
    return distinct(list(drawing.dimensions[name].heads))


def _check_apart(drawing: Drawing, places: Sequence[Place], others: Sequence[str]) -> None:
    """Raise an error for two values in one place."""
    first: dict[Place, int] = {}
    for at, place in enumerate(places):
        other = first.setdefault(place, at)
        if other != at:
            both = f"`{drawing.lines[other].en}` and `{drawing.lines[at].en}`"
            left_out = [name for name in others if drawing.dimensions[name].varies]
            found, write = "They cannot be distinguished", ""
            if left_out:
                named = quoted_names(left_out, " and ")
                found = f"They differ only in {named}, which is not drawn"
                write = f"Write `facets={left_out[0]!r}`, or add it to `rows`."
            raise OptionError(f"{both} would be drawn in one place.", f"{found}.", write)


def _ordered(drawing: Drawing, made: Arrangement, encoding: Encoding) -> Drawing:
    """Return a drawing with rows grouped by heading, in the order asked for."""
    value = np.zeros(len(made.rows))
    if isinstance(encoding.sort, tuple):
        on_rows = [name for name in drawing.dimensions if name not in encoding.series]
        dimension = dimension_named(
            "sort", encoding.sort, drawing.names, [*reversed(on_rows), *encoding.series]
        )
        seats = _seats(drawing, dimension, encoding.sort)
        if dimension in encoding.series:
            return _with_series_in_order(drawing, made, encoding, dimension, seats)
        for place, seat in zip(made.places, seats, strict=True):
            value[place.row] = seat
    elif encoding.sort is not None:
        value = _estimates_of_rows(drawing, made, encoding.sort)
    groups = [row.group for row in made.rows]
    heads = [(row.group, row.under) for row in made.rows]
    by_group, by_head = _common_to_all(groups, value), _common_to_all(heads, value)
    _, group = distinct(groups)
    _, under = distinct(heads)
    keys = list(zip(by_group, group, by_head, under, np.isnan(value), value, strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return replace(drawing, encoding=encoding, arranged=_with_rows(made, order))


def _with_rows(made: Arrangement, order: Sequence[int]) -> Arrangement:
    """Return an arrangement with its rows in another order."""
    rank = positions(order)
    places = [place._replace(row=rank[place.row]) for place in made.places]
    return replace(made, rows=taken_at(made.rows, order), places=places)


def _seats(drawing: Drawing, dimension: str, names: Sequence[str]) -> list[int]:
    """Return the position of each value in an order by hand; those not named come last."""
    seat = positions(map(typed, names))
    seats = []
    for value in drawing.names:
        found = {*value.get(dimension, ())} & seat.keys()
        seats.append(min(map(seat.__getitem__, found), default=len(names)))
    return seats


def _common_to_all(groups: Sequence[Any], value: Floats) -> Floats:
    """Return the values of rows if those of one group are equal in every group, else zeros."""
    first: dict[Any, float] = {}
    for group, own in zip(groups, value, strict=True):
        if first.setdefault(group, own) != own:
            return np.zeros(len(groups))
    if len(first) == len(groups):
        return np.zeros(len(groups))
    return value


def _with_series_in_order(
    drawing: Drawing, made: Arrangement, encoding: Encoding, dimension: str, seats: Sequence[int]
) -> Drawing:
    """Return a drawing with its colours or its panels in an order by hand."""
    role = "panel"
    if dimension == encoding.colour:
        role = "colour"
    of_role = attrgetter(role)
    before = dict(zip(map(of_role, made.places), seats, strict=True))
    order = sorted(before, key=lambda at: (before[at], at))
    rank = positions(order)
    places = [place._replace(**{role: rank[of_role(place)]}) for place in made.places]
    names = taken_at(getattr(made, f"{role}s"), order)
    arranged = replace(made, places=places, **{f"{role}s": names})
    return replace(drawing, encoding=encoding, arranged=arranged)


def _estimates_of_rows(drawing: Drawing, made: Arrangement, sort: str) -> Floats:
    """Return the estimates of the first colour by row, so that increasing is the order."""
    value, sign = np.full(len(made.rows), np.nan), {"ascending": 1.0, "descending": -1.0}[sort]
    # by the first panel, then by the others for rows that it lacks
    estimates = zip(made.places, drawing.estimates.frame["estimate"], strict=True)
    for place, estimate in sorted(estimates, reverse=True):
        if place.colour == 0 and not np.isnan(estimate):
            value[place.row] = sign * estimate
    return value


@singledispatch
def layout(result: object, request: TableRequest) -> Sheet:
    """Return a result as a sheet; kinds of results register theirs."""
    raise not_estimates("table", result)


@singledispatch
def layout_of_several(first: object, results: Mapping[str, Any], request: TableRequest) -> Sheet:
    """Return several results as one sheet, by the kind of the first; lists are named "0", "1"."""
    raise not_estimates("table", first)


@singledispatch
def drawing(result: object, request: ChartRequest) -> Drawing:
    """Return the drawing of a result; kinds of results register theirs."""
    raise not_estimates("chart", result)


def as_result(thing: Any) -> Any:
    """Return a model that statsmodels has fitted as a regression, and anything else as it is."""
    if type(thing).__module__.partition(".")[0] != "statsmodels":
        return thing
    from diplab.inference.regression.statsmodels_results import fitted_model

    return fitted_model(thing)


def load_layouts(kind: type, registry: Mapping[Any, object]) -> None:
    """Import the modules of this package to register them, unless the kind is registered."""
    if kind not in registry:
        import diplab.presentation.layouts as package

        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def has_layout(kind: type) -> bool:
    """Return whether results of this kind have a table: other packages may define none."""
    load_layouts(kind, layout.registry)
    return layout.dispatch(kind) is not layout.dispatch(object)


def check_no_second_result(verb: str, second: str, given: object) -> None:
    """Raise an error for a result in place of another argument, such as the language."""
    if not isinstance(given, str):
        raise OptionError(
            f"The second argument of `{verb}` is a result, and it must be the {second}.",
            write=f"Write several results as a list: `dl.{verb}([first, second])`.",
        )


def not_estimates(verb: str, thing: object) -> OptionError:
    """Return the error for a table or a chart of an object without estimates."""
    made_of = {"chart": "Only results of `estimate`, `crosstab` and `regress` have one."}.get(
        verb,
        "Only results have one: of `estimate`, `crosstab`, `regress`, `reproduce`, of tests and of "
        "plans.",
    )
    return OptionError(
        f"A `{type_name(thing)}` has no {verb}.",
        made_of,
        f"Write `dl.{verb}(dl.estimate(sample, ...))`.",
    )


def labelled(
    frame: pd.DataFrame, labels: Codebook, language: Language, pairs: Mapping[str, Pair]
) -> pd.DataFrame:
    """Return the raw numbers of a result, with labels next to codes."""
    shown = frame.copy()
    for name in frame:
        variables = [str(name)] * len(frame)
        if name == "category" and "variable" in frame:
            variables = list(map(str, frame["variable"]))
        if labels.variables.keys().isdisjoint(variables):
            continue
        texts, differ = [""] * len(frame), False
        for at, (variable, value) in enumerate(zip(variables, frame[name], strict=True)):
            if variable in labels:
                texts[at] = category_label(variable, value, pairs, labels, language)
                differ |= texts[at] not in ("", code_text(value))
        if differ:
            shown.insert(list(shown).index(name) + 1, f"{name}_label", texts)
    return shown


def sheet_of_columns(
    columns: Mapping[str, tuple[list[Cell], Align]],
    request: TableRequest,
    title: str,
    provenance: Provenance,
    labels: Codebook,
    frame: pd.DataFrame,
    remarks: Sequence[str] = (),
) -> Sheet:
    """Return the sheet of a result with columns by head."""
    cells, align = zip(*columns.values(), strict=True)
    lines = zip(*cells, strict=True)
    return sheet_of_lines(
        [*columns], lines, align, request, title, provenance, labels, frame, remarks
    )


def sheet_of_lines(
    header: Sequence[str],
    lines: Iterable[Sequence[Cell]],
    align: Sequence[Align],
    request: TableRequest,
    title: str,
    provenance: Provenance,
    labels: Codebook,
    frame: pd.DataFrame,
    remarks: Sequence[str] = (),
    over: Sequence[str] = (),
) -> Sheet:
    """Return the sheet of a result with its title, notes and raw numbers."""
    return Sheet(
        title=request.title_or(title),
        subtitle=request.unit,
        header=tuple(header),
        rows=tuple(map(tuple, lines)),
        align=tuple(align),
        notes=conventions(
            provenance,
            request.language,
            request.notes,
            tuple(remarks),
            labels,
            length=request.rules,
            also=["confidence"] * ("interval" in request.show),
        ),
        language=request.language,
        detail=detail_of(labelled(frame, labels, request.language, provenance.pairs)),
        over=tuple(over),
    )
