"""Persons behind several platforms, from a simple random sample of the accounts of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import MisleadingError, OptionError
from diplab.kernel.interval import student
from diplab.kernel.shared_weights import stratum_share
from diplab.population.platforms.account_assumptions import MULTI_HOMING, SHARED_LINKS
from diplab.population.platforms.numbers_held import numbers_held
from diplab.population.sizes import gather_sizes, known_size
from diplab.reference.text import Text
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from diplab.results.estimates import Estimates

__all__ = ["multiplicity"]

BASE = Text(
    "Personnes ayant un compte sur une des plateformes au moins.",
    "Persons with an account on one of the platforms at least.",
)


def multiplicity(
    accounts: Mapping[str, float], held: Mapping[str, Sequence[float]], confidence: float = 0.95
) -> Estimates:
    """Return how many persons stand behind the accounts of several platforms, from a sample of each.

    Parameters
    ----------
    accounts : mapping of str to float
        Accounts of each platform, in the population.
    held : mapping of str to sequence of int
        For each platform, on how many of these platforms each sampled holder is, that one included; accounts drawn at
        random without replacement.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a t interval (accounts drawn minus platforms degrees of freedom) that is not below the largest
        platform: each account of it is a person's. `details` holds what each platform contributes, and
        `provenance.rules["multi_homing"]` the implied accounts a person.

    Raises
    ------
    OptionError
        Where the platforms of the two mappings differ.
    MisleadingError
        Where a number of platforms is impossible, or more accounts were drawn than there are.

    Notes
    -----
    A holder of L accounts is met L times as often, and counts 1/L: N = sum_h N_h mean_h(1/L), variance
    sum_h N_h^2 (1 - n_h/N_h) s_h^2 / n_h of 1/L (multiplicity estimator, Sirken 1970; generalised weight share,
    Lavallée 1995).

    Examples
    --------
    >>> from diplab import population
    >>> found = population.multiplicity({"A": 1000, "B": 600}, {"A": [1, 1, 2, 2], "B": [2, 2, 1, 1]})
    >>> found.frame["estimate"].tolist()
    [1200.0]
    """
    import pandas as pd

    check_confidence(confidence)
    accounts, held = _platforms(accounts, held)
    rows = []
    for platform, whole in accounts.items():
        numbers, _ = numbers_held(held[platform], None)
        _check(platform, whole, numbers, len(accounts))
        found = stratum_share(float(whole), numbers)
        rows.append((platform, float(whole), len(numbers), float((1 / numbers).mean()), *found))
    names = ["platform", "accounts", "drawn", "mean_share", "persons", "variance"]
    table = pd.DataFrame(rows, columns=names)
    row = _row(table, confidence)
    total = float(table["accounts"].sum())
    rules = {
        "accounts": f"{total:g}" if total != int(total) else str(int(total)),
        "platforms": str(len(table)),
        "multi_homing": f"{total / row['estimate']:.7g}",
        "confidence": f"{confidence:g}",
    }
    provenance = Provenance(
        rules=rules, base=BASE, assumptions=(*MULTI_HOMING["accounts"], *SHARED_LINKS[:1])
    )
    return gather_sizes([row], provenance, details=table)


def _platforms(
    accounts: Mapping[str, float], held: Mapping[str, Sequence[float]]
) -> tuple[dict[str, float], dict[str, Sequence[float]]]:
    for given in (accounts, held):
        if not hasattr(given, "items"):
            raise OptionError(
                "Persons behind several platforms were asked for.",
                f"A {type(given).__name__} does not say which platform is meant.",
                "Write `multiplicity({'A': 1000, 'B': 600}, {'A': [1, 1, 2], 'B': [2, 1]})`, say.",
            )
    of_accounts, of_held = dict(accounts.items()), dict(held.items())
    if not of_accounts or set(of_accounts) != set(of_held):
        apart = sorted(set(of_accounts) ^ set(of_held), key=str)
        raise OptionError(
            "Persons behind several platforms were asked for.",
            f"`{apart[0]}` has accounts or a sample, and not both." if apart else "No platform was given.",
            "Write the same platforms in `accounts` and in `held`.",
        )
    return of_accounts, of_held


def _row(table: pd.DataFrame, confidence: float) -> dict[str, Any]:
    persons, variance = float(table["persons"].sum()), float(table["variance"].sum(skipna=False))
    drawn = int(table["drawn"].sum())
    error, df = math.sqrt(variance), float(drawn - len(table))
    reach = 0.0 if error == 0 else float(student(confidence, np.array([df]))[0]) * error
    row = {
        **known_size("multiplicity", persons, flag="no variance" if math.isnan(error) else ""),
        "std_error": error,
        "ci_low": max(persons - reach, float(table["accounts"].max())),
        "ci_high": persons + reach,
        "cv": error / persons,
        "df": df,
        "n": float(drawn),
    }
    if math.isnan(reach):
        row["ci_low"] = math.nan
    return row


def _check(platform: str, whole: object, numbers: np.ndarray, platforms: int) -> None:
    told = isinstance(whole, int | float | np.number) and math.isfinite(float(whole)) and float(whole) > 0
    if not told or float(whole) < len(numbers):  # type: ignore[arg-type]
        raise MisleadingError(
            f"The accounts of `{platform}` were given as {whole}, with {len(numbers)} of them drawn.",
            "That is no number of accounts they can be drawn from.",
            "Write all accounts of the platform.",
        )
    if numbers.max() > platforms:
        raise MisleadingError(
            f"A holder sampled on `{platform}` was said to be on {numbers.max():g} platforms.",
            f"{platforms} platforms are given, and only accounts on these can be counted.",
            "Count the platforms given only, or give the accounts and a sample of the others too.",
        )
