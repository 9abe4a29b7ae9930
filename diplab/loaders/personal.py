"""Columns that say who answered and are no answer: left out of what is read unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import ColumnError
from diplab.loaders.notices import naming

if TYPE_CHECKING:
    from collections.abc import Collection

    from diplab.loaders.source import Request, SourceFile
    from diplab.reference.text import Text

__all__ = ["left_out", "personal_column", "personal_left_out"]


def left_out(names: Collection[str]) -> tuple[Text, ...]:
    """Return the notice of columns, or tables, that say who answered; none where there are none.

    Examples
    --------
    >>> [str(each) for each in left_out(["token"])]
    ['Left out, for they say who answered or where: `token` (`private=True` keeps them).']
    """
    return naming(
        names,
        "Laissés de côté, car ils disent qui a répondu ou d’où : {names} (`private=True` les garde).",
        "Left out, for they say who answered or where: {names} (`private=True` keeps them).",
    )


def personal_left_out(source: SourceFile, request: Request, personal: Collection[str]) -> tuple[Text, ...]:
    """Return the notice that names the columns left out, none where all are kept.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Whether they are kept.
    personal : collection of str
        The columns of the file that name people, their addresses, their places.

    Raises
    ------
    ColumnError
        Where one of them was asked for by name, and not allowed.
    """
    if request.private:
        return ()
    for name in request.columns or ():
        if name in personal:
            raise personal_column(source, name)
    return left_out(personal)


def personal_column(source: SourceFile, name: str) -> ColumnError:
    """Return the error for a column that says who answered, and was asked for by its name."""
    return ColumnError(
        f"`{name}` was asked of the file `{source.path.name}`.",
        "It says who answered or where, and is left out by default.",
        "Write `private=True` to read it, and keep the data as the law asks.",
    )
