"""`fay_herriot`: estimates of areas from direct estimates and covariates of areas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import (
    check_confidence,
    check_number,
    check_one_of,
    check_seed,
    check_whole_number,
    counted,
)
from diplab.errors import OptionError
from diplab.inference.areas.covariates import (
    AreaCovariates,
    area_column,
    check_one_statistic,
    direct_of_table,
    read_covariates,
)
from diplab.inference.areas.rows import (
    DirectEstimates,
    Prediction,
    aligned,
    area_frame,
    coefficients_of,
    degrees_of_freedom,
)
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import student
from diplab.kernel.models.fay_herriot import (
    AreaModel,
    Method,
    Predictions,
    bootstrap_mse,
    fit_areas,
    predict_areas,
    smoothed_variances,
)
from diplab.microdata.variable import code_text
from diplab.reference.text import Words
from diplab.results.areas import AreaEstimates, AreaFit
from diplab.results.estimates import Estimates, Provenance
from diplab.version import __version__

Scale: TypeAlias = Literal["identity", "log", "arcsine"]
SamplingVariance: TypeAlias = Literal["direct", "smoothed"]
ErrorMethod: TypeAlias = Literal["analytic", "bootstrap"]

_WORDS = Words("diplab.inference")
_USUAL = {"area_scale": "identity", "sampling_variance": "direct"}  # rules that need no words


def fay_herriot(
    direct: Estimates | Any,
    formula: str,
    covariates: Any,
    by: str | None = None,
    *,
    method: Method = "reml",
    scale: Scale = "identity",
    sampling_variance: SamplingVariance = "direct",
    mse: ErrorMethod = "analytic",
    replicates: int = 500,
    seed: int = 0,
    benchmark: float | Estimates | None = None,
    shares: str | None = None,
    confidence: float = 0.95,
) -> AreaEstimates:
    """Estimate areas with few respondents, or none, from their own answers and known covariates.

    Parameters
    ----------
    direct : Estimates or table
        One estimate per area, `estimate(sample, mean("income"), by="district")`; or a table of
        published ones, with the columns `estimate`, `std_error`, that of areas and, if known, `n`.
    formula : str
        Covariates of areas, `"~ unemployed + rent"`, as in `regress`.
    covariates : Microdata, pandas, Polars, or anything narwhals knows
        A row per area, also of those without respondents: known totals, means or shares of the
        population.
    by : str, optional
        Column of `covariates` with the areas; by default that of the direct estimates.
    method : str
        How the variance between areas is estimated: "reml", "ml", "moments" (Fay and Herriot
        1979), "prasad_rao" (moments of least squares, 1990); or by an adjusted likelihood, never
        zero: "li_lahiri", "yoshimori_lahiri", and "li_lahiri_ml", "yoshimori_lahiri_ml".
    scale : {"identity", "log", "arcsine"}
        Scale of the model: that of the estimates; logarithms of amounts; arcsines of roots of
        shares. Means over the distribution of the area are transformed back, which corrects the
        bias of the inverse.
    sampling_variance : {"direct", "smoothed"}
        Variances of direct estimates: as estimated; or smoothed over areas, on a line of their
        logarithm by that of n, for areas whose own is zero, unknown or unreliable.
    mse : {"analytic", "bootstrap"}
        Mean squared errors: by the formula of the method, or by parametric bootstrap.
    replicates, seed : int
        Of the bootstrap.
    benchmark : float or Estimates, optional
        What areas are to add up to, a known value or one reliable estimate of everybody: the mean
        over areas weighted by `shares`, or the sum for totals. All areas are multiplied by one
        ratio.
    shares : str, optional
        Column of `covariates` with the population of each area, or its share.
    confidence : float
        Level of the intervals.

    Returns
    -------
    AreaEstimates
        `Estimates` with a row for each area of `covariates`; beside the measures, `direct`,
        `direct_error` and `direct_weight`. `.coefficients` are those of the formula, `.fit` has
        the variance between areas. Areas without a direct estimate are flagged `model only`; a
        variance between areas of zero flags all (`no area variance`): estimates are then those of
        the formula, and their errors too small (Li and Lahiri 2010). Degrees of freedom are
        infinite but where there is no direct estimate: the error is then that of the variance
        between areas.

    Notes
    -----
    The direct estimate of area i is y_i = x_i'b + u_i + e_i; u_i has the variance s, e_i the known
    variance psi_i. The predictor is x_i'b + g_i (y_i - x_i'b), with g_i = s / (s + psi_i). Its mean
    squared error is g1 + g2 + 2 g3, less the bias of s in g1 (Prasad and Rao 1990; Datta and Lahiri
    2000; Datta, Rao and Smith 2005); by bootstrap, Butar and Lahiri (2003). After a transformation,
    errors are by the delta method, and intervals are transformed back end by end. Errors and
    intervals are those of estimates without a benchmark (Rao and Molina 2015).

    Raises
    ------
    OptionError, ColumnError
        Where direct estimates are not one per area, an area lacks covariates or a sampling
        variance, terms are collinear, or an option is not among those above.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> direct = pd.DataFrame({"district": list("abcdef")})
    >>> direct["estimate"] = [10.0, 14.0, 12.0, 19.0, 21.0, 17.0]
    >>> direct["std_error"] = [2.0, 1.0, 3.0, 1.0, 2.0, 3.0]
    >>> known = pd.DataFrame({"district": list("abcdefg"), "rent": [1, 2, 2, 4, 5, 4, 3]})
    >>> found = dl.areas.fay_herriot(direct, "~ rent", known, by="district")
    >>> found.frame[["district", "estimate"]].round(1).values.tolist()[-2:]
    [['f', 18.8], ['g', 16.2]]
    """
    check_one_of("method", method, Method)
    check_one_of("scale", scale, Scale)
    check_one_of("sampling_variance", sampling_variance, SamplingVariance)
    check_one_of("mse", mse, ErrorMethod)
    check_confidence(confidence)
    check_seed(seed)
    check_whole_number("replicates", replicates, low=2)
    if not isinstance(direct, Estimates):
        direct = direct_of_table(direct, by)
    by = area_column(by, direct)
    check_one_statistic(direct)
    table = read_covariates(covariates, formula, by, direct.codebook)
    beside = aligned(direct, table.areas)
    transformation = _SCALES[scale]
    y, psi = _on_scale(beside, table, transformation, sampling_variance)
    table.check(~np.isnan(y))
    # columns of very different sizes lose digits in cross-products
    size = np.sqrt((table.x**2).mean(axis=0))
    model, predicted, errors = _predicted(table.x / size, y, psi, method)
    rules = {"area_model": "fay_herriot", "area_variance": method, "formula": table.formula.text}
    rules |= {"area_scale": scale, "sampling_variance": sampling_variance, "mse": mse}
    if mse == "bootstrap":
        squared = bootstrap_mse(model, predicted, table.x / size, y, psi, replicates, seed)
        np.fill_diagonal(errors, squared)
        rules["area_replicates"] = str(replicates)
    df = degrees_of_freedom(beside.known, model.variance, model.variance_of_variance)
    shown = transformation.back(predicted, errors, df, confidence)
    ratio = _ratio(direct, table, shown.value, benchmark, shares)
    if ratio != 1:
        rules["benchmark"] = f"{ratio:.6g}"
    provenance = _provenance(direct, confidence, rules, no_variance=model.variance == 0)
    coefficients = coefficients_of(
        table.matrix,
        model.coefficients / size,
        model.coefficient_covariance / np.outer(size, size),
        replace(provenance, outcome=beside.variable),
        codebook=table.sample.codebook,
        drawn=direct.drawn,
        outcome=beside.variable,
    )
    fit = AreaFit(model.variance, model.log_likelihood, model.y.size)
    before: dict[object, float] = {}
    if ratio != 1:
        before = dict(zip(table.areas.codes, shown.value.tolist(), strict=True))
        shown = shown.multiplied(ratio, confidence)
    return AreaEstimates(
        area_frame(beside, table.areas, shown, fit, confidence),
        shown.covariance,
        provenance,
        (by,),
        direct.codebook,
        direct.drawn,
        descriptions=direct.descriptions,
        coefficients=coefficients,
        fit=fit,
        unbenchmarked=before,
    )


def _predicted(
    x: Floats, y: Floats, psi: Floats, method: Method
) -> tuple[AreaModel, Predictions, Floats]:
    """Return the model of areas with a direct estimate, predictions of all, and their errors."""
    modelled = ~np.isnan(y)
    model = fit_areas(y[modelled], psi[modelled], x[modelled], method)
    predicted = predict_areas(model, x, y, psi)
    return model, predicted, predicted.covariance


@dataclass(frozen=True)
class _Transformation:
    """A scale of the model: its function, the slope of it, and the way back."""

    forward: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]  # of `forward` at estimates
    inverse: Callable[[Floats], Floats]
    mean: Callable[[Floats, Floats], Floats]  # of the inverse over a normal of given variance
    error: Callable[[Floats, Floats], Floats]  # derivative of `mean` by its centre
    needs: str  # what estimates must be
    inside: Callable[[Floats], Booleans]

    def back(
        self, predicted: Predictions, errors: Floats, df: Floats, confidence: float
    ) -> Prediction:
        """Return predictions on the scale of the estimates, with their errors and intervals."""
        value, spread = predicted.value, predicted.g1
        slope = self.error(value, spread)
        squared = np.diag(errors)
        reach = student(confidence, df) * np.sqrt(np.where(squared >= 0, squared, np.nan))
        return Prediction(
            self.mean(value, spread),
            errors * np.outer(slope, slope),
            predicted.gamma,
            df,
            (self.inverse(value - reach), self.inverse(value + reach)),
        )


def _itself(value: Floats, _: Floats | None = None) -> Floats:
    return value


def _ones(value: Floats, _: Floats | None = None) -> Floats:
    return np.ones_like(value)


def _arcsine(share: Floats) -> Floats:
    return np.arcsin(np.sqrt(share))


def _squared_sine(angle: Floats) -> Floats:
    return np.asarray(np.sin(np.clip(angle, 0, np.pi / 2)) ** 2)


def _mean_share(angle: Floats, variance: Floats) -> Floats:
    """Return the mean of sin² over normal angles: (1 - exp(-2 variance) cos(2 angle)) / 2."""
    return np.asarray((1 - np.exp(-2 * variance) * np.cos(2 * angle)) / 2)


_SCALES = {
    "identity": _Transformation(*(_itself, _ones, _itself, _itself, _ones), "numbers", np.isfinite),
    "log": _Transformation(
        np.log,
        lambda value: 1 / value,
        np.exp,
        lambda value, variance: np.exp(value + variance / 2),
        lambda value, variance: np.exp(value + variance / 2),
        "above 0",
        lambda value: value > 0,
    ),
    "arcsine": _Transformation(
        _arcsine,
        lambda share: 0.5 / np.sqrt(share * (1 - share)),
        _squared_sine,
        _mean_share,
        lambda angle, variance: np.exp(-2 * variance) * np.sin(2 * angle),
        "between 0 and 1",
        lambda share: (share >= 0) & (share <= 1),
    ),
}


def _on_scale(
    direct: DirectEstimates,
    table: AreaCovariates,
    scale: _Transformation,
    sampling_variance: SamplingVariance,
) -> tuple[Floats, Floats]:
    """Return direct estimates and sampling variances on the scale of the model, NaN without one."""
    known = direct.known
    outside = known & ~scale.inside(np.where(known, direct.estimate, 0.5))
    if outside.any():
        at = int(outside.argmax())
        raise OptionError(
            f"The direct estimate of `{code_text(table.areas.codes[at])}` is "
            f"{direct.estimate[at]:.6g}.",
            f"On this scale estimates must be {scale.needs}.",
            "Write another `scale`.",
        )
    y, psi = np.full((2, known.size), np.nan)
    y[known] = scale.forward(direct.estimate[known])
    with np.errstate(divide="ignore", invalid="ignore"):
        psi[known] = (direct.std_error[known] * scale.slope(direct.estimate[known])) ** 2
    usable = np.isfinite(psi) & (psi > 0)
    if sampling_variance == "smoothed":
        counts = np.isfinite(direct.n) & (direct.n > 0)
        if (known & ~counts).any() or (usable & counts).sum() < 3:
            raise OptionError(
                "`sampling_variance='smoothed'` needs the number of respondents of each area, and "
                "the variance of three areas or more.",
                "Variances are smoothed on a line of their logarithm by that of n.",
                "Write `sampling_variance='direct'`, or give `n`.",
            )
        psi[known] = smoothed_variances(np.where(usable, psi, np.nan)[known], direct.n[known])
        return y, psi
    if (known & ~usable).any():
        lacking = [code_text(table.areas.codes[at]) for at in np.flatnonzero(known & ~usable)]
        raise OptionError(
            f"The direct estimates of {counted(len(lacking), 'area')} have no sampling variance, "
            f"or one of 0: {', '.join(lacking[:5])}{', ...' * (len(lacking) > 5)}.",
            "The model would take a variance of 0 as certainty.",
            "Write `sampling_variance='smoothed'`, or leave these areas out of the direct "
            "estimates: `direct.rows(...)`.",
        )
    return y, psi


def _ratio(
    direct: Estimates,
    table: AreaCovariates,
    value: Floats,
    benchmark: float | Estimates | None,
    shares: str | None,
) -> float:
    """Return the ratio that brings areas to a benchmark."""
    if benchmark is None:
        if shares is not None:
            raise OptionError(
                f"`shares={shares!r}` has no `benchmark`.",
                "It is the weight of areas in one.",
                "Leave `shares` out, or write a `benchmark`.",
            )
        return 1.0
    target: object = benchmark
    if isinstance(benchmark, Estimates):
        if len(benchmark) != 1:
            raise OptionError(
                f"`benchmark` has {len(benchmark)} rows.",
                "Areas are brought to one number.",
                "Write `dl.estimate(sample, dl.mean('income'))`.",
            )
        target = float(benchmark.frame["estimate"].iloc[0])
    wanted = check_number("benchmark", target)
    if direct.description_of(str(direct.frame["statistic"].iloc[0])).is_total:
        if shares is not None:
            raise OptionError(
                "`benchmark` of totals has no `shares`: areas are added.", write="Leave it out."
            )
        return wanted / float(value.sum())
    if shares is None:
        raise OptionError(
            "`benchmark` needs `shares`, the population of each area.",
            write="Write `shares='population'`, a column of `covariates`.",
        )
    people = table.numbers(shares, "the population of areas")
    return wanted * float(people.sum() / (people @ value))


def _provenance(
    direct: Estimates, confidence: float, rules: dict[str, str], *, no_variance: bool
) -> Provenance:
    """Return the record of the direct estimates, with the rules of the model."""
    record = direct.provenance
    kept = record.rules_without("deff", "people_per_respondent")
    kept = {**kept, "confidence": f"{confidence:.15g}", "df": "infinity", "diplab": __version__}
    notices = record.notices
    if no_variance:
        notices = (*notices, _WORDS("areas.no_variance"))
    return replace(
        record,
        rules=kept | {name: rule for name, rule in rules.items() if rule != _USUAL.get(name)},
        assumptions=(*record.assumptions, _WORDS("areas.fay_herriot")),
        notices=notices,
    )
