"""`declare_design`: say once how the people of a file came to be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import ColumnError, DesignError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.sampling.condition import known_column
from diplab.sampling.declaration import check_written, listed
from diplab.sampling.design import Design, Kind, LonelyPsu, LonelyPsuDomain, Unequal, UnequalVariance
from diplab.sampling.memory_engine import MemoryEngine
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.unequal import checked_joint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.engine import Engine
    from diplab.sampling.replicates import Replicates

__all__ = ["declare_design"]


def declare_design(
    data: Any,
    *,
    weights: str | None = None,
    strata: str | Sequence[str] | None = None,
    psu: str | Sequence[str] | None = None,
    fpc: str | Sequence[str] | None = None,
    nest: bool = True,
    replicates: Replicates | None = None,
    lonely_psu: LonelyPsu = "fail",
    lonely_psu_domain: LonelyPsuDomain | None = None,
    unequal: Unequal | None = None,
    joint: Any = None,
    unequal_variance: UnequalVariance = "horvitz_thompson",
    kind: Kind = "probability",
) -> Sample:
    """Say once how a sample was drawn; every later number then has the right uncertainty.

    Parameters
    ----------
    data : Microdata, pandas, Polars (eager or lazy), DuckDB relation, or anything narwhals knows
        One row a respondent.
    weights : str, optional
        Column of weights: how many people of the population a respondent stands for. May be left out where `fpc` is
        given at every stage, and then follows from it; otherwise each row weighs 1.
    strata : str or list of str, optional
        Columns that together name the stratum.
    psu : str or list of str, optional
        Identifiers of the sampling units, one column a stage. Without them each row is a unit.
    fpc : str or list of str, optional
        Finite population correction, one column a stage: how many units there were (above 1), or the share of them
        that was drawn (at most 1).
    nest : bool
        True (default) where identifiers of units start again in each stratum.
    replicates : Replicates, optional
        Columns of replicate weights, from `dl.replicates`; the variance then comes from them.
    lonely_psu : {"fail", "remove", "certainty", "adjust", "average", "collapse"}
        What to do with a stratum that has a single unit: refuse, give it no variance (two words), measure the unit
        from the mean of all, give the stratum the mean variance of the others, or merge it with the next stratum.
    lonely_psu_domain : {"fail", "remove", "certainty", "adjust", "average"}, optional
        The same for a stratum that has several units, of which one only has somebody in the domain. By default it is
        a stratum like any other, in which the other units count zero.
    unequal : {"brewer", "overton", "hartley_rao", "joint"}, optional
        Where primary units were drawn with unequal probabilities without replacement: how the probabilities of pairs
        are known. The first `fpc` column then holds the inclusion probability of each primary unit.
    joint : array-like, shape (units, units), optional
        Joint probabilities of pairs of primary units, in the order in which units first stand in the file; on the
        diagonal those of the units. Needs `unequal="joint"`, and data in memory.
    unequal_variance : {"horvitz_thompson", "yates_grundy"}
        Form of the variance under unequal probabilities; the second holds for samples of a fixed size.
    kind : {"probability", "opt-in"}
        `opt-in` for people who chose themselves: intervals are then labelled indicative.

    Returns
    -------
    Sample

    Raises
    ------
    ColumnError
        Where a column does not exist.
    DesignError
        Where weights are negative, missing, infinite or all zero, or units and counts contradict each other.

    Examples
    --------
    >>> import pandas as pd
    >>> declare_design(pd.DataFrame({"w": [10.0, 20.0], "y": [1, 0]}), weights="w")
    <sample of 2 rows, 2 columns>
    """
    check_written(weights, nest, replicates)
    codebook = data.codebook if isinstance(data, Microdata) else Codebook()
    frame, names = _table(data.frame if isinstance(data, Microdata) else data)
    given = replicates.resolved(names, weights) if replicates else None
    design = Design(
        weights,
        listed("strata", strata),
        listed("psu", psu),
        listed("fpc", fpc),
        nest,
        lonely_psu,
        kind,
        given,
        lonely_psu_domain,
        unequal,
        None if joint is None else checked_joint(joint),
        unequal_variance,
    )
    for name in design.columns:
        known_column(name, names, design.use_of(name))
    if isinstance(frame, nw.LazyFrame):
        return Sample(_query_engine(frame, design), design, names, codebook)
    return SampleInMemory(MemoryEngine(frame, design), design, names, codebook)


def _table(native: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a table as narwhals sees it, with its columns; refuse what is no table, or has no row."""
    asked = "A design was declared on these data."
    native = nw.to_native(native, pass_through=True)
    if nw.dependencies.is_pandas_dataframe(native) and not native.columns.is_unique:
        name = native.columns[native.columns.duplicated()][0]
        raise ColumnError(
            asked,
            f"The column `{name}` stands in them {int((native.columns == name).sum())} times.",
            "Give each column a name of its own.",
        )
    try:
        frame = nw.from_native(native)
    except TypeError as error:
        raise DesignError(
            asked,
            f"They are no table ({type(native).__name__}).",
            "Write a frame of pandas or Polars, a DuckDB relation, or `dl.read('file.sav')`.",
        ) from error
    names = tuple(frame.collect_schema().names())
    if not len(frame.head(1).lazy().collect()):
        raise DesignError(
            asked,
            f"They have {len(names)} columns and no row.",
            "Look at how the file was read, or at the filter that made them.",
        )
    return frame, names


def _query_engine(frame: nw.LazyFrame[Any], design: Design) -> Engine:
    if design.joint is not None:
        raise DesignError(
            "Joint probabilities were asked for on data that stay in a database.",
            "Their rows have no order, and so the array does not say which unit is which.",
            "Bring the data to memory, for example `data.collect()`, before declaring the design.",
        )
    from diplab.sampling.query_engine import QueryEngine

    return QueryEngine(frame, design)
