"""Populations of known size, how they are seen, and the estimators that read them: for population_coverage.py.

A world draws what somebody would observe and says the true number; its words begin with `own model`
where the estimators beside it assume just that, and name what is violated elsewhere.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

import diplab as dl
from diplab import population

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Random = np.random.Generator


class Answer(NamedTuple):
    """What an estimator said of one sample."""

    estimate: float
    std_error: float
    low: float
    high: float
    flag: str


@dataclass(frozen=True)
class World:
    """What is seen of a population of known size.

    Parameters
    ----------
    part : str
        The function of `dl.population` that is looked at.
    words : str
        The population, for the table.
    draw : callable
        From a generator of random numbers to what is observed and the true number (or several, by
        name).
    readings : mapping of str to callable
        Estimators by their name in the table, from what is observed to an `Answer`.
    samples : int
    bounds : tuple of str
        Readings that are lower bounds in this world, not estimates.
    truth : mapping of str to str
        Which of several true numbers a reading is of.
    """

    part: str
    words: str
    draw: Callable[[Random], tuple[Any, Any]]
    readings: Mapping[str, Callable[[Any], Answer]]
    samples: int = 1000
    bounds: tuple[str, ...] = ()
    truth: Mapping[str, str] | None = None


def answer(found: Any, statistic: str | None = None, category: str | None = None) -> Answer:
    frame = found.frame
    if statistic is not None:
        frame = frame[frame["statistic"] == statistic]
    if category is not None:
        frame = frame[frame["category"].astype(str) == category]
    return answer_of(frame.iloc[0])


def answer_of(row: pd.Series) -> Answer:
    return Answer(
        row["estimate"], row["std_error"], row["ci_low"], row["ci_high"], str(row["flag"] or "")
    )


def remembered(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the same function that does not work twice on the sample it was last given."""
    last: list[Any] = [None, None]

    def reading(seen: Any) -> Any:
        if last[0] is not seen:
            last[:] = [seen, read(seen)]
        return last[1]

    return reading


# Two lists
# -----------------------------------------------------------------------------------------------------------

TWO_LISTS = [
    ("petersen", "normal"), ("petersen", "share"), ("petersen", "hypergeometric"), ("petersen", "poisson"),
    ("chapman", "normal"), ("chapman", "hypergeometric"), ("chapman", "poisson"),
]  # fmt: skip
BAILEY = [("bailey", "normal"), ("bailey", "binomial"), ("bailey", "poisson")]


def two_lists_of(ways: list[tuple[str, str]]) -> dict[str, Any]:
    def read(estimator: str, interval: str) -> Any:
        return lambda seen: answer(population.two_sample(*seen, estimator, interval))

    return {f"{estimator}, {interval}": read(estimator, interval) for estimator, interval in ways}


def overlap(first: int, second: int, size: int = 1000) -> Any:
    return lambda random: (
        (first, second, int(random.hypergeometric(first, size - first, second))),
        size,
    )


def with_replacement(random: Random) -> Any:
    return (300, 250, int(random.binomial(250, 0.3))), 1000


def two_kinds(random: Random) -> Any:
    easily = np.repeat([1.5, 0.5], 500)
    one, two = random.random(1000) < 0.3 * easily, random.random(1000) < 0.25 * easily
    return (int(one.sum()), int(two.sum()), int((one & two).sum())), 1000


def follow_up(random: Random) -> Any:
    one = random.random(1000) < 0.3
    two = random.random(1000) < np.where(one, 0.4, 0.2)
    return (int(one.sum()), int(two.sum()), int((one & two).sum())), 1000


def two_lists() -> list[World]:
    both = two_lists_of([*TWO_LISTS, *BAILEY])
    return [
        World("two_sample", "own model: lists of 300 and 250 of 1,000, independent", overlap(300, 250),
              two_lists_of(TWO_LISTS)),
        World("two_sample", "own model, short lists: 80 and 100 of 1,000, 8 on both", overlap(80, 100),
              two_lists_of(TWO_LISTS)),
        World("two_sample", "own model: second list of 250 drawn with replacement", with_replacement,
              two_lists_of(BAILEY)),
        World("two_sample", "unequal chances: half are 3 times as easily on either list", two_kinds, both),
        World("two_sample", "dependence: who is on the first list is twice as easily on the second", follow_up, both),
    ]  # fmt: skip


# Several catches
# -----------------------------------------------------------------------------------------------------


def catches(entries: int) -> Any:
    def draw(random: Random) -> Any:
        met = random.random((1000, 6)) < 0.08
        met[:entries, :3] = False
        before = np.cumsum(met, axis=1) - met > 0
        known = [int(before[:, at].sum()) for at in range(6)]
        return (known, met.sum(axis=0).tolist(), (met & before).sum(axis=0).tolist()), 1000

    return draw


def several_catches() -> list[World]:
    def read(estimator: str) -> Any:
        return lambda seen: answer(population.schnabel(*seen, estimator))

    readings = {name: read(name) for name in ("schnabel", "schnabel_chapman", "schumacher")}
    return [
        World("schnabel", "own model: 1,000 persons, 6 catches of 8 %", catches(0), readings),
        World(
            "schnabel",
            "entries: 250 of the 1,000 come after the third catch",
            catches(250),
            readings,
        ),
    ]


# Closed populations
# --------------------------------------------------------------------------------------------------


def histories_of(
    chances: NDArray[np.float64], again: NDArray[np.float64], random: Random
) -> NDArray[np.int_]:
    """Return the histories of those caught; `again` are the chances once caught. Both persons x occasions."""
    luck = random.random(chances.shape)
    seen = np.zeros(chances.shape, dtype=bool)
    caught = np.zeros(chances.shape[0], dtype=bool)
    for at in range(chances.shape[1]):
        seen[:, at] = luck[:, at] < np.where(caught, again[:, at], chances[:, at])
        caught |= seen[:, at]
    return seen[caught].astype(int)


def chances_of(odds: Any, shift: float = 0.0, size: int = 500, person: Any = None) -> Any:
    def draw(random: Random) -> Any:
        own = np.zeros(size) if person is None else person(random, size)
        line = np.asarray(odds, dtype=float)[None, :] + own[:, None]
        first, again = (1 / (1 + np.exp(-each)) for each in (line, line + shift))
        return histories_of(first, again, random), size

    return draw


def logit(chance: Any) -> Any:
    return np.log(np.asarray(chance) / (1 - np.asarray(chance)))


EQUAL, RISING = logit([0.2] * 6), logit([0.12, 0.16, 0.2, 0.24, 0.28, 0.32])
FIRST_EASILY = logit([0.4, 0.2, 0.2, 0.2, 0.2, 0.2])
SHAPES = {
    "poisson2": lambda k: 2.0**k - 1,
    "darroch": lambda k: k**2 / 2,
    "gamma3.5": lambda k: -np.log(3.5 + k) + np.log(3.5),
}
SPREAD = {"poisson2": 0.12, "darroch": 0.5, "gamma3.5": 12.0}
LEVEL = {"poisson2": -2.0, "darroch": -2.4, "gamma3.5": 1.0}


def log_linear_histories(shape: str, odds: Any, size: int = 500) -> Any:
    """All histories with probabilities of the log-linear model itself, nobody seen included."""
    odds = np.asarray(odds)
    table = (np.arange(2**odds.size)[:, None] >> np.arange(odds.size)) & 1
    weight = np.exp(table @ odds + SPREAD[shape] * SHAPES[shape](table.sum(axis=1)))
    weight /= weight.sum()

    def draw(random: Random) -> Any:
        cells = random.multinomial(size, weight)[1:]
        return np.repeat(table[1:], cells, axis=0), size

    return draw


def unequal(random: Random, size: int) -> Any:
    return logit(np.clip(random.beta(1.5, 6.0, size), 1e-6, 1 - 1e-6)) - logit(0.2)


def closed_of(*models: str) -> dict[str, Any]:
    def read(name: str) -> Any:
        model, _, shape = name.partition(" ")
        options = {"heterogeneity": shape} if shape else {}
        return lambda seen: answer(population.closed(seen, model, **options))

    return {name: read(name) for name in models}


def closed_populations() -> list[World]:
    worlds = [
        World("closed", "own model: 500 persons, 6 occasions of 20 %", chances_of(EQUAL),
              closed_of("M0", "Mh chao"), 200),
        World("closed", "own model: occasions of 12 to 32 %", chances_of(RISING), closed_of("Mt", "Mth chao"), 200),
        World("closed", "own model: once caught, half as easily again", chances_of(EQUAL, -0.8), closed_of("Mb")),
        World("closed", "own model: the same, 40 % on the first occasion", chances_of(FIRST_EASILY, -0.8),
              closed_of("Mbh")),
        World("closed", "own model: the same, occasions of 12 to 32 %", chances_of(RISING, -0.8), closed_of("Mtb")),
    ]  # fmt: skip
    for shape in SHAPES:
        level = LEVEL[shape]
        worlds += [
            World("closed", f"own model: log-linear, {shape}", log_linear_histories(shape, [level] * 6),
                  closed_of(f"Mh {shape}"), 200),
            World("closed", f"own model: log-linear, {shape}, occasions differ",
                  log_linear_histories(shape, level + np.linspace(-0.5, 0.5, 6)), closed_of(f"Mth {shape}"), 200),
        ]  # fmt: skip
    normal = chances_of(EQUAL, person=lambda random, size: random.normal(0, 1, size))
    normal_t = chances_of(RISING, person=lambda random, size: random.normal(0, 1, size))
    every = ("M0", "Mt", "Mb", "Mbh", "Mtb", "Mh chao", "Mth chao", "Mh poisson2", "Mh darroch", "Mh gamma3.5",
             "Mh normal", "Mth darroch")  # fmt: skip
    return [
        *worlds,
        World("closed", "own model: log-odds normal with spread 1", normal, closed_of("Mh normal"), 200),
        World("closed", "own model: the same, occasions differ", normal_t, closed_of("Mth normal"), 200),
        World("closed", "unequal chances: a beta law of mean 20 % and spread 14 points",
              chances_of(EQUAL, person=unequal), closed_of(*every), 100, ("Mh chao", "Mth chao")),
        World("closed", "dependence: once caught, half as easily again", chances_of(EQUAL, -0.8),
              closed_of("M0", "Mt", "Mh chao", "Mth chao", "Mh darroch"), 100, ("Mh chao", "Mth chao")),
    ]  # fmt: skip


# Single source
# -------------------------------------------------------------------------------------------------------

OVER_OCCASIONS = ("chao_t", "chao2", "chao2_bc")
BOUNDS = ("chao", "chao_bc", "chao1", "chao1_bc", "ichao", *OVER_OCCASIONS)


def counted(times: NDArray[np.int_]) -> list[int]:
    return np.bincount(times)[1:].tolist()


def single_source_of(*ways: str, occasions: int | None = None) -> dict[str, Any]:
    def read(way: str) -> Any:
        name, _, duplicates = way.partition(", duplicates=")
        declared = int(duplicates) if duplicates else None
        return lambda seen: answer(
            population.single_source(seen, name, occasions, duplicates=declared)
        )

    return {way: read(way) for way in ways}


def rates(draw: Any, size: int = 1000, once: float = 0.0, false: int = 0) -> Any:
    """Counts by `draw`; a share `once` of those seen never comes back; false accounts are seen once."""

    def counts(random: Random) -> Any:
        times = draw(random, size)
        times = np.where((times > 0) & (random.random(size) < once), 1, times)
        return counted(np.append(times, np.ones(false, dtype=int))), size

    return counts


def poisson(mean: float) -> Any:
    return lambda random, size: random.poisson(mean, size)


def gamma_poisson(mean: float, shape: float) -> Any:
    return lambda random, size: random.poisson(random.gamma(shape, mean / shape, size))


def over_occasions(alpha: float | None, size: int = 1000) -> Any:
    def counts(random: Random) -> Any:
        chance = np.full(size, 0.1) if alpha is None else random.beta(alpha, 9 * alpha, size)
        return counted(random.binomial(10, chance)), size

    return counts


def everyone_once(law: str) -> Any:
    def counts(random: Random) -> Any:
        times = random.poisson(1.5, 1000) if law == "poisson" else random.geometric(0.4, 1000) - 1
        return counted(np.where(random.random(1000) < 0.2, 1, times)), 1000

    return counts


def behind_a_hurdle(random: Random) -> Any:
    none, one = np.exp(-1.5), 1.5 * np.exp(-1.5)
    seen = int((random.random(1000) > none / (1 - one)).sum())
    times = np.random.default_rng(random.integers(2**32)).poisson(1.5, 8 * seen)
    often = times[times > 1][:seen]
    return counted(np.where(random.random(seen) < 0.4, 1, often)), 1000


def single_sources() -> list[World]:
    homogeneous = (
        "poisson",
        "chao",
        "chao_bc",
        "chao1",
        "chao1_bc",
        "ichao",
        "zelterman",
        "ace",
        "ace_1",
    )
    part = "single_source"
    return [
        World(part, "own model: 1,000 persons, all at a rate of 1", rates(poisson(1.0)),
              single_source_of(*homogeneous)),
        World(part, "own model, seldom seen: all at a rate of 0.3", rates(poisson(0.3)),
              single_source_of("poisson", "chao", "chao_bc", "chao1", "ichao", "zelterman")),
        World(part, "own model: geometric, mean 1", rates(gamma_poisson(1.0, 1.0)), single_source_of("geometric")),
        World(part, "own model: negative binomial, mean 1.5, shape 1.5, 3,000 persons",
              rates(gamma_poisson(1.5, 1.5), 3000), single_source_of("negative_binomial"), 500),
        World(part, "own model: 10 occasions of 10 %", over_occasions(None),
              single_source_of(*OVER_OCCASIONS, occasions=10)),
        World(part, "no model of their own: 10 occasions, chances of a beta law, mean 10 %, spread 6",
              over_occasions(2.3), single_source_of("jackknife1", "jackknife2", "ace", "ace_1", *OVER_OCCASIONS,
              "ichao", occasions=10), bounds=(*OVER_OCCASIONS, "ichao")),
        World(part, "own model: rate 1.5, a fifth of those seen never comes back", rates(poisson(1.5), once=0.2),
              single_source_of("one_inflated_poisson")),
        World(part, "own model: the same, geometric", rates(lambda random, size: random.geometric(0.4, size) - 1,
              once=0.2), single_source_of("one_inflated_geometric")),
        World(part, "own model: rate 1.5, a fifth of all is seen exactly once", everyone_once("poisson"),
              single_source_of("truncated_one_inflated_poisson", "zero_one_truncated_poisson", "oichao")),
        World(part, "own model: the same, geometric", everyone_once("geometric"),
              single_source_of("truncated_one_inflated_geometric", "zero_one_truncated_geometric")),
        World(part, "own model: all at a rate of 1.5", rates(poisson(1.5)),
              single_source_of("zero_one_truncated_poisson")),
        World(part, "own model: geometric, mean 1.5", rates(gamma_poisson(1.5, 1.0)),
              single_source_of("zero_one_truncated_geometric")),
        World(part, "own model: rate 1.5, a hurdle after the first time, which 60 % pass", behind_a_hurdle,
              single_source_of("hurdle_poisson")),
        World(part, "unequal rates: gamma of mean 1 and spread 0.7", rates(gamma_poisson(1.0, 2.0)),
              single_source_of(*homogeneous, "geometric"), bounds=("chao", "chao_bc", "chao1", "chao1_bc", "ichao")),
        World(part, "false accounts: 150 that nobody stands behind, seen once", rates(poisson(1.0), false=150),
              single_source_of(*homogeneous, "one_inflated_poisson", "truncated_one_inflated_poisson",
                               "poisson, duplicates=150", "chao, duplicates=150"),
              bounds=("chao", "chao_bc", "chao1", "chao1_bc", "ichao")),
        World(part, "unequal rates where a fifth never comes back", rates(gamma_poisson(1.5, 2.0), once=0.2),
              single_source_of("one_inflated_poisson", "oichao", "truncated_one_inflated_poisson", "hurdle_poisson",
                               "one_inflated_geometric")),
    ]  # fmt: skip


def beta_laws() -> list[World]:
    def read(seen: Any) -> Answer:
        return answer(population.beta_binomial(seen, 10), "beta_binomial")

    def kinds(random: Random) -> Any:
        return counted(random.binomial(10, np.repeat([0.04, 0.3], [700, 300]))), 1000

    def even(random: Random) -> Any:
        return counted(random.binomial(10, random.beta(2.0, 6.0, 1000))), 1000

    return [
        World(
            "beta_binomial",
            "own model: 10 occasions, chances of a beta law (2, 6)",
            even,
            {"likelihood": read},
            500,
        ),
        World(
            "beta_binomial",
            "another law: 700 seen at 4 %, 300 at 30 %",
            kinds,
            {"likelihood": read},
            500,
        ),
    ]


# Regressions
# ---------------------------------------------------------------------------------------------------------


def traits(law: str, hidden: float = 0.0, size: int = 1000, once: float = 0.0) -> Any:
    def draw(random: Random) -> Any:
        age, unknown = random.normal(size=(2, size))
        rate = np.exp(-0.1 + 0.5 * age + hidden * unknown)
        shape = {"poisson": None, "geometric": 1.0, "negative_binomial": 2.0}[law]
        rate = rate if shape is None else rate * random.gamma(shape, 1 / shape, size)
        times = random.poisson(rate)
        times = np.where((times > 0) & (random.random(size) < once), 1, times)
        seen = pd.DataFrame({"times": times, "age": age})
        return seen[seen["times"] > 0], size

    return draw


def regression_of(*ways: str) -> dict[str, Any]:
    def read(way: str) -> Any:
        family, _, variance = way.partition(", ")
        return lambda seen: answer(
            population.single_source_regression(
                "~ age", seen, "times", family, variance=variance or "analytic"
            )
        )

    return {way: read(way) for way in ways}


def sampled_of_seen(random: Random) -> Any:
    """One in five of those seen in the first stratum, two in five in the second, without replacement."""
    kind, stratum = random.integers(0, 2, (2, 4000))
    times = random.poisson(np.exp(-0.2 + 0.5 * kind + 0.3 * stratum))
    seen = pd.DataFrame({"times": times, "kind": kind, "stratum": stratum})[times > 0]
    parts = []
    for place, share in ((0, 0.2), (1, 0.4)):
        own = seen[seen["stratum"] == place]
        taken = own.sample(round(share * len(own)), random_state=random)
        parts.append(taken.assign(w=len(own) / len(taken), everybody=len(own)))
    return dl.declare_design(pd.concat(parts), weights="w", strata="stratum", fpc="everybody"), 4000


def regression_of_sample(sample: Any) -> Answer:
    return answer(
        population.single_source_regression("~ kind + stratum", sample, "times", "poisson")
    )


def regressions() -> list[World]:
    part = "single_source_regression"
    known = ("poisson", "poisson, HC1", "chao", "chao, HC1", "zelterman", "zelterman, HC1")
    bounds = ("chao", "chao, HC1")
    return [
        World(part, "own model: 1,000 persons, rates exp(-0.1 + 0.5 age)", traits("poisson"), regression_of(*known),
              500),
        World(part, "own model: the same, geometric", traits("geometric"),
              regression_of("geometric", "geometric, HC1"), 500),
        World(part, "own model: negative binomial of shape 2, 3,000 persons",
              traits("negative_binomial", size=3000), regression_of("negative_binomial"), 300),
        World(part, "own model: a fifth of those seen never comes back", traits("poisson", once=0.2),
              regression_of("one_inflated_poisson", "one_inflated_poisson, HC1"), 500),
        World(part, "a trait left out, as strong as age", traits("poisson", hidden=0.5),
              regression_of(*known, "geometric"), 500, bounds=bounds),
        World(part, "own model: a stratified sample of those seen, of 4,000 persons", sampled_of_seen,
              {"poisson, linearised": regression_of_sample}, 300),
    ]  # fmt: skip


def persons_with_age(odds: Any, shift: float = 0.0) -> Any:
    def draw(random: Random) -> Any:
        age = random.normal(size=500)
        line = np.asarray(odds)[None, :] + 0.8 * age[:, None]
        first, again = (1 / (1 + np.exp(-each)) for each in (line, line + shift))
        luck, caught = random.random(first.shape), np.zeros(500, dtype=bool)
        seen = np.zeros(first.shape, dtype=int)
        for at in range(first.shape[1]):
            seen[:, at] = luck[:, at] < np.where(caught, again[:, at], first[:, at])
            caught |= seen[:, at] > 0
        return pd.DataFrame(seen[caught], columns=list("abcdef")).assign(age=age[caught]), 500

    return draw


def individuals() -> list[World]:
    def read(model: str, covariates: str) -> Any:
        return lambda seen: answer(
            population.individual(f"a + b + c + d + e + f ~ {covariates}", seen, model)
        )

    def of(*models: str, covariates: str = "age") -> dict[str, Any]:
        return {f"{model} ~ {covariates}": read(model, covariates) for model in models}

    return [
        World("individual", "own model: 500 persons, 6 occasions, log-odds with 0.8 age", persons_with_age(EQUAL),
              of("M0"), 500),
        World("individual", "own model: the same, occasions differ", persons_with_age(RISING), of("Mt"), 500),
        World("individual", "own model: the same, once caught half as easily again", persons_with_age(EQUAL, -0.8),
              of("Mb"), 500),
        World("individual", "own model: both", persons_with_age(RISING, -0.8), of("Mtb"), 500),
        World("individual", "a trait left out: age", persons_with_age(EQUAL), of("M0", "Mt", "Mb", covariates="1"),
              500),
    ]  # fmt: skip


# Overlapping lists
# ---------------------------------------------------------------------------------------------------

LIST_ODDS = logit([0.12, 0.15, 0.10, 0.08])


def on_lists(attract: float, differ: float) -> Any:
    """5,000 persons; being on list 1 raises the log-odds of list 2; log-odds of persons differ."""

    def draw(random: Random) -> Any:
        odds = LIST_ODDS + random.normal(0, differ, (5000, 1))
        on = random.random((5000, 4)) < 1 / (1 + np.exp(-odds))
        on[:, 1] = random.random(5000) < 1 / (1 + np.exp(-(odds[:, 1] + attract * on[:, 0])))
        return pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcd")), 5000

    return draw


def overlapping_lists() -> list[World]:
    def quiet(done: int) -> None:
        return None

    def model(terms: str, heterogeneity: Any = None) -> Any:
        return lambda seen: answer(population.lists(seen, terms=terms, heterogeneity=heterogeneity))

    once = remembered(lambda seen: population.search_lists(seen, progress=quiet))
    many = remembered(
        lambda seen: population.search_lists(seen, bootstrap=200, seed=1, progress=quiet)
    )

    def repeated(row: int) -> Any:
        return lambda seen: answer_of(many(seen).repeated.frame.iloc[row])

    models = {terms: model(terms) for terms in ("[1,2,3,4]", "[12,3,4]")}
    darroch = {"[1,2,3,4], darroch": model("[1,2,3,4]", "darroch")}
    searches = {
        "BIC": lambda seen: answer(once(seen)),
        "AIC": lambda seen: answer(population.search_lists(seen, criterion="aic", progress=quiet)),
        "average by BIC": lambda seen: answer(once(seen).average),
    }
    again = {
        "BIC, choice repeated, BCa": repeated(0),
        "BIC, choice repeated, percentiles": repeated(1),
    }
    truths = [
        ("own model: 5,000 persons, 4 independent lists of 8 to 15 %", on_lists(0, 0), models),
        (
            "own model of [12,3,4]: the odds of list 2 are e times higher on list 1",
            on_lists(1, 0),
            models,
        ),
        (
            "unequal chances: log-odds of persons differ, spread 0.8",
            on_lists(0, 0.8),
            models | darroch,
        ),
    ]
    worlds = [World("lists", words, draw, readings, 300) for words, draw, readings in truths]
    worlds += [World("search_lists", words, draw, searches, 100) for words, draw, _ in truths]
    return worlds + [
        World("search_lists", f"{words} (200 replicates)", draw, again, 30)
        for words, draw, _ in truths
    ]


# Comings and goings
# --------------------------------------------------------------------------------------------------


def present(unequal_chances: bool) -> Any:
    def draw(random: Random) -> Any:
        entry = np.repeat(np.arange(6), [500, 100, 100, 100, 100, 100])
        exit_ = entry + random.geometric(0.2, entry.size)
        occasions = np.arange(6)
        here = (entry[:, None] <= occasions) & (occasions < exit_[:, None])
        chance = (
            random.choice([0.15, 0.65], entry.size) if unequal_chances else np.full(entry.size, 0.4)
        )
        met = here & (random.random(here.shape) < chance[:, None])
        came = int((here[:, 3] & ~here[:, 2]).sum())
        told = {
            "abundance": float(here[:, 2].sum()),
            "survival": 0.8,
            "entries": float(came),
            "ever_present": float(here[:, 1:5].any(axis=1).sum()),
            "half_life": 30 * np.log(2) / -np.log(0.8),
        }
        return met[met.any(axis=1)].astype(int), told

    return draw


def open_populations() -> list[World]:
    wanted = ("abundance", "survival", "entries", "ever_present")

    corrected_sizes = remembered(population.open_population)
    plain_sizes = remembered(lambda seen: population.open_population(seen, corrected=False))

    def read(statistic: str, corrected: bool) -> Any:
        def reading(seen: Any) -> Answer:
            found = corrected_sizes(seen) if corrected else plain_sizes(seen)
            if statistic == "half_life":
                return answer(population.survival_half_life(found, 30))
            return nth(found, statistic)

        return reading

    def nth(found: Any, statistic: str) -> Answer:
        # the third occasion; entries and survivals from it to the fourth
        rows = found.frame[found.frame["statistic"] == statistic]
        return answer_of(rows.iloc[2 if statistic in ("abundance", "survival", "entries") else 0])

    readings = {name: read(name, True) for name in (*wanted, "half_life")}
    readings |= {f"{name}, plain": read(name, False) for name in ("abundance", "survival")}
    truth = {name: name.partition(",")[0] for name in readings}
    return [
        World("open_population", "own model: 500 present, 20 % leave, 100 come, 6 occasions of 40 %", present(False),
              readings, 500, truth=truth),
        World("open_population", "unequal chances: half met at 15 %, half at 65 %", present(True), readings, 500,
              truth=truth),
    ]  # fmt: skip


def windows(spread: bool) -> Any:
    def draw(random: Random) -> Any:
        rate, there = 0.002, 2000
        starts = np.arange(8) * 60.0
        comers = random.poisson(there * rate * 480)
        entry = np.append(np.zeros(there), random.uniform(0, 480, comers))
        exit_ = entry + random.exponential(1 / rate, entry.size)
        chance = random.beta(2.0, 8.0, entry.size) if spread else np.full(entry.size, 0.2)
        met = {
            float(start): np.flatnonzero(
                (entry <= start) & (start < exit_) & (random.random(entry.size) < chance)
            ).tolist()
            for start in starts
        }
        return met, {
            "departure_rate": rate,
            "abundance": float(there),
            "half_life": np.log(2) / rate,
        }

    return draw


def pairs_of_windows() -> list[World]:
    fitted = remembered(population.window_pairs)

    def read(statistic: str) -> Any:
        return lambda seen: answer(fitted(seen), statistic)

    names = ("departure_rate", "abundance", "half_life")
    readings = {name: read(name) for name in names}
    truth = dict(zip(names, names, strict=True))
    return [
        World("window_pairs", "own model: 2,000 present, 0.2 % leave a day, 8 windows of 20 %", windows(False),
              readings, 500, truth=truth),
        World("window_pairs", "unequal chances: a beta law (2, 8)", windows(True), readings, 300, truth=truth),
    ]  # fmt: skip


# Surveys of others
# ---------------------------------------------------------------------------------------------------


def multipliers() -> list[World]:
    def drawn(chance: float, asked: int) -> Any:
        return lambda random: ((3000, int(random.binomial(asked, chance)), asked), 10_000)

    def read(seen: Any) -> Answer:
        return answer(population.multiplier(seen[0], seen[1] / seen[2], share_n=seen[2]))

    return [
        World("multiplier", "own model: 3,000 registered, 30 % of 400 asked say so", drawn(0.3, 400), {"plain": read}),
        World("multiplier", "own model, 60 asked", drawn(0.3, 60), {"plain": read}),
        World("multiplier", "unequal answering: the registered answer 1.5 times as readily",
              drawn(0.45 / 1.15, 400), {"plain": read}),
    ]  # fmt: skip


GROUPS = {"nurses": 50_000, "bakers": 20_000, "cooks": 35_000, "drivers": 100_000}


def acquaintances(told: float = 1.0, clustered: bool = False) -> Any:
    def draw(random: Random) -> Any:
        degree = random.gamma(4.0, 50.0, 400)
        near = random.gamma(0.5, 2.0, 400) if clustered else np.ones(400)
        answers = pd.DataFrame(
            {name: random.poisson(degree * size / 1e6) for name, size in GROUPS.items()}
        )
        answers["riders"] = random.poisson(degree * near * 0.02 * told)
        answers["w"] = 1.0
        visible = random.poisson(random.gamma(4.0, 50.0, 150) * told)
        return (answers, visible), 20_000

    return draw


def network_scale_up() -> list[World]:
    def read(estimator: str) -> Any:
        return lambda seen: answer(
            population.scale_up(seen[0], "riders", 1e6, GROUPS, estimator=estimator)
        )

    def generalised(seen: Any) -> Answer:
        return answer(
            population.scale_up(seen[0], "riders", 1e6, estimator="generalised", visibility=seen[1])
        )

    def ratio(seen: Any) -> Answer:
        sample = dl.declare_design(seen[0], weights="w")
        statistic = population.scale_up_ratio("riders", *GROUPS, sizes=list(GROUPS.values()))
        return answer(dl.estimate(sample, statistic))

    readings = {
        "mle": read("mle"),
        "mle, scale_up_ratio": ratio,
        "pimle": read("pimle"),
        "generalised": generalised,
    }
    return [
        World("scale_up", "own model: 20,000 of a million, 400 asked who know 200 each", acquaintances(), readings),
        World("scale_up", "clustering: the group is known by few, who know many", acquaintances(clustered=True),
              readings),
        World("scale_up", "half of the ties to the group are not told", acquaintances(told=0.5), readings),
    ]  # fmt: skip


@functools.cache
def degrees_by_group() -> dict[str, NDArray[np.int_]]:
    random = np.random.default_rng(5)
    return {
        "a": 3 + random.poisson(random.gamma(2, 3.5, 3000)),
        "b": 3 + random.poisson(random.gamma(2, 6.0, 7000)),
    }


def chains(told: float) -> Any:
    """Everybody recruits up to three of those they know; ties between the groups are as many from either side."""

    def draw(random: Random) -> Any:
        degrees = degrees_by_group()
        ties = {name: float(each.sum()) for name, each in degrees.items()}
        away = {"a": 0.4, "b": 0.4 * ties["a"] / ties["b"]}
        share = ties["a"] / sum(ties.values())
        group = ["a" if luck < share else "b" for luck in random.random(6)]
        above: list[Any] = [None] * 6
        at = 0
        while len(group) < 300:
            # the last who could still recruit does, so that no chain ends early
            coupons = max(int(random.integers(0, 4)), int(at == len(group) - 1))
            for _ in range(coupons):
                other = "b" if group[at] == "a" else "a"
                group.append(other if random.random() < away[group[at]] else group[at])
                above.append(at)
            at += 1
        known = np.array(
            [random.choice(degrees[each], p=degrees[each] / ties[each]) for each in group]
        )
        known = np.where(np.array(group) == "a", np.round(known * told), known)
        return pd.DataFrame(
            {"id": range(len(group)), "recruiter": above, "degree": known, "group": group}
        ), 0.3

    return draw


def respondent_driven() -> list[World]:
    def read(name: str) -> Any:
        return lambda seen: answer(
            population.rds(seen, "group", estimator=name, replicates=500), category="a"
        )

    readings = {name: read(name) for name in ("rds_i", "rds_ii")}
    return [
        World("rds", "own model: share of 30 %, 300 recruited from 6 seeds, with replacement", chains(1.0), readings,
              500),
        World("rds", "degree misreported: the group tells half of whom it knows", chains(0.5), readings, 500),
    ]  # fmt: skip


# Frames and accounts
# -------------------------------------------------------------------------------------------------


def two_frames(hides: float, y: bool = False) -> Any:
    amounts = np.random.default_rng(9).gamma(2.0, 10.0, 7000)

    def draw(random: Random) -> Any:
        # 0 to 3,999 in the first frame alone, 4,000 to 4,999 in both, 5,000 to 6,999 in the second
        # alone
        frames = []
        for low, high, n in ((0, 5000, 300), (4000, 7000, 250)):
            met = random.choice(np.arange(low, high), n, replace=False)
            both = (met >= 4000) & (met < 5000) & (random.random(n) >= hides)
            frames.append(
                pd.DataFrame(
                    {"weight": (high - low) / n, "both": both.astype(int), "y": amounts[met]}
                )
            )
        return tuple(frames), float(amounts.sum()) if y else 7000

    return draw


def dual_frames() -> list[World]:
    def read(estimator: str, y: str | None, sizes: tuple[float, float] | None = None) -> Any:
        return lambda seen: answer(population.dual_frame(*seen, estimator, y=y, frame_sizes=sizes))

    names = ("hartley", "fuller_burmeister", "kalton_anderson", "multiplicity")
    persons = {name: read(name, None) for name in names} | {
        "hartley, sizes known": read("hartley", None, (5000, 3000))
    }
    totals = {f"{name}, total of y": read(name, "y") for name in names}
    return [
        World(
            "dual_frame",
            "own model: 5,000 and 3,000, 1,000 in both, 300 and 250 drawn",
            two_frames(0),
            persons,
        ),
        World("dual_frame", "own model: total of an amount", two_frames(0, y=True), totals),
        World("dual_frame", "a fifth of those in both say they are not", two_frames(0.2), persons),
    ]


@functools.cache
def holders() -> Any:
    random = np.random.default_rng(11)
    held = random.random((4000, 3)) < [0.5, 0.3, 0.2]
    return held[held.any(axis=1)]


def forget(number: NDArray[np.int_], share: float, random: Random) -> NDArray[np.int_]:
    return np.where((number > 1) & (random.random(number.size) < share), number - 1, number)


def platforms(forgets: float) -> Any:
    def draw(random: Random) -> Any:
        held = holders()
        number = held.sum(axis=1)
        accounts, told = {}, {}
        for at, (name, n) in enumerate((("A", 100), ("B", 80), ("C", 60))):
            members = np.flatnonzero(held[:, at])
            accounts[name] = float(members.size)
            met = random.choice(members, n, replace=False)
            told[name] = forget(number[met], forgets, random).tolist()
        return (accounts, told), len(held)

    return draw


def drawn_accounts(forgets: float) -> Any:
    def draw(random: Random) -> Any:
        held = holders()
        owner, _ = np.nonzero(held)
        number = forget(held.sum(axis=1), forgets, random)
        met = random.choice(owner.size, 300, replace=False)
        links = pd.DataFrame({"account": met, "person": owner[met], "weight": owner.size / 300})
        links["links"] = np.maximum(
            number[owner[met]], links.groupby("person")["account"].transform("count")
        )
        return links, len(held)

    return draw


def people_asked(sampled: str) -> Any:
    def draw(random: Random) -> Any:
        number = holders().sum(axis=1)
        chance = number / number.sum() if sampled == "accounts" else None
        met = random.choice(number, 200, p=chance)
        return pd.DataFrame({"platforms": met, "w": 1.0}), float(number.mean())

    return draw


def asked_on_one(random: Random) -> Any:
    held = holders()[:, :2]
    held = held[held.any(axis=1)]
    number = held.sum(axis=1)
    met = random.choice(np.flatnonzero(held[:, 0]), 200)
    return pd.DataFrame({"other": held[met, 1].astype(float), "w": 1.0}), float(number.mean())


def frames_and_accounts() -> list[World]:
    def multiplicity(seen: Any) -> Answer:
        return answer(population.multiplicity(*seen))

    def shared(seen: Any) -> Answer:
        accounts = population.weight_share(seen).accounts
        return answer(dl.estimate(dl.declare_design(accounts, weights="weight"), dl.total("share")))

    def factor(sampled: str) -> Any:
        def reading(seen: Any) -> Answer:
            sample = dl.declare_design(seen, weights="w")
            return answer(dl.estimate(sample, population.multi_homing("platforms", sampled)))

        return reading

    def bounds(seen: Any) -> Answer:
        elsewhere = dl.estimate(dl.declare_design(seen, weights="w"), dl.mean("other"))
        return answer(population.multi_homing(elsewhere, "one_platform"))

    persons, accounts = people_asked("persons"), people_asked("accounts")
    return [
        World("multiplicity", "own model: 3 platforms, 100, 80 and 60 accounts drawn", platforms(0),
              {"multiplicity": multiplicity}),
        World("multiplicity", "a fifth of those on several platforms forget one", platforms(0.2),
              {"multiplicity": multiplicity}),
        World("weight_share", "own model: 300 accounts drawn of 3 platforms", drawn_accounts(0), {"total": shared},
              500),
        World("weight_share", "a fifth of those on several platforms forget one", drawn_accounts(0.2),
              {"total": shared}, 500),
        World("multi_homing", "own model: 200 persons asked", persons, {"persons": factor("persons")}),
        World("multi_homing", "own model: holders of 200 accounts asked", accounts, {"accounts": factor("accounts")}),
        World("multi_homing", "own model: 200 asked on one of two platforms", asked_on_one,
              {"one_platform (bounds)": bounds}),
        World("multi_homing", "wrong mean: accounts drawn and averaged as persons", accounts,
              {"persons": factor("persons")}),
    ]  # fmt: skip


def registered(idle: float, asked: bool) -> Any:
    def draw(random: Random) -> Any:
        visitors = np.exp(random.normal(11, 1.2, 14))
        accounts = np.round(np.exp(1.0 + 0.8 * np.log(visitors) + random.normal(0, 0.4, 14)))
        accounts[10:] = np.round(accounts[10:] * idle)
        table = pd.DataFrame(
            {
                "platform": [f"p{at}" for at in range(14)],
                "registered": np.where(np.arange(14) < 10, accounts, np.nan),
                "visitors": visitors,
                "status": "published",
                "source": "simulated",
            }
        )
        number = holders().sum(axis=1)
        met = random.choice(number, 200) if asked else None
        return (table, met), float(accounts.sum() / number.mean())

    return draw


def headcounts() -> list[World]:
    mean = float(holders().sum(axis=1).mean())

    def known(seen: Any) -> Answer:
        return answer(population.headcount(seen[0], mean, traffic="visitors", draws=4000))

    def asked(seen: Any) -> Answer:
        factor = population.multi_homing(seen[1].tolist(), "persons")
        return answer(population.headcount(seen[0], factor, traffic="visitors", draws=4000))

    return [
        World("headcount", "own model: registrations of 4 of 14 platforms from their traffic", registered(1.0, False),
              {"factor known": known}),
        World("headcount", "own model: the same, factor from 200 persons", registered(1.0, True),
              {"factor estimated": asked}),
        World("headcount", "another law: those that do not tell have half the accounts of their traffic",
              registered(0.5, False), {"factor known": known}),
    ]  # fmt: skip


SECTIONS = (
    two_lists, several_catches, closed_populations, single_sources, beta_laws, regressions, individuals,
    overlapping_lists, open_populations, pairs_of_windows, multipliers, network_scale_up, respondent_driven,
    dual_frames, frames_and_accounts, headcounts,
)  # fmt: skip


@functools.cache
def worlds() -> tuple[World, ...]:
    return tuple(world for section in SECTIONS for world in section())
