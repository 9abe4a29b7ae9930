"""Microdata: a data frame of answers and its codebook."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any, overload

import narwhals as nw
import pandas as pd

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.conflicts import conflicts as _conflicts
from diplab.microdata.describe import as_categorical as _as_categorical
from diplab.microdata.describe import describe as _describe
from diplab.microdata.describe import described as _described
from diplab.microdata.disclosure import disclosure_risk as _disclosure_risk
from diplab.microdata.display import codebook_html, facts_html, file_facts
from diplab.microdata.frames import as_kind_of, check_new_answers, is_lazy, with_expressions
from diplab.microdata.history import exclude as _exclude
from diplab.microdata.identifiers import identifiers as _identifiers
from diplab.microdata.identifiers import pseudonymise as _pseudonymise
from diplab.microdata.join import join as _join
from diplab.microdata.missing import MissingAnswers, MissingCodes, count_reasons
from diplab.microdata.multiple_response import multiple_response as _multiple_response
from diplab.microdata.multiple_response import split_responses as _split_responses
from diplab.microdata.quality import check as _check
from diplab.microdata.recoding.recode import recode as _recode
from diplab.microdata.recoding.recode import with_reasons as _with_reasons
from diplab.public_names import explained
from diplab.reference.display import answers_to
from diplab.reference.text import Text


@dataclass(frozen=True)
class LinkedTable:
    """A table linked to another, such as the people of a household."""

    # `key` is the column of the main table that identifies its rows, `foreign` the column of the
    # linked table with these keys
    table: Microdata
    key: str
    foreign: str


@dataclass(frozen=True)
class FileDesign:
    """The sampling design recorded in a file; `declare_design(data)` declares it."""

    weights: str
    strata: tuple[str, ...] = ()
    psu: tuple[str, ...] = ()
    fpc: tuple[str, ...] = ()
    replicates: Mapping[str, Any] = field(
        default_factory=dict
    )  # by argument of `replicates`; empty if there are none
    categories: tuple[str, ...] = ()  # columns whose categories the weights were calibrated to
    numbers: tuple[str, ...] = ()  # columns whose totals the weights were calibrated to
    before: str = ""  # column of the weights of the calibration regression
    undeclared: str = ""  # key of the reason why it is not declared, stated in a notice

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it names."""
        replicates = tuple(self.replicates.get("columns", ()))
        before = (self.before,) if self.before else ()
        drawn = (self.weights, *self.strata, *self.psu, *self.fpc, *replicates)
        return tuple(dict.fromkeys((*drawn, *self.categories, *self.numbers, *before)))


class MissingField:
    """The field `missing` of microdata: set from a mapping, returned as countable answers."""

    @overload
    def __get__(self, data: None, owner: type) -> Mapping[str, MissingCodes]: ...
    @overload
    def __get__(self, data: Microdata, owner: type) -> MissingAnswers: ...
    def __get__(self, data: Microdata | None, owner: type) -> Any:
        # the default of the field, which cannot be a dictionary
        if data is None:
            return ()
        return MissingAnswers(data, vars(data)["missing"])

    def __set__(self, data: Microdata, codes: Mapping[str, MissingCodes]) -> None:
        vars(data)["missing"] = dict(codes)


def _new_people() -> str:
    return uuid.uuid4().hex


def _names_of_columns(data: Microdata) -> list[str]:
    return [*map(str, getattr(vars(data).get("frame"), "columns", ()))]


@explained("data", "Microdata have", "data.frame[{}]", _names_of_columns)
@dataclass(frozen=True, eq=False)
class Microdata:
    """Answers of a survey, one row per respondent, with their codebook.

    Parameters
    ----------
    frame : pandas.DataFrame, or a frame of Polars or Arrow, of which it is made
        Codes as answered; every kind of missing is NaN here and has its reason in the codebook. A
        folder, or a relation of DuckDB, stays lazy: then a lazy frame of Polars, or the relation.
    codebook : Codebook, optional
        Labels, questions, kinds of missing, origin of the file.
    missing : mapping of str to MissingCodes
        For the columns that have some: the missing code in each cell. `data.missing("income")`
        counts the missing answers of a variable by reason, `data.missing()` those of all whose
        reasons the codebook knows.
    linked : mapping of str to LinkedTable
        Tables linked to this one, by name.
    people : str
        Identity of the respondents, kept by all verbs: two samples of the same people are not
        compared as independent.
    design : FileDesign, optional
        The sampling design, if the file records it (a design of the R package survey).

    Raises
    ------
    OptionError
        Where the number of missing codes of a column is not that of the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> Microdata(pd.DataFrame({"age": [17, 40]}), Codebook())
    <microdata in memory: 2 rows, 1 columns>
    """

    frame: pd.DataFrame
    codebook: Codebook = field(default_factory=Codebook)
    missing: MissingField = MissingField()
    linked: Mapping[str, LinkedTable] = field(default_factory=dict)
    people: str = field(default_factory=_new_people, repr=False, kw_only=True)
    design: FileDesign | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        given: Any = self.frame
        if not isinstance(self.codebook, Codebook):
            raise OptionError(
                f"{argument('codebook', self.codebook)} is not a codebook.",
                write="Write `codebook=data.codebook`, or read one with `dl.read(frame, "
                "codebook='file.toml')`.",
            )
        if not isinstance(given, pd.DataFrame) and not is_lazy(given):
            # microdata are frozen: fields are set once
            object.__setattr__(self, "frame", _as_pandas(given))
        for name, codes in self.missing.items():
            if len(codes) != len(self.frame):
                raise OptionError(
                    f"`missing` has codes of `{name}` for {len(codes)} rows, and the frame has "
                    f"{len(self.frame)}.",
                    write="Write `data.exclude(...)` to exclude rows, or omit `missing`.",
                )

    def __len__(self) -> int:
        if is_lazy(self.frame):
            query: Any = nw.from_native(self.frame)
            return int(query.select(nw.len()).collect().item())
        return len(self.frame)

    def _columns(self) -> list[str]:
        if is_lazy(self.frame):
            return nw.from_native(self.frame).collect_schema().names()
        return list(map(str, self.frame.columns))

    def __repr__(self) -> str:
        # Rows are not shown: a saved notebook would disclose them.
        origin = self.codebook.origin
        kind = "synthetic microdata" if origin.synthetic else "microdata"
        where = origin.file or ("of a query" if is_lazy(self.frame) else "in memory")
        return f"<{kind} {where}: {len(self):,} rows, {len(self._columns())} columns>"

    def _repr_html_(self) -> str:
        facts = facts_html(repr(self).strip("<>"), file_facts(self.codebook, self._columns()))
        return f"{facts}\n{codebook_html(self.codebook)}"

    def with_columns(self, **columns: Any) -> Microdata:
        """Return microdata with columns added or replaced.

        Parameters
        ----------
        **columns : str, array, pandas Series, function of the frame or expression
            A condition or an expression, `"age >= 60"` or `"pay / hours"`, missing if an operand
            is; or one answer for each row. For data in a folder or a database, expressions of
            Polars or narwhals. Missing answers have no reason.

        Raises
        ------
        OptionError
            Where an array is added to data outside of memory, whose rows have no order.
        ConditionError, ColumnError
            Where a condition cannot be read, or names no column.

        Examples
        --------
        >>> import pandas as pd, diplab as dl
        >>> data = dl.Microdata(pd.DataFrame({"age": [17.0, 64.0, None]}))
        >>> data.with_columns(old="age >= 60").frame["old"].tolist()
        [False, True, <NA>]
        """
        known = {name: why for name, why in self.codebook.reasons.items() if name not in columns}
        book = replace(self.codebook, reasons=known)
        if is_lazy(self.frame):
            return replace(self, frame=with_expressions(self.frame, columns), codebook=book)
        missing = {name: codes for name, codes in self.missing.items() if name not in columns}
        written = {name: text for name, text in columns.items() if isinstance(text, str)}
        for name, text in written.items():
            columns[name] = answers_to(self.frame, self.codebook, text)
            if name not in book:
                book = book.described(name, label=Text.same(text))
        for name, given in columns.items():
            answers = given(self.frame) if isinstance(given, FunctionType) else given
            columns[name] = answers
            check_new_answers(name, answers)
            if (
                hasattr(answers, "__len__")
                and not isinstance(answers, str)
                and len(answers) != len(self.frame)
            ):
                raise OptionError(
                    f"`{name}` has {len(answers):,} answers, and the data {len(self.frame):,} "
                    "rows.",
                    write='Write one for each row, in order, or a condition such as `"age >= 60"`.',
                )
        frame = self.frame.assign(**columns)
        return replace(
            self,
            frame=frame,
            codebook=count_reasons(frame, book, missing, columns),
            missing=missing,
        )

    # the verbs are functions on microdata, each in its own module
    as_categorical = _as_categorical
    check = _check
    conflicts = _conflicts
    describe = _describe
    described = _described
    disclosure_risk = _disclosure_risk
    exclude = _exclude
    identifiers = _identifiers
    join = _join
    multiple_response = _multiple_response
    pseudonymise = _pseudonymise
    recode = _recode
    split_responses = _split_responses
    with_reasons = _with_reasons


def as_microdata(data: Microdata | pd.DataFrame) -> Microdata:
    """Return microdata unchanged, and a pandas frame with an empty codebook."""
    return as_kind_of(Microdata, data)


def _as_pandas(native: Any) -> pd.DataFrame:
    """Return a table in memory, of Polars or Arrow, as a frame of pandas."""
    try:
        frame = nw.from_native(native, eager_only=True)
    except TypeError as error:
        raise OptionError(
            f"`frame` is a {type(native).__name__}, not a table.",
            write="Write a frame of pandas, Polars or Arrow, or `dl.read(path)` for a file.",
        ) from error
    if frame.implementation.is_polars():
        # categories that are not an enumeration declare no order; those of pandas would
        frame = frame.with_columns(nw.selectors.by_dtype(nw.Categorical).cast(nw.String))
    found: pd.DataFrame = frame.to_pandas()
    return found
