"""Classes of results and arguments, for annotations, checks and building by hand.

Results (`Estimates`, `Crosstab`, `Regression`, `Comparison`...), data and codebooks, and studies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised as Linearised
    from diplab.estimators.statistic import Statistic as Statistic
    from diplab.microdata.codebook import Codebook as Codebook
    from diplab.microdata.codebook import Origin as Origin
    from diplab.microdata.conflicts import Conflicts as Conflicts
    from diplab.microdata.disclosure import DisclosureRisk as DisclosureRisk
    from diplab.microdata.equivalise import EquivalenceScale as EquivalenceScale
    from diplab.microdata.jobs.rules import JobRule as JobRule
    from diplab.microdata.jobs.rules import JobRules as JobRules
    from diplab.microdata.microdata import Microdata as Microdata
    from diplab.microdata.missing import ReasonCounts as ReasonCounts
    from diplab.microdata.multiple_response import Responses as Responses
    from diplab.microdata.variable import Variable as Variable
    from diplab.presentation.charts.style import Style as Style
    from diplab.presentation.notes import Notes as Notes
    from diplab.presentation.sheet import PrintedTable as PrintedTable
    from diplab.reference.parameter import Parameter as Parameter
    from diplab.reference.text import Language as Language
    from diplab.reference.text import Text as Text
    from diplab.replication.published import Published as Published
    from diplab.replication.published import PublishedTable as PublishedTable
    from diplab.replication.study import Assumption as Assumption
    from diplab.replication.study import Inputs as Inputs
    from diplab.replication.study import Study as Study
    from diplab.replication.verdict import Printed as Printed
    from diplab.replication.verdict import Result as Result
    from diplab.results.areas import AreaEstimates as AreaEstimates
    from diplab.results.comparison import Comparison as Comparison
    from diplab.results.comparison import Coverage as Coverage
    from diplab.results.comparison import PopulationFigure as PopulationFigure
    from diplab.results.estimates import Estimates as Estimates
    from diplab.results.estimates import Provenance as Provenance
    from diplab.results.estimates import SurvivalCurves as SurvivalCurves
    from diplab.results.hypothesis_test import Hypothesis as Hypothesis
    from diplab.results.hypothesis_test import Test as Test
    from diplab.results.plan import Plan as Plan
    from diplab.results.regression import LogLinearModel as LogLinearModel
    from diplab.results.regression import Regression as Regression
    from diplab.results.tables import Crosstab as Crosstab
    from diplab.results.tables import Decomposition as Decomposition
    from diplab.results.tables import Summary as Summary
    from diplab.sampling._imputed import Imputed as Imputed
    from diplab.sampling._replicates import Replicates as Replicates
    from diplab.sampling.design import Design as Design
    from diplab.sampling.sample import Sample as Sample

# the module of each name, for `lazy_names`
_HOMES = {
    "diplab.estimators.statistic": "Linearised Statistic",
    "diplab.microdata.codebook": "Codebook Origin",
    "diplab.microdata.conflicts": "Conflicts",
    "diplab.microdata.disclosure": "DisclosureRisk",
    "diplab.microdata.equivalise": "EquivalenceScale",
    "diplab.microdata.jobs.rules": "JobRule JobRules",
    "diplab.microdata.microdata": "Microdata",
    "diplab.microdata.missing": "ReasonCounts",
    "diplab.microdata.multiple_response": "Responses",
    "diplab.microdata.variable": "Variable",
    "diplab.presentation.charts.style": "Style",
    "diplab.presentation.notes": "Notes",
    "diplab.presentation.sheet": "PrintedTable",
    "diplab.reference.parameter": "Parameter",
    "diplab.reference.text": "Language Text",
    "diplab.replication.published": "Published PublishedTable",
    "diplab.replication.study": "Assumption Inputs Study",
    "diplab.replication.verdict": "Printed Result",
    "diplab.results.areas": "AreaEstimates",
    "diplab.results.comparison": "Comparison Coverage PopulationFigure",
    "diplab.results.estimates": "Estimates Provenance SurvivalCurves",
    "diplab.results.hypothesis_test": "Hypothesis Test",
    "diplab.results.plan": "Plan",
    "diplab.results.regression": "LogLinearModel Regression",
    "diplab.results.tables": "Crosstab Decomposition Summary",
    "diplab.sampling._imputed": "Imputed",
    "diplab.sampling._replicates": "Replicates",
    "diplab.sampling.design": "Design",
    "diplab.sampling.sample": "Sample",
}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
