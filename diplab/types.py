"""Classes of what diplab returns and takes, for annotations and checks.

Results (`Estimates`, `Crosstab`, `Regression`, `Comparison`...), what data and their codebook are made of, and what a
study works on.
"""

from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.presentation.notes import Notes
from diplab.presentation.sheet import PrintedTable
from diplab.reference.parameter import Parameter
from diplab.reference.text import Language, Text
from diplab.replication.published import Published
from diplab.replication.published_table import PublishedTable
from diplab.replication.result import Result
from diplab.replication.study import Assumption, Inputs, Study
from diplab.replication.verdict import Printed
from diplab.results.comparison import Comparison
from diplab.results.crosstab import Crosstab
from diplab.results.decomposition import Decomposition
from diplab.results.estimates import Estimates
from diplab.results.plan import Plan
from diplab.results.provenance import Provenance
from diplab.results.regression import Regression
from diplab.results.test import Test
from diplab.sampling.sample import Sample

__all__ = [
    "Assumption",
    "Codebook",
    "Comparison",
    "Crosstab",
    "Decomposition",
    "Estimates",
    "Inputs",
    "Language",
    "Microdata",
    "Notes",
    "Origin",
    "Parameter",
    "Plan",
    "Printed",
    "PrintedTable",
    "Provenance",
    "Published",
    "PublishedTable",
    "Regression",
    "Result",
    "Sample",
    "Study",
    "Test",
    "Text",
    "Variable",
]
