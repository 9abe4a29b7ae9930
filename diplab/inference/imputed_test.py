"""A test over imputations: asked of each, the answers put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.inference.imputed import pooled_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.results.test import Test
    from diplab.sampling._imputed import Imputed

__all__ = ["imputed_test"]


def imputed_test(test: Callable[..., Test], imputed: Imputed, *arguments: Any, **options: Any) -> Test:
    """Ask a test of each imputation, and combine what they say by `pooled_test`.

    Parameters
    ----------
    test : callable
        From a sample to a test: `t_test`, `rank_test`.
    imputed : Imputed
        The samples.
    *arguments, **options
        What the test is given after the sample.

    Raises
    ------
    OptionError
        Where the imputations do not compare the same groups.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> both = [dl.declare_design(pd.DataFrame({"hours": [10.0, 20.0, hours]})) for hours in (24.0, 30.0)]
    >>> imputed_test(dl.t_test, dl.imputed(both), "hours").estimates["mean"]
    19.0
    """
    found = [test(sample, *arguments, **options) for sample in imputed.samples]
    first = found[0]
    for place, other in enumerate(found[1:], start=2):
        if _compared(other) != _compared(first):
            raise OptionError(
                f"The test that {first.hypothesis} was asked for over {len(found)} imputations.",
                f"Number {place} does not have the same groups as the first.",
                "Keep those that all of them have, for example with `imputations.where(...)`.",
            )
    return pooled_test(found)


def _compared(test: Test) -> tuple[str, float]:
    """Return what is tested, and how many differences at once."""
    return test.hypothesis, test.df[0] if len(test.df) == 2 else 1.0
