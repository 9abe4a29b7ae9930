"""The DiPLab survey of 2018: published shares, each with its base, on a synthetic file or on the holder's own."""

from __future__ import annotations

import tomllib
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import diplab as dl
from diplab.errors import MisleadingError
from diplab.kernel.synthesis import controlled_rounding, maximum_entropy, whole_parts
from diplab.loaders.codebook_file import read_codebook
from diplab.loaders.write import write_sav
from diplab.microdata.codebook import Codebook, Origin
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.language import money, number, percent
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.parameter import parameter
from diplab.reference.text import NOTHING, Text
from diplab.replication.published import published

if TYPE_CHECKING:
    from collections.abc import Callable

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

PEOPLE = 1_000
AGED_25_64 = 800  # an assumption: the report does not say how many are of that age
SEED = 2018
# Assumptions on what was not published, stated wherever it matters and never quoted as a result.
SIGMA = 1.5  # of the log of earnings: very skewed, as the authors say; no other survey is used to set it
DONT_KNOW, REFUSED = 20, 30  # answers without an amount
FLOOR, RISE = 400, 600  # lowest standard of living; mean distance from the popular line of those above it

# The answers of each question, in the order of the codebook's codes; the standard of living by the two lines.
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
BASES = {"diploma": ("age <= 2", "aged 25-64"), "full_time": ("contract == 1", "permanent")}
FULL_TIME_PERMANENT = "contract == 1 and working_time == 1"
OTHER_SURVEY = "foule_factory_"

REPORT = Text("Rapport DiPLab (Casilli, Tubaro, Le Ludec et al., 2019)",
              "DiPLab report (Casilli, Tubaro, Le Ludec et al., 2019)")  # fmt: skip
PEOPLE_ASKED = Text(
    "Répondants à l’enquête DiPLab, France, 2018.", "Respondents of the DiPLab survey, France, 2018."
)


def synthetic_frame(value: Callable[[str], float]) -> pd.DataFrame:
    """Make the synthetic answers: maximum entropy under the published margins, in whole people."""
    table = _people(value)
    generator = np.random.default_rng(SEED)
    cells = np.repeat(np.arange(table.size), table.ravel())
    cells = generator.permutation(cells)
    answers = dict(zip(SHAPE, np.unravel_index(cells, tuple(SHAPE.values())), strict=True))
    frame = pd.DataFrame({name: answers[name] + 1.0 for name in SHAPE if name not in ("band", "money")})
    frame.insert(3, "inactive", np.where(frame["contract"] == 3, 1.0, 2.0))
    frame["living_standard"] = _living_standard(answers["band"], generator)
    frame["money"] = answers["money"] + 1.0
    frame["earnings"] = _earnings(value("earnings"), generator)
    return frame


def _people(value: Callable[[str], float]) -> np.ndarray:
    """Return how many people give each combination of answers."""
    answer = dict(zip(SHAPE, np.indices(tuple(SHAPE.values())), strict=True))
    none = answer["contract"] == 2
    idle = answer["working_time"] == 2
    # The inactive have no working time; whoever holds a permanent contract has one; others may be unemployed.
    possible = np.where(none, idle, (answer["contract"] == 1) | ~idle)
    adult = answer["age"] <= 1
    permanent = answer["contract"] == 0
    margins = {
        "women": (answer["sex"] == 0, PEOPLE),
        "age_25_44": (answer["age"] == 0, PEOPLE),
        "diploma": ((answer["diploma"] == 0) & adult, AGED_25_64),
        "inactive": (none, PEOPLE),
        "permanent": (permanent, PEOPLE),
        "full_time": (permanent & (answer["working_time"] == 0), PEOPLE * value("permanent") / 100),
        "below_line": (answer["band"] == 0, PEOPLE),
        "popular": (answer["band"] <= 1, PEOPLE),
        "money_first": (answer["money"] == 0, PEOPLE),
    }
    sets = [adult, *(cells for cells, _ in margins.values())]
    sizes = [AGED_25_64, *(round(base * value(key) / 100) for key, (_, base) in margins.items())]
    expected = maximum_entropy(possible.astype(float), sets, sizes, PEOPLE)
    # All tables by sex and by contract, where domains are checked: to control every pair takes long, for nothing.
    pairs = [
        (answer[one] == first) & (answer[other] == second)
        for one, other in combinations(SHAPE, 2)
        if {one, other} & {"sex", "contract"}
        for first in range(SHAPE[one])
        for second in range(SHAPE[other])
    ]
    return controlled_rounding(expected, [*sets, *pairs], seed=SEED)


def _lines() -> tuple[float, float]:
    return parameter("poverty_threshold_50", 2016).value, parameter("observatoire_popular_single", 2016).value


def _living_standard(band: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw whole euros: even within the two lower bands, exponential above them (assumed, not published)."""
    poor, popular = _lines()
    drawn = [
        generator.uniform(FLOOR, poor, band.size),
        generator.uniform(poor, popular, band.size),
        popular + generator.exponential(RISE, band.size),
    ]
    return np.floor(np.choose(band, drawn))


def _earnings(mean: float, generator: np.random.Generator) -> np.ndarray:
    """Return log-normal quantiles in euros and cents, whose mean is exact to the cent, and codes of non-response."""
    answered = PEOPLE - DONT_KNOW - REFUSED
    law = NormalDist()
    logs = SIGMA * np.array([law.inv_cdf((rank + 0.5) / answered) for rank in range(answered)])
    cents = whole_parts(np.exp(logs), round(mean * 100 * answered))
    return generator.permutation([*(cents / 100), *[99_998.0] * DONT_KNOW, *[99_999.0] * REFUSED])


def microdata(inputs: Inputs) -> dl.Microdata:
    """Return the holder's file, or else the synthetic one, written as SPSS and read back."""
    return inputs.once("microdata", lambda: inputs.data or _synthetic(inputs))


def _synthetic(inputs: Inputs) -> dl.Microdata:
    described = read_codebook(inputs.study.folder / "codebook.toml")
    codebook = Codebook(described.variables, Origin(synthetic=True))
    made = dl.Microdata(synthetic_frame(inputs.value), codebook)
    note = f"Synthetic: maximum entropy under published margins, seed {SEED}; earnings log-normal, sigma {SIGMA}."
    path = write_sav(made, inputs.scratch / "france-2018-survey-synthetic.sav", note=note)
    return dl.read(path, codebook=described, isolated=False)


def is_synthetic(inputs: Inputs) -> bool:
    """Return whether the numbers come from a file that nobody answered."""
    return microdata(inputs).codebook.origin.synthetic


def _sample(inputs: Inputs) -> Any:
    return dl.declare_design(microdata(inputs), kind="opt-in")


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Rerun every published number."""
    return {**_fed(inputs), **_not_fed(inputs), **_lines_and_claims(inputs), **_figures_of_others(inputs)}


def _fed(inputs: Inputs) -> dict[str, dl.Result]:
    sample = _sample(inputs)
    made = "synthetic file" if is_synthetic(inputs) else "data"
    rests_on: Any = "synthetic margins" if inputs.data is None else made
    found = {}
    for key, condition in FED.items():
        within, base = BASES.get(key, ("", "respondents"))
        domain = sample.where(within) if within else sample
        share = dl.estimate(domain, dl.share(condition))
        found[key] = dl.Result.of(share, base=base, scale=100, rests_on=rests_on)
    poor, popular = _lines()
    for key, line in (("below_line", poor), ("popular", popular)):
        rate = dl.estimate(sample, dl.arpr("living_standard", threshold=line))
        found[key] = dl.Result.of(rate, base="respondents", scale=100, rests_on=rests_on)
    mean = dl.estimate(sample, dl.mean("earnings"))
    found["earnings"] = dl.Result.of(mean, base="respondents", rests_on=rests_on)
    found["respondents"] = dl.Result(float(len(microdata(inputs))), base="respondents", rests_on=rests_on)
    return found


def _not_fed(inputs: Inputs) -> dict[str, dl.Result]:
    """Return what the margins do not hold by themselves: it tests bases, domains and variances."""
    sample = _sample(inputs)
    made: Any = "synthetic file" if is_synthetic(inputs) else "data"
    poor, _ = _lines()

    def share(of: Any, condition: str, base: str = "respondents") -> dl.Result:
        return dl.Result.of(dl.estimate(of, dl.share(condition)), base=base, scale=100, rests_on=made)

    def together(condition: str, by: str) -> dl.Result:
        parts = dl.estimate(sample, dl.share(condition), by=by).frame
        return dl.Result(
            100 * float(np.average(parts["estimate"], weights=parts["n"])), base="respondents", rests_on=made
        )

    normal = dl.estimate(
        sample, dl.share(f"living_standard < {poor:g}", interval="wald"), df="infinity"
    ).frame.iloc[0]
    spread = {"below_line_std_error": "std_error", "below_line_low": "ci_low", "below_line_high": "ci_high"}
    permanent, full = (inputs.value(key) for key in ("permanent", "full_time"))
    most = 100 - inputs.value("inactive") - permanent * (1 - full / 100)
    bounds = dl.Result.between(permanent * full / 100, most, base="respondents", rests_on="published figures")
    active = (100 - inputs.value("inactive")) / 100
    of_active = dl.Result.between(
        bounds.low / active, bounds.high / active, base="not inactive", rests_on="published figures"
    )
    at_work = sample.where("inactive == 2")
    return {
        "full_time_permanent": share(sample, FULL_TIME_PERMANENT),
        "full_time_permanent_not_inactive": share(at_work, FULL_TIME_PERMANENT, "not inactive"),
        "full_time_any": bounds if is_synthetic(inputs) else share(sample, "working_time == 1"),
        "full_time_any_not_inactive": of_active
        if is_synthetic(inputs)
        else share(at_work, "working_time == 1", "not inactive"),
        "women_recombined": together("sex == 1", "contract"),
        "below_line_recombined": together(f"living_standard < {poor:g}", "sex"),
        **{
            key: dl.Result(100 * normal[name], base="respondents", rests_on=made) for key, name in spread.items()
        },
    }


def _lines_and_claims(inputs: Inputs) -> dict[str, dl.Result]:
    median = parameter("median_income", 2016).value
    lowest, highest = inputs.value("below_line"), inputs.value("popular")
    above = dl.Result.arithmetic(100 - lowest, base="respondents")
    above_60 = dl.Result.between(100 - highest, 100 - lowest, base="respondents", rests_on="published figures")
    below_60 = dl.Result.between(lowest, highest, base="respondents", rests_on="published figures")
    if not is_synthetic(inputs):
        lines = (_lines()[0], parameter("poverty_threshold_60", 2016).value)
        conditions = [dl.share(f"living_standard >= {line:g}") for line in lines]
        real = dl.estimate(_sample(inputs), *conditions)
        above, above_60 = (dl.Result.of(real, row, base="respondents", scale=100) for row in (0, 1))
        poor = dl.estimate(_sample(inputs), dl.arpr("living_standard", threshold=lines[1]))
        below_60 = dl.Result.of(poor, base="respondents", scale=100)
    return {
        "above_line": above,
        "above_line_60": above_60,
        "below_line_60": below_60,
        "line_50": dl.Result.arithmetic(median * 0.5 / 12, base="one person"),
        "line_60": dl.Result.arithmetic(median * 0.6 / 12, base="one person"),
        "national_rate_50": dl.Result.nothing(base="population without student households"),
        "poverty_ratio": dl.Result.arithmetic(quotient(inputs, "below_line", "national_rate_50"), base="respondents"),
        # 30 is no estimate: popular categories are the lowest 30 % by definition
        "popular_ratio": dl.Result.arithmetic(highest / 30, base="respondents"),
    }


def _figures_of_others(inputs: Inputs) -> dict[str, dl.Result]:
    minutes = inputs.value("full_time_equivalents") * 35 / 260_000 * 60
    others = {
        row.key: dl.Result.nothing(base=row.base_key) for row in inputs.study.published if row.key.startswith(OTHER_SURVEY)
    }
    return {
        "full_time_equivalents": dl.Result.nothing(base="registered"),
        "minutes_a_week": dl.Result.arithmetic(minutes, base="registered"),
        **others,
    }


def quotient(inputs: Inputs, numerator: str, denominator: str) -> float:
    """Divide two published shares, unless they are of two surveys.

    Raises
    ------
    MisleadingError
        Where one is of the DiPLab survey and the other of the critics' survey on Foule Factory.
    """
    one, other = (published(inputs.study.published, key) for key in (numerator, denominator))
    if one.key.startswith(OTHER_SURVEY) != other.key.startswith(OTHER_SURVEY):
        raise MisleadingError(
            f"The ratio of `{one.key}` to `{other.key}` was asked for.",
            f"They are of two surveys, with other people, questions and selections: {one.base.en}; {other.base.en}.",
            "Show them side by side, as the table `two-surveys` does.",
        )
    return one.value / other.value


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Draw what was published against what the pipeline gives, full time by base, and poverty by line, both sides."""
    rerun = comparison.frame.set_index("key")
    return {
        "published-and-reproduced": _published_and_reproduced(inputs, rerun),
        "full-time-by-base": _full_time(inputs, rerun),
        "poverty-by-line": _poverty(inputs),
        "both-sides-of-the-line": _both_sides(inputs),
    }


def _named(inputs: Inputs, fr: str, en: str) -> Text:
    return (
        Text(f"{fr} (fichier synthétique)", f"{en} (synthetic file)")
        if is_synthetic(inputs)
        else Text(fr, en)
    )


def _source(inputs: Inputs) -> Text:
    if not is_synthetic(inputs):
        name = microdata(inputs).codebook.origin.file
        return Text(
            f"{REPORT.fr} ; fichier {name}, calculs diplab.",
            f"{REPORT.en}; file {name}, diplab calculations.",
        )
    return Text(f"{REPORT.fr} ; fichier synthétique, calculs diplab.",
                f"{REPORT.en}; synthetic file, diplab calculations.")  # fmt: skip


def _caution(inputs: Inputs) -> Text:
    indicative = Text(
        "Les répondants se sont choisis eux-mêmes : les intervalles ne valent que pour un tirage au sort.",
        "Respondents chose themselves: intervals hold only for a random sample.",
    )
    if not is_synthetic(inputs):
        return indicative
    return Text(
        f"Un losange et un point au même endroit ne prouvent que la justesse du calcul. {indicative.fr}",
        f"A diamond and a dot in the same place only prove that the computation is right. {indicative.en}",
    )


def _dot(rerun: pd.DataFrame, inputs: Inputs, key: str, group: Text, label: Text | None = None) -> Dot:
    row = rerun.loc[key]
    ends = (float(row[name]) / 100 for name in ("reproduced", "low", "high"))
    point, low, high = (None if np.isnan(end) else end for end in ends)
    printed = row["status"] in ("published", "second-hand")
    own = label or published(inputs.study.published, key).label
    known = float(row["published"]) / 100 if printed else None
    return Dot(own, point, low, high, known, group, bounds=bool(row["bounds"]))


def _dots(
    inputs: Inputs, rows: list[Dot], title: Text, alt: Text, reading: Text, remark: Text = NOTHING
) -> Dots:
    said = [each for each in (remark, _caution(inputs)) if each]
    note = Text(" ".join(each.fr for each in said), " ".join(each.en for each in said))
    notes = dl.Notes(
        reading=reading,
        coverage=PEOPLE_ASKED,
        source=_source(inputs),
        note=note,
        synthetic=is_synthetic(inputs),
    )
    title, alt = (_named(inputs, each.fr, each.en) for each in (title, alt))
    return Dots(title=title, notes=notes, alt=alt, rows=tuple(rows), percent=True, decimals=1)


def _published_and_reproduced(inputs: Inputs, rerun: pd.DataFrame) -> Dots:
    fed = Text("Parts publiées", "Published shares")
    if inputs.data is None:
        fed = Text("Publiées, et imposées au fichier", "Published, and fed to the file")
    rest = Text("Déduites de parts publiées", "Deduced from published shares")
    line = Text(
        "Sous 855 euros par mois, seuil supposé des 22 %", "Under 855 euros a month, supposed line of the 22%"
    )
    deduced = ("full_time_permanent", "full_time_permanent_not_inactive")
    women = rerun.loc["women", ["published", "reproduced"]] / 100
    one, other = ({name: percent(each, name) for name in ("fr", "en")} for each in women)
    return _dots(
        inputs,
        [
            *(_dot(rerun, inputs, key, fed) for key in FED),
            _dot(rerun, inputs, "below_line", fed, line),
            _dot(rerun, inputs, "popular", fed),
            *(_dot(rerun, inputs, key, rest) for key in deduced),
        ],
        Text("Les parts publiées, recalculées", "Published shares, recomputed"),
        Text(
            "Points et intervalles : chaque part publiée par le rapport DiPLab et la part recalculée",
            "Dots and intervals: each share published by the DiPLab report and the share recomputed",
        ),
        Text(
            f"Le rapport publie {one['fr']} de femmes ; le calcul en donne {other['fr']}.",
            f"The report publishes {one['en']} women; the computation gives {other['en']}.",
        ),
    )


def _full_time(inputs: Inputs, rerun: pd.DataFrame) -> Dots:
    permanent = Text("En CDI et à temps plein, en % de…", "Permanent and full time, in % of…")
    any_contract = Text("À temps plein, tout contrat, en % de…", "Full time, any contract, in % of…")
    everyone = Text("tous les répondants", "all respondents")
    holders = Text("titulaires d’un CDI", "holders of a permanent contract")
    active = Text("non-inactifs", "those not inactive")
    shown = rerun.loc[["full_time", "full_time_permanent"], "reproduced"] / 100
    of_holders, of_all = ({name: percent(each, name) for name in ("fr", "en")} for each in shown)
    said = Text(
        f"{of_holders['fr']} des titulaires d’un CDI sont à temps plein, soit {of_all['fr']} de tous les répondants.",
        f"{of_holders['en']} of those who hold a permanent contract work full time: {of_all['en']} of all respondents.",
    )
    return _dots(
        inputs,
        [
            _dot(rerun, inputs, "full_time", permanent, holders),
            _dot(rerun, inputs, "full_time_permanent_not_inactive", permanent, active),
            _dot(rerun, inputs, "full_time_permanent", permanent, everyone),
            _dot(rerun, inputs, "full_time_any_not_inactive", any_contract, active),
            _dot(rerun, inputs, "full_time_any", any_contract, everyone),
        ],
        Text("71 % à temps plein, mais de qui ?", "71% full time, but of whom?"),
        Text(f"Points et bornes : {said.fr}", f"Dots and bounds: {said.en}"),
        said,
        Text(
            "Les bornes et les lignes des non-inactifs ne valent que si les inactifs n’ont pas d’emploi.",
            "The bounds and the rows of those not inactive hold only if the inactive have no job.",
        ),
    )


def _poverty(inputs: Inputs) -> Dots:
    """Draw what the published shares say at each line; the synthetic file has no part in it."""
    below, popular = (inputs.value(key) / 100 for key in ("below_line", "popular"))
    return Dots(
        title=Text(
            "Sous quel seuil de pauvreté ? Ce que disent les chiffres publiés",
            "Under which poverty threshold? What the published figures say",
        ),
        notes=dl.Notes(
            reading=Text(
                "Si les 22 % sont à 855 euros, de 22 à 51 % des répondants sont pauvres au seuil usuel de 1 026 euros "
                "par mois : les chiffres publiés n’en disent pas plus.",
                "If the 22% are at 855 euros, 22% to 51% of respondents are poor at the usual line of 1,026 euros a "
                "month: the published figures say no more.",
            ),
            coverage=PEOPLE_ASKED,
            source=Text(
                f"{REPORT.fr} ; seuils de 2016 : Insee et Observatoire des inégalités.",
                f"{REPORT.en}; lines of 2016: INSEE and Observatoire des inégalités.",
            ),
            note=Text(
                "Seuils pour une personne seule. Le rapport ne dit pas à quel seuil sont les 22 % : la moitié de la "
                "médiane est très probable. Aucune valeur du fichier synthétique n’est donnée ici.",
                "Lines for one person. The report does not say at which line the 22% is: half the median is very "
                "probable. No value of the synthetic file is given here.",
            ),
        ),
        alt=Text(
            "Losanges et bornes : 22 % sous 855 euros, entre 22 et 51 % sous 1 026 euros, 51 % sous 1 265 euros",
            "Diamonds and bounds: 22% under 855 euros, between 22% and 51% under 1,026 euros, 51% under 1,265 euros",
        ),
        rows=(
            Dot(
                Text("855 €, moitié de la médiane (supposé)", "€855, half the median (supposed)"),
                published=below,
            ),
            Dot(
                Text("1 026 €, 60 % de la médiane", "€1,026, 60% of the median"),
                None,
                below,
                popular,
                bounds=True,
            ),
            Dot(
                Text("1 265 €, catégories populaires", "€1,265, popular categories"),
                published=popular,
            ),
        ),
        axis=Text("Part des répondants sous le seuil", "Share of respondents under the line"),
        percent=True,
    )


def _words(inputs: Inputs, kind: str, name: str) -> dict[str, Text]:
    with (inputs.study.folder / "wording.toml").open("rb") as file:
        return {key: Text(**pair) for key, pair in tomllib.load(file)[kind][name].items()}


def _both_sides(inputs: Inputs) -> Dots:
    """Draw the shares under and over each line, as published, as their complement, or as bounds."""
    said = _words(inputs, "figures", "both-sides-of-the-line")
    below, popular = (inputs.value(key) / 100 for key in ("below_line", "popular"))
    under, over = Text("En dessous", "Under"), Text("Au-dessus", "Over")
    half, usual, low_class = (
        Text("855 € (moitié de la médiane, supposé)", "€855 (half the median, supposed)"),
        Text("1 026 € (60 % de la médiane)", "€1,026 (60% of the median)"),
        Text("1 265 € (catégories populaires)", "€1,265 (popular categories)"),
    )
    return Dots(
        title=said["title"],
        notes=dl.Notes(reading=said["lecture"], coverage=PEOPLE_ASKED, source=said["source"], note=said["note"]),
        alt=said["alt"],
        rows=(
            Dot(half, published=below, group=under),
            Dot(usual, None, below, popular, group=under, bounds=True),
            Dot(low_class, published=popular, group=under),
            Dot(half, published=1 - below, group=over),
            Dot(usual, None, 1 - popular, 1 - below, group=over, bounds=True),
            Dot(low_class, published=1 - popular, group=over),
        ),
        axis=Text("Part des répondants", "Share of respondents"),
        percent=True,
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the tables of the report."""
    return {
        "shares": lambda language: _shares(inputs, language),
        "check-by-sex": lambda language: _check(inputs, language),
        "two-surveys": lambda language: _two_surveys(inputs, language),
        "every-base": lambda language: _every_base(inputs, language),
    }


def complements(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Return full time beside micro-work on every base: permanent contracts, then any, of everyone and of the active.

    In the synthetic file the working time of those without a permanent contract is drawn, not known: it is taken out
    first, so that what is said of any contract is bounds.
    """
    data = microdata(inputs)
    frame = data.frame
    if is_synthetic(inputs):
        frame = frame.assign(working_time=frame["working_time"].mask(frame["contract"] == 2))
    # the label of the second answer names several situations, unemployment among them, and would be read as one
    contract = data.codebook["contract"].values | {2: Text("autre", "other")}
    data = dl.Microdata(frame, data.codebook.described("contract", values=contract))
    jobs = dl.main_job(data, status="working_time", contract="contract", unread="undecided")
    everyone = dl.declare_design(jobs, kind="opt-in")
    active = everyone.where("inactive == 2")
    permanent = "main_job_contract == 'permanent' and main_job_time == 'full'"
    return {
        "permanent": dl.complement(everyone, works_beside=permanent).frame.set_index("category"),
        "permanent, active": dl.complement(active, works_beside=permanent).frame.set_index("category"),
        "any, active": dl.complement(active).frame.set_index("category"),
        "any": dl.complement(everyone).frame.set_index("category"),
    }


def _every_base(inputs: Inputs, language: Language) -> GT:
    found = inputs.once("complements", lambda: complements(inputs))
    permanent = Text("en CDI et à temps plein", "permanent and full time")
    whoever = Text("à temps plein, tout contrat", "full time, any contract")
    everyone = Text("tous les répondants", "all respondents")
    active = Text("non-inactifs", "those not inactive")
    holders = Text("titulaires d’un CDI", "holders of a permanent contract")
    claimed = inputs.value("full_time") / 100
    cells = [
        [who.in_(language), base.in_(language), *_on_base(found[key], wanted, claimed, language)]
        for who, base, key, wanted in (
            (permanent, holders, "permanent", ("permanent",)),
            (permanent, active, "permanent, active", ("everyone",)),
            (permanent, everyone, "permanent", ("everyone",)),
            (whoever, active, "any, active", ("at_least", "at_most")),
            (whoever, everyone, "any", ("at_least", "at_most")),
        )
    ]
    heads = {
        "fr": ("À côté du micro-travail", "En % de…", "Personnes", "Sur", "Part", "71 % ?"),
        "en": ("Beside micro-work", "In % of…", "People", "Of", "Share", "71%?"),
    }[language]
    said = _words(inputs, "tables", "every-base")
    made = is_synthetic(inputs)
    notes = dl.Notes(
        coverage=PEOPLE_ASKED,
        source=_source(inputs),
        note=said["note"] if made else NOTHING,
        synthetic=made,
    )
    return table_of(
        pd.DataFrame(cells, columns=heads),
        _named(inputs, said["title"].fr, said["title"].en),
        "",
        notes.lines(language),
        dict.fromkeys(heads[2:], "right"),
        language=language,
    )


def _on_base(
    frame: pd.DataFrame, wanted: tuple[str, ...], claimed: float, language: Language
) -> tuple[str, str, str, str]:
    """Print who is counted, of how many, the share or its bounds, and whether the claim is among them."""
    kept = frame.loc[[name for name in wanted if name in frame.index] or ["everyone"]]
    to = {"fr": " à ", "en": " to "}[language]
    counted = to.join(number(value, language) for value in kept["numerator"])
    shares = to.join(percent(value, language) for value in kept["estimate"])
    # the claim is printed without decimals
    holds = kept["estimate"].min() - 0.005 <= claimed <= kept["estimate"].max() + 0.005
    if not holds:
        answer = Text("non", "no")
    elif len(kept) == 1:
        answer = Text("oui", "yes")
    else:
        answer = Text("possible", "possible")
    return counted, number(kept["n"].iloc[0], language), shares, answer.in_(language)


def shares(inputs: Inputs) -> Estimates:
    """Estimate every answer of the questions whose shares were published, with intervals."""
    return dl.estimate(_sample(inputs), *(dl.share(name) for name in ("sex", "age", "contract", "money")))


def _shares(inputs: Inputs, language: Language) -> GT:
    note = Text(
        "Les catégories sans chiffre publié suivent une hypothèse : le plus d’incertitude possible.",
        "Categories without a published figure follow an assumption: as much uncertainty as possible.",
    )
    title = _named(inputs, "Profil des répondants", "Profile of respondents")
    return _table(inputs, shares(inputs), language, title, note)


def _check(inputs: Inputs, language: Language) -> GT:
    by_sex = dl.estimate(_sample(inputs), dl.arpr("living_standard", threshold=_lines()[0]), by="sex")
    note = Text(
        "Contrôle du calcul par domaine : ces deux taux ne sont pas des résultats, aucun n’a été publié.",
        "A check of computation by domain: these two rates are no results, neither was published.",
    )
    title = _named(inputs, "Sous 855 euros par mois, par sexe", "Under 855 euros a month, by sex")
    return _table(inputs, by_sex, language, title, note)


def _table(inputs: Inputs, estimates: Estimates, language: Language, title: Text, note: Text) -> GT:
    made = is_synthetic(inputs)
    notes = dl.Notes(
        coverage=PEOPLE_ASKED, source=_source(inputs), note=note if made else NOTHING, synthetic=made
    )
    return dl.table(estimates, language, title=title, labels=microdata(inputs).codebook, notes=notes)


def _two_surveys(inputs: Inputs, language: Language) -> GT:
    mean = money(inputs.value("earnings"), "EUR", language, 0)
    women, most_active = (
        percent(inputs.value(key) / 100, language) for key in ("women", "foule_factory_women_class_4")
    )
    heads = {"fr": ("", "DiPLab", "Enquête des critiques"), "en": ("", "DiPLab", "The critics’ survey")}[
        language
    ]
    cells = {
        "fr": [
            ("Plateformes", "toutes ; répondants recrutés sur Foule Factory", "Foule Factory seule"),
            (
                "Revenu par mois",
                f"{mean} en moyenne",
                "moins de 5 € pour deux tiers, plus de 10 € pour un sur dix",
            ),
            ("Femmes", f"{women} des répondants", f"{most_active} de la classe la plus active"),
        ],
        "en": [
            ("Platforms", "all; respondents recruited on Foule Factory", "Foule Factory alone"),
            ("Earnings a month", f"{mean} on average", "under €5 for two thirds, over €10 for one in ten"),
            ("Women", f"{women} of respondents", f"{most_active} of the most active class"),
        ],
    }[language]
    note = Text(
        "Deux enquêtes, d’autres personnes et d’autres questions : ne pas diviser un chiffre de l’une par un chiffre "
        "de l’autre. Chiffres publiés ; aucun ne vient du fichier synthétique.",
        "Two surveys, other people and other questions: do not divide a figure of one by a figure of the other. "
        "Published figures; none comes from the synthetic file.",
    )
    source = Text(
        f"{REPORT.fr} ; Barraud de Lagerie, Gros et Sigalo Santos (2018), d’après le résumé du LIEPP.",
        f"{REPORT.en}; Barraud de Lagerie, Gros and Sigalo Santos (2018), from the LIEPP summary.",
    )
    said = [
        (term(f"note.{label}", language), each.in_(language))
        for label, each in (("note", note), ("source", source))
    ]
    title = Text("Deux enquêtes de 2018, côte à côte", "Two surveys of 2018, side by side")
    return table_of(pd.DataFrame(cells, columns=heads), title, notes_lines=said, language=language)
