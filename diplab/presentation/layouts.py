"""Which layout a result has that is not a plain list of estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.jobs.rules import JobRules
from diplab.microdata.quality.findings import Quality
from diplab.presentation.banded_answers import are_banded
from diplab.presentation.banded_table import banded_table
from diplab.presentation.coefficient_lines import is_of_coefficients
from diplab.presentation.crosstab_table import crosstab_table
from diplab.presentation.decomposition_table import decomposition_table, is_of_parts
from diplab.presentation.effects_table import effects_table, is_of_effects
from diplab.presentation.estimate_rows import is_of_reasons
from diplab.presentation.hypothesis_table import hypothesis_table
from diplab.presentation.job_rules_table import job_rules_table
from diplab.presentation.plan_table import plan_table
from diplab.presentation.population_comparison_table import population_comparison_table
from diplab.presentation.quality_table import quality_table
from diplab.presentation.reasons_table import reasons_table
from diplab.presentation.regression_table import regression_table
from diplab.presentation.size_words import have_models
from diplab.presentation.sizes_table import sizes_table
from diplab.results.crosstab import Banner, Crosstab
from diplab.results.decomposition import Decomposition
from diplab.results.estimates import Estimates
from diplab.results.plan import Plan
from diplab.results.population_comparison import PopulationComparison
from diplab.results.regression import Regression
from diplab.results.sizes import Sizes
from diplab.results.test import Test

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import PrintedTable
    from diplab.reference.text import Language, Text

__all__ = ["own_table"]


def own_table(
    result: object,
    language: Language,
    title: Text | str | None,
    labels: Codebook | None,
    notes: Notes | None,
    decimals: int | None,
    percent: bool | None = None,
) -> PrintedTable | None:
    """Return a result that is no plain list of estimates (a crosstab, a test, a regression...) as a table, else None.

    Parameters
    ----------
    result : object
        What `table` was given.
    language, title, labels, notes, decimals, percent
        As in `table`.

    Examples
    --------
    >>> own_table(3, "en", None, None, None, None) is None
    True
    """
    if isinstance(result, Crosstab | Banner):
        return crosstab_table(result, language, title, labels, notes, decimals)
    if isinstance(result, Test):
        return hypothesis_table(result, language, title, labels, notes, decimals)
    if isinstance(result, PopulationComparison):
        return population_comparison_table(result, language, title, labels, notes, decimals)
    if isinstance(result, JobRules):
        return job_rules_table(result, language, title)
    if isinstance(result, Plan):
        return plan_table(result, language, title, notes, decimals)
    if isinstance(result, Quality):
        return quality_table(result, language, title)
    if isinstance(result, Decomposition) and is_of_parts(result):
        return decomposition_table(result, language, title, labels, notes, percent, decimals)
    # contrasts of coefficients are plain estimates
    if isinstance(result, Regression) and is_of_coefficients(result):
        return regression_table(result, language, title, labels, notes, decimals)
    if isinstance(result, Sizes) and have_models(result):
        return sizes_table(result, language, title, labels, notes, decimals)
    if isinstance(result, Estimates) and is_of_effects(result):
        return effects_table(result, language, title, labels, notes, percent, decimals)
    if isinstance(result, Estimates) and is_of_reasons(result):
        return reasons_table(result, language, title, labels, notes, decimals)
    if isinstance(result, Estimates) and are_banded(result):
        return banded_table(result, language, title, labels, notes, percent, decimals)
    return None
