"""Rows of two samples from the same respondents, by identifier, file or frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import MisleadingError
from diplab.kernel.arrays import Integers
from diplab.microdata.identifiers import is_row_identifier

if TYPE_CHECKING:
    from diplab.sampling.engines.memory import MemoryEngine
    from diplab.sampling.sample import SampleInMemory


@dataclass(frozen=True, eq=False)
class Match:
    """Whether two samples have respondents in common, and which rows these are."""

    same: bool
    place: Integers | None = None  # (rows of the smaller,); the row of the larger that each is
    why: str = ""  # why rows were not matched, although respondents are known to be the same
    write: str = ""


_OTHERS = Match(False)


def match_rows(one: SampleInMemory, two: SampleInMemory) -> Match:
    """Return the rows of the larger (or first) sample that match the rows of the other."""
    if two.engine.rows > one.engine.rows:
        one, two = two, one
    if one.design.id and two.design.id:
        return _by_identifier(one, two)
    same = one.engine.drawn.same_source(two.engine.drawn)
    if same and one.engine.rows == two.engine.rows and _alike(one.engine, two.engine):
        return Match(True, np.arange(one.engine.rows))
    known = _by_answers(one, two)
    if known.place is not None or not same:
        return known
    return Match(
        True,
        None,
        "They are rows of one file, and no column identifies rows of the same respondent.",
        "Declare both with `id=`, the column that identifies respondents, or declare the design "
        "once, on all rows, "
        "and estimate with `by=`.",
    )


def _by_identifier(one: SampleInMemory, two: SampleInMemory) -> Match:
    of_one, of_two = _identifiers(one), _identifiers(two)
    if of_one.equals(of_two):
        return Match(True, np.arange(len(of_one)))
    common = of_two.isin(of_one)
    if not common.any():
        return _OTHERS
    if common.all() and of_one.is_unique and of_two.is_unique:
        return Match(True, of_one.get_indexer(of_two).astype(np.int64))
    name = ", ".join(one.design.id)
    return Match(
        True,
        None,
        f"{int(common.sum())} of {len(of_two)} rows of the smaller one have a `{name}` of the "
        "other.",
        "Stack both in one file with one column that identifies persons, `both = dl.merge({'1': "
        "first, '2': second})`; "
        "declare its design and write `dl.change(sample, ..., wave='wave', "
        f"person={one.design.id[-1]!r})`.",
    )


_FEW = 8  # respondents below which equal answers may be due to chance
_LOOKED_AT = 24  # columns whose answers are used to recognise respondents
_IDENTIFIED = (
    0.95  # share of the respondents of the larger sample that these answers must distinguish
)
# share of the smaller sample above which equal answers mean the same respondents
_IN_BOTH = 0.5


def _by_answers(one: SampleInMemory, two: SampleInMemory) -> Match:
    """Return the rows of the same respondents in a copy, a subset or another format."""
    if two.engine.rows < _FEW:
        return _OTHERS
    if _is_copy(one.engine, two.engine):
        return Match(True, np.arange(one.engine.rows))
    for first, second in _keys_of_answers(one, two):
        of_first, of_second = (item[~pd.isna(item)] for item in (first, second))
        distinct = np.unique(of_first).size
        common = np.isin(of_second, of_first)
        if (
            not distinct
            or distinct < _IDENTIFIED * of_first.size
            or common.sum() < _IN_BOTH * max(common.size, 1)
        ):
            continue
        if first.size == second.size and _alike(one.engine, two.engine):
            return Match(True, np.arange(first.size))
        complete = of_first.size == first.size and of_second.size == second.size
        if (
            complete
            and common.all()
            and distinct == first.size
            and np.unique(second).size == second.size
        ):
            return Match(True, pd.Index(first).get_indexer(pd.Index(second)).astype(np.int64))
        return Match(
            True,
            None,
            f"{int(common.sum())} of {second.size} rows of the smaller one hold the answers of "
            "rows of the other.",
            "Declare both designs on one frame and narrow them with `where`, or give both `id=`, "
            "the column that "
            "identifies respondents.",
        )
    return _OTHERS


def _keys_of_answers(
    one: SampleInMemory, two: SampleInMemory
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield keys of respondents for two samples: all answers combined, and decimal amounts."""
    shared = _spread_columns(one.engine, two.engine, _LOOKED_AT)
    together = [np.zeros(item.engine.rows, dtype=np.uint64) for item in (one, two)]
    amounts = []
    for name in shared:
        answers = [_numbers_or_words(item.engine.columns.frame[name]) for item in (one, two)]
        if answers[0].dtype != answers[1].dtype:
            continue
        for at, column in enumerate(answers):
            together[at] = together[at] * np.uint64(31) + pd.util.hash_array(column)
        if answers[0].dtype == np.float64 and np.mean(answers[0] % 1 > 0) > _IN_BOTH:
            amounts.append(answers)
    yield together[0], together[1]
    yield from map(tuple, amounts)


def _numbers_or_words(column: nw.Series[Any]) -> NDArray[Any]:
    """Return answers as numbers or words, whatever the format they came from."""
    held = pd.Series(column.to_pandas())
    if pd.api.types.is_numeric_dtype(held.dtype):
        return held.to_numpy(dtype=np.float64, na_value=np.nan)
    return held.astype(str).to_numpy(dtype=object)


def _identifiers(sample: SampleInMemory) -> pd.Index[Any]:
    columns = [sample.engine.columns.frame[name].to_list() for name in sample.design.id]
    return pd.Index(columns[0]) if len(columns) == 1 else pd.MultiIndex.from_arrays(columns)


_COMPARED = 12  # columns compared to check that rows are in the same order


def _alike(one: MemoryEngine, two: MemoryEngine) -> bool:
    """Return whether most columns that two frames share are the same in every row."""
    # one of them may have been recoded since, or sorted, which moves all
    shared = _spread_columns(one, two, _COMPARED)
    same = [_same_cells(one.columns.frame[name], two.columns.frame[name]) for name in shared]
    return bool(same) and 2 * sum(same) >= len(same)


def _spread_columns(one: MemoryEngine, two: MemoryEngine, number: int) -> list[str]:
    """Return about a number of columns of both frames, at regular intervals."""
    shared = [name for name in one.columns.schema if name in two.columns.schema]
    return shared[:: max(len(shared) // number, 1)]


# share of rows that differ from the next one above which a file is not just sorted
_CHANGES = 64


def _is_copy(one: MemoryEngine, two: MemoryEngine) -> bool:
    """Return whether two frames are equal row by row, in an order that is not just sorted."""
    names = list(one.columns.schema)
    if one.rows != two.rows or {*names} != {*two.columns.schema}:
        return False
    if not all(_same_cells(one.columns.frame[name], two.columns.frame[name]) for name in names):
        return False
    return bool(
        max(np.count_nonzero(np.diff(one.columns.factor(name).codes)) for name in names) >= _CHANGES
    )


def _same_cells(one: nw.Series[Any], two: nw.Series[Any]) -> bool:
    first, second = (pd.Series(item.to_pandas()).reset_index(drop=True) for item in (one, two))
    missing = first.isna()
    if not missing.equals(second.isna()):
        return False
    try:
        return bool((first[~missing] == second[~missing]).all())
    except (TypeError, ValueError):
        # categories of other sets are not compared
        return False


_DISTINCT = 0.9  # share of rows of a group that a column must distinguish to identify persons
_RECURRING = (
    0.1  # share of identifiers in several groups from which on they are taken for the same persons
)


def check_persons_apart(sample: SampleInMemory, name: str) -> None:
    """Refuse groups that share persons, by their identifiers, if no unit or `id=` is declared."""
    design, engine = sample.design, sample.engine
    if design.psu or design.id or sample.replication is not None:
        return
    group = engine.columns.factor(name).codes
    for column in engine.columns.schema:
        if column == name or not is_row_identifier(column.lower()):
            continue
        person = engine.columns.factor(column)
        rows = np.flatnonzero((group >= 0) & (person.codes >= 0))
        pairs = np.unique(person.codes[rows] * (int(group.max()) + 1) + group[rows]).size
        persons = np.unique(person.codes[rows]).size
        # what repeats within a group identifies no person
        if not persons or pairs < _DISTINCT * rows.size or pairs - persons < _RECURRING * persons:
            continue
        raise MisleadingError(
            f"The groups of `{name}` share values of `{column}`, and may not be independent.",
            f"{pairs - persons:,} of {persons:,} values of `{column}` occur in several groups.",
            f"Write `declare_design(..., id={column!r})` where a value is one person, or one "
            "household, and "
            f"`id=[{name!r}, {column!r}]` where numbers start again in each group.",
        )
