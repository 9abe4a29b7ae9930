"""What must be true for each population size to be right: texts of `words.toml`, by method and model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.reference.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from diplab.population.kernel.hierarchical import ListModel
    from diplab.reference.text import Text

__all__ = [
    "TWO_LISTS",
    "WORDS",
    "assumptions",
    "assumptions_of_closed_models",
    "assumptions_of_counts",
    "assumptions_of_list_model",
    "assumptions_of_list_search",
    "assumptions_of_regression",
    "base",
    "shared_first",
]

WORDS = Words("diplab.population")

_PAIR = ("closed", "matched", "equal_on_one_list", "independent_lists")
TWO_LISTS: dict[str, tuple[str, ...]] = {
    "petersen": _PAIR,
    "chapman": _PAIR,
    "bailey": (*_PAIR, "with_replacement"),
}
"""By estimator of two lists, the texts of `assumption`."""

_SEEN = ("closed", "matched", "sightings", "singletons")
_DOUBTED = ("closed", "matched", "sightings")
"""Where persons seen once need not be real ones."""
_COUNTS: dict[str, tuple[str, ...]] = {
    "chao": (*_SEEN, "bound"),
    "chao_bc": (*_SEEN, "bound"),
    "chao_t": (*_SEEN, "bound", "occasions"),
    "zelterman": (*_SEEN, "rarely_seen"),
    "poisson": (*_SEEN, "same_rate"),
    "geometric": (*_SEEN, "exponential_rates"),
    "chao1": (*_SEEN, "bound", "finite"),
    "chao1_bc": (*_SEEN, "bound", "finite"),
    "chao2": (*_SEEN, "bound", "occasions", "finite"),
    "chao2_bc": (*_SEEN, "bound", "occasions", "finite"),
    "ichao": (*_SEEN, "bound", "improved"),
    "negative_binomial": (*_SEEN, "gamma_rates"),
    "ace": (*_SEEN, "covered"),
    "ace_1": (*_SEEN, "covered"),
    "jackknife1": (*_SEEN, "shrinking_bias"),
    "jackknife2": (*_SEEN, "shrinking_bias"),
    "oichao": (*_DOUBTED, "bound_from_two"),
    "one_inflated_poisson": (*_DOUBTED, "same_rate", "extra_among_seen"),
    "one_inflated_geometric": (*_DOUBTED, "exponential_rates", "extra_among_seen"),
    "truncated_one_inflated_poisson": (*_DOUBTED, "same_rate", "extra_among_all"),
    "truncated_one_inflated_geometric": (*_DOUBTED, "exponential_rates", "extra_among_all"),
    "zero_one_truncated_poisson": (*_DOUBTED, "same_rate", "singletons_ignored"),
    "zero_one_truncated_geometric": (*_DOUBTED, "exponential_rates", "singletons_ignored"),
    "hurdle_poisson": (*_DOUBTED, "same_rate", "hurdle"),
}
_REGRESSION: dict[str, tuple[str, ...]] = {
    "chao": ("assumption.singletons", "assumption.bound"),
    "zelterman": ("assumption.singletons", "assumption.rarely_seen"),
    "poisson": ("assumption.singletons", "regression.same_rate"),
    "geometric": ("assumption.singletons", "regression.exponential_rates"),
    "negative_binomial": ("assumption.singletons", "regression.gamma_rates"),
    "one_inflated_poisson": ("regression.same_rate", "regression.surplus_among_seen"),
    "one_inflated_geometric": ("regression.exponential_rates", "regression.surplus_among_seen"),
    "ones_for_all_poisson": ("regression.same_rate", "regression.surplus_among_all"),
    "ones_for_all_geometric": ("regression.exponential_rates", "regression.surplus_among_all"),
}


def assumptions(*names: str) -> tuple[Text, ...]:
    """Return texts by their names in `assumption`, or by `section.name`."""
    return tuple(WORDS(name if "." in name else f"assumption.{name}") for name in names)


def base() -> Text:
    """Return of whom a population size is a number."""
    return WORDS("assumption.base")


def assumptions_of_counts(estimators: Iterable[str]) -> tuple[Text, ...]:
    """Return the assumptions of several single-source estimators, those of all rows first."""
    return shared_first([assumptions(*_COUNTS[estimator]) for estimator in estimators])


def assumptions_of_list_model(model: ListModel, strata: bool = False) -> tuple[Text, ...]:
    """Return the assumptions of one log-linear model of lists."""
    joined = any(term.bit_count() > 1 for term in model.terms)
    return assumptions(
        "closed",
        "matched",
        "lists.dependent_by_term" if joined else "lists.independent",
        "lists.heterogeneity" if model.heterogeneity else "lists.same_chance",
        "lists.no_higher_dependence",
        *(("lists.strata",) if strata else ()),
    )


def assumptions_of_list_search(heterogeneity: str | None, bootstrap: bool = False) -> tuple[Text, ...]:
    """Return the assumptions of a choice among models; `bootstrap` where the interval counts the choice."""
    return assumptions(
        "closed",
        "matched",
        "lists.one_model_right",
        *(() if bootstrap else ("lists.choice_not_counted",)),
        "lists.heterogeneity" if heterogeneity else "lists.same_chance",
        "lists.no_higher_dependence",
    )


def assumptions_of_closed_models(models: Iterable[tuple[str, str]], limited: bool = True) -> tuple[Text, ...]:
    """Return the assumptions of closed-population models, given with their heterogeneity.

    `limited` says whether the number of occasions is known.
    """
    each = []
    for model, heterogeneity in models:
        names = ["closed", "matched", "occasions" if limited else "sightings"]
        if model in ("M0", "Mt", "Mb", "Mtb"):
            names.append("closed.same_chance")
        if model in ("M0", "Mh", "Mb", "Mbh"):
            names.append("closed.same_occasions")
        names.append("closed.behaviour" if "b" in model else "closed.no_behaviour")
        if model == "Mbh":
            names.append("closed.easily_seen_first")
        if heterogeneity:
            own = f"closed.{heterogeneity.replace('.', '_')}"
            names.append("bound" if heterogeneity == "chao" else own)
        each.append(assumptions(*names))
    return shared_first(each)


def assumptions_of_regression(family: str, sampled: bool) -> tuple[Text, ...]:
    """Return the assumptions of a family of regressions of captures, and that on the weights of a sample."""
    weights = ("regression.list_weights",) if sampled else ()
    return assumptions("closed", "matched", "sightings", *_REGRESSION[family], *weights)


def shared_first(each: Sequence[Sequence[Text]]) -> tuple[Text, ...]:
    """Return the assumptions of several rows, each one once, those of all rows first."""
    texts = tuple(dict.fromkeys(text for row in each for text in row))
    common = tuple(text for text in texts if all(text in row for row in each))
    own = tuple(text for text in texts if text not in common)
    return (*common, WORDS("sensitivity.several"), *own) if own else common
