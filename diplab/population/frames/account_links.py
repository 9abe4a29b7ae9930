"""Links between accounts and persons, as a table: held against what links can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, suggestion

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["check_columns", "check_links", "check_one_value", "link_numbers", "places"]


def places(links: pd.DataFrame, unit: str) -> tuple[NDArray[np.intp], int]:
    """Return the place of the unit of each link, and how many units there are."""
    import pandas as pd

    codes, units = pd.factorize(links[unit])
    return np.asarray(codes, dtype=np.intp), len(units)


def check_columns(links: Any, columns: tuple[str | None, ...]) -> None:
    """Refuse links that lack a column or hold no row."""
    names = getattr(links, "columns", None)
    # the size of a link may be left out
    for name in (*columns[:4], *filter(None, columns[4:])):
        if names is None or name not in names:
            found = "nothing of the kind" if names is None else f"{len(names)} columns and not that one"
            raise ColumnError(
                f"The column `{name}` of the links was asked for.",
                f"They have {found}.",
                suggestion(name, [] if names is None else names)
                if names is not None
                else "Write a table with one row a link: `account`, `person`, `weight`, `links`.",
            )
    if len(links) == 0:
        raise EmptyDomainError(
            "Weights of persons were asked for.",
            "No link was given.",
            "Write one row a link: `account`, `person`, `weight`, `links`.",
        )


def link_numbers(links: pd.DataFrame, name: str, use: str, least: float) -> NDArray[np.float64]:
    """Return a column of the links as numbers above some value, refused where one is missing."""
    if name not in links.columns:
        raise ColumnError(
            f"The column `{name}` of the links was asked for.",
            f"They have {len(links.columns)} columns and not that one.",
            suggestion(name, links.columns),
        )
    try:
        found = np.asarray(links[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        found = np.full(len(links), np.nan)
    if not bool(np.all(np.isfinite(found) & (found > least))):
        raise MisleadingError(
            f"The column `{name}` of the links was read as {use}.",
            "It holds words, or a number is missing, infinite or too small.",
            f"Write a {'positive ' if least == 0 else ''}number in each row.",
        )
    return found


def check_one_value(links: pd.DataFrame, unit: str, name: str) -> None:
    """Refuse a column that differs between rows of one unit."""
    several = links.groupby(unit, sort=False, dropna=False)[name].nunique(dropna=False) > 1
    if several.any():
        raise MisleadingError(
            f"The column `{name}` of the links was read as one value for each `{unit}`.",
            f"`{several.index[several.to_numpy()][0]}` has several.",
            f"Write the same `{name}` in each of its rows.",
        )


def check_links(
    links: pd.DataFrame, account: str, person: str, link: NDArray[np.float64], total: NDArray[np.float64]
) -> None:
    """Refuse links without an end, given twice, or more numerous than a person's total."""
    if bool(links[[account, person]].isna().any(axis=None)):
        raise MisleadingError(
            "Weights of persons were asked for from their links.",
            f"A row has no `{account}` or no `{person}`, so nobody knows whom it links.",
            "Write both in each row.",
        )
    if bool(links.duplicated([account, person]).any()):
        row = links[links.duplicated([account, person])].iloc[0]
        raise MisleadingError(
            "Weights of persons were asked for from their links.",
            f"The link of account `{row[account]}` and person `{row[person]}` stands there twice.",
            "Write each link once.",
        )
    seen = link_totals(links, person, link)
    few = total < seen * (1 - 1e-12)
    if few.any():
        at = int(np.flatnonzero(few)[0])
        raise MisleadingError(
            f"The person `{links[person].iloc[at]}` was given {total[at]:g} links in all.",
            f"{seen[at]:g} of them were seen, which is more.",
            "Write all their links to the frame, those to accounts not drawn included.",
        )


def link_totals(links: pd.DataFrame, person: str, link: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each link how much of its person's links was seen."""
    codes, persons = places(links, person)
    seen: NDArray[np.float64] = np.bincount(codes, weights=link, minlength=persons).astype(np.float64)
    return seen[codes]
