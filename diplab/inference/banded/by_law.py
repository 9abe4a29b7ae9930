"""Answers from laws of income fitted to bands: log-normal, Singh-Maddala, Dagum and GB2.

Parameters theta maximise the pseudo-likelihood of a domain, sum of w log(F(high) - F(low)), and have the linearised
variable (Binder 1983)

    z_i(theta) = J^-1 s_i,    s_i = d log(F(high_i) - F(low_i)) / d theta,    J = - sum of w d s / d theta

A statistic g(theta) has the linearised variable g' z_i(theta). The share of people under the fixed line of their own
household is the mean of F(line_i), with (F(line_i) - rate) / N beside; a line that is a fraction of the median is one
of the law, on everybody unless asked of the domain, and brings f(line) z_i(line).

The answer is that of the law itself, whatever the bands say: a rate outside the bounds shows that it does not fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.estimators.statistic import Linearised
from diplab.inference.banded.answered_rows import answered_rows
from diplab.inference.banded.by_interpolation import by_interpolation
from diplab.inference.banded.fitted_law import FittedLaw, fitted_law
from diplab.inference.banded.law_values import LawValue, Question, law_point, law_value
from diplab.inference.banded.spread_answer import spread_answer
from diplab.kernel.bands.distributions import DAGUM, GB2, SINGH_MADDALA, LogNormal
from diplab.reference.text import Text
from diplab.sampling.replication import ReplicatedTotals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from diplab.inference.banded.answer import Answer, Asked
    from diplab.inference.banded.answered_rows import AnsweredRows
    from diplab.kernel.bands.distributions import IncomeDistribution
    from diplab.sampling.expression import Rows

    Floats = NDArray[np.float64]

__all__ = ["LAWS", "by_law", "laws_of_income"]

LAWS: tuple[IncomeDistribution, ...] = (LogNormal(), SINGH_MADDALA, DAGUM, GB2)


def by_law(asked: Asked) -> tuple[Answer, ...]:
    """Return what each law of income says, fitted to the bands; that of least information criterion first.

    Parameters
    ----------
    asked : Asked

    Returns
    -------
    tuple of Answer
        One a law, named `log-normal`, `Singh-Maddala`, `Dagum` and `GB2`; two a law where the line of a household is
        known between two ends, `..., at least` and `..., at most`. Rules: `law`, the one of least criterion over all
        domains; `laws`, the criterion of each (Lumley and Scott 2015); `misfit`, the largest distance between the
        share of people in a band and that of the law.

    Raises
    ------
    LonelyPsuError
        Where a stratum has a single unit and the design has no policy for it.
    """
    rows = answered_rows(asked)
    return (*laws_of_income(asked, rows), *by_interpolation(asked, rows))


def laws_of_income(asked: Asked, rows: AnsweredRows) -> tuple[Answer, ...]:
    """Return the answers of the laws alone; parameters as for `by_interpolation`."""
    if asked.sample.replication is None:
        asked.sample.engine.units.check_lonely(asked.sample.design.lonely_psu)
    fitted = sorted((fitted_law(law, asked, rows) for law in LAWS), key=_lost_and_criterion)
    rules = _rules(fitted)
    answers: list[Answer] = []
    for each in fitted:
        if rows.line_low is None or rows.line_high is None or (rows.line_low == rows.line_high).all():
            answers.append(_answer(each, each.law.name, rows.line_low, rules))
        else:
            answers.append(_answer(each, f"{each.law.name}, at least", rows.line_low, rules))
            answers.append(_answer(each, f"{each.law.name}, at most", rows.line_high, rules))
    return tuple(answers)


def _lost_and_criterion(fitted: FittedLaw) -> tuple[int, float]:
    """Return in how many domains a law has no fit, and its criterion over the others: what laws are sorted by."""
    known = np.isfinite(fitted.criterion)
    return int((~known).sum()), float(fitted.criterion[known].sum())


def _rules(fitted: list[FittedLaw]) -> dict[str, str]:
    rules = {}
    if np.isfinite(fitted[0].criterion).any():
        rules["law"] = fitted[0].law.name
    # a sum over fewer domains would look smaller than what it is compared with
    least = _lost_and_criterion(fitted[0])[0]
    rules["laws"] = ", ".join(
        f"{each.law.name} {each.criterion[np.isfinite(each.criterion)].sum():.1f}"
        for each in fitted
        if np.isfinite(each.criterion).any() and _lost_and_criterion(each)[0] == least
    )
    apart = {each.law.name: each.misfit for each in fitted}
    rules["misfit"] = ", ".join(f"{name} {far:.4f}" for name, far in apart.items() if np.isfinite(far))
    return {name: words for name, words in rules.items() if words}


def _answer(fitted: FittedLaw, method: str, line: Floats | None, rules: dict[str, str]) -> Answer:
    asked, rows = fitted.asked, fitted.rows
    question = Question.of(asked.name, asked.options, line)
    value = _value(fitted, question)
    influence = np.einsum("kd,kdg->dg", value.slope, fitted.fit.influence[:, : rows.domains])
    if value.by_group is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            people = rows.weight[: rows.domains].sum(axis=1, keepdims=True)
            direct = (value.by_group - value.point[:, None]) / people
            influence = influence + np.where(people > 0, direct, 0.0)
    beyond: tuple[tuple[Floats, Rows], ...] = ()
    if value.of_universe.any():
        of_line = np.einsum("k,kg->g", value.line_slope, fitted.fit.influence[:, -1])
        beyond = ((value.of_universe, rows.rows(of_line[None, :])),)
    linearised = Linearised(
        value.point, rows.rows(influence), beyond, replicated=_replicated(fitted, question, value.point)
    )
    return spread_answer(
        asked, rows.totals, method, linearised, _flags(fitted), rules, (_ASSUMED[fitted.law.name],)
    )


def _flags(fitted: FittedLaw) -> list[str]:
    """Return why a domain has no answer: its own fit, or that of everybody whose median makes its line."""
    own, whole = fitted.fit.flag[: fitted.rows.domains], fitted.fit.flag[-1]
    owes = _line_of_everybody(fitted)
    return [flag or (whole if owes else "") for flag in own]


def _line_of_everybody(fitted: FittedLaw) -> bool:
    asked, rows = fitted.asked, fitted.rows
    estimated = asked.name in ("arpr", "arpt") and rows.line_low is None
    return estimated and rows.of_everybody and asked.options.get("threshold_on", "universe") == "universe"


def _value(fitted: FittedLaw, question: Question) -> LawValue:
    rows = fitted.rows
    everybody = fitted.everybody if _line_of_everybody(fitted) else None
    return law_value(fitted.law, fitted.theta, question, _shares(rows.weight[: rows.domains]), everybody)


def _shares(weight: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = weight / weight.sum(axis=-1, keepdims=True)
    return found


def _replicated(fitted: FittedLaw, question: Question, point: Floats) -> Callable[[object], Floats] | None:
    """Return what replicate weights vary: the statistic of the laws fitted under each."""
    if fitted.replicates is None:
        return None
    rows, count = fitted.rows, len(fitted.replicates)
    theta = np.moveaxis(fitted.replicates[:, :, : rows.domains], 1, 0).reshape(fitted.law.size, -1)
    everybody = None
    if _line_of_everybody(fitted):
        everybody = np.repeat(fitted.replicates[:, :, -1].T, rows.domains, axis=1)
    share = np.zeros((theta.shape[1], 1))
    if question.line is not None:
        weights = np.stack([each[: rows.domains] for each in rows.replicate_weights()])
        share = _shares(weights).reshape(theta.shape[1], -1)
    under = law_point(fitted.law, theta, question, share, everybody).reshape(count, rows.domains)
    return lambda totals: under if isinstance(totals, ReplicatedTotals) else point


_ASSUMED = {
    name: Text(
        f"Les revenus suivent une loi {fr}, ajustée aux tranches.",
        f"Incomes follow the {en} law, fitted to the bands.",
    )
    for name, fr, en in (
        ("log-normal", "log-normale", "log-normal"),
        ("Singh-Maddala", "de Singh et Maddala", "Singh-Maddala"),
        ("Dagum", "de Dagum", "Dagum"),
        ("GB2", "bêta généralisée de seconde espèce (GB2)", "generalised beta of the second kind (GB2)"),
    )
}
