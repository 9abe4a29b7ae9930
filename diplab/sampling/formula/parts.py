"""What a formula of a regression is made of, once read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast

    from diplab.sampling.expression import Expression

__all__ = ["Factor", "ModelFormula"]


@dataclass(frozen=True)
class Factor:
    """One piece of a term.

    Parameters
    ----------
    said : str
        How it is named in results: a column, or arithmetic as written.
    names : tuple of str
        Columns that it reads.
    tree : ast.expr or None
        Arithmetic on columns; None for a bare column, a condition, or categories.
    condition : Expression or None
        A condition, true or false.
    category : bool
        Whether it was written as categories, `C(...)`.
    levels : tuple or None
        Its categories in order, where given.
    reference : object
        The category that others are compared with, where given.
    """

    said: str
    names: tuple[str, ...]
    tree: ast.expr | None = None
    condition: Expression | None = None
    category: bool = False
    levels: tuple[Any, ...] | None = None
    reference: Any = None


@dataclass(frozen=True)
class ModelFormula:
    """A regression as written.

    Parameters
    ----------
    text : str
    outcome : Factor
    factors : tuple of Factor
    terms : tuple of tuple of int
        Factors of each term, by place; those of one factor first, then products of two...
    intercept : bool
    """

    text: str
    outcome: Factor
    factors: tuple[Factor, ...]
    terms: tuple[tuple[int, ...], ...]
    intercept: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that the formula reads, the outcome's first."""
        every = [name for factor in (self.outcome, *self.factors) for name in factor.names]
        return tuple(dict.fromkeys(every))

    def said(self, term: int) -> str:
        """Return a term in words: its factors, with `:` between."""
        return ":".join(self.factors[place].said for place in self.terms[term])
