"""`nonresponse`: weights of those who answered, adjusted by what is known of everybody asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.special import expit

from diplab.checks import argument, check_one_of, check_proportion, check_whole_number, counted
from diplab.errors import DesignError, OptionError
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.calibration import Controls
from diplab.kernel.models.propensity import fit_propensity, quantile_classes
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engines.columns import cell_in_words
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.formula import read_formula
from diplab.sampling.model_matrix import Categories, factor_values, model_matrix
from diplab.sampling.replication import WeightsWhenRead
from diplab.sampling.sample import Sample, SampleInMemory, check_sample

ResponseMethod: TypeAlias = Literal["classes", "logit", "score_classes"]

_OUTCOME = "who answered"  # the outcome in formulas of response


def nonresponse(
    sample: Sample,
    responded: Any,
    model: str | Sequence[str],
    *,
    method: ResponseMethod | None = None,
    classes: int = 5,
    weighted: bool = True,
    least: float | None = None,
) -> Sample:
    """Weight those who answered for those who did not, by what is known of both.

    Parameters
    ----------
    sample : Sample
        Everybody who was asked, with the design; without domain.
    responded : str or narwhals expression
        Condition that holds for those who answered: for example the name of a column of true and
        false.
    model : str or list of str
        Columns whose categories together are response classes, `["region", "age"]`; or the terms of
        a logistic regression of answering, `"~ age + region"`, as in `regress`.
    method : {"classes", "logit", "score_classes"}, optional
        Response rates of classes (the default for columns); the inverse of the propensity by logit
        (the default for terms); or rates of classes between quantiles of that propensity.
    classes : int
        Number of classes of `score_classes`.
    weighted : bool
        Whether rates and regression have the design weights.
    least : float, optional
        Least propensity, from 0 to 1: lower ones count as this one, which bounds the weights.

    Returns
    -------
    Sample
        In memory, of those who answered; the others keep their place in the design. Later estimates
        have the uncertainty of the estimated propensities (under replicate weights, by estimating
        them again in each replicate), and `calibrate` may follow.

    Notes
    -----
    With the propensity p, the weight is d / p. The total of z varies as the total over everybody
    asked of d r z / p - q (r - p) x'B, where q is d or 1 and B = {sum q p (1 - p) x x'}^-1 sum d r
    (1 / p - 1) x z (Kim and Kim 2007). With classes, x has one column for each and p is its rate:
    where q is d, that is d {zc + (r / p) (z - zc)}, zc the mean of the class. Classes between
    quantiles of a propensity count as given.

    Raises
    ------
    DesignError
        Where it is not known of somebody whether they answered, nobody of a class did (in some
        replicate, too), or weights are adjusted already.
    ColumnError, OptionError
        Where a column does not exist or is missing for somebody, or a category separates those who
        answered.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> asked = pd.DataFrame({"age": list("yyyyoo"), "answered": [1, 1, 0, 0, 1, 1]})
    >>> asked["pay"] = [1.0, 3.0, None, None, 5.0, 7.0]
    >>> sample = dl.selection.nonresponse(dl.declare_design(asked), "answered == 1", ["age"])
    >>> round(dl.estimate(sample, dl.mean("pay")).frame["estimate"].item(), 3)
    3.333
    """
    check_sample(sample, "Nonresponse", "use `nonresponse`")
    terms = isinstance(model, str) and model.lstrip().startswith("~")
    method = check_one_of("method", method or ("logit" if terms else "classes"), ResponseMethod)
    if terms == (method == "classes"):
        raise OptionError(
            f"{argument('model', model)} does not go with `method={method!r}`.",
            "Classes are columns, and a propensity has terms.",
            'Write `["age", "region"]` for classes, or `"~ age + region"` for a propensity.',
        )
    check_whole_number("classes", classes, low=2)
    if least is not None:
        check_proportion("least", least, example=0.05)
    collected = sample.collect()
    _check_first(collected)
    asked = _read_asked(collected, responded)
    rate_weight = asked.design if weighted else (asked.design > 0).astype(float)
    propensity: _Rates | _Logit
    if method == "classes":
        propensity = _of_classes(collected, asked, model)
    else:
        propensity = _of_terms(collected, asked, str(model))
    fitted = propensity.fit(rate_weight)
    if method == "score_classes":
        inside = asked.design > 0
        place = np.full(inside.size, -1, dtype=np.int64)
        score = propensity.probability(fitted)[inside]
        place[inside] = quantile_classes(score, classes)
        names = tuple(f"class {at + 1}" for at in range(int(place.max()) + 1))
        propensity = _Rates(asked, place, names)
        fitted = propensity.fit(rate_weight)
    rules: dict[str, Any] = {"nonresponse": method}
    if terms:
        rules["nonresponse_terms"] = str(model).strip()
    else:
        rules["nonresponse_classes"] = ((model,) if isinstance(model, str) else tuple(model),)
    return _adjusted(collected, asked, propensity, fitted, rate_weight, least, rules)


@dataclass(frozen=True, eq=False)
class _Asked:
    """Everybody who was asked: design weights, 0 outside the universe, and who answered."""

    design: Floats  # (rows,)
    answered: Booleans  # (rows,)


@dataclass(frozen=True, eq=False)
class _Rates:
    """Response rates of classes."""

    asked: _Asked
    place: Integers  # (rows,); class of each row, -1 outside
    names: tuple[str, ...]

    @property
    def controls(self) -> Controls:
        """The variables of the equations that rates solve."""
        return Controls((self.place,), (len(self.names),), ())

    def fit(self, weight: Floats) -> Floats:
        """Return the rate of each class; one in which nobody answered is refused."""
        inside, size = self.place >= 0, len(self.names)
        place = self.place[inside]
        people = np.bincount(place, weights=weight[inside], minlength=size)
        answered = (weight * self.asked.answered)[inside]
        there = np.bincount(place, weights=answered, minlength=size)
        empty = np.flatnonzero((people > 0) & (there == 0))
        if empty.size:
            count = int((self.place == empty[0]).sum())
            raise DesignError(
                f"Nobody of {self.names[empty[0]]} answered.",
                f"{counted(count, 'person')} of that class were asked.",
                "Merge it with another (`recode`), or write fewer columns.",
            )
        with np.errstate(invalid="ignore"):
            return np.asarray(there / people)

    def probability(self, rates: Floats) -> Floats:
        """Return the propensity of each row, 1 outside."""
        return np.where(self.place >= 0, rates[np.maximum(self.place, 0)], 1.0)


@dataclass(frozen=True, eq=False)
class _Logit:
    """Response propensities of a logistic regression."""

    asked: _Asked
    x: Floats  # (rows, coefficients); 0 outside
    terms: str

    @property
    def controls(self) -> Controls:
        """The variables of the equations that coefficients solve."""
        return Controls((), (), tuple(self.x.T.copy()))

    def fit(self, weight: Floats) -> Floats:
        """Return the coefficients; terms that separate those who answered are refused."""
        inside = (self.asked.design > 0) & (weight > 0)
        fitted = fit_propensity(self.x[inside], self.asked.answered[inside], weight[inside])
        if fitted.separated:
            raise OptionError(
                f"The terms `{self.terms}` separate those who answered from the others.",
                "Some people have a propensity of 0 or 1, and the others none that is finite.",
                "Merge categories in which everybody or nobody answered, or leave a term out.",
            )
        return fitted.coefficients

    def probability(self, coefficients: Floats) -> Floats:
        """Return the propensity of each row, 1 outside."""
        return np.where(self.asked.design > 0, expit(self.x @ coefficients), 1.0)


def _check_first(sample: SampleInMemory) -> None:
    why = write = ""
    if sample.domain:
        why = f"`sample` is narrowed to the domain `{sample.condition}`."
        write = "Write `nonresponse(...)` first and `.where(...)` on what it returns."
    elif sample.auxiliary is not None:
        why = "The weights of `sample` are adjusted already."
        write = "Adjust for nonresponse first, and calibrate what it returns."
    if why:
        raise DesignError("This sample cannot be adjusted for nonresponse.", why, write)


def _read_asked(sample: SampleInMemory, responded: Any) -> _Asked:
    """Return who was asked and who of them answered."""
    condition = parse(responded, sample.names, sample.codebook, "the respondents")
    answer = sample.engine.columns.evaluate(condition)
    design = sample.engine.scoped(Scope(sample.population)).weight
    unknown = int((np.isnan(answer) & (design > 0)).sum())
    if unknown:
        raise DesignError(
            f"`{responded}` is missing for {counted(unknown, 'person')} of those asked.",
            "Whether somebody answered must be known of everybody.",
            "Write a column that says it, such as `sample.with_columns(...)`.",
        )
    answered = (answer == 1.0) & (design > 0)
    if not answered.any():
        raise DesignError(f"`{responded}` holds for nobody.", write="Write a wider condition.")
    return _Asked(design, answered)


def _of_classes(sample: SampleInMemory, asked: _Asked, model: str | Sequence[str]) -> _Rates:
    """Return response classes of columns."""
    names = (model,) if isinstance(model, str) else tuple(model)
    for name in names:
        known_column(name, sample.names, "a response class", sample.codebook)
    code, cells = sample.engine.complete_cells(names, "response classes")
    place = np.where(asked.design > 0, code, -1)
    return _Rates(asked, place, tuple(cell_in_words(names, cell) for cell in cells))


def _of_terms(sample: SampleInMemory, asked: _Asked, model: str) -> _Logit:
    """Return the terms of a logistic regression on everybody asked."""
    written = read_formula(
        f"`{_OUTCOME}` {model.strip()}", {*sample.names, _OUTCOME}, sample.codebook
    )
    columns = sample.engine.columns
    values = [factor_values(columns, factor, sample.codebook) for factor in written.factors]
    inside = asked.design > 0
    for factor, value in zip(written.factors, values, strict=True):
        gaps = value.codes < 0 if isinstance(value, Categories) else ~np.isfinite(value)
        lost = int((gaps & inside).sum())
        if lost:
            raise OptionError(
                f"`{factor.text}` is missing for {counted(lost, 'person')} of those asked.",
                "A propensity needs what is known of everybody, also of those who did not answer.",
                "Leave the term out, or give these people a category of their own (`recode`).",
            )
    matrix = model_matrix(written, columns, values, np.flatnonzero(inside))
    block = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=float).T
    x = np.zeros((inside.size, block.shape[1]))
    # columns of very different sizes lose digits in cross-products
    x[inside] = block / np.sqrt((block**2).mean(axis=0))
    return _Logit(asked, x, model.strip())


def _adjusted(
    sample: SampleInMemory,
    asked: _Asked,
    propensity: _Rates | _Logit,
    fitted: Floats,
    weight: Floats,
    least: float | None,
    rules: dict[str, Any],
) -> Sample:
    """Return the sample of those who answered, with the error of the propensities."""
    answered, inside = asked.answered, asked.design > 0
    estimated = propensity.probability(fitted)
    probability, free = estimated, np.ones(inside.size, dtype=bool)
    if least is not None:
        free = estimated >= least
        probability = np.maximum(estimated, least)
        rules["nonresponse_least"] = f"{least:.15g}"
    rules["response_rate"] = f"{(asked.design * answered).sum() / asked.design.sum():.15g}"

    def after(design: Floats, chance: Floats) -> Floats:
        return np.where(inside, np.where(answered, design / chance, 0.0), design)

    weights = after(sample.engine.weights, probability)
    auxiliary = Auxiliary(
        propensity.controls,
        weight * estimated * (1 - estimated) * inside,
        rules,
        # a propensity at its least does not move with the model
        of_products=weights * (1 - probability) * answered * free,
        parts=weight * (answered - estimated) * inside,
    )
    replication = sample.replication
    if replication is None:
        return sample.with_weights(weights, auxiliary)
    before = replication.of_rows(sample.engine)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(asked.design > 0, weight / sample.engine.weights, 0.0)
    refitted = [propensity.fit(share * before[place]) for place in range(replication.count)]

    def of_replicate(place: int) -> Floats:
        chance = propensity.probability(refitted[place])
        return after(before[place], chance if least is None else np.maximum(chance, least))

    when_read = WeightsWhenRead(replication.count, of_replicate)
    return sample.with_weights(weights, auxiliary).with_replication(
        replace(replication, factors=None, weights=when_read)
    )
