"""Whatever is given in place of an argument is answered, or refused in words of ours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.errors import DiplabError

if TYPE_CHECKING:
    from collections.abc import Callable

LISTS = population.two_sample(20, 20, 5)
PLATFORMS = pd.DataFrame(
    {
        "platform": ["a", "b"],
        "registered": [1, None],
        "visitors": [2, 3],
        "status": "published",
        "source": "r",
    }
)
SAMPLE = pd.DataFrame({"weight": [1, 2, 1], "both": [True, False, True], "y": [1, 2, 3]})
LINKS = pd.DataFrame({"account": [1, 2], "person": [1, 2], "weight": [1, 1], "links": [1, 1]})
GIVEN: list[Any] = [
    *(None, "x", b"x", [], [1], [1, 2], (1, 2), [None], ["a"], {}, {"A": 1}),
    *(3, -1, math.nan, math.inf, 1e300, True, object()),
    *(np.array([]), np.array([[1, 2]]), pd.Series([1, 2]), pd.DataFrame({"a": [1]})),
    *(PLATFORMS, SAMPLE, LINKS, LISTS),
]
CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[str, ...]]] = [
    (population.multi_homing, ([1, 2],), ("platforms", "sampled", "weights", "confidence")),
    (
        population.headcount,
        (PLATFORMS,),
        ("multi_homing", "traffic", "measure", "by", "confidence", "draws", "seed"),
    ),
    (
        population.dual_frame,
        (SAMPLE, SAMPLE),
        ("estimator", "y", "weights", "both", "other_weight", "theta", "frame_sizes", "confidence"),
    ),
    (population.weight_share, (LINKS,), ("account", "person", "weight", "held", "size")),
    (population.weight_share(LINKS).total, (), ("y", "confidence")),
    (population.multiplicity, ({"A": 10}, {"A": [1, 1]}), ("confidence",)),
    (population.combine, ([LISTS, LISTS],), ("same_population",)),
]


def answered(call: Callable[..., Any], *arguments: Any, **options: Any) -> bool:
    try:
        call(*arguments, **options)
    except DiplabError as refused:
        rest = [part for part in (refused.found, refused.write) if part]
        return all(part.strip().endswith((".", "”.", "?")) for part in (refused.asked, *rest))
    return True


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: f"{type(given).__name__} {str(given)[:12]!r}")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anything_is_answered_or_refused(given: Any) -> None:
    for call, arguments, options in CALLS:
        for place in range(len(arguments)):
            changed = [*arguments[:place], given, *arguments[place + 1 :]]
            assert answered(call, *changed), (call, place)
        for option in options:
            if option != "platforms":
                assert answered(call, *arguments, **{option: given}), (call, option)
    for option in ("relative_size", "others", "elsewhere", "confidence"):
        assert answered(population.multi_homing, 0.3, sampled="one_platform", **{option: given}), option
    for sampled in ("persons", "accounts", "one_platform"):
        assert answered(population.multi_homing, given, sampled=sampled), sampled
    assert answered(population.multiplicity, {"A": given}, {"A": [1, 1]})
    assert answered(population.multiplicity, {"A": 10}, {"A": given})
    assert answered(population.combine, [LISTS, given])
    assert answered(population.combine, {"lists": given})
