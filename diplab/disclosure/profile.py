"""The rules of an institution on what may be published, dated and sourced."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from diplab.checks import check_one_of
from diplab.kernel.arrays import Floats

ProfileName: TypeAlias = Literal["standard", "insee_entreprises", "insee_fiscal", "opensafely", "none"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The rules of one institution; `profiles.toml` says what each of them is, and where it was read."""

    name: ProfileName
    minimum: int
    counted: Literal["respondents", "weights"]
    source: str
    checked: str
    dominance: tuple[int, float] | None = None
    p_percent: float | None = None
    contributions: Literal["respondents", "units"] = "respondents"
    residual_df: int = 0
    step: int = 0
    rounding: int = 0

    @property
    def is_about_amounts(self) -> bool:
        """Whether it asks who contributes to an amount."""
        return self.dominance is not None or self.p_percent is not None

    def needs_protection(self, largest: Floats, total: float) -> float:
        """Return by how much an attacker must stay wrong about a total; 0 where nobody dominates it."""
        # `largest` are its largest contributions, in order. Dominance (n, k): 1/k times the n largest, minus the total;
        # p %: p of the largest, minus what is left without the two largest (Hundepool and others 2012)
        missing = [0.0]
        if self.dominance is not None:
            count, share = self.dominance
            missing.append(float(largest[:count].sum()) / share - total)
        if self.p_percent is not None and largest.size:
            missing.append(self.p_percent / 100 * float(largest[0]) - (total - float(largest[:2].sum())))
        # what rounding leaves is no contribution
        return max(missing) if max(missing) > 1e-9 * total else 0.0


@cache
def profile_of(name: str) -> Profile:
    """Return a profile by its name."""
    known = tomllib.loads(files("diplab.disclosure").joinpath("profiles.toml").read_text(encoding="utf-8"))
    rules = known[check_one_of("profile", name, ProfileName)]
    dominance = tuple(rules.pop("dominance", ())) or None
    return Profile(name=name, dominance=dominance, checked=str(rules.pop("checked")), **rules)  # type: ignore[arg-type]
