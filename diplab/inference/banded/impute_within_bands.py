"""`impute_within_bands`: complete data several times over, for questions that bands do not answer directly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, OptionError, one_of
from diplab.estimators._banded import Banded
from diplab.inference.banded.by_imputation import completed
from diplab.inference.banded.reading import band_ends, columns_of
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column
from diplab.sampling.sample import check_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.sample import Sample

__all__ = ["TOPS", "impute_within_bands"]

TOPS = ("regression", "pareto")


def impute_within_bands(
    sample: Sample,
    variable: Banded,
    *,
    into: str = "imputed",
    covariates: Sequence[str] = (),
    m: int = 20,
    seed: int = 1,
    top: str = "regression",
) -> Imputed:
    """Draw an amount for everybody within their own band, several times over, given what else is known of them.

    Parameters
    ----------
    sample : Sample
        From `declare_design`.
    variable : Banded
        From `banded("income")`.
    into : str
        Name of the new column of amounts, in the unit of the bands (divided by `per`, where that is named).
    covariates : list of str
        Columns that go with the amount, beside those of `banded`: numbers as they are, words as categories. Name
        whatever the amounts will be compared by: what the model does not know is drawn towards no difference.
    m : int
        How many times, 2 at least; twenty are usual.
    seed : int
        Of the draws, the same for the same number.
    top : {"regression", "pareto"}
        What amounts in the open band are drawn from: the regression, as all others, or a law of Pareto whose index
        comes from the two uppermost bands (Henson 1967), and is not let under 10 / 9 (von Hippel, Scarpino and Holas
        2016).

    Returns
    -------
    Imputed
        For `estimate`, `crosstab` and `regress`, which combine by the rules of Rubin (1987). Amounts of the model
        log y = x' b + sigma e, fitted to the bands of everybody under study by weighted maximum likelihood; b and
        log(sigma) are drawn from their normal law with the covariance that the design gives, then each amount from the
        normal law between the ends of its band. Amounts that are known stay; who told no band has none.

    Raises
    ------
    OptionError
        Where an option is not what it may be, or a band ends below zero.
    ColumnError
        Where a column does not exist, or the new one does.
    EmptyDomainError
        Where fewer than 20 people under study have a band.
    MisleadingError
        Where bands do not tell how far amounts spread.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"low": [0, 800, 1500, 2500] * 10, "high": [800, 1500, 2500, float("inf")] * 10})
    >>> drawn = dl.impute_within_bands(dl.declare_design(people), dl.banded(low="low", high="high"), m=5)
    >>> drawn
    <5 imputations of a sample of 40 rows, 3 columns>
    >>> dl.estimate(drawn, dl.share("imputed < 800")).frame["estimate"].item()
    0.25
    """
    check_sample(sample, "Amounts within bands", "`impute_within_bands`")
    _check(sample, variable, into, m, seed, top)
    every = tuple(dict.fromkeys([*variable.covariates, *covariates]))
    for name in every:
        known_column(name, sample.names, "a covariate of amounts within bands")
    held = sample.collect()
    # read once: replicate weights are the same for every draw
    held = replace(held, made=held.replication)
    ends = band_ends(held, variable)
    if into in every or into in columns_of(variable, None) or into in sample.names:
        raise ColumnError(
            f"`{into}` was asked for as the name of imputed amounts.",
            "The data have a column of that name.",
            f"Write another name, for example `into='{into}_'`.",
        )
    return Imputed(completed(held, ends.low, ends.high, every, {"m": m, "seed": seed}, into, top))


def _check(sample: Sample, variable: Any, into: Any, m: Any, seed: Any, top: str) -> None:
    if not isinstance(variable, Banded):
        raise OptionError(
            f"Amounts within the bands of {variable!r} were asked for.",
            f"A {type(variable).__name__} does not tell its bands.",
            "Write for example `impute_within_bands(sample, banded('income'))`.",
        )
    if isinstance(m, bool) or not isinstance(m, int) or m < 2:
        raise OptionError(
            f"`m` was given as {m!r}.",
            "It is the number of imputations, and one cannot say how uncertain they are.",
            "Write `m=20`, or another whole number from 2.",
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise OptionError(
            f"`seed` was given as {seed!r}.",
            "It is the whole number, from 0, from which amounts are drawn, the same ones for the same number.",
            "Write `seed=1`, or another whole number.",
        )
    if not isinstance(into, str) or not into.isidentifier():
        raise OptionError(
            f"`into` was given as {into!r}.",
            "It is the name of the new column, which questions will write.",
            "Write for example `into='income'`.",
        )
    if top not in TOPS:
        raise one_of("`top`", top, TOPS)
