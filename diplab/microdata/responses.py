"""A question with several answers: columns of yes and no that together are one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.errors import OptionError, one_of
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.variable import Code

__all__ = ["Responses", "ResponsesBase", "ResponsesKind"]

ResponsesBase: TypeAlias = Literal["any", "all"]
ResponsesKind: TypeAlias = Literal["dichotomies", "categories"]


@dataclass(frozen=True)
class Responses:
    """A multiple-response set: one question, one column an answer, 1 (or true) where it was given.

    Shares are of people, and so add to more than 100 %.

    Parameters
    ----------
    name : str
        Name of the question in tables.
    columns : sequence of str
        One column an answer, holding 1 and 0, true and false, or other codes of which one is `counted`.
    base : {"any", "all"}
        Of whom shares are: people who answered at least one of the columns (a column without an answer is then an
        answer not given), or people who answered all of them.
    label : Text
        The question in words.
    kind : {"dichotomies", "categories"}
        One column an answer (the usual form), or columns that each hold the code of one answer given (first answer,
        second answer...).
    counted : code
        The code that says that an answer was given, in dichotomies; another labelled code says that it was not.

    Raises
    ------
    OptionError
        Where no column is named, one is named twice, or `base` is not one of its words.

    Examples
    --------
    >>> Responses("uses", ["mail", "phone"]).columns
    ('mail', 'phone')
    """

    name: str
    columns: Sequence[str]
    base: ResponsesBase = "any"
    label: Text = NOTHING
    kind: ResponsesKind = "dichotomies"
    counted: Code = 1

    def __post_init__(self) -> None:
        if self.base not in ("any", "all"):
            raise one_of("`base` of `Responses`", self.base, ("any", "all"))
        columns = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
        if not columns or len(set(columns)) < len(columns):
            raise OptionError(
                f"The columns of the question `{self.name}` were given as {list(columns)!r}.",
                "One is named twice." if columns else "None is named.",
                'Write each once, for example `Responses("uses", ["mail", "phone"])`.',
            )
        object.__setattr__(self, "columns", columns)
