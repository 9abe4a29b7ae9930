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
    from diplab.estimators.income_shares import palma_ratio, quantile_shares, quintile_ratio
    from diplab.estimators.lorenz import generalised_lorenz, lorenz
    from diplab.estimators.median_ratios import aggregate_replacement_ratio, relative_median_income_ratio
    from diplab.estimators.moments import count, mean, ratio, share, total
    from diplab.estimators.pay.hourly_pay import hourly_pay
    from diplab.estimators.pay.minimum_wage import below_minimum_wage
    from diplab.estimators.pay.tasks_to_reach import tasks_to_reach
    from diplab.estimators.pay_gap import gender_pay_gap
    from diplab.estimators.pay.top_share import top_share
    from diplab.estimators.poverty import arpr, arpt
    from diplab.estimators.poverty_gap import fgt, relative_median_gap
    from diplab.estimators.quantiles import median, quantile
    from diplab.estimators.scales import alpha, omega
    from diplab.estimators.statistic import Linearised, Statistic, statistic
    from diplab.estimators.zenga import zenga
    from diplab.inference.compare_with_population import compare_with_population
    from diplab.inference.complement import complement
    from diplab.inference.banded.impute_within_bands import impute_within_bands
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

_HOMES = {
    "Banner": "diplab.results.crosstab",
    "Codebook": "diplab.microdata.codebook",
    "Comparison": "diplab.results.comparison",
    "Decomposition": "diplab.results.decomposition",
    "Coverage": "diplab.results.coverage",
    "Crosstab": "diplab.results.crosstab",
    "Decomposition": "diplab.results.decomposition",
    "Design": "diplab.sampling.design",
    "DiplabError": "diplab.errors",
    "EquivalenceScale": "diplab.microdata.equivalence_scale",
    "Estimates": "diplab.results.estimates",
    "Imputed": "diplab.sampling.imputed",
    "JobRule": "diplab.microdata.jobs.job_rules",
    "JobRules": "diplab.microdata.jobs.job_rules",
    "Linearised": "diplab.estimators.statistic",
    "Microdata": "diplab.microdata.microdata",
    "Parameter": "diplab.reference.parameter",
    "Plan": "diplab.results.plan",
    "PopulationFigure": "diplab.results.coverage",
    "Provenance": "diplab.results.provenance",
    "Regression": "diplab.results.regression",
    "Replicates": "diplab.sampling.replicates",
    "Responses": "diplab.microdata.responses",
    "Sample": "diplab.sampling.sample",
    "Statistic": "diplab.estimators.statistic",
    "Test": "diplab.results.test",
    "Text": "diplab.reference.text",
    "Variable": "diplab.microdata.variable",
    "aggregate_replacement_ratio": "diplab.estimators.median_ratios",
    "alpha": "diplab.estimators.scales",
    "arope": "diplab.estimators.arope",
    "arpr": "diplab.estimators.poverty",
    "arpt": "diplab.estimators.poverty",
    "atkinson": "diplab.estimators.entropy",
    "banded": "diplab.estimators.banded",
    "banner": "diplab.inference.crosstab",
    "below_minimum_wage": "diplab.estimators.pay.minimum_wage",
    "calibrate": "diplab.weighting.calibrate",
    "chart": "diplab.presentation.chart",
    "compare_with_population": "diplab.inference.compare_with_population",
    "complement": "diplab.inference.complement",
    "conflicts": "diplab.microdata.conflicts",
    "consumption_units": "diplab.microdata.consumption_units",
    "contrast": "diplab.inference.contrast",
    "correlation": "diplab.estimators.dispersion",
    "count": "diplab.estimators.moments",
    "crosstab": "diplab.inference.crosstab",
    "declare_design": "diplab.sampling.declare",
    "decompose": "diplab.inference.decompose",
    "effect_ratios": "diplab.inference.effect_ratios",
    "equivalise": "diplab.microdata.equivalise",
    "effective_pay": "diplab.microdata.pay.effective_pay",
    "estimate": "diplab.inference.estimate",
    "expected_precision": "diplab.inference.planning",
    "fgt": "diplab.estimators.poverty_gap",
    "full_time_equivalents": "diplab.inference.full_time_equivalents",
    "harmonise_pay": "diplab.microdata.pay.harmonise",
    "hourly_pay": "diplab.estimators.pay.hourly_pay",
    "impute_within_bands": "diplab.inference.banded.impute_within_bands",
    "imputed": "diplab.sampling.imputed",
    "job_rules": "diplab.microdata.jobs.job_rules",
    "gender_pay_gap": "diplab.estimators.pay_gap",
    "generalised_entropy": "diplab.estimators.entropy",
    "generalised_lorenz": "diplab.estimators.lorenz",
    "gini": "diplab.estimators.gini",
    "lorenz": "diplab.estimators.lorenz",
    "losses": "diplab.loaders.losses",
    "main_job": "diplab.microdata.jobs.main_job",
    "make_replicates": "diplab.sampling.make_replicates",
    "marginal_effects": "diplab.inference.marginal_effects",
    "mean": "diplab.estimators.moments",
    "median": "diplab.estimators.quantiles",
    "merge": "diplab.microdata.merge",
    "missing_reasons": "diplab.inference.missing",
    "omega": "diplab.estimators.scales",
    "parameter": "diplab.reference.parameter",
    "parameter_names": "diplab.reference.parameter",
    "palma_ratio": "diplab.estimators.income_shares",
    "plausible_values": "diplab.sampling.imputed",
    "population": "diplab.population",
    "predicted_margins": "diplab.inference.marginal_effects",
    "quantile": "diplab.estimators.quantiles",
    "quantile_shares": "diplab.estimators.income_shares",
    "quintile_ratio": "diplab.estimators.income_shares",
    "rank_test": "diplab.inference.rank_test",
    "ratio": "diplab.estimators.moments",
    "read": "diplab.loaders.read",
    "rebased": "diplab.inference.rebased",
    "regress": "diplab.inference.regress",
    "relative_median_gap": "diplab.estimators.poverty_gap",
    "relative_median_income_ratio": "diplab.estimators.median_ratios",
    "replicates": "diplab.sampling.replicates",
    "reproduce": "diplab.replication.rerun",
    "sample_size": "diplab.inference.planning",
    "save": "diplab.presentation.save",
    "share": "diplab.estimators.moments",
    "statistic": "diplab.estimators.statistic",
    "studies": "diplab.replication.registry",
    "study": "diplab.replication.registry",
    "t_test": "diplab.inference.t_test",
    "table": "diplab.presentation.tables",
    "tasks_to_reach": "diplab.estimators.pay.tasks_to_reach",
    "term_test": "diplab.inference.term_test",
    "theil": "diplab.estimators.entropy",
    "top_share": "diplab.estimators.pay.top_share",
    "total": "diplab.estimators.moments",
    "two_phase": "diplab.sampling.two_phase",
    "variance": "diplab.estimators.dispersion",
    "wald_test": "diplab.inference.wald",
    "write": "diplab.loaders.write",
    "zenga": "diplab.estimators.zenga",
}

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
    "equivalise",
    "effective_pay",
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
