"""Columns that identify people, recognised by name and by content, and their replacement by pseudonyms."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.microdata.display import check_language, in_language, table_html, table_text
from diplab.microdata.frames import check_columns, frame_in_memory, holds_lists
from diplab.microdata.history import Step
from diplab.microdata.search import all_wordings, fold_accents
from diplab.microdata.variable import code_text
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = [
    "FORMS",
    "IdentifierForm",
    "Identifiers",
    "identifiers",
    "identifying_columns",
    "is_row_identifier",
    "kind_by_name",
    "pseudonymise",
]


_NAMES: dict[str, tuple[str, ...]] = {
    "e-mail": ("email", "e mail", "mail", "courriel", "mel", "recipient email", "adresse mail", "adresse electronique"),
    "IP address": ("ip", "ip address", "ipaddr", "ipaddress", "adresse ip", "ip adresse"),
    "phone": (
        "phone", "telephone", "tel", "portable", "mobile", "gsm", "phone number", "mobile number",
        "numero de telephone", "telefone", "celular",
    ),
    "worker id": (
        "worker id", "workerid", "mturk id", "mturkid", "amazon id", "prolific id", "prolific pid", "prolificid",
        "participant id", "participantid", "clickworker id", "toloka id", "panel id", "panelist id", "user id",
        "userid", "connect id", "assignment id", "subject id",
    ),
    "person's name": (
        "name", "nom", "prenom", "nom prenom", "first name", "last name", "firstname", "lastname", "full name",
        "surname", "family name", "recipient first name", "recipient last name", "nom de famille", "username",
        "user name", "pseudo", "nome", "sobrenome",
    ),
    "address": ("address", "adresse", "street", "rue", "postal address", "adresse postale", "endereco"),
    "national number": ("nir", "ssn", "nss", "numero de securite sociale", "social security number", "cpf"),
    "bank account": ("iban", "rib", "bank account", "paypal"),
    "access code": ("token", "session id", "external reference", "external data reference"),
    "place": (
        "latitude", "longitude", "lat", "lon", "lng", "gps", "location latitude", "location longitude", "geolocation",
    ),
    "birth date": ("date of birth", "dob", "birth date", "birthdate", "date de naissance", "date naissance"),
    "response id": (
        "response id", "responseid", "uuid", "respondent id", "survey response id", "instance id", "identifiant",
        "identifiant repondant",
    ),
}  # fmt: skip
_KIND = {name: kind for kind, names in _NAMES.items() for name in names}
_ROW = re.compile(
    r"(?:^|_)(?:id|uuid|ids|identifiant|token|pid|worker_?id|participant(?:_?id)?|respondent_?id|response_?id"
    r"|submission_?id|user_?id|caseid|prolific_?pid|numero|cle|key)$"
)


@dataclass(frozen=True)
class IdentifierForm:
    """The form of an identifier in a cell."""

    kind: str
    recognises: Callable[[str], bool]
    least: float


def kind_by_name(words: str) -> str:
    """Return what a name of a column, or a label, says that its cells are; nothing where it says nothing."""
    if words in _KIND:
        return _KIND[words]
    parts = words.split()
    numbered = " ".join(part for part in parts if not part.isdigit())
    if numbered != words and numbered in _KIND:
        return _KIND[numbered]
    # within a longer name, only words that mean one thing
    for sure in (
        "email",
        "courriel",
        "workerid",
        "mturkid",
        "prolific pid",
        "worker id",
        "iban",
        "ip address",
        "telephone",
    ):
        if f" {sure} " in f" {words} ":
            return _KIND[sure]
    return ""


def is_row_identifier(words: str) -> bool:
    """Return whether a name of a column says that its cells number rows, or tell people apart."""
    return _ROW.search(re.sub(r"[ .-]", "_", words)) is not None


_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[A-Za-z]{2,24}\b")
_FRENCH_PHONE = re.compile(
    r"(?<![\w+/-])(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .-]?\d{2}){4}(?!\w)"
)
_PHONE = re.compile(
    r"(?<![\w+/-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}(?!\w)"
)
_US_PHONE = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}")
_GPS = re.compile(r"-?\d{1,2}\.\d{3,}[,; ]\s*-?\d{1,3}\.\d{3,}(?: -?\d+(?:\.\d+)?){0,2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_NIR = re.compile(r"([1-478])(\d{2})(\d{2})(\d{2}|2[AB])(\d{3})(\d{3})(\d{2})")


def _is_ip_address(words: str) -> bool:
    if not re.fullmatch(r"[0-9.]{7,15}|[0-9a-fA-F:.]{3,45}", words) or (
        ":" not in words and words.count(".") != 3
    ):
        return False
    try:
        ipaddress.ip_address(words)
    except ValueError:
        return False
    # a clock time such as 12::30 is no address that anybody has
    return "." in words or words.count(":") >= 3 or words.startswith(("fe80", "2"))


def _is_iban(words: str) -> bool:
    plain = words.replace(" ", "")
    if not _IBAN.fullmatch(plain):
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def _is_french_social_security_number(words: str) -> bool:
    """Return whether words are a French social security number: sex, year, month, place, order, and the right key."""
    found = _NIR.fullmatch(words.replace(" ", ""))
    if not found:
        return False
    *number, key = found.groups()
    digits = "".join(number).replace("2A", "19").replace("2B", "18")
    month = int(number[2])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(digits) % 97 == int(key)


def _matches_fully(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda words: compiled.fullmatch(words) is not None


FORMS: tuple[IdentifierForm, ...] = (
    IdentifierForm("e-mail", lambda words: "@" in words and _EMAIL.search(words) is not None, 0.0),
    IdentifierForm("IP address", _is_ip_address, 0.2),
    IdentifierForm("phone", lambda words: _FRENCH_PHONE.search(words) is not None, 0.0),
    IdentifierForm(
        "phone", lambda words: _PHONE.search(words) is not None or _US_PHONE.fullmatch(words) is not None, 0.0
    ),
    IdentifierForm("national number", _is_french_social_security_number, 0.0),
    IdentifierForm("bank account", _is_iban, 0.0),
    IdentifierForm("place", lambda words: _GPS.fullmatch(words) is not None, 0.2),
    IdentifierForm("worker id", _matches_fully(r"A(?=[A-Z]*\d)[A-Z0-9]{12,14}"), 0.5),
    IdentifierForm("worker id", _matches_fully(r"(?=.*\d)[0-9a-f]{24}"), 0.5),
    IdentifierForm("response id", _matches_fully(r"R_[A-Za-z0-9]{13,17}"), 0.5),
    IdentifierForm(
        "response id", _matches_fully(r"(?:uuid:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), 0.5
    ),
    IdentifierForm("worker id", _matches_fully(r"(?=.*\d)[0-9A-F]{32}"), 0.5),
    IdentifierForm("response id", _matches_fully(r"(?=.*\d)[0-9a-f]{32}"), 0.5),
)
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
        return in_language(said, self.language)

    def _printed(self) -> pd.DataFrame:
        said = {key: in_language(text, self.language) for key, text in _SAID.items()}
        return self.frame.assign(
            kind=[said.get(each, each) for each in self.frame["kind"]],
            why=[said.get(each, each) for each in self.frame["why"]],
        )

    def __repr__(self) -> str:
        return table_text(self._printed(), self.language, after=[self._sentence()])

    def _repr_html_(self) -> str:
        return table_html(self._printed(), self.language, after=[self._sentence()])


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

    check_language(language)
    frame = frame_in_memory(data, "Identifiers were looked for.")
    steps = data.codebook.steps
    done = {name for step in steps if step.kind == "pseudonymise" for name in step.variables}
    found = [
        each for name in frame.columns if name not in done for each in _identifiers_in_column(data, str(name))
    ]
    return Identifiers(pd.DataFrame(found, columns=["column", "kind", "why", "cells"]), language)


def identifying_columns(data: Microdata, names: Sequence[str]) -> set[str]:
    """Return which of some columns may say who people are, by their name and their most frequent answers."""
    return {name for name in names if _identifiers_in_column(data, name, _ENOUGH)}


def _identifiers_in_column(
    data: Microdata, name: str, most: int | None = None
) -> list[tuple[str, str, str, int]]:
    column: pd.Series[Any] = data.frame[name]
    variable = data.codebook.variables.get(name)
    answers = column.dropna()
    if holds_lists(column):
        answers = answers.astype(str)
    if not len(answers) or (variable is not None and variable.values):
        return []
    found: dict[str, tuple[str, int]] = {}
    counts = answers.value_counts()
    said = kind_by_name(_as_words(name))
    why = "name"
    if not said and variable is not None:
        why = "label"
        said = next(
            filter(None, (kind_by_name(_as_words(text)) for text in all_wordings(variable.label))), ""
        )
    # a yes or no about phones is no phone
    if said and (len(counts) > _FEW or 2 * len(counts) > len(answers)) and not _is_amount(column, said):
        found[said] = (why, len(answers))
    for kind, cells in _kinds_by_content(counts.iloc[:most], shared=most is not None).items():
        found.setdefault(kind, ("content", cells))
    return [(name, kind, why, cells) for kind, (why, cells) in found.items()]


def _is_amount(column: pd.Series[Any], kind: str) -> bool:
    """Return whether a column holds true and false, or numbers where the kind is one of words."""
    numeric = column.dtype.kind in "iufb"
    return column.dtype.kind == "b" or (
        numeric and kind in ("e-mail", "IP address", "person's name", "address")
    )


def _kinds_by_content(counts: pd.Series[Any], *, shared: bool) -> dict[str, int]:
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


def _as_words(name: str) -> str:
    """Return a name as words: `RecipientEmail`, `recipient_email` and `Recipient e-mail` are the same."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = fold_accents(parted).replace("e-mail", "email").replace("e mail", "email")
    return " ".join(re.findall(r"[a-z]+|\d+", plain))


_SHORTEST_KEY = 16
_LENGTH = 20


def pseudonymise(data: Microdata, columns: str | Sequence[str], key: str | bytes) -> Microdata:
    """Replace what identifies people by a keyed hash (HMAC-SHA-256, 20 hexadecimal digits).

    The same value has the same pseudonym under the same key, in every column and file, so that files can still be
    joined. Who has the key can find people again from a list of names: keep it apart from the data, or destroy it. The
    data stay personal data (GDPR, recital 26); other columns may still identify people.

    Parameters
    ----------
    data : Microdata
    columns : str or sequence of str
        See `data.identifiers().columns`.
    key : str or bytes
        A secret of at least 16 bytes, such as `secrets.token_hex()`; it is written nowhere.

    Returns
    -------
    Microdata
        Missing answers stay missing. The labels of the answers are gone from the codebook. Where a column is the key of
        a linked table, the linked table changes with it.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where the key is short, or no column is named.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"worker": ["A1", "A2", "A1", None]}), Codebook())
    >>> hidden = pseudonymise(data, "worker", key="a long secret of my own").frame["worker"]
    >>> hidden[0] == hidden[2], hidden[0] == hidden[1], len(hidden[0]), hidden.isna().sum().item()
    (True, False, 20, 1)
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    asked = f"{', '.join(f'`{name}`' for name in names) or 'Nothing'} was to be replaced by pseudonyms."
    frame = frame_in_memory(data, asked)
    secret = key.encode() if isinstance(key, str) else bytes(key)
    if len(secret) < _SHORTEST_KEY:
        # neither the key nor its length is said
        raise OptionError(
            asked,
            f"The key is shorter than {_SHORTEST_KEY} bytes, so that it could be found by trying.",
            "Write a longer one, such as `secrets.token_hex()`, and keep it apart from the data.",
        )
    if not names:
        raise OptionError(
            asked, "No column was named.", "Write `data.pseudonymise(data.identifiers().columns, key)`."
        )
    check_columns(data, names, asked)
    codebook = data.codebook
    for name in names:
        codebook = codebook.described(name, values={}, measure="nominal", storage="words")
    step = Step(
        "pseudonymise",
        names,
        Text(
            f"Pseudonymes (HMAC-SHA-256, clé gardée à part) : {', '.join(names)}",
            f"Pseudonyms (HMAC-SHA-256, key kept apart): {', '.join(names)}",
        ),
        int(frame[list(names)].notna().any(axis=1).sum()),
    )
    linked = {
        table: replace(link, table=pseudonymise(link.table, link.foreign, secret))
        if link.key in names
        else link
        for table, link in data.linked.items()
    }
    hidden = {name: _pseudonyms(frame[name], secret) for name in names}
    return replace(data, frame=frame.assign(**hidden), codebook=codebook.with_step(step), linked=linked)


def _pseudonyms(column: pd.Series[Any], secret: bytes) -> pd.Series[Any]:
    """Return a column of pseudonyms; missing answers stay missing."""
    import pandas as pd

    places, distinct = pd.factorize(column)
    hashes = [
        hmac.new(secret, _hashed_text(value).encode(), hashlib.sha256).hexdigest()[:_LENGTH]
        for value in distinct
    ]
    words = np.array([*hashes, np.nan], dtype=object)[places]
    return pd.Series(words, index=column.index, dtype=pd.StringDtype(na_value=np.nan))


def _hashed_text(value: Any) -> str:
    """Return a value as it is hashed: the number 12.0 and the word `12` are the same person."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return code_text(value)
