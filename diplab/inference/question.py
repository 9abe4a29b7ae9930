"""What every question must bring: a sample that knows how it was drawn, and a level of confidence that is one."""

from __future__ import annotations

from diplab.errors import OptionError
from diplab.sampling.sample import Sample

__all__ = ["check_confidence", "check_sample"]


def check_sample(given: object, asked: str, then: str) -> None:
    """Refuse a question on what is not a sample.

    Parameters
    ----------
    given : object
        What stands in the place of the sample.
    asked : str
        What was asked for: `A regression`.
    then : str
        What to do with a sample: `estimate`.

    Raises
    ------
    OptionError
        Where it is no sample.
    """
    if not isinstance(given, Sample):
        raise OptionError(
            f"{asked} on a {type(given).__name__} was asked for.",
            "Uncertainty needs to know how the people were drawn.",
            f"Write `declare_design(data, ...)` first, and {then} on what it returns.",
        )


def check_confidence(confidence: object) -> None:
    """Refuse a level of confidence outside 0 and 1.

    Raises
    ------
    OptionError
        Where it is no number between them.

    Examples
    --------
    >>> check_confidence(0.95)
    """
    if not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OptionError(
            f"A confidence of {confidence} was asked for.",
            "It lies between 0 and 1.",
            "Write for example `confidence=0.95`.",
        )
