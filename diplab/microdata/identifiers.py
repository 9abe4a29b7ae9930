"""Columns that identify people, found by name and content, and their pseudonymisation."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.checks import is_number
from diplab.errors import OptionError
from diplab.microdata.display import WORDS, ShownTable, check_language, in_language, terms
from diplab.microdata.frames import check_columns, frame_in_memory, holds_lists
from diplab.microdata.history import Step
from diplab.microdata.search import (
    all_wordings,
    fold_accents,
    lexicon,
    lexicon_by_word,
    lexicon_file,
)
from diplab.microdata.variable import code_text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

_NAMES = lexicon("identifier")
_KIND, _WITHIN = lexicon_by_word("identifier"), lexicon_by_word("identifier_within")
_FILLER = frozenset(lexicon("identifier_filler")["words"])
_AMONG = frozenset(lexicon("identifier_among")["words"])
_COMPOUNDS: list[tuple[str, frozenset[str], frozenset[str]]] = [
    (pair["kind"], frozenset(pair["what"]), frozenset(pair["of"]))
    for pair in lexicon_file()["identifier_compound"]["pairs"]
]
_FIRST_NAMES = frozenset(lexicon("first_names")["many"])
_LAST_NAMES = frozenset(lexicon("last_names")["many"])


def _meant(words: str) -> frozenset[str]:
    """Return the significant words of a name, unordered."""
    return frozenset(words.replace("'", " ").split()) - _FILLER


_BRAND = 7  # letters
_KIND_BY_WORDS = {_meant(name): kind for name, kind in _KIND.items() if _meant(name)}
_ROW = re.compile(
    r"(?:^|_)(?:id|uuid|ids|identifiant|token|pid|worker_?id|participant(?:_?id)?"
    r"|respondent_?id|response_?id|submission_?id|user_?id|caseid|caseno|idno|ident|id_?ind"
    r"|respid|nquest|prolific_?pid|numero|cle|key)$"
)
_OF_PERSON = re.compile(
    r"(?:id|uuid|idno|ident|id_?ind|identifiant|pid|caseid|caseno|nquest|respid|prolific_?p?id"
    r"|(?:worker|participant|respondent|response|submission|user|person|panel)_?id)$"
)


@dataclass(frozen=True)
class IdentifierForm:
    """The form of an identifier, and the share of cells that must have it in a column of them."""

    kind: str
    recognises: Callable[
        [str], object
    ]  # true if the cell matches; if several must differ, the part that must differ
    least: float  # share of the cells
    differ: int = 1  # how many distinct values are required
    spread: float = 0.0  # share of the recognised cells that must be distinct
    in_numbers: bool = False  # true if columns of numbers may have it
    told: bool = False  # true if it is found in text: ignored in answers that many people gave


def kind_by_name(words: str, *, within: bool = True) -> str:
    """Return the kind of identifier that a name or label in folded words means, or nothing."""
    # a name within a longer one, or a question, counts only if `within`: the answers then
    # distinguish people
    numbered = " ".join(part for part in words.split() if not part.isdigit())
    meant = _meant(numbered)
    kind = (
        _KIND.get(words)
        or _KIND.get(numbered)
        or _KIND_BY_WORDS.get(meant, "")
        or _compound(numbered)
    )
    joined = words.replace(" ", "")
    if not kind and len(joined) >= _BRAND:  # `WhatsApp`, which its capitals split into two words
        kind = _KIND.get(joined, "")
    if kind or not within:
        return kind
    for name, kind in _WITHIN.items():
        if f" {name} " in f" {words} ":
            return kind
    return ""


def _compound(words: str) -> str:
    """Return the kind of a name of two parts: an identifier, and whose or where (`id_uber`)."""
    present = frozenset(words.split())
    meant = present - _FILLER - _AMONG
    for kind, what, of in _COMPOUNDS:
        if present & what and present & of and meant <= what | of:
            return kind
    return ""


def is_row_identifier(words: str) -> bool:
    """Return whether a column name means that its cells number rows or people."""
    return _ROW.search(re.sub(r"[ .-]", "_", words)) is not None


def is_person_identifier(words: str) -> bool:
    """Return whether a column name means that its cells number people, not their groups."""
    return _OF_PERSON.match(re.sub(r"[ .-]", "_", words)) is not None


_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[A-Za-z]{2,24}\b")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_NIR = re.compile(r"([1-478])(\d{2})(\d{2})(\d{2}|2[AB])(\d{3})(\d{3})(\d{2})")
_NAME_PART = r"(?:[A-ZÀ-Þ][A-Za-zÀ-ÿ'’.-]*)"
_NAME = re.compile(
    rf"{_NAME_PART}(?: (?:{_NAME_PART}|de|da|dos|du|le|la|van|von|ben|el|al)){{1,4}}"
)
_DAY = re.compile(
    r"(?:(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}))(?:[T "
    r"]00:00(?::00(?:\.0+)?)?)?"
)
_AGES = range(14, 101)


def _is_ip_address(words: str) -> bool:
    if not re.fullmatch(r"[0-9.]{7,15}|[0-9a-fA-F:.]{3,45}", words) or (
        ":" not in words and words.count(".") != 3
    ):
        return False
    try:
        ipaddress.ip_address(words)
    except ValueError:
        return False
    # a clock time such as 12::30 is not an address
    return "." in words or words.count(":") >= 3 or words.startswith(("fe80", "2"))


def _is_iban(words: str) -> bool:
    account = words.replace(" ", "")
    if not _IBAN.fullmatch(account):
        return False
    return int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4])) % 97 == 1


def _is_french_social_security_number(words: str) -> bool:
    """Return whether words are a French social security number with a valid key."""
    match = _NIR.fullmatch(words.replace(" ", ""))
    if not match:
        return False
    *number, key = match.groups()
    digits = "".join(number).replace("2A", "19").replace("2B", "18")
    month = int(number[2])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(digits) % 97 == int(
        key
    )


def _has_luhn_key(digits: str) -> bool:
    return (
        sum(
            sum(divmod(int(digit) * (1 + position % 2), 10))
            for position, digit in enumerate(reversed(digits))
        )
        % 10
        == 0
    )


_LA_POSTE = "356000000"


def _company_number(words: str) -> str:
    """Return the number of a French company (SIREN) or establishment (SIRET) if it is valid."""
    number = words.replace(" ", "")
    if (
        len(number) not in (9, 14)
        or not (number.isascii() and number.isdigit())
        or not _has_luhn_key(number[:9])
    ):
        return ""
    if len(number) == 9 or _has_luhn_key(number):
        return number
    # establishments of La Poste have another check: their digits sum to a multiple of five
    if number.startswith(_LA_POSTE) and sum(map(int, number)) % 5 == 0:
        return number
    return ""


def _year_of_birth(words: str) -> str:
    """Return the year of a date that may be the birth date of a respondent."""
    if (match := _DAY.fullmatch(words)) is None:
        return ""
    year = match[1] or match[2]
    if datetime.date.today().year - int(year) in _AGES:
        return year
    return ""


def _person(words: str) -> str:
    """Return words that are a first name and a last name in capitals (`DUPONT, Marie`)."""
    if words.count(",") == 1:
        words = " ".join(words.replace(",", " ").split())
    known = _NAME.fullmatch(words) and not _FIRST_NAMES.isdisjoint(
        re.split("[ '.-]", fold_accents(words))
    )
    return words if known else ""


def _last_then_first(words: str) -> str:
    last, comma, first = words.partition(", ")
    return words if comma and _ONE_NAME.fullmatch(last) and _first_name(first) else ""


_ONE_NAME = re.compile(
    rf"(?:(?:[Dd]e|[Dd]u|[Ll]e|[Ll]a|[Vv]an|[Dd]a|O|Mc)[ '’]?)?{_NAME_PART}(?:[ -]{_NAME_PART})?"
)


def _last_name(words: str) -> str:
    """Return a frequent last name without a first name."""
    if _ONE_NAME.fullmatch(words) is None:
        return ""
    parts = re.split("[ -]", fold_accents(words).replace("'", "").replace("’", ""))
    if "".join(parts) in _LAST_NAMES or not _LAST_NAMES.isdisjoint(parts):
        return words
    return ""


_TITLES = frozenset(lexicon("identifier_title")["before"])
_CALLED = ("m'appelle", "m’appelle", "me nomme", "nom est", "name is", "am called")
_CAPITALISED = re.compile(r" ([A-ZÀ-Þ][\w'’-]+)")
_OF_PLACES = re.compile(
    r"(?:rue|avenue|place|boulevard|quai|lyc[ée]e|coll[èe]ge|[ée]cole|h[ôo]pital|stade"
    r"|universit[ée]|\bs(?:an|anta|ainte?|t))\s*$"
)


def _named_in_text(words: str) -> str:
    """Return a name in a text: after a title or `je m’appelle`, or a first and a last name."""
    if words.count(" ") < _TEXT - 1:
        return ""
    for found in _CAPITALISED.finditer(words):
        before = words[: found.start()]
        rest, _, last = before.rpartition(" ")
        if last in _TITLES or before.endswith(_CALLED):
            if fold_accents(found[1]) not in _NO_NAMES:
                return found[1]
        elif last[:1].isupper() and fold_accents(last).partition("-")[0] in _FIRST_NAMES:
            known = fold_accents(found[1]).partition("-")[0] in _LAST_NAMES
            if known and not _OF_PLACES.search(rest.lower()):
                return found[1]
    return ""


_TEXT = 4  # the least number of words of a text
_NO_NAMES = ("monsieur", "madame", "mesdames", "messieurs", "le", "la", "les", "the")


def _first_name(words: str) -> str:
    return words if fold_accents(words).partition("-")[0] in _FIRST_NAMES else ""


def _matcher(pattern: str, *, within: bool) -> Callable[[str], object]:
    """Return the match of a pattern, also in a part of the cell if `within`, or its group."""
    compiled = re.compile(pattern)
    match = compiled.search if within else compiled.fullmatch
    if compiled.groups:
        return lambda words: (found := match(words)) and found["differs"]
    return match


# One in ten random numbers of 9 digits has a valid SIREN key: 8 of ten cells do in one column of
# 2.7 million. One in a hundred has both keys of a SIRET, or that of a bank account or a social
# security number, one in forty the form of the last without its key, one in five the prefix of a
# mobile phone. Consecutive numbers (and timestamps in milliseconds) share their first digits: so
# years of birth and prefixes of phones must differ.
FORMS: tuple[IdentifierForm, ...] = (
    IdentifierForm("e-mail", lambda words: "@" in words and _EMAIL.search(words), 0.0),
    IdentifierForm("IP address", _is_ip_address, 0.2),
    IdentifierForm("national number", _is_french_social_security_number, 0.05, in_numbers=True),
    IdentifierForm(
        "company number",
        lambda words: len(words) > 12 and _company_number(words),
        0.5,
        5,
        in_numbers=True,
    ),
    IdentifierForm("company number", _company_number, 0.8, 10, in_numbers=True),
    IdentifierForm("person's name", _person, 0.3, 10, 0.5),
    IdentifierForm("person's name", _first_name, 0.5, 10),
    IdentifierForm("person's name", _last_name, 0.2, 8),
    IdentifierForm("person's name", _last_then_first, 0.3, 10),
    IdentifierForm("person's name", _named_in_text, 0.0, told=True),
    IdentifierForm("birth date", _year_of_birth, 0.9, 10),
    IdentifierForm("bank account", _is_iban, 0.05),
    *(
        IdentifierForm(kind, _matcher(pattern, within=within), least, differ, in_numbers=in_numbers)
        for kind, pattern, within, least, differ, in_numbers in lexicon_file()["identifier_form"][
            "patterns"
        ]
    ),
)
_FEW = 10
_LONG = 1e8  # from this number on, a value may identify a person
_OF_WORDS = (
    "e-mail",
    "IP address",
    "person's name",
    "address",
    "account",
    "number plate",
)  # never numbers
_LONGEST = 20_000
_ENOUGH = 2_000
_NO_OTHERS: pd.Series[Any] = pd.Series(dtype=np.int64)
_ALWAYS = ("person's name", "birth date")
# text that may be any other identifier has a mark or a digit, and a capital, a blank, a mark or
# some length
_MARKED = re.compile(r"(?s)(?!\d{4}-\d\d-\d\d$)(?=.*[\d@/:_-])(?:.{9}|.*[\s@/:._A-Z-])")
_MAYBE = r"[@+]|(?:[0-9][ .()-]{0,3}){8}"  # characters of answers with an e-mail address or a phone


@dataclass(frozen=True, eq=False, repr=False)
class Identifiers(ShownTable):
    """Columns that may identify people; no cell is shown."""

    # `frame` has a row per column and kind (e-mail, phone, worker id and so on): `why` it was found
    # (`name`, `label`, `content`) and `cells`, the answers of that form, or all if found by name
    frame: pd.DataFrame
    language: str = "en"

    @property
    def columns(self) -> list[str]:
        """Names of the columns, for `pseudonymise`."""
        return list(dict.fromkeys(self.frame["column"]))

    def __len__(self) -> int:
        return len(self.frame)

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        number = len(self.columns)
        key = {0: "none", 1: "one"}.get(number, "several")
        sentence = in_language(WORDS(f"identifiers.{key}", number=number), self.language)
        words = terms(WORDS.section("identifier"), self.language)
        return self.frame.replace({"kind": words, "why": words}), self.language, [], [sentence]


def identifiers(data: Microdata, *, language: str = "en") -> Identifiers:
    """Find the columns that identify people: addresses, phones, names, worker ids, accounts.

    A column is recognised by its name or label, if its cells distinguish people, or by the form
    of its cells. Columns that are not found may still identify people, alone or together with
    others. Pseudonyms that `pseudonymise` made are not listed.

    Parameters
    ----------
    language : {"fr", "en"}
        Language of the table.

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
    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"q1": ["ann@example.org", None], "age": [31, 40]}))
    >>> data.identifiers().frame.values.tolist()
    [['q1', 'e-mail', 'content', 1]]
    """
    check_language(language)
    frame = frame_in_memory(data)
    done: set[str] = set()
    for step in data.codebook.steps:
        if step.kind == "pseudonymise":
            done.update(step.variables)
    rows: list[Any] = []
    for name in frame.columns:
        if name not in done:
            rows += _identifiers_in_column(data, str(name))
    return Identifiers(pd.DataFrame(rows, columns=["column", "kind", "why", "cells"]), language)


def identifying_columns(data: Microdata, names: Sequence[str]) -> set[str]:
    """Return the columns that may identify people, by name and most frequent answers."""
    return {name for name in names if _identifiers_in_column(data, name, frequent=True)}


_GLANCE = 200
_PSEUDONYMOUS = (
    "response id",
    "access code",
)  # these identify people only together with another file


def identifying_at_a_glance(data: Microdata) -> list[str]:
    """Return the columns that identify people by their name, or in a sample of rows."""
    few = replace(
        data, frame=data.frame.iloc[:: max(1, len(data.frame) // _GLANCE)], missing={}, linked={}
    )
    found = identifiers(few).frame
    return list(dict.fromkeys(found["column"][~found["kind"].isin(_PSEUDONYMOUS)]))


def _identifiers_in_column(
    data: Microdata, name: str, *, frequent: bool = False
) -> list[tuple[str, str, str, int]]:
    column: pd.Series[Any] = data.frame[name]
    variable = data.codebook.variables.get(name)
    if column.dtype.kind == "b":
        return []
    if variable is not None and variable.values:
        # labels that each distinguish a person are answers, as those that `encode` of Stata makes
        # of names
        if 2 * len(variable.values) <= max(int(column.notna().sum()), _FEW):
            return []
        column = column.map({code: label.en for code, label in variable.values.items()})
        if 2 * column.nunique() <= max(int(column.notna().sum()), _FEW):
            return []
    texts = [
        (name, "name"),
        *((text, "label") for text in (all_wordings(variable.label) if variable else ())),
    ]
    folded = []
    for text, why in texts:
        folded.append((_as_words(text), why))
    named = (
        (kind_by_name(words, within=sure), why, sure)
        for sure in (False, True)
        for words, why in folded
    )
    kind, why, within = next((item for item in named if item[0]), ("", "", False))
    number = column.dtype.kind in "iuf"
    if number and not kind and np.fmax.reduce(np.abs(column.to_numpy()), initial=0) < _LONG:
        return []
    top, rest = _count_answers(column)
    distinct, answered = (
        len(top) + len(rest),
        sum(top.values()) + (int(rest.sum()) if len(rest) else 0),
    )
    kinds: dict[str, tuple[str, int]] = {}
    # an answer yes or no about phones is not a phone
    differ = 2 * distinct > answered or (distinct > _FEW and not within)
    if kind and differ and not (number and kind in _OF_WORDS):
        kinds[kind] = (why, answered)
    for item, cells in _kinds_by_content(
        top, rest.iloc[:0] if frequent else rest, shared=frequent
    ).items():
        kinds.setdefault(item, ("content", cells))
    return [(name, item, why, cells) for item, (why, cells) in kinds.items()]


def _count_answers(column: pd.Series[Any]) -> tuple[dict[Any, int], pd.Series[Any]]:
    """Return the counts of cells of the most frequent answers, and of the others."""
    if holds_lists(column):
        column = column.dropna().astype(str)
    if len(column) > _ENOUGH:
        counts = column.value_counts()
        counts = counts[counts > 0]  # pandas counts categories without a cell too
        return dict(
            zip(counts.index[:_ENOUGH].tolist(), counts.tolist(), strict=False)
        ), counts.iloc[_ENOUGH:]
    # for few cells, plain counting is faster than pandas
    cells = column.to_numpy(dtype=object)
    return Counter(cells[pd.notna(cells)].tolist()), _NO_OTHERS


def _kinds_by_content(
    top: Mapping[Any, int], rest: pd.Series[Any], *, shared: bool
) -> dict[str, int]:
    """Return the counts of cells by kind of identifier; `shared` drops an id common to all rows."""
    of_words, total = (
        any(isinstance(value, str | datetime.date) for value in top),
        sum(top.values()),
    )
    kinds: dict[str, int] = {}
    often, seldom = _cells_in_words(top, top.values()), list[tuple[str, int]]()
    # one cell is enough for an address or a phone: these are searched in all answers, forms that
    # must be frequent are not
    if len(rest) and rest.index.dtype.kind == "O":
        likely = rest[rest.index.str.contains(_MAYBE, na=False)]
        seldom = _cells_in_words(likely.index.tolist(), likely.tolist())
    marked = [answer for answer in often if _MARKED.match(answer[0])]
    for form in FORMS:
        seen = [*marked, *seldom]
        if form.kind in _ALWAYS:
            seen = often
        elif form.least:
            seen = marked
        if len(seen) < form.differ or not (of_words or form.in_numbers) or (shared and form.told):
            continue
        cells, found = sum(n for _, n in seen), set[object]()
        for words, n in seen:
            if cells < form.least * total:
                break  # too few answers remain that may have the form
            if what := form.recognises(words):
                found.add(what)
            else:
                cells -= n
        several = len(found) >= max(form.differ, form.spread * cells)
        # an id common to all rows is that of the form or the server, not of people
        one = len(top) == 1 and total > 1 and form.kind.endswith(" id")
        if cells and several and cells >= form.least * total and (shared or not one):
            if form.least and len(rest):
                others = _cells_in_words(rest.index.tolist(), rest.tolist())
                cells += sum(n for words, n in others if form.recognises(words))
            kinds[form.kind] = max(kinds.get(form.kind, 0), cells)
    return kinds


def _cells_in_words(values: Iterable[Any], counts: Iterable[int]) -> list[tuple[str, int]]:
    """Return words, dates and long numbers as text, with their counts of cells."""
    cells: list[tuple[str, int]] = []
    for value, n in zip(values, counts, strict=True):
        if isinstance(value, str):
            cells.append((value.strip()[:_LONGEST], n))
        elif isinstance(value, datetime.date):
            cells.append((value.isoformat(), n))
        elif is_number(value) and _LONG <= abs(value) < 1e15:
            cells.append((f"{value:.0f}", n))
    return cells


def _as_words(name: str) -> str:
    """Return a name in words: `RecipientEmail` and `Recipient e-mail` are the same."""
    # text in brackets is an instruction
    bare = re.sub(r"\([^()]*\)", " ", name)
    spaced = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", bare if bare.strip() else name
    )
    folded = fold_accents(spaced).replace("e-mail", "email").replace("e mail", "email")
    return " ".join(re.findall(r"[a-z]+|\d+", folded))


_SHORTEST_KEY = 16
_LENGTH = 20


def pseudonymise(
    data: Microdata, columns: str | Sequence[str], key: str | bytes, *, normalise: bool = True
) -> Microdata:
    """Replace identifiers of people by a keyed hash (HMAC-SHA-256, 20 hexadecimal digits).

    The same value has the same pseudonym under the same key, in every column and file, so that
    files can still be joined: the number 5 and the word `5`, and, unless `normalise=False`,
    `A@b.fr` and `a@b.fr `. Anyone with the key can re-identify people from a list of names: store
    it away from the data, or destroy it. The data stay personal data (GDPR, recital 26); other
    columns may still identify people.

    Parameters
    ----------
    columns : str or sequence of str
        See `data.identifiers().columns`.
    key : str or bytes
        A secret of at least 16 bytes, such as `secrets.token_hex()`; it is never stored.
    normalise : bool
        Treat words as equal if they differ only by capitals, by blanks, or by the encoding of
        accents (Unicode NFC and case folding). False if capitals distinguish people.

    Returns
    -------
    Microdata
        Missing answers stay missing. The labels of the answers are removed from the codebook. Where
        a column is the key of a linked table, the linked table changes with it.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where the key is too short, or there is no column.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"worker": ["A1", "A2", "A1", None]}), dl.Codebook())
    >>> hidden = data.pseudonymise("worker", key="a long secret of my own").frame["worker"]
    >>> hidden[0] == hidden[2], hidden[0] == hidden[1], len(hidden[0]), hidden.isna().sum().item()
    (True, False, 20, 1)
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    frame = frame_in_memory(data)
    secret = key.encode() if isinstance(key, str) else bytes(key)
    if len(secret) < _SHORTEST_KEY:
        # the error shows neither the key nor its length
        raise OptionError(
            f"`key` is shorter than {_SHORTEST_KEY} bytes and could be found by brute force.",
            write="Write a longer one, such as `secrets.token_hex()`, and store it elsewhere.",
        )
    if not names:
        raise OptionError(
            "`columns` is empty.",
            write="Write `data.pseudonymise(data.identifiers().columns, key)`.",
        )
    check_columns(data, *names)
    codebook = data.codebook
    for name in names:
        codebook = codebook.described(name, values={}, measure="nominal", storage="words")
    rows = int(frame[list(names)].notna().any(axis=1).sum())
    step = Step(
        "pseudonymise", names, WORDS("identifiers.pseudonyms", columns=", ".join(names)), rows
    )
    linked = dict(data.linked)
    for table, link in data.linked.items():
        if link.key in names:
            inner = pseudonymise(link.table, link.foreign, secret, normalise=normalise)
            linked[table] = replace(link, table=inner)
    hidden = {}
    for name in names:
        hidden[name] = _pseudonyms(frame[name], secret, normalise=normalise)
    return replace(
        data, frame=frame.assign(**hidden), codebook=codebook.with_step(step), linked=linked
    )


def _pseudonyms(column: pd.Series[Any], secret: bytes, *, normalise: bool) -> pd.Series[Any]:
    """Return a column of pseudonyms; missing answers stay missing."""
    places, distinct = pd.factorize(column)
    hashes: list[Any] = []
    for value in distinct:
        plain = value.item() if isinstance(value, np.generic) else value
        # the number 12.0 and the word `12` are the same
        text = plain.isoformat() if isinstance(plain, datetime.date) else code_text(plain)
        if normalise:
            folded = unicodedata.normalize("NFC", " ".join(text.split())).casefold()
            # folding may decompose letters
            text = unicodedata.normalize("NFC", folded)
        hashes.append(hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:_LENGTH])
    words = np.array([*hashes, np.nan], dtype=object)[places]
    return pd.Series(words, index=column.index, dtype=pd.StringDtype(na_value=np.nan))
