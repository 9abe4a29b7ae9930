"""Numbers cut into bands or into groups of equal size, and numbers read from labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.checks import argument, is_number, is_whole_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.quantiles import quantiles
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import number_column
from diplab.microdata.missing import recode_missing
from diplab.microdata.parse_numbers import number_of_label, unit_of_labels
from diplab.microdata.recoding.codes import Recoded, map_codes
from diplab.microdata.variable import (
    Code,
    as_code,
    code_text,
    code_written,
    is_short,
    label_and_code,
    labels_of_answers,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


MOST_GROUPS = 100
"""The largest number of groups: percentiles."""


def recode_to_bands(data: Microdata, name: str, limits: Sequence[float], others: str) -> Recoded:
    """Return the band of each number, from 1; bands include their lower limit."""
    # numbers outside the limits raise an error, or become missing with `others="drop"`
    values = number_column(data, name, "Write `rules` from its answers to new codes.")
    ends = _check_limits(limits, others)
    answered = ~np.isnan(values)
    band = np.searchsorted(ends, values, side="right")
    if math.isinf(ends[-1]):
        band[np.isposinf(values)] = len(ends) - 1  # an open band includes infinity
    inside = answered & (band >= 1) & (band < len(ends))
    outside = answered & ~inside
    if outside.any() and others == "fail":
        below, above = (
            int((values[outside] < ends[0]).sum()),
            int((values[outside] >= ends[-1]).sum()),
        )
        raise OptionError(
            f"Numbers of `{name}` below {code_written(ends[0])}: {below}; at least "
            f"{code_written(ends[-1])}: {above}.",
            write="Write wider limits (open bands: `-math.inf`, `math.inf`), or `others='drop'`.",
        )
    new = band.astype(object)
    new[~inside] = None
    missing, reasons = recode_missing(data, name, inside, [], {}, ())
    known = values[np.isfinite(values)]
    whole = bool((known % 1 == 0).all()) and all(
        math.isinf(end) or end.is_integer() for end in ends.tolist()
    )
    labels = _band_labels(ends, whole=whole)
    rules = []
    for code, label in labels.items():
        rules.append(WORDS("recode.rule", old=label, new=code))
    if outside.any():
        # counts are left out: the codebook with its steps may be published
        rules.append(WORDS("recode.outside"))
    return Recoded(
        new,
        inside,
        missing,
        reasons,
        labels,
        "ordinal",
        join_wordings(rules, "; "),
        int(answered.sum()),
    )


def recode_to_quantiles(data: Microdata, name: str, groups: Any, weights: str | None) -> Recoded:
    """Return the group of each number, from 1 for the lowest; equal numbers share a group."""
    if not is_whole_number(groups) or not 2 <= int(groups) <= MOST_GROUPS:
        raise OptionError(
            f"{argument('quantiles', groups)} is not a whole number of groups from 2 to "
            f"{MOST_GROUPS}.",
            write=f'Write for example `data.recode("{name}", quantiles=5, into="quintile")`.',
        )
    count = int(groups)
    values = number_column(data, name, "Write `rules` from its answers to new codes.")
    mass = np.ones(values.size) if weights is None else _weights_of(data, weights)
    answered = ~np.isnan(values)
    group = _groups_of_equal_size(values[answered], mass[answered], count)
    empty = np.flatnonzero(np.bincount(group, minlength=count + 1)[1:] == 0) + 1
    if empty.size:
        listed = ", ".join([*map(str, empty[:5].tolist()), *(["..."] if empty.size > 5 else [])])
        raise OptionError(
            f"`quantiles={count}` leaves {'group' if empty.size == 1 else 'groups'} {listed} of "
            f"`{name}` empty.",
            "Too many answers are equal, and tied values stay in one group."
            if group.size
            else "No row has one.",
            "Write fewer groups, or `bands=[...]` with your own limits.",
        )
    new = np.full(values.size, None, dtype=object)
    new[answered] = group.tolist()
    labels: dict[Code, Text] = {1: WORDS("quantile.lowest", at="1", groups=str(count))}
    labels |= {
        at: WORDS("quantile.between", at=str(at), groups=str(count)) for at in range(2, count)
    }
    labels[count] = WORDS("quantile.highest", at=str(count), groups=str(count))
    missing, reasons = recode_missing(data, name, answered, [], {}, ())
    key = "recode.quantiles" if weights is None else "recode.weighted_quantiles"
    rule = WORDS(key, groups=str(count), weights=weights or "")
    return Recoded(new, answered, missing, reasons, labels, "ordinal", rule, int(answered.sum()))


def _groups_of_equal_size(values: Floats, mass: Floats, count: int) -> Integers:
    """Return the group of each number; groups end at weighted quantiles."""
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(values, kind="stable")
    shares = np.arange(1, count)[None] / count
    ends = quantiles(np.array([0, values.size]), values[order], mass[order], shares)[0]
    return np.searchsorted(ends, values, side="left") + 1


def _weights_of(data: Microdata, name: str) -> Floats:
    mass = number_column(data, name, "Write the column of the weights.")
    wrong = int((~np.isfinite(mass) | (mass < 0)).sum())
    if wrong or not mass.any():
        raise OptionError(
            f"`weights={name!r}` cannot be weights.",
            f"{wrong} of {mass.size} rows are missing, infinite or negative."
            if wrong
            else "All of them are zero.",
            "Write a column of weights that are finite and not negative.",
        )
    return mass


def _check_limits(limits: Sequence[float], others: str) -> Floats:
    listed: list[object] = list(limits) if isinstance(limits, Iterable) else []
    ends = np.asarray([item if is_number(item) else np.nan for item in listed], dtype=float)
    if len(ends) < 2 or np.isnan(ends).any() or not (np.diff(ends) > 0).all():
        raise OptionError(
            f"{argument('bands', limits)} is not two or more increasing limits.",
            write="Write for example `bands=[18, 25, 35, 50]`.",
        )
    if others == "keep":
        raise OptionError(
            "`others='keep'` would mix numbers outside the bands with the codes of the bands.",
            write="Write wider limits, or `others='drop'`.",
        )
    return ends


def _band_labels(ends: Floats, *, whole: bool) -> dict[Code, Text]:
    labels: dict[Code, Text] = {}
    for code, (low, high) in enumerate(pairwise(ends.tolist()), start=1):
        if math.isinf(low):
            kind = "all" if math.isinf(high) else "under"
        elif math.isinf(high):
            kind = "from"
        else:
            kind = "span" if whole else "between"
        last = high - 1 if kind == "span" else high
        labels[code] = (
            WORDS(f"band.{kind}", low=limit_text(low), high=limit_text(last))
            if last != low
            else limit_text(low)
        )
    return labels


def limit_text(value: float) -> Text:
    """Return a limit of a band as text."""
    return Text(code_written(value).replace(".", ","), code_written(value))


def recode_to_label_numbers(data: Microdata, name: str, target: str, others: str) -> Recoded:
    """Return the number in the label of each answer; for an open band, its finite end."""
    if others == "keep":
        raise OptionError(
            "`others='keep'` would mix codes with the numbers of labels.",
            write="Write `others='drop'` to drop answers without a number in their label.",
        )
    variable = data.codebook.variable(name)
    labels, read = labels_of_answers(variable), {}
    for code, label in labels.items():
        if (number := number_of_label(label)) is not None:
            read[code] = number
    if not read:
        problem = f"The codebook has no labels of `{name}`."
        if labels:
            problem = f"No label of `{name}` holds a number."
        raise OptionError(problem, write="Write `amounts={code: number}` or `bands=[...]`.")
    problem = f"The labels of `{name}` are not numbers of one thing."
    unit = unit_of_labels({labels[code].en: number for code, number in read.items()}, problem)
    known = set(map(code_text, read))
    lost = [
        code
        for code in pd.unique(data.frame[name].dropna()).tolist()
        if code_text(as_code(code)) not in known
    ]
    if lost and others == "fail":
        listed = [
            label_and_code(data.codebook, name, as_code(code)) for code in lost if is_short(code)
        ][:8]
        raise OptionError(
            f"Answers of `{name}` without a number in their label: "
            f"{', '.join([*listed, *(['...'] if len(lost) > len(listed) else [])])}.",
            "A closed band has two, and 1.500 is ambiguous: 1500 or 1.5.",
            "Write `others='drop'` to make them missing, or `amounts={...}`.",
        )
    values, ends = {}, {}
    for code, number in read.items():
        values[code] = as_code(number.value)
        if number.is_end:
            ends[code] = labels[code]
    table = {**dict.fromkeys(labels), **values}
    rule, notice = WORDS("recode.numbers"), NOTHING
    if ends:
        parts = []
        for code, label in ends.items():
            parts.append(WORDS("recode.end", label=label, number=limit_text(read[code].value)))
        shown = join_wordings(parts, "; ")
        rule = WORDS("recode.numbers_and_ends", ends=shown)
        notice = WORDS("recode.ends_notice", target=target, ends=shown)
    alone = list(values.values())
    of_ends = {}
    for code, label in ends.items():
        if alone.count(values[code]) == 1:
            of_ends[values[code]] = label
    done = map_codes(data, name, table, others, of_ends, "scale", rule)
    return replace(done, unit=unit, notice=notice)
