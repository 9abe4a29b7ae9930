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
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.language import interval, number, percent
from diplab.presentation.tables import table_of
from diplab.reference.parameter import parameter
from diplab.reference.text import LANGUAGES, Language, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    
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
SMALLEST = {"1 (just me!)": 1, "2": 2, "3": 3, "4+": 4}
LARGEST = SMALLEST | {"4+": 8}
CASES = ("2022", "2021", "2023", "median")
LAWS = ("Singh-Maddala", "Dagum", "GB2", "log-normal")
ANSWERS = {"law": LAWS[:1], "laws": LAWS, "imputed": ("imputed",)}
"""Answers that suppose something: the law that fits best, all four, incomes drawn within their band."""
# The prescreen file has nobody from CloudResearch before this day: who answered the survey earlier came from Prolific.
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
    employment: dl.Estimates
    by_source: dl.Estimates
    pooled: dl.Estimates
    prolific: dl.Estimates
    below: Mapping[str, dl.Estimates]
    median: float
    regions: Mapping[tuple[str, str], Region]


def results(inputs: Inputs) -> dict[str, dl.Result]:
    found = _found(inputs)
    bases = {row.key: row.base_key for row in inputs.study.published}
    given = {key: dl.Result(float(count), base=bases[key]) for key, count in found.counts.items()}
    full = list(found.employment.frame["category"]).index("Full-Time")
    given["full_time_of_known"] = dl.Result.of(found.employment, full, base="known", scale=100)
    given["second_platform"] = dl.Result.of(found.pooled, base="answered", scale=100)
    given["second_platform_prolific"] = dl.Result.of(found.prolific, base="answered_prolific", scale=100)
    most, alone = (1 + given[key].value / 100 for key in ("second_platform", "second_platform_prolific"))
    given["multi_homing_at_most"] = dl.Result(most, base="two_platforms")
    given["multi_homing"] = given["multi_homing_equal_size"] = dl.Result.between(1.0, most, base="two_platforms")
    given["multi_homing_prolific"] = dl.Result.between(1.0, alone, base="prolific_and_mturk")
    asked = {f"full_time_of_{base}": ("Full-Time", base) for base in ("screened", "prolific")}
    asked |= {f"below_{case}": (case, "income_told") for case in CASES}
    asked["below_2022_interpolated"] = ("2022", "income_told")
    asked |= {f"below_{case}_with_refusals": (case, "surveyed") for case in CASES}
    for key, (what, base) in asked.items():
        given[key] = dl.Result.between(*found.regions[what, base][:2], base=base)
    for key, names in ANSWERS.items():
        given[f"below_2022_{key}"] = dl.Result.between(*_ends(found.below["2022"], names), base="income_told")
    for key, (what, base) in (
        ("full_time", ("Full-Time", "screened")),
        ("below_2022", ("2022", "income_told")),
    ):
        given[f"{key}_at_least"], given[f"{key}_at_most"] = (
            dl.Result(end, base=base) for end in found.regions[what, base][:2]
        )
    return given


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    read = partial(dl.read, codebook=inputs.study.folder / "codebook.toml")
    screened = read(inputs.files["berke-2024/prescreen"], columns=[STATUS, "version", "connect"])
    surveyed = read(
        inputs.files["berke-2024/survey"], columns=["RecordedDate", "connect", MTURK, INCOME, SIZE]
    )
    employment, status_regions = _employment(screened)
    by_source, pooled, prolific = _second_platform(surveyed)
    below, line_regions, median = _poverty(surveyed)
    return Found(
        Codebook({**screened.codebook.variables, **surveyed.codebook.variables}),
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


def _surveyed_counts(surveyed: dl.Microdata, prolific: dl.Estimates) -> dict[str, int]:
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


def _employment(screened: dl.Microdata) -> tuple[dl.Estimates, dict[tuple[str, str], Region]]:
    """Return each status among those known, most frequent first, and its bounds over both wider bases."""
    status, codes = screened.frame[STATUS], list(screened.codebook[STATUS].values)
    columns = {f"least {code}": status == code for code in codes}
    columns |= {f"most {code}": (status == code) | status.isna() for code in codes}
    sample = dl.declare_design(screened.with_columns(**columns), kind="opt-in")
    on_prolific = sample.where("version != 'cloudresearch'")
    known = dl.estimate(sample, dl.share(STATUS))
    order = known.frame["estimate"].sort_values(ascending=False).index
    return known.rows(order), _regions(codes, screened=sample, prolific=on_prolific)


def _regions(whats: Iterable[str], **bases: dl.Sample) -> dict[tuple[str, str], Region]:
    """Return the bounds of each share on each base: what is certain (`least`) and what is possible (`most`)."""
    found = {}
    for base, sample in bases.items():
        shares = [dl.share(f"{end} {what}") for what in whats for end in ("least", "most")]
        rows = dl.estimate(sample, *shares).frame.set_index("variable")
        ends = 100 * rows[["estimate", "ci_low", "ci_high"]].astype(float)
        for what in whats:
            low, high = ends.loc[f"least {what}"], ends.loc[f"most {what}"]
            outer = (float(low["ci_low"]), float(high["ci_high"]))
            found[what, base] = Region(float(low["estimate"]), float(high["estimate"]), outer)
    return found


def _second_platform(surveyed: dl.Microdata) -> tuple[dl.Estimates, dl.Estimates, dl.Estimates]:
    """Return the share who also work on MTurk: by recruitment, over all, and from Prolific for certain."""
    day = surveyed.frame["RecordedDate"].map(
        lambda said: datetime.strptime(said.split()[0], "%m/%d/%Y").date()
    )
    recruited = (day < CLOUDRESEARCH_BEGINS).map({True: "prolific", False: "untold"})
    recruited = recruited.mask(surveyed.frame["connect"].notna(), "connect")
    sample = dl.declare_design(surveyed.with_columns(recruited=recruited), kind="opt-in")
    by_source, pooled, prolific = (
        dl.estimate(part, dl.share(MTURK), by=by)
        for part, by in ((sample, "recruited"), (sample, ()), (sample.where("recruited == 'prolific'"), ()))
    )
    return tuple(each.rows(each.frame["category"] == "Yes") for each in (by_source, pooled, prolific))


def _poverty(
    surveyed: dl.Microdata,
) -> tuple[dict[str, dl.Estimates], dict[tuple[str, str], Region], float]:
    """Return the answers on each line, the bounds over both bases, and the interpolated median.

    The main line has every answer, the others bounds and interpolation.
    """
    asked = partial(dl.banded, INCOME, bands=BANDS, covariates=(SIZE,))
    everyone = dl.declare_design(surveyed, kind="opt-in")
    middle = dl.estimate(everyone, dl.median(asked(beside=["interpolated"]))).frame
    median = float(middle.set_index("category").loc["interpolated", "estimate"])
    below, regions = {}, {}
    for case in CASES:
        small, large = _lines(surveyed.frame[SIZE], case, median)
        sample = dl.declare_design(surveyed.with_columns(line_of_4=small, line_of_8=large), kind="opt-in")
        more = {} if case == "2022" else {"beside": ["interpolated"]}
        for base, income in (
            ("income_told", asked(**more)),
            ("surveyed", asked(refusals="bound", beside=[])),
        ):
            found = dl.estimate(sample, dl.arpr(income, threshold=("line_of_4", "line_of_8")))
            below.setdefault(case, found)
            regions[case, base] = _region(found)
    return below, regions, median


def _region(answers: dl.Estimates) -> Region:
    """Return the bounds, with the interval of the share wherever it is between them (Imbens and Manski 2004)."""
    ends = 100 * answers.frame.set_index("category")[["estimate", "ci_low", "ci_high"]].astype(float)
    low, high = ends.loc["at least"], ends.loc["at most"]
    outer = (float(low["ci_low"]), float(high["ci_high"]))
    return Region(float(low["estimate"]), float(high["estimate"]), outer)


def _guesses(answers: dl.Estimates) -> dict[str, dict[str, float]]:
    """Return the interpolated shares: by the line of 4 and of 8 for “4+”, or one where size has no part."""
    frame = answers.frame[answers.frame["category"].str.startswith("interpolated")]
    names = ("4", "8") if len(frame) > 1 else ("median",)
    return dict(zip(names, frame.to_dict("records"), strict=True))


def _ends(answers: dl.Estimates, names: Iterable[str]) -> tuple[float, float]:
    """Return the lowest and the highest share, in percent, that some answers give between the lines of 4 and of 8."""
    found = answers.frame.set_index("category")["estimate"] * 100
    held = [found[f"{name}, {end}"] for name in names for end in ("at least", "at most")]
    return min(held), max(held)


def _lines(size: Any, case: str, median: float) -> tuple[Any, Any]:
    """Return the line of each household: the lowest and the highest that its answer on size allows."""
    if case == "median":
        return ([median / 2] * len(size),) * 2
    lines = {n: parameter(f"us_poverty_guideline_{n}", int(case)).value for n in (1, 2, 3, 4, 8)}
    return tuple([lines[known[answer]] for answer in size] for known in (SMALLEST, LARGEST))


def _words(inputs: Inputs) -> dict[str, dict[str, Text]]:
    """Return the words of `words.toml`, with the numbers in them."""
    found = _found(inputs)
    share, alone = (float(each.frame["estimate"].item()) for each in (found.pooled, found.prolific))
    equal = dl.population.multi_homing_curve(share, 1.0).item()
    factors = {"most": 1 + share, "alone": 1 + alone, "equal": equal}

    def text(said: dict[str, str]) -> Text:
        return Text(
            *(
                said[language].format(
                    line=number(found.median / 2, language),
                    share=percent(alone, language, 1),
                    **{name: number(factor, language, 3) for name, factor in factors.items()},
                )
                for language in LANGUAGES
            )
        )

    content = tomllib.loads((inputs.study.folder / "words.toml").read_text(encoding="utf-8"))
    return {part: {name: text(said) for name, said in both.items()} for part, both in content.items()}


def _notes(words: Any, part: str, *remarks: Text, reading: str = "lecture") -> Notes:
    said, own = words["said"], words[part]
    notes = [*remarks, own["note"]]
    note = Text(" ".join(each.fr for each in notes), " ".join(each.en for each in notes))
    return dl.Notes(
        reading=own[reading], coverage=own["champ"], source=own.get("source", said["source"]), note=note
    )


def figures(inputs: Inputs, comparison: dl.Comparison) -> dict[str, Any]:
    found, words = _found(inputs), _words(inputs)
    return {
        "employment": Dots(
            rows=_employment_rows(found, words), percent=True, decimals=1, **_around(words, "employment")
        ),
        "multi-homing": _curve(found, words),
        "poverty": Dots(
            rows=_poverty_rows(found, words), percent=True, decimals=1, **_around(words, "poverty")
        ),
        "three-answers": Dots(
            rows=_answer_rows(found, words), percent=True, decimals=1, **_around(words, "answers")
        ),
    }


def _around(words: Any, part: str) -> dict[str, Any]:
    axes = {name: words[part][name] for name in ("axis", "x_axis", "y_axis") if name in words[part]}
    notes = _notes(words, part, words["said"]["indicative"])
    return {"title": words[part]["title"], "notes": notes, "alt": words[part]["alt"], **axes}


def _employment_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    labels = found.codebook[STATUS].values
    rows = []
    for row in found.employment.frame.to_dict("records"):
        what = row["category"]
        rows.append(_point(row, words["base"]["known"], labels[what]))
        rows += [_bounds(found, words, what, base, labels[what]) for base in ("prolific", "screened")]
    return tuple(rows)


def _poverty_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    rows = []
    for case, label in words["line"].items():
        rows.append(_bounds(found, words, case, "income_told", label))
        guesses = _guesses(found.below[case])
        rows += [_point(guess, words["guess"][how], label) for how, guess in guesses.items()]
        rows.append(_bounds(found, words, case, "surveyed", label))
    return tuple(rows)


def _answer_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    """Return each answer as what it leaves open, the size of the largest households being known to 4+ only."""
    low, high, _ = found.regions["2022", "income_told"]
    rows = [Dot(words["answer"]["bounds"], low=low / 100, high=high / 100, bounds=True)]
    for name in (*LAWS, "interpolated", "imputed"):
        ends = (end / 100 for end in _ends(found.below["2022"], [name]))
        rows.append(Dot(words["answer"][name], None, *ends, bounds=True))
    return tuple(rows)


def _point(row: Mapping[str, float], label: Text, group: Text) -> Dot:
    return Dot(label, row["estimate"], row["ci_low"], row["ci_high"], group=group)


def _bounds(found: Found, words: Any, what: str, base: str, group: Text) -> Dot:
    low, high, _ = found.regions[what, base]
    return Dot(words["base"][base], low=low / 100, high=high / 100, group=group, bounds=True)


def _curve(found: Found, words: Any) -> Curve:
    own = words["multi_homing"]
    share = float(found.pooled.frame["estimate"].item())
    sizes = [share + step * (4 - share) / 200 for step in range(201)]
    curve = dl.population.multi_homing_curve(share, [*sizes, 1.0]).tolist()
    return Curve(
        x=tuple(sizes),
        y=tuple(curve[:-1]),
        marks=(Mark(share, curve[0], own["most"]), Mark(1.0, curve[-1], own["equal"])),
        feasible=(1.0, curve[0]),
        feasible_label=own["range"],
        feasible_bar=True,
        y_ends=(0.95, 1.45),
        **_around(words, "multi_homing"),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], Any]]:
    found, words = _found(inputs), _words(inputs)
    codebook = found.codebook.described(
        "recruited", label=words["said"]["recruited"], values=words["recruited"]
    )
    statuses = {code: codebook[STATUS].values[code] for code in found.employment.frame["category"]}

    def made(estimates: dl.Estimates, part: str, title: str, **options: Any) -> Callable[[Language], Any]:
        said = {
            "title": words[part][title],
            "notes": _notes(words, part, reading=f"lecture_{title}"),
            "labels": codebook,
        }
        return partial(dl.table, estimates, **said, **options)

    return {
        "employment": made(found.employment, "employment", "table"),
        "employment-bounds": partial(
            _bounds_table, found, words, "employment", statuses, ("screened", "prolific")
        ),
        "second-platform": made(found.by_source, "multi_homing", "table"),
        "poverty": partial(
            _bounds_table, found, words, "poverty", words["line"], ("income_told", "surveyed")
        ),
        "poverty-interpolated": partial(_guess_table, found, words),
        "three-answers": made(found.below["2022"], "answers", "table"),
    }


def _bounds_table(
    found: Found, words: Any, part: str, whats: Mapping[str, Text], bases: tuple[str, ...], language: Language
) -> Any:
    rows = []
    for what, label in whats.items():
        for base in bases:
            low, high, outer = found.regions[what, base]
            ends = (percent(end / 100, language, 1) for end in (low, high))
            around = interval(*(end / 100 for end in outer), language, 1, percent=True)
            rows.append([label.in_(language), words["base"][base].in_(language), *ends, around])
    heads = [head.in_(language) for head in words["column"].values()]
    notes = _notes(words, part, words["said"]["indicative"], words[part]["region"])
    return table_of(
        pd.DataFrame(rows, columns=heads),
        title=words[part]["bounds"],
        notes_lines=notes.lines(language),
        align=dict.fromkeys(heads[2:], "right"),
        language=language,
    )


def _guess_table(found: Found, words: Any, language: Language) -> Any:
    rows = []
    for case, label in words["line"].items():
        for how, row in _guesses(found.below[case]).items():
            around = interval(row["ci_low"], row["ci_high"], language, 1, percent=True)
            said = [label.in_(language), words["guess"][how].in_(language)]
            rows.append([*said, percent(row["estimate"], language, 1), around, number(row["n"], language)])
    heads = [head.in_(language) for head in words["guess_column"].values()]
    return table_of(
        pd.DataFrame(rows, columns=heads),
        title=words["poverty"]["interpolated"],
        notes_lines=_notes(
            words, "poverty", words["said"]["indicative"], reading="lecture_interpolated"
        ).lines(language),
        align=dict.fromkeys(heads[2:], "right"),
        language=language,
    )
