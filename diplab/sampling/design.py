"""The sampling design, and `declare_design`.

A design names columns and rules, and holds no data. Strata are groups sampled independently;
primary sampling units (PSU) are the units drawn first (towns, classes or persons); the finite
population correction (fpc) gives the number of units in the population.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from diplab.checks import argument, check_column_name, check_one_of, check_switch
from diplab.errors import ColumnError, DesignError
from diplab.microdata.codebook import Codebook
from diplab.microdata.frames import check_names
from diplab.microdata.microdata import FileDesign, Microdata
from diplab.microdata.search import columns_of_design
from diplab.microdata.variable import Variable, without
from diplab.public_names import explained
from diplab.sampling._replicates import Replicates
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns, with_categories
from diplab.sampling.engines.memory import MemoryEngine
from diplab.sampling.engines.protocol import Engine, backends_of_others
from diplab.sampling.identity import SampleIdentity
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.units import checked_joint

LonelyPsu: TypeAlias = Literal["fail", "remove", "certainty", "adjust", "average", "collapse"]
LonelyPsuDomain: TypeAlias = Literal["fail", "remove", "certainty", "adjust", "average"]
Unequal: TypeAlias = Literal["brewer", "overton", "hartley_rao", "joint"]
UnequalVariance: TypeAlias = Literal["horvitz_thompson", "yates_grundy"]
Kind: TypeAlias = Literal["probability", "opt-in"]


@explained("", "A design has")
@dataclass(frozen=True)
class Design:
    """A sampling design, by column names.

    Parameters
    ----------
    weights : str or None
    strata, psu, fpc, id : tuple of str
        Columns; one per stage for `psu` and `fpc`.
    nest, lonely_psu, kind, replicates, lonely_psu_domain, unequal, joint, unequal_variance
        As in `declare_design`.

    Raises
    ------
    DesignError
        Where `psu` and `fpc` differ in their number of stages, or probabilities that `unequal`
        needs are missing.
    OptionError
        Where an option is not one of its words.

    Examples
    --------
    >>> Design(weights="w", strata=("region",), psu=("town",)).columns
    ('w', 'region', 'town')
    """

    weights: str | None = None
    strata: tuple[str, ...] = ()
    psu: tuple[str, ...] = ()
    fpc: tuple[str, ...] = ()
    nest: bool = True
    lonely_psu: LonelyPsu = "fail"
    kind: Kind = "probability"
    replicates: Replicates | None = None
    lonely_psu_domain: LonelyPsuDomain | None = None
    unequal: Unequal | None = None
    joint: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)
    unequal_variance: UnequalVariance = "horvitz_thompson"
    id: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        words: dict[str, Any] = {
            "lonely_psu": LonelyPsu,
            "kind": Kind,
            "unequal_variance": UnequalVariance,
        }
        words |= (
            {"lonely_psu_domain": LonelyPsuDomain} if self.lonely_psu_domain is not None else {}
        )
        words |= {"unequal": Unequal} if self.unequal is not None else {}
        for name, known in words.items():
            check_one_of(name, getattr(self, name), known)
        self._check_unequal()
        if len(self.fpc) > max(len(self.psu), 1):
            raise DesignError(
                f"`fpc` has {len(self.fpc)} columns, and the design {len(self.psu)} stages of "
                "units.",
                write="Write one `fpc` column per stage of `psu`, in the same order.",
            )

    def _check_unequal(self) -> None:
        if self.joint is not None and self.unequal != "joint":
            raise DesignError(
                "Joint probabilities were given.",
                f"The design is `unequal={self.unequal!r}`, which does not use them.",
                "Write `unequal='joint'`.",
            )
        if self.unequal is None:
            if self.unequal_variance != "horvitz_thompson":
                raise DesignError(
                    f"`unequal_variance={self.unequal_variance!r}` needs `unequal`.",
                    "It has no unequal probabilities (`unequal=None`), for which that is the "
                    "variance.",
                    "Write `unequal=` as well, for example `unequal='overton'`.",
                )
            return
        why = ""
        if not self.fpc:
            why = "No inclusion probabilities were given."
            write = "Write `fpc=` with the column of inclusion probabilities of primary units, "
            write += "above 0 and at most 1."
        elif self.unequal == "joint" and self.joint is None:
            why = "No joint probabilities were given."
            write = "Write `joint=` with a square array, or an approximation, for example "
            write += "`unequal='brewer'`."
        elif self.lonely_psu == "collapse":
            why = "Under `lonely_psu='collapse'` strata would be merged, whose units have no joint "
            why += "probabilities."
            write = "Write another policy, for example `lonely_psu='average'`."
        if why:
            raise DesignError(f"`unequal={self.unequal!r}` does not fit the design.", why, write)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the design reads, once each."""
        replicates = self.replicates.columns if self.replicates else ()
        named = (self.weights, *self.strata, *self.psu, *self.fpc, *replicates, *self.id)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def rules(self) -> dict[str, str]:
        """The rules that differ from the defaults, for the provenance."""
        rules: dict[str, str | None] = {
            "lonely_psu_domain": self.lonely_psu_domain,
            "unequal": self.unequal,
        }
        # Brewer's estimator has one form only
        if self.unequal not in (None, "brewer"):
            rules["unequal_variance"] = self.unequal_variance
        return {name: word for name, word in rules.items() if word is not None}

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold numbers: weights, fpc, replicate weights."""
        replicates = self.replicates.columns if self.replicates else ()
        return (*(() if self.weights is None else (self.weights,)), *self.fpc, *replicates)

    def use_of(self, name: str) -> str:
        """Return the role of a column, in words for errors."""
        if name == self.weights:
            return "weights"
        replicates = self.replicates.columns if self.replicates else ()
        roles = {
            "strata": self.strata, "units": self.psu, "replicate weights": replicates,
            "identifiers": self.id
        }  # fmt: skip
        return next((role for role, columns in roles.items() if name in columns), "the fpc")

    @property
    def stages(self) -> int:
        """Number of stages in the variance: the first, and those below a stage with an fpc."""
        # without an fpc the first stage is taken as drawn with replacement, and the spread between
        # its units already holds that of all later stages (Särndal, Swensson and Wretman 1992,
        # result 4.5.1)
        if self.fpc and self.psu:
            return min(len(self.fpc) + 1, len(self.psu))
        return min(len(self.psu), 1)


def _names_of(use: str, names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return one name or several as a tuple; `use` is the argument, for errors."""
    several = () if names is None else names if isinstance(names, tuple | list) else (names,)
    return tuple(check_column_name(use, item) for item in several)


def _check_arguments(weights: object, nest: object, replicates: object) -> None:
    if weights is not None:
        check_column_name("weights", weights)
    check_switch("nest", nest)
    if replicates is not None and not isinstance(replicates, Replicates):
        raise DesignError(
            f"{argument('replicates', replicates)} does not declare replicate weights.",
            f"It is a {type(replicates).__name__}.",
            "Write `replicates=dl.replicates('rw*', kind='jk1')`, with the kind that the producer "
            "of the file gives.",
        )


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
    id: str | Sequence[str] | None = None,  # noqa: A002
) -> Sample:
    """Declare how a sample was drawn, so that all estimates have the right standard errors.

    Parameters
    ----------
    data : Microdata, pandas, Polars (eager or lazy), DuckDB relation, or anything narwhals knows
        One row per respondent. The sample is a snapshot: later changes to a frame in memory, or to
        `Microdata.frame`, do not affect it. Lazy frames and relations are queried in place, for
        each estimate.
    weights : str, optional
        Column of weights: the number of people in the population that a respondent represents. By
        default computed from `fpc` if given at every stage, and otherwise 1 for each row.
    strata : str or list of str, optional
        Columns that together identify the stratum.
    psu : str or list of str, optional
        Identifiers of the sampling units, one column per stage. Without them each row is a unit.
    fpc : str or list of str, optional
        Finite population correction, one column per stage: the number of units in the population
        (above 1), or the fraction of them that was drawn (at most 1).
    nest : bool
        True (default) if identifiers of units are unique only within strata.
    replicates : Replicates, optional
        Columns of replicate weights, from `dl.replicates`; the variance then comes from them.
    lonely_psu : {"fail", "remove", "certainty", "adjust", "average", "collapse"}
        Treatment of a stratum with a single primary unit: raise an error (`fail`), give it no
        variance (`remove`, `certainty`), centre the unit on the mean of all (`adjust`), give the
        stratum the mean variance of the others (`average`), or merge it with the next stratum
        (`collapse`). A single unit at a later stage raises an error under `fail`, and adds no
        variance at that stage under the others.
    lonely_psu_domain : {"fail", "remove", "certainty", "adjust", "average"}, optional
        The same for a stratum with several units, only one of which has respondents in the domain.
        By default it is a stratum like any other, in which the other units count as zero: right
        unless the domain is itself a stratum.
    unequal : {"brewer", "overton", "hartley_rao", "joint"}, optional
        For primary units drawn with unequal probabilities without replacement: the approximation of
        joint inclusion probabilities, or `joint` if they are known. The first `fpc` column then
        holds the inclusion probability of each primary unit.
    joint : array-like, shape (units, units), optional
        Joint inclusion probabilities of pairs of primary units, in order of first appearance in the
        file, with those of single units on the diagonal. Requires `unequal="joint"` and data in
        memory.
    unequal_variance : {"horvitz_thompson", "yates_grundy"}
        Variance estimator under unequal probabilities; that of Yates and Grundy requires a fixed
        sample size.
    kind : {"probability", "opt-in"}
        `opt-in` for self-selected respondents: intervals are then labelled indicative.
    id : str or list of str, optional
        Column that identifies persons (or columns that do so together), if some have several rows,
        as in a panel, or are in several files. Without `psu`, the rows of a person are one unit,
        and results of two samples are compared person by person. Write `id=["wave", "number"]` if
        numbers start again in each wave.

    Returns
    -------
    Sample

    Raises
    ------
    ColumnError
        Where a column does not exist.
    DesignError
        Where weights are negative, missing, infinite or all zero, or units and counts contradict
        each other.

    Examples
    --------
    >>> import pandas as pd
    >>> declare_design(pd.DataFrame({"w": [10.0, 20.0], "y": [1, 0]}), weights="w")
    <sample of 2 rows, 2 columns, weights w>
    """
    _check_arguments(weights, nest, replicates)
    if (
        isinstance(data, Microdata)
        and data.design
        and not any((weights, strata, psu, fpc, replicates, unequal))
    ):
        return _declared_by_file(
            data, data.design, lonely_psu, lonely_psu_domain, kind, _names_of("id", id)
        )
    codebook, codes = (
        (data.codebook, data.missing) if isinstance(data, Microdata) else (Codebook(), {})
    )
    frame, names, engine_of = _table(data.frame if isinstance(data, Microdata) else data)
    codebook = _codebook_of_sample(codebook, names)
    if frame is not None:
        codebook = with_categories(codebook, frame)
    given = replicates.resolved(names, weights) if replicates else None
    persons = _names_of("id", id)
    design = Design(
        weights, _names_of("strata", strata), _names_of("psu", psu), _names_of("fpc", fpc),
        bool(nest), lonely_psu, kind, given, lonely_psu_domain, unequal,
        None if joint is None else checked_joint(joint), unequal_variance, persons,
    )  # fmt: skip
    for name in design.columns:
        known_column(name, names, design.use_of(name))
    known_by = (data.people, codebook.origin.sha256) if isinstance(data, Microdata) else ()
    drawn = SampleIdentity(known_by, data.frame if isinstance(data, Microdata) else data)
    engine = engine_of(design, codebook, drawn)
    if persons and engine.persons_recur(persons) and not design.psu:
        design = replace(design, psu=persons)
        engine = engine_of(design, codebook, drawn)
    if not isinstance(engine, MemoryEngine):
        undeclared = _undeclared(design, names, codebook, None)
        return Sample(engine, design, names, codebook, undeclared=undeclared)
    undeclared = _undeclared(design, names, codebook, engine.columns.frame.to_native())
    return SampleInMemory(
        engine, design, names, codebook, missing_codes=dict(codes), undeclared=undeclared
    )


COPIED = 1 << 30
"""Bytes up to which a frame is copied where a design is declared.

A larger one is shared until it is written to.
"""


def _snapshot(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a frame that later changes to the given one do not affect."""
    small = frame.estimated_size() <= COPIED
    native: Any = frame.to_native()
    if nw.dependencies.is_pandas_dataframe(native):
        import pandas as pd

        # from pandas 3 on, writing to a shared frame copies it first
        on_write = (
            int(pd.__version__.partition(".")[0]) >= 3 or pd.options.mode.copy_on_write is True
        )
        return nw.from_native(native.copy(deep=small or not on_write))
    own = frame
    if not frame.implementation.is_pyarrow():
        # frames of Polars are written to in place, and their columns are not
        own = frame.clone()
    if not small:
        return own
    # columns may share memory with the numpy array that they were made from
    numbers = [name for name, dtype in own.schema.items() if dtype.is_float() or dtype.is_integer()]
    copies = [_copied(own[name]) for name in numbers if not own[name].null_count()]
    return own.with_columns(*copies) if copies else own


def _copied(column: nw.Series[Any]) -> nw.Series[Any]:
    values = column.to_numpy().copy()
    return nw.new_series(column.name, values, column.dtype, backend=column.implementation)


def _undeclared(
    design: Design, names: Sequence[str], codebook: Codebook, frame: Any
) -> dict[str, tuple[str, ...]]:
    """Return the columns that look like parts of a design of which nothing was declared."""
    said = {"weights": bool(design.weights or design.fpc or design.unequal)}
    said |= {
        "strata": bool(design.strata or design.replicates),
        "psu": bool(design.psu or design.replicates),
    }
    others = [name for name in names if name not in design.columns]
    held = frame if nw.dependencies.is_pandas_dataframe(frame) else None
    found = columns_of_design(others, codebook, held)
    return {part: tuple(columns) for part, columns in found.items() if columns and not said[part]}


def _declared_by_file(
    data: Microdata,
    said: FileDesign,
    lonely_psu: LonelyPsu,
    lonely_psu_domain: LonelyPsuDomain | None,
    kind: Kind,
    persons: tuple[str, ...],
) -> Sample:
    """Return the sample of a file that declares its own design, and its calibration margins."""
    if said.undeclared:
        raise DesignError(
            "`declare_design(data)` names no column.",
            "The file holds a design of R that cannot be declared as it is: its notice says why.",
            f"Write the columns, for example `declare_design(data, weights={said.weights!r})`.",
        )
    given = without(said.replicates, ("columns",))
    sample = declare_design(
        data,
        weights=said.weights,
        strata=said.strata,
        psu=said.psu,
        fpc=said.fpc,
        replicates=Replicates(tuple(said.replicates["columns"]), **given)
        if said.replicates
        else None,
        lonely_psu=lonely_psu,
        lonely_psu_domain=lonely_psu_domain,
        kind=kind,
        id=persons or None,
    )
    if not said.before or not isinstance(sample, SampleInMemory):
        return sample
    from diplab.kernel.calibration import Controls
    from diplab.sampling.auxiliary import Auxiliary

    for name in (*said.categories, *said.numbers, said.before):
        known_column(name, sample.names, "a margin")
    cells = [
        np.unique(data.frame[name].to_numpy(dtype=object), return_inverse=True)
        for name in said.categories
    ]
    numbers = tuple(data.frame[name].to_numpy(dtype=np.float64) for name in said.numbers)
    codes = tuple(places.reshape(-1).astype(np.int64) for _, places in cells)
    controls = Controls(codes, tuple(len(levels) for levels, _ in cells), numbers)
    before = data.frame[said.before].to_numpy(dtype=np.float64)
    return sample.with_weights(
        sample.engine.weights, Auxiliary(controls, before, {"calibration": "of_file"})
    )


def _codebook_of_sample(codebook: Codebook, names: Sequence[str]) -> Codebook:
    """Return a copy of a codebook that later changes to its labels do not affect."""
    own = {
        name: replace(item, values=dict(item.values)) for name, item in codebook.variables.items()
    }
    for name in names:
        # print knows a column from an expression: `sex and age` may be either
        if name not in own and not name.isidentifier():
            own[name] = Variable(name)
    return replace(codebook, variables=own)


OpenEngine: TypeAlias = Callable[[Design, Codebook, SampleIdentity], Engine]


def _engine(
    frame: nw.DataFrame[Any] | nw.LazyFrame[Any],
    design: Design,
    codebook: Codebook,
    drawn: SampleIdentity,
) -> Engine:
    """Return the engine of a table that narwhals knows: in memory, or of a query."""
    if isinstance(frame, nw.DataFrame):
        return MemoryEngine(MemoryColumns(frame, codebook), design, drawn)
    from diplab.sampling.engines.query import QueryEngine

    return QueryEngine(frame, design, codebook, drawn)


def _table(native: Any) -> tuple[Any, tuple[str, ...], OpenEngine]:
    """Return a snapshot of a table (None if unknown to narwhals), its columns and its opener.

    Refuse what is not a table, or has no rows.
    """
    native = nw.to_native(native, pass_through=True)
    if nw.dependencies.is_pandas_dataframe(native) and not native.columns.is_unique:
        name = native.columns[native.columns.duplicated()][0]
        raise ColumnError(
            f"The column `{name}` is in the data {int((native.columns == name).sum())} times.",
            write="Give each column a distinct name.",
        )
    if nw.dependencies.is_pandas_dataframe(native):
        check_names(native)
    try:
        frame = nw.from_native(native)
    except TypeError as error:
        for backend in backends_of_others():
            if backend.accepts(native):
                return None, tuple(backend.columns(native)), partial(backend.engine, native)
        raise DesignError(
            f"The data are not a table: a `{type(native).__name__}`.",
            write="Write a frame of pandas or Polars, a DuckDB relation, or `dl.read('file.sav')`.",
        ) from error
    names = tuple(frame.collect_schema().names())
    if not len(frame.head(1).lazy().collect()):
        raise DesignError(
            f"The data have {len(names)} column{'s' * (len(names) != 1)} and no row.",
            write="Check how the file was read, or the filter that made them.",
        )
    if isinstance(frame, nw.DataFrame):
        frame = _snapshot(frame)
    return frame, names, partial(_engine, frame)
