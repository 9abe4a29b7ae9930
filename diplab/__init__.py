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
    from diplab.estimators.dispersion import correlation, variance
    from diplab.estimators.entropy import atkinson, generalised_entropy, theil
    from diplab.estimators.gini import gini
    from diplab.estimators.lorenz import generalised_lorenz, lorenz
    from diplab.estimators.moments import count, mean, ratio, share, total
    from diplab.estimators.pay_gap import gender_pay_gap
    from diplab.estimators.poverty import arpr, arpt
    from diplab.estimators.quantile_shares import quantile_shares
    from diplab.estimators.quantiles import median, quantile
    from diplab.estimators.scales import alpha, omega
    from diplab.estimators.statistic import Linearised, Statistic, statistic
    from diplab.estimators.top_over_bottom import palma_ratio, quintile_ratio
    from diplab.estimators.zenga import zenga
    from diplab.inference.contrast import contrast
    from diplab.inference.crosstab import banner, crosstab
    from diplab.inference.effect_ratios import effect_ratios
    from diplab.inference.estimate import estimate
    from diplab.inference.marginal_effects import marginal_effects, predicted_margins
    from diplab.inference.missing import missing_reasons
    from diplab.inference.planning import expected_precision, sample_size
    from diplab.inference.rank_test import rank_test
    from diplab.inference.regress import regress
    from diplab.inference.t_test import t_test
    from diplab.inference.term_test import term_test
    from diplab.inference.wald import wald_test
    from diplab.loaders.losses import losses
    from diplab.loaders.read import read
    from diplab.loaders.write import write
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.conflicts import conflicts
    from diplab.microdata.merge import merge
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.responses import Responses
    from diplab.microdata.variable import Variable
    from diplab.presentation.chart import chart
    from diplab.presentation.save import save
    from diplab.presentation.tables import table
    from diplab.reference.text import Text
    from diplab.replication.registry import studies, study
    from diplab.replication.rerun import reproduce
    from diplab.results.comparison import Comparison
    from diplab.results.crosstab import Banner, Crosstab
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
    "Crosstab": "diplab.results.crosstab",
    "Design": "diplab.sampling.design",
    "DiplabError": "diplab.errors",
    "Estimates": "diplab.results.estimates",
    "Imputed": "diplab.sampling.imputed",
    "Linearised": "diplab.estimators.statistic",
    "Microdata": "diplab.microdata.microdata",
    "Plan": "diplab.results.plan",
    "Provenance": "diplab.results.provenance",
    "Regression": "diplab.results.regression",
    "Replicates": "diplab.sampling.replicates",
    "Responses": "diplab.microdata.responses",
    "Sample": "diplab.sampling.sample",
    "Statistic": "diplab.estimators.statistic",
    "Test": "diplab.results.test",
    "Text": "diplab.reference.text",
    "Variable": "diplab.microdata.variable",
    "alpha": "diplab.estimators.scales",
    "arpr": "diplab.estimators.poverty",
    "arpt": "diplab.estimators.poverty",
    "atkinson": "diplab.estimators.entropy",
    "banner": "diplab.inference.crosstab",
    "calibrate": "diplab.weighting.calibrate",
    "chart": "diplab.presentation.chart",
    "contrast": "diplab.inference.contrast",
    "correlation": "diplab.estimators.dispersion",
    "count": "diplab.estimators.moments",
    "conflicts": "diplab.microdata.conflicts",
    "crosstab": "diplab.inference.crosstab",
    "declare_design": "diplab.sampling.declare",
    "effect_ratios": "diplab.inference.effect_ratios",
    "estimate": "diplab.inference.estimate",
    "expected_precision": "diplab.inference.planning",
    "gender_pay_gap": "diplab.estimators.pay_gap",
    "generalised_entropy": "diplab.estimators.entropy",
    "generalised_lorenz": "diplab.estimators.lorenz",
    "gini": "diplab.estimators.gini",
    "imputed": "diplab.sampling.imputed",
    "lorenz": "diplab.estimators.lorenz",
    "losses": "diplab.loaders.losses",
    "make_replicates": "diplab.sampling.make_replicates",
    "marginal_effects": "diplab.inference.marginal_effects",
    "mean": "diplab.estimators.moments",
    "median": "diplab.estimators.quantiles",
    "merge": "diplab.microdata.merge",
    "missing_reasons": "diplab.inference.missing",
    "omega": "diplab.estimators.scales",
    "palma_ratio": "diplab.estimators.top_over_bottom",
    "plausible_values": "diplab.sampling.imputed",
    "population": "diplab.population",
    "predicted_margins": "diplab.inference.marginal_effects",
    "quantile": "diplab.estimators.quantiles",
    "quantile_shares": "diplab.estimators.quantile_shares",
    "quintile_ratio": "diplab.estimators.top_over_bottom",
    "rank_test": "diplab.inference.rank_test",
    "ratio": "diplab.estimators.moments",
    "read": "diplab.loaders.read",
    "regress": "diplab.inference.regress",
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
    "term_test": "diplab.inference.term_test",
    "theil": "diplab.estimators.entropy",
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
    "Crosstab",
    "Design",
    "DiplabError",
    "Estimates",
    "Imputed",
    "Linearised",
    "Microdata",
    "Plan",
    "Provenance",
    "Regression",
    "Replicates",
    "Responses",
    "Sample",
    "Statistic",
    "Test",
    "Text",
    "Variable",
    "alpha",
    "arpr",
    "arpt",
    "atkinson",
    "banner",
    "calibrate",
    "chart",
    "conflicts",
    "contrast",
    "correlation",
    "count",
    "crosstab",
    "declare_design",
    "effect_ratios",
    "estimate",
    "expected_precision",
    "gender_pay_gap",
    "generalised_entropy",
    "generalised_lorenz",
    "gini",
    "imputed",
    "lorenz",
    "losses",
    "make_replicates",
    "marginal_effects",
    "mean",
    "median",
    "merge",
    "missing_reasons",
    "omega",
    "palma_ratio",
    "plausible_values",
    "population",
    "predicted_margins",
    "quantile",
    "quantile_shares",
    "quintile_ratio",
    "rank_test",
    "ratio",
    "read",
    "regress",
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
    "term_test",
    "theil",
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
