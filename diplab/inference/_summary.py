"""`summary`: many variables by group in one result, what survey reports call Table 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of, check_switch
from diplab.errors import (
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    quoted_names,
    suggestion,
)
from diplab.estimators.moments import mean, share, variance
from diplab.estimators.quantiles import quantile
from diplab.estimators.statistic import Statistic, Statistics
from diplab.inference._estimate import estimate
from diplab.inference.computed import domain_variables
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.measures import no_respondents
from diplab.inference.provenance import table_provenance
from diplab.inference.tables.association import independence_tests
from diplab.inference.tables.cells import TableConventions
from diplab.inference.tables.group_tests import mean_test, rank_test
from diplab.inference.tables.tabulation import tabulate
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Adjustment, adjusted_p_values
from diplab.microdata.missing import lie_close, look_like_codes
from diplab.microdata.variable import code_quoted
from diplab.reference.text import Text, Words
from diplab.results.estimates import Estimates
from diplab.results.hypothesis_test import Test
from diplab.results.tables import MissingShown, Summary, SummaryStatistic
from diplab.sampling.condition import known_column
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import ONE, Apply, Column
from diplab.sampling.sample import Sample, check_sample

_WORDS = Words("diplab.inference")
QUARTILES = [0.25, 0.5, 0.75]


def summary(
    sample: Sample,
    variables: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    statistics: Mapping[str, SummaryStatistic] | None = None,
    total: bool = True,
    tests: bool = True,
    differences: bool = False,
    missing: MissingShown = "no",
    adjust: Adjustment | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
) -> Summary:
    """Describe many variables by group: the first table of most articles.

    Parameters
    ----------
    sample : Sample
        From `declare_design`, possibly narrowed by `where` and `universe`.
    variables : str or list of str
        Columns, in the order of the table. Words and codes with labels are summarised by the share
        of each category, and so are a few whole numbers (ten at most, close together, each many
        times) that no codebook explains; 0 and 1 without labels, true and false by the share of 1
        or true; other numbers by mean and standard deviation, or by median and quartiles where the
        codebook calls them ordinal.
    by : str, or list of one, optional
        Column of the groups; people without an answer to it are left out and counted.
    statistics : mapping of str to {"mean", "median", "share"}, optional
        By variable, the statistic in place of that: `{"income": "median"}` for a skewed amount.
    total : bool
        Whether everybody who is in a group is summarised too.
    tests : bool
        Of each variable a test that the groups are alike: Rao and Scott's F for shares, t or Wald's
        F for means, the rank test of Wilcoxon or Kruskal and Wallis for medians. There is none
        where a group has one respondent or one primary unit, or nothing varies.
    differences : bool
        Of each variable the standardised difference of the groups.
    missing : {"no", "row"}
        Missing answers are counted in the notes of a table, or also in a row of each variable that
        has some.
    adjust : {"holm", "bonferroni", "bh"}, optional
        Adjust the p-values over the variables.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom of intervals and tests, as in `estimate`.

    Returns
    -------
    Summary
        `.frame`, `.groups` and `.everybody` (as of `estimate`, all variables in one pass each),
        `.counts`, `.tests`, `.p_values`, `.differences`. A variable that nobody answered is kept,
        without numbers.

    Raises
    ------
    ColumnError
        For a column that does not exist.
    OptionError
        For a variable named twice or that is also `by`, and words that are not among those above.
    EmptyDomainError
        Where no variable has an answer.

    Notes
    -----
    Standardised difference of means: |m1 - m2| / sqrt((s1^2 + s2^2) / 2), weighted; of a share with
    p (1 - p) for s^2 (Austin 2009, Statistics in Medicine 28, 3083-3107); of several categories
    sqrt(d' S^-1 d), with d the differences of all shares but the last, and S the mean of the two
    multinomial covariances (Yang and Dalton 2012).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "hours": [9.0, 10, 11, 14, 20, 22, 30, 36]})
    >>> found = dl.summary(dl.declare_design(people), "hours", by="sex", differences=True)
    >>> round(found.tests["hours"].statistic, 3), round(found.differences["hours"], 3)
    (4.487, 2.938)
    """
    check_sample(sample, "A summary", "describe")
    for switch, value in {"total": total, "tests": tests, "differences": differences}.items():
        check_switch(switch, value)
    check_one_of("missing", missing, MissingShown)
    if adjust is not None:
        check_one_of("adjust", adjust, Adjustment)
    by = _one_group(sample, by)
    domains = () if by is None else domain_variables(sample, by)
    names = _check_variables(sample, variables, by, statistics or {})
    if differences and by is None:
        raise OptionError(
            "`differences=True` compares groups, and there are none.", write='Write `by="sex"`.'
        )
    sample = sample.prepare_for(*map(Column, names), by=domains)
    counts = _counts(sample, names, domains)
    whole = counts.drop_duplicates("variable", keep="last").set_index("variable")
    answered = [name for name in names if whole["n"][name]]
    if not answered:
        raise no_respondents(f"A summary of {quoted_names(names)}", sample)
    described, asked = _statistics(sample, answered, statistics or {})
    shares = [name for name, how in described.items() if how == "share"]
    people = _people(sample, counts, shares, domains)
    options: Any = {"confidence": confidence, "df": df, "deff": None}
    options["numerator"] = "share" in described.values()
    groups = _inhabited(estimate(sample, *asked, by=domains, **options), counts)
    guessed = [name for name in described if name not in (statistics or {})]
    missing_of = {name: int(whole["missing"][name]) for name in names if name not in answered}
    groups = groups.described(
        missing=missing_of | dict(groups.provenance.missing),
        rules={**groups.provenance.rules, **({} if adjust is None else {"adjust": adjust})},
        notices=(*groups.provenance.notices, *_codes_without_codebook(sample, described, guessed)),
    )
    everybody, tests_of, apart = None, {}, {}
    if total and by is not None:
        in_a_group = Apply("not", (Apply("missing", (Column(by),)),))
        of_groups = replace(sample, domain=(*sample.domain, in_a_group))
        everybody = _inhabited(estimate(of_groups, *asked, **options), counts)
    if tests and by is not None:
        tests_of = _tests(sample, described, by, confidence, df)
    if differences:
        apart = _differences(groups, described)
    statistic_of: Any = dict.fromkeys(names, "") | described
    return Summary(
        *(statistic_of, by, groups, everybody, counts),
        *(tests_of, _p_values(tests_of, adjust), apart, missing, people),
    )


def _statistics(
    sample: Sample, answered: Sequence[str], wanted: Mapping[str, SummaryStatistic]
) -> tuple[dict[str, SummaryStatistic], list[Statistic | Statistics]]:
    """Return the kind of summary of each variable, and the statistics that they take."""
    described, asked = {}, []
    for name in answered:
        described[name], several = _statistics_of(sample, name, wanted.get(name))
        asked += several
    return described, asked


def _differences(groups: Estimates, described: Mapping[str, SummaryStatistic]) -> dict[str, float]:
    """Return the standardised differences of the variables; medians have none."""
    return {name: _difference(groups, name) for name, how in described.items() if how != "median"}


def _tests(
    sample: Sample,
    described: Mapping[str, SummaryStatistic],
    by: str,
    confidence: float,
    df: DegreesOfFreedom,
) -> dict[str, Test]:
    """Return the tests of the variables that have one."""
    tests = {}
    for name, statistic in described.items():
        test = _test(sample, name, by, statistic, confidence, df)
        if test is not None:
            tests[name] = test
    return tests


def _p_values(tests: Mapping[str, Test], adjust: Adjustment | None) -> dict[str, float]:
    """Return the p-values of tests, adjusted for their number on request."""
    p_values = np.array([test.p_value for test in tests.values()])
    if adjust is not None:
        p_values = adjusted_p_values(p_values, np.zeros(len(tests), dtype=np.int64), adjust)
    return dict(zip(tests, p_values.tolist(), strict=True))


def _one_group(sample: Sample, by: str | Sequence[str] | None) -> str | None:
    """Return the only variable of groups; refuse several."""
    if by is None or isinstance(by, str):
        return by
    names = list(by)
    if len(names) < 2:
        return names[0] if names else None
    first = known_column(names[0], sample.names, "a domain variable", sample.codebook)
    (code,) = sample.engine.cells((first,))[0]
    condition = f"{first if first.isidentifier() else f'`{first}`'} == {code_quoted(code)}"
    raise OptionError(
        f"{argument('by', names)} names several columns.",
        "A summary takes groups from one variable.",
        f"Write a summary for each answer to the first: `dl.summary(sample.where({condition!r}), "
        "variables, "
        f"by={names[1]!r})`; or a variable that crosses both.",
    )


def _check_variables(
    sample: Sample,
    variables: str | Sequence[str],
    by: str | None,
    statistics: Mapping[str, SummaryStatistic],
) -> list[str]:
    """Return the variables of a summary, each once.

    Refuse the groups among them, and statistics of others.
    """
    names = [variables] if isinstance(variables, str) else list(variables)
    if not names:
        raise OptionError(
            "`summary` has no variable.",
            write='Write for example `summary(sample, ["age", "income"])`.',
        )
    for name in names:
        known_column(name, sample.names, "a variable of a summary", sample.codebook)
        if name == by or names.count(name) > 1:
            twice = "is also the variable of the groups" if name == by else "is named twice"
            raise OptionError(f"`{name}` {twice}.", write="Name each variable once.")
    for name, how in statistics.items():
        if name not in names:
            near = suggestion(name, names)
            raise OptionError(
                f"`{name}`, which `statistics` names, is not among the variables.", near
            )
        check_one_of("statistics", how, SummaryStatistic, of=f"of `{name}`")
    return names


def _counts(sample: Sample, names: Sequence[str], domains: tuple[str, ...]) -> pd.DataFrame:
    """Return the respondents and missing answers of each variable, by group and over all groups."""
    scope, cells = (
        Scope((*sample.population, *sample.domain), domains),
        sample.engine.cells(domains),
    )
    everyone, groups, there = sample.engine.counts(scope, ()), {}, np.zeros(0, dtype=np.int64)
    for name in domains:
        there = np.flatnonzero(everyone > 0)
        groups = {name: [*(cells[at][0] for at in there), ""]}
    blocks = []
    for name in ("", *names):
        n = sample.engine.counts(scope, (Column(name),)) if name else everyone
        n, missing = (np.append(item[there], item.sum()) for item in (n, everyone - n))
        blocks.append(pd.DataFrame({"variable": name, **groups, "n": n, "missing": missing}))
    return pd.concat(blocks, ignore_index=True)


def _people(
    sample: Sample, counts: pd.DataFrame, shares: Sequence[str], domains: tuple[str, ...]
) -> Floats:
    """Return how many people the respondents of each line of `counts` represent.

    NaN for variables that are not summarised by shares.
    """
    people = np.full(len(counts), np.nan)
    there = np.flatnonzero(sample.totals(domains, ()).n > 0)
    for name in ("", *shares):
        (weights,) = sample.totals(domains, (Column(name),) if name else ())(ONE)
        if domains:
            weights = np.append(weights[there], weights.sum())
        people[counts["variable"] == name] = weights
    return people


def _statistics_of(
    sample: Sample, name: str, asked: SummaryStatistic | None
) -> tuple[SummaryStatistic, list[Statistic | Statistics]]:
    """Return the kind of summary of a variable, as asked or inferred, and its statistics."""
    variable, binary, codes = sample.codebook.variable(name), sample.is_boolean(name), True
    try:
        ends, _ = sample.engine.tallies(Scope(), name, 2, lambda low, high: low >= 0 and high <= 1)
        binary = binary or bool(ends.size and np.isin(ends, (0, 1)).all())
        codes = binary or sample.level(name) != "amount" or _without_codebook(sample, name)
    except ColumnError:
        pass  # words, which are codes
    how = asked or ("share" if codes else "median" if variable.measure == "ordinal" else "mean")
    if how == "mean":
        return how, [mean(name), variance(name)]
    if how == "median":
        return how, [quantile(name, QUARTILES)]
    return how, [share(_of_one(name) if binary and not variable.values else name)]


def _without_codebook(sample: Sample, name: str) -> bool:
    """Return whether a column without codebook entry holds a few repeated integers from 0."""
    variable = sample.codebook.variable(name)
    if variable.measure != "unknown" or variable.values or variable.unit or sample.is_boolean(name):
        return False
    try:
        distinct, rows = sample.engine.tallies(Scope(), name, _MOST_CODES, _from_zero)
    except ColumnError:
        return False  # words
    answers = distinct.tolist()
    return look_like_codes(answers, int(rows.sum())) and lie_close(answers)


_MOST_CODES = 11  # more numbers than codes are


def _from_zero(low: float, high: float) -> bool:
    return low >= 0 and high > 1


def _codes_without_codebook(
    sample: Sample, described: Mapping[str, SummaryStatistic], names: Sequence[str]
) -> tuple[Text, ...]:
    """Return a notice on numbers that are summarised by shares because they look like codes."""
    shares = [name for name in names if described[name] == "share"]
    coded = [name for name in shares if _without_codebook(sample, name)]
    if not coded:
        return ()
    means = ", ".join(f"{name!r}: 'mean'" for name in coded)
    french = ", ".join(f"«\u00a0{name}\u00a0»" for name in coded)
    quoted = Text(french, ", ".join(f"“{name}”" for name in coded))
    return (_WORDS("summary.codes", names=quoted, line=f"statistics={{{means}}}"),)


def _of_one(name: str) -> str:
    return f"`{name}` == 1"


def _inhabited(estimates: Estimates, counts: pd.DataFrame) -> Estimates:
    """Return estimates of the groups that have respondents."""
    written = {}
    for name in counts["variable"].unique():
        written[_of_one(name)] = name
    missing = {}
    for name, n in estimates.provenance.missing.items():
        missing[written.get(name, name)] = n
    frame = estimates.frame.assign(variable=estimates.frame["variable"].replace(written))
    there = np.ones(len(frame), dtype=bool)
    for by in estimates.by:
        there = frame[by].isin(counts[by].iloc[:-1]).to_numpy()
    return replace(estimates, frame=frame).rows(np.flatnonzero(there)).described(missing=missing)


def _test(
    sample: Sample,
    name: str,
    by: str,
    how: SummaryStatistic,
    confidence: float,
    df: DegreesOfFreedom,
) -> Test | None:
    """Return the test that groups are alike; None where the design or the answers allow none."""
    try:
        if how != "share":
            if how == "median":
                return rank_test(sample, name, by, df=df)
            return mean_test(sample, name, by, df=df)
        table = tabulate(sample, name, by, (), keep_missing=False, together=False)
    except (EmptyDomainError, MisleadingError, OptionError):
        return None
    freedom = table.df_of_groups(df)
    record = table_provenance(table, confidence, df, {"na": "drop"})
    conventions = TableConventions(confidence, df, freedom, "logit", record, table.sample)
    (found,) = independence_tests(table, "rao_scott_f", conventions)
    alone = found.lone is not None and found.lone.variable == by
    return found if np.isfinite(found.p_value) and not alone else None


def _difference(groups: Estimates, name: str) -> float:
    """Return the standardised difference of a variable, the largest of all pairs of groups."""
    rows_of_variable = groups.frame[groups.frame["variable"] == name]
    value = {}
    for key, rows in rows_of_variable.groupby("statistic", sort=False):
        value[key] = rows["estimate"].to_numpy(dtype=float)
    count = rows_of_variable[groups.by[0]].nunique()
    if "mean" in value:
        points, spreads = value["mean"][:, None], value["variance"].reshape(-1, 1, 1)
    else:
        points = value["share"].reshape(-1, count).T
        # shares of all categories sum to one: those but the last say everything
        points = points[:, np.nan_to_num(points).any(axis=0)][
            :, : None if len(rows_of_variable) == count else -1
        ]
        spreads = np.array([np.diag(point) - np.outer(point, point) for point in points])
    pairs = combinations(range(count), 2)
    differences = [
        standardised(points[a] - points[b], (spreads[a] + spreads[b]) / 2) for a, b in pairs
    ]
    return max((item for item in differences if np.isfinite(item)), default=np.nan)


def standardised(gap: Floats, spread: Floats) -> float:
    """Return the length of a difference in standard deviations, sqrt(gap' spread^-1 gap).

    NaN if nothing varies.
    """
    if not gap.any():
        return 0.0
    if not np.isfinite(gap).all() or np.linalg.matrix_rank(spread) < len(gap):
        return np.nan
    return float(np.sqrt(gap @ np.linalg.solve(spread, gap)))
