"""Microdata: a frame of answers and its codebook."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

import narwhals as nw

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.conflicts import conflicts
from diplab.microdata.describe import as_categorical, describe
from diplab.microdata.display import codebook_html, facts_html, file_facts
from diplab.microdata.frames import is_lazy, with_expressions
from diplab.microdata.history import exclude
from diplab.microdata.identifiers import identifiers, pseudonymise
from diplab.microdata.join import join
from diplab.microdata.missing import MissingAnswers, count_reasons
from diplab.microdata.multiple_response import multiple_response, split_responses
from diplab.microdata.quality.check import check
from diplab.microdata.recode import recode, with_reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from diplab.microdata.conflicts import Conflicts, MergedBy
    from diplab.microdata.describe import Description
    from diplab.microdata.identifiers import Identifiers
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.multiple_response import Responses, ResponsesBase
    from diplab.microdata.quality.findings import Quality
    from diplab.microdata.variable import Code
    from diplab.reference.text import Text

__all__ = ["LinkedTable", "Microdata", "as_microdata"]


Method = TypeVar("Method", bound="Callable[..., Any]")


def document_from(function: Callable[..., Any]) -> Callable[[Method], Method]:
    """Add to the docstring of a method the sections of a function on parameters, returns and errors.

    The first parameter of the function, the object of the method, is left out, and so are examples.
    """
    first = next(iter(inspect.signature(function).parameters))
    text = inspect.cleandoc(function.__doc__ or "")
    text = re.sub(rf"^{first} : .*\n?(?: +.*\n?)*", "", text, count=1, flags=re.MULTILINE)
    sections = re.split(r"^(?=\w+\n-+$)", text, flags=re.MULTILINE)[1:]
    shown = [each.strip() for each in sections if not each.startswith("Examples")]
    # a section whose only parameter was the object has its heading left
    shown = [each for each in shown if len(each.splitlines()) > 2]

    def document(method: Method) -> Method:
        method.__doc__ = "\n\n".join([inspect.cleandoc(method.__doc__ or ""), *shown])
        return method

    return document


@dataclass(frozen=True)
class LinkedTable:
    """A table linked to another, such as the people of a household.

    `key` is the column of the main table that identifies its rows, `foreign` that of the linked table with their keys.
    """

    table: Microdata
    key: str
    foreign: str


class MissingField:
    """The field `missing` of microdata: a mapping goes in, and comes out as missing answers that can be counted."""

    @overload
    def __get__(self, data: None, owner: type) -> Mapping[str, MissingCodes]: ...
    @overload
    def __get__(self, data: Microdata, owner: type) -> MissingAnswers: ...
    def __get__(self, data: Microdata | None, owner: type) -> Any:
        # the default of the field, which may not be a dictionary
        return () if data is None else MissingAnswers(data, vars(data)["missing"])

    def __set__(self, data: Microdata, codes: Mapping[str, MissingCodes]) -> None:
        vars(data)["missing"] = dict(codes)


@dataclass(frozen=True, eq=False)
class Microdata:
    """Answers of a survey, one row per respondent, with their codebook.

    Parameters
    ----------
    frame : pandas.DataFrame
        Codes as answered; every kind of missing is NaN here and has its reason in the codebook. A folder, or a
        relation of DuckDB, stays lazy: then a lazy frame of Polars, or the relation.
    codebook : Codebook
        Labels, questions, kinds of missing, origin of the file.
    missing : mapping of str to MissingCodes
        For the columns that have some: the missing code in each cell. `data.missing("income")` counts the missing
        answers of a variable by reason, `data.missing()` those of all whose reasons the codebook knows.
    linked : mapping of str to LinkedTable
        Tables linked to this one, by name.

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
    missing: MissingField = MissingField()
    linked: Mapping[str, LinkedTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, codes in self.missing.items():
            if len(codes) != len(self.frame):
                raise OptionError(
                    f"`missing` has codes of `{name}` for {len(codes)} rows, and the frame has {len(self.frame)}.",
                    "",
                    "Write `data.exclude(...)` to leave rows out, or leave out `missing`.",
                )

    def __len__(self) -> int:
        if is_lazy(self.frame):
            query: Any = nw.from_native(self.frame)
            return int(query.select(nw.len()).collect().item())
        return len(self.frame)

    def _columns(self) -> list[str]:
        if is_lazy(self.frame):
            return nw.from_native(self.frame).collect_schema().names()
        return [str(name) for name in self.frame.columns]

    def __repr__(self) -> str:
        # No rows: a notebook saved with microdata in its outputs is a leak.
        origin = self.codebook.origin
        kind = "synthetic microdata" if origin.synthetic else "microdata"
        where = origin.file or ("of a query" if is_lazy(self.frame) else "in memory")
        return f"<{kind} {where}: {len(self):,} rows, {len(self._columns())} columns>"

    def _repr_html_(self) -> str:
        facts = facts_html(repr(self).strip("<>"), file_facts(self.codebook, self._columns()))
        return f"{facts}\n{codebook_html(self.codebook)}"

    @document_from(check)
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
        """Find answers of doubtful quality.

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
            Where an array is added to data outside of memory, whose rows have no order.
        """
        known = {name: why for name, why in self.codebook.reasons.items() if name not in columns}
        book = replace(self.codebook, reasons=known)
        if is_lazy(self.frame):
            return replace(self, frame=with_expressions(self.frame, columns), codebook=book)
        missing = {name: codes for name, codes in self.missing.items() if name not in columns}
        frame = self.frame.assign(**columns)
        return replace(
            self, frame=frame, codebook=count_reasons(frame, book, missing, columns), missing=missing
        )

    @document_from(conflicts)
    def conflicts(
        self,
        *others: Microdata | pd.DataFrame,
        keys: Sequence[str] = (),
        kind: MergedBy = "wave",
        language: str = "en",
    ) -> Conflicts:
        """List what this file and others that are to be merged with it say differently.

        `first.conflicts(second, keys=["2018", "2020"])`; `dl.merge` refuses those that change a meaning.
        """
        return conflicts(self, *map(as_microdata, others), keys=keys, kind=kind, language=language)

    @document_from(describe)
    def describe(
        self, name: str | None = None, *, weights: str | None = None, language: str = "en"
    ) -> Description:
        """Describe a variable, a question with several answers, or the whole file, with missing answers by reason.

        `data.describe()`, `data.describe("income", weights="w", language="fr")`.
        """
        return describe(self, name, weights=weights, language=language)

    @document_from(exclude)
    def exclude(self, rows: Any, reason: str | Text) -> Microdata:
        """Leave rows out, and write down how many and why.

        `data.exclude(data.frame["minutes"] < 2, "too fast to read")`.
        """
        return exclude(self, rows, reason)

    @document_from(identifiers)
    def identifiers(self, *, language: str = "en") -> Identifiers:
        """Find the columns that identify people."""
        return identifiers(self, language=language)

    @document_from(pseudonymise)
    def pseudonymise(self, columns: str | Sequence[str], key: str | bytes) -> Microdata:
        """Replace what identifies people by a keyed hash, the same for the same person in every file.

        `data.pseudonymise(data.identifiers().columns, key)`.
        """
        return pseudonymise(self, columns, key)

    @document_from(recode)
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

    @document_from(as_categorical)
    def as_categorical(
        self, *names: str, language: str = "en", ordered: bool | None = None
    ) -> pd.Series[Any] | pd.DataFrame:
        """Return variables under their labels, as pandas categories: a Series for one, a frame for several.

        `data.as_categorical("sex", language="fr")`.
        """
        return as_categorical(self, *names, language=language, ordered=ordered)

    @document_from(with_reasons)
    def with_reasons(self, name: str, into: str | None = None) -> Microdata:
        """Add a variable that tells for each row whether another was answered, or why not.

        `data.with_reasons("income")` adds `income_reason`.
        """
        return with_reasons(self, name, into)

    @document_from(multiple_response)
    def multiple_response(
        self, name: str, *, counted: Code | None = None, base: ResponsesBase | None = None
    ) -> Responses:
        """Return a question with several answers, from the codebook or from its columns, for tables.

        `crosstab(sample, data.multiple_response("q7"), "sex")`.
        """
        return multiple_response(self, name, counted=counted, base=base)

    @document_from(split_responses)
    def split_responses(self, name: str, separator: str = ";", into: str | None = None) -> Microdata:
        """Make cells that list answers (`mail;phone`) into columns of 1 and 0, and a set of them.

        `data.split_responses("uses", separator=";")`.
        """
        return split_responses(self, name, separator, into)

    @document_from(join)
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


def as_microdata(data: Microdata | pd.DataFrame) -> Microdata:
    """Return microdata unchanged, and a pandas frame with an empty codebook."""
    import pandas as pd

    if isinstance(data, Microdata):
        return data
    if isinstance(data, pd.DataFrame):
        return Microdata(data, Codebook())
    raise OptionError(
        f"`data` is a {type(data).__name__}.", "", "Pass what `dl.read` returns, or a pandas frame."
    )
