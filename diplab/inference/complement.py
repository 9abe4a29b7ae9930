"""`complement`: who works full time beside platform work, on every base side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError
from diplab.estimators.moments import share
from diplab.inference.complement_bases import BASES, LABELS, SEVERAL, bases_of, of_answers, within
from diplab.inference.estimate import estimate
from diplab.inference.question import check_sample
from diplab.microdata.jobs.facets import CLASSES
from diplab.reference.text import NOTHING, Text
from diplab.results.complement import Complement
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import Apply, Column, Expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.inference.complement_bases import Base
    from diplab.sampling.sample import Sample

__all__ = ["FULL_TIME", "complement"]

FULL_TIME = "full_time_beside"
_LABEL = Text("travaille à temps plein à côté des plateformes", "works full time beside platforms")


def complement(
    sample: Sample,
    job: str = "main_job",
    *,
    works_beside: str | None = None,
    by: str | Sequence[str] = (),
    confidence: float = 0.95,
    df: str = "design",
    interval: str = "logit",
) -> Complement:
    """Estimate the share of those who work full time beside platform work, on every base side by side.

    Bases: all respondents; those whose working time is known; the employed; employees; holders of a permanent contract.
    Where it is unknown for some, all respondents get two rows: at least (none of them works full time) and at most (all
    do).

    Parameters
    ----------
    sample : Sample
    job : str
        The variable that `main_job` made; the working time and the contract stand beside it (`main_job_time`,
        `main_job_contract`). Without a working time, the class says it, and is silent of the self-employed.
    works_beside : str, optional
        Condition of those who are counted, in place of a full-time job: `"main_job_contract == 'permanent'"`.
    by : str or list of str
        Domain variables.
    confidence, df
        As in `estimate`.
    interval
        As in `share`.

    Returns
    -------
    Complement
        One row a base (and a domain), with the covariance of all: `category` is the base, `n` its respondents,
        `numerator` those counted. Point sum(w 1[b] 1[x]) / sum(w 1[b]) on the base b, linearised variable
        1[b] (1[x] - p) / sum(w 1[b]) (Woodruff 1971).

    Raises
    ------
    ColumnError
        Where the variable does not exist, or holds no class of `main_job`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"job": ["CDI temps plein", "CDI mi-temps", "retraité", "étudiant"]})
    >>> data = dl.main_job(dl.Microdata(people, dl.Codebook()), status="job")
    >>> found = complement(dl.declare_design(data))
    >>> found.frame[["category", "estimate", "numerator", "n"]].values.tolist()
    [['everyone', 0.25, 1, 4], ['employed', 0.5, 1, 2], ['employees', 0.5, 1, 2], ['permanent', 0.5, 1, 2]]
    """
    check_sample(sample, "A complement", "complement")
    counted = _counted(sample, job, works_beside)
    bases = _peopled(sample, counted, _on_rows(sample, bases_of(job, counted, sample.names)))
    domains = (by,) if isinstance(by, str) else tuple(by)
    held = sample.in_memory(
        *[each.share for each in bases], by=tuple(name for name in domains if name in sample.names)
    )
    asked = [share(each.share, interval=interval) for each in bases]
    found = estimate(held, *asked, by=by, confidence=confidence, df=df)
    numerators = [held.totals(domains, (each.share,)).within(each.numerator).n for each in bases]
    names = np.repeat([each.name for each in bases], len(found) // len(bases))
    variable = FULL_TIME if works_beside is None else str(works_beside)
    frame = found.frame.assign(variable=variable, category=names, numerator=np.concatenate(numerators))
    label, values, words = _LABEL, LABELS, BASES
    if works_beside is not None:
        label, values, words = NOTHING, of_answers(LABELS), of_answers(BASES)
    codebook = found.codebook.described(variable, label=label, values={**values})
    everybody = Complement(
        frame, found.covariance, found.provenance, found.by, codebook, found.drawn, bases=words
    )
    said = {"base": SEVERAL, **_unknown(sample, job, counted)}
    return replace(everybody, provenance=replace(everybody.provenance, **said))


def _counted(sample: Sample, job: str, works_beside: str | None) -> Expression:
    """Return the condition of those who are counted: missing for those of whom it is not known."""
    known_column(job, sample.names, "the main job")
    _check_classes(sample, job)
    if works_beside is not None:
        return parse(works_beside, sample.names, sample.codebook, "`works_beside`")
    if f"{job}_time" in sample.names:
        return Column(f"{job}_time").is_("full")
    work = Column(job)
    # how long the self-employed work, their class does not say
    return within(work.is_("full_time"), Apply("not", (work.is_("self_employed"),))).is_(1.0)


def _on_rows(sample: Sample, bases: Sequence[Base]) -> list[Base]:
    """Return the bases with their conditions worked out once, where rows are held."""
    everyone = sample.totals((), ())
    return [
        replace(each, share=everyone.on_rows(each.share), numerator=everyone.on_rows(each.numerator))
        for each in bases
    ]


def _peopled(sample: Sample, counted: Expression, bases: Sequence[Base]) -> list[Base]:
    """Return the bases in which somebody is, without the bounds where the working time of everybody is known."""
    everyone = sample.totals((), ())
    unknown = int(everyone.within(Apply("missing", (counted,))).n.sum())
    kept = [each for each in bases if each.bound == bool(unknown) or each.bound is None]
    return [each for each in kept if sample.totals((), (each.share,)).n.sum()]


def _unknown(sample: Sample, job: str, counted: Expression) -> dict[str, Any]:
    """Return how many respondents are not known to work full time or not, and why."""
    gone = int(sample.totals((), ()).within(Apply("missing", (counted,))).n.sum())
    if not gone:
        return {"missing": {}, "reasons": {}}
    known = sample.codebook.reasons
    reasons = {job: known[job]} if sum(known.get(job, {}).values()) == gone else {}
    return {"missing": {job: gone}, "reasons": reasons}


def _check_classes(sample: Sample, job: str) -> None:
    held = [value for (value,) in sample.engine.cells((job,))]
    if not held or any(value in CLASSES for value in held):
        return
    raise ColumnError(
        f"The complement was asked for with `{job}` as the main job.",
        f"It holds {held[0]!r}, and none of {', '.join(CLASSES)}.",
        f'Write `dl.main_job(data, status="{job}")` first, and the variable that it makes.',
    )
