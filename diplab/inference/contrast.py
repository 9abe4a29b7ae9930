"""Contrasts: how far apart estimates are, with the covariance between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from diplab.errors import ColumnError, MisleadingError, OptionError, one_of
from diplab.inference.category_domains import by_category, counted_once
from diplab.inference.independent import compare_samples, compare_waves
from diplab.inference.linear_contrast import by_array, by_coefficients
from diplab.inference.pairwise import category_code, compare_pairs, every_pair
from diplab.kernel.p_values import ADJUSTMENTS
from diplab.results.estimates import BandedEstimates, Estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["contrast"]

KINDS = ("difference", "ratio")
Between: TypeAlias = "str | Mapping[str, Any] | NDArray[np.float64]"


def contrast(
    estimates: Estimates | Sequence[Estimates] | Mapping[str, Estimates],
    between: Between | None = None,
    *,
    kind: str = "difference",
    pairwise: str | None = None,
) -> Estimates:
    """Compare domains of one result, or the same rows of independent results.

    Parameters
    ----------
    estimates : Estimates, or several of them
        One result, or two results of independent samples with the same rows; with `pairwise` several waves, listed
        or by name (`{"2018": before, "2021": after}`).
    between : str, mapping or array
        Two categories of a domain variable, `{"sex": ("female", "male")}`: the first minus (or over) the second. So
        are those of a variable whose categories are the rows: predicted margins, coefficients, shares.
        With `pairwise`, a domain variable (`"region"`), some of its categories (`{"region": ("N", "S", "E")}`), or
        nothing where there is one domain variable. Linear contrasts by name,
        `{"young minus others": {"15-24": 1, "25-64": -0.5, "65+": -0.5}}`: a coefficient by domain (by tuple of
        categories where there are several domain variables; by category or variable where there is none), for each
        statistic; or an array of shape (contrasts, rows). Not for several results.
    kind : {"difference", "ratio"}
        Difference a - b, variance V(a) + V(b) - 2 C(a, b); ratio R = a / b, variance
        (V(a) + R^2 V(b) - 2 R C(a, b)) / b^2 by linearisation.
    pairwise : {"holm", "bonferroni", "bh"}, optional
        Compare all pairs of categories, or of waves, and adjust the p-values for their number, together for all
        categories of a variable that one statistic is about, apart for each other domain: Holm (1979),
        Bonferroni, or Benjamini and Hochberg (1995). Two shares that make up the whole count as one.

    Returns
    -------
    Estimates
        One row a comparison; degrees of freedom are the smallest of the rows compared. After the measures stand
        `p_value`, of the t test that the difference is 0 or the ratio 1, and with `pairwise` `p_adjusted`.

    Raises
    ------
    ColumnError
        Where the variable is not a domain variable of the result, or a category is not among its own.
    MisleadingError
        Where shares of two surveys would be divided.
    OptionError
        Where an option is not one of its words, or results do not have the same rows.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> dl.contrast(est, {"sex": ("m", "f")}).frame["estimate"].item()
    25.0
    >>> dl.contrast(est, {"mean of both": {"m": 0.5, "f": 0.5}}).frame["estimate"].item()
    27.5
    """
    _check_options(kind, pairwise)
    _refuse_bounds(estimates)
    if not isinstance(estimates, Estimates):
        return _between_samples(estimates, between, kind, pairwise)
    if estimates.provenance.is_exponential:
        raise OptionError(
            "A contrast of the ratios of a regression was asked for.",
            "They are exponentials of coefficients, which are what can be subtracted.",
            "Write the contrast on what `regress` returned: the exponential of a difference is the ratio of the two.",
        )
    if _linear(between):
        if kind != "difference" or pairwise is not None:
            raise OptionError(
                "Linear contrasts were asked for.",
                f"They are sums, and `{'kind' if kind != 'difference' else 'pairwise'}` is for pairs of categories.",
                "Leave the option out.",
            )
        if isinstance(between, Mapping):
            return by_coefficients(estimates, between)
        return by_array(estimates, np.asarray(between))
    domains = by_category(estimates, _named(between))
    rules = {"contrast": kind}
    if pairwise is None:
        name, pair = _one_pair(domains, between)
        pairs = [pair]
    else:
        name, categories = _all_of(domains, between)
        pairs = every_pair(domains, name, categories)
        rules |= {"p_adjusted": pairwise}
    found = compare_pairs(domains, name, pairs, kind, pairwise)
    return _ruled(found if domains is estimates else counted_once(found), **rules)


def _check_options(kind: str, pairwise: str | None) -> None:
    if kind not in KINDS:
        raise one_of("`kind`", kind, KINDS)
    if pairwise is not None and pairwise not in ADJUSTMENTS:
        raise one_of("`pairwise`", pairwise, ADJUSTMENTS)


def _refuse_bounds(estimates: object) -> None:
    """Refuse to compare answers on banded variables."""
    several = tuple(estimates.values()) if isinstance(estimates, Mapping) else estimates
    for each in several if isinstance(several, list | tuple) else [several]:
        if isinstance(each, BandedEstimates):
            raise MisleadingError(
                "A contrast of answers on a variable known only by band was asked for.",
                "A difference between two bounds is no bound of the difference.",
                "Write the bounds of the difference by hand: from low minus high to high minus low.",
            )


def _named(between: object) -> str | None:
    """Return the variable that is named; None where none is."""
    if isinstance(between, Mapping):
        return str(next(iter(between))) if len(between) == 1 else ""
    return str(between) if between is not None else None


def _ruled(found: Estimates, **rules: str) -> Estimates:
    return found.described(rules={**found.provenance.rules, **rules})


def _linear(between: object) -> bool:
    if isinstance(between, Mapping):
        return bool(between) and all(isinstance(each, Mapping) for each in between.values())
    return isinstance(between, np.ndarray)


def _between_samples(
    results: Sequence[Estimates] | Mapping[str, Estimates], between: object, kind: str, pairwise: str | None
) -> Estimates:
    if between is not None:
        raise OptionError(
            "A contrast between two results was asked for.",
            "`between` is for the domains of one result.",
            "Write `contrast([before, after])`, or contrast each result by itself.",
        )
    rule = f"{kind} of independent samples"
    if pairwise is None:
        given = list(results.values()) if isinstance(results, Mapping) else results
        return _ruled(compare_samples(given, kind), contrast=rule)
    named = (
        results if isinstance(results, Mapping) else {str(n): each for n, each in enumerate(results, start=1)}
    )
    return _ruled(compare_waves(named, kind, pairwise), contrast=rule, p_adjusted=pairwise)


def _known_domain(estimates: Estimates, name: str) -> str:
    if name not in estimates.by:
        raise ColumnError(
            f"A contrast over `{name}` was asked for.",
            f"The domain variables of this result are {', '.join(estimates.by) or 'none'}.",
            f"Estimate with `by='{name}'` first.",
        )
    return name


def _one_pair(estimates: Estimates, between: object) -> tuple[str, tuple[Any, Any]]:
    name, pair = (
        next(iter(between.items())) if isinstance(between, Mapping) and len(between) == 1 else ("", None)
    )
    if pair is None or not isinstance(pair, tuple | list) or len(pair) != 2:
        count = len(between) if isinstance(between, Mapping) else int(isinstance(between, str))
        raise OptionError(
            "A contrast within one result was asked for.",
            f"{count} domain variables were given" + (", without two categories." if count == 1 else "."),
            "Write one, for example `{'sex': ('female', 'male')}`"
            + (", or `pairwise='holm'` for all pairs." if count == 1 else "."),
        )
    first, second = pair
    _known_domain(estimates, name)
    codes = (category_code(estimates, name, first), category_code(estimates, name, second))
    if codes[0] == codes[1]:
        raise OptionError(
            f"A contrast of `{name}` between {first!r} and {second!r} was asked for.",
            "Both are the same category.",
            "Write two different ones.",
        )
    return name, codes


def _all_of(estimates: Estimates, between: object) -> tuple[str, Sequence[object]]:
    """Return the domain variable of which all pairs are asked for, and which of its categories."""
    if isinstance(between, Mapping) and len(between) == 1:
        ((name, categories),) = between.items()
        if isinstance(categories, tuple | list):
            return _known_domain(estimates, name), categories
    elif isinstance(between, str):
        return _known_domain(estimates, between), ()
    elif between is None and len(estimates.by) == 1:
        return estimates.by[0], ()
    raise OptionError(
        "All pairs of the categories of a domain variable were asked for.",
        f"The result has {len(estimates.by)} domain variables ({', '.join(estimates.by) or 'none'}), "
        "and none was chosen.",
        "Write one, for example `contrast(result, 'region', pairwise='holm')`.",
    )
