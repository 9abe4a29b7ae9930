"""`full_time_complement` and `change_base`: full-time work alongside platform work, by base."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import check_number, check_one_of, is_number
from diplab.errors import ColumnError, OptionError
from diplab.estimators.moments import ShareInterval
from diplab.estimators.moments import share as share_statistic
from diplab.inference._estimate import estimate
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.kernel.arrays import Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.jobs.rules import CLASSES
from diplab.microdata.variable import answer_in_error
from diplab.reference.text import NOTHING, Text, Words
from diplab.results.estimates import COLUMNS, STATUSES, Complement, Estimates, Provenance
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import Apply, Column, Constant, Expression
from diplab.sampling.sample import Sample, check_sample

_WORDS = Words("diplab.inference")
LABELS = _WORDS.section("base_label")  # as the lines of tables and figures name them
BASES = _WORDS.section("base")  # in full, for a number shown by itself


def _answer_wording(words: Mapping[str, Text]) -> dict[str, Text]:
    """Return the words of bases where something else than the working time is asked."""
    return {
        name: Text(
            text.fr.replace("le temps de travail", "la réponse").replace(
                "temps de travail connu", "réponse connue"
            ),
            text.en.replace("working time", "answer"),
        )
        for name, text in words.items()
    }


@dataclass(frozen=True, eq=False)
class _Base:
    """One base of a share."""

    name: str
    # 1 for those who are counted, 0 for the others of the base, missing outside of it
    share: Expression
    numerator: Expression  # condition of those who are counted
    # False for the base that replaces bounds where everybody is known, None for one always shown
    bound: bool | None = None


def _share_within(counted: Expression, base: Expression) -> Expression:
    """Return 1 where a condition holds within a base, 0 for the others of the base.

    Outside of it there is no value.
    """
    return Apply(
        "/", (Apply("*", (counted & base, Constant(1.0))), Apply("*", (base, Constant(1.0))))
    )


def _answer_is(sample: Sample, name: str, words: Sequence[str]) -> Expression:
    """Return the condition that an answer is one of some words, even if none of them was given."""
    answers = sample.categories(name)
    if not answers or not set(words).isdisjoint(answers):
        return Apply("in", (Column(name), Constant(tuple(words))))
    return Apply("not", (Apply("in", (Column(name), Constant(tuple(answers)))),))


def _bases_of(sample: Sample, job: str, counted: Expression) -> list[_Base]:
    """Return the bases of a complement, the widest first."""
    unknown = Apply("missing", (counted,))
    known = Apply("not", (unknown,))
    bases = [
        _Base("everyone", counted, counted, bound=False),
        _Base("at_least", known & counted, known & counted, bound=True),
        _Base(
            "at_most", Apply("or", (unknown, counted)), Apply("or", (unknown, counted)), bound=True
        ),
        _Base("known", counted, counted, bound=True),
    ]
    narrower: dict[str, Expression] = {
        "employed": _answer_is(sample, job, ("full_time", "part_time", "self_employed")),
        "employees": _answer_is(sample, job, ("full_time", "part_time")),
    }
    if f"{job}_contract" in sample.names:
        narrower["permanent"] = _answer_is(sample, f"{job}_contract", ("permanent",))
    return [
        *bases,
        *(
            _Base(name, _share_within(counted, item), counted & item)
            for name, item in narrower.items()
        ),
    ]


FULL_TIME = "full_time_beside"


def full_time_complement(
    sample: Sample | Imputed,
    job: str = "main_job",
    *,
    works_beside: str | None = None,
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    interval: ShareInterval = "logit",
) -> Complement:
    """Estimate the share who work full time alongside platform work, on every base.

    Bases: all respondents; those whose working time is known; the employed; employees; holders of a
    permanent contract. Where it is unknown for some, all respondents get two rows: at least (none
    of them works full time) and at most (all do).

    Parameters
    ----------
    sample : Sample or Imputed
        Imputations are combined by Rubin's rules; `n` and `numerator` are then the fewest among
        them.
    job : str
        The variable that `main_job` made; the working time and the contract are beside it
        (`main_job_time`, `main_job_contract`). Without a working time, the class says it, and is
        silent of the self-employed.
    works_beside : str, optional
        Condition of those who are counted, in place of a full-time job: `"main_job_contract ==
        'permanent'"`.
    by : str or list of str
        Domain variables.
    confidence, df
        As in `estimate`.
    interval
        As in `share`.

    Returns
    -------
    Complement
        One row per base (and a domain), with the covariance of all: `category` is the base, `n` its
        respondents, `numerator` those counted. Point sum(w 1[b] 1[x]) / sum(w 1[b]) on the base b,
        linearised variable 1[b] (1[x] - p) / sum(w 1[b]) (Woodruff 1971).

    Raises
    ------
    ColumnError
        Where the variable does not exist, or holds no class of `main_job`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"job": ["CDI temps plein", "CDI mi-temps", "retraité", "étudiant"]})
    >>> data = dl.work.main_job(dl.Microdata(people, dl.Codebook()), status="job")
    >>> found = full_time_complement(dl.declare_design(data))
    >>> found.frame[["category", "estimate", "numerator", "n"]].values.tolist()
    [['everyone', 0.25, 1, 4], ['employed', 0.5, 1, 2],
     ['employees', 0.5, 1, 2], ['permanent', 0.5, 1, 2]]
    """
    samples = sample.samples if isinstance(sample, Imputed) else (sample,)
    for item in samples:
        check_sample(item, "A full-time complement", "compute")
    counted = [_numerator(item, job, works_beside) for item in samples]
    unknown = [
        int(item.totals((), ()).within(Apply("missing", (rows,))).n.sum())
        for item, rows in zip(samples, counted, strict=True)
    ]
    bases = _bases_with_people(samples, counted, job, unknown=any(unknown))
    domains = (by,) if isinstance(by, str) else tuple(by or ())
    prepared = [
        item.prepare_for(
            *[base.share for base in own], by=tuple(name for name in domains if name in item.names)
        )
        for item, own in zip(samples, bases, strict=True)
    ]
    drawn = Imputed(tuple(prepared)) if isinstance(sample, Imputed) else prepared[0]
    if len({str(own[-1].share) for own in bases}) > 1:
        raise OptionError(
            "The imputations do not hold the same kinds of jobs.",
            write="Write `main_job` on each with the same rules, and imputations in which each "
            "kind is there.",
        )
    shares = [share_statistic(item.share, interval=interval) for item in bases[0]]
    estimates = estimate(drawn, *shares, by=by, confidence=confidence, df=df)
    numerators = _numerator_counts(prepared, bases, domains, estimates)
    names = np.repeat([item.name for item in bases[0]], len(estimates) // len(bases[0]))
    variable = FULL_TIME if works_beside is None else str(works_beside)
    frame = estimates.frame.assign(variable=variable, category=names, numerator=numerators)
    label, values, words = _WORDS("complement.full_time_beside"), LABELS, BASES
    if works_beside is not None:
        label, values, words = NOTHING, _answer_wording(LABELS), _answer_wording(BASES)
    codebook = estimates.codebook.described(variable, label=label, values={**values})
    provenance = replace(
        estimates.provenance,
        base=_WORDS("complement.own_bases"),
        **_unknown(samples, job, max(unknown)),
    )
    return Complement(
        frame, estimates.covariance, provenance, estimates.by, codebook, estimates.drawn,
        descriptions=estimates.descriptions, bases=words,
    )  # fmt: skip


def _numerator(sample: Sample, job: str, works_beside: str | None) -> Expression:
    """Return the condition of those who are counted: missing for those of whom it is not known."""
    known_column(job, sample.names, "the main job")
    answers = sample.categories(job)
    if answers and set(CLASSES).isdisjoint(answers):
        raise ColumnError(
            f"`job={job!r}` is not a variable that `main_job` made.",
            f"It holds {answer_in_error(answers[0])}, and none of {', '.join(CLASSES)}.",
            f'Write `dl.work.main_job(data, status="{job}")` first, and the variable that it '
            "makes.",
        )
    if works_beside is not None:
        return parse(works_beside, sample.names, sample.codebook, "`works_beside`")
    if f"{job}_time" in sample.names:
        return _answer_is(sample, f"{job}_time", ("full",))
    # how long the self-employed work, their class does not say
    others = Apply("not", (_answer_is(sample, job, ("self_employed",)),))
    return _share_within(_answer_is(sample, job, ("full_time",)), others).is_(1.0)


def _bases_with_people(
    samples: Sequence[Sample], counted: Sequence[Expression], job: str, *, unknown: bool
) -> list[list[_Base]]:
    """Return for each sample the bases with respondents in all.

    No bounds where all working times are known.
    """
    every = [
        _bases_of(item, job, condition) for item, condition in zip(samples, counted, strict=True)
    ]
    if len(samples) == 1:
        # imputations are known by their conditions, which must then stay words
        on_rows = samples[0].totals((), ()).on_rows
        every = [
            [
                replace(item, share=on_rows(item.share), numerator=on_rows(item.numerator))
                for item in every[0]
            ]
        ]
    peopled = [
        place
        for place, base in enumerate(every[0])
        if base.bound in (unknown, None)
        and all(
            item.totals((), (own[place].share,)).n.sum()
            for item, own in zip(samples, every, strict=True)
        )
    ]
    return [[own[place] for place in peopled] for own in every]


def _numerator_counts(
    samples: Sequence[Sample],
    bases: Sequence[Sequence[_Base]],
    domains: tuple[str, ...],
    estimates: Estimates,
) -> Integers:
    """Return the respondents counted in each row; over imputations, the minimum, as for `n`."""
    width = len(estimates) // len(bases[0])
    rows = list(map(tuple, estimates.frame[list(domains)].head(width).itertuples(index=False)))
    counts = []
    for sample, own in zip(samples, bases, strict=True):
        cells = list(map(tuple, sample.engine.cells(domains)))
        for base in own:
            n = dict(
                zip(
                    cells,
                    sample.totals(domains, (base.share,)).within(base.numerator).n,
                    strict=True,
                )
            )
            counts.append([int(n.get(row, 0)) for row in rows])
    fewest: Integers = np.array(counts, dtype=np.int64).reshape(len(samples), -1).min(axis=0)
    return fewest


def _unknown(samples: Sequence[Sample], job: str, unknown: int) -> dict[str, Any]:
    """Return how many respondents are not known to work full time or not, and why.

    The most among imputations.
    """
    if not unknown:
        return {"missing": {}, "reasons": {}}
    known = samples[0].codebook.reasons if len(samples) == 1 else {}
    reasons = {job: known[job]} if sum(known.get(job, {}).values()) == unknown else {}
    return {"missing": {job: unknown}, "reasons": reasons}


_NARROW, _WIDE = _WORDS("change_of_base.narrow"), _WORDS("change_of_base.wide")


def change_base(
    share: float,
    base_share: float,
    *,
    never: float = 0.0,
    base: Text = _NARROW,
    wider: Text = _WIDE,
    source: Text = NOTHING,
    status: str = "derived",
) -> Complement:
    """Convert a share published on a narrow base to a wider one, with bounds for the rest.

    Parameters
    ----------
    share : float
        The share as published, of the narrow base (0.71 of those on a permanent contract).
    base_share : float
        The narrow base as a share of the wider one (0.40 of all respondents).
    never : float
        Share of the wider base, outside of the narrow one, of whom it is known that they are not
        counted (0.279 who are inactive).
    base, wider : Text
        Both bases in words.
    source : Text
        Where the numbers were read.
    status : str
        How the numbers were obtained.

    Returns
    -------
    Complement
        Three rows: the share as published; of the wider base, those who are in the narrow one and
        counted, `share * base_share`; all who are counted, of whom only bounds are known, since
        others may be: from that product up to `share * base_share + (1 - base_share - never)`
        (Manski 1995). Published numbers have no standard error here.

    Raises
    ------
    OptionError
        Where one of the numbers is not a share, or the parts are more than the whole.

    Examples
    --------
    >>> found = change_base(0.71, 0.40, never=0.279)
    >>> found.frame[["estimate", "ci_low", "ci_high"]].round(3).values.tolist()
    [[0.71, nan, nan], [0.284, nan, nan], [nan, 0.284, 0.605]]
    """
    for name, value in (("share", share), ("base_share", base_share), ("never", never)):
        percentage = is_number(value) and 1 < value <= 100
        check_number(name, value, low=0, high=1, example=value / 100 if percentage else 0.4)
    if base_share + never > 1 + 1e-9:
        raise OptionError(
            f"`base_share={base_share:g}` and `never={never:g}` add up to more than everyone.",
            write="Write `never` as a share of the wider base, of people outside of the narrow "
            "one.",
        )
    check_one_of("status", status, STATUSES)
    inside = share * base_share
    rows: list[dict[str, Any]] = [dict.fromkeys(COLUMNS, math.nan) for _ in range(3)]
    for row, category in zip(rows, ("narrow", "both", "wide"), strict=True):
        row |= {"statistic": "share", "variable": "rebased", "category": category, "flag": ""}
    rows[0]["estimate"], rows[1]["estimate"] = share, inside
    # what rounding adds to the whole is not a person
    highest = min(inside + max(1 - base_share - never, 0.0), 1.0)
    rows[2] |= {"ci_low": inside, "ci_high": highest, "flag": "bounds"}
    provenance = Provenance(base=_WORDS("complement.own_bases"), source=source, status=status)
    categories = {
        "narrow": base,
        "both": _WORDS("change_of_base.inside", wider=wider, base=base),
        "wide": _WORDS("change_of_base.beyond", wider=wider),
    }
    return Complement(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        np.full((3, 3), np.nan),
        provenance,
        codebook=Codebook().described(
            "rebased", label=_WORDS("change_of_base.label"), values=categories
        ),
        descriptions={"share": share_statistic.description},
        bases={"narrow": base, "both": wider, "wide": wider},
    )
