"""Two files joined on keys: people with their household, answers with the frame that they were drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import LARGEST_EXACT, check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.kernel.arrays import Integers
from diplab.microdata.display import WORDS
from diplab.microdata.frames import check_columns
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
    """Add to each row the columns of the row of another file that has its key: to people, those of their household.

    The rows stay those of `data`, in their order. Keys are counted before anything is joined: each is once in
    `other`, and every row has its match, unless the options allow otherwise.

    Parameters
    ----------
    other : Microdata or pandas.DataFrame
        One row per household.
    on : str, sequence of str, or mapping of str to str
        Columns of the key; where their names differ, those of `other` by those of `data`.
    expect : {"many_to_one", "one_to_one"}
        Whether several rows of `data` may have one key (people of a household) or none may.
    unmatched : {"fail", "keep"}
        Rows without a match in the other file, on either side, are refused, with their number; or those of `data` are
        kept without the other's answers, and those of `other` left out, and the step says how many.
    suffix : str
        Added to the names of columns of `other` that `data` has too; without it they are refused.

    Returns
    -------
    Microdata
        Tables linked to `data` stay linked; those linked to `other` are left out.

    Raises
    ------
    ColumnError
        Where a key is not there, holds words in one file and numbers in the other, or other columns have one name.
    MisleadingError
        Where keys are repeated or unmatched.
    OptionError
        Where an option is not one of its words, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"home": [1, 1, 2], "age": [40, 12, 31]}), dl.Codebook())
    >>> homes = dl.Microdata(pd.DataFrame({"home": [2, 1], "rooms": [3, 5]}), dl.Codebook())
    >>> people.join(homes, on="home").frame["rooms"].tolist()
    [5, 5, 3]
    """
    from diplab.microdata.microdata import as_microdata

    other = as_microdata(other)
    mine = [on] if isinstance(on, str) else list(on)
    keys = dict(zip(mine, on.values() if isinstance(on, Mapping) else mine, strict=True))
    _check_join(data, other, keys, expect, unmatched)
    matched = _match_keys(data, other, keys)
    _check_counts(matched, expect, unmatched)
    names = _new_names(data, other, keys, suffix)
    taken = other.frame[list(names)].rename(columns=names).reset_index(drop=True)
    # position -1 is not a row of it: reindexing leaves missing answers there
    joined = pd.concat([data.frame, taken.reindex(matched.position).set_axis(data.frame.index)], axis=1)
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
    """The row of the other file for each row (-1 for none), and counts of rows and keys that do not match."""

    position: Integers
    without: int
    keyless: int
    left: int
    repeated: int
    repeated_other: int


def _check_join(data: Microdata, other: Microdata, keys: Mapping[str, str], expect: str, unmatched: str) -> None:
    if expect == "one_to_many":
        raise OptionError(
            "`expect='one_to_many'` would repeat rows of the first file.",
            write="Write it from the other side: `people.join(households, on=...)`.",
        )
    check_one_of("expect", expect, Expected)
    check_one_of("unmatched", unmatched, Unmatched)
    if not keys:
        raise OptionError("`on` names no key.", write='Write for example `on="household"`.')
    for each, columns in ((data, keys), (other, keys.values())):
        check_columns(each, *columns)
    for mine, theirs in keys.items():
        kinds = [_kind_of_key(data.frame[mine]), _kind_of_key(other.frame[theirs])]
        if kinds[0] != kinds[1]:
            raise ColumnError(
                f"`{mine}` holds {kinds[0]} in the first file, and `{theirs}` {kinds[1]} in the second.",
                write="Make them the same kind first, or read both with a codebook that gives their `storage`.",
            )
        _check_digits(mine, data.frame[mine], "first")
        _check_digits(theirs, other.frame[theirs], "second")


def _check_digits(key: str, column: pd.Series[Any], file: str) -> None:
    """Refuse keys that were brought to floats, which take numbers of many digits for one another."""
    if pd.api.types.is_float_dtype(column) and (column.abs() > LARGEST_EXACT).any():
        raise ColumnError(
            f"Keys in `{key}` of the {file} file have lost digits.",
            "They have more than 15 digits, and are kept as numbers with decimals, which have 15.",
            f"Read the column again as whole numbers, or as words in both files: with pandas "
            f"`dtype={{{key!r}: 'Int64'}}` or `dtype={{{key!r}: 'string'}}`.",
        )


def _kind_of_key(column: pd.Series[Any]) -> str:
    return "numbers" if pd.api.types.is_numeric_dtype(column) else "words"


def _match_keys(data: Microdata, other: Microdata, keys: Mapping[str, str]) -> _KeyMatch:
    theirs = other.frame[list(keys.values())].set_axis(list(keys), axis=1)
    mine = data.frame[list(keys)]
    for key in keys:
        types = mine[key].dtype, theirs[key].dtype
        if types[0] != types[1] and all(pd.api.types.is_integer_dtype(each) for each in types):
            # signed beside unsigned numbers would become floats, which take two large keys for one
            mine, theirs = mine.astype({key: object}), theirs.astype({key: object})
    both = pd.concat([mine, theirs], ignore_index=True)
    # the key of each row as a number; rows without a part of it have none, and no match
    number = pd.Series(both.groupby(list(keys), sort=False, observed=True).ngroup().fillna(-1).astype(np.int64))
    own, their = number[: len(data)], number[len(data) :]
    known = their[their >= 0]
    row_of_key = pd.Series(np.flatnonzero(their >= 0), index=known)
    position = own.map(row_of_key[~row_of_key.index.duplicated()]).fillna(-1).to_numpy(dtype=np.int64)
    return _KeyMatch(
        position,
        int((position < 0).sum()),
        int((own < 0).sum()),
        int((~their.isin(own[own >= 0])).sum()),
        int((own[own >= 0].value_counts() > 1).sum()),
        int((known.value_counts() > 1).sum()),
    )


def _check_counts(matched: _KeyMatch, expect: str, unmatched: str) -> None:
    """Refuse repeated keys where they are not expected, and rows without a match."""
    if matched.repeated_other:
        raise MisleadingError(
            f"{matched.repeated_other} keys are on more than one row of the second file, and rows would be repeated.",
            write="Pass the file with one row per key second, or more columns in `on`.",
        )
    if expect == "one_to_one" and matched.repeated:
        raise MisleadingError(
            f"{matched.repeated} keys are on more than one row of the first file, and one was expected.",
            write='Write `expect="many_to_one"` if several rows may share a key, or more columns in `on`.',
        )
    if unmatched == "fail" and (matched.without or matched.left):
        keyless = f" ({matched.keyless} have no key)" if matched.keyless else ""
        raise MisleadingError(
            f"{matched.without} rows of the first file{keyless} have no match in the second, and {matched.left} of the "
            "second none in the first.",
            write='Look at why, or write `unmatched="keep"` to keep the rows of the first and leave those of the '
            "second out.",
        )


def _new_names(data: Microdata, other: Microdata, keys: Mapping[str, str], suffix: str) -> dict[str, str]:
    """Return the names under which columns of the other file are added."""
    own = {str(each) for each in data.frame.columns}
    added = [str(each) for each in other.frame.columns if str(each) not in keys.values()]
    clash = [each for each in added if each in own]
    names = {each: f"{each}{suffix}" if each in clash else each for each in added}
    again = [new for old, new in names.items() if new in own or (new != old and new in added)]
    if again:
        raise ColumnError(
            f"Both have a column {', '.join(f'`{each}`' for each in again[:5])}{', ...' if len(again) > 5 else ''}.",
            write='Write a `suffix` for those of the second, for example `suffix="_household"`.',
        )
    return names


def _join_codebooks(mine: Codebook, theirs: Codebook, names: Mapping[str, str], matched: _KeyMatch) -> Codebook:
    variables = {
        new: replace(theirs[old], name=new, part_of=names.get(theirs[old].part_of, theirs[old].part_of))
        for old, new in names.items()
        if old in theirs
    }
    sets = {
        name: replace(each, columns=tuple(names[column] for column in each.columns))
        for name, each in theirs.sets.items()
        if set(each.columns) <= set(names) and name not in mine.sets
    }
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
