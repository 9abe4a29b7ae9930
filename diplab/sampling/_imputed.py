"""`imputed`: multiply imputed samples, and samples with plausible values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import narwhals as nw

from diplab.errors import ColumnError, DesignError, OptionError
from diplab.sampling.condition import known_column
from diplab.sampling.sample import Sample

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Imputed:
    """A multiply imputed sample: the same people, with missing answers imputed several times.

    Parameters
    ----------
    samples : tuple of Sample
        One for each imputation, with the same rows and the same design.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> both = [dl.declare_design(pd.DataFrame({"hours": [10.0, hours]})) for hours in (20.0, 30.0)]
    >>> dl.imputed(both)
    <2 imputations of a sample of 2 rows, 1 columns>
    """

    samples: tuple[Sample, ...]

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        return f"<{len(self)} imputations of a {repr(self.samples[0]).strip('<>')}>"

    def each(self, verb: Callable[..., Sample], *arguments: Any, **options: Any) -> Imputed:
        """Return the imputations with a function applied to each sample.

        Parameters
        ----------
        verb : callable
            Takes and returns a sample, such as `calibrate` or `make_replicates`.
        *arguments, **options
            Passed to the function after the sample.

        Examples
        --------
        >>> import pandas as pd, diplab as dl
        >>> from diplab.types import Sample
        >>> frames = [pd.DataFrame({"hours": [10.0, hours]}) for hours in (20.0, 30.0)]
        >>> both = [dl.declare_design(frame) for frame in frames]
        >>> dl.imputed(both).each(Sample.where, "hours > 10")
        <2 imputations of a sample of 2 rows, 1 columns where hours > 10>
        """
        return Imputed(tuple(self.results(verb, *arguments, **options)))

    def results(self, verb: Callable[..., Result], *arguments: Any, **options: Any) -> list[Result]:
        """Return the result of a function on each sample; `arguments` and `options` follow it."""
        return [verb(sample, *arguments, **options) for sample in self.samples]

    def where(self, condition: Any) -> Imputed:
        """Return the imputations restricted to a domain, as `Sample.where` does for each of them.

        If answers used in the condition were imputed, the domain differs between imputations.
        """
        return self.each(Sample.where, condition)

    def universe(self, condition: Any) -> Imputed:
        """Return the imputations with a study population, as `Sample.universe` does for each."""
        return self.each(Sample.universe, condition)


def imputed(
    samples: Sequence[Sample] | Sample,
    *,
    plausible_values: Mapping[str, Sequence[str]] | None = None,
) -> Imputed:
    """Combine imputations of a survey, so that standard errors include imputation uncertainty.

    Parameters
    ----------
    samples : sequence of Sample, or Sample
        One per imputation, at least two: the same people in the same order, under the same design.
        With `plausible_values`, one sample with the draws in separate columns.
    plausible_values : mapping of str to list of str, optional
        Columns with the draws of a latent variable (a test score), by new name: `{"score": ["pv1",
        "pv2", "pv3", "pv4", "pv5"]}`; the same number for each name. Each draw makes an imputation,
        in which the new name refers to the column of that draw.

    Returns
    -------
    Imputed
        For `estimate`, `crosstab` and `regress`, which combine imputations by the rules of Rubin
        (1987).

    Raises
    ------
    ColumnError
        Where a column of plausible values does not exist, or the new name exists already.
    DesignError
        Where the samples do not have the same rows or the same design.
    OptionError
        Where there are fewer than two imputations, one is not a sample, or names have different
        numbers of columns.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> both = [dl.declare_design(pd.DataFrame({"hours": [10.0, hours]})) for hours in (20.0, 30.0)]
    >>> dl.estimate(dl.imputed(both), dl.mean("hours")).frame["estimate"].item()
    17.5
    >>> pupils = dl.declare_design(pd.DataFrame({"pv1": [1.0, 2.0, 3.0], "pv2": [2.0, 3.0, 4.0]}))
    >>> drawn = dl.imputed(pupils, plausible_values={"score": ["pv1", "pv2"]})
    >>> dl.estimate(drawn, dl.mean("score")).frame["estimate"].item()
    2.5
    """
    imputations = tuple(samples) if isinstance(samples, list | tuple) else (samples,)
    wrong = [imputation for imputation in imputations if not isinstance(imputation, Sample)]
    if wrong:
        raise OptionError(
            f"`samples` has a {type(wrong[0]).__name__}, which is not a sample.",
            write="Write `imputed([first, second])`, each from `declare_design`.",
        )
    if plausible_values is not None:
        if len(imputations) != 1:
            raise OptionError(
                f"`plausible_values` applies to one sample, and `samples` has {len(imputations)}.",
                write="Write `imputed(sample, plausible_values={'score': ['pv1', 'pv2']})`.",
            )
        return _drawn(imputations[0], plausible_values)
    if len(imputations) < 2:
        raise OptionError(
            f"`samples` has {len(imputations)} imputation{'' if len(imputations) else 's'}.",
            "Uncertainty due to imputation needs at least two imputations.",
            "Write at least two imputations; twenty are usual.",
        )
    first = imputations[0]
    for position, other in enumerate(imputations[1:], start=2):
        if other.engine.rows != first.engine.rows:
            raise DesignError(
                "The imputations do not have the same rows.",
                f"The first has {first.engine.rows} rows, and number {position} has "
                f"{other.engine.rows}.",
                "Write imputations of the same people, in the same order.",
            )
        if other.design != first.design:
            raise DesignError(
                f"The first imputation and number {position} do not have the same design.",
                write="Declare each with the same weights, strata, units and replicates.",
            )
    return Imputed(imputations)


def _drawn(sample: Sample, plausible_values: Mapping[str, Sequence[str]]) -> Imputed:
    """Return a sample for each draw of plausible values."""
    counts = {name: len(columns) for name, columns in plausible_values.items()}
    if min(counts.values(), default=0) < 2 or len(set(counts.values())) > 1:
        numbers = ", ".join(f"`{name}` {count}" for name, count in counts.items()) or "none"
        raise OptionError(
            "`plausible_values` needs the same number of columns for each name, at least two.",
            f"It has {numbers}.",
            "Write for example `plausible_values={'score': ['pv1', 'pv2']}`.",
        )
    for name, columns in plausible_values.items():
        if name in sample.names:
            raise ColumnError(
                f"`{name}` in `plausible_values` is a column of the data already.",
                write=f"Write another name, for example `{name}_`.",
            )
        for column in columns:
            known_column(column, sample.names, f"a plausible value of `{name}`")
    # read once: replicate weights are the same for every draw
    sample = replace(sample, made=sample.replication)
    draws = zip(*plausible_values.values(), strict=True)
    return Imputed(
        tuple(_renamed(sample, dict(zip(plausible_values, draw, strict=True))) for draw in draws)
    )


def _renamed(sample: Sample, draw: Mapping[str, str]) -> Sample:
    """Return a sample with copies of some columns under other names."""
    codebook = sample.codebook
    for name, column in draw.items():
        if column in codebook and name not in codebook:
            own = codebook[column]
            codebook = codebook.described(
                name, label=own.label, measure=own.measure, values=own.values
            )
    added = [nw.col(column).alias(name) for name, column in draw.items()]
    engine = sample.engine.with_columns(*added, codebook=codebook)
    return replace(sample, engine=engine, names=(*sample.names, *draw), codebook=codebook)
