"""Microdata: a frame of answers and the codebook that says what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import OptionError
from diplab.microdata.categorical import as_categorical
from diplab.microdata.describe import describe
from diplab.microdata.exclude import exclude
from diplab.microdata.explained import explained_by
from diplab.microdata.identifiers import identifiers
from diplab.microdata.join import join
from diplab.microdata.multiple_response import multiple_response
from diplab.microdata.pseudonymise import pseudonymise
from diplab.microdata.quality.check import check
from diplab.microdata.query import is_lazy, with_expressions
from diplab.microdata.recode import recode
from diplab.microdata.split_responses import split_responses
from diplab.microdata.with_reasons import with_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.description import Description
    from diplab.microdata.identifiers import Identifiers
    from diplab.microdata.missing_codes import MissingCodes
    from diplab.microdata.quality.findings import Quality
    from diplab.microdata.responses import Responses, ResponsesBase
    from diplab.microdata.variable import Code
    from diplab.reference.text import Text

__all__ = ["Link", "Microdata"]


@dataclass(frozen=True)
class Link:
    """A table that hangs on another: the people of a household, the answers of a repeated group.

    Parameters
    ----------
    table : Microdata
        One row a repetition.
    key : str
        Column of the main table that names its rows, each once.
    foreign : str
        Column of the linked table that holds the key of the row on which each of its rows hangs.
    """

    table: Microdata
    key: str
    foreign: str


@dataclass(frozen=True, eq=False)
class Microdata:
    """Answers of a survey, one row a respondent, with their codebook.

    Parameters
    ----------
    frame : pandas.DataFrame
        Codes as answered; every kind of missing is NaN here and has its reason in the codebook. A folder, or a
        relation of DuckDB, stays lazy: then a lazy frame of Polars, or the relation.
    codebook : Codebook
        Labels, questions, kinds of missing, origin of the file.
    missing : mapping of str to MissingCodes
        For the columns that have some: the missing code that stood in each cell.
    linked : mapping of str to Link
        Tables that hang on this one, by name.

    Raises
    ------
    OptionError
        Where the missing codes of a column are not as many as the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> Microdata(pd.DataFrame({"age": [17, 40]}), Codebook())
    <microdata in memory: 2 rows, 1 columns>
    """

    frame: pd.DataFrame
    codebook: Codebook
    missing: Mapping[str, MissingCodes] = field(default_factory=dict)
    linked: Mapping[str, Link] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, codes in self.missing.items():
            if len(codes) != len(self.frame):
                raise OptionError(
                    "Microdata were made of a frame and the missing codes of its cells.",
                    f"`{name}` has codes for {len(codes)} rows, and the frame has {len(self.frame)} rows.",
                    "Write `data.exclude(...)` to leave rows out, or give the frame without `missing`.",
                )

    def __len__(self) -> int:
        if is_lazy(self.frame):
            query: Any = nw.from_native(self.frame)
            return int(query.select(nw.len()).collect().item())
        return len(self.frame)

    def __repr__(self) -> str:
        # No rows: a notebook saved with microdata in its outputs is a leak.
        origin = self.codebook.origin
        kind = "synthetic microdata" if origin.synthetic else "microdata"
        lazy = is_lazy(self.frame)
        where = origin.file or ("of a query" if lazy else "in memory")
        width = len(nw.from_native(self.frame).collect_schema().names()) if lazy else self.frame.shape[1]
        return f"<{kind} {where}: {len(self):,} rows, {width} columns>"

    @explained_by(check)
    def check(
        self,
        *,
        attention: Mapping[str, Code] | None = None,
        duration: str | None = None,
        speed: float = 0.5,
        matching: float = 0.85,
        unanswered: float = 0.2,
        left: float = 0.5,
    ) -> Quality:
        """Look for answers that cannot be trusted.

        `data.check(attention={"q12": 3}, duration="minutes")`; `dl.table(data.check(), language="fr")` in words.
        """
        return check(
            self,
            attention=attention,
            duration=duration,
            speed=speed,
            matching=matching,
            unanswered=unanswered,
            left=left,
        )

    def with_columns(self, **columns: Any) -> Microdata:
        """Return microdata with columns added or replaced.

        Parameters
        ----------
        **columns : array, pandas Series or expression
            As many answers as rows; where the data stay in a folder or a database, expressions of Polars or narwhals.
            Those that are missing have no reason: it was of the answers replaced.

        Raises
        ------
        OptionError
            Where an array is given for data that stay where they are: their rows have no order.
        """
        from diplab.microdata.rows import reasons_counted

        known = {name: why for name, why in self.codebook.reasons.items() if name not in columns}
        book = replace(self.codebook, reasons=known)
        if is_lazy(self.frame):
            return replace(self, frame=with_expressions(self.frame, columns), codebook=book)
        kept = {name: codes for name, codes in self.missing.items() if name not in columns}
        frame = self.frame.assign(**columns)
        return replace(self, frame=frame, codebook=reasons_counted(frame, book, kept, columns), missing=kept)

    @explained_by(describe)
    def describe(
        self, name: str | None = None, *, weights: str | None = None, language: str = "en"
    ) -> Description:
        """Describe a variable, a question with several answers, or the whole file, with missing answers by reason.

        `data.describe()`, `data.describe("income", weights="w", language="fr")`.
        """
        return describe(self, name, weights=weights, language=language)

    @explained_by(exclude)
    def exclude(self, rows: Any, reason: str | Text) -> Microdata:
        """Leave rows out, and write down how many and why.

        `data.exclude(data.frame["minutes"] < 2, "too fast to read")`.
        """
        return exclude(self, rows, reason)

    @explained_by(identifiers)
    def identifiers(self, *, language: str = "en") -> Identifiers:
        """Point out the columns that say who people are."""
        return identifiers(self, language=language)

    @explained_by(pseudonymise)
    def pseudonymise(self, columns: str | Sequence[str], key: str | bytes) -> Microdata:
        """Replace what identifies people by a keyed hash, the same for the same person in every file.

        `data.pseudonymise(data.identifiers().columns, key)`.
        """
        return pseudonymise(self, columns, key)

    @explained_by(recode)
    def recode(
        self,
        name: str,
        rules: Mapping[Any, Any] | None = None,
        *,
        amounts: Mapping[Any, Any] | None = None,
        bands: Sequence[float] | None = None,
        into: str | None = None,
        label: str | Text | None = None,
        labels: Mapping[Any, str | Text] | None = None,
        others: str = "fail",
    ) -> Microdata:
        """Give answers other codes, turn bands into amounts, or numbers into bands.

        `data.recode("job", {(1, 2): 1, "no job": 0, 9: None}, into="works")`,
        `data.recode("income", amounts={1: (0, 5000), 2: 7500})`, `data.recode("age", bands=[18, 25, 35, math.inf])`.
        """
        return recode(
            self,
            name,
            rules,
            amounts=amounts,
            bands=bands,
            into=into,
            label=label,
            labels=labels,
            others=others,
        )

    @explained_by(as_categorical)
    def as_categorical(
        self, *names: str, language: str = "en", ordered: bool | None = None
    ) -> pd.Series[Any] | pd.DataFrame:
        """Return variables under their labels, as pandas categories: a Series for one, a frame for several.

        `data.as_categorical("sex", language="fr")`.
        """
        return as_categorical(self, *names, language=language, ordered=ordered)

    @explained_by(with_reasons)
    def with_reasons(self, name: str, into: str | None = None) -> Microdata:
        """Add a variable that says of each row whether another was answered, or why not.

        `data.with_reasons("income")` adds `income_reason`.
        """
        return with_reasons(self, name, into)

    @explained_by(multiple_response)
    def multiple_response(
        self, name: str, *, counted: Code | None = None, base: ResponsesBase | None = None
    ) -> Responses:
        """Return a question with several answers, from the codebook or from its columns, for tables.

        `crosstab(sample, data.multiple_response("q7"), "sex")`.
        """
        return multiple_response(self, name, counted=counted, base=base)

    @explained_by(split_responses)
    def split_responses(self, name: str, separator: str = ";", into: str | None = None) -> Microdata:
        """Make cells that list answers (`mail;phone`) into columns of 1 and 0, and a set of them.

        `data.split_responses("uses", separator=";")`.
        """
        return split_responses(self, name, separator, into)

    @explained_by(join)
    def join(
        self,
        other: Microdata,
        on: str | Sequence[str] | Mapping[str, str],
        *,
        expect: str = "many_to_one",
        unmatched: str = "fail",
        suffix: str = "",
    ) -> Microdata:
        """Add to each row the columns of the row of another file that has its key, keys counted first.

        `people.join(households, on="household")`.
        """
        return join(self, other, on, expect=expect, unmatched=unmatched, suffix=suffix)
