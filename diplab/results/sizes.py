"""Population sizes from fitted models: estimates, each with its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import MisleadingError
from diplab.reference.text import Text
from diplab.results.estimates import Estimates


@dataclass(frozen=True, kw_only=True)
class CaptureModel:
    """The model behind a row of sizes, as its `category` names it."""

    method: str = ""  # the name of its result, where several are set beside each other
    lists: str = ""  # the terms of a log-linear model of lists, in brackets
    linked: tuple[tuple[str, ...], ...] = ()  # its terms of several lists
    odds_ratio: tuple[float, ...] = ()  # between two lists: one, or the least and the largest
    heterogeneity: str = ""  # how people differ; otherwise what tells its row from others
    number: int = 0  # the place of its result among several alike, from 1

    def __str__(self) -> str:
        own = f"{self.lists} {self.heterogeneity}".strip()
        if self.odds_ratio:
            own = f"odds ratio {' to '.join(f'{end:g}' for end in self.odds_ratio)}"
        return ", ".join(filter(None, (self.method, own, str(self.number or ""))))


@dataclass(frozen=True, eq=False)
class ModelFit:
    """A fitted model of captures: fit statistics and coefficients."""

    model: str  # its name as written (`Mth darroch`, `[12,3,4]`)
    parameters: int  # number of parameters
    deviance: float  # deviance; NaN if the likelihood has no saturated model
    df: float  # cells minus parameters
    # these three are comparable between models of the same data only
    log_likelihood: float
    aic: float
    bic: float
    coefficients: pd.DataFrame = field(
        repr=False
    )  # one row per coefficient: `term`, `estimate`, `std_error`
    # one row per cell, with columns `seen` and `expected` (by the model) last
    fitted: pd.DataFrame | None = field(default=None, repr=False)
    # probabilities of being seen at an occasion: `term`, `estimate`
    probabilities: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class Sizes(Estimates):
    """Population sizes under one or several models, with the lower bound first if there is one.

    Rows are from the same data under different models: they must not be added or averaged.

    Parameters
    ----------
    fits : tuple of ModelFit or None
        The model of each row; None for a formula without a model.
    details : object
        Data that a method keeps for later use (replicates, influence of persons).
    assumed : tuple of tuple of Text
        The assumptions of each row, if rows have different ones; a subset then has its own only.
    captures : mapping of str to CaptureModel
        By category, the model that it names; others are words.

    Examples
    --------
    >>> from diplab import population
    >>> found = population.single_source([1645, 183, 37, 13, 1, 1])
    >>> float(found.frame["estimate"].round(1).iloc[0])
    9273.5
    """

    fits: tuple[ModelFit | None, ...] = field(default=(), repr=False)
    details: Any = field(default=None, repr=False)
    assumed: tuple[tuple[Text, ...], ...] = field(default=(), repr=False)
    captures: Mapping[str, CaptureModel] = field(default_factory=dict, repr=False)

    @property
    def models(self) -> pd.DataFrame:
        """One row per model: name, size, fit statistics and flags."""
        kept = self.frame[
            ["statistic", "category", "estimate", "std_error", "ci_low", "ci_high"]
        ].copy()
        for name in ("parameters", "deviance", "df", "log_likelihood", "aic", "bic"):
            kept[name] = [np.nan if fit is None else getattr(fit, name) for fit in self._padded]
        kept["flag"] = self.frame["flag"]
        return pd.DataFrame(kept)

    @property
    def headline(self) -> Sizes:
        """The row to quote: the first lower bound that carries no other flag.

        Raises
        ------
        MisleadingError
            Where no row is a lower bound without another flag: a point depends on its model.

        Examples
        --------
        >>> from diplab import population
        >>> population.sensitivity([1645, 183, 37, 13, 1, 1]).headline.frame["statistic"].tolist()
        ['chao']
        """
        known = np.isfinite(self.frame["estimate"].to_numpy(dtype=float))
        bounds = np.flatnonzero((self.frame["flag"] == "lower bound").to_numpy() & known)
        if not bounds.size:
            raise MisleadingError(
                asked="These population sizes have no headline.",
                found=f"None of the {len(self.frame)} is a lower bound without another flag. "
                "A point depends on its "
                "model.",
                write="Read `.frame`, and quote a size with its model, its flag and its interval.",
            )
        return self.rows([int(bounds[0])])

    def rows(self, keep: Any) -> Sizes:
        """Return the rows kept by a boolean mask or positions, with their models."""
        positions = np.arange(len(self.frame))[np.asarray(keep)]
        fits = tuple(self._padded[at] for at in positions)
        assumed = tuple(self.assumed[at] for at in positions) if self.assumed else ()
        kept = replace(super().rows(keep), fits=fits, assumed=assumed)  # type: ignore[call-arg]
        if len(assumed) != 1:
            return kept  # type: ignore[return-value]
        rules = dict(self.provenance.rules)
        if rules.get("estimator") == "several":
            rules["estimator"] = str(kept.frame["statistic"].iloc[0])
        return kept.described(assumptions=assumed[0], rules=rules)  # type: ignore[return-value]

    @property
    def _padded(self) -> tuple[ModelFit | None, ...]:
        return self.fits or (None,) * len(self.frame)
