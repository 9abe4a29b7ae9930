"""The shares that those of a table were tested against, from the rule that records them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.language import percent
from diplab.presentation.punctuation import NO_BREAK
from diplab.presentation.value_labels import value_label

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.provenance import Provenance

__all__ = ["expected_in_words", "expected_shares"]


def expected_shares(provenance: Provenance) -> dict[str, float]:
    """Return the share expected of each category, by its code as written; none where there was no such test.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> expected_shares(Provenance(rules={"expected": "sex: 1 = 0.48; 2 = 0.52"}))
    {'1': 0.48, '2': 0.52}
    """
    _, _, said = provenance.rules.get("expected", "").partition(": ")
    pairs = (each.rpartition(" = ") for each in said.split("; ") if each)
    return {code: float(share) for code, _, share in pairs}


def expected_in_words(rule: str, labels: Codebook | None, language: Language) -> str:
    r"""Return expected shares as a reader understands them.

    Examples
    --------
    >>> expected_in_words("sex: f = 0.48; m = 0.52", None, "en").replace("\u00a0", " ")
    'f 48%, m 52%'
    """
    name, _, said = rule.partition(": ")
    pairs = (each.rpartition(" = ") for each in said.split("; "))
    return ", ".join(
        f"{value_label(name, code, labels, language)}{NO_BREAK}{_percent(float(share), language)}"
        for code, _, share in pairs
    )


def _percent(share: float, language: Language) -> str:
    return percent(share, language, 0 if round(share * 100, 6) % 1 == 0 else 1)
