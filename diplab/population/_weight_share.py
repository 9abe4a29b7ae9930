"""The weight share method: persons reached through the accounts that led to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import check_column_names, check_confidence, is_number
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import student_deviate
from diplab.population import sizes
from diplab.population.accounts import numbers_held
from diplab.population.kernel.networks import shared_by_links, stratum_share, variance_of_total
from diplab.population.tables import check_columns, check_values, floats, read_table
from diplab.results.estimates import Estimates, Provenance


@dataclass(frozen=True, eq=False)
class WeightShare:
    """Persons with their weights, and accounts with the shares of persons they carry.

    Parameters
    ----------
    persons : pandas.DataFrame
        One row per person met: identifier, the columns of the links that are one value per person,
        `weight` (what the person stands for), `links_seen`. Ready for
        `dl.declare_design(shared.persons, weights="weight")`; points are then right, and variances
        if each account drawn led to persons of its own.
    accounts : pandas.DataFrame
        One row per account drawn: identifier, its other columns (strata, frame size), `weight`, and
        `share`: z_i, the persons it carries. The total of `share` under the design of the
        *accounts* is the number of persons, with the right variance:
        `dl.estimate(dl.declare_design(shared.accounts, weights="weight"), dl.total("share"))`.
        Accounts drawn that led to no one belong there too, with a share of 0.
    links : pandas.DataFrame
        The links, with places of persons and accounts.
    columns : tuple of str
        Names of account, person, weight, links and size of link.
    evidence : Provenance
        Where the links come from.

    Examples
    --------
    >>> import pandas as pd
    >>> links = pd.DataFrame({"account": [1, 2], "person": ["a", "b"], "links": [1, 2]})
    >>> links["weight"] = 10.0
    >>> weight_share(links).persons["weight"].tolist()
    [10.0, 5.0]
    """

    persons: pd.DataFrame
    accounts: pd.DataFrame
    links: pd.DataFrame
    columns: tuple[str, str, str, str, str | None]
    evidence: Provenance = field(default_factory=Provenance, repr=False)

    def total(self, y: str | None = None, *, confidence: float = 0.95) -> Estimates:
        """Return the number of persons, or a total over them, for accounts drawn with replacement.

        sum(w_i z_i) with z_i = sum_k l_ik y_k / L_k, variance n/(n - 1) sum((w_i z_i - mean)^2)
        over the n accounts drawn, t interval.

        Examples
        --------
        >>> import pandas as pd
        >>> links = pd.DataFrame({"account": [1, 2], "person": ["a", "b"], "links": [1, 2]})
        >>> links["weight"] = 10.0
        >>> weight_share(links).total().frame["estimate"].tolist()
        [15.0]
        """
        check_confidence(confidence)
        check_column_names(y=y)
        account, person, weight, held, size = self.columns
        values = link = np.ones(len(self.links))
        if y is not None:
            values = _numbers(self.links, y, above=-math.inf)
            _check_constant(self.links, person, y)
        if size is not None:
            link = self.links[size].to_numpy(dtype=np.float64)
        codes, _ = _factorize(self.links, account)
        shares = shared_by_links(
            values, link, self.links[held].to_numpy(dtype=np.float64), codes, len(self.accounts)
        )
        weighted = self.accounts[weight].to_numpy(dtype=np.float64) * shares
        units = len(weighted)
        total, error, df = (
            float(weighted.sum()),
            math.sqrt(variance_of_total(weighted)),
            float(units - 1),
        )
        reach = student_deviate(confidence, df) * error
        flag = sizes.error_flag(error)
        row = sizes.known_size("weight_share", total, flag=flag, variable=y or sizes.VARIABLE)
        row = sizes.with_error(
            row, error, (total - reach, total + reach), df, float(len(self.persons))
        )
        rules = {
            "variance": "with replacement",
            "confidence": f"{confidence:g}",
            "accounts_drawn": str(units),
        }
        assumed = sizes.assumptions("frames.one_link", "frames.known_links")
        base = sizes.WORDS("frames.account_in_frame")
        return sizes.gather_sizes(
            [row], replace(self.evidence, rules=rules, base=base, assumptions=assumed)
        )


def weight_share(
    links: pd.DataFrame,
    *,
    account: str = "account",
    person: str = "person",
    weight: str = "weight",
    held: str = "links",
    size: str | None = None,
) -> WeightShare:
    """Return weights of persons from those of the accounts they were reached through.

    Parameters
    ----------
    links : pandas.DataFrame
        One row per link seen between an account that was drawn and a person: all persons behind
        each account drawn.
    account, person : str
        Columns of identifiers.
    weight : str
        Column with the weight of the account, w_i.
    held : str
        Column with the total links of the person to accounts of the frame, L_k, those not drawn
        included.
    size : str, optional
        Column with the size of a link, l_ik; 1 without it.

    Returns
    -------
    WeightShare
        `persons` with weights for `dl.declare_design`, `accounts` with the shares that carry the
        variance, and `.total(y)`.

    Raises
    ------
    MisleadingError
        Where a person has fewer links in all than were seen, a weight or number of links differs
        between rows of one account or person, or one of the two is missing.
    ColumnError
        Where a column does not exist, or does not hold a positive number in each row.

    Notes
    -----
    w_k = sum_i w_i l_ik / L_k: unbiased whenever every person has a link to the frame and L_k is
    known (Lavallée 1995, generalised weight share; Deville and Lavallée 2006). Then sum(w_k y_k) =
    sum(w_i z_i) with z_i = sum_k l_ik y_k / L_k, a total over the accounts drawn, whose design
    gives its variance. With one person an account, z_i = y / L: the multiplicity estimator.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> links = pd.DataFrame({"account": [1, 2], "person": ["a", "a"], "links": [2, 2]})
    >>> links["weight"] = [10.0, 6.0]
    >>> population.weight_share(links).persons[["person", "weight"]].values.tolist()
    [['a', 8.0]]
    """
    check_column_names(account=account, person=person, weight=weight, held=held, size=size)
    evidence = sizes.provenance_of({}, of="frames.account_in_frame", data=[links])
    links = read_table(
        links, "`links`", "link: `account`, `person`, `weight`, `links`"
    ).frame.to_pandas()
    check_columns("`links`", links.columns, [*filter(None, (account, person, weight, held, size))])
    if links.empty:
        raise EmptyDomainError("`links` has no row.", write="Write one row per link.")
    weights = _numbers(links, weight)
    total = _numbers(links, held)
    link = np.ones(len(links))
    if size is not None:
        link = _numbers(links, size)
    _check_constant(links, account, weight)
    _check_constant(links, person, held)
    _check_links(links, account, person, link, total)
    persons, number = _factorize(links, person)
    people = _one_row_each(links, person, (account, weight, size))
    people["weight"] = shared_by_links(weights, link, total, persons, number)
    people["links_seen"] = np.bincount(persons, weights=link, minlength=number)
    drawn = _one_row_each(links, account, (person, held, size))
    drawn["share"] = shared_by_links(np.ones(len(links)), link, total, *_factorize(links, account))
    return WeightShare(
        people, drawn, links.reset_index(drop=True), (account, person, weight, held, size), evidence
    )


def _one_row_each(links: pd.DataFrame, unit: str, dropped: tuple[str | None, ...]) -> pd.DataFrame:
    """Return the first row of each unit, with the columns that are constant within units."""
    grouped = links.groupby(unit, sort=False, dropna=False)
    constant = [
        name
        for name in links.columns
        if name == unit
        or (name not in dropped and bool((grouped[name].nunique(dropna=False) <= 1).all()))
    ]
    return links.drop_duplicates(unit)[constant].reset_index(drop=True)


def _factorize(links: pd.DataFrame, unit: str) -> tuple[NDArray[np.intp], int]:
    """Return the code of the unit of each link, and the number of units."""
    codes, units = pd.factorize(links[unit])
    return np.asarray(codes, dtype=np.intp), len(units)


def _numbers(links: pd.DataFrame, name: str, above: float = 0) -> Floats:
    check_columns("`links`", links.columns, [name])
    numbers, kind = floats(links[name]), "positive numbers" if above == 0 else "numbers"
    good = np.isfinite(numbers) & (numbers > above)
    return check_values(name, f"{kind} of the links", numbers, good, "Write one in each row.")


def _check_constant(links: pd.DataFrame, unit: str, name: str) -> None:
    several = links.groupby(unit, sort=False, dropna=False)[name].nunique(dropna=False) > 1
    if several.any():
        raise MisleadingError(
            f"The column `{name}` of the links differs between rows of one `{unit}`.",
            f"`{several.index[several.to_numpy()][0]}` has several values.",
            f"Write the same `{name}` in each of its rows.",
        )


def _check_links(
    links: pd.DataFrame, account: str, person: str, link: Floats, total: Floats
) -> None:
    """Refuse links without an end, repeated, or more numerous than a person's total."""
    if bool(links[[account, person]].isna().any(axis=None)):
        raise MisleadingError(
            f"A row of the links has no `{account}` or no `{person}`.",
            write="Write both in each row.",
        )
    if bool(links.duplicated([account, person]).any()):
        row = links[links.duplicated([account, person])].iloc[0]
        raise MisleadingError(
            f"The link of account `{row[account]}` and person `{row[person]}` is repeated.",
            write="Write each link once.",
        )
    persons, _ = _factorize(links, person)
    seen = np.bincount(persons, weights=link)[persons]
    few = np.flatnonzero(total < seen * (1 - 1e-12))
    if few.size:
        at = int(few[0])
        raise MisleadingError(
            f"The person `{links[person].iloc[at]}` has {total[at]:g} links in all, but "
            f"{seen[at]:g} were seen.",
            write="Write all their links to the frame, those to accounts not drawn included.",
        )


def multiplicity(
    accounts: Mapping[str, float], held: Mapping[str, Sequence[float]], *, confidence: float = 0.95
) -> Estimates:
    """Return the number of persons behind the accounts of several platforms, by multiplicity.

    Parameters
    ----------
    accounts : mapping of str to float
        Accounts of each platform, in the population.
    held : mapping of str to sequence of int
        For each platform, on how many of these platforms each sampled holder is, that one included;
        accounts drawn at random without replacement.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a t interval (accounts drawn minus platforms degrees of freedom) that is not
        below the largest platform: each account of it is a person's. `details` holds what each
        platform contributes, and `provenance.rules["multi_homing"]` the implied accounts per
        person.

    Raises
    ------
    OptionError
        Where the platforms of the two mappings differ.
    MisleadingError
        Where a number of platforms is impossible, or more accounts were drawn than there are.

    Notes
    -----
    A holder of L accounts is met L times as often, and counts 1/L: N = sum_h N_h mean_h(1/L),
    variance sum_h N_h^2 (1 - n_h/N_h) s_h^2 / n_h of 1/L (multiplicity estimator, Sirken 1970;
    generalised weight share, Lavallée 1995).

    Examples
    --------
    >>> from diplab import population
    >>> held = {"A": [1, 1, 2, 2], "B": [2, 2, 1, 1]}
    >>> found = population.multiplicity({"A": 1000, "B": 600}, held)
    >>> found.frame["estimate"].tolist()
    [1200.0]
    """
    check_confidence(confidence)
    accounts, held = _platforms(accounts, held)
    rows = []
    for platform, size in accounts.items():
        numbers, _ = numbers_held(held[platform], None)
        if not is_number(size) or not math.isfinite(size) or not size > 0 or size < len(numbers):
            raise MisleadingError(
                f"The accounts of `{platform}` are {size}, with {len(numbers)} of them drawn.",
                write="Write all accounts of the platform.",
            )
        if numbers.max() > len(accounts):
            raise MisleadingError(
                f"A holder sampled on `{platform}` is on {numbers.max():g} platforms, of "
                f"{len(accounts)} given.",
                "Only accounts on these can be counted.",
                "Count the platforms given only, or give the accounts and a sample of the others "
                "too.",
            )
        share = stratum_share(float(size), numbers)
        rows.append((platform, float(size), len(numbers), float((1 / numbers).mean()), *share))
    table = pd.DataFrame(
        rows, columns=["platform", "accounts", "drawn", "mean_share", "persons", "variance"]
    )
    persons, variance = float(table["persons"].sum()), float(table["variance"].sum(skipna=False))
    drawn = int(table["drawn"].sum())
    error, df = math.sqrt(variance), float(drawn - len(table))
    reach = error
    if error != 0:
        reach = student_deviate(confidence, df) * error
    low = float(np.maximum(persons - reach, table["accounts"].max()))
    row = sizes.known_size("multiplicity", persons, flag=sizes.error_flag(error))
    row = sizes.with_error(row, error, (low, persons + reach), df, float(drawn))
    total = float(table["accounts"].sum())
    rules = {
        "accounts": sizes.number_text(total),
        "platforms": str(len(table)),
        "multi_homing": f"{total / row['estimate']:.7g}",
        "confidence": f"{confidence:g}",
    }
    assumed = (*sizes.ASSUMED["multi_homing"]["accounts"], "frames.one_link")
    provenance = sizes.provenance_of(rules, *assumed, of="frames.account_on_platforms")
    return sizes.gather_sizes([row], provenance, details=table)


def _platforms(
    accounts: Mapping[str, float], held: Mapping[str, Sequence[float]]
) -> tuple[dict[str, float], dict[str, Sequence[float]]]:
    for name, mapping in (("accounts", accounts), ("held", held)):
        if not hasattr(mapping, "items"):
            raise OptionError(
                f"`{name}` is a {type(mapping).__name__}, and not a mapping by platform.",
                write="Write for example `multiplicity({'A': 1000, 'B': 600}, {'A': [1, 1, 2], "
                "'B': [2, 1]})`.",
            )
    totals, samples = dict(accounts.items()), dict(held.items())
    different = sorted(set(totals) ^ set(samples), key=str)
    if different:
        raise OptionError(
            f"`{different[0]}` has accounts or a sample, and not both.",
            write="Write the same platforms in `accounts` and in `held`.",
        )
    if not totals:
        raise OptionError(
            "`accounts` has no platform.",
            write="Write the same platforms in `accounts` and in `held`.",
        )
    return totals, samples
