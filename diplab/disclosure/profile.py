"""The rules of an institution on what may be published, dated and sourced."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from diplab.checks import check_one_of
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats
from diplab.results.estimates import LOW_RELIABILITY, NOT_RELIABLE

ProfileName: TypeAlias = Literal[
    "standard",
    "insee_entreprises",
    "insee_fiscal",
    "opensafely",
    "eurostat_silc",
    "destatis_mikrozensus",
    "none",
]
_PERCENTAGES = ("p_percent", "rse_flagged", "rse_hidden")

Counted: TypeAlias = Literal["respondents", "weights"]
Contributors: TypeAlias = Literal["respondents", "units"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The rules of one institution; `profiles.toml` describes each of them, with its source."""

    name: str
    minimum: int
    source: str
    checked: str = ""
    counted: Counted = "respondents"
    dominance: tuple[int, float] | None = None
    p_percent: float | None = None
    contributions: Contributors = "respondents"
    residual_df: int = 0
    step: int = 0
    rounding: int = 0
    prints_n: bool = True
    flagged_below: int = 0
    rse_flagged: float | None = None
    rse_hidden: float | None = None

    @property
    def is_about_amounts(self) -> bool:
        """Whether it asks who contributes to an amount."""
        return self.dominance is not None or self.p_percent is not None

    @property
    def is_about_reliability(self) -> bool:
        """Whether it has a class of numbers to be published with caution or not reliable enough."""
        return bool(self.flagged_below or self.rse_flagged or self.rse_hidden)

    def reliability_of(self, rests_on: float, relative_error: float) -> str:
        """Return the flag of a number that rests on so many units, with a relative standard error.

        Empty if good.
        """
        # comparisons with NaN, where there is no error, are false
        if self.rse_hidden is not None and relative_error * 100 > self.rse_hidden:
            return NOT_RELIABLE
        few = rests_on < self.flagged_below
        uncertain = self.rse_flagged is not None and relative_error * 100 > self.rse_flagged
        return LOW_RELIABILITY if few or uncertain else ""

    def needs_protection(self, largest: Floats, total: float) -> float:
        """Return by how much an attacker must stay wrong about a total.

        0 where nobody dominates it.
        """
        # `largest` are its largest contributions, in order. Dominance (n, k): 1/k times the n
        # largest, minus the total; p %: p of the largest, minus what is left without the two
        # largest (Hundepool and others 2012)
        missing = [0.0]
        if self.dominance is not None:
            count, share = self.dominance
            missing.append(float(largest[:count].sum()) / share - total)
        if self.p_percent is not None and largest.size:
            missing.append(
                self.p_percent / 100 * float(largest[0]) - (total - float(largest[:2].sum()))
            )
        # what rounding leaves is not a contribution
        return max(missing) if max(missing) > 1e-9 * total else 0.0


def profile_of(profile: str | Path) -> Profile:
    """Return a profile by its name, or from a file of rules."""
    path = Path(profile)
    if path.suffix == ".toml":
        return _own(path)
    known = tomllib.loads(
        files("diplab.disclosure").joinpath("profiles.toml").read_text(encoding="utf-8")
    )
    return _read(str(profile), known[check_one_of("profile", str(profile), ProfileName)])


def _read(name: str, rules: Mapping[str, Any]) -> Profile:
    dominance = tuple(rules.get("dominance", ())) or None
    return Profile(
        **{**rules, "name": name, "dominance": dominance, "checked": str(rules.get("checked", ""))}
    )


def _own(path: Path) -> Profile:
    """Return the rules of a file.

    Refuse what is not a rule, and a minimum or a source that is missing.
    """
    write = (
        "Write for example `minimum = 20` and `source = 'Rules of our archive, 2026'`, a line each."
    )
    if not path.exists():
        raise OptionError(
            f"The profile `{path}` is not a file.", "There is none of that name.", write
        )
    try:
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise OptionError(
            f"The profile `{path.name}` cannot be read.", f"{error}.", write
        ) from error
    kinds = {field.name: field for field in fields(Profile) if field.name != "name"}
    for name in rules:
        if name not in kinds:
            raise OptionError(
                f"`{name}` in `{path.name}` is not a rule.", f"Rules are {', '.join(kinds)}.", write
            )
    for name in ("minimum", "source"):
        if name not in rules:
            raise OptionError(f"The profile `{path.name}` has no `{name}`.", "Each has one.", write)
    for name in (*_PERCENTAGES, "minimum", "residual_df", "step", "rounding", "flagged_below"):
        value = rules.get(name, 1)
        whole = isinstance(value, int) or (name in _PERCENTAGES and isinstance(value, float))
        if isinstance(value, bool) or not whole or value < 0:
            raise OptionError(
                f"`{name} = {value}` in `{path.name}` is not a number of 0 or more.", "", write
            )
    if 0 < rules.get("flagged_below", 0) <= rules["minimum"]:
        raise OptionError(
            f"`flagged_below = {rules['flagged_below']}` in `{path.name}` is no more than "
            "`minimum`.",
            f"Numbers that rest on fewer than {rules['minimum']} are not published at all.",
            "Write for example `minimum = 20` and `flagged_below = 50`.",
        )
    if rules.get("rse_flagged", 0) >= rules.get("rse_hidden", math.inf):
        raise OptionError(
            f"`rse_flagged = {rules['rse_flagged']}` in `{path.name}` is no less than "
            "`rse_hidden`.",
            "Numbers over the latter are not published at all.",
            "Write for example `rse_flagged = 15` and `rse_hidden = 30`, in percent.",
        )
    pair = rules.get("dominance", [1, 1.0])
    if not (isinstance(pair, list) and len(pair) == 2 and pair[0] in (1, 2) and 0 < pair[1] <= 1):
        raise OptionError(
            f"`dominance = {pair}` in `{path.name}` is not one or two contributors and a share.",
            write="Write for example `dominance = [2, 0.90]`.",
        )
    check_one_of("counted", rules.get("counted", "respondents"), Counted)
    check_one_of("contributions", rules.get("contributions", "respondents"), Contributors)
    if path.stem in get_args(ProfileName):
        raise OptionError(
            f"`{path.name}` has the name of a profile of diplab.",
            "What is published under it would be taken for that.",
            "Write a name of your own, for example `our_archive.toml`.",
        )
    return _read(path.stem, {"step": rules["minimum"], **rules})
