"""Crowd workers in the United States (Berke et al. 2024): what an open file decides, and what it leaves open.

Three questions, each with its missing answers kept in sight: a job beside micro-work, work on a second platform,
households below a poverty line. What the file does not decide is given as bounds. The words are in `words.toml`.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

import diplab as dl
from diplab.kernel.bands import interpolated_median, interpolated_share_below, possibly_below, surely_below
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.language import interval, number, percent
from diplab.presentation.notes import Notes
from diplab.presentation.tables import table_of
from diplab.reference.parameter import parameter
from diplab.reference.text import Language, Text
from diplab.replication.result import Result, between, from_estimates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.replication.study import Inputs

STATUS, MTURK = "Employment status", "Q-prolific-mturk"
INCOME, SIZE = "Q-demos-income", "Q-amazon-use-hh-size"
BANDS = {
    "Less than $25,000": (0, 25_000),
    "$25,000 - $49,999": (25_000, 50_000),
    "$50,000 - $74,999": (50_000, 75_000),
    "$75,000 - $99,999": (75_000, 100_000),
    "$100,000 - $149,999": (100_000, 150_000),
    "$150,000 or more": (150_000, inf),
}
UNTOLD = (0, inf)
SMALLEST = {"1 (just me!)": 1, "2": 2, "3": 3, "4+": 4}
LARGEST = SMALLEST | {"4+": 8}
CASES = ("2022", "2021", "2023", "median")
GUESSES = [(case, size) for case in CASES for size in (4, 8) if (case, size) != ("median", 8)]
# The prescreen file has nobody from CloudResearch before this day: who answered the survey earlier came from Prolific.
CLOUDRESEARCH_BEGINS = date(2023, 3, 15)


class Region(NamedTuple):
    """A share between two bounds, with the interval around both: `outer`."""

    label: Text
    base: Text
    low: float
    high: float
    outer: tuple[float, float]
    n: int


class Found(NamedTuple):
    """Everything that is computed, once a run; `regions` by what is asked and base."""

    words: Mapping[str, Mapping[str, Text]]
    codebook: Codebook
    counts: Mapping[str, int]
    employment: dl.Estimates
    by_source: dl.Estimates
    pooled: dl.Estimates
    prolific: dl.Estimates
    guesses: dl.Estimates
    median: float
    regions: Mapping[tuple[str, str], Region]


def results(inputs: Inputs) -> dict[str, Result]:
    found = _found(inputs)
    bases = {row.key: row.base_key for row in inputs.study.published}
    given = {key: Result(float(count), base=bases[key]) for key, count in found.counts.items()}
    full = list(found.employment.frame["category"]).index("Full-Time")
    given["full_time_of_known"] = from_estimates(found.employment, full, base="known", scale=100)
    for base in ("screened", "prolific"):
        region = found.regions["Full-Time", base]
        given[f"full_time_of_{base}"] = between(region.low * 100, region.high * 100, base=base)
    given |= _ends("full_time", found.regions["Full-Time", "screened"], "screened")
    given["second_platform"] = from_estimates(found.pooled, base="answered", scale=100)
    given["second_platform_prolific"] = from_estimates(found.prolific, base="answered_prolific", scale=100)
    share = given["second_platform"].value / 100
    most = dl.population.multi_homing_curve(share, share).item()
    given["multi_homing_at_most"] = Result(most, base="two_platforms")
    given["multi_homing"] = given["multi_homing_equal_size"] = between(1.0, most, base="two_platforms")
    alone = given["second_platform_prolific"].value / 100
    given["multi_homing_prolific"] = between(1.0, 1 + alone, base="prolific_and_mturk")
    for case in CASES:
        for base, name in (("income_told", f"below_{case}"), ("surveyed", f"below_{case}_with_refusals")):
            region = found.regions[case, base]
            given[name] = between(region.low * 100, region.high * 100, base=base)
    return given | _ends("below_2022", found.regions["2022", "income_told"], "income_told")


def _ends(name: str, region: Region, base: str) -> dict[str, Result]:
    return {
        f"{name}_at_least": Result(region.low * 100, base=base),
        f"{name}_at_most": Result(region.high * 100, base=base),
    }


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    folder = inputs.study.folder
    content = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
    words = {part: {name: Text(**both) for name, both in said.items()} for part, said in content.items()}
    read = partial(dl.read, codebook=folder / "codebook.toml")
    screened = read(inputs.files["berke-2024/prescreen"], columns=[STATUS, "version", "connect"])
    surveyed = read(
        inputs.files["berke-2024/survey"], columns=["RecordedDate", "connect", MTURK, INCOME, SIZE]
    )
    employment, status_regions = _employment(screened, words)
    second = _second_platform(surveyed, words)
    guesses, line_regions, median = _poverty(surveyed, words)
    counts = _screened_counts(screened) | _surveyed_counts(surveyed)
    counts["asked_mturk_prolific"] = int(second["prolific"].frame["n"].item())
    codebook = Codebook({**screened.codebook.variables, **surveyed.codebook.variables})
    codebook = codebook.described("recruited", label=words["said"]["recruited"], values=words["recruited"])
    for case, size in GUESSES:
        codebook = codebook.described(f"{case} as {size}", label=_guess(words, case, size, median))
    return Found(
        words, codebook, counts, employment, guesses=guesses, median=median,
        regions={**status_regions, **line_regions}, **second,
    )  # fmt: skip


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


def _surveyed_counts(surveyed: dl.Microdata) -> dict[str, int]:
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
        "income_told": int(frame[INCOME].notna().sum()),
        "income_refused": surveyed.codebook.reasons[INCOME]["refused"],
    }


def _employment(screened: dl.Microdata, words: Any) -> tuple[dl.Estimates, dict[tuple[str, str], Region]]:
    """Return each status among those known, most frequent first, and its bounds over both wider bases."""
    status, labels = screened.frame[STATUS], screened.codebook[STATUS].values
    columns = {f"least {code}": status == code for code in labels}
    columns |= {f"most {code}": (status == code) | status.isna() for code in labels}
    sample = dl.declare_design(screened.with_columns(**columns), kind="opt-in")
    regions = {}
    for base, part in (("screened", sample), ("prolific", sample.where("version != 'cloudresearch'"))):
        shares = dl.estimate(part, *map(dl.share, columns))
        regions |= {(code, base): _region(shares, code, labels[code], words["base"][base]) for code in labels}
    known = dl.estimate(sample, dl.share(STATUS))
    order = known.frame["estimate"].sort_values(ascending=False).index
    return known.rows(order).described(base=words["base"]["known"], source=words["said"]["source"]), regions


def _region(shares: dl.Estimates, what: str, label: Text, base: Text) -> Region:
    rows = shares.frame.set_index("variable")
    low, high = rows.loc[f"least {what}"], rows.loc[f"most {what}"]
    outer = (float(low["ci_low"]), float(high["ci_high"]))
    return Region(label, base, float(low["estimate"]), float(high["estimate"]), outer, int(low["n"]))


def _second_platform(surveyed: dl.Microdata, words: Any) -> dict[str, dl.Estimates]:
    """Return the share who also work on MTurk: all, by recruitment, and from Prolific for certain."""
    day = surveyed.frame["RecordedDate"].map(
        lambda said: datetime.strptime(said.split()[0], "%m/%d/%Y").date()
    )
    recruited = (day < CLOUDRESEARCH_BEGINS).map({True: "prolific", False: "untold"})
    recruited = recruited.mask(surveyed.frame["connect"].notna(), "connect")
    sample = dl.declare_design(surveyed.with_columns(recruited=recruited), kind="opt-in")
    also = dl.share(f"`{MTURK}` == 'Yes'")
    said = {"base": words["base"]["answered"], "source": words["said"]["source"]}
    return {
        "by_source": dl.estimate(sample, also, by="recruited").described(**said),
        "pooled": dl.estimate(sample, also),
        "prolific": dl.estimate(sample.where("recruited == 'prolific'"), also),
    }


def _poverty(surveyed: dl.Microdata, words: Any) -> tuple[dl.Estimates, dict[tuple[str, str], Region], float]:
    """Return interpolated shares below each line, bounds over both bases, and the interpolated median."""
    income, size = surveyed.frame[INCOME], surveyed.frame[SIZE]
    low, high = ([BANDS.get(band, UNTOLD)[end] for band in income] for end in (0, 1))
    people = income.value_counts()
    median = interpolated_median(*zip(*BANDS.values(), strict=True), [people[band] for band in BANDS])
    columns: dict[str, Any] = {"income_told": income.notna()}
    for case in CASES:
        small, large = _lines(size, case, median)
        columns[f"least {case}"] = surely_below(low, high, small)
        columns[f"most {case}"] = possibly_below(low, high, large)
        columns[f"{case} as 4"] = interpolated_share_below(low, high, small)
        columns[f"{case} as 8"] = interpolated_share_below(low, high, large)
    everyone = dl.declare_design(surveyed.with_columns(**columns), kind="opt-in")
    told = everyone.where("income_told")
    regions = {}
    for base, part in (("income_told", told), ("surveyed", everyone)):
        shares = dl.estimate(
            part, *[dl.share(f"{end} {case}") for case in CASES for end in ("least", "most")]
        )
        for case in CASES:
            label = _line_label(words, case, median)
            regions[case, base] = _region(shares, case, label, words["base"][base])
    guesses = dl.estimate(told, *[dl.mean(f"{case} as {size}") for case, size in GUESSES])
    said = {"base": words["base"]["income_told"], "source": words["poverty"]["source"]}
    return guesses.described(**said), regions, median


def _lines(size: Any, case: str, median: float) -> tuple[Any, Any]:
    """Return the line of each household: the lowest and the highest that its answer on size allows."""
    if case == "median":
        return median / 2, median / 2
    lines = {n: parameter(f"us_poverty_guideline_{n}", int(case)).value for n in (1, 2, 3, 4, 8)}
    return tuple([lines[known[answer]] for answer in size] for known in (SMALLEST, LARGEST))


def _line_label(words: Any, case: str, median: float) -> Text:
    said = words["said"]
    if case == "median":
        return _filled(said["half"], line=_numbers(median / 2, 0))
    return _filled(said["main" if case == CASES[0] else "guideline"], case=Text.same(case))


def _guess(words: Any, case: str, size: int, median: float, *, whole: bool = True) -> Text:
    said = words["said"]
    how = said["guess_half"] if case == "median" else _filled(said["guess"], size=Text.same(str(size)))
    line = _line_label(words, case, median)
    return Text(f"{line.fr}, {how.fr}", f"{line.en}, {how.en}") if whole else how


def _numbers(value: float, decimals: int) -> Text:
    return Text(number(value, "fr", decimals), number(value, "en", decimals))


def _filled(text: Text, **parts: Text) -> Text:
    return Text(
        *(text.in_(each).format(**{k: v.in_(each) for k, v in parts.items()}) for each in ("fr", "en"))
    )


def _notes(found: Found, part: str, **parts: Text) -> Notes:
    said, own = found.words["said"], found.words[part]
    note = _filled(own["note"], **parts)
    note = Text(f"{said['indicative'].fr} {note.fr}", f"{said['indicative'].en} {note.en}")
    return Notes(_filled(own["lecture"], **parts), own["champ"], own.get("source", said["source"]), note)


def figures(inputs: Inputs, comparison: dl.Comparison) -> dict[str, Any]:
    found = _found(inputs)
    return {
        "employment": _dots(found, "employment", _employment_rows(found)),
        "multi-homing": _curve(found),
        "poverty": _dots(found, "poverty", _poverty_rows(found)),
    }


def _dots(found: Found, part: str, rows: list[Dot]) -> Dots:
    own = found.words[part]
    notes = _notes(found, part)
    return Dots(
        rows=tuple(rows),
        percent=True,
        decimals=1,
        axis=own["axis"],
        title=own["title"],
        notes=notes,
        alt=own["alt"],
    )


def _employment_rows(found: Found) -> list[Dot]:
    rows = []
    for row in found.employment.frame.to_dict("records"):
        known, group = found.words["base"]["known"], found.regions[row["category"], "screened"].label
        rows.append(Dot(known, row["estimate"], row["ci_low"], row["ci_high"], group=group))
        rows += [_bounds(found.regions[row["category"], base], group) for base in ("prolific", "screened")]
    return rows


def _poverty_rows(found: Found) -> list[Dot]:
    guesses = found.guesses.frame.set_index("variable").to_dict("index")
    rows = []
    for case in CASES:
        group = found.regions[case, "income_told"].label
        rows.append(_bounds(found.regions[case, "income_told"], group))
        for _, size in (each for each in GUESSES if each[0] == case):
            row = guesses[f"{case} as {size}"]
            label = _guess(found.words, case, size, found.median, whole=False)
            rows.append(Dot(label, row["estimate"], row["ci_low"], row["ci_high"], group=group))
        rows.append(_bounds(found.regions[case, "surveyed"], group))
    return rows


def _bounds(region: Region, group: Text) -> Dot:
    return Dot(region.base, low=region.low, high=region.high, group=group, bounds=True)


def _curve(found: Found) -> Curve:
    own = found.words["multi_homing"]
    share, alone = (float(each.frame["estimate"].item()) for each in (found.pooled, found.prolific))
    sizes = [share + step * (4 - share) / 200 for step in range(201)]
    equal = dl.population.multi_homing_curve(share, 1.0).item()
    parts = {"most": _numbers(1 + share, 3), "equal": _numbers(equal, 3), "alone": _numbers(1 + alone, 3)}
    parts["share"] = Text(percent(alone, "fr", 1), percent(alone, "en", 1))
    return Curve(
        x=tuple(sizes),
        y=tuple(dl.population.multi_homing_curve(share, sizes).tolist()),
        x_axis=own["x_axis"],
        y_axis=own["y_axis"],
        marks=(
            Mark(share, 1 + share, _filled(own["most"], **parts)),
            Mark(1.0, equal, _filled(own["equal"], **parts)),
        ),
        feasible=(1.0, 1 + share),
        y_ends=(0.95, 1.45),
        title=own["title"],
        notes=_notes(found, "multi_homing", **parts),
        alt=_filled(own["alt"], **parts),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], Any]]:
    found = _found(inputs)
    words = found.words
    statuses = [
        (code, base) for code in found.employment.frame["category"] for base in ("screened", "prolific")
    ]
    lines = [(case, base) for case in CASES for base in ("income_told", "surveyed")]
    made = partial(dl.table, labels=found.codebook)
    return {
        "employment": partial(made, found.employment, title=words["employment"]["table"]),
        "employment-bounds": partial(_regions, found, statuses, "employment", "bounds"),
        "second-platform": partial(made, found.by_source, title=words["multi_homing"]["table"]),
        "poverty": partial(_regions, found, lines, "poverty", "table"),
        "poverty-interpolated": partial(
            made, found.guesses, title=words["poverty"]["interpolated"], percent=True,
            notes=Notes(note=words["poverty"]["note"], champ=words["poverty"]["champ"]),
        ),
    }  # fmt: skip


def _regions(found: Found, keys: list[tuple[str, str]], part: str, title: str, language: Language) -> Any:
    heads = {name: text.in_(language) for name, text in found.words["column"].items()}
    rows = []
    for region in (found.regions[key] for key in keys):
        ends = (percent(end, language, 1) for end in (region.low, region.high))
        outer = interval(*region.outer, language, 1, percent=True)
        rows.append([region.label.in_(language), region.base.in_(language), *ends, outer])
    notes = _notes(found, part)
    region = found.words["said"]["region"]
    notes = Notes(
        notes.lecture,
        notes.champ,
        notes.source,
        Text(f"{notes.note.fr} {region.fr}", f"{notes.note.en} {region.en}"),
    )
    return table_of(
        pd.DataFrame(rows, columns=list(heads.values())),
        title=found.words[part][title],
        notes_lines=notes.lines(language),
        align=dict.fromkeys(list(heads.values())[2:], "right"),
        language=language,
    )
