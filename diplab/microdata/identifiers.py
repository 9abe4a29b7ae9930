"""Columns that say who people are: recognised by their name and by what their cells look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.microdata.identifier_signs import FORMS, kind_by_name
from diplab.microdata.in_memory import frame_in_memory, holds_lists
from diplab.microdata.look_for import folded, wordings
from diplab.microdata.shown import as_html, as_text, check_printed, worded
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["Identifiers", "identifiers", "identifying"]

_FEW = 10
_LONGEST = 20_000
_ENOUGH = 2_000
_SAID = {
    "e-mail": Text("adresse électronique", "e-mail"),
    "IP address": Text("adresse IP", "IP address"),
    "phone": Text("téléphone", "phone"),
    "worker id": Text("identifiant de travailleur", "worker id"),
    "person's name": Text("nom de personne", "person's name"),
    "address": Text("adresse postale", "address"),
    "national number": Text("numéro national", "national number"),
    "bank account": Text("compte bancaire", "bank account"),
    "access code": Text("code d’accès", "access code"),
    "place": Text("lieu", "place"),
    "birth date": Text("date de naissance", "birth date"),
    "response id": Text("identifiant de réponse", "response id"),
    "name": Text("nom", "name"),
    "label": Text("libellé", "label"),
    "content": Text("contenu", "content"),
}
"""Kinds of identifiers, and where they were recognised, as a table says them."""


@dataclass(frozen=True, eq=False)
class Identifiers:
    """Columns that may say who people are.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a column and a kind: `column`, `kind` (e-mail, phone, worker id...), `why` (`name`, `label`, `content`),
        `cells` (answers that have the form, or all where its name tells). No cell is shown.
    language : {"fr", "en"}
        Language of the table; `frame` keeps its words.
    """

    frame: pd.DataFrame
    language: str = "en"

    @property
    def columns(self) -> list[str]:
        """Names of the columns, for `pseudonymise`."""
        return list(dict.fromkeys(self.frame["column"]))

    def __len__(self) -> int:
        return len(self.frame)

    def _sentence(self) -> str:
        number = len(self.columns)
        if not number:
            said = Text(
                "Aucune colonne n’a été reconnue comme un identifiant. Les réponses rédigées peuvent en contenir.",
                "No column was recognised as an identifier. Answers in people's own words may still hold some.",
            )
        elif number == 1:
            said = Text(
                "1 colonne peut dire qui sont les personnes : retirez-la, ou écrivez `data.pseudonymise`.",
                "1 column may say who people are: leave it out, or write `data.pseudonymise`.",
            )
        else:
            said = Text(
                f"{number} colonnes peuvent dire qui sont les personnes : retirez celles dont vous n’avez pas besoin, "
                "ou écrivez `data.pseudonymise`.",
                f"{number} columns may say who people are: leave out what is not needed, or write "
                "`data.pseudonymise`.",
            )
        return worded(said, self.language)

    def _printed(self) -> pd.DataFrame:
        said = {key: worded(text, self.language) for key, text in _SAID.items()}
        return self.frame.assign(
            kind=[said.get(each, each) for each in self.frame["kind"]],
            why=[said.get(each, each) for each in self.frame["why"]],
        )

    def __repr__(self) -> str:
        return as_text(self._printed(), self.language, after=[self._sentence()])

    def _repr_html_(self) -> str:
        return as_html(self._printed(), self.language, after=[self._sentence()])


def identifiers(data: Microdata, *, language: str = "en") -> Identifiers:
    """Point out the columns that say who people are: e-mail and IP addresses, phones, names, ids of workers, accounts.

    A column is recognised by its name or label, where its cells can tell people apart, or by the form of its cells. It
    is help for the eye: what it does not point out may still identify people, alone or together with other columns.
    Pseudonyms that `pseudonymise` made are not pointed out.

    Parameters
    ----------
    data : Microdata
    language : {"fr", "en"}
        Language of the table that is shown.

    Returns
    -------
    Identifiers
        A table in a notebook; `.columns` for `pseudonymise`.

    Raises
    ------
    OptionError
        For another language, and where the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"q1": ["ann@example.org", None], "age": [31, 40]}), Codebook())
    >>> identifiers(data).frame.values.tolist()
    [['q1', 'e-mail', 'content', 1]]
    """
    import pandas as pd

    check_printed(language)
    frame = frame_in_memory(data, "Identifiers were looked for.")
    steps = data.codebook.steps
    done = {name for step in steps if step.kind == "pseudonymise" for name in step.variables}
    found = [each for name in frame.columns if name not in done for each in _in_column(data, str(name))]
    return Identifiers(pd.DataFrame(found, columns=["column", "kind", "why", "cells"]), language)


def identifying(data: Microdata, names: Sequence[str]) -> set[str]:
    """Return which of some columns may say who people are, by their name and their most frequent answers."""
    return {name for name in names if _in_column(data, name, _ENOUGH)}


def _in_column(data: Microdata, name: str, most: int | None = None) -> list[tuple[str, str, str, int]]:
    column: pd.Series[Any] = data.frame[name]
    variable = data.codebook.variables.get(name)
    answers = column.dropna()
    if holds_lists(column):
        answers = answers.astype(str)
    if not len(answers) or (variable is not None and variable.values):
        return []
    found: dict[str, tuple[str, int]] = {}
    counts = answers.value_counts()
    said = kind_by_name(_apart(name))
    why = "name"
    if not said and variable is not None:
        why = "label"
        said = next(filter(None, (kind_by_name(_apart(text)) for text in wordings(variable.label))), "")
    # a yes or no about phones is no phone
    if said and (len(counts) > _FEW or 2 * len(counts) > len(answers)) and not _is_amount(column, said):
        found[said] = (why, len(answers))
    for kind, cells in _by_content(counts.iloc[:most], shared=most is not None).items():
        found.setdefault(kind, ("content", cells))
    return [(name, kind, why, cells) for kind, (why, cells) in found.items()]


def _is_amount(column: pd.Series[Any], kind: str) -> bool:
    """Return whether a column holds true and false, or numbers where the kind is one of words."""
    numeric = column.dtype.kind in "iufb"
    return column.dtype.kind == "b" or (
        numeric and kind in ("e-mail", "IP address", "person's name", "address")
    )


def _by_content(counts: pd.Series[Any], *, shared: bool) -> dict[str, int]:
    """Return how many cells have the form of each kind of identifier; an id that all rows share where `shared`."""
    words = [(value.strip()[:_LONGEST], int(n)) for value, n in counts.items() if isinstance(value, str)]
    if not words:
        digits = [(f"{value:.0f}", int(n)) for value, n in counts.items() if _long_number(value)]
        words, forms = digits, [form for form in FORMS if form.kind == "national number"]
    else:
        forms = list(FORMS)
    total = int(counts.sum())
    found: dict[str, int] = {}
    for form in forms:
        cells = sum(n for value, n in words if form.recognises(value))
        # an id that all rows share is of the form or the server, and tells nobody apart
        one = len(counts) == 1 and total > 1 and form.kind.endswith(" id")
        if cells and cells >= form.least * total and (shared or not one):
            found[form.kind] = max(found.get(form.kind, 0), cells)
    return found


def _long_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e14 <= abs(value) < 1e15


def _apart(name: str) -> str:
    """Return a name as words: `RecipientEmail`, `recipient_email` and `Recipient e-mail` are the same.

    Examples
    --------
    >>> _apart("RecipientEmail"), _apart("Worker_ID"), _apart("adresse e-mail"), _apart("IPAddress")
    ('recipient email', 'worker id', 'adresse email', 'ip address')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = folded(parted).replace("e-mail", "email").replace("e mail", "email")
    return " ".join(re.findall(r"[a-z]+|\d+", plain))
