"""Survey planning: required sample size and expected precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.inference.planning import expected_precision as expected_precision
    from diplab.inference.planning import sample_size as sample_size

# the module of each name, for `lazy_names`
_HOMES = {"diplab.inference.planning": "expected_precision sample_size"}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
