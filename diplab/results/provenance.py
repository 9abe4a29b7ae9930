"""Where a result comes from and which rules made it, printed under every table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from diplab.checks import check_one_of
from diplab.reference.text import NOTHING, Text

STATUSES = ("published", "second-hand", "derived", "inferred", "synthetic", "estimated")
"""What stands behind a number: printed by its authors, reported by others, computed here from printed figures,
reconstructed, made from synthetic data, or estimated here from data."""

STRONGEST_FIRST = ("published", "estimated", "second-hand", "derived", "inferred", "synthetic")


@dataclass(frozen=True)
class Provenance:
    """The record that travels with a result.

    Parameters
    ----------
    rules : mapping of str to str
        Conventions in force, by name (`confidence`, `df`, `na`, `lonely_psu`, `quantile_rule`...), as printed under a
        table. Properties return the ones that are computed with, in their type.
    base : Text
        The denominator in words: of whom the number is a number.
    source : Text
        Document, page or table; or the data file.
    status : str
        One of `STATUSES`.
    assumptions : tuple of Text
        What must be true for the number to be right, beyond the data.
    notices : tuple of Text
        What to look at in the data before the number is used (answers that look like missing codes).
    missing : mapping of str to int
        Rows left out by each variable.
    reasons : mapping of str to mapping of str to int
        The same by reason, for variables of which the codebook knows them (`system` where it does not say).
    synthetic : bool
        True where any input is a synthetic file.
    nested : bool
        True where the rows are nested circles, which may not be added.
    indicative : bool
        True where the sample is opt-in, so that intervals hold only if it were a random one.

    Examples
    --------
    >>> Provenance(rules={"confidence": "0.95"}, status="published").rules["confidence"]
    '0.95'
    >>> Provenance(rules={"confidence": "0.95", "contrast": "ratio of independent samples"}).contrast
    'ratio'
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    base: Text = NOTHING
    source: Text = NOTHING
    status: str = "estimated"
    assumptions: tuple[Text, ...] = ()
    notices: tuple[Text, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    synthetic: bool = False
    nested: bool = False
    indicative: bool = False

    @property
    def confidence(self) -> float:
        """Level of the intervals; 0.95 where none was recorded."""
        return float(self.rules.get("confidence") or "0.95")

    @property
    def contrast(self) -> Literal["", "difference", "ratio", "sum", "expression"]:
        """What the rows are of the estimates that they compare; empty where they compare none."""
        kind = self.rules.get("contrast", "").partition(" ")[0]
        return cast('Literal["", "difference", "ratio", "sum", "expression"]', kind)

    @property
    def null_value(self) -> float:
        """The value of no effect: 1 for ratios, 0 for everything else; each expression has its own."""
        return {"ratio": 1.0, "expression": float("nan")}.get(self.contrast, 0.0)

    @property
    def df(self) -> str:
        """Which degrees of freedom were taken: `design`, `domain`, `infinity`...; empty where none were."""
        return self.rules.get("df", "")

    @property
    def variance(self) -> str:
        """Which variance was estimated; empty where the record does not say."""
        return self.rules.get("variance", "")

    @property
    def interval(self) -> str:
        """The kind of interval; empty where it is the plain one."""
        return self.rules.get("interval", "")

    @property
    def model(self) -> str:
        """Family and link of the regression behind the rows; empty where there is none."""
        return self.rules.get("model", "")

    @property
    def outcome(self) -> str:
        """What the regression behind the rows explains, as its formula writes it; empty where there is none."""
        return self.rules.get("formula", "").partition("~")[0].strip()

    @property
    def is_exponential(self) -> bool:
        """True for exponentials of coefficients: ratios of odds or of rates."""
        return self.rules.get("scale") == "exponential"

    @property
    def is_unweighted(self) -> bool:
        """True where rows were counted without weights."""
        return self.rules.get("weights") == "none"

    @property
    def has_joint_band(self) -> bool:
        """True where the intervals of a curve hold together, and not point by point."""
        return self.rules.get("band") == "simultaneous"

    @property
    def is_recruited(self) -> bool:
        """True where the members of the sample recruited one another."""
        return self.rules.get("estimator", "").startswith("rds_")

    @property
    def references(self) -> dict[str, str]:
        """The category that the others of each variable are compared with, by variable."""
        pairs = (each.partition(" == ") for each in self.rules.get("references", "").split("; ") if each)
        return {name: code for name, _, code in pairs}

    @property
    def expected_shares(self) -> dict[str, float]:
        """The share that each category was tested against, by its code as written; none without such a test."""
        _, _, shares = self.rules.get("expected", "").partition(": ")
        pairs = (each.rpartition(" = ") for each in shares.split("; ") if each)
        return {code: float(share) for code, _, share in pairs}

    @property
    def rate_base(self) -> str:
        """The number of people that a rate is given for; empty where the rows are no rates."""
        return self.rules.get("per", "")


def weakest_status(statuses: Iterable[str]) -> str:
    """Return the weakest of several statuses."""
    each = list(statuses)
    for status in each:
        check_one_of("status", status, STATUSES)
    return max(each, key=STRONGEST_FIRST.index)


def join_sources(sources: Iterable[Text]) -> Text:
    """Return several sources as one text, each of them once."""
    each = tuple(dict.fromkeys(sources))
    return Text("\u202f; ".join(text.fr for text in each), "; ".join(text.en for text in each))
