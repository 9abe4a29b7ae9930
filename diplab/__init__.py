"""diplab: from a survey of platform workers to numbers that can be published, and rerun.

>>> import diplab as dl
>>> import pandas as pd
>>> people = pd.DataFrame({"weight": [100.0, 300.0], "hourly_pay": [2.0, 3.0]})
>>> sample = dl.declare_design(people, weights="weight")
>>> round(dl.estimate(sample, dl.mean("hourly_pay")).frame["estimate"].item(), 2)
2.75
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.public_names import lazy_names
from diplab.reference.display import install_display, install_reader
from diplab.version import __version__ as __version__

if TYPE_CHECKING:
    from diplab import areas as areas
    from diplab import planning as planning
    from diplab import population as population
    from diplab import selection as selection
    from diplab import survival as survival
    from diplab import wording as wording
    from diplab import work as work
    from diplab.disclosure._publish import publish as publish
    from diplab.errors import DiplabError as DiplabError
    from diplab.estimators._banded import banded as banded
    from diplab.estimators._lorenz import generalised_lorenz as generalised_lorenz
    from diplab.estimators._lorenz import lorenz as lorenz
    from diplab.estimators._lorenz import palma_ratio as palma_ratio
    from diplab.estimators._lorenz import quantile_shares as quantile_shares
    from diplab.estimators._lorenz import quintile_ratio as quintile_ratio
    from diplab.estimators.eurostat_ratios import (
        aggregate_replacement_ratio as aggregate_replacement_ratio,
    )
    from diplab.estimators.eurostat_ratios import gender_pay_gap as gender_pay_gap
    from diplab.estimators.eurostat_ratios import (
        relative_median_income_ratio as relative_median_income_ratio,
    )
    from diplab.estimators.inequality import atkinson as atkinson
    from diplab.estimators.inequality import generalised_entropy as generalised_entropy
    from diplab.estimators.inequality import gini as gini
    from diplab.estimators.inequality import theil as theil
    from diplab.estimators.inequality import zenga as zenga
    from diplab.estimators.moments import correlation as correlation
    from diplab.estimators.moments import count as count
    from diplab.estimators.moments import mean as mean
    from diplab.estimators.moments import ratio as ratio
    from diplab.estimators.moments import share as share
    from diplab.estimators.moments import total as total
    from diplab.estimators.moments import variance as variance
    from diplab.estimators.poverty import arope as arope
    from diplab.estimators.poverty import arpr as arpr
    from diplab.estimators.poverty import arpt as arpt
    from diplab.estimators.poverty_gap import fgt as fgt
    from diplab.estimators.poverty_gap import relative_median_gap as relative_median_gap
    from diplab.estimators.quantiles import median as median
    from diplab.estimators.quantiles import quantile as quantile
    from diplab.estimators.scales import cronbach_alpha as cronbach_alpha
    from diplab.estimators.scales import mcdonald_omega as mcdonald_omega
    from diplab.inference._change import change as change
    from diplab.inference._change import gross_flows as gross_flows
    from diplab.inference._compare_with_population import (
        compare_with_population as compare_with_population,
    )
    from diplab.inference._contrast import contrast as contrast
    from diplab.inference._estimate import estimate as estimate
    from diplab.inference._standardise import standardise as standardise
    from diplab.inference._summary import summary as summary
    from diplab.inference._weight_effects import weight_effects as weight_effects
    from diplab.inference.banded.imputation import impute_within_bands as impute_within_bands
    from diplab.inference.decomposition import decompose as decompose
    from diplab.inference.regression._log_linear import log_linear as log_linear
    from diplab.inference.regression._predict import predict as predict
    from diplab.inference.regression._regress import regress as regress
    from diplab.inference.regression.margins import effect_ratios as effect_ratios
    from diplab.inference.regression.margins import marginal_effects as marginal_effects
    from diplab.inference.regression.margins import predicted_margins as predicted_margins
    from diplab.inference.regression.wald import term_test as term_test
    from diplab.inference.regression.wald import wald_test as wald_test
    from diplab.inference.tables._crosstab import crosstab as crosstab
    from diplab.inference.tables.group_tests import rank_test as rank_test
    from diplab.inference.tables.group_tests import t_test as t_test
    from diplab.loaders.formats import write_limits as write_limits
    from diplab.loaders.read import read as read
    from diplab.loaders.write import write as write
    from diplab.microdata.codebook import Codebook as Codebook
    from diplab.microdata.equivalise import equivalise as equivalise
    from diplab.microdata.merge import merge as merge
    from diplab.microdata.microdata import Microdata as Microdata
    from diplab.presentation._chart import chart as chart
    from diplab.presentation._save import save as save
    from diplab.presentation.charts.style import figure_size as figure_size
    from diplab.presentation.notes import Notes as Notes
    from diplab.presentation.tables import table as table
    from diplab.reference.parameter import parameter as parameter
    from diplab.reference.text import Text as Text
    from diplab.replication.registry import studies as studies
    from diplab.replication.registry import study as study
    from diplab.replication.rerun import reproduce as reproduce
    from diplab.sampling._imputed import imputed as imputed
    from diplab.sampling._replicates import make_replicates as make_replicates
    from diplab.sampling._replicates import replicates as replicates
    from diplab.sampling._two_phase import two_phase as two_phase
    from diplab.sampling.design import declare_design as declare_design
    from diplab.sampling.waves import link_waves as link_waves
    from diplab.weighting._calibrate import calibrate as calibrate
    from diplab.weighting.trimming import trim_weights as trim_weights

if TYPE_CHECKING:
    # shares its name with a standard module, so it is left out of `__all__`
    from diplab import types as types

# the module of each name, for `lazy_names`
_HOMES = {
    "diplab": "areas planning population selection survival types wording work",
    "diplab.disclosure._publish": "publish",
    "diplab.errors": "DiplabError",
    "diplab.estimators._banded": "banded",
    "diplab.estimators._lorenz": (
        "generalised_lorenz lorenz palma_ratio quantile_shares quintile_ratio"
    ),
    "diplab.estimators.eurostat_ratios": (
        "aggregate_replacement_ratio gender_pay_gap relative_median_income_ratio"
    ),
    "diplab.estimators.inequality": "atkinson generalised_entropy gini theil zenga",
    "diplab.estimators.moments": "correlation count mean ratio share total variance",
    "diplab.estimators.poverty": "arope arpr arpt",
    "diplab.estimators.poverty_gap": "fgt relative_median_gap",
    "diplab.estimators.quantiles": "median quantile",
    "diplab.estimators.scales": "cronbach_alpha mcdonald_omega",
    "diplab.inference._change": "change gross_flows",
    "diplab.inference._compare_with_population": "compare_with_population",
    "diplab.inference._contrast": "contrast",
    "diplab.inference._estimate": "estimate",
    "diplab.inference._standardise": "standardise",
    "diplab.inference._summary": "summary",
    "diplab.inference._weight_effects": "weight_effects",
    "diplab.inference.banded.imputation": "impute_within_bands",
    "diplab.inference.decomposition": "decompose",
    "diplab.inference.regression._log_linear": "log_linear",
    "diplab.inference.regression._predict": "predict",
    "diplab.inference.regression._regress": "regress",
    "diplab.inference.regression.margins": "effect_ratios marginal_effects predicted_margins",
    "diplab.inference.regression.wald": "term_test wald_test",
    "diplab.inference.tables._crosstab": "crosstab",
    "diplab.inference.tables.group_tests": "rank_test t_test",
    "diplab.loaders.formats": "write_limits",
    "diplab.loaders.read": "read",
    "diplab.loaders.write": "write",
    "diplab.microdata.codebook": "Codebook",
    "diplab.microdata.equivalise": "equivalise",
    "diplab.microdata.merge": "merge",
    "diplab.microdata.microdata": "Microdata",
    "diplab.presentation._chart": "chart",
    "diplab.presentation._save": "save",
    "diplab.presentation.charts.style": "figure_size",
    "diplab.presentation.notes": "Notes",
    "diplab.presentation.tables": "table",
    "diplab.reference.parameter": "parameter",
    "diplab.reference.text": "Text",
    "diplab.replication.registry": "studies study",
    "diplab.replication.rerun": "reproduce",
    "diplab.sampling._imputed": "imputed",
    "diplab.sampling._replicates": "make_replicates replicates",
    "diplab.sampling._two_phase": "two_phase",
    "diplab.sampling.design": "declare_design",
    "diplab.sampling.waves": "link_waves",
    "diplab.weighting._calibrate": "calibrate",
    "diplab.weighting.trimming": "trim_weights",
}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)


def _html_of(result: Any) -> str:
    """Return a result as an HTML table for notebooks, in English.

    A published study is printed in its own language; a result without a table gives an empty
    string.
    """
    from diplab.presentation.layouts.registry import has_layout
    from diplab.presentation.tables import table

    return str(table(result, "en").as_raw_html()) if has_layout(type(result)) else ""


def _text_of(result: Any) -> str:
    """Return a result as plain text for a terminal, in English."""
    from diplab.presentation.tables import printed

    return printed(result)


def _sentence_of(hypothesis: Any) -> str:
    """Return a hypothesis as a sentence in English, with columns and codes as they are."""
    from diplab.presentation.layouts.hypothesis import hypothesis_in_words

    return hypothesis_in_words(hypothesis, "en")


def _on_rows(frame: Any, codebook: Any, text: str) -> Any:
    """Evaluate a condition or an expression on each row of a frame."""
    from diplab.sampling.engines.columns import on_rows

    return on_rows(frame, codebook, text)


install_reader(_on_rows)
# the table code loads when the first result is displayed
install_display(_html_of, _text_of, _sentence_of)
