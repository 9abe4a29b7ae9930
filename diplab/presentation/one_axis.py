"""Whether one axis can count all the rows of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import OptionError
from diplab.presentation.size_words import people_counted, whole_persons
from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diplab.presentation.estimate_rows import Row
    from diplab.results.estimates import Estimates

__all__ = ["in_one_unit"]


def in_one_unit(estimates: Estimates, rows: list[Row], as_percent: bool | None) -> None:
    """Refuse statistics that one axis cannot count: a share beside a mean, hours beside people.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    rows : list of Row
        The same in words.
    as_percent : bool, optional
        What the reader asked; an answer says that all are counted alike.

    Raises
    ------
    OptionError
        Where units differ.
    """
    asked = dict.fromkeys(estimates.frame["statistic"])
    if len({row.form.kind for row in rows}) > 1:
        raise OptionError(
            f"A chart of {' and '.join(f'`{name}`' for name in asked)} was asked.",
            "Their units differ, and one axis cannot count both shares and other numbers.",
            "Write one statistic a chart, or `percent=True` or `percent=False` to count all alike.",
        )
    _in_persons_or_not(estimates)
    rules = estimates.provenance.rules
    if as_percent is None and not rules.get("contrast", "").startswith("ratio"):
        _of_one_kind(estimates, asked)
    # a ratio of two totals has no unit, and rows of a file are rows whatever was asked
    plain = (
        as_percent is not None
        or rules.get("contrast", "").startswith("ratio")
        or rules.get("weights") == "none"
    )
    pairs = list(dict.fromkeys(zip(estimates.frame["statistic"], estimates.frame["variable"], strict=True)))
    totals = any(estimates.description_of(statistic).is_total for statistic, _ in pairs)
    # a mean of answers on one scale may be beside another; totals count hours, euros, people
    if plain or not totals or len({name for _, name in pairs}) < 2:
        return
    said = [f"`{statistic}({name})`" if name else f"`{statistic}()`" for statistic, name in pairs]
    raise OptionError(
        f"A chart of {' and '.join(said)} was asked.",
        "They count different things, and one axis has one unit.",
        "Write one of them a chart, or `percent=False` if all count the same thing.",
    )


def _of_one_kind(estimates: Estimates, asked: Iterable[str]) -> None:
    """Refuse tasks beside hours or euros, and an index beside an amount: the smaller would be drawn as nothing."""
    kinds: dict[str, str] = {}
    for name in asked:
        kinds.setdefault(estimates.description_of(name).axis, name)
    if len(kinds) < 2:
        return
    first = next(iter(kinds.values()))
    raise OptionError(
        f"A chart of {' and '.join(f'`{name}`' for name in asked)} was asked.",
        f"They are in {' and in '.join(kinds)}, and one axis has one unit.",
        f'Write one of them a chart: `dl.chart(found.rows(found.frame["statistic"] == "{first}"))`.',
    )


def _in_persons_or_not(estimates: Estimates) -> None:
    """Refuse numbers of persons beside what is counted in nothing, such as chances to stay."""
    if not isinstance(estimates, Sizes):
        return
    counted = people_counted(estimates.frame)
    groups = {
        str(name): alike
        for name, alike in estimates.frame.groupby("statistic", sort=False)
        if alike["estimate"].notna().any() or alike["ci_low"].notna().any()
    }
    if len({whole_persons(alike, counted) is None for alike in groups.values()}) < 2:
        return
    first = next(iter(groups))
    raise OptionError(
        f"A chart of {' and '.join(f'`{name}`' for name in groups)} was asked.",
        "Some are numbers of persons and some are not, and one axis cannot count both.",
        f'Write one statistic a chart: `dl.chart(sizes.rows(sizes.frame["statistic"] == "{first}"))`.',
    )
