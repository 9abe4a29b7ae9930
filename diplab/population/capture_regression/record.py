"""What is written down about a size from a regression of captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab import __version__
from diplab.population.assumptions import BASE
from diplab.population.capture_regression.premises import premises
from diplab.reference.text import Text
from diplab.results.provenance import Provenance
from diplab.sampling.condition import conjunction

if TYPE_CHECKING:
    from diplab.population.capture_regression.asked import Asked
    from diplab.population.capture_regression.fitted import FittedCaptures
    from diplab.sampling.formula import ModelFormula
    from diplab.sampling.sample import Sample

__all__ = ["record_of"]


def record_of(found: FittedCaptures, asked: Asked, read: ModelFormula, sample: Sample) -> Provenance:
    """Return the provenance of sizes from a regression of captures."""
    persons, origin = found.persons, sample.codebook.origin
    rules = {
        "estimator": asked.family,
        "formula": read.text,
        "interval": asked.interval,
        "confidence": f"{asked.confidence:g}",
        "na": asked.na,
        "variance": asked.spread,
        "sightings": f"{float(persons.weight @ persons.y):.15g}",
        "diplab": __version__,
    }
    optional = {
        "cluster": asked.cluster or "",
        "inflation": asked.inflation if asked.inflation == "everyone" else "",
        "edge": found.fit.edge,
    }
    if found.sampled:
        rules |= _of_design(sample)
        optional |= {
            "universe": conjunction(sample.population_text),
            "where": conjunction(sample.domain_text),
        }
    known = sample.codebook.reasons
    return Provenance(
        rules=rules | {name: said for name, said in optional.items() if said},
        base=BASE,
        source=Text.same(origin.file),
        status="synthetic" if origin.synthetic else "estimated",
        assumptions=premises(found.fit.family, found.sampled),
        missing=persons.missing,
        reasons={
            name: known[name]
            for name, count in persons.missing.items()
            if sum(known.get(name, {}).values()) == count
        },
        synthetic=origin.synthetic,
        indicative=found.sampled and sample.design.kind == "opt-in",
    )


def _of_design(sample: Sample) -> dict[str, str]:
    """Return the rules of the design."""
    rules = {"variance": "linearised", "lonely_psu": sample.design.lonely_psu, **sample.engine.units.rules}
    rules |= sample.replication.rules if sample.replication else {}
    return rules | (dict(sample.auxiliary.rules) if sample.auxiliary else {})
