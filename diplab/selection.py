"""Who is in a sample and who is not: nonresponse, and what an opt-in sample can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.weighting._nonresponse import nonresponse as nonresponse

# the module of each name, for `lazy_names`
_HOMES = {"diplab.weighting._nonresponse": "nonresponse"}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
