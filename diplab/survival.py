"""Survival: how long until an event, such as leaving a platform, with censored observations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.inference.survival import cox as cox
    from diplab.inference.survival import kaplan_meier as kaplan_meier
    from diplab.inference.survival import log_rank as log_rank

# the module of each name, for `lazy_names`
_HOMES = {"diplab.inference.survival": "cox kaplan_meier log_rank"}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
