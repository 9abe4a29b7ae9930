"""The DiPLab survey of 2018: published shares, each with its base, on a synthetic file or on the holder's own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Inputs, Origin, Result, Sample

from .synthesis import controlled_rounding, maximum_entropy, whole_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Language, PrintedTable

SEED = 2018
REGISTERED = 260_000  # the authors' own rounding (Tubaro, Le Ludec and Casilli 2020, abstract)
LEGAL_WEEK = 35  # hours of full time in France
# popular categories are the 30% of the country with the lowest standards of living, by definition
POPULAR = 30

# The answers of each question, in the order of the codebook's codes; the standard of living by the
# two lines.
SHAPE = {"sex": 2, "age": 3, "diploma": 2, "contract": 3, "working_time": 3, "band": 3, "money": 2}
FED = {
    "women": "sex == 1",
    "age_25_44": "age == 1",
    "diploma": "diploma == 1",
    "inactive": "inactive == 1",
    "permanent": "contract == 1",
    "full_time": "working_time == 1",
    "money_first": "money == 1",
}
BASES = {"diploma": "age <= 2", "full_time": "contract == 1"}
FULL_TIME_PERMANENT = "contract == 1 and working_time == 1"

REPORT = dl.Text("Rapport DiPLab (Casilli, Tubaro, Le Ludec et al., 2019)",
              "DiPLab report (Casilli, Tubaro, Le Ludec et al., 2019)")  # fmt: skip
PEOPLE_ASKED = dl.Text(
    "Répondants à l’enquête DiPLab, France, 2018.",
    "Respondents of the DiPLab survey, France, 2018.",
)


def synthetic_frame(inputs: Inputs) -> pd.DataFrame:
    """Make the synthetic answers: maximum entropy under the published margins, in whole people."""
    table = _people(inputs)
    generator = np.random.default_rng(SEED)
    cells = np.repeat(np.arange(table.size), table.ravel())
    cells = generator.permutation(cells)
    answers = dict(zip(SHAPE, np.unravel_index(cells, tuple(SHAPE.values())), strict=True))
    frame = pd.DataFrame(
        {name: answers[name] + 1.0 for name in SHAPE if name not in ("band", "money")}
    )
    frame.insert(3, "inactive", np.where(frame["contract"] == 3, 1.0, 2.0))
    frame["living_standard"] = _living_standard(inputs, answers["band"], generator)
    frame["money"] = answers["money"] + 1.0
    frame["earnings"] = _earnings(inputs, len(frame), generator)
    return frame


def _people(inputs: Inputs) -> np.ndarray:
    """Return how many people give each combination of answers."""
    value = inputs.value
    people, aged_25_64 = (
        round(inputs.assumption(name)) for name in ("respondents", "aged_25_to_64")
    )
    answer = dict(zip(SHAPE, np.indices(tuple(SHAPE.values())), strict=True))
    none = answer["contract"] == 2
    idle = answer["working_time"] == 2
    # The inactive have no working time; whoever holds a permanent contract has one; others may be
    # unemployed.
    possible = np.where(none, idle, (answer["contract"] == 1) | ~idle)
    adult = answer["age"] <= 1
    permanent = answer["contract"] == 0
    margins = {
        "women": (answer["sex"] == 0, people),
        "age_25_44": (answer["age"] == 0, people),
        "diploma": ((answer["diploma"] == 0) & adult, aged_25_64),
        "inactive": (none, people),
        "permanent": (permanent, people),
        "full_time": (permanent & (answer["working_time"] == 0), people * value("permanent") / 100),
        "below_line": (answer["band"] == 0, people),
        "popular": (answer["band"] <= 1, people),
        "money_first": (answer["money"] == 0, people),
    }
    sets = [adult, *(cells for cells, _ in margins.values())]
    sizes = [aged_25_64, *(round(base * value(key) / 100) for key, (_, base) in margins.items())]
    expected = maximum_entropy(possible.astype(float), sets, sizes, people)
    # All tables by sex and by contract, where domains are checked: to control every pair takes
    # long, for nothing.
    pairs = [
        (answer[one] == first) & (answer[other] == second)
        for one, other in combinations(SHAPE, 2)
        if {one, other} & {"sex", "contract"}
        for first in range(SHAPE[one])
        for second in range(SHAPE[other])
    ]
    return controlled_rounding(expected, [*sets, *pairs], seed=SEED)


def _lines(inputs: Inputs) -> tuple[float, float]:
    """Return the line under which the 22% are supposed to live, and that of the popular categories."""
    popular = inputs.parameter("observatoire_popular_single", 2016).value
    return inputs.assumption("line_of_the_22_percent"), popular


def _living_standard(
    inputs: Inputs, band: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw whole euros: even within the two lower bands, exponential above them (assumed, not published)."""
    poor, popular = _lines(inputs)
    drawn = [
        generator.uniform(inputs.assumption("lowest_standard_of_living"), poor, band.size),
        generator.uniform(poor, popular, band.size),
        popular
        + generator.exponential(inputs.assumption("mean_above_the_popular_line"), band.size),
    ]
    return np.floor(np.choose(band, drawn))


def _earnings(inputs: Inputs, people: int, generator: np.random.Generator) -> np.ndarray:
    """Return log-normal quantiles in euros and cents, whose mean is exact to the cent, and codes of non-response."""
    unknown, refused = (
        round(inputs.assumption(f"earnings_{name}")) for name in ("not_known", "refused")
    )
    answered = people - unknown - refused
    normal = NormalDist(sigma=inputs.assumption("earnings_spread"))
    logs = np.array([normal.inv_cdf((rank + 0.5) / answered) for rank in range(answered)])
    cents = whole_parts(np.exp(logs), round(inputs.value("earnings") * 100 * answered))
    return generator.permutation([*(cents / 100), *[99_998.0] * unknown, *[99_999.0] * refused])


def microdata(inputs: Inputs) -> dl.Microdata:
    """Return the holder's file, or else the synthetic one, written as SPSS and read back."""
    return inputs.once("microdata", lambda: inputs.data or _synthetic(inputs))


def _synthetic(inputs: Inputs) -> dl.Microdata:
    plain = inputs.scratch / "answers.csv"
    synthetic_frame(inputs).to_csv(plain, index=False)
    made = dl.read(plain, codebook=inputs.study.folder / "codebook.toml")
    made = replace(made, codebook=replace(made.codebook, origin=Origin(synthetic=True)))
    note = f"Synthetic: maximum entropy under published margins, seed {SEED}; earnings log-normal."
    return dl.read(dl.write(made, inputs.scratch / "france-2018-survey-synthetic.sav", note=note))


def is_synthetic(inputs: Inputs) -> bool:
    """Return whether the numbers come from a file that nobody answered."""
    return microdata(inputs).codebook.origin.synthetic


def _sample(inputs: Inputs) -> Sample:
    return dl.declare_design(microdata(inputs), kind="opt-in")


def results(inputs: Inputs) -> dict[str, Result]:
    """Rerun every published number."""
    return {**_fed(inputs), **_not_fed(inputs), **_full_time_bounds(inputs), **_lines_and_claims(inputs),
            **_figures_of_others(inputs)}  # fmt: skip


def _made(inputs: Inputs) -> Any:
    """Return what a number computed from the file rests on."""
    return "synthetic file" if is_synthetic(inputs) else "respondents' rows"


def _share(inputs: Inputs, sample: Sample, condition: str, *, margin: bool = False) -> Result:
    found = Result.of(dl.estimate(sample, dl.share(condition), df="design"), scale=100)
    return replace(found, rests_on=_made(inputs), margin=margin)


def _fed(inputs: Inputs) -> dict[str, Result]:
    sample = _sample(inputs)
    margin = inputs.data is None
    found = {}
    for key, condition in FED.items():
        domain = sample.where(BASES[key]) if key in BASES else sample
        found[key] = _share(inputs, domain, condition, margin=margin)
    poor, popular = _lines(inputs)
    for key, line in (("below_line", poor), ("popular", popular)):
        rate = dl.estimate(sample, dl.arpr("living_standard", threshold=line), df="design")
        found[key] = replace(Result.of(rate, scale=100), rests_on=_made(inputs), margin=margin)
    mean = dl.estimate(sample, dl.mean("earnings"), df="design")
    found["earnings"] = replace(Result.of(mean), rests_on=_made(inputs), margin=margin)
    found["respondents"] = Result(
        float(len(microdata(inputs))), rests_on=_made(inputs), margin=margin
    )
    return found


def _not_fed(inputs: Inputs) -> dict[str, Result]:
    """Return what the margins do not hold by themselves: it tests bases, domains and variances."""
    sample = _sample(inputs)
    poor, _ = _lines(inputs)

    def together(condition: str, by: str) -> Result:
        parts = dl.estimate(sample, dl.share(condition), by=by, df="design").frame
        whole = 100 * float(np.average(parts["estimate"], weights=parts["n"]))
        return Result(whole, rests_on=_made(inputs))

    normal = dl.estimate(
        sample, dl.share(f"living_standard < {poor:g}", interval="wald"), df="infinity"
    ).frame.iloc[0]
    spread = {
        "below_line_std_error": "std_error",
        "below_line_low": "ci_low",
        "below_line_high": "ci_high",
    }
    return {
        "full_time_permanent": _share(inputs, sample, FULL_TIME_PERMANENT),
        "full_time_permanent_not_inactive": _share(
            inputs, sample.where("inactive == 2"), FULL_TIME_PERMANENT
        ),
        "women_recombined": together("sex == 1", "contract"),
        "below_line_recombined": together(f"living_standard < {poor:g}", "sex"),
        **{key: Result(100 * normal[name], rests_on=_made(inputs)) for key, name in spread.items()},
    }


def _full_time_bounds(inputs: Inputs) -> dict[str, Result]:
    """Return full time on any contract: bounds from published shares, or the share in the holder's file."""
    if not is_synthetic(inputs):
        sample = _sample(inputs)
        return {
            "full_time_any": _share(inputs, sample, "working_time == 1"),
            "full_time_any_not_inactive": _share(
                inputs, sample.where("inactive == 2"), "working_time == 1"
            ),
        }
    permanent, full, inactive = (
        inputs.value(key) for key in ("permanent", "full_time", "inactive")
    )
    at_full_time, part_time = permanent * full / 100, permanent * (1 - full / 100)
    # any of those called inactive who have a job may hold any contract
    working = inactive * inputs.assumption("inactive_with_a_job")
    active = 100 - inactive
    of_active = (max(at_full_time - working, 0), active - max(part_time - working, 0))
    return {
        "full_time_any": Result.between(at_full_time, active + working - part_time),
        "full_time_any_not_inactive": Result.between(*(100 * end / active for end in of_active)),
    }


def _under_the_usual_line(inputs: Inputs) -> tuple[float, float]:
    """Return the least and the most that can live under 60% of the median, in percent, from shares at two lines."""
    usual = inputs.parameter("poverty_threshold_60", 2016).value
    shares = (inputs.value(key) for key in ("below_line", "popular"))
    known = tuple(zip(_lines(inputs), shares, strict=True))
    least = max((share for line, share in known if line <= usual), default=0.0)
    return least, min((share for line, share in known if line >= usual), default=100.0)


def _lines_and_claims(inputs: Inputs) -> dict[str, Result]:
    median = inputs.parameter("median_income", 2016).value
    lowest, popular = inputs.value("below_line"), inputs.value("popular")
    least, most = _under_the_usual_line(inputs)
    above = Result.arithmetic(100 - lowest)
    above_60, below_60 = Result.between(100 - most, 100 - least), Result.between(least, most)
    if not is_synthetic(inputs):
        usual = inputs.parameter("poverty_threshold_60", 2016).value
        above, above_60 = (
            _share(inputs, _sample(inputs), f"living_standard >= {line:g}")
            for line in (_lines(inputs)[0], usual)
        )
        poor = dl.estimate(
            _sample(inputs), dl.arpr("living_standard", threshold=usual), df="design"
        )
        below_60 = replace(Result.of(poor, scale=100), rests_on=_made(inputs))
    return {
        "above_line": above,
        "above_line_60": above_60,
        "below_line_60": below_60,
        "line_50": Result.arithmetic(median * 0.5 / 12),
        "line_60": Result.arithmetic(median * 0.6 / 12),
        "national_rate_50": Result.nothing(),
        "poverty_ratio": Result.arithmetic(lowest / inputs.value("national_rate_50")),
        "popular_ratio": Result.arithmetic(popular / POPULAR),
    }


def _figures_of_others(inputs: Inputs) -> dict[str, Result]:
    minutes = inputs.value("full_time_equivalents") * LEGAL_WEEK / REGISTERED * 60
    others = (row.key for row in inputs.study.published if row.key.startswith("foule_factory_"))
    return {
        "full_time_equivalents": Result.nothing(),
        "minutes_a_week": Result.arithmetic(minutes),
        **{key: Result.nothing() for key in others},
    }


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    """Draw full time by base, and poverty by line."""
    return {
        "full-time-by-base": _full_time(inputs, comparison.frame.set_index("key")),
        "poverty-by-line": _poverty(inputs),
    }


def _named(inputs: Inputs, title: dl.Text) -> dl.Text:
    if not is_synthetic(inputs):
        return title
    return dl.Text(f"{title.fr} (fichier synthétique)", f"{title.en} (synthetic file)")


def _source(inputs: Inputs) -> dl.Text:
    file = dl.Text("fichier synthétique", "synthetic file")
    if not is_synthetic(inputs):
        name = microdata(inputs).codebook.origin.file
        file = dl.Text(f"fichier {name}", f"file {name}")
    return dl.Text(
        f"{REPORT.fr} ; {file.fr}, calculs diplab.", f"{REPORT.en}; {file.en}, diplab calculations."
    )


def _dot(inputs: Inputs, rerun: pd.DataFrame, key: str, group: dl.Text, label: dl.Text) -> Dot:
    row = rerun.loc[key]
    ends = (float(row[name]) / 100 for name in ("reproduced", "low", "high"))
    point, low, high = (None if np.isnan(end) else end for end in ends)
    printed = row["status"] in ("published", "second-hand")
    known = float(row["published"]) / 100 if printed else None
    return Dot(label, point, low, high, known, group, bounds=bool(row["bounds"]))


def _full_time(inputs: Inputs, rerun: pd.DataFrame) -> PrintedFigure:
    keys = {"of_holders": "full_time", "of_all": "full_time_permanent"}
    shares = {
        name: wording.both(wording.percent, rerun.loc[key, "reproduced"] / 100)
        for name, key in keys.items()
    }
    said = inputs.words("full-time-by-base", **shares)
    permanent, any_contract = said["permanent"], said["any_contract"]
    everyone, active = said["everyone"], said["active"]
    reading, note = said["reading"], said["note"]
    if is_synthetic(inputs):
        note = dl.Text(f"{note.fr} {said['synthetic'].fr}", f"{note.en} {said['synthetic'].en}")
    return dl.chart(
        (
            _dot(inputs, rerun, "full_time", permanent, said["holders"]),
            _dot(inputs, rerun, "full_time_permanent_not_inactive", permanent, active),
            _dot(inputs, rerun, "full_time_permanent", permanent, everyone),
            _dot(inputs, rerun, "full_time_any_not_inactive", any_contract, active),
            _dot(inputs, rerun, "full_time_any", any_contract, everyone),
        ),
        "dots",
        title=_named(inputs, said["title"]),
        notes=dl.Notes(
            reading=reading,
            coverage=PEOPLE_ASKED,
            source=_source(inputs),
            note=note,
            synthetic=is_synthetic(inputs),
        ),
        alt=_named(
            inputs, dl.Text(f"Points et bornes : {reading.fr}", f"Dots and bounds: {reading.en}")
        ),
        percent=True,
        percent_signs=False,
        decimals=1,
    )


def _poverty(inputs: Inputs) -> PrintedFigure:
    """Draw what the published shares say at each line; the synthetic file has no part in it."""
    said = inputs.words("line")
    below, popular = (inputs.value(key) / 100 for key in ("below_line", "popular"))
    least, most = (end / 100 for end in _under_the_usual_line(inputs))
    return dl.chart(
        (
            Dot(said["half"], published=below),
            Dot(said["usual"], low=least, high=most, bounds=True),
            Dot(said["popular"], published=popular),
        ),
        "dots",
        percent=True,
        percent_signs=False,
        **inputs.caption("poverty-by-line", people_asked=PEOPLE_ASKED),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the tables of the report."""
    return {
        "shares": lambda language: _shares(inputs, language),
        "check-by-sex": lambda language: _check(inputs, language),
        "two-surveys": lambda language: _two_surveys(inputs, language),
        "every-base": lambda language: _every_base(inputs, language),
    }


def complements(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Return full time beside micro-work on every base: permanent contracts, then any, of everyone and of the active.

    In the synthetic file the working time of those without a permanent contract is drawn, not
    known: it is taken out first, so that what is said of any contract is bounds.
    """
    data = microdata(inputs)
    frame = data.frame
    if is_synthetic(inputs):
        frame = frame.assign(working_time=frame["working_time"].mask(frame["contract"] == 2))
    # the label of the second answer names several situations, unemployment among them, and would be
    # read as one
    contract = data.codebook["contract"].values | {2: dl.Text("autre", "other")}
    data = dl.Microdata(frame, data.codebook.described("contract", values=contract))
    jobs = dl.work.main_job(data, status="working_time", contract="contract", unread="drop")
    everyone = dl.declare_design(jobs, kind="opt-in")
    active = everyone.where("inactive == 2")
    permanent = "main_job_contract == 'permanent' and main_job_time == 'full'"
    found = {
        "permanent": dl.work.full_time_complement(everyone, works_beside=permanent, df="design"),
        "permanent, active": dl.work.full_time_complement(
            active, works_beside=permanent, df="design"
        ),
        "any, active": dl.work.full_time_complement(active, df="design"),
        "any": dl.work.full_time_complement(everyone, df="design"),
    }
    return {name: each.frame.set_index("category") for name, each in found.items()}


def _every_base(inputs: Inputs, language: Language) -> PrintedTable:
    found = inputs.once("complements", lambda: complements(inputs))
    said = inputs.words("every-base")
    claimed = inputs.value("full_time") / 100
    cells = [
        [
            said[who].in_(language),
            said[base].in_(language),
            *_on_base(found[key], wanted, claimed, language),
        ]
        for who, base, key, wanted in (
            ("permanent", "holders", "permanent", ("permanent",)),
            ("permanent", "active", "permanent, active", ("everyone",)),
            ("permanent", "everyone", "permanent", ("everyone",)),
            ("whoever", "active", "any, active", ("at_least", "at_most")),
            ("whoever", "everyone", "any", ("at_least", "at_most")),
        )
    ]
    heads = {
        "fr": ("À côté du micro-travail", "En % de…", "Personnes", "Sur", "Part", "71 % ?"),
        "en": ("Beside micro-work", "In % of…", "People", "Of", "Share", "71%?"),
    }[language]
    return dl.table(
        pd.DataFrame(cells, columns=list(heads)),
        language,
        title=_named(inputs, said["title"]),
        notes=_notes(inputs, said["note"]),
        align=dict.fromkeys(heads[2:], "right"),
    )


def _notes(inputs: Inputs, note: dl.Text) -> dl.Notes:
    """Return the notes of a table from the file; `note` is about the synthetic one."""
    made = is_synthetic(inputs)
    return dl.Notes(
        coverage=PEOPLE_ASKED,
        source=_source(inputs),
        note=note if made else dl.Text("", ""),
        synthetic=made,
    )


def _on_base(
    frame: pd.DataFrame, wanted: tuple[str, ...], claimed: float, language: Language
) -> tuple[str, str, str, str]:
    """Print who is counted, of how many, the share or its bounds, and whether the claim is among them."""
    kept = frame.loc[[name for name in wanted if name in frame.index] or ["everyone"]]
    to = {"fr": " à ", "en": " to "}[language]
    counted = to.join(wording.number(value, language) for value in kept["numerator"])
    shares = to.join(wording.percent(value, language) for value in kept["estimate"])
    # the claim is printed without decimals
    holds = kept["estimate"].min() - 0.005 <= claimed <= kept["estimate"].max() + 0.005
    if not holds:
        answer = dl.Text("non", "no")
    elif len(kept) == 1:
        answer = dl.Text("oui", "yes")
    else:
        answer = dl.Text("possible", "possible")
    return counted, wording.number(kept["n"].iloc[0], language), shares, answer.in_(language)


def shares(inputs: Inputs) -> Estimates:
    """Estimate every answer of the questions whose shares were published, with intervals."""
    asked = (dl.share(name) for name in ("sex", "age", "contract", "money"))
    return dl.estimate(_sample(inputs), *asked, df="design")


def _shares(inputs: Inputs, language: Language) -> PrintedTable:
    note = dl.Text(
        "Les catégories sans chiffre publié suivent une hypothèse : le plus d’incertitude "
        "possible.",
        "Categories without a published figure follow an assumption: as much uncertainty as "
        "possible.",
    )
    title = dl.Text("Profil des répondants", "Profile of respondents")
    return _table(inputs, shares(inputs), language, title, note)


def _check(inputs: Inputs, language: Language) -> PrintedTable:
    line = _lines(inputs)[0]
    rate = dl.arpr("living_standard", threshold=line)
    by_sex = dl.estimate(_sample(inputs), rate, by="sex", df="design")
    note = dl.Text(
        "Contrôle du calcul par domaine : ces deux taux ne sont pas des résultats, aucun n’a été "
        "publié.",
        "A check of computation by domain: these two rates are no results, neither was published.",
    )
    amount = wording.both(wording.number, line)
    title = dl.Text(
        f"Sous {amount.fr}\N{NO-BREAK SPACE}euros par mois, par sexe",
        f"Under {amount.en} euros a month, by sex",
    )
    return _table(inputs, by_sex, language, title, note)


def _table(
    inputs: Inputs, estimates: Estimates, language: Language, title: dl.Text, note: dl.Text
) -> PrintedTable:
    labels = microdata(inputs).codebook
    notes = _notes(inputs, note)
    return dl.table(estimates, language, title=_named(inputs, title), labels=labels, notes=notes)


def _two_surveys(inputs: Inputs, language: Language) -> PrintedTable:
    keys = {"share": "women", "share_theirs": "foule_factory_women_class_4"}
    shares = {
        name: wording.percent(inputs.value(key) / 100, language) for name, key in keys.items()
    }
    mean = wording.money(inputs.value("earnings"), "EUR", language, 0)
    shown = {
        name: text.in_(language)
        for name, text in inputs.words("surveys", mean=mean, **shares).items()
    }
    cells = [
        (shown["platforms"], shown["platforms_ours"], shown["platforms_theirs"]),
        (shown["earnings"], shown["earnings_ours"], shown["earnings_theirs"]),
        (shown["women"], shown["women_ours"], shown["women_theirs"]),
    ]
    return dl.table(
        pd.DataFrame(cells, columns=["", "DiPLab", shown["critics"]]),
        language,
        **inputs.caption("two-surveys"),
    )
