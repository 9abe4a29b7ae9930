"""Columns that say who answered and are no answer: left out of what is read unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import ColumnError
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile

__all__ = ["left_out"]


def left_out(source: SourceFile, request: Request, personal: Collection[str]) -> tuple[Text, ...]:
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
    if request.private or not personal:
        return ()
    asked = [name for name in request.columns or () if name in personal]
    if asked:
        raise ColumnError(
            f"`{asked[0]}` was asked of the file `{source.path.name}`.",
            "It says who answered, and is left out by default.",
            "Write `private=True` to read it.",
        )
    names = ", ".join(f"`{name}`" for name in personal)
    return (
        Text(
            f"Colonnes laissées de côté, car elles disent qui a répondu : {names} (`private=True` les garde).",
            f"Columns left out, for they say who answered: {names} (`private=True` keeps them).",
        ),
    )
