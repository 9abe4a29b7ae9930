"""What is said of a variable before anything is estimated: its answers counted, or its numbers summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.microdata.shown import as_html, as_text, worded
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SYNTHETIC", "Description"]

SYNTHETIC = Text(
    "Données synthétiques : personne n’a donné ces réponses.", "Synthetic data: nobody gave these answers."
)


@dataclass(frozen=True, eq=False)
class Description:
    """A variable, a question with several answers or a whole file, described.

    Parameters
    ----------
    name : str
        Of the variable; empty for a file.
    frame : pandas.DataFrame
        The numbers, one row an answer (`code`, `label`, `n`, `share` of answers, `share_of_all`), a statistic
        (`statistic`, `value`) or a variable (`name`, `label`, `type`, `n`, `missing`); with weights, their weighted
        counterparts beside them. Missing answers come last, by reason, without a share of answers.
    label, question : Text
        From the codebook.
    base : Text
        Of whom the shares are.
    language : str
        In which labels are shown.
    synthetic : bool
        True for data that no one answered; what is shown says so.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"pay": [1.0, 2.0, 3.0, 6.0]}), Codebook().described("pay", measure="scale"))
    >>> data.describe("pay").frame.set_index("statistic")["value"]["mean"].item()
    3.0
    """

    name: str
    frame: pd.DataFrame
    label: Text = NOTHING
    question: Text = NOTHING
    base: Text = NOTHING
    language: str = "en"
    synthetic: bool = False

    def _lines(self) -> tuple[list[str], list[str]]:
        label, question = worded(self.label, self.language), worded(self.question, self.language)
        colon = worded(Text(" : ", ": "), self.language)
        title = colon.join(dict.fromkeys(each for each in (self.name, label) if each))
        invented = [worded(SYNTHETIC, self.language)] if self.synthetic else []
        return [title, question if question != label else ""], [*invented, worded(self.base, self.language)]

    def __repr__(self) -> str:
        return as_text(self.frame, self.language, *self._lines())

    def _repr_html_(self) -> str:
        return as_html(self.frame, self.language, *self._lines())
