"""Lists written as text in one cell, as programs write them: `["mail", "phone"]` or `['mail', 'phone']`."""

from __future__ import annotations

import re

__all__ = ["list_string"]

_ITEM = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([-+\w.]+))\s*""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def list_string(cell: str) -> list[str] | None:
    r"""Return the items of a list written as text; None where the cell is no such list, whole and well closed.

    Nothing is evaluated: quoted strings of JSON or Python and bare words or numbers, commas between them, brackets
    around.

    Parameters
    ----------
    cell : str
        As written.

    Examples
    --------
    >>> list_string('["mail", "phone"]'), list_string("['It\\'s mine', 3]"), list_string("[]")
    (['mail', 'phone'], ["It's mine", '3'], [])
    >>> list_string("[mail") is None and list_string("['a' 'b']") is None
    True
    """
    bare = cell.strip()
    if len(bare) < 2 or bare[0] != "[" or bare[-1] != "]":
        return None
    inner = bare[1:-1]
    if not inner.strip():
        return []
    items: list[str] = []
    place = 0
    while True:
        found = _ITEM.match(inner, place)
        if found is None:
            return None
        double, single, word = found.groups()
        quoted = double if double is not None else single
        items.append(word if quoted is None else _whole(_ESCAPE.sub(_unescaped, quoted)))
        place = found.end()
        if place == len(inner):
            return items
        if inner[place] != ",":
            return None
        place += 1


def _unescaped(found: re.Match[str]) -> str:
    mark = found.group(1)
    if len(mark) > 1:
        return chr(int(mark[1:], 16))
    return _ESCAPED.get(mark, mark)


def _whole(words: str) -> str:
    """Return words in which a letter written as two halves (an emoji in JSON) is one."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
