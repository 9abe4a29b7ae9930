"""Our own numbers, which the authors did not print: employment, a second platform, poverty, and two files that differ.

What the files do not decide is given as bounds.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import diplab as dl
from diplab.types import Result, Sample

from .answers import INCOME, answers, sharers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from diplab.types import Codebook, Estimates, Inputs

STATUS, MTURK, SIZE = "Employment status", "Q-prolific-mturk", "Q-amazon-use-hh-size"
BANDS = {
    "Less than $25,000": (0, 25_000),
    "$25,000 - $49,999": (25_000, 50_000),
    "$50,000 - $74,999": (50_000, 75_000),
    "$75,000 - $99,999": (75_000, 100_000),
    "$100,000 - $149,999": (100_000, 150_000),
    "$150,000 or more": (150_000, inf),
}
SMALLEST = {"1 (just me!)": 1, "2": 2, "3": 3, "4+": 4}
CASES = ("2022", "2021", "2023", "median")
DISTRIBUTIONS = ("Singh-Maddala", "Dagum", "GB2", "log-normal")
ANSWERS = {"law": DISTRIBUTIONS[:1], "laws": DISTRIBUTIONS, "imputed": ("imputed",)}
"""Answers that suppose something: the distribution that fits best, all four, incomes drawn within their band."""
# The prescreen file has nobody from CloudResearch before this day: who answered the survey earlier
# came from Prolific.
CLOUDRESEARCH_BEGINS = date(2023, 3, 15)


class Region(NamedTuple):
    """A share between two bounds, in percent, with a 95% interval, `outer`: of both bounds, or of the share itself."""

    low: float
    high: float
    outer: tuple[float, float]


class Found(NamedTuple):
    """Everything that is computed, once a run; `regions` by what is asked and base."""

    codebook: Codebook
    counts: Mapping[str, int]
    employment: Estimates
    by_source: Estimates
    pooled: Estimates
    prolific: Estimates
    below: Mapping[str, Estimates]
    median: float
    regions: Mapping[tuple[str, str], Region]


def own_results(inputs: Inputs) -> dict[str, Result | float]:
    """Return the numbers of `published.csv`, by key."""
    found = our_findings(inputs)
    counts = found.counts | _files_that_differ(inputs)
    given: dict[str, Result | float] = {key: float(count) for key, count in counts.items()}
    full = list(found.employment.frame["category"]).index("Full-Time")
    given["full_time_of_known"] = Result.of(found.employment, full, scale=100)
    for key, estimates in (
        ("second_platform", found.pooled),
        ("second_platform_prolific", found.prolific),
    ):
        given[key] = Result.of(estimates, scale=100)
    most, alone = (
        1 + float(each.frame["estimate"].item()) for each in (found.pooled, found.prolific)
    )
    given["multi_homing_at_most"] = most
    given["multi_homing"] = given["multi_homing_equal_size"] = Result.between(1.0, most)
    given["multi_homing_prolific"] = Result.between(1.0, alone)
    asked = {f"full_time_of_{base}": ("Full-Time", base) for base in ("screened", "prolific")}
    asked |= {f"below_{case}": (case, "income_told") for case in CASES}
    asked["below_2022_interpolated"] = ("2022", "income_told")
    asked |= {f"below_{case}_with_refusals": (case, "surveyed") for case in CASES}
    for key, what in asked.items():
        given[key] = Result.between(*found.regions[what][:2])
    for key, names in ANSWERS.items():
        given[f"below_2022_{key}"] = Result.between(*ends(found.below["2022"], names))
    for key, what in (
        ("full_time", ("Full-Time", "screened")),
        ("below_2022", ("2022", "income_told")),
    ):
        given[f"{key}_at_least"], given[f"{key}_at_most"] = found.regions[what][:2]
    return given | _effects(inputs)


def our_findings(inputs: Inputs) -> Found:
    return inputs.once("ours", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    screened = inputs.read("berke-2024/prescreen", columns=[STATUS, "version"])
    surveyed = inputs.read(
        "berke-2024/survey", columns=["RecordedDate", "connect", MTURK, INCOME, SIZE]
    )
    employment, status_regions = _employment(screened)
    by_source, pooled, prolific = _second_platform(surveyed)
    below, line_regions, median = _poverty(inputs, surveyed)
    return Found(
        dl.Codebook({**screened.codebook.variables, **surveyed.codebook.variables}),
        _screened_counts(screened) | _surveyed_counts(surveyed, prolific),
        employment,
        by_source,
        pooled,
        prolific,
        below,
        median,
        status_regions | line_regions,
    )


def _screened_counts(screened: dl.Microdata) -> dict[str, int]:
    unanswered = screened.codebook.reasons[STATUS]
    status, cloudresearch = screened.frame[STATUS], screened.frame["version"] == "cloudresearch"
    return {
        "screened": len(screened),
        "screened_prolific": int((~cloudresearch).sum()),
        "screened_cloudresearch": int(cloudresearch.sum()),
        "status_known": int(status.notna().sum()),
        "full_time": int((status == "Full-Time").sum()),
        "consent_revoked": unanswered["consent revoked"],
        "data_expired": unanswered["data expired"],
        "not_supplied": unanswered["system"],
    }


def _surveyed_counts(surveyed: dl.Microdata, prolific: Estimates) -> dict[str, int]:
    frame = surveyed.frame
    marked = frame["connect"].notna()
    asked, also = frame[MTURK].notna(), frame[MTURK] == "Yes"
    return {
        "surveyed": len(frame),
        "asked_mturk": int(asked.sum()),
        "also_mturk": int(also.sum()),
        "asked_mturk_connect": int((asked & marked).sum()),
        "also_mturk_connect": int((also & marked).sum()),
        "asked_mturk_unmarked": int((asked & ~marked).sum()),
        "also_mturk_unmarked": int((also & ~marked).sum()),
        "asked_mturk_prolific": int(prolific.frame["n"].item()),
        "income_told": int(frame[INCOME].notna().sum()),
        "income_refused": surveyed.codebook.reasons[INCOME]["refused"],
    }


def _files_that_differ(inputs: Inputs) -> dict[str, int]:
    """Count who consents in the file of everyone, and who is in the file of those who shared."""
    everyone = answers(inputs).frame
    consents = set(everyone.loc[everyone["share"] == 1, "ResponseId"])
    published = set(sharers(inputs).frame["Survey ResponseID"])
    return {
        "consents": len(consents),
        "published_without_consent": len(published - consents),
        "consents_not_published": len(consents - published),
    }


def _effects(inputs: Inputs) -> dict[str, Result]:
    """Return what showing the data and 50 cents add to the share rate, in points."""
    data = dl.declare_design(answers(inputs), kind="opt-in")
    found = {}
    for key, by, pair in (
        ("shown_less_not_shown", "showdata", ("True", "False")),
        ("50_cents_less_nothing", "incentive", ("bonus-50", "control")),
    ):
        rates = dl.estimate(data, dl.share("share == 1"), by=by, df="design")
        found[key] = Result.of(dl.contrast(rates, {by: pair}), scale=100)
    return found


def _employment(screened: dl.Microdata) -> tuple[Estimates, dict[tuple[str, str], Region]]:
    """Return each status among those known, most frequent first, and its bounds over both wider bases."""
    status, codes = screened.frame[STATUS], list(screened.codebook[STATUS].values)
    columns = {f"least {code}": status == code for code in codes}
    columns |= {f"most {code}": (status == code) | status.isna() for code in codes}
    sample = dl.declare_design(screened.with_columns(**columns), kind="opt-in")
    on_prolific = sample.where("version != 'cloudresearch'")
    known = dl.estimate(sample, dl.share(STATUS), df="design")
    order = known.frame["estimate"].sort_values(ascending=False).index
    return known.rows(order), _regions(codes, screened=sample, prolific=on_prolific)


def _regions(whats: Iterable[str], **bases: Sample) -> dict[tuple[str, str], Region]:
    """Return the bounds of each share on each base: what is certain (`least`) and what is possible (`most`)."""
    found = {}
    for base, sample in bases.items():
        shares = [dl.share(f"{end} {what}") for what in whats for end in ("least", "most")]
        rows = dl.estimate(sample, *shares, df="design").frame.set_index("variable")
        numbers = 100 * rows[["estimate", "ci_low", "ci_high"]].astype(float)
        for what in whats:
            low, high = numbers.loc[f"least {what}"], numbers.loc[f"most {what}"]
            outer = (float(low["ci_low"]), float(high["ci_high"]))
            found[what, base] = Region(float(low["estimate"]), float(high["estimate"]), outer)
    return found


def _second_platform(surveyed: dl.Microdata) -> tuple[Estimates, Estimates, Estimates]:
    """Return the share who also work on MTurk: by recruitment, over all, and from Prolific for certain."""
    day = surveyed.frame["RecordedDate"].dt.date
    recruited = (day < CLOUDRESEARCH_BEGINS).map({True: "prolific", False: "untold"})
    recruited = recruited.mask(surveyed.frame["connect"].notna(), "connect")
    sample = dl.declare_design(surveyed.with_columns(recruited=recruited), kind="opt-in")
    by_source, pooled, prolific = (
        dl.estimate(part, dl.share(MTURK), by=by, df="design")
        for part, by in (
            (sample, "recruited"),
            (sample, ()),
            (sample.where("recruited == 'prolific'"), ()),
        )
    )
    return tuple(
        each.rows(each.frame["category"] == "Yes") for each in (by_source, pooled, prolific)
    )


def _poverty(
    inputs: Inputs, surveyed: dl.Microdata
) -> tuple[dict[str, Estimates], dict[tuple[str, str], Region], float]:
    """Return the answers on each line, the bounds over both bases, and the interpolated median.

    The main line has every answer, the others bounds and interpolation.
    """
    asked = partial(dl.banded, INCOME, bands=BANDS, covariates=(SIZE,))
    everyone = dl.declare_design(surveyed, kind="opt-in")
    middle = dl.estimate(everyone, dl.median(asked(beside=["interpolated"])), df="design").frame
    median = float(middle.set_index("category").loc["interpolated", "estimate"])
    below, regions = {}, {}
    for case in CASES:
        small, large = _lines(inputs, surveyed.frame[SIZE], case, median)
        sample = dl.declare_design(
            surveyed.with_columns(line_of_4=small, line_of_8=large), kind="opt-in"
        )
        more = {"beside": ["distributions", "interpolated", "imputed"]} if case == "2022" else {}
        for base, income in (
            ("income_told", asked(**more)),
            ("surveyed", asked(refusals="keep", beside=[])),
        ):
            found = dl.estimate(
                sample, dl.arpr(income, threshold=("line_of_4", "line_of_8")), df="design"
            )
            below.setdefault(case, found)
            regions[case, base] = _region(found)
    return below, regions, median


def _lines(inputs: Inputs, size: Any, case: str, median: float) -> tuple[Any, Any]:
    """Return the line of each household: the lowest and the highest that its answer on size allows."""
    if case == "median":
        return ([median / 2] * len(size),) * 2
    largest = SMALLEST | {"4+": int(inputs.assumption("largest_household"))}
    sizes = {*SMALLEST.values(), *largest.values()}
    lines = {n: inputs.parameter(f"us_poverty_guideline_{n}", int(case)).value for n in sizes}
    return tuple([lines[known[answer]] for answer in size] for known in (SMALLEST, largest))


def _region(found: Estimates) -> Region:
    """Return the bounds, with the interval of the share wherever it is between them (Imbens and Manski 2004)."""
    numbers = 100 * found.frame.set_index("category")[["estimate", "ci_low", "ci_high"]].astype(
        float
    )
    low, high = numbers.loc["at least"], numbers.loc["at most"]
    outer = (float(low["ci_low"]), float(high["ci_high"]))
    return Region(float(low["estimate"]), float(high["estimate"]), outer)


def ends(found: Estimates, names: Iterable[str]) -> tuple[float, float]:
    """Return the lowest and the highest share, in percent, that some answers give over the sizes of “4+”."""
    estimates = found.frame.set_index("category")["estimate"] * 100
    both = [estimates[f"{name}, {end}"] for name in names for end in ("at least", "at most")]
    return min(both), max(both)
