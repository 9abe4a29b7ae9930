"""`publish`: results under an institution's rules of disclosure control, with a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from diplab.disclosure import amounts, models, people, protection, respondents, rounding
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile, ProfileName, profile_of
from diplab.disclosure.respondents import Line
from diplab.errors import BaseMissingError, MisleadingError, OptionError
from diplab.kernel.arrays import Booleans
from diplab.kernel.effective_df import EffectiveDf
from diplab.microdata.variable import code_text
from diplab.reference.text import Words
from diplab.results.estimates import (
    ALL_ALIKE,
    CONFIDENTIAL,
    ERROR_CONFIDENTIAL,
    NOT_RELIABLE,
    Estimates,
    Provenance,
    flags_of,
)
from diplab.results.regression import LogLinearModel, Regression
from diplab.results.tables import Crosstab, Decomposition, Summary
from diplab.sampling.sample import Sample, check_sample

Result: TypeAlias = Estimates | Crosstab | Summary
R = TypeVar("R", bound=Result)
Parts: TypeAlias = dict[str, list[Line]]
"""Whom each row of the parts of a result is about, by the name of the part."""

_WORDS = Words("diplab.disclosure")
_NAMES = ("statistic", "variable", "category")
_OF_N = (
    "n",
    "numerator",
    "at_risk",
    "events",
    "df",
    "deff",
    "ci_low",
    "ci_high",
    "p_value",
)  # columns that reveal numbers of respondents: degrees of freedom follow from intervals and tests
_FLAGS_OF_N = {"one respondent", "few units", "no variance", "no degrees of freedom"}


def publish(
    result: Any,
    profile: ProfileName | str | Path = "standard",
    *,
    sample: Sample | None = None,
    released: Sequence[Result] = (),
    reason: str | None = None,
    notes: Any = None,
) -> Any:
    """Return results as they may be published, after primary and secondary suppression or rounding.

    Hidden numbers are NaN with the flag `confidential`; their respondents, errors, intervals and
    covariances go with them, and so do the tests of a crosstab, or of a variable of a summary, of
    which a number is hidden. This helps whoever checks outputs; it does not replace them.

    Parameters
    ----------
    result : Estimates, Crosstab, Summary, or a list or mapping of them
        Several are protected together: what one hides no other prints, and no difference between
        them tells it.
    profile : str or path
        Rules of an institution. `"standard"`: at least 10 respondents, dominance (2, 90%) and p% of
        10, and 10 residual degrees of freedom; `"insee_entreprises"`: 3 units by weight, no unit
        over 85%, and no number of respondents printed; `"insee_fiscal"`: 11 respondents;
        `"opensafely"`: counts of 7 or fewer redacted, then all rounded to 5, and amounts no finer;
        `"eurostat_silc"`: 20 respondents, in parentheses under 50; `"destatis_mikrozensus"`: 5,000
        persons by weight, in parentheses under 10,000; `"none"`: no rule, which needs a written
        `reason`. Or a TOML file of rules of your own: `minimum = 20`, `source = "..."`, and what
        else of the others it has.
    sample : Sample, optional
        The sample that results were estimated on. It is needed for totals, means and ratios of
        amounts under rules of dominance, for summaries, for several results together, and for
        shares without `numerator=True`. The columns of the results come to memory.
    released : sequence of Estimates, Crosstab or Summary
        What is published already, of the same sample: it stays as it is, and enters as what readers
        know.
    reason : str, optional
        Why nothing is hidden, for the record; with `profile="none"` only.
    notes : Notes, optional
        Coverage and source, where the record of the results does not have them.

    Returns
    -------
    Estimates, Crosstab, Summary, list or dict
        As given. `provenance.disclosure` (of a crosstab: `cells.provenance.disclosure`) is the
        record for the output checker, ready for `json.dumps`: what was hidden, by which rule, and
        at least how wide the interval is in which readers can place it; no hidden number.

    Raises
    ------
    BaseMissingError
        Where coverage or source is missing.
    MisleadingError
        For a model with too few residual degrees of freedom, or one that gives its cells back.
    DisclosureError
        Where what is released gives away what cannot be hidden any more.
    OptionError
        Where `sample` is needed, or is not that of the results; for contrasts, of which the
        estimates are published.

    Notes
    -----
    Which cells are hidden beside: Fischetti and Salazar (2001), on the smallest groups of
    respondents that all sets of all results distinguish; rules: Hundepool and others (2012),
    Statistical Disclosure Control, chapter 4.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> region = ["a"] * 30 + ["b"] * 20 + ["c"] * 4
    >>> people = pd.DataFrame({"region": region, "hours": [9.0, 11.0] * 27})
    >>> sample = dl.declare_design(people)
    >>> notes = dl.Notes(coverage=dl.Text.same("All"), source=dl.Text.same("Example"))
    >>> hours = dl.estimate(sample, dl.mean("hours"), by="region")
    >>> shown = dl.publish(hours, sample=sample, notes=notes)
    >>> shown.frame[["region", "estimate", "n", "flag"]].values.tolist()
    [['a', 10.0, 30.0, ''], ['b', 10.0, 20.0, ''], ['c', nan, nan, 'confidential']]
    """
    rules = profile_of(profile)
    named = isinstance(result, Mapping)
    several = list(
        result.values() if named else result if isinstance(result, list | tuple) else [result]
    )
    if not several:
        raise OptionError("There is nothing to publish.", "The list of results is empty.")
    described = [_described(item, notes) for item in several]
    _check_reason(rules, reason)
    if sample is not None:
        check_sample(sample, "Disclosure control", "publish")
    how: dict[str, Any] = {"reason": reason}
    if rules.name != "none":
        lines, found = _protected(described, rules, sample, released)
        pairs = zip(described, lines, strict=True)
        described = [_hidden(item, own, rules) for item, own in pairs]
        secondary: dict[str, Any] = {"method": found.method, "gap": round(found.gap, 6)}
        if found.tables > 1:
            secondary["tables"] = found.tables
        how = {"secondary": secondary, "released": len(released)}
        # a number of events is that of people, whatever is hidden
        described = [_mapped(item, lambda own: _without_rule(own, "events")) for item in described]
    described = [_mapped(item, _without_rows) for item in described]
    of_each = [
        record_of(item).disclosure or {"kind": type(item).__name__, "hidden": []}
        for item in described
    ]
    in_force = {
        name: value
        for name, value in asdict(rules).items()
        if value is False or value not in (None, 0)
    }
    record: dict[str, Any] = {"profile": in_force}
    if rules.name != "none":
        text = _WORDS("guarantee.rounded") if rules.rounding else _WORDS("guarantee.hidden")
        record["guarantee"] = {"fr": text.fr, "en": text.en}
    record |= {**how, "results": of_each}
    published = [_recorded(item, rules, record) for item in described]
    if not rules.prints_n:
        spread = any(map(_tells_squares, (*several, *released)))
        published = [_without_n(item, spread=spread) for item in published]
    if named:
        return dict(zip(result, published, strict=True))
    return published if isinstance(result, list | tuple) else published[0]


def _check_reason(profile: Profile, reason: str | None) -> None:
    """Refuse to hide nothing without saying why, and a reason where something is hidden."""
    if profile.name == "none" and not (reason and reason.strip()):
        raise OptionError(
            "`profile='none'` has no `reason`.",
            "Nothing is hidden, and the record says why.",
            "Write for example `reason='counts of articles, not of persons'`.",
        )
    if profile.name != "none" and reason is not None:
        raise OptionError(
            f"`reason` is for `profile='none'`, and this is {profile.name!r}.",
            write="Leave it out.",
        )


def _described(result: object, notes: Any) -> Result:
    """Return a result with its coverage and source.

    Refuse one that has none, and what is not a result.
    """
    if not isinstance(result, Estimates | Crosstab | Summary) or isinstance(result, LogLinearModel):
        raise OptionError(
            f"A `{type(result).__name__}` cannot be published.",
            "Rules of disclosure are known for estimates, summaries, models and crosstabs.",
            "Write `dl.publish(dl.estimate(sample, ...))`, or the crosstab of a log-linear model.",
        )
    provenance = record_of(result)
    base = (notes.coverage if notes else None) or provenance.base
    source = (notes.source if notes else None) or provenance.source
    missing = [name for name, text in (("coverage", base), ("source", source)) if not text]
    if missing:
        raise BaseMissingError(
            f"`publish` needs the {' and the '.join(missing)} of the result.",
            "A published number says of whom it is a number, and from what source.",
            "Write `notes=dl.Notes(coverage=dl.Text('...', '...'), source=dl.Text('...', '...'))`.",
        )
    if provenance.disclosure:
        raise OptionError(
            "This result is published already.",
            f"Its profile is {provenance.disclosure['profile']['name']!r}.",
            "Give it as `released=[...]` where others are published beside it.",
        )
    return _with_provenance(result, base=base, source=source)


def record_of(result: Result) -> Provenance:
    """Return the provenance of a result: of a crosstab, that of its cells."""
    return result.cells.provenance if isinstance(result, Crosstab) else result.provenance


def _with_provenance(
    result: R, *, added: Mapping[str, str] = MappingProxyType({}), **changes: Any
) -> R:
    """Return a result with rules added to the provenance of all parts, and fields replaced."""
    return _mapped(
        result, lambda item: item.described(rules={**item.provenance.rules, **added}, **changes)
    )


def _mapped(result: R, change: Callable[[Estimates], Estimates]) -> R:
    """Return a result each part of which is changed alike."""
    if isinstance(result, Estimates):
        return change(result)  # type: ignore[return-value]
    if isinstance(result, Summary):
        everybody = result.everybody and change(result.everybody)
        return replace(result, groups=change(result.groups), everybody=everybody)
    parts = {
        name: getattr(result, name) for name in ("margins", "counts", "association", "residuals")
    }
    changed: dict[str, Any] = {name: item and change(item) for name, item in parts.items()}
    changed["shares_of"] = {kind: change(item) for kind, item in result.shares_of.items()}
    changed["panels"] = tuple(_mapped(panel, change) for panel in result.panels)
    return replace(result, **changed)


def _without_rows(found: Estimates) -> Estimates:
    """Return estimates without respondents' contributions and the rows of a fit: microdata."""
    found = replace(found, contributions=None)
    if isinstance(found, Regression):
        found = replace(found, fitted=None, imputed=())
    # degrees of freedom of combinations are reckoned from units, those of coefficients from rows
    effective = found.effective
    known = isinstance(effective, EffectiveDf) and not found.provenance.model
    return replace(
        found,
        effective=effective.settled() if known else None,  # type: ignore[union-attr]
    )


def _without_rule(found: Estimates, name: str) -> Estimates:
    rules = {item: rule for item, rule in found.provenance.rules.items() if item != name}
    return found.described(rules=rules)


def _tells_squares(result: Result) -> bool:
    """Return whether a result has variances: n is their amount over the square of an error."""
    parts = [result] if isinstance(result, Estimates) else []
    if isinstance(result, Summary):
        parts = [item for item in (result.groups, result.everybody) if item is not None]
    return any(bool(part.rows_described(of_squares=True).any()) for part in parts)


def _without_n(result: R, *, spread: bool) -> R:
    """Return a result without its numbers of respondents, and what is reckoned from these."""
    # `spread`: a variance is published, so that errors would tell them

    def change(found: Estimates) -> Estimates:
        of_n = {name: np.nan for name in _OF_N if name in found.frame}
        kept = (
            [flag for flag in flags_of(item) if flag not in _FLAGS_OF_N]
            for item in found.frame["flag"]
        )
        frame = found.frame.assign(**of_n, flag=list(map(", ".join, kept)))
        # the error of a share is one more way to them
        people = found.rows_described(of_people=True) | found.rows_described(every_category=True)
        people |= spread | found.rows_described(kind="count")
        frame.loc[people, ["std_error", "cv"]] = np.nan
        covariance = found.covariance * np.where(people[:, None] | people, np.nan, 1.0)
        kept_of = replace(found, frame=frame, covariance=covariance, compared=None, effective=None)
        kept_of = _without_rule(kept_of, "people_per_respondent")
        return _without_exact_n(kept_of).described(missing={}, reasons={})

    changed = _mapped(result, change)
    # tests have degrees of freedom, and say where there is but one respondent
    if isinstance(changed, Crosstab):
        return replace(changed, tests=())
    if isinstance(changed, Summary):
        counts = changed.counts.assign(n=np.nan, missing=np.nan)
        return replace(changed, counts=counts, tests={}, p_values={}, differences={})
    return changed


def _recorded(result: Result, profile: Profile, record: Mapping[str, Any]) -> Result:
    """Return a result whose provenance has the profile as a rule, and the record.

    Small counts of missing are left.
    """
    provenance = record_of(result)
    missing = {name: n for name, n in provenance.missing.items() if not protection.few(n, profile)}
    reasons = {name: why for name, why in provenance.reasons.items() if name in missing}
    about = {"coverage": provenance.base, "source": provenance.source}
    # what is to be looked at in the data names answers of few, and is for who estimates
    notices = provenance.notices if profile.name == "none" else ()
    whole = {
        **record,
        **{name: {"fr": text.fr, "en": text.en} for name, text in about.items()},
        "diplab": provenance.rules.get("diplab", ""),
    }
    return _with_provenance(
        result,
        added={"disclosure": profile.name},
        notices=notices,
        missing=missing,
        reasons={
            name: why
            for name, why in reasons.items()
            if not any(protection.few(n, profile) for n in why.values())
        },
        disclosure=whole,
    )


def _parts_of(result: Result) -> Parts:
    """Return whom the rows of each part of a result are about."""
    if isinstance(result, Estimates):
        return {"rows": respondents.lines_of_estimates(result)}
    if isinstance(result, Summary):
        return respondents.lines_of_summary(result)
    tables = [("", result), *((f"{at} ", item) for at, item in enumerate(result.panels))]
    return {
        f"{panel}{name}": lines
        for panel, item in tables
        for name, lines in respondents.lines_of_crosstab(item).items()
    }


def _protected(
    results: Sequence[Result], profile: Profile, sample: Sample | None, released: Sequence[Result]
) -> tuple[list[Parts], protection.Protection]:
    """Return the lines of results with what is hidden of them, all protected together."""
    for result in results:
        _check_protectable(result, profile)
    parts, known = (list(map(_parts_of, some)) for some in (results, released))
    sample = sample or models.own_sample([*results, *released])
    held, fits = None, list[models.Fit]()
    if sample is None:
        lines = [line for part in parts for own in part.values() for line in own]
        held = _without_sample(results, parts, lines, profile, together=bool(released))
        before = [line for item in known for own in item.values() for line in own]
    else:
        lines, before, held, fits = _found_again(
            [*results, *released], [*parts, *known], len(parts), sample, profile
        )
    found = protection.protect_lines(lines, held, profile, before, fits)
    left = iter(found.lines)
    return [
        {name: [next(left) for _ in own] for name, own in part.items()} for part in parts
    ], found


def _found_again(
    results: Sequence[Result], parts: Sequence[Parts], new: int, sample: Sample, profile: Profile
) -> tuple[list[Line], list[Line], People, list[models.Fit]]:
    """Return the lines of new and of other results, their respondents, and the models."""
    of_each = [
        [respondents.with_amounts(line, sample) for own in part.values() for line in own]
        for part in parts
    ]
    modelled = {
        at: item
        for at, item in enumerate(results)
        if isinstance(item, Estimates) and item.provenance.model
    }
    of_each = [
        respondents.with_standard(respondents.with_poor(own, found, sample), found, sample)
        for own, found in zip(of_each, results, strict=True)
    ]
    names = [name for item in modelled.values() for name in models.names_of(item, sample)]
    here = people.collected(sample, [line for own in of_each for line in own], names)
    fits: list[models.Fit] = []
    given: dict[str, Booleans] = {}
    for at, item in modelled.items():
        fit = models.fit_of(item, here, f"model {at}", exact=not _is_rounded(item))
        of_each[at] = models.lines_of_fit(item, of_each[at], fit, profile.minimum)
        fits.append(fit)
        given |= dict(models.given_of(fit, here.engine.rows))
    every = [line for own in of_each for line in own]
    held = people.people_of_sample(here, every, given)
    with_shares = amounts.with_two_values(every, held)
    if with_shares != every:
        every, held = with_shares, people.people_of_sample(here, with_shares, given)
    size = sum(map(len, of_each[:new]))
    # what is published in rounded numbers has others than the sample
    exact = [not _is_rounded(item) for item, own in zip(results, of_each, strict=True) for _ in own]
    checked = [
        people.checked(item, held, exact=same) for item, same in zip(every, exact, strict=True)
    ]
    every = amounts.with_own_weights(checked, held)
    return every[:size], every[size:], held, fits


def _is_rounded(result: Result) -> bool:
    record = record_of(result).disclosure or {}
    return bool(record.get("profile", {}).get("rounding"))


def _without_sample(
    results: Sequence[Result],
    parts: Sequence[Parts],
    lines: Sequence[Line],
    profile: Profile,
    *,
    together: bool,
) -> People | None:
    """Return what the results themselves tell of their respondents.

    Refuse where that is not enough.
    """
    first = results[0]
    several = any(line.sets for line in lines) and (
        len(results) > 1 or together or isinstance(first, Decomposition)
    )
    if several or isinstance(first, Summary) or (isinstance(first, Crosstab) and first.panels):
        raise _needs_sample(
            "Results are protected together", "Only the sample tells who is in several of them."
        )
    derived = next((result for result in results if models.rests_on_a_model(result)), None)
    if derived is not None:
        raise _needs_sample(
            "A result rests on a regression",
            "Only the sample tells whom its coefficients are about.",
        )
    amount = next((line for line in lines if line.amount), None)
    if amount is not None:
        raise _needs_sample(
            f"{amount.named} is an amount", "Only the sample tells who contributes most to it."
        )
    if isinstance(first, Crosstab):
        if first.several and first.column is not None:
            raise OptionError(
                f"`{first.row}` × `{first.column}` cannot be protected: its rows overlap.",
                "Who is in several rows at once is not known.",
                f"Publish `{first.row}` alone, or one answer at a time with `dl.crosstab(sample, "
                "answer, ...)`.",
            )
        return None if first.several else people.people_of_crosstab(first, parts[0])
    unknown = next(
        (line for line in lines if line.inside is not None and np.isnan(line.counted)), None
    )
    if unknown is not None:
        raise _needs_sample(
            f"{unknown.named} does not say how many respondents it counts",
            "A share is not told where those in it, or the others, are few.",
            " Of shares, `dl.estimate(..., numerator=True)` will do as well.",
        )
    if profile.counted == "weights":
        raise _needs_sample(
            f"The profile {profile.name!r} counts weights", "Estimates do not hold them."
        )
    return people.people_of_estimates(lines)


def _needs_sample(asked: str, why: str, beside: str = "") -> OptionError:
    return OptionError(
        f"{asked}, and `publish` was given no `sample`.", why, f"Write `sample=sample`.{beside}"
    )


def _check_protectable(result: Result, profile: Profile) -> None:
    """Refuse contrasts, sorted tables, and models that are near saturated or give cells back."""
    provenance = record_of(result)
    if "sort" in provenance.rules:
        raise OptionError(
            "A table sorted by size tells where its hidden cells stand.",
            "Each is between its neighbours.",
            "Write `dl.crosstab` without `sort`.",
        )
    if provenance.contrast:
        raise OptionError(
            "Contrasts are not published by themselves.",
            "A difference from a number that is shown tells one that is hidden.",
            "Publish the estimates, and compare what is shown: `dl.contrast(dl.publish(estimates), "
            "...)`.",
        )
    if not isinstance(result, Regression) or not result.holds_coefficients:
        return
    left = float(result.frame["n"].max()) - len(result)
    if left < profile.residual_df:
        raise MisleadingError(
            f"`{result.formula}` has {max(left, 0):.0f} residual degrees of freedom.",
            f"The profile {profile.name!r} wants {profile.residual_df}: with fewer, a model gives "
            "its data back.",
            "Write a model with fewer coefficients.",
        )
    rows = getattr(result.fitted, "blocks", None)
    if rows is not None:
        cells, sizes = np.unique(rows.matrix.block(slice(0, rows.rows)), axis=1, return_counts=True)
        if cells.shape[1] <= len(cells) and protection.few(float(sizes.min()), profile):
            raise MisleadingError(
                f"`{result.formula}` is saturated: its coefficients are the means of its cells.",
                "One of the cells has too few respondents.",
                "Write a model without some interactions, or wider categories.",
            )


def _blanked(found: Estimates, lines: Sequence[Line], profile: Profile) -> Estimates:
    """Return estimates without the numbers, covariances and flags of hidden rows."""
    hidden = np.array([bool(line.why) for line in lines], dtype=bool)
    frame = found.frame.copy()
    alike = [ALL_ALIKE if line.n > 0 and line.counted in (0, line.n) else "" for line in lines]
    flags = [", ".join(filter(None, both)) for both in zip(frame["flag"], alike, strict=True)]
    unsure = np.array([bool(line.error) for line in lines], dtype=bool) & ~hidden
    flags = [
        f"{flag}, {ERROR_CONFIDENTIAL}".strip(", ") if no else flag
        for flag, no in zip(flags, unsure, strict=True)
    ]
    classes = np.array(_reliability(found, lines, profile), dtype=object)
    flags = [", ".join(filter(None, both)) for both in zip(flags, classes, strict=True)]
    frame["flag"] = np.where(hidden, CONFIDENTIAL, flags)
    vague = (classes == NOT_RELIABLE) & ~hidden
    gone = hidden | unsure | vague
    if not gone.any():
        return replace(found, frame=frame)
    for name in frame.columns.difference([*_NAMES, *found.by, "flag"], sort=False):
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        kept = np.array([line.tells_base for line in lines]) & (name == "n")
        without = (
            (hidden & ~kept)
            | (unsure & (name not in ("estimate", "n", "numerator")))
            | (vague & (name != "n"))
        )
        frame[name] = (frame[name].astype(float) if numeric else frame[name]).mask(without)
    told = np.where(gone[:, None] | gone, np.nan, 1.0)
    compared = None if found.compared is None else found.compared * told
    return replace(
        found, frame=frame, covariance=found.covariance * told, compared=compared, effective=None
    )


def _reliability(found: Estimates, lines: Sequence[Line], profile: Profile) -> list[str]:
    """Return the reliability class of each row, from its base and its relative standard error."""
    if not profile.is_about_reliability:
        return [""] * len(lines)
    # a coefficient may be near 0, and an error that is hidden tells no class
    told = np.array([not line.error for line in lines]) & (not found.provenance.model)
    errors = np.where(told, found.frame["cv"].to_numpy(dtype=float), np.nan)
    rests_on = [line.n if np.isnan(line.rests_on) else line.rests_on for line in lines]
    return [profile.reliability_of(*item) for item in zip(rests_on, np.abs(errors), strict=True)]


def _hidden_rows(
    frame: pd.DataFrame, lines: Sequence[Line], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the record of hidden rows: which they are, and why, but not what they hold."""
    rows = zip(frame[list(names)].to_dict("records"), lines, strict=True)
    return [
        {
            str(name): value if isinstance(value, bool | float) else code_text(value)
            for name, value in row.items()
        }
        | ({"why": line.why} if line.why else {"why": line.error, "hidden": "error"})
        | ({"width": line.width} if line.width else {})
        for row, line in rows
        if line.why or line.error
    ]


def _hidden(result: Result, parts: Parts, profile: Profile) -> Result:
    """Return a result without its hidden numbers, with the record of what is hidden."""
    if isinstance(result, Estimates):
        return _hidden_estimates(result, parts["rows"], profile)
    if isinstance(result, Crosstab):
        return _hidden_crosstab(result, parts, profile)
    return _hidden_summary(result, parts, profile)


def _hidden_estimates(found: Estimates, lines: Sequence[Line], profile: Profile) -> Estimates:
    steps = protection.steps_too_small(found, profile)
    lines = [
        replace(item, why=item.why or protection.STEP) if small else item
        for item, small in zip(lines, steps, strict=True)
    ]
    if isinstance(found, Decomposition):
        lines = protection.without_parts(found, lines)
    hidden = _hidden_rows(found.frame, lines, [*_NAMES, *found.by])
    record = {"kind": type(found).__name__, "rows": len(found), "hidden": hidden}
    # the points of a curve are times or incomes of somebody: those too near to each other are not
    # there at all
    kept = ~(
        steps & (found.rows_described(category="time") | found.rows_described(category="poorest"))
    )
    if not kept.all():
        found, lines = (
            found.rows(kept),
            [line for line, keep in zip(lines, kept, strict=True) if keep],
        )
    shown = _blanked(found, lines, profile)
    if "at_risk" in shown.frame:
        # between two times that are kept, those still followed tell how many were lost to
        # observation
        shown = replace(shown, frame=shown.frame.assign(at_risk=np.nan))
    if isinstance(shown, Regression):
        if any(item.why or item.error for item in lines):
            # how well it fits is one more equation about what is hidden
            shown = replace(shown, goodness="Part of the model is hidden.")
        if all(item.why for item in lines):
            shown = replace(shown, residual_df=np.nan)  # they say how many respondents it has
    if profile.rounding:
        rounding.check_unweighted(found, lines, profile)
        shown = _without_exact_n(rounding.rounded(shown, lines, profile))
    return shown.described(disclosure=record)


def _without_exact_n(found: Estimates) -> Estimates:
    """Return a regression without how well it fits, which says how many respondents it has."""
    if not isinstance(found, Regression):
        return found
    return replace(
        found, residual_df=np.nan, goodness="Its number of respondents is not told exactly."
    )


def _hidden_summary(found: Summary, parts: Parts, profile: Profile) -> Summary:
    """Return a summary without hidden numbers.

    Where one of a variable is, its test and difference go too.
    """
    groups = _hidden_estimates(found.groups, parts["groups"], profile)
    everybody = found.everybody and _hidden_estimates(found.everybody, parts["everybody"], profile)
    both = [item for item in (groups, everybody) if item is not None]
    shown = {*found.statistics} if not profile.rounding else set()
    for item in both:
        shown -= {*item.frame.loc[item.frame["flag"] == CONFIDENTIAL, "variable"]}
    n, missing = (found.counts[name].to_numpy(dtype=float) for name in ("n", "missing"))
    closed = np.array([bool(line.why) for line in parts["counts"]])
    if profile.rounding:
        n, missing = (
            rounding.nearest(n.tolist(), profile),
            rounding.nearest(missing.tolist(), profile),
        )
    unknown = closed | [protection.few(item, profile) for item in found.counts["missing"]]
    counts = found.counts.assign(
        n=np.where(closed, np.nan, n), missing=np.where(unknown, np.nan, missing)
    )
    of_shown: Any = {
        name: {
            variable: item for variable, item in getattr(found, name).items() if variable in shown
        }
        for name in ("tests", "p_values", "differences")
    }
    records = [item.provenance.disclosure or {} for item in both]
    record = {
        "kind": "Summary",
        "rows": sum(item["rows"] for item in records),
        "hidden": [one for item in records for one in item["hidden"]],
        "counts": _hidden_rows(
            found.counts, parts["counts"], list(filter(None, ("variable", found.by)))
        ),
    }
    hidden = replace(found, groups=groups, everybody=everybody, counts=counts, **of_shown)
    return _with_provenance(hidden, disclosure=record)


def _hidden_crosstab(table: Crosstab, parts: Parts, profile: Profile, panel: str = "") -> Crosstab:
    lines = {name: parts[panel + name] for name in (*table.shares_of, "margins", "counts")}
    if profile.rounding:
        lines = rounding.without_redacted(table, lines, profile)
    hidden = {name: sum(bool(item.why) for item in own) for name, own in lines.items()}
    # a cell that is hidden as a share is hidden as a count
    pairs = zip(lines["counts"], lines["cell"], strict=True)
    lines["counts"] = [replace(own, why=own.why or share.why) for own, share in pairs]
    changed: dict[str, Any] = {
        name: _blanked(getattr(table, name), lines[name], profile) for name in ("margins", "counts")
    }
    changed["shares_of"] = {
        kind: _blanked(item, lines[kind], profile) for kind, item in table.shares_of.items()
    }
    changed["panels"] = tuple(
        _hidden_crosstab(item, parts, profile, f"{at} ") for at, item in enumerate(table.panels)
    )
    if any(hidden.values()) or profile.rounding:
        # each is one more equation about the cells that are hidden
        changed |= {
            "tests": (),
            "association": None,
            "residuals": None,
            "larger_than": ("",) * len(table.larger_than),
        }
    shown = replace(table, **changed)
    if profile.rounding:
        rounding.check_unweighted(table.counts, lines["counts"], profile)
        shown = rounding.rounded_crosstab(shown, lines, profile)
    record: dict[str, Any] = {
        "kind": "Crosstab",
        "rows": len(table.counts),
        "hidden_by_part": hidden,
    }
    record["hidden"] = _hidden_rows(table.counts.frame, lines["counts"], table.counts.by)
    record["panels"] = [item.cells.provenance.disclosure for item in changed["panels"]]
    return _with_provenance(
        shown, disclosure={name: item for name, item in record.items() if item != []}
    )
