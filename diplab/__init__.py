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
    from diplab.estimators.moments import count, mean, ratio, share, total
    from diplab.estimators.poverty import arpr, arpt
    from diplab.estimators.quantiles import median, quantile
    from diplab.estimators.statistic import Linearised, Statistic, statistic
    from diplab.inference.contrast import contrast
    from diplab.inference.estimate import estimate
    from diplab.loaders.read import read
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Variable
    from diplab.presentation.chart import chart
    from diplab.presentation.save import save
    from diplab.presentation.tables import table
    from diplab.reference.text import Text
    from diplab.replication.registry import studies, study
    from diplab.replication.rerun import reproduce
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates
    from diplab.results.provenance import Provenance
    from diplab.sampling.declare import declare_design
    from diplab.sampling.design import Design
    from diplab.sampling.sample import Sample

_HOMES = {
    "Codebook": "diplab.microdata.codebook",
    "Comparison": "diplab.results.comparison",
    "Design": "diplab.sampling.design",
    "DiplabError": "diplab.errors",
    "Estimates": "diplab.results.estimates",
    "Linearised": "diplab.estimators.statistic",
    "Microdata": "diplab.microdata.microdata",
    "Provenance": "diplab.results.provenance",
    "Sample": "diplab.sampling.sample",
    "Statistic": "diplab.estimators.statistic",
    "Text": "diplab.reference.text",
    "Variable": "diplab.microdata.variable",
    "arpr": "diplab.estimators.poverty",
    "arpt": "diplab.estimators.poverty",
    "chart": "diplab.presentation.chart",
    "contrast": "diplab.inference.contrast",
    "count": "diplab.estimators.moments",
    "declare_design": "diplab.sampling.declare",
    "estimate": "diplab.inference.estimate",
    "mean": "diplab.estimators.moments",
    "median": "diplab.estimators.quantiles",
    "population": "diplab.population",
    "quantile": "diplab.estimators.quantiles",
    "ratio": "diplab.estimators.moments",
    "read": "diplab.loaders.read",
    "reproduce": "diplab.replication.rerun",
    "save": "diplab.presentation.save",
    "share": "diplab.estimators.moments",
    "statistic": "diplab.estimators.statistic",
    "studies": "diplab.replication.registry",
    "study": "diplab.replication.registry",
    "table": "diplab.presentation.tables",
    "total": "diplab.estimators.moments",
}

__all__ = [
    "Codebook",
    "Comparison",
    "Design",
    "DiplabError",
    "Estimates",
    "Linearised",
    "Microdata",
    "Provenance",
    "Sample",
    "Statistic",
    "Text",
    "Variable",
    "arpr",
    "arpt",
    "chart",
    "contrast",
    "count",
    "declare_design",
    "estimate",
    "mean",
    "median",
    "population",
    "quantile",
    "ratio",
    "read",
    "reproduce",
    "save",
    "share",
    "statistic",
    "studies",
    "study",
    "table",
    "total",
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
