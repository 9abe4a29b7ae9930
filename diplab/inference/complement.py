"""`complement`: who works full time beside platform work, on every base side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.estimators.moments import share
from diplab.inference.complement_bases import BASES, LABELS, SEVERAL, bases_of, of_answers, told, within
from diplab.inference.estimate import estimate
from diplab.inference.question import check_sample
from diplab.microdata.jobs.rules import CLASSES
from diplab.microdata.variable import answer_in_error
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import Complement
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import Apply, Expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.inference.complement_bases import Base
    from diplab.results.estimates import Estimates
    from diplab.sampling.sample import Sample

__all__ = ["FULL_TIME", "complement"]

FULL_TIME = "full_time_beside"
_LABEL = Text("travaille à temps plein à côté des plateformes", "works full time beside platforms")


def complement(
    sample: Sample | Imputed,
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
    sample : Sample or Imputed
        Imputations are combined by Rubin's rules; `n` and `numerator` are then the fewest among them.
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
    samples = sample.samples if isinstance(sample, Imputed) else (sample,)
    for each in samples:
        check_sample(each, "A complement", "complement")
    counted = [_counted(each, job, works_beside) for each in samples]
    bases = _peopled(samples, counted, job)
    domains = (by,) if isinstance(by, str) else tuple(by)
    held = [
        each.prepare_for(
            *[base.share for base in own], by=tuple(name for name in domains if name in each.names)
        )
        for each, own in zip(samples, bases, strict=True)
    ]
    drawn = Imputed(tuple(held)) if isinstance(sample, Imputed) else held[0]
    found = _estimated(drawn, bases, interval, {"by": by, "confidence": confidence, "df": df})
    numerators = _counts(held, bases, domains, found)
    names = np.repeat([each.name for each in bases[0]], len(found) // len(bases[0]))
    variable = FULL_TIME if works_beside is None else str(works_beside)
    frame = found.frame.assign(variable=variable, category=names, numerator=numerators)
    label, values, words = _LABEL, LABELS, BASES
    if works_beside is not None:
        label, values, words = NOTHING, of_answers(LABELS), of_answers(BASES)
    codebook = found.codebook.described(variable, label=label, values={**values})
    everybody = Complement(
        frame,
        found.covariance,
        found.provenance,
        found.by,
        codebook,
        found.drawn,
        descriptions=found.descriptions,
        bases=words,
    )
    said = {"base": SEVERAL, **_unknown(samples, job, counted)}
    return replace(everybody, provenance=replace(everybody.provenance, **said))


def _counted(sample: Sample, job: str, works_beside: str | None) -> Expression:
    """Return the condition of those who are counted: missing for those of whom it is not known."""
    known_column(job, sample.names, "the main job")
    _check_classes(sample, job)
    if works_beside is not None:
        return parse(works_beside, sample.names, sample.codebook, "`works_beside`")
    if f"{job}_time" in sample.names:
        return told(sample, f"{job}_time", ("full",))
    # how long the self-employed work, their class does not say
    others = Apply("not", (told(sample, job, ("self_employed",)),))
    return within(told(sample, job, ("full_time",)), others).is_(1.0)


def _peopled(samples: Sequence[Sample], counted: Sequence[Expression], job: str) -> list[list[Base]]:
    """Return for each sample the bases in which somebody is, in all of them.

    Where the working time of everybody is known, in each of them, there are no bounds.
    """
    gone = [Apply("missing", (each,)) for each in counted]
    unknown = any(
        int(each.totals((), ()).within(rows).n.sum()) for each, rows in zip(samples, gone, strict=True)
    )
    every = [bases_of(each, job, condition) for each, condition in zip(samples, counted, strict=True)]
    if len(samples) == 1:
        # imputations are known by their conditions, which must then stay words
        every = [_on_rows(samples[0], every[0])]
    kept = [
        place
        for place, base in enumerate(every[0])
        if base.bound in (unknown, None)
        and all(
            each.totals((), (own[place].share,)).n.sum() for each, own in zip(samples, every, strict=True)
        )
    ]
    return [[own[place] for place in kept] for own in every]


def _estimated(
    drawn: Sample | Imputed, bases: Sequence[Sequence[Base]], interval: str, options: dict[str, Any]
) -> Estimates:
    """Return the shares of all bases, in their order."""
    if isinstance(drawn, Imputed) and len({str(own[-1].share) for own in bases}) > 1:
        raise OptionError(
            "A complement of imputations was asked for.",
            "They do not hold the same kinds of jobs.",
            "Write `main_job` on each with the same rules, and imputations in which each kind is there.",
        )
    return estimate(drawn, *[share(each.share, interval=interval) for each in bases[0]], **options)


def _counts(
    samples: Sequence[Sample], bases: Sequence[Sequence[Base]], domains: tuple[str, ...], found: Estimates
) -> NDArray[np.int64]:
    """Return the respondents who are counted in each row; the fewest among imputations, as their `n`."""
    width = len(found) // len(bases[0])
    rows = [tuple(row) for row in found.frame[list(domains)].head(width).itertuples(index=False)]
    counts = []
    for sample, own in zip(samples, bases, strict=True):
        cells = [tuple(cell) for cell in sample.engine.cells(domains)]
        for base in own:
            n = dict(zip(cells, sample.totals(domains, (base.share,)).within(base.numerator).n, strict=True))
            counts.append([int(n.get(row, 0)) for row in rows])
    fewest: NDArray[np.int64] = np.array(counts, dtype=np.int64).reshape(len(samples), -1).min(axis=0)
    return fewest


def _on_rows(sample: Sample, bases: Sequence[Base]) -> list[Base]:
    """Return the bases with their conditions worked out once, where rows are held."""
    everyone = sample.totals((), ())
    return [
        replace(each, share=everyone.on_rows(each.share), numerator=everyone.on_rows(each.numerator))
        for each in bases
    ]


def _unknown(samples: Sequence[Sample], job: str, counted: Sequence[Expression]) -> dict[str, Any]:
    """Return how many respondents are not known to work full time or not, and why; the most among imputations."""
    gone = max(
        int(each.totals((), ()).within(Apply("missing", (rows,))).n.sum())
        for each, rows in zip(samples, counted, strict=True)
    )
    if not gone:
        return {"missing": {}, "reasons": {}}
    known = samples[0].codebook.reasons if len(samples) == 1 else {}
    reasons = {job: known[job]} if sum(known.get(job, {}).values()) == gone else {}
    return {"missing": {job: gone}, "reasons": reasons}


def _check_classes(sample: Sample, job: str) -> None:
    held = [value for (value,) in sample.engine.cells((job,))]
    if not held or any(value in CLASSES for value in held):
        return
    raise ColumnError(
        f"The complement was asked for with `{job}` as the main job.",
        f"It holds {answer_in_error(held[0])}, and none of {', '.join(CLASSES)}.",
        f'Write `dl.main_job(data, status="{job}")` first, and the variable that it makes.',
    )
