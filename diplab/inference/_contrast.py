"""`contrast`: domains of one result compared, or the same rows of independent results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import linalg

from diplab.checks import check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError, quoted_names
from diplab.inference import linear_combinations as linear
from diplab.inference.covariance import blank_undefined
from diplab.inference.imputation import AlignedRows, align_rows
from diplab.inference.same_people import OfOneDesign, known_rows, of_one_design
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.effective_df import EffectiveDf, side_by_side
from diplab.kernel.intervals import Adjustment
from diplab.microdata.variable import code_text
from diplab.reference.text import Text, Words
from diplab.results.estimates import BandedEstimates, Estimates, join_sources, joined_descriptions
from diplab.sampling.identity import SampleIdentity
from diplab.sampling.people import check_persons_apart


def by_category(estimates: Estimates, name: str | None = None) -> Estimates:
    """Return the rows by category of a variable, with it as their last domain variable."""
    frame = estimates.frame
    has_category = (frame["category"] != "").to_numpy(dtype=bool)
    if name is None:
        variables = list(dict.fromkeys(frame["variable"][has_category]))
        name = str(variables[0]) if len(variables) == 1 and not estimates.by else ""
    rows = np.flatnonzero(has_category & (frame["variable"] == name).to_numpy(dtype=bool))
    if name in frame.columns or frame["category"].iloc[rows].nunique() < 2:
        return estimates
    categories = estimates.rows(rows)
    own = categories.frame.assign(category="")
    own.insert(list(own.columns).index("estimate"), name, categories.frame["category"])
    return replace(categories, frame=own, by=(*estimates.by, name))


_KEYS = ("statistic", "variable", "category")
_WORDS = Words("diplab.inference")
_SOME = (
    0.01  # the share of identifiers in common from which on two samples may be of the same people
)
WAVE = "wave"  # the column that names the two samples of a comparison, where there are several


def _stack_results(results: Sequence[Estimates], kind: str) -> tuple[Estimates, OfOneDesign | None]:
    """Return the rows of results one below the other, and what one design says of them.

    None if independent.
    """
    first = results[0]
    _check_independent(results)
    _check_alike(results)
    if kind == "ratio" and any("share" in result.kinds for result in results):
        second = results[1]
        raise MisleadingError(
            "`kind='ratio'` would divide a share of one survey by a share of another.",
            "The two shares have different bases and selections, which a quotient hides: "
            f"{first.provenance.source.en or 'the first'} and "
            f"{second.provenance.source.en or 'the second'}.",
            "Show them side by side, or write `kind='difference'` for two waves of one survey.",
        )
    every = _on_all_rows(results)
    known = [result.effective for result in results if isinstance(result.effective, EffectiveDf)]
    taken = [effective.rows(item.row) for effective, item in zip(known, every, strict=False)]
    effective = side_by_side(taken, independent=True) if len(known) == len(results) else None
    row, there = [item.row for item in every], [item.there for item in every]
    together = of_one_design(results, row, there)
    if together is None:
        blocks = (
            rows.covariance(item.covariance) for rows, item in zip(every, results, strict=True)
        )
        covariance = linalg.block_diag(*blocks)
    else:
        covariance, effective = together.covariance, None
    frame = pd.concat([item.frame for item in every], ignore_index=True)
    if together is not None and all(
        result.compared is None or result.alone is not None for result in results
    ):
        # what one unit alone tells has no error beside another result either
        lost = frame["std_error"].isna().to_numpy() & np.concatenate(there)
        covariance = blank_undefined(covariance.copy(), lost)
    descriptions = joined_descriptions(result.descriptions for result in results)
    described: Any = {
        "descriptions": descriptions,
        "effective": effective,
        "compared": None,
        "contributions": None,
    }
    described["alone"] = None
    joined = replace(first, frame=frame, covariance=covariance, **described)
    rules, of_each = _rules_of_all(results)
    columns = dict(first.provenance.columns)
    for name in of_each:
        columns.pop(name, None)
    source = join_sources(
        result.provenance.source for result in results if result.provenance.source.en
    )
    notices = tuple(dict.fromkeys(text for result in results for text in result.provenance.notices))
    if together is None:
        notices += of_the_same_people(results, "notice.same_people")
    shared: dict[str, Any] = {"rules": rules, "of_each": of_each, "columns": columns}
    for name in ("combined", "categories", "pairs"):
        shared[name] = {}
        for result in results:
            shared[name] |= getattr(result.provenance, name)
    return joined.described(**shared, source=source, notices=notices), together


def _rules_of_all(
    results: Sequence[Estimates],
) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]]]:
    """Return the rules of several results, and those that differ by result."""
    rules: dict[str, Any] = {}
    of_each: dict[str, tuple[Any, ...]] = {}
    records = [result.provenance for result in results]
    for name in dict.fromkeys(name for record in records for name in record.rules):
        texts = [record.rules.get(name, "") for record in records]
        rules[name] = texts[0]
        if len(set(texts)) > 1:
            rules[name] = " − ".join(texts)
            stated = [record.values.get(name) for record in records]
            of_each[name] = tuple(value or text for value, text in zip(stated, texts, strict=True))
    return rules, of_each


def of_the_same_people(results: Sequence[Estimates], notice: str) -> tuple[Text, ...]:
    """Return a notice where samples that are taken as independent have identifiers in common."""
    pairs = [
        (one.drawn, two.drawn)
        for one, two in combinations(results, 2)
        if isinstance(one.drawn, SampleIdentity)
    ]
    name, share = max(
        (one.shared_with(two) for one, two in pairs), key=lambda item: item[1], default=("", 0.0)
    )
    return (_WORDS(notice, name=name, share=f"{100 * share:.0f}"),) if share >= _SOME else ()


def _check_alike(results: Sequence[Estimates]) -> None:
    first = results[0]
    for position, other in enumerate(results[1:], start=2):
        if linear.key_columns(other) != linear.key_columns(first):
            one, two = (quoted_names(item.by) or "nothing" for item in (first, other))
            raise OptionError(
                "The results compared do not have the same domain variables and measures.",
                f"The first is by {one}, number {position} by {two}.",
                "Estimate the same statistics with the same `by` on both samples.",
            )
    levels = dict.fromkeys(result.provenance.confidence for result in results)
    if len(levels) > 1:
        raise OptionError(
            "The intervals of the results compared have the levels "
            f"{' and '.join(map(str, levels))}.",
            write="Estimate both with the same `confidence`.",
        )


def _on_all_rows(results: Sequence[Estimates]) -> list[AlignedRows]:
    """Return results on the rows of all; refuse rows that one of them lacks."""
    aligned = align_rows(results)
    for number, item in enumerate(aligned, start=1):
        absent = np.flatnonzero(item.row < 0)
        if absent.size:
            row = dict(item.frame.loc[absent[0], linear.key_columns(results[0])])
            raise OptionError(
                f"Result {number} has no row for {_describe_row(row)}, which another has"
                + (f" ({absent.size} such rows)." if absent.size > 1 else "."),
                write="Estimate the same statistics with the same `by` on both samples, or narrow "
                "both with `where` to "
                "what they share.",
            )
    return aligned


def _describe_row(row: Mapping[str, object]) -> str:
    about = (
        f"{row['statistic']} of `{row['variable']}`" if row["variable"] else str(row["statistic"])
    )
    where = [f"`{name}` = {code_text(value)}" for name, value in row.items() if name not in _KEYS]
    category = f" = {code_text(row['category'])}" if row["category"] != "" else ""
    return about + category + (f" where {' and '.join(where)}" if where else "")


def _of_one_sample(one: Any, two: Any) -> bool:
    """Return whether two results are of one sample with the same weights."""
    if one.drawn is not two.drawn and getattr(one.drawn, "token", "") != getattr(
        two.drawn, "token", " "
    ):
        return False
    first, second = known_rows(one), known_rows(two)
    if first is None or second is None:
        return True
    return bool(np.array_equal(first.sample.engine.weights, second.sample.engine.weights))


def _check_independent(results: Sequence[object]) -> None:
    if not all(isinstance(result, Estimates) for result in results):
        raise OptionError(
            "One of the things compared is not a result of `estimate`.",
            write="Write `contrast([before, after])`.",
        )
    if any(_of_one_sample(one, two) for one, two in combinations(results, 2)):
        raise MisleadingError(
            "The results compared come from one sample, and are not independent.",
            write="Estimate once with `by=`, and write for example `contrast(result, {'sex': "
            "('female', 'male')})`.",
        )


ContrastKind: TypeAlias = Literal["difference", "ratio"]
Between: TypeAlias = "str | Mapping[str, Any] | Floats"


def contrast(
    estimates: Estimates | Sequence[Estimates] | Mapping[str, Estimates],
    between: Between | None = None,
    *,
    kind: ContrastKind = "difference",
    pairwise: Adjustment | None = None,
    names: Mapping[str, Mapping[str, Any]] | None = None,
) -> Estimates:
    """Compare domains of a result or independent results, or compute an expression of estimates.

    Parameters
    ----------
    estimates : Estimates, or several of them
        One result, or two results with the same rows; with `pairwise` several waves, listed or by
        name (`{"2018": before, "2021": after}`). Results of the same people (one frame, one file,
        or `id=` of `declare_design`), such as weighted beside unweighted, are compared person by
        person; others as independent, with a notice where identifiers or units coincide: for waves
        of a panel, `change`, or stack them and declare `id=`.
    between : str, mapping or array
        Two categories of a domain variable, `{"sex": ("female", "male")}`: the first minus (or
        over) the second. So are those of a variable whose categories are the rows: predicted
        margins, coefficients, shares. With `pairwise`, a domain variable (`"region"`), some of its
        categories (`{"region": ("N", "S", "E")}`), or nothing where there is one domain variable.
        Linear contrasts by name, `{"young minus others": {"15-24": 1, "25-64": -0.5, "65+":
        -0.5}}`: a coefficient by domain (by tuple of categories where there are several domain
        variables; by category or variable where there is none), for each statistic; or an array of
        shape (contrasts, rows). An expression, `"f / (f + m)"` (or several by name, `{"share of
        women": "f / (f + m)"}`), of the same labels as linear contrasts, odd ones in backticks,
        numbers, `+ - * / **` and `log exp sqrt`, for each statistic. Not for several results.
    kind : {"difference", "ratio"}
        Difference a - b, variance V(a) + V(b) - 2 C(a, b); ratio R = a / b, variance
        (V(a) + R^2 V(b) - 2 R C(a, b)) / b^2 by linearisation.
    pairwise : {"holm", "bonferroni", "bh"}, optional
        Compare all pairs of categories, or of waves, and adjust the p-values for their number,
        together for all categories of a variable that one statistic is about, apart for each other
        domain: Holm (1979), Bonferroni, or Benjamini and Hochberg (1995). Two shares that make up
        the whole count as one.
    names : mapping, optional
        What names in an expression stand for, by the columns that distinguish rows: `{"a":
        {"region": "N", "sex": "f"}, "b": {"region": "N", "sex": "m"}}`. Columns that no name has
        stay: one row for each of their categories.

    Returns
    -------
    Estimates
        One row per comparison. Effective degrees of freedom are those of the combination itself;
        others, and those of combinations that results do not hold, are the smallest of the rows
        compared. After the measures come `p_value`, of the t test that the difference is 0 or the
        ratio 1, and with `pairwise` `p_adjusted`. The variance of an expression is g'Vg, by its
        derivatives g at the estimates (delta method); its test is against the value it has where
        all its estimates are equal (1/2 for a / (a + b)), none where that depends on their size.

    Raises
    ------
    ColumnError
        Where the variable is not a domain variable of the result, or a category is not among its
        own.
    MisleadingError
        Where shares of two surveys would be divided; where results are of the same people, and
        their covariance is not known.
    OptionError
        Where an option is not one of its words, or results do not have the same rows; where an
        expression has no value or no derivative at the estimates.
    ConditionError
        Where an expression cannot be read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> dl.contrast(est, {"sex": ("m", "f")}).frame["estimate"].item()
    25.0
    >>> dl.contrast(est, {"mean of both": {"m": 0.5, "f": 0.5}}).frame["estimate"].item()
    27.5
    >>> dl.contrast(est, "f / (f + m)").frame["estimate"].item()
    0.2727272727272727
    """
    check_one_of("kind", kind, ContrastKind)
    if pairwise is not None:
        check_one_of("pairwise", pairwise, Adjustment)
    _check_no_bounds(estimates)
    expressions = _expressions(estimates, None if pairwise else between, names is not None, kind)
    if not isinstance(estimates, Estimates):
        return _between_samples(estimates, between, kind, pairwise)
    if estimates.provenance.is_exponential:
        raise OptionError(
            "The ratios of a regression have no contrast.",
            "They are exponentials: only the coefficients themselves can be subtracted.",
            "Write the contrast on what `regress` returned: the exponential of a difference is the "
            "ratio of the two.",
        )
    if expressions:
        _check_persons(estimates)
        return linear.by_expressions(estimates, expressions, names or {})
    by_name = isinstance(between, Mapping) and all(
        isinstance(item, Mapping) for item in between.values()
    )
    if (by_name and between) or isinstance(between, np.ndarray):
        if kind != "difference" or pairwise is not None:
            raise OptionError(
                f"`{'kind' if kind != 'difference' else 'pairwise'}` applies to pairs of "
                "categories.",
                "Linear contrasts are sums.",
                "Leave the option out.",
            )
        _check_persons(estimates)
        if isinstance(between, Mapping):
            return linear.by_coefficients(estimates, between)
        return linear.by_array(estimates, np.asarray(between))
    _check_persons(estimates, _variable_of(between))
    domains = by_category(estimates, _variable_of(between))
    rules: dict[str, Any] = {}
    if pairwise is None:
        name, pair = _one_pair(domains, between)
        pairs = [pair]
    else:
        name, categories = _categories_to_pair(domains, between)
        pairs = linear.every_pair(domains, name, categories)
        rules["p_adjusted"] = pairwise
    compared = linear.compare_pairs(domains, name, pairs, kind, pairwise)
    # two categories may be of the same people, who count once; two outcomes of a regression always
    # are
    of_model = np.full(len(compared), bool(estimates.provenance.model))
    twice = compared.rows_described(shared_base=True) if domains is not estimates else of_model
    compared = replace(
        compared,
        frame=compared.frame.assign(n=compared.frame["n"].where(~twice, compared.frame["n"] // 2)),
    )
    return _compared(compared, kind, **rules)


def _check_no_bounds(estimates: object) -> None:
    """Refuse bounds among the results compared."""
    several = list(estimates.values()) if isinstance(estimates, Mapping) else estimates
    for item in several if isinstance(several, list | tuple) else [several]:
        if isinstance(item, BandedEstimates):
            raise MisleadingError(
                "Contrasts are not available for a variable known only by band.",
                "A difference between two bounds is not a bound of the difference.",
                "Write the bounds of the difference by hand: from low minus high to high minus "
                "low.",
            )


def _check_persons(estimates: Estimates, name: str | None = None) -> None:
    """Refuse to compare domains that hold the same persons, where nothing in the design says so."""
    held = known_rows(estimates)
    for item in estimates.by if held is not None else ():
        if held is not None and name in (None, item):
            check_persons_apart(held.sample, item)


def _expressions(estimates: object, between: object, named: bool, kind: str) -> Mapping[str, str]:
    """Return what is asked for as expressions, by name.

    Nothing where it names a domain variable.
    """
    written = {between: between} if isinstance(between, str) else between
    found: Mapping[str, str] = {}
    if isinstance(estimates, Estimates) and isinstance(written, Mapping):
        texts = all(isinstance(item, str) for item in written.values())
        found = written if texts and not set(estimates.by) & set(written) else {}
    if (named and not found) or (found and kind != "difference"):
        raise OptionError(
            "`kind` applies to pairs of categories."
            if found
            else "`names` applies to an expression of one result.",
            "An expression already states what it computes." if found else "",
            "Write for example `contrast(result, 'a / b', names={'a': {...}, 'b': {...}})`, and no "
            "`kind`.",
        )
    return found


def _variable_of(between: object) -> str | None:
    """Return the variable that is named; None where none is."""
    if isinstance(between, Mapping):
        return str(next(iter(between))) if len(between) == 1 else ""
    return str(between) if between is not None else None


def _compared(comparisons: Estimates, kind: str, of_whom: str = "", **rules: str) -> Estimates:
    """Return comparisons with their kind in the record."""
    rules = {**comparisons.provenance.rules, "contrast": f"{kind}{of_whom}", **rules}
    return comparisons.described(rules=rules, contrast=kind)


def _between_samples(
    results: Sequence[Estimates] | Mapping[str, Estimates],
    between: object,
    kind: str,
    pairwise: str | None,
) -> Estimates:
    if between is not None:
        raise OptionError(
            "`between` applies to the domains of one result, not to several results.",
            write="Write `contrast([before, after])`, or contrast each result by itself.",
        )
    if isinstance(results, Mapping):
        waves = results
    else:
        waves = {}
        for n, item in enumerate(results, start=1):
            waves[str(n)] = item
    names, each_result = list(waves), list(waves.values())
    if pairwise is None and len(waves) != 2:
        raise OptionError(
            f"`contrast` compares two results, and has {len(waves)}.",
            write="Write `contrast([before, after])`"
            + (", or `pairwise='holm'` for all pairs." if len(waves) > 2 else "."),
        )
    if len(waves) < 2:
        raise OptionError(
            f"`contrast` with `pairwise` compares two results or more, and has {len(waves)}.",
            write="Write `contrast({'2018': before, '2019': after}, pairwise='holm')`.",
        )
    joined, together = _stack_results(each_result, kind)
    if pairwise and WAVE in joined.by:
        raise ColumnError(
            f"The results have a domain variable `{WAVE}`.",
            "The contrast has a column of that name, for the samples it compares.",
            f"Rename it in the data, for example `{WAVE}_`.",
        )
    size, pairs = len(joined) // len(waves), list(combinations(range(len(waves)), 2))
    row = np.repeat(np.arange(size), len(pairs))
    first, second = (
        np.tile(np.array([pair[side] for pair in pairs]) * size, size) + row for side in (0, 1)
    )
    compared_pairs = [linear.compared_pair(names[a], names[b], kind) for a, b in pairs] * size
    twice: Integers | int = 0
    if together is not None:
        twice = together.common[first, second].astype(np.int64)
    compared = linear.compare_rows(
        joined, first, second, kind, {WAVE: compared_pairs} if pairwise else {}, twice
    )
    of_whom = " of independent samples"
    if together is not None:
        of_whom = " of the same people" * bool(np.any(twice))
    if pairwise is None:
        return _compared(compared, kind, of_whom)
    within = [name for name in linear.key_columns(joined) if name != "category"]
    adjusted = linear.with_adjusted_p_values(compared, within, pairwise)
    return _compared(adjusted, kind, of_whom, p_adjusted=pairwise)


def _known_domain(estimates: Estimates, name: str) -> str:
    if name not in estimates.by:
        raise ColumnError(
            f"`{name}` is not a domain variable of the result.",
            f"The domain variables of this result are {', '.join(estimates.by) or 'none'}.",
            f"Estimate with `by='{name}'` first.",
        )
    return name


def _one_pair(estimates: Estimates, between: object) -> tuple[str, tuple[Any, Any]]:
    name, pair = (
        next(iter(between.items()))
        if isinstance(between, Mapping) and len(between) == 1
        else ("", None)
    )
    if pair is None or not isinstance(pair, tuple | list) or len(pair) != 2:
        count = len(between) if isinstance(between, Mapping) else int(isinstance(between, str))
        raise OptionError(
            "`between` names one domain variable and two of its categories.",
            f"It has {count} domain variable{'s' * (count != 1)}"
            + (", without two categories." if count == 1 else "."),
            "Write one, for example `{'sex': ('female', 'male')}`"
            + (", or `pairwise='holm'` for all pairs." if count == 1 else "."),
        )
    first, second = pair
    _known_domain(estimates, name)
    codes = (
        linear.category_code(estimates, name, first),
        linear.category_code(estimates, name, second),
    )
    if codes[0] == codes[1]:
        raise OptionError(
            f"`between` names one category of `{name}` twice: {first!r} and {second!r}.",
            write="Write two different ones.",
        )
    return name, codes


def _categories_to_pair(estimates: Estimates, between: object) -> tuple[str, Sequence[object]]:
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
        "`pairwise` needs the domain variable whose categories it compares.",
        f"The result has {len(estimates.by)}: {', '.join(estimates.by) or 'none'}.",
        "Write one, for example `contrast(result, 'region', pairwise='holm')`.",
    )
