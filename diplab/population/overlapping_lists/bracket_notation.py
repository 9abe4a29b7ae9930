"""The bracket notation of log-linear models: `[12,3,4]` joins lists 1 and 2, and leaves 3 and 4 independent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError, OptionError, nearest, suggestion
from diplab.kernel.hierarchical import HETEROGENEITY, ListModel, closure, generators, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["list_model", "written", "written_term"]

DIGITS = 9


def list_model(
    terms: str | Sequence[str | Sequence[str]] | None,
    names: Sequence[str],
    heterogeneity: str | None = None,
) -> ListModel:
    """Return the model that terms name.

    Parameters
    ----------
    terms : str, sequence of sequence of str, or None
        `"[12,3,4]"` by place (up to nine lists), `"[police:ngo,health]"` by name, or
        `[("police", "ngo"), ("health",)]`; None for independence.
    names : sequence of str
        The lists, in order.
    heterogeneity : str, optional
        `poisson2`, `darroch` or `gamma3.5`.

    Raises
    ------
    OptionError
        Where a term names no list, or a list is in no term.
    MisleadingError
        Where the term of all lists is asked for, which no data tell.

    Examples
    --------
    >>> list_model("[police:ngo,health]", ["police", "ngo", "health"]).terms
    (0, 1, 2, 4, 3)
    """
    _check_heterogeneity(heterogeneity, len(names))
    asked = _asked(terms, names)
    model = ListModel(len(names), closure(_term(each, names) for each in asked), heterogeneity)
    for place, name in enumerate(names):
        if 1 << place not in model.terms:
            raise OptionError(
                asked=f"The terms {_shown(terms)} were asked for.",
                found=f"List `{name}` is in none of them, which would put half the people on it.",
                write=f"Write `{written(_with_each_list(model), names)}`.",
            )
    if 2 ** len(names) - 1 in model.terms:
        independent = ListModel(len(names), closure(1 << place for place in range(len(names))))
        raise MisleadingError(
            asked=f"The terms {_shown(terms)} were asked for.",
            found=f"They join all {len(names)} lists at once, and nobody can be seen who would tell that term.",
            write=f"Write fewer, such as `{written(independent, names)}`.",
        )
    return model


def written(model: ListModel, names: Sequence[str]) -> str:
    """Return a model in the bracket notation, its column of heterogeneity after it.

    Examples
    --------
    >>> written(ListModel(3, closure([3, 4]), "darroch"), ["police", "ngo", "health"])
    '[12,3] darroch'
    """
    if len(names) <= DIGITS:
        each = ["".join(str(place + 1) for place in members(term)) for term in generators(model.terms)]
    else:
        each = [written_term(term, names) for term in generators(model.terms)]
    bracket = f"[{','.join(each)}]"
    return f"{bracket} {model.heterogeneity}" if model.heterogeneity else bracket


def written_term(term: int, names: Sequence[str]) -> str:
    """Return a term by the names of its lists.

    Examples
    --------
    >>> written_term(3, ["police", "ngo", "health"])
    'police:ngo'
    """
    return ":".join(names[place] for place in members(term)) if term else "intercept"


def _check_heterogeneity(heterogeneity: str | None, lists: int) -> None:
    if heterogeneity is None:
        return
    if heterogeneity == "chao":
        raise OptionError(
            asked="`heterogeneity` was given as 'chao'.",
            found="It has a column for each number of lists, and is a model of occasions.",
            write='Write `closed(table, "Mth", "chao")`, or one of: ' + ", ".join(HETEROGENEITY) + ".",
        )
    if heterogeneity not in HETEROGENEITY:
        raise OptionError(
            asked=f"`heterogeneity` was given as {heterogeneity!r}.",
            found=f"It is one of: {', '.join(HETEROGENEITY)}.",
            write=f"Write {nearest(str(heterogeneity), HETEROGENEITY)} instead.",
        )
    if lists == 2:
        raise MisleadingError(
            asked=f"Persons that differ (`{heterogeneity}`) were asked for with two lists.",
            found="Two lists tell three numbers, which independence uses up.",
            write="Write no `heterogeneity`, or add a third list.",
        )


def _asked(terms: str | Sequence[str | Sequence[str]] | None, names: Sequence[str]) -> list[list[str]]:
    """Return terms as lists of names."""
    if terms is None:
        return [[name] for name in names]
    if not isinstance(terms, str):
        return _named(terms)
    inside = terms.strip().removeprefix("[").removesuffix("]")
    each = [part.strip() for part in inside.split(",") if part.strip()]
    if not each:
        raise OptionError(
            asked=f"The terms {_shown(terms)} were asked for.",
            found="They name no list.",
            write="Write them as `[12,3]`, or leave `terms` out for independence.",
        )
    return [_parts(part, names) for part in each]


def _named(terms: Any) -> list[list[str]]:
    """Return terms given as names, one by one or several together."""
    try:
        return [[term] if isinstance(term, str) else [str(name) for name in term] for term in terms]
    except TypeError as error:
        raise OptionError(
            asked=f"The terms {_shown(terms)} were asked for.",
            found="They are neither a text nor lists of names.",
            write='Write them as `"[12,3]"`, or as `[("police", "ngo"), ("health",)]`.',
        ) from error


def _parts(part: str, names: Sequence[str]) -> list[str]:
    if part.isdecimal() and len(names) <= DIGITS:
        return [_at(int(digit), names, part) for digit in part]
    return [name.strip() for name in part.split(":")]


def _at(place: int, names: Sequence[str], part: str) -> str:
    if not 1 <= place <= len(names):
        raise OptionError(
            asked=f"The term `{part}` was asked for.",
            found=f"There are {len(names)} lists, and no list {place}.",
            write=f"Write the digits 1 to {len(names)}, in the order of the columns.",
        )
    return names[place - 1]


def _term(term: Iterable[str], names: Sequence[str]) -> int:
    known = {name: place for place, name in enumerate(names)}
    found = 0
    for name in term:
        if name not in known:
            raise OptionError(
                asked=f"A term with the list `{name}` was asked for.",
                found=f"The table has {len(names)} lists, and not that one.",
                write=suggestion(name, names),
            )
        found |= 1 << known[name]
    return found


def _with_each_list(model: ListModel) -> ListModel:
    return ListModel(
        model.lists,
        closure([*model.terms, *(1 << place for place in range(model.lists))]),
        model.heterogeneity,
    )


def _shown(terms: object) -> str:
    return f"`{terms}`" if isinstance(terms, str) else repr(terms)
