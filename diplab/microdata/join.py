"""Joins of two files on keys: people with households, answers with their sampling frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import LARGEST_EXACT, check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError, quoted_names
from diplab.kernel.arrays import Integers
from diplab.microdata.display import WORDS
from diplab.microdata.frames import as_kind_of, check_columns
from diplab.microdata.history import Step
from diplab.microdata.missing import MissingCodes, count_reasons

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata

Expected: TypeAlias = Literal["many_to_one", "one_to_one"]
Unmatched: TypeAlias = Literal["fail", "keep"]


def join(
    data: Microdata,
    other: Microdata | pd.DataFrame,
    on: str | Sequence[str] | Mapping[str, str],
    *,
    expect: Expected = "many_to_one",
    unmatched: Unmatched = "fail",
    suffix: str = "",
) -> Microdata:
    """Add to each row the columns of the row with the same key in another file.

    For example, add to people the columns of their household. The rows stay those of `data`, in
    their order. Keys are checked before the join: each is once in `other`, and every row has a
    match, unless the options allow otherwise.

    Parameters
    ----------
    other : Microdata or pandas.DataFrame
        One row per household.
    on : str, sequence of str, or mapping of str to str
        Columns of the key; if names differ, a mapping from those of `data` to those of `other`.
    expect : {"many_to_one", "one_to_one"}
        Whether several rows of `data` may share a key (people of a household) or not.
    unmatched : {"fail", "keep"}
        Rows without a match, on either side, raise an error with their number; or those of `data`
        are kept with missing answers, those of `other` are excluded, and the step records how many.
    suffix : str
        Added to names of columns of `other` that `data` has too; without it they raise an error.

    Returns
    -------
    Microdata
        Tables linked to `data` stay linked; those linked to `other` are excluded.

    Raises
    ------
    ColumnError
        Where a key is missing, holds words in one file and numbers in the other, or other columns
        share a name.
    MisleadingError
        Where keys are repeated or unmatched.
    OptionError
        Where an option is not one of its words, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"home": [1, 1, 2], "age": [40, 12, 31]}))
    >>> homes = dl.Microdata(pd.DataFrame({"home": [2, 1], "rooms": [3, 5]}))
    >>> people.join(homes, on="home").frame["rooms"].tolist()
    [5, 5, 3]
    """
    other = as_kind_of(type(data), other)
    mine = [on] if isinstance(on, str) else list(on)
    keys = dict(zip(mine, on.values() if isinstance(on, Mapping) else mine, strict=True))
    _check_join(data, other, keys, expect, unmatched)
    matched = _match_keys(data, other, keys)
    _check_counts(matched, expect, unmatched)
    names = _new_names(data, other, keys, suffix)
    taken = other.frame[list(names)].rename(columns=names).reset_index(drop=True)
    # position -1 is not a row: reindexing gives missing answers there
    joined = pd.concat(
        [data.frame, taken.reindex(matched.position).set_axis(data.frame.index)], axis=1
    )
    missing = dict(data.missing)
    for old, new in names.items():
        if old in other.missing:
            cells = other.missing[old]
            places = np.where(matched.position >= 0, cells.places[matched.position], -1)
            missing[new] = MissingCodes(cells.codes, places.astype(cells.places.dtype))
    codebook = _join_codebooks(data.codebook, other.codebook, names, matched)
    counted = count_reasons(joined, codebook, missing, names.values())
    return replace(data, frame=joined, codebook=counted, missing=missing)


@dataclass(frozen=True, eq=False)
class _KeyMatch:
    """The matching row of the other file for each row (-1 if none), and counts of mismatches."""

    position: Integers
    without: int
    keyless: int
    left: int
    repeated: int
    repeated_other: int


def _check_join(
    data: Microdata, other: Microdata, keys: Mapping[str, str], expect: str, unmatched: str
) -> None:
    if expect == "one_to_many":
        raise OptionError(
            "`expect='one_to_many'` would repeat rows of the first file.",
            write="Write it from the other side: `people.join(households, on=...)`.",
        )
    check_one_of("expect", expect, Expected)
    check_one_of("unmatched", unmatched, Unmatched)
    if not keys:
        raise OptionError("`on` names no key.", write='Write for example `on="household"`.')
    for side, columns in ((data, keys), (other, keys.values())):
        check_columns(side, *columns)
    for mine, theirs in keys.items():
        kinds = [_kind_of_key(data.frame[mine]), _kind_of_key(other.frame[theirs])]
        if kinds[0] != kinds[1]:
            raise ColumnError(
                f"`{mine}` holds {kinds[0]} in the first file, and `{theirs}` {kinds[1]} in the "
                "second.",
                write="Convert one first, or read both with a codebook that gives their `storage`.",
            )
        _check_digits(mine, data.frame[mine], "first")
        _check_digits(theirs, other.frame[theirs], "second")


def _check_digits(key: str, column: pd.Series[Any], file: str) -> None:
    """Raise an error for keys stored as floats, which cannot distinguish long numbers."""
    if pd.api.types.is_float_dtype(column) and (column.abs() > LARGEST_EXACT).any():
        raise ColumnError(
            f"Keys in `{key}` of the {file} file have lost digits.",
            "They have more than 15 digits, and are kept as numbers with decimals, which have 15.",
            f"Read the column again as whole numbers, or as words in both files: with pandas "
            f"`dtype={{{key!r}: 'Int64'}}` or `dtype={{{key!r}: 'string'}}`.",
        )


def _kind_of_key(column: pd.Series[Any]) -> str:
    if pd.api.types.is_numeric_dtype(column):
        return "numbers"
    return "words"


def _match_keys(data: Microdata, other: Microdata, keys: Mapping[str, str]) -> _KeyMatch:
    theirs = other.frame[list(keys.values())].set_axis(list(keys), axis=1)
    mine = data.frame[list(keys)]
    for key in keys:
        types = mine[key].dtype, theirs[key].dtype
        if types[0] != types[1] and all(map(pd.api.types.is_integer_dtype, types)):
            # signed and unsigned numbers together would become floats, which merge large keys
            mine, theirs = mine.astype({key: object}), theirs.astype({key: object})
    both = pd.concat([mine, theirs], ignore_index=True)
    # the key of each row as a number; rows with a missing part have no key, and no match
    number = pd.Series(
        both.groupby(list(keys), sort=False, observed=True).ngroup().fillna(-1).astype(np.int64)
    )
    own, their = number[: len(data)], number[len(data) :]
    known = their[their >= 0]
    row_of_key = pd.Series(np.flatnonzero(their >= 0), index=known)
    position = (
        own.map(row_of_key[~row_of_key.index.duplicated()]).fillna(-1).to_numpy(dtype=np.int64)
    )
    return _KeyMatch(
        position,
        int((position < 0).sum()),
        int((own < 0).sum()),
        int((~their.isin(own[own >= 0])).sum()),
        int((own[own >= 0].value_counts() > 1).sum()),
        int((known.value_counts() > 1).sum()),
    )


def _check_counts(matched: _KeyMatch, expect: str, unmatched: str) -> None:
    """Raise an error for unexpected repeated keys and for rows without a match."""
    if matched.repeated_other:
        raise MisleadingError(
            f"{matched.repeated_other} keys are on several rows of the second file, which would "
            "repeat rows.",
            write="Pass the file with one row per key second, or more columns in `on`.",
        )
    if expect == "one_to_one" and matched.repeated:
        raise MisleadingError(
            f"{matched.repeated} keys are on several rows of the first file, and one was expected.",
            write='Write `expect="many_to_one"` if rows may share a key, or more columns in `on`.',
        )
    if unmatched == "fail" and (matched.without or matched.left):
        keyless = f" ({matched.keyless} have no key)" if matched.keyless else ""
        raise MisleadingError(
            f"{matched.without} rows of the first file{keyless} have no match in the second, and "
            f"{matched.left} of the "
            "second none in the first.",
            write='Find out why, or write `unmatched="keep"` to keep the rows of the first and '
            "exclude "
            "those of the second.",
        )


def _new_names(
    data: Microdata, other: Microdata, keys: Mapping[str, str], suffix: str
) -> dict[str, str]:
    """Return the new names of the columns of the other file."""
    own = set(map(str, data.frame.columns))
    added = [str(column) for column in other.frame.columns if str(column) not in keys.values()]
    clash = [column for column in added if column in own]
    names = {}
    for column in added:
        names[column] = f"{column}{suffix}" if column in clash else column
    again = []
    for old, new in names.items():
        if new in own or (new != old and new in added):
            again.append(new)
    if again:
        raise ColumnError(
            f"Both have a column {quoted_names(again[:5])}{', ...' if len(again) > 5 else ''}.",
            write='Write a `suffix` for those of the second, for example `suffix="_household"`.',
        )
    return names


def _join_codebooks(
    mine: Codebook, theirs: Codebook, names: Mapping[str, str], matched: _KeyMatch
) -> Codebook:
    variables = {}
    for old, new in names.items():
        if old in theirs:
            variables[new] = replace(
                theirs[old], name=new, part_of=names.get(theirs[old].part_of, theirs[old].part_of)
            )
    sets = {}
    for name, item in theirs.sets.items():
        if set(item.columns) <= set(names) and name not in mine.sets:
            sets[name] = replace(item, columns=tuple(names[column] for column in item.columns))
    rows = len(matched.position) - matched.without
    file = theirs.origin.file or WORDS("join.in_memory")
    words = WORDS("join.step", file=file, matched=rows, without=matched.without, left=matched.left)
    step = Step("join", tuple(names.values()), words, rows)
    return replace(
        mine,
        variables={**mine.variables, **variables},
        sets={**mine.sets, **sets},
        origin=replace(mine.origin, synthetic=mine.origin.synthetic or theirs.origin.synthetic),
        steps=(*mine.steps, *theirs.steps, step),
    )
