"""diplab: from a survey of platform workers to numbers that can be published, and rerun.

>>> import diplab as dl
>>> import pandas as pd
>>> people = pd.DataFrame({"weight": [100.0, 300.0], "hourly_pay": [2.0, 3.0]})
>>> sample = dl.declare_design(people, weights="weight")
>>> round(dl.estimate(sample, dl.mean("hourly_pay")).frame["estimate"].item(), 2)
2.75
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from diplab import population
    from diplab.errors import DiplabError
    from diplab.estimators.arope import arope
    from diplab.estimators.banded import banded
    from diplab.estimators.dispersion import correlation, variance
    from diplab.estimators.entropy import atkinson, generalised_entropy, theil
    from diplab.estimators.gini import gini
    from diplab.estimators.lorenz import generalised_lorenz, lorenz
    from diplab.estimators.median_ratios import aggregate_replacement_ratio, relative_median_income_ratio
    from diplab.estimators.moments import count, mean, ratio, share, total
    from diplab.estimators.pay.hourly_pay import hourly_pay
    from diplab.estimators.pay.minimum_wage import below_minimum_wage
    from diplab.estimators.pay.tasks_to_reach import tasks_to_reach
    from diplab.estimators.pay.top_share import top_share
    from diplab.estimators.pay_gap import gender_pay_gap
    from diplab.estimators.poverty import arpr, arpt
    from diplab.estimators.poverty_gap import fgt, relative_median_gap
    from diplab.estimators.quantile_shares import quantile_shares
    from diplab.estimators.quantiles import median, quantile
    from diplab.estimators.scales import alpha, omega
    from diplab.estimators.statistic import Linearised, Statistic, statistic
    from diplab.estimators.top_over_bottom import palma_ratio, quintile_ratio
    from diplab.estimators.zenga import zenga
    from diplab.inference.banded.impute_within_bands import impute_within_bands
    from diplab.inference.compare_with_population import compare_with_population
    from diplab.inference.complement import complement
    from diplab.inference.contrast import contrast
    from diplab.inference.crosstab import banner, crosstab
    from diplab.inference.decompose import decompose
    from diplab.inference.effect_ratios import effect_ratios
    from diplab.inference.estimate import estimate
    from diplab.inference.full_time_equivalents import full_time_equivalents
    from diplab.inference.marginal_effects import marginal_effects, predicted_margins
    from diplab.inference.missing import missing_reasons
    from diplab.inference.planning import expected_precision, sample_size
    from diplab.inference.rank_test import rank_test
    from diplab.inference.rebased import rebased
    from diplab.inference.regress import regress
    from diplab.inference.t_test import t_test
    from diplab.inference.term_test import term_test
    from diplab.inference.wald import wald_test
    from diplab.loaders.losses import losses
    from diplab.loaders.read import read
    from diplab.loaders.write import write
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.conflicts import conflicts
    from diplab.microdata.consumption_units import consumption_units
    from diplab.microdata.equivalence_scale import EquivalenceScale
    from diplab.microdata.equivalise import equivalise
    from diplab.microdata.jobs.job_rules import JobRule, JobRules, job_rules
    from diplab.microdata.jobs.main_job import main_job
    from diplab.microdata.merge import merge
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.pay.effective_pay import effective_pay
    from diplab.microdata.pay.harmonise import harmonise_pay
    from diplab.microdata.responses import Responses
    from diplab.microdata.variable import Variable
    from diplab.presentation.chart import chart
    from diplab.presentation.save import save
    from diplab.presentation.tables import table
    from diplab.reference.parameter import Parameter, parameter, parameter_names
    from diplab.reference.text import Text
    from diplab.replication.registry import studies, study
    from diplab.replication.rerun import reproduce
    from diplab.results.comparison import Comparison
    from diplab.results.coverage import Coverage, PopulationFigure
    from diplab.results.crosstab import Banner, Crosstab
    from diplab.results.decomposition import Decomposition
    from diplab.results.estimates import Estimates
    from diplab.results.plan import Plan
    from diplab.results.provenance import Provenance
    from diplab.results.regression import Regression
    from diplab.results.test import Test
    from diplab.sampling.declare import declare_design
    from diplab.sampling.design import Design
    from diplab.sampling.imputed import Imputed, imputed, plausible_values
    from diplab.sampling.make_replicates import make_replicates
    from diplab.sampling.replicates import Replicates, replicates
    from diplab.sampling.sample import Sample
    from diplab.sampling.two_phase import two_phase
    from diplab.weighting.calibrate import calibrate

_NAMES = {
    "diplab.errors": "DiplabError",
    "diplab.estimators.arope": "arope",
    "diplab.estimators.banded": "banded",
    "diplab.estimators.dispersion": "correlation variance",
    "diplab.estimators.entropy": "atkinson generalised_entropy theil",
    "diplab.estimators.gini": "gini",
    "diplab.estimators.income_shares": "palma_ratio quantile_shares quintile_ratio",
    "diplab.estimators.lorenz": "generalised_lorenz lorenz",
    "diplab.estimators.median_ratios": "aggregate_replacement_ratio relative_median_income_ratio",
    "diplab.estimators.moments": "count mean ratio share total",
    "diplab.estimators.pay.hourly_pay": "hourly_pay",
    "diplab.estimators.pay.minimum_wage": "below_minimum_wage",
    "diplab.estimators.pay.tasks_to_reach": "tasks_to_reach",
    "diplab.estimators.pay.top_share": "top_share",
    "diplab.estimators.pay_gap": "gender_pay_gap",
    "diplab.estimators.poverty": "arpr arpt",
    "diplab.estimators.poverty_gap": "fgt relative_median_gap",
    "diplab.estimators.quantile_shares": "quantile_shares",
    "diplab.estimators.quantiles": "median quantile",
    "diplab.estimators.scales": "alpha omega",
    "diplab.estimators.statistic": "Linearised Statistic statistic",
    "diplab.estimators.top_over_bottom": "palma_ratio quintile_ratio",
    "diplab.estimators.zenga": "zenga",
    "diplab.inference.banded.impute_within_bands": "impute_within_bands",
    "diplab.inference.compare_with_population": "compare_with_population",
    "diplab.inference.complement": "complement",
    "diplab.inference.contrast": "contrast",
    "diplab.inference.crosstab": "banner crosstab",
    "diplab.inference.decompose": "decompose",
    "diplab.inference.effect_ratios": "effect_ratios",
    "diplab.inference.estimate": "estimate",
    "diplab.inference.full_time_equivalents": "full_time_equivalents",
    "diplab.inference.marginal_effects": "marginal_effects predicted_margins",
    "diplab.inference.missing": "missing_reasons",
    "diplab.inference.planning": "expected_precision sample_size",
    "diplab.inference.rank_test": "rank_test",
    "diplab.inference.rebased": "rebased",
    "diplab.inference.regress": "regress",
    "diplab.inference.t_test": "t_test",
    "diplab.inference.term_test": "term_test",
    "diplab.inference.wald": "wald_test",
    "diplab.loaders.losses": "losses",
    "diplab.loaders.read": "read",
    "diplab.loaders.write": "write",
    "diplab.microdata.codebook": "Codebook",
    "diplab.microdata.conflicts": "conflicts",
    "diplab.microdata.consumption_units": "consumption_units",
    "diplab.microdata.equivalence_scale": "EquivalenceScale",
    "diplab.microdata.equivalise": "equivalise",
    "diplab.microdata.jobs.job_rules": "JobRule JobRules job_rules",
    "diplab.microdata.jobs.main_job": "main_job",
    "diplab.microdata.merge": "merge",
    "diplab.microdata.microdata": "Microdata",
    "diplab.microdata.pay.effective_pay": "effective_pay",
    "diplab.microdata.pay.harmonise": "harmonise_pay",
    "diplab.microdata.responses": "Responses",
    "diplab.microdata.variable": "Variable",
    "diplab.population": "population",
    "diplab.presentation.chart": "chart",
    "diplab.presentation.save": "save",
    "diplab.presentation.tables": "table",
    "diplab.reference.parameter": "Parameter parameter parameter_names",
    "diplab.reference.text": "Text",
    "diplab.replication.registry": "studies study",
    "diplab.replication.rerun": "reproduce",
    "diplab.results.comparison": "Comparison",
    "diplab.results.coverage": "Coverage PopulationFigure",
    "diplab.results.crosstab": "Banner Crosstab",
    "diplab.results.decomposition": "Decomposition",
    "diplab.results.estimates": "Estimates",
    "diplab.results.plan": "Plan",
    "diplab.results.provenance": "Provenance",
    "diplab.results.regression": "Regression",
    "diplab.results.test": "Test",
    "diplab.sampling.declare": "declare_design",
    "diplab.sampling.design": "Design",
    "diplab.sampling.imputed": "Imputed imputed plausible_values",
    "diplab.sampling.make_replicates": "make_replicates",
    "diplab.sampling.replicates": "Replicates replicates",
    "diplab.sampling.sample": "Sample",
    "diplab.sampling.two_phase": "two_phase",
    "diplab.weighting.calibrate": "calibrate",
}
"""Public names by the module that holds them."""

_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Banner",
    "Codebook",
    "Comparison",
    "Coverage",
    "Crosstab",
    "Decomposition",
    "Design",
    "DiplabError",
    "EquivalenceScale",
    "Estimates",
    "Imputed",
    "JobRule",
    "JobRules",
    "Linearised",
    "Microdata",
    "Parameter",
    "Plan",
    "PopulationFigure",
    "Provenance",
    "Regression",
    "Replicates",
    "Responses",
    "Sample",
    "Statistic",
    "Test",
    "Text",
    "Variable",
    "aggregate_replacement_ratio",
    "alpha",
    "arope",
    "arpr",
    "arpt",
    "atkinson",
    "banded",
    "banner",
    "below_minimum_wage",
    "calibrate",
    "chart",
    "compare_with_population",
    "complement",
    "conflicts",
    "consumption_units",
    "contrast",
    "correlation",
    "count",
    "crosstab",
    "declare_design",
    "decompose",
    "effect_ratios",
    "effective_pay",
    "equivalise",
    "estimate",
    "expected_precision",
    "fgt",
    "full_time_equivalents",
    "gender_pay_gap",
    "generalised_entropy",
    "generalised_lorenz",
    "gini",
    "harmonise_pay",
    "hourly_pay",
    "impute_within_bands",
    "imputed",
    "job_rules",
    "lorenz",
    "losses",
    "main_job",
    "make_replicates",
    "marginal_effects",
    "mean",
    "median",
    "merge",
    "missing_reasons",
    "omega",
    "palma_ratio",
    "parameter",
    "parameter_names",
    "plausible_values",
    "population",
    "predicted_margins",
    "quantile",
    "quantile_shares",
    "quintile_ratio",
    "rank_test",
    "ratio",
    "read",
    "rebased",
    "regress",
    "relative_median_gap",
    "relative_median_income_ratio",
    "replicates",
    "reproduce",
    "sample_size",
    "save",
    "share",
    "statistic",
    "studies",
    "study",
    "t_test",
    "table",
    "tasks_to_reach",
    "term_test",
    "theil",
    "top_share",
    "total",
    "two_phase",
    "variance",
    "wald_test",
    "write",
    "zenga",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'diplab' has no attribute {name!r}"
        raise AttributeError(message)
    home = import_module(_HOMES[name])
    found = home if _HOMES[name] == f"diplab.{name}" else getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
