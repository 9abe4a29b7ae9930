"""Bands of pay that the answers themselves say: "moins de 800 € par mois", or codes with such labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.microdata.answer_bands import answer_bands, words_of_answers
from diplab.microdata.band_labels import band_written
from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.microdata import Microdata

__all__ = ["BandsInWords", "bands_in_words"]


@dataclass(frozen=True)
class BandsInWords:
    """Bands read from the words of answers.

    Parameters
    ----------
    bands : mapping of answer to (float, float)
    of : frozenset of str
        What the words say that amounts are of: `month`, `net`.
    said : Text
        How they were read.
    """

    bands: Mapping[Any, tuple[float, float]]
    of: frozenset[str]
    said: Text

    def check(self, what: str, words: Sequence[str], known: Sequence[str], asked: str) -> None:
        """Refuse a period, or gross for net, that the answers contradict.

        Raises
        ------
        MisleadingError
            Where the answers say one of `known`, and another is given.
        """
        told = [each for each in known if each in self.of]
        if told and any(each not in told for each in words):
            raise MisleadingError(
                asked,
                f"Its answers say `{told[0]}`, and `{what}` says `{', '.join(words)}`.",
                f"Write `{what}='{told[0]}'`, or look at the answers.",
            )


def bands_in_words(
    data: Microdata, pay: Any, given: Mapping[Any, Any] | None, asked: str
) -> BandsInWords | None:
    """Return the bands that the answers of a column say; None where bands are given, or answers are of another kind.

    Raises
    ------
    OptionError
        Where some answers are bands and others are not read, or bands overlap or leave a gap.
    """
    if given is not None or not isinstance(pay, str) or pay not in data.frame:
        return None
    answers = sorted(data.frame[pay].dropna().unique().tolist(), key=str)
    words = words_of_answers(data.codebook, pay, answers)
    written = [band_written(each) for each in words.values()]
    # numbers with a label here and there are amounts
    if len(words) < len(answers) or not any(band and not band.alone for band in written):
        return None
    found = answer_bands(data.codebook, pay, answers, None, asked)
    bands = {answer: band for answer, band in zip(answers, found, strict=True) if band is not None}
    said = sorted(((words[answer], band) for answer, band in bands.items()), key=lambda each: each[1])
    french = ", ".join(f"«\u00a0{label}\u00a0» = {_interval(band).fr}" for label, band in said)
    english = ", ".join(f"“{label}” = {_interval(band).en}" for label, band in said)
    of = frozenset[str]().union(*(band.of for band in written if band))
    return BandsInWords(bands, of, Text(french, english))


def _interval(band: tuple[float, float]) -> Text:
    low, high = (Text.same("∞") if math.isinf(end) else figure_in_words(end) for end in band)
    return low if band[0] == band[1] else Text(f"{low.fr}–{high.fr}", f"{low.en}–{high.en}")
