"""`publish`: results under an institution's rules of disclosure control, with a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diplab.disclosure import amounts, models, people, protection
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile, ProfileName, profile_of
from diplab.disclosure.publishable import Lines, Publishable, publishable, without_sample
from diplab.disclosure.respondents import Line
from diplab.errors import BaseMissingError, OptionError
from diplab.kernel.arrays import Booleans
from diplab.reference.text import Words
from diplab.sampling.sample import Sample, check_sample

_WORDS = Words("diplab.disclosure")


def publish(
    result: Any,
    profile: ProfileName | str | Path = "standard",
    *,
    sample: Sample | None = None,
    released: Sequence[Any] = (),
    reason: str | None = None,
    notes: Any = None,
) -> Any:
    """Return results as they may be published, after primary and secondary suppression or rounding.

    Hidden numbers are NaN with the flag `confidential`. Their numbers of respondents, standard
    errors, intervals and covariances are hidden too, and so are the tests of a crosstab or of a
    summary variable with a hidden number. This helps output checkers; it does not replace them.

    Parameters
    ----------
    result : Estimates, Crosstab, Summary, or a list or mapping of them
        Several results are protected together: no other result, and no difference between results,
        discloses what one of them hides.
    profile : str or path
        Rules of an institution. `"standard"`: at least 10 respondents, dominance (2, 90%), p% rule
        with p = 10, 10 residual degrees of freedom; `"insee_entreprises"`: 3 units by weight, no
        unit over 85%, and no number of respondents printed; `"insee_fiscal"`: 11 respondents;
        `"opensafely"`: counts of 7 or fewer redacted, then all rounded to 5, and amounts no finer;
        `"eurostat_silc"`: 20 respondents, in parentheses under 50; `"destatis_mikrozensus"`: 5,000
        persons by weight, in parentheses under 10,000; `"none"`: no rule, which requires a
        `reason`. Or a TOML file with your own rules: `minimum = 20`, `source = "..."`, and any
        other rule of these profiles.
    sample : Sample, optional
        The sample the results were estimated on. It is required for totals, means and ratios of
        amounts under dominance rules, for summaries, for several results together, and for shares
        without `numerator=True`. The columns that the results use are loaded into memory.
    released : sequence of results
        Results of the same sample that are already published. They are left unchanged and treated
        as known to readers.
    reason : str, optional
        Why nothing is hidden, for the record; with `profile="none"` only.
    notes : Notes, optional
        Coverage and source, if the record of the results lacks them.

    Returns
    -------
    Estimates, Crosstab, Summary, list or dict
        The same type as `result`. `provenance.disclosure` (`cells.provenance.disclosure` for a
        crosstab) is the record for the output checker, ready for `json.dumps`: what was hidden, by
        which rule, and a lower bound on the width of the interval that readers can derive for it.
        It contains no hidden number.

    Raises
    ------
    BaseMissingError
        If coverage or source is missing.
    MisleadingError
        For a model with too few residual degrees of freedom, or one that reproduces its cells.
    DisclosureError
        If the released results disclose a number that must be hidden.
    OptionError
        If `sample` is required, or is not the sample of the results; for contrasts (publish the
        estimates they compare instead).

    Notes
    -----
    Secondary suppression follows Fischetti and Salazar (2001), applied to the smallest groups of
    respondents that the results together distinguish. Rules: Hundepool and others (2012),
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
    several: list[Any] = [result]
    if isinstance(result, Mapping):
        several = list(result.values())
    elif isinstance(result, list | tuple):
        several = list(result)
    if not several:
        raise OptionError("There is nothing to publish.", "The list of results is empty.")
    described = [_with_source(item, notes) for item in several]
    _check_reason(rules, reason)
    if sample is not None:
        check_sample(sample, "Disclosure control", "publish")
    if rules.name == "none":
        published, record = described, _record(rules, reason=reason)
    else:
        published, secondary = _hidden(described, rules, sample, released)
        record = _record(rules, secondary=secondary, released=len(released))
    published = [publishable(item).without_microdata() for item in published]
    record["results"] = [
        publishable(item).provenance.disclosure or {"kind": type(item).__name__, "hidden": []}
        for item in published
    ]
    published = [_recorded(item, rules, record) for item in published]
    if not rules.prints_n:
        squares = any(publishable(item).has_squares for item in (*several, *released))
        published = [publishable(item).without_n(with_squares=squares) for item in published]
    if isinstance(result, Mapping):
        return dict(zip(result, published, strict=True))
    return published if isinstance(result, list | tuple) else published[0]


def _check_reason(profile: Profile, reason: str | None) -> None:
    """Check that a reason is given if and only if the profile hides nothing."""
    if profile.name == "none" and not (reason and reason.strip()):
        raise OptionError(
            "`profile='none'` has no `reason`.",
            "Nothing is hidden, and the record must state why.",
            "Write for example `reason='counts of articles, not of persons'`.",
        )
    if profile.name != "none" and reason is not None:
        raise OptionError(
            f"`reason` applies to `profile='none'`, not to {profile.name!r}.", write="Leave it out."
        )


def _with_source(result: Any, notes: Any) -> Any:
    """Return a result with its coverage and source; raise if it lacks them, or is published."""
    held = publishable(result)
    record = held.provenance
    base = (notes.coverage if notes else None) or record.base
    source = (notes.source if notes else None) or record.source
    missing = [name for name, text in (("coverage", base), ("source", source)) if not text]
    if missing:
        raise BaseMissingError(
            f"`publish` needs the {' and the '.join(missing)} of the result.",
            "A published number states its base and its source.",
            "Write `notes=dl.Notes(coverage=dl.Text('...', '...'), source=dl.Text('...', '...'))`.",
        )
    if record.disclosure:
        raise OptionError(
            "This result is published already.",
            f"Its profile is {record.disclosure['profile']['name']!r}.",
            "Give it as `released=[...]` where others are published beside it.",
        )
    return held.described(base=base, source=source)


def _record(profile: Profile, **how: Any) -> dict[str, Any]:
    """Return the record of a publication: rules in force, guarantees and method."""
    in_force = {
        name: value
        for name, value in asdict(profile).items()
        if value is False or value not in (None, 0)
    }
    record: dict[str, Any] = {"profile": in_force}
    if profile.name != "none":
        text = _WORDS("guarantee.rounded" if profile.rounding else "guarantee.hidden")
        record["guarantee"] = {"fr": text.fr, "en": text.en}
    return record | how


def _recorded(result: Any, profile: Profile, record: Mapping[str, Any]) -> Any:
    """Return a result with the profile and the record in its provenance.

    Small counts of missing answers are removed.
    """
    held = publishable(result)
    provenance = held.provenance
    missing, reasons = {}, {}
    for name, n in provenance.missing.items():
        if protection.few(n, profile):
            continue
        missing[name] = n
        why = provenance.reasons.get(name, {})
        if why and not any(protection.few(count, profile) for count in why.values()):
            reasons[name] = why
    # notices may name rare answers; they are for the analyst, not for readers
    notices = provenance.notices if profile.name == "none" else ()
    whole = dict(record)
    for name, text in (("coverage", provenance.base), ("source", provenance.source)):
        whole[name] = {"fr": text.fr, "en": text.en}
    whole["diplab"] = provenance.rules.get("diplab", "")
    return held.described(
        rules={"disclosure": profile.name},
        notices=notices,
        missing=missing,
        reasons=reasons,
        disclosure=whole,
    )


def _hidden(
    results: Sequence[Any], profile: Profile, sample: Sample | None, released: Sequence[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the results protected together, and how the hidden cells were chosen."""
    new, before = [publishable(item) for item in results], [publishable(item) for item in released]
    for item in new:
        item.check(profile)
    every = [*new, *before]
    lines = [dict(item.lines()) for item in every]
    sample = sample or _sample_of(every)
    fits: list[models.Fit] = []
    if sample is None:
        held = _people_without_sample(new, lines[: len(new)], profile, together=bool(released))
    else:
        held, fits = _people_of_sample(every, lines, sample, profile)
    asked, known = _flat(lines[: len(new)]), _flat(lines[len(new) :])
    chosen = protection.protect_lines(asked, held, profile, known, fits)
    protected = iter(chosen.lines)
    hidden = []
    for item, parts in zip(new, lines[: len(new)], strict=True):
        rows = {name: [next(protected) for _ in part] for name, part in parts.items()}
        shown = publishable(item.hidden(rows, profile))
        # a number of events is a number of people and may be below the threshold
        hidden.append(shown.without_rule("events"))
    secondary: dict[str, Any] = {"method": chosen.method, "gap": round(chosen.gap, 6)}
    if chosen.tables > 1:
        secondary["tables"] = chosen.tables
    return hidden, secondary


def _sample_of(results: Sequence[Publishable[Any]]) -> Sample | None:
    """Return the common sample of regressions; None if one holds no sample or they differ."""
    samples = [item.sample for item in results]
    engines = {id(getattr(item, "engine", None)) for item in samples}
    if len(engines) == 1 and all(item.provenance.model for item in results):
        return samples[0]
    return None


def _people_without_sample(
    results: Sequence[Publishable[Any]], lines: Sequence[Lines], profile: Profile, *, together: bool
) -> People | None:
    """Return the respondents as known from the results alone; raise if the sample is required.

    `together`: other results have already been released.
    """
    first, rows = results[0], _flat(lines)
    linked = any(line.sets for line in rows) and (len(results) > 1 or together)
    if linked or first.needs_sample:
        raise without_sample(
            "Results are protected together", "Only the sample shows who is in several of them."
        )
    if any(part.provenance.model for item in results for part in item.parts.values()):
        raise without_sample(
            "A result rests on a regression",
            "Only the sample shows which respondents its coefficients describe.",
        )
    for line in rows:
        if line.is_amount:
            raise without_sample(
                f"{line.label} is an amount", "Only the sample shows who contributes most to it."
            )
    return first.people(lines[0], profile)


def _people_of_sample(
    results: Sequence[Publishable[Any]],
    lines: list[dict[str, list[Line]]],
    sample: Sample,
    profile: Profile,
) -> tuple[People, list[models.Fit]]:
    """Return the respondents behind all lines, and the models; complete the lines in place."""
    names: list[str] = []
    for at, item in enumerate(results):
        lines[at] = item.in_sample(lines[at], sample)
        for part in item.parts.values():
            if part.provenance.model:
                names += models.names_of(part, sample)
    here = people.collected(sample, _flat(lines), names)
    fits: list[models.Fit] = []
    given: dict[str, Booleans] = {}
    for item, parts in zip(results, lines, strict=True):
        for name, part in item.parts.items():
            if not part.provenance.model:
                continue
            rows: Any = publishable(part)
            fit = models.fit_of(
                part, rows.fitted, here, f"model {len(fits)}", exact=not _is_rounded(item)
            )
            parts[name] = models.lines_of_fit(
                part, parts[name], fit, profile.minimum, has_coefficients=rows.has_coefficients
            )
            fits.append(fit)
            given |= dict(models.given_of(fit, here.engine.rows))
    every = _flat(lines)
    held = people.people_of_sample(here, every, given)
    with_shares = amounts.with_two_values(every, held)
    if with_shares != every:
        every, held = with_shares, people.people_of_sample(here, with_shares, given)
    completed = iter(amounts.with_unweighted_sums(every, held))
    for item, parts in zip(results, lines, strict=True):
        # the counts of a rounded publication differ from those of the sample
        exact = not _is_rounded(item)
        for name, part_lines in parts.items():
            parts[name] = [people.checked(next(completed), held, exact=exact) for _ in part_lines]
    return held, fits


def _flat(lines: Sequence[Lines]) -> list[Line]:
    """Return the lines of all parts of all results."""
    return [line for parts in lines for part in parts.values() for line in part]


def _is_rounded(result: Publishable[Any]) -> bool:
    """Return whether a result is published under a profile that rounds."""
    return bool(result.provenance.disclosure.get("profile", {}).get("rounding"))
