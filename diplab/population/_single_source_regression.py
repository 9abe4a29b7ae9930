"""The size behind one source, from a regression of how often each person was seen."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from diplab import checks
from diplab.errors import DiplabError, OptionError
from diplab.kernel.arrays import Floats
from diplab.population import capture_regression as regression
from diplab.population import sizes
from diplab.population.capture_regression import (
    CaptureRegression,
    SeenPersons,
    SingleSourceFit,
    SizeCovariance,
)
from diplab.population.kernel.abundance import (
    Abundance,
    chao,
    chao_bias_corrected,
    lognormal_interval,
    normal_interval,
)
from diplab.population.kernel.truncated_regression import (
    AMONG_EVERYBODY,
    SHARED,
    SURPLUS_OVER,
    size_parts,
    sums_by_group,
)
from diplab.reference.text import Text
from diplab.results.estimates import Flags, Provenance
from diplab.results.sizes import ModelFit
from diplab.sampling.condition import conjunction, known_column
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.sample import Sample
from diplab.version import __version__

Family = Literal[
    "chao",
    "zelterman",
    "poisson",
    "geometric",
    "negative_binomial",
    "one_inflated_poisson",
    "one_inflated_geometric",
]
Inflation = Literal["seen", "everyone"]
Interval = Literal["log-normal", "normal"]
Variance = Literal["analytic", "HC0", "HC1", "HC3"]


def single_source_regression(
    formula: str,
    data: Any,
    captures: str,
    family: Family,
    count: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    interval: Interval = "log-normal",
    confidence: float = 0.95,
    variance: Variance | None = None,
    cluster: str | None = None,
    na: Literal["fail", "drop"] = "fail",
    inflation: Inflation = "seen",
) -> SingleSourceFit:
    """Return the population size by a regression of how often each person was seen.

    Parameters
    ----------
    formula : str
        `"~ age + C(sex)"`, or `"~ 1"` for everybody alike; the column of captures may be left of
        `~`. The language is that of `regress`.
    data : pandas or Polars frame, Microdata, or Sample
        One row per person seen at least once, or one per pattern with `count`. A `Sample` from
        `declare_design` is a sample of the persons seen (see Notes).
    captures : str
        Column of the times each person was seen, 1 or more.
    family : str
        `poisson` (persons alike have the same rate), `geometric`, `negative_binomial` (rates differ
        among them), `chao` (a lower bound, from those seen once or twice), `zelterman` (their rate
        lent to everyone), `one_inflated_poisson`, `one_inflated_geometric` (some are seen once only
        in any case).
    count : str, optional
        Column of how many persons a row represents, a whole number. These are persons that were
        counted, and not survey weights.
    by : str or sequence of str
        Columns for whose categories sizes are wanted too; no answer is a category of its own.
    interval : {"log-normal", "normal"}
        The first never falls below the persons seen.
    confidence : float
        Probability of the intervals.
    variance : {"analytic", "HC0", "HC1", "HC3"}, optional
        Covariance of the coefficients by the model (observed information), or by a sandwich where
        the spread of the counts is not to be taken from it. By default `analytic`, and `HC1` with
        `cluster`; of a sample, by its design.
    cluster : str, optional
        Column of groups within which persons are not independent (platforms, towns).
    na : {"fail", "drop"}
        Persons with a missing value are refused, or left out and counted; they were seen, so that
        the size is then that of fewer people, and says so.
    inflation : {"seen", "everyone"}
        Where one-inflated: whether the surplus is a share of the persons seen, all others standing
        for as many as they would without it, or of all persons, of whom the surplus are then always
        seen.

    Returns
    -------
    SingleSourceFit
        `Sizes`: everybody first, then one row per category of `by`, with all covariances (groups
        share coefficients). `fits[0].coefficients` holds the coefficients, on the logarithm of the
        rate (of half the rate for `chao` and `zelterman`), with `log(alpha)`, variance l + alpha
        l^2, or `logit(omega)`, the share of the surplus, last. `influence()` says how each person
        moves the size; the flag `influential` says that one of them moves it by more than its
        standard error. Sizes under the bound of Chao of the same persons, taken as alike, are
        flagged (`below bound`), but for one-inflated families, for which it does not hold. A
        negative binomial without a highest likelihood, or a one-inflated family without a surplus,
        has no point and the flag `boundary`; the bound of Chao follows it.

    Raises
    ------
    OptionError
        Where values are missing, terms are collinear or one has no finite coefficient.
    MisleadingError
        Where the counts allow no finite size.
    ConditionError, ColumnError, DesignError
        Where the formula or the data cannot be read, or captures or counts are not what they should
        be.

    Notes
    -----
    N = sum over persons seen of 1/p (Horvitz and Thompson, 1952), p = 1 - P(0) at the person's own
    rate; for `chao`, N = n + sum over those seen once or twice of 1/(l + l^2/2). Variance D V D' +
    sum (1 - p)/p^2, D being the derivative of N by the coefficients and V their covariance (van der
    Heijden, Cruyff and van Houwelingen, 2003; Böhning et al., 2013; Godwin and Böhning, 2017).

    The weight of a sample says how many persons *seen at least once* a row represents, and N is the
    sum of w/p; weights that gross up to a whole population would count those never seen twice. The
    variance is that of the design on the linearised size (Binder, 1983), and what would remain if
    all persons seen had been drawn; where a large share of them was, declare `fpc`.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"times": [1, 2, 3, 4, 5, 6], "persons": [1645, 183, 37, 13, 1, 1]})
    >>> fit = population.single_source_regression
    >>> found = fit("~ 1", seen, "times", "poisson", count="persons")
    >>> found.frame[["estimate", "std_error", "flag"]].round(1).values.tolist()
    [[7079.9, 365.8, 'below bound, contradicted']]
    """
    if by is None:
        by = ()
    if not isinstance(by, list | tuple):
        by = [by]  # type: ignore[list-item]
    groups = tuple(dict.fromkeys(by))
    options = _RegressionOptions(
        captures, family, count, groups, interval, confidence, variance, cluster, na, inflation
    )
    return _fit_regression(formula, data, options)


def _fit_regression(formula: str, data: Any, options: _RegressionOptions) -> SingleSourceFit:
    from diplab.sampling.design import declare_design  # loads pandas

    sampled = isinstance(data, Sample)
    if sampled:
        sample = data
        given = {"count": options.count, "variance": options.variance, "cluster": options.cluster}
        checks.check_left_out(
            "a sample that has a design", "Its weights and its design settle that.", **given
        )
    else:
        sample = declare_design(data)
    columns = options.known_columns(sample.names)
    model_formula = _read_formula(formula, sample, options.captures)
    sample = sample.collect_for(by=tuple(dict.fromkeys((*model_formula.names, *columns))))
    persons = regression.read_persons(
        sample,
        model_formula,
        count=options.count,
        by=options.by,
        cluster=options.cluster,
        na=options.na,
    )
    family: str = options.family
    if options.inflation == "everyone":
        family = AMONG_EVERYBODY[family]
    fitted = regression.fit_captures(persons, family, model_formula.text, sampled=sampled)
    record = _provenance(fitted, options, model_formula, sample)
    if fitted.at_edge:
        return _without_point(fitted, options, formula, data, record)
    parts = size_parts(fitted.terms, persons.weight, persons.grouping)
    removed: Floats | float
    if sampled:
        covariance, removed = regression.design_covariance(fitted, parts, sample), persons.weight
    else:
        covariance, removed = regression.model_covariance(fitted, parts, options.variance_kind), 1.0
    rows = _rows(fitted, options, parts.sizes, covariance)
    if (
        not float(np.abs(regression.newton_changes(fitted, removed) - removed).max())
        <= rows[0]["std_error"]
    ):
        rows[0]["flag"] = sizes.join_flags(rows[0]["flag"], "influential")
    fits = [_model_fit(fitted, model_formula, covariance), *[None] * (len(rows) - 1)]
    gathered = sizes.gather_sizes(rows, record, fits, covariance.sizes, details=fitted)
    return replace(
        SingleSourceFit(**vars(gathered)), codebook=sample.codebook, drawn=sample.engine.drawn
    )


def _rows(
    fitted: CaptureRegression,
    options: _RegressionOptions,
    found_sizes: Any,
    covariance: SizeCovariance,
) -> list[dict[str, Any]]:
    persons = fitted.persons
    limits = {"log-normal": lognormal_interval, "normal": normal_interval}[options.interval]
    persons_of_row = persons.weight
    if fitted.sampled:
        persons_of_row = np.ones_like(persons.weight)
    seen = sums_by_group(persons.grouping, persons_of_row)
    flags = _size_flags(
        persons, fitted.fit.family, found_sizes, options.confidence, sampled=fitted.sampled
    )
    rows = []
    for index, (variable, category) in enumerate(((sizes.VARIABLE, ""), *persons.groups)):
        variance = float(covariance.sizes[index, index])
        if not variance >= 0:
            variance = math.nan
        abundance = Abundance(float(found_sizes[index]), variance, float(seen[index]))
        left_out = persons.left_out and "persons left out"
        flag = sizes.join_flags(flags[index], left_out, sizes.error_flag(variance))
        row = sizes.size(options.family, abundance, limits(abundance, options.confidence), flag)
        rows.append({**row, "variable": variable, "category": category})
    return rows


def _model_fit(
    fitted: CaptureRegression, model_formula: ModelFormula, covariance: SizeCovariance
) -> ModelFit:
    """Return the model behind the sizes; no AIC or BIC where weights make a pseudo-likelihood."""
    fit, reporting = fitted.fit, fitted.reporting
    errors = np.sqrt(np.maximum(np.diag(reporting @ covariance.parameters @ reporting.T), 0.0))
    width, people = fit.theta.size, float(fitted.fitting_weight.sum())
    rows, log_likelihood = people, fit.log_likelihood
    if fitted.sampled:
        rows, log_likelihood = float(np.count_nonzero(fitted.fitting_weight)), math.nan
    terms = fitted.persons.terms
    if fit.family == "negative_binomial":
        terms.append("log(alpha)")
    elif fit.family in SHARED:
        terms.append("logit(omega)")
    return sizes.model_fit(
        f"{fit.family}: {model_formula.text}",
        people,
        width,
        (math.nan, rows - width, log_likelihood),
        {"term": terms, "estimate": reporting @ fit.theta, "std_error": errors},
    )


def _without_point(
    fitted: CaptureRegression,
    options: _RegressionOptions,
    formula: str,
    data: Any,
    record: Provenance,
) -> SingleSourceFit:
    """Return a fit without a point, followed by the lower bound from the same data.

    The likelihood has no maximum inside the parameter space.
    """
    persons = fitted.persons
    seen = float(persons.weight.sum())
    if fitted.sampled:
        seen = float(persons.weight.size)
    flag = sizes.join_flags("boundary", persons.left_out and "persons left out")
    rows: list[Any] = [sizes.no_size(options.family, seen, flag)]
    fits: list[ModelFit | None] = [None]
    covariance = np.full((1, 1), math.nan)
    with contextlib.suppress(DiplabError):
        bound = _fit_regression(formula, data, replace(options, family="chao", inflation="seen"))
        rows += sizes.rows_of(bound)
        fits += bound.fits
        covariance = np.pad(bound.covariance, ((1, 0), (1, 0)), constant_values=math.nan)
        assumptions = tuple(dict.fromkeys((*record.assumptions, *bound.provenance.assumptions)))
        record = replace(record, assumptions=assumptions)
    return SingleSourceFit(**vars(sizes.gather_sizes(rows, record, fits, covariance)))


@dataclass(frozen=True)
class _RegressionOptions:
    captures: str
    family: Family
    count: str | None
    by: tuple[str, ...]
    interval: Interval
    confidence: float
    variance: Variance | None
    cluster: str | None
    na: Literal["fail", "drop"]
    inflation: Inflation

    def __post_init__(self) -> None:
        checks.check_one_of("family", self.family, Family)
        checks.check_one_of("interval", self.interval, Interval)
        if self.variance is not None:
            checks.check_one_of("variance", self.variance, Variance)
        checks.check_one_of("na", self.na, ("fail", "drop"))
        checks.check_one_of("inflation", self.inflation, Inflation)
        checks.check_column_name("captures", self.captures)
        for name in self.by:
            checks.check_column_name("by", name)
        checks.check_column_names(count=self.count, cluster=self.cluster)
        checks.check_confidence(self.confidence)
        if self.variance in ("analytic", "HC3"):
            why = "Clusters need a sandwich with the scores summed within them, `HC0` or `HC1`."
            checks.check_left_out(
                checks.argument("variance", self.variance), why, cluster=self.cluster
            )
        if self.inflation == "everyone" and self.family not in SURPLUS_OVER:
            why = "Only one-inflated families have a surplus of persons seen once, among those "
            why += "seen or among everyone."
            checks.check_left_out(
                checks.argument("family", self.family), why, inflation=self.inflation
            )

    @property
    def variance_kind(self) -> str:
        """The kind of variance where the data are not a sample."""
        return self.variance or ("analytic" if self.cluster is None else "HC1")

    def known_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns used in addition to those of the formula, checked."""
        known_column(self.captures, names, "times seen")
        uses = {
            "persons by row": [self.count],
            "clusters": [self.cluster],
            "a domain variable": self.by,
        }
        columns = []
        for use, given in uses.items():
            columns += [known_column(name, names, use) for name in given if name is not None]
        return columns


def _read_formula(text: object, sample: Sample, captures: str) -> ModelFormula:
    """Return the formula, with the captures left of `~` where nothing is."""
    full = text
    if isinstance(text, str) and text.lstrip().startswith("~"):
        outcome = captures
        if not captures.isidentifier():
            outcome = f"`{captures}`"
        full = f"{outcome} {text.strip()}"
    found = read_formula(full, sample.names, sample.codebook)
    if found.outcome.text != captures:
        raise OptionError(
            f"`{found.outcome.text}` is left of `~` in `{text}`, and not `{captures}`.",
            "That is the column of the times seen.",
            f"Write `~` and the terms, or `{captures} ~` and the terms.",
        )
    if not found.intercept:
        raise OptionError(
            f"The formula `{text}` has no constant.",
            "Someone for whom all terms are 0 would be seen once on average.",
            "Leave `- 1` (or `0 +`) out of the formula.",
        )
    return found


def _provenance(
    fitted: CaptureRegression,
    options: _RegressionOptions,
    model_formula: ModelFormula,
    sample: Sample,
) -> Provenance:
    persons, origin = fitted.persons, sample.codebook.origin
    status = "synthetic" if origin.synthetic else "estimated"
    rules = {
        "estimator": options.family,
        "formula": model_formula.text,
        "interval": options.interval,
        "confidence": f"{options.confidence:g}",
        "na": options.na,
        "variance": options.variance_kind,
        "sightings": f"{float(persons.weight @ persons.y):.15g}",
        "diplab": __version__,
    }
    optional = {
        "cluster": options.cluster or "",
        "inflation": options.inflation if options.inflation == "everyone" else "",
        "edge": fitted.fit.edge,
    }
    if fitted.sampled:
        rules |= {
            "variance": "linearised",
            "lonely_psu": sample.design.lonely_psu,
            **sample.engine.units.rules,
        }
        if sample.replication:
            rules |= sample.replication.rules
        if sample.auxiliary:
            rules |= sample.auxiliary.rules
        optional |= {
            "universe": conjunction(sample.population_text),
            "where": conjunction(sample.domain_text),
        }
    known = sample.codebook.reasons
    assumed = (
        sizes.ASSUMED["regression"][fitted.fit.family]
        + ["regression.list_weights"] * fitted.sampled
    )
    return sizes.provenance_of(
        rules | {name: rule for name, rule in optional.items() if rule},
        *("closed", "matched", "sightings", *assumed),
        behind=[
            Provenance(source=Text.same(origin.file), status=status, synthetic=origin.synthetic)
        ],
        missing=persons.missing,
        reasons={
            name: known[name]
            for name, count in persons.missing.items()
            if sum(known.get(name, {}).values()) == count
        },
        indicative=fitted.sampled and sample.design.kind == "opt-in",
    )


def _size_flags(
    persons: SeenPersons, family: str, groups: Floats, confidence: float, *, sampled: bool
) -> list[Flags]:
    if family == "chao":
        return [("lower bound",)] * len(groups)
    if family in SURPLUS_OVER:
        return [("one-inflated",)] * len(groups)
    once, twice, seen = (
        sums_by_group(persons.grouping, np.where(there, persons.weight, 0.0)).tolist()
        for there in (persons.y == 1, persons.y == 2, persons.y > 0)
    )
    flags_of_groups: list[Flags] = []
    for size_of_group, ones, twos, everyone in zip(groups.tolist(), once, twice, seen, strict=True):
        if ones == 0:
            flags_of_groups.append(("no singletons",))
            continue
        bound = chao_bias_corrected(ones, twos, everyone)
        if twos:
            bound = chao(ones, twos, everyone)
        flags = sizes.bound_flags(size_of_group, bound, confidence)
        if sampled:
            # the interval of the bound is that of persons, not of a sample of them
            flags = flags[:1]
        flags_of_groups.append(flags)
    return flags_of_groups
