"""Combinations of estimates with tests: pairs of categories, linear contrasts, expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, compress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError, suggestion
from diplab.inference.covariance import blank_undefined, standard_errors
from diplab.inference.measures import (
    CORRECTABLE,
    CORRECTABLE_HEAVY_UNIT,
    FEW_DF,
    HEAVY_UNIT,
    LEVERAGE,
    measures,
)
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.effective_df import CombinedDf
from diplab.kernel.intervals import adjusted_p_values, edge_length, student, t_p_value
from diplab.microdata.variable import answers_to_write, code_of_answer, code_text, label_and_code
from diplab.results.estimates import CONTRAST, Contrast, Estimates, Pair
from diplab.results.regression import Regression
from diplab.sampling.formula import ModelFactor, evaluate, read_arithmetic

_FURTHER = ("p_value", "p_adjusted", "fmi")


@dataclass(frozen=True, eq=False)
class Combination:
    """What is made of the rows of a result, to first order a weighted sum of them."""

    keys: pd.DataFrame  # what each combination is about: the columns before the estimates
    value: Floats
    weights: Floats  # (combinations, rows): its derivative by each row of the result
    involved: NDArray[np.bool_]  # (combinations, rows): the rows it is made of
    n: Integers  # respondents behind it
    null: float | Floats = (
        0.0  # its value where there is no difference: 0, or 1 for a ratio; NaN for none
    )
    compared: Floats | None = (
        None  # (combinations, rows): what it has the degrees of freedom of; else of `weights`
    )


def key_columns(estimates: Estimates) -> list[str]:
    """Return the columns that say what a row is about: those before its estimate."""
    names = list(map(str, estimates.frame.columns))
    return names[: names.index("estimate")]


def compare_rows(
    joined: Estimates,
    left: Integers,
    right: Integers,
    kind: str,
    pairs: Mapping[str, Sequence[Pair]],
    twice: Integers | int = 0,
) -> Estimates:
    """Return differences or ratios of rows, with the keys of `left` but for the pairs compared."""
    # `twice`: respondents who are in both rows, and count once
    point, n = joined.frame["estimate"].to_numpy(dtype=float), joined.frame["n"].to_numpy()
    a, b = point[left], point[right]
    rows = np.arange(left.size)
    weights, compared = np.zeros((2, left.size, point.size))
    compared[rows, left], compared[rows, right] = 1.0, -1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        value = a - b if kind == "difference" else np.where(b == 0, np.nan, a / b)
        weights[rows, left] += 1.0 if kind == "difference" else 1.0 / b
        weights[rows, right] -= 1.0 if kind == "difference" else value / b
    labels, known = {}, {**joined.provenance.pairs}
    for name, compared_categories in pairs.items():
        labels[name] = list(map(str, compared_categories))
        known |= zip(labels[name], compared_categories, strict=True)
    keys = joined.frame.iloc[left][key_columns(joined)].reset_index(drop=True).assign(**labels)
    null, involved, counted = float(kind == "ratio"), compared != 0, n[left] + n[right] - twice
    compared_rows = combine_rows(
        joined, Combination(keys, value, weights, involved, counted, null, compared)
    )
    by = (*joined.by, *(name for name in labels if name not in joined.by))
    return replace(compared_rows, by=by).described(pairs=known)


def compared_pair(first: object, second: object, kind: str) -> Pair:
    """Return the two categories of a difference or a ratio."""
    return Pair(first, second, "/" if kind == "ratio" else "−")


def combine_rows(joined: Estimates, made: Combination) -> Estimates:
    """Return combinations with their covariance C'VC and t tests against their null values."""
    check_free_names(made.keys)
    # an undefined combination is blanked below; a row without variance counts only where it is
    # involved
    weights = np.where(np.isfinite(made.weights), made.weights, 0.0)
    df = np.where(made.involved, joined.frame["df"].to_numpy(dtype=float), np.inf).min(axis=1)
    effective = None
    if joined.effective is not None:
        effective = CombinedDf(joined.effective, weights)
        if made.compared is not None:
            effective = CombinedDf(joined.effective, made.compared, weights)
        df = joined.effective.of_combinations(effective.weights)
    confidence = joined.provenance.confidence
    t, every = student(confidence, df), joined.between
    at_edge = weights * edge_lengths(joined) / np.where(t > 0, t, np.inf)[:, None]
    covariance = weights @ np.nan_to_num(every, nan=0.0) @ weights.T + at_edge @ at_edge.T
    lost = np.isnan(made.value)
    blank = lost | (made.involved & np.isnan(np.diag(every))).any(axis=1)
    alone = joined.alone and joined.alone.combined(weights)
    if alone is not None:
        blank |= alone.lost
    flags, of_heavy = _flags(joined, made)
    blank |= of_heavy
    blank_undefined(covariance, blank)
    # as if all rows moved together in the worst way
    worst = np.abs(weights) @ np.sqrt(np.maximum(np.nan_to_num(np.diag(every), nan=0.0), 0.0))
    std_error = standard_errors(covariance, worst + np.abs(at_edge).sum(axis=1))
    half = t * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(std_error > 0, (made.value - made.null) / std_error, np.nan)
    flags[np.isnan(std_error) & (flags == "")] = "no variance"
    few = df < FEW_DF
    if joined.effective is None:
        # what its units are worth is known of the rows only
        few |= (made.involved & joined.flagged("few units")).any(axis=1)
    flags[few & np.isfinite(std_error) & (flags == "")] = "few units"
    columns = measures(
        made.value, std_error, made.value - half, made.value + half, df, made.n, flags
    )
    measured = made.keys.assign(**columns, p_value=t_p_value(t, df))
    # whatever interval the rows have, that of a combination is symmetric
    rules = joined.provenance.rules_without("interval")
    if (made.involved & _at_edge(joined)).any():
        rules["edge_shares"] = "exact"
    changed: Any = {
        "compared": None,
        "contributions": None,
        "null": np.broadcast_to(made.null, made.value.shape),
        "where_equal": weights if made.compared is None else made.compared,
    }
    combined = replace(
        joined, frame=measured, covariance=covariance, effective=effective, alone=alone, **changed
    )
    return combined.described(rules=rules)


def edge_lengths(estimates: Estimates) -> Floats:
    """Return the lengths of the exact intervals of shares of 0 or 1; 0 for what varies."""
    edge, lengths = _at_edge(estimates), np.zeros(len(estimates))
    point, n, low, high = (
        estimates.frame[name].to_numpy(dtype=float)[edge]
        for name in ("estimate", "n", "ci_low", "ci_high")
    )
    # symmetric intervals do not know it
    symmetric = ~(high - low > 0)
    lengths[edge] = np.where(
        symmetric, edge_length(point, n, estimates.provenance.confidence), high - low
    )
    return lengths


def _at_edge(estimates: Estimates) -> NDArray[np.bool_]:
    frame = estimates.frame
    point, low, high = (
        frame[name].to_numpy(dtype=float) for name in ("estimate", "ci_low", "ci_high")
    )
    still = np.diag(estimates.covariance) == 0
    counted = frame["n"].to_numpy() > 0
    uncertain = estimates.rows_described(of_people=True) | (high - low > 0)
    at_edge: NDArray[np.bool_] = uncertain & still & counted & ((point == 0) | (point == 1))
    return at_edge


def check_free_names(keys: pd.DataFrame) -> None:
    """Refuse a domain variable that bears the name of a column which a result is about to get."""
    for name in _FURTHER:
        if name in keys:
            raise ColumnError(
                f"`{name}` cannot be a domain variable of a contrast.",
                f"The result has a column of that name ({', '.join(_FURTHER)} come after the "
                "measures).",
                f"Rename it in the data, for example `{name}_`.",
            )


def _flags(joined: Estimates, made: Combination) -> tuple[NDArray[np.object_], Booleans]:
    """Return the flags of combinations, and which involve a mean dominated by one unit."""
    of_rows = [set(flags) for flags in joined.flags]
    flags = np.full(made.value.size, "", dtype=object)
    # whether a combination rests on few units, or on one, is said of it, not of its rows
    of_itself = {"few units"} if joined.alone is None else {"few units", "no variance"}
    # its linearised error is too small to compare it by
    known_as, heavy = (
        {HEAVY_UNIT: LEVERAGE, CORRECTABLE_HEAVY_UNIT: CORRECTABLE},
        np.zeros(made.value.size, dtype=bool),
    )
    for row_flag in sorted(set().union(*of_rows) - {"", *of_itself}):
        flagged, flag = (
            (made.involved & np.array([row_flag in row for row in of_rows])).any(axis=1),
            row_flag,
        )
        if row_flag in known_as:
            heavy, flag = heavy | flagged, known_as[row_flag]
        flags[flagged] = [f"{before}, {flag}" if before else flag for before in flags[flagged]]
    flags[np.isnan(made.value)] = "undefined"
    flags[(made.involved & (joined.frame["n"].to_numpy() == 0)).any(axis=1)] = "empty"
    return flags, heavy


MOST_COMPARISONS = 5000
_NUMBER = "diplab_number"


def category_code(estimates: Estimates, name: str, category: object) -> Any:
    """Return a category of the result, from its code or from its label in the codebook."""
    known = list(dict.fromkeys(estimates.frame[name]))
    code = code_of_answer(estimates.codebook, name, category, known)
    if code is not None:
        return code
    words = answers_to_write(estimates.codebook, name, known)
    raise ColumnError(
        f"{category!r} is not a category of `{name}`.",
        f"The result has {', '.join(words)}.",
        suggestion(code_text(category), words),
    )


def every_pair(
    estimates: Estimates, name: str, categories: Sequence[object] = ()
) -> list[tuple[Any, Any]]:
    """Return all pairs of categories of a domain variable, in the order of the result or given."""
    chosen = [category_code(estimates, name, category) for category in categories]
    chosen = list(dict.fromkeys(chosen or estimates.frame[name]))
    if len(chosen) < 2:
        raise OptionError(
            f"`{name}` has fewer than two categories to compare.",
            f"There are {len(chosen)}: "
            f"{', '.join(label_and_code(estimates.codebook, name, item) for item in chosen)}.",
            "Write two categories or more, or estimate with another `by`.",
        )
    count = len(chosen) * (len(chosen) - 1) // 2
    if count > MOST_COMPARISONS:
        # before they are listed: thousands of categories make millions of pairs
        raise _too_many(name, count)
    return list(combinations(chosen, 2))


def compare_pairs(
    estimates: Estimates,
    name: str,
    pairs: Sequence[tuple[Any, Any]],
    kind: str,
    adjustment: str | None,
) -> Estimates:
    """Compare pairs of categories for each statistic and other domain.

    A pair with an absent row is left out.
    """
    frame = estimates.frame
    others = [column for column in key_columns(estimates) if column != name]
    # two quantiles of one variable bear the same keys: each is compared with its like
    number = frame.groupby([*others, name], sort=False, dropna=False).cumcount()
    group = (
        frame.assign(**{_NUMBER: number})
        .groupby([*others, _NUMBER], sort=False, dropna=False)
        .ngroup()
        .to_numpy()
    )
    categories = list(dict.fromkeys(frame[name]))
    place = np.full((group.max(initial=-1) + 1, len(categories)), -1, dtype=np.int64)
    place[group, list(map(categories.index, frame[name]))] = np.arange(len(frame))
    if place.shape[0] * len(pairs) > MOST_COMPARISONS:
        raise _too_many(name, place.shape[0] * len(pairs))
    first, second = (
        place[:, [categories.index(pair[side]) for pair in pairs]].ravel() for side in (0, 1)
    )
    there = (first >= 0) & (second >= 0)
    compared = [compared_pair(*pair, kind) for pair in pairs] * place.shape[0]
    kept = list(compress(compared, there))
    comparisons = compare_rows(estimates, first[there], second[there], kind, {name: kept})
    if adjustment is None:
        return comparisons
    return with_adjusted_p_values(
        comparisons, [column for column in others if column != "category"], adjustment
    )


def with_adjusted_p_values(
    comparisons: Estimates, within: Sequence[str], adjustment: str
) -> Estimates:
    """Return comparisons with their p-values adjusted for the number of those that are alike."""
    family = comparisons.frame.groupby(list(within), sort=False, dropna=False).ngroup()
    p_value = comparisons.frame["p_value"].to_numpy(dtype=float)
    counted = np.where(_repeated_complements(comparisons, np.asarray(family)), np.nan, p_value)
    p_adjusted = adjusted_p_values(counted, np.asarray(family, dtype=np.int64), adjustment)
    # the second of two complementary shares bears the p-value of the first
    alike = (
        comparisons.frame.groupby(_all_but_category(comparisons), sort=False, dropna=False)
        .ngroup()
        .to_numpy()
    )
    first = np.unique(alike, return_index=True)[1]
    p_adjusted = np.where(np.isnan(counted), p_adjusted[first[alike]], p_adjusted)
    p_adjusted[np.isnan(p_value)] = np.nan
    return replace(comparisons, frame=comparisons.frame.assign(p_adjusted=p_adjusted))


def _all_but_category(comparisons: Estimates) -> list[str]:
    return [name for name in key_columns(comparisons) if name != "category"]


def _repeated_complements(comparisons: Estimates, family: Integers) -> NDArray[np.bool_]:
    """Return redundant differences: those of the second of two shares that sum to the whole."""
    frame = comparisons.frame
    share = comparisons.rows_described(every_category=True)
    grouped = frame.groupby(_all_but_category(comparisons), sort=False, dropna=False)
    together = grouped["estimate"].transform("sum").abs().to_numpy(dtype=float)
    two = (grouped["category"].transform("nunique") == 2) & (
        grouped["category"].transform("size") == 2
    )
    by_family = frame.groupby(family)
    only_two = (by_family["category"].transform("nunique") == 2).to_numpy(dtype=bool)
    opposite = share & only_two & two.to_numpy(dtype=bool) & (together <= 1e-9)
    only_opposites = np.bincount(family, weights=~opposite)[family] == 0
    second: NDArray[np.bool_] = only_opposites & (grouped.cumcount().to_numpy() == 1)
    return second


def _too_many(name: str, count: int) -> OptionError:
    return OptionError(
        f"All pairs of the categories of `{name}` make {count:,} comparisons.",
        f"The covariance between these is kept for {MOST_COMPARISONS:,} at most.",
        f"Write the categories that matter, for example `{{'{name}': (first, second, third)}}`, or "
        "fewer statistics.",
    )


def by_coefficients(estimates: Estimates, wanted: Mapping[str, Mapping[Any, float]]) -> Estimates:
    """Return named contrasts, by statistic: `undefined` where a domain is absent."""
    # a label is a category (a tuple of several) of the domain variables; without domains, a
    # category or variable
    for name, coefficients in wanted.items():
        for label, coefficient in coefficients.items():
            if not isinstance(coefficient, int | float | np.number) or not np.isfinite(coefficient):
                raise OptionError(
                    f"The coefficient {coefficient!r} for {label!r} in the contrast `{name}` is "
                    "not a finite number.",
                    write=f"Write for example `{{'{name}': {{first: 1, second: -1}}}}`.",
                )
    meant = {}
    for item in wanted.values():
        for label in item:
            meant[label] = _labelled(estimates, label)
    contrasts, _ = _combined(
        estimates,
        meant,
        {name: (list(item), partial(_summed, item)) for name, item in wanted.items()},
    )
    sums = [(abs(sum(item.values())), sum(map(abs, item.values()))) for item in wanted.values()]
    kind: Contrast = "sum"
    if all(total <= 1e-9 * size for total, size in sums):
        kind = "difference"
    return _by_coefficients(contrasts, kind)


def _by_coefficients(contrasts: Estimates, kind: Contrast) -> Estimates:
    rules = {**contrasts.provenance.rules, "contrast": f"{kind} by coefficients"}
    return contrasts.described(rules=rules, contrast=kind)


def _summed(
    coefficients: Mapping[Any, float], given: Mapping[Any, Floats]
) -> tuple[Floats, Floats, Floats, Floats]:
    slopes = np.array([np.full_like(item, coefficients[label]) for label, item in given.items()])
    value = (slopes * list(given.values())).sum(axis=0)
    return value, slopes, np.zeros_like(value), slopes


def _labelled(estimates: Estimates, label: object) -> dict[str, str]:
    """Return the columns that the label of a linear contrast is about, as codes."""
    if not estimates.by:
        row = _row_of(estimates, label)
        return {name: code_text(estimates.frame.loc[row, name]) for name in key_columns(estimates)}
    known = set(estimates.frame[list(estimates.by)].itertuples(index=False, name=None))
    return dict(zip(estimates.by, map(code_text, _cell_of(estimates, label, known)), strict=True))


def by_array(estimates: Estimates, weights: Floats) -> Estimates:
    """Return contrasts given as an array of coefficients.

    What all rows of one have in common stays in its columns.
    """
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    if weights.ndim != 2 or weights.shape[1] != len(estimates) or not np.isfinite(weights).all():
        raise OptionError(
            f"An array of shape {weights.shape} cannot be the coefficients of contrasts.",
            f"The result has {len(estimates)} rows, and each contrast needs a finite coefficient "
            "for each row.",
            f"Write an array of shape (contrasts, {len(estimates)}), in the order of the rows.",
        )
    involved = weights != 0
    point = estimates.frame["estimate"].to_numpy(dtype=float)
    value = np.where(involved, weights * np.where(involved, point, 0.0), 0.0).sum(axis=1)
    labels = list(map(str, range(1, len(weights) + 1)))
    contrasts = _of_rows(
        estimates,
        set(estimates.by),
        labels,
        value,
        np.zeros(len(value)),
        (weights, weights),
        involved,
    )
    kind: Contrast = "sum"
    if (np.abs(weights.sum(axis=1)) <= 1e-9 * np.abs(weights).sum(axis=1)).all():
        kind = "difference"
    return _by_coefficients(contrasts, kind)


def _of_rows(
    estimates: Estimates,
    distinguishing: set[str],
    labels: list[str],
    value: Floats,
    null: Floats,
    slopes: tuple[Floats, Floats],
    involved: NDArray[np.bool_],
) -> Estimates:
    """Return combinations with the keys their rows share; labels replace the other domains."""
    frame, domains = estimates.frame, [name for name in estimates.by if name in distinguishing]
    column = domains[0] if len(domains) == 1 else CONTRAST
    shown = [name for name in key_columns(estimates) if name not in domains]
    cells = frame[shown].to_numpy(dtype=object).T
    keys = pd.DataFrame(
        [[_common(cell[line]) for cell in cells] for line in involved], columns=shown
    )
    keys["statistic"] = keys["statistic"].replace("", CONTRAST)
    n = contrast_respondents(estimates, involved)
    made = Combination(
        keys.assign(**{column: labels}), value, slopes[0], involved, n, null, slopes[1]
    )
    return replace(
        combine_rows(estimates, made),
        by=(*(name for name in estimates.by if name not in distinguishing), column),
    )


def contrast_respondents(estimates: Estimates, involved: NDArray[np.bool_]) -> Integers:
    """Return the respondents behind each contrast; those of a domain are counted once."""
    n = estimates.frame["n"].to_numpy(dtype=float)
    if estimates.by:
        cell = (
            estimates.frame.groupby(list(estimates.by), sort=False, dropna=False)
            .ngroup()
            .to_numpy()
        )
    else:
        cell = np.zeros(len(n), dtype=np.int64)
    largest = np.zeros((len(involved), cell.max(initial=-1) + 1))
    for position, rows in enumerate(involved):
        np.maximum.at(largest[position], cell[rows], n[rows])
    counted: Integers = largest.sum(axis=1).astype(np.int64)
    return counted


def joint_respondents(estimates: Estimates) -> int:
    """Return the respondents behind a test of all rows at once; for a model, all of its own."""
    if estimates.provenance.contrast:
        return 0  # contrasts share respondents, and no longer show how many there are
    fits = (estimates.imputed or (estimates,)) if isinstance(estimates, Regression) else ()
    known = [int(fit.fitted.n) for fit in fits if fit.fitted is not None]
    if known:
        return min(known)
    if estimates.provenance.model:
        return int(estimates.frame["n"].max())
    return int(contrast_respondents(estimates, np.ones((1, len(estimates)), dtype=bool))[0])


def _common(values: Iterable[Any]) -> Any:
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else ""


def _cell_of(estimates: Estimates, label: object, known: set[tuple[Any, ...]]) -> tuple[Any, ...]:
    parts = label if isinstance(label, tuple) and len(estimates.by) > 1 else (label,)
    if len(parts) != (count := len(estimates.by)):
        raise OptionError(
            f"The coefficient for {label!r} does not name a domain.",
            f"The result has {count} domain variable{'s' * (count != 1)}: "
            f"{', '.join(estimates.by)}.",
            "Write a tuple with one category of each, in that order.",
        )
    cell = tuple(
        category_code(estimates, name, part) for name, part in zip(estimates.by, parts, strict=True)
    )
    if cell not in known:
        words = [" × ".join(map(code_text, item)) for item in known]
        domain = " × ".join(map(code_text, cell))
        raise ColumnError(
            f"{domain} is not a domain of the result.",
            f"It has {len(words)} domains.",
            suggestion(domain, sorted(words)),
        )
    return cell


def _row_of(estimates: Estimates, label: object) -> int:
    """Return the only row with a label: by its category, else its variable, else its statistic."""
    frame, text = estimates.frame, code_text(label)
    named = {}
    for name in ("category", "variable", "statistic"):
        rows = np.flatnonzero(frame[name].map(code_text) == text)
        if rows.size:
            named[name] = rows
    if named:
        column, rows = next(iter(named.items()))
        others = [item for name, item in named.items() if name == "variable" or item.size == 1]
        apart = [other for other in others if not np.isin(rows, other).all()]
        if rows.size == 1 and not apart:
            return int(rows[0])
        raise _several_meant(estimates, text, {column: rows} if rows.size > 1 else named)
    words = list(
        dict.fromkeys(
            code_text(item) for item in [*frame["category"], *frame["variable"]] if item != ""
        )
    )
    raise ColumnError(
        f"{label!r} is not a row of the result.",
        f"The result has {', '.join(words)}.",
        suggestion(label, words),
    )


def _several_meant(estimates: Estimates, label: str, named: Mapping[str, Integers]) -> OptionError:
    """Return the error for a name of several rows, with the `names=` that separate two of them."""
    if len(named) == 1:
        ((column, rows),) = named.items()
        found = f"{rows.size} rows of the result have that {column}."
        two = list(rows[:2])
    else:
        found = f"It is a {' and a '.join(named)} of the result."
        two = list(dict.fromkeys(int(rows[0]) for rows in named.values()))[:2]
    keys = estimates.frame.iloc[two][["statistic", "variable", "category"]]
    telling = [name for name in keys if keys[name].map(code_text).nunique() > 1]
    telling += ["category"] if "category" not in telling else []
    sides = [
        {name: code_text(item) for name, item in row.items()}
        for row in keys[telling].to_dict("records")
    ]
    if len(named) == 1 and keys.map(code_text).duplicated().any():
        # the same statistic of the same category twice: only their place distinguishes them
        write = f"Write an array with one coefficient for each of the {len(estimates)} rows."
    else:
        names = dict(zip("ab", sides, strict=True))
        write = f"Write names of your own, for example `contrast(result, 'a - b', names={names})`."
    return OptionError(f"{label!r} does not name one row.", found, write)


def by_expressions(
    estimates: Estimates, wanted: Mapping[str, str], names: Mapping[str, Mapping[str, Any]]
) -> Estimates:
    """Return named expressions of estimates, once for each combination of the other keys."""
    read = {}
    for label, text in wanted.items():
        read[label] = read_arithmetic(text)
    meant = {}
    for item in read.values():
        for name in item.names:
            meant[name] = _row_meant(estimates, name, names)
    made = {}
    for label, item in read.items():
        made[label] = (list(dict.fromkeys(item.names)), partial(_differentiated, item))
    combined, null = _combined(estimates, meant, made)
    # what each is tested against: 1 for a / b, 0 for a - b, nothing where it depends on the size of
    # the estimates
    by_name = {}
    for label, item in zip(wanted, null[0], strict=True):
        if np.isfinite(item):
            by_name[label] = f"{item:.6g}"
    values = list(by_name.values())
    if len(set(values)) > 1 or len(by_name) < len(wanted):
        values = [f"{label}: {item}" for label, item in by_name.items()]
    rules = {"contrast": "expression", "null": "; ".join(dict.fromkeys(values)) or "none"}
    return combined.described(rules={**combined.provenance.rules, **rules}, contrast="expression")


def _combined(
    estimates: Estimates,
    meant: Mapping[Any, Mapping[str, str]],
    wanted: Mapping[
        str,
        tuple[list[Any], Callable[[Mapping[Any, Floats]], tuple[Floats, Floats, Floats, Floats]]],
    ],
) -> tuple[Estimates, Floats]:
    """Return functions of the rows that names mean, and their values if all estimates are equal."""
    # once for each set of the keys that no name is about
    frame, columns = estimates.frame, key_columns(estimates)
    codes = frame[columns].map(code_text)
    rows_of = {}
    for name, key in meant.items():
        rows_of[name] = np.flatnonzero((codes[list(key)] == list(key.values())).all(axis=1))
    distinguishing = {column for item in meant.values() for column in item}
    if all(rows.size == 1 for rows in rows_of.values()):
        # what distinguishes single rows needs no saying
        several = codes.iloc[np.concatenate(list(rows_of.values()))].nunique()
        distinguishing = set(estimates.by).intersection(distinguishing) | set(
            several.index[several > 1]
        )
    # two quantiles of one variable bear the same keys: each goes with its like
    repeat = frame.groupby(columns, sort=False, dropna=False).cumcount()
    alike = [*(frame[column] for column in columns if column not in distinguishing), repeat]
    group = frame.groupby(alike, sort=False, dropna=False).ngroup().to_numpy()
    row = {}
    for name, rows in rows_of.items():
        if not meant[name] or np.unique(group[rows]).size < max(rows.size, 1):
            raise _ambiguous(name, meant[name], rows.size, estimates.by)
        row[name] = np.full(group.max(initial=-1) + 1, -1)
        row[name][group[rows]] = rows
    there = np.flatnonzero(np.max(list(row.values()), axis=0) >= 0)
    point = np.append(frame["estimate"].to_numpy(dtype=float), np.nan)
    value, null = np.zeros((2, there.size, len(wanted)))
    slopes = np.zeros((3, there.size, len(wanted), point.size))
    for number, (names, function) in enumerate(wanted.values()):
        rows_named = [row[name][there] for name in names]
        given = dict(zip(names, point[rows_named], strict=True))
        value[:, number], slope, null[:, number], compared = function(given)
        for rows, *parts in zip(rows_named, slope, compared, strict=True):
            slopes[:, np.arange(there.size), number, rows] += [*parts, np.ones(there.size)]
    weights, compared, involved = slopes[..., :-1].reshape(3, -1, len(frame))
    labels = list(wanted) * there.size
    combined = _of_rows(
        estimates,
        distinguishing,
        labels,
        value.ravel(),
        null.ravel(),
        (weights, compared),
        involved > 0,
    )
    return combined, null


def _ambiguous(name: Any, keys: Mapping[str, str], count: int, by: Sequence[str]) -> OptionError:
    about = " and ".join(f"`{column}` = {code}" for column, code in keys.items())
    return OptionError(
        f"The name `{name}` in the expression does not identify a single row.",
        f"{count} rows have {about}." if about else f"The result is by {', '.join(by)}.",
        "Write in `names` the columns that tell it, for example `{'a': {'region': 'N', 'sex': "
        "'f'}}`.",
    )


def _row_meant(
    estimates: Estimates, name: str, names: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the keys that a name means, as codes by column; by default as in linear contrasts."""
    columns, written = key_columns(estimates), names.get(name)
    if written is None and not estimates.by:
        return _labelled(estimates, name)
    if written is None:
        written = {estimates.by[0]: name} if len(estimates.by) == 1 else {}
    for column in written:
        if column not in columns:
            raise ColumnError(
                f"`names` tells `{name}` by `{column}`, which does not distinguish rows.",
                f"The result has {', '.join(columns)}.",
                suggestion(column, columns),
            )
    codes = {}
    for column in written:
        codes[column] = set(map(code_text, estimates.frame[column]))
    return {
        column: text
        if (text := code_text(value)) in codes[column]
        else code_text(category_code(estimates, column, value))
        for column, value in written.items()
    }


def _differentiated(
    expression: ModelFactor, given: Mapping[str, Floats]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return an expression, its slopes, and both at equal estimates if their size is irrelevant."""
    # there a / b is to first order the contrast a - b, whose degrees of freedom it has; otherwise
    # those of its slopes
    value, slopes = _value_and_slopes(expression, given)
    known = np.isfinite(list(given.values())).all(axis=0)
    lacking = {
        "value": ~np.isfinite(value),
        "derivative": ~np.isfinite(slopes).all(axis=0),
        "derivative other than 0, from which an error would follow,": (slopes == 0).all(axis=0),
    }
    for what, lost in lacking.items():
        if (known & lost).any():
            row = np.flatnonzero(known & lost)[0]
            where = " and ".join(f"`{name}` = {item[row]:.6g}" for name, item in given.items())
            raise OptionError(
                f"`{expression.text}` has no {what} at the estimates.",
                f"There {where}.",
                "Leave these rows out with `result.rows(...)`, or write another expression.",
            )
    average = np.mean(list(given.values()), axis=0)
    average = np.where(average == 0, 1.0, average)
    equal = dict.fromkeys(given, average)
    null, where_equal = _value_and_slopes(expression, equal)
    doubled, _ = _value_and_slopes(expression, {name: 2 * item for name, item in equal.items()})
    is_equal = np.abs(doubled - null) <= 1e-9 * np.abs(where_equal * average).sum(axis=0)
    return (
        value,
        slopes,
        np.where(is_equal, null, np.nan),
        np.where(is_equal, where_equal, np.nan_to_num(slopes)),
    )


def _value_and_slopes(
    expression: ModelFactor, given: Mapping[str, Floats]
) -> tuple[Floats, Floats]:
    """Return an expression and its derivatives by each name; NaN where there is none."""
    # by a complex step (Squire and Trapp 1998), on whose size a derivative does not depend
    tree, by_step = expression.tree, []
    assert tree is not None  # arithmetic was read
    with np.errstate(all="ignore"):
        for size in (1e-20, 1e-24):
            steps = {}
            for name, item in given.items():
                steps[name] = size * np.where(item == 0, 1.0, np.abs(item))
            moved = [
                evaluate(tree, {**given, name: given[name] + 1j * step})
                for name, step in steps.items()
            ]
            by_step.append(
                [item.imag / step for item, step in zip(moved, steps.values(), strict=True)]
            )
        slopes, others = np.array(by_step)
        same = np.abs(slopes - others) <= 1e-6 * np.abs(slopes).max(axis=0)
        return np.asarray(evaluate(tree, given), dtype=float), np.where(same, slopes, np.nan)
