"""`publish`: results under the rules of disclosure control of an institution, with the record for its checker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from diplab.disclosure.protection import (
    STEP,
    Profile,
    ProfileName,
    Protection,
    few,
    profile_of,
    protect_lines,
    steps_too_small,
)
from diplab.disclosure.respondents import (
    Line,
    People,
    lines_of_crosstab,
    lines_of_estimates,
    people_of_crosstab,
    people_of_estimates,
    people_of_sample,
    with_amounts,
)
from diplab.errors import BaseMissingError, MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.variable import code_text
from diplab.reference.text import NOTHING, Text
from diplab.results.crosstab import Crosstab
from diplab.results.estimates import ALL_ALIKE, CONFIDENTIAL, Estimates, Provenance
from diplab.results.regression import LogLinearModel, Regression
from diplab.sampling.sample import Sample, check_sample

Publishable = TypeVar("Publishable", Estimates, Crosstab)

_NAMES = ("statistic", "variable", "category")


class CoverageAndSource(Protocol):
    """Notes that say of whom numbers are and where they are from, as `dl.Notes` does."""

    @property
    def coverage(self) -> Text:
        """The population covered."""

    @property
    def source(self) -> Text:
        """Producer, survey, year."""


def publish(
    result: Any,
    profile: ProfileName = "standard",
    *,
    sample: Sample | None = None,
    released: Sequence[Estimates | Crosstab] = (),
    reason: str | None = None,
    notes: CoverageAndSource | None = None,
) -> Any:
    """Return results as they may be published: what would tell of few people is hidden, and what gives it back.

    Hidden numbers are NaN with the flag `confidential`; their respondents, errors, intervals and covariances go with
    them, and so do the tests and measures of association of a crosstab of which a cell is hidden. This helps whoever
    checks outputs; it does not replace them.

    Parameters
    ----------
    result : Estimates, Crosstab, or a list or mapping of them
        Several are protected together: what one hides no other prints, and no difference between them tells it.
    profile : {"standard", "insee_entreprises", "insee_fiscal", "opensafely", "none"}
        Rules of an institution: at least 10 respondents, dominance (2, 90%) and p% of 10, and 10 residual degrees of
        freedom; 3 units by weight and no unit over 85%; 11 respondents; counts of 7 or fewer redacted, then all rounded
        to 5; no rule, which needs a written `reason`.
    sample : Sample, optional
        The sample that results were estimated on. It is needed for totals, means and ratios of amounts under rules of
        dominance, for several results together, and for shares without `numerator=True`. The columns of the results
        come to memory.
    released : sequence of Estimates or Crosstab
        What is published already, of the same sample: it stays as it is, and enters as what readers know.
    reason : str, optional
        Why nothing is hidden, for the record; with `profile="none"` only.
    notes : Notes, optional
        Coverage and source, where the record of the results does not have them.

    Returns
    -------
    Estimates, Crosstab, list or dict
        As given. `provenance.disclosure` (of a crosstab: `cells.provenance.disclosure`) is the record for the output
        checker, ready for `json.dumps`: what was hidden, by which rule, and at least how wide the interval is in which
        readers can place it; no hidden number.

    Raises
    ------
    BaseMissingError
        Where coverage or source is missing.
    MisleadingError
        For a model with too few residual degrees of freedom, or one that gives its cells back.
    DisclosureError
        Where what is released gives away what cannot be hidden any more.
    OptionError
        Where `sample` is needed, or is not that of the results; for contrasts, of which the estimates are published.

    Notes
    -----
    Which cells are hidden beside: Fischetti and Salazar (2001), on the smallest groups of respondents that all sets of
    all results tell apart; rules: Hundepool and others (2012), Statistical Disclosure Control, chapter 4.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"region": ["a"] * 30 + ["b"] * 20 + ["c"] * 4, "hours": [9.0, 11.0] * 27})
    >>> sample = dl.declare_design(people)
    >>> notes = dl.Notes(coverage=dl.Text.same("All"), source=dl.Text.same("Example"))
    >>> shown = dl.publish(dl.estimate(sample, dl.mean("hours"), by="region"), sample=sample, notes=notes)
    >>> shown.frame[["region", "estimate", "n", "flag"]].values.tolist()
    [['a', 10.0, 30.0, ''], ['b', 10.0, 20.0, ''], ['c', nan, nan, 'confidential']]
    """
    rules = profile_of(profile)
    several = (
        result
        if isinstance(result, Mapping)
        else dict(enumerate(result))
        if isinstance(result, list | tuple)
        else {0: result}
    )
    if not several:
        raise OptionError("There is nothing to publish.", "The list of results is empty.")
    described = [_described(each, notes) for each in several.values()]
    _check_reason(rules, reason)
    if sample is not None:
        check_sample(sample, "Disclosure control", "publish")
    if rules.name == "none":
        shown, protected = described, [_Shown.whole(each) for each in described]
        method: dict[str, Any] = {"reason": reason}
    else:
        protected, found = _protected(described, rules, sample, list(released))
        shown = [each.result for each in protected]
        method = {"secondary": {"method": found.method, "gap": round(found.gap, 6)}, "released": len(list(released))}
    record = {"profile": rules.as_record(), **method, "results": [each.record for each in protected]}
    published = [_recorded(each, rules, record) for each in shown]
    if isinstance(result, Mapping):
        return dict(zip(several, published, strict=True))
    return published if isinstance(result, list | tuple) else published[0]


def _check_reason(profile: Profile, reason: str | None) -> None:
    """Refuse to hide nothing without saying why, and a reason where something is hidden."""
    if profile.name == "none" and not (isinstance(reason, str) and reason.strip()):
        raise OptionError(
            "`profile='none'` has no `reason`.",
            "Nothing is hidden, and the record says why.",
            "Write for example `reason='counts of articles, not of persons'`.",
        )
    if profile.name != "none" and reason is not None:
        raise OptionError(
            f"`reason` is for `profile='none'`, and this is {profile.name!r}.", write="Leave `reason` out."
        )


def _described(result: object, notes: CoverageAndSource | None) -> Estimates | Crosstab:
    """Return a result with its coverage and source; refuse one that has none, and what is no such result."""
    if not isinstance(result, Estimates | Crosstab) or isinstance(result, LogLinearModel):
        raise OptionError(
            f"A `{type(result).__name__}` cannot be published.",
            "Rules of disclosure are known for estimates, models and crosstabs.",
            "Write `dl.publish(dl.estimate(sample, ...))`, or the crosstab of a log-linear model.",
        )
    provenance = record_of(result)
    given: dict[str, Text] = {
        "base": (notes.coverage if notes else None) or provenance.base,
        "source": (notes.source if notes else None) or provenance.source,
    }
    missing = [name for name, text in zip(("coverage", "source"), given.values(), strict=True) if text == NOTHING]
    if missing:
        raise BaseMissingError(
            f"`publish` needs the {' and the '.join(missing)} of the result.",
            "A published number says of whom it is a number, and from what source.",
            "Write `notes=dl.Notes(coverage=dl.Text('...', '...'), source=dl.Text('...', '...'))`.",
        )
    if provenance.disclosure:
        raise OptionError(
            "This result is published already.",
            f"Its profile is {provenance.rules.get('disclosure')!r}.",
            "Give it as `released=[...]` where others are published beside it.",
        )
    return _with_provenance(result, **given)


def record_of(result: Estimates | Crosstab) -> Provenance:
    """Return the provenance of a result: of a crosstab, that of its cells."""
    return result.cells.provenance if isinstance(result, Crosstab) else result.provenance


def _with_provenance(result: Publishable, **changes: Any) -> Publishable:
    """Return a result with fields of the provenance of all of its parts replaced."""
    if isinstance(result, Estimates):
        return result.described(**changes)
    parts = {name: getattr(result, name) for name in ("margins", "counts", "association", "residuals")}
    return replace(
        result,
        shares_of={kind: each.described(**changes) for kind, each in result.shares_of.items()},
        panels=tuple(_with_provenance(each, **changes) for each in result.panels),
        **{name: each and each.described(**changes) for name, each in parts.items()},
    )


def _recorded(result: Publishable, profile: Profile, record: Mapping[str, Any]) -> Publishable:
    """Return a result whose provenance has the profile as a rule, and the record; small counts of missing are left."""
    provenance = record_of(result)
    kept = {name: n for name, n in provenance.missing.items() if not few(n, profile)}
    reasons = {name: why for name, why in provenance.reasons.items() if name in kept}
    told = {name: why for name, why in reasons.items() if not any(few(n, profile) for n in why.values())}
    rules = dict(provenance.rules) | {"disclosure": profile.name}
    about = {"coverage": provenance.base, "source": provenance.source}
    words = {name: {"fr": text.fr, "en": text.en} for name, text in about.items()}
    whole = {**record, **words, "diplab": provenance.rules.get("diplab", "")}
    return _with_provenance(result, rules=rules, missing=kept, reasons=told, disclosure=whole)


Parts = dict[str, list[Line]]


def _parts_of(result: Estimates | Crosstab) -> Parts:
    """Return whom the rows of each part of a result are about."""
    if isinstance(result, Estimates):
        return {"rows": lines_of_estimates(result)}
    inside = [(f"{at} ", each) for at, each in enumerate(result.panels)]
    tables = [("", result), *inside]
    return {f"{before}{name}": lines for before, table in tables for name, lines in lines_of_crosstab(table).items()}


@dataclass(frozen=True, eq=False)
class _Shown:
    """A result as it is shown, and its part of the record."""

    result: Any
    record: dict[str, Any]

    @classmethod
    def whole(cls, result: Estimates | Crosstab) -> _Shown:
        """Return a result of which nothing is hidden."""
        return cls(result, {"kind": type(result).__name__, "hidden": []})


def _protected(
    results: Sequence[Estimates | Crosstab],
    profile: Profile,
    sample: Sample | None,
    released: list[Estimates | Crosstab],
) -> tuple[list[_Shown], Protection]:
    """Return results with what is hidden of them, all protected together."""
    for each in results:
        _check_protectable(each, profile)
    parts = [_parts_of(each) for each in results]
    lines = [line for each in parts for name in each for line in each[name]]
    before = [line for each in released for part in _parts_of(each).values() for line in part]
    if sample is not None:
        lines, before = ([with_amounts(each, sample) for each in some] for some in (lines, before))
        people: People | None = people_of_sample(sample, [*lines, *before])
        lines, before = ([_found_again(each, people) for each in some] for some in (lines, before))
    else:
        people = _without_sample(results, parts, lines, profile, together=bool(released))
    found = protect_lines(lines, None if profile.rounding else people, profile, before)
    shown, start = [], 0
    for result, own in zip(results, parts, strict=True):
        why: dict[str, list[str]] = {}
        width: dict[str, list[str]] = {}
        held: Parts = {}
        for name, each in own.items():
            stop = start + len(each)
            why[name], width[name], held[name] = (
                list(found.why[start:stop]),
                list(found.width[start:stop]),
                lines[start:stop],
            )
            start = stop
        shown.append(
            _hidden_estimates(result, held["rows"], why["rows"], width["rows"], profile)
            if isinstance(result, Estimates)
            else _hidden_crosstab(result, held, why, width, profile)
        )
    return shown, found


def _found_again(line: Line, people: People) -> Line:
    """Return a line with the respondents that it counts; refuse a sample in which they are others."""
    if line.base is None:
        return line
    here = float(people.n[people.sets[line.base]].sum())
    if not np.isnan(line.n) and here != line.n:
        raise OptionError(
            "`sample` is not the sample of the result.",
            f"{line.named} has {line.n:.0f} respondents there, and {here:.0f} in `sample`.",
            "Write the sample that the result was estimated on.",
        )
    return replace(line, counted=float(people.n[people.sets[line.inside]].sum())) if line.inside else line


def _without_sample(
    results: Sequence[Estimates | Crosstab],
    parts: Sequence[Parts],
    lines: Sequence[Line],
    profile: Profile,
    *,
    together: bool,
) -> People | None:
    """Return what the results themselves tell of their respondents; refuse where that is not enough."""
    first = results[0]
    if len(results) > 1 or together or (isinstance(first, Crosstab) and first.panels):
        raise _needs_sample("Results are protected together", "Only the sample tells who is in several of them.")
    amount = next((each for each in lines if each.amount), None)
    if amount is not None and profile.is_about_amounts:
        raise _needs_sample(f"{amount.named} is an amount", "Only the sample tells who contributes most to it.")
    if isinstance(first, Crosstab):
        if first.several and first.column is not None:
            raise OptionError(
                f"`{first.row}` × `{first.column}` cannot be protected: its rows overlap.",
                "Who is in several rows at once is not known.",
                f"Publish `{first.row}` alone, or one answer at a time with `dl.crosstab(sample, answer, ...)`.",
            )
        return None if first.several else people_of_crosstab(first, parts[0])
    unknown = next((each for each in lines if each.inside is not None and np.isnan(each.counted)), None)
    if unknown is not None:
        raise _needs_sample(
            f"{unknown.named} does not say how many respondents it counts",
            "A share is not told where those in it, or the others, are few.",
            " Of shares, `dl.estimate(..., numerator=True)` will do as well.",
        )
    if profile.counted == "weights":
        raise _needs_sample(f"The profile {profile.name!r} counts weights", "Estimates do not hold them.")
    return people_of_estimates(lines)


def _needs_sample(asked: str, why: str, beside: str = "") -> OptionError:
    return OptionError(f"{asked}, and `publish` was given no `sample`.", why, f"Write `sample=sample`.{beside}")


def _check_protectable(result: Estimates | Crosstab, profile: Profile) -> None:
    """Refuse contrasts, models with too few degrees of freedom, and those that give their cells back."""
    if isinstance(result, Crosstab):
        if "sort" in record_of(result).rules:
            raise OptionError(
                "A table sorted by size tells where its hidden cells stand.",
                "Each is between its neighbours.",
                "Write `dl.crosstab` without `sort`.",
            )
        return
    if result.provenance.contrast:
        raise OptionError(
            "Contrasts are not published by themselves.",
            "A difference from a number that is shown tells one that is hidden.",
            "Publish the estimates, and compare what is shown: `dl.contrast(dl.publish(estimates), ...)`.",
        )
    if isinstance(result, Regression) and result.holds_coefficients:
        left = float(result.frame["n"].max()) - len(result)
        if left < profile.residual_df:
            raise MisleadingError(
                f"`{result.formula}` has {max(left, 0):.0f} residual degrees of freedom.",
                f"The profile {profile.name!r} wants {profile.residual_df}: with fewer, a model gives its data back.",
                "Write a model with fewer coefficients.",
            )
        rows = getattr(result.fitted, "blocks", None)
        if rows is not None:
            _, sizes = np.unique(rows.matrix.block(slice(0, rows.rows)), axis=1, return_counts=True)
            if len(sizes) <= len(result) and few(float(sizes.min()), profile):
                raise MisleadingError(
                    f"`{result.formula}` is saturated: its coefficients are the means of its cells.",
                    "One of the cells has too few respondents.",
                    "Write a model without some interactions, or wider categories.",
                )


def _blanked(found: Estimates, why: Sequence[str], flagged: Booleans | None = None) -> Estimates:
    """Return estimates without the numbers of hidden rows, their covariances with others, and their flags."""
    hidden = np.array([bool(each) for each in why])
    frame = found.frame.copy()
    if flagged is not None and (flagged & ~hidden).any():
        noted = [", ".join(filter(None, (flag, ALL_ALIKE))) for flag in frame["flag"]]
        frame["flag"] = np.where(flagged & ~hidden, noted, frame["flag"])
    if not hidden.any():
        return replace(found, frame=frame)
    for name in frame.columns.difference([*_NAMES, *found.by, "flag"], sort=False):
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        frame[name] = (frame[name].astype(float) if numeric else frame[name]).mask(hidden)
    frame["flag"] = np.where(hidden, CONFIDENTIAL, frame["flag"])
    told = np.where(hidden[:, None] | hidden, np.nan, 1.0)
    compared = None if found.compared is None else found.compared * told
    return replace(found, frame=frame, covariance=found.covariance * told, compared=compared, effective=None)


def _hidden_estimates(
    found: Estimates, lines: Sequence[Line], why: Sequence[str], width: Sequence[str], profile: Profile
) -> _Shown:
    steps = steps_too_small(found, profile)
    why = [each or (STEP if step else "") for each, step in zip(why, steps, strict=True)]
    alike = np.array([each.n > 0 and each.counted in (0, each.n) for each in lines], dtype=bool)
    shown = _blanked(found, why, alike)
    if "at_risk" in shown.frame:
        # those under observation between two times that are kept tell how many were lost to it
        shown = replace(shown, frame=shown.frame.assign(at_risk=np.nan))
    if isinstance(shown, Regression):
        # the rows of a fit are microdata
        shown = replace(shown, fitted=None, imputed=())
    if profile.rounding:
        shown = _rounded(shown, lines, profile)
    names = [*_NAMES, *found.by]
    rows = found.frame[names].itertuples(index=False, name=None)
    record = [
        {**dict(zip(names, map(_plain, row), strict=True)), "why": reason, **({"width": wide} if wide else {})}
        for row, reason, wide in zip(rows, why, width, strict=True)
        if reason
    ]
    return _Shown(
        shown, {"kind": type(found).__name__, "rows": len(found), "hidden": record, "all_alike": int(alike.sum())}
    )


def _plain(value: object) -> str | float | bool:
    return value if isinstance(value, bool | float) else code_text(value)  # type: ignore[arg-type]


def _nearest(count: Any, profile: Profile) -> Any:
    """Return counts rounded to the multiple of the profile, half up."""
    return np.floor(np.asarray(count, dtype=float) / profile.rounding + 0.5) * profile.rounding


_EXACT = ("std_error", "ci_low", "ci_high", "cv", "deff", "df")


def _rounded(found: Estimates, lines: Sequence[Line], profile: Profile) -> Estimates:
    """Return estimates with numbers of respondents rounded, and shares and counts made from these, without errors."""
    frame = found.frame.copy()
    counted, n = (np.array([getattr(each, name) for each in lines], dtype=float) for name in ("counted", "n"))
    hidden = frame["flag"] == CONFIDENTIAL
    shares, counts = ~np.isnan(counted), found.rows_described(kind="count")
    with np.errstate(invalid="ignore", divide="ignore"):
        exact, near = np.where(shares, counted / n, n), _nearest(counted, profile) / _nearest(n, profile)
    remade = (shares | counts) & ~hidden.to_numpy() & (n > 0)
    _check_unweighted(frame["estimate"].to_numpy(dtype=float)[remade], exact[remade], profile)
    frame["n"] = np.where(hidden, np.nan, _nearest(n, profile))
    if "numerator" in frame:
        frame["numerator"] = np.where(hidden, np.nan, _nearest(counted, profile))
    frame.loc[remade, "estimate"] = np.where(shares, near, _nearest(n, profile))[remade]
    # an exact error would give the exact number of respondents back
    frame.loc[remade, list(_EXACT)] = np.nan
    told = np.where(remade[:, None] | remade, np.nan, 1.0)
    return replace(found, frame=frame, covariance=found.covariance * told)


def _check_unweighted(estimate: Floats, exact: Floats, profile: Profile) -> None:
    if not np.allclose(estimate, exact, atol=1e-9, rtol=1e-9):
        raise OptionError(
            f"The profile {profile.name!r} rounds numbers of respondents, and this sample is weighted.",
            "Shares of rounded counts would be shares of respondents, not of people.",
            "Write `profile='standard'`.",
        )


def _hidden_crosstab(
    table: Crosstab,
    lines: Parts,
    why: Mapping[str, Sequence[str]],
    width: Mapping[str, Sequence[str]],
    profile: Profile,
    before: str = "",
) -> _Shown:
    kinds = list(table.shares_of)
    cells = why[f"{before}cell"]
    alike = {
        kind: np.array([each.n > 0 and each.counted in (0, each.n) for each in lines[before + kind]]) for kind in kinds
    }
    parts: dict[str, Any] = {
        "shares_of": {kind: _blanked(table.shares_of[kind], why[before + kind], alike[kind]) for kind in kinds},
        "margins": _blanked(table.margins, why[f"{before}margins"]),
        "counts": _blanked(table.counts, [a or b for a, b in zip(why[f"{before}counts"], cells, strict=True)]),
    }
    panels = [_hidden_crosstab(each, lines, why, width, profile, f"{at} ") for at, each in enumerate(table.panels)]
    rows = table.counts.frame[list(table.counts.by)].to_dict("records")
    record = [
        {**{name: _plain(value) for name, value in row.items()}, "why": reason, **({"width": wide} if wide else {})}
        for row, reason, wide in zip(rows, cells, width[f"{before}cell"], strict=True)
        if reason
    ]
    hidden = {name: sum(bool(each) for each in why[before + name]) for name in (*kinds, "margins", "counts")}
    if any(hidden.values()) or profile.rounding:
        # each is an equation more about the cells that are hidden
        parts |= {"tests": (), "association": None, "larger_than": ("",) * len(table.larger_than)}
        parts["residuals"] = None
    shown = replace(table, **parts, panels=tuple(each.result for each in panels))
    if profile.rounding:
        shown = _rounded_crosstab(shown, table, profile)
    whole = {"kind": "Crosstab", "rows": len(rows), "hidden": record, "hidden_in_parts": hidden}
    return _Shown(shown, whole | ({"panels": [each.record for each in panels]} if panels else {}))


def _rounded_crosstab(shown: Crosstab, table: Crosstab, profile: Profile) -> Crosstab:
    """Return a crosstab of rounded cells, its totals the sums of these, and its shares made from both."""
    counts = table.counts.frame
    _check_unweighted(counts["estimate"].to_numpy(dtype=float), counts["n"].to_numpy(dtype=float), profile)
    near = np.where(shown.counts.frame["flag"] == CONFIDENTIAL, 0.0, _nearest(counts["n"], profile))
    frame = counts[list(table.counts.by)].assign(near=near)
    keys = {
        "cell": list(table.by),
        "row": [*table.by, table.row],
        "column": [*table.by, *([table.column] if table.column else [])],
    }

    def totals(names: list[str]) -> Any:
        return frame.groupby(names, sort=False)["near"].transform("sum") if names else near.sum() + 0 * frame["near"]

    def remade(part: Estimates, estimate: Any, n: Any) -> Estimates:
        hidden = part.frame["flag"] == CONFIDENTIAL
        changed = part.frame.assign(estimate=estimate, n=n, **dict.fromkeys(_EXACT, np.nan))
        changed.loc[hidden, ["estimate", "n"]] = np.nan
        return replace(part, frame=changed, covariance=part.covariance * np.nan, effective=None)

    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            kind: remade(part, near / totals(keys[kind]).to_numpy(), totals(keys[kind]).to_numpy())
            for kind, part in shown.shares_of.items()
        }
        sums = []
        for name in (table.row, *([table.column] if table.column else [])):
            each = frame.groupby([*table.by, name], sort=False)["near"].sum()
            of = totals(list(table.by)).groupby([frame[key] for key in (*table.by, name)], sort=False).first()
            sums.append(np.column_stack([each / of, of]))
    margins = np.concatenate(sums)
    return replace(
        shown,
        shares_of=shares,
        margins=remade(shown.margins, margins[:, 0], margins[:, 1]),
        counts=remade(shown.counts, near, near),
    )
