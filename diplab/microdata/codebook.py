"""The codebook: the meaning of each column, kept separately from the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diplab.checks import argument
from diplab.errors import ColumnError, OptionError, suggestion
from diplab.microdata.search import look_for as _look_for
from diplab.microdata.variable import Variable, with_changes
from diplab.public_names import explained
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.history import Step
    from diplab.microdata.multiple_response import Responses


@explained("", "The origin of a codebook has")
@dataclass(frozen=True)
class Origin:
    """The origin of a data file.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    sha256 : str
        Checksum of the file as read; empty for data made in memory.
    reader : str
        Package and version that read it.
    synthetic : bool
        True for synthetic data.
    date : str
        Date of the file (`2026-11-25`), as recorded inside by the program that wrote it; empty if
        there is none.
    notices : tuple of Text
        What users should know about how the file was read (dates left as numbers, columns of
        addresses left out), in sentences.
    """

    file: str = ""
    sha256: str = ""
    reader: str = ""
    synthetic: bool = False
    date: str = ""
    notices: tuple[Text, ...] = ()


@explained(
    "codebook", "A codebook has", "codebook[{}]", lambda book: vars(book).get("variables", ())
)
@dataclass(frozen=True)
class Codebook:
    """The meaning of the columns of a survey file.

    Parameters
    ----------
    variables : mapping of str to Variable
        By column name, in file order.
    origin : Origin
        File, checksum and reader.
    reasons : mapping of str to mapping of str to int
        For each variable, the count of missing answers by reason (`system` if the file gives none).
    sets : mapping of str to Responses
        Questions with several answers, by name, over columns of the file.
    title : Text
        Title of the survey.
    languages : tuple of str
        Languages of the questionnaire as its file names them, the main one first; empty if it
        names none.
    steps : tuple of Step
        Changes made to the data since they were read, in order.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable, with_changes
    >>> "sex" in Codebook({"sex": Variable("sex")})
    True
    """

    variables: Mapping[str, Variable] = field(default_factory=dict)
    origin: Origin = Origin()
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sets: Mapping[str, Responses] = field(default_factory=dict)
    title: Text = NOTHING
    languages: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        given: object = self.variables
        if not isinstance(given, Mapping):
            found = argument("variables", given)
            raise OptionError(
                f"{found} is not a mapping.",
                write="Write `Codebook().described('age', label=...)`.",
            )

    def __getitem__(self, name: str) -> Variable:
        if name not in self.variables:
            raise ColumnError(
                f"`{name}` is not one of the {len(self.variables)} variables of the codebook.",
                write=suggestion(name, self.variables),
            )
        return self.variables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def __repr__(self) -> str:
        sets = f", {len(self.sets)} questions with several answers" if self.sets else ""
        return (
            f"<codebook {self.origin.file or 'in memory'}: {len(self.variables)} variables{sets}>"
        )

    def _repr_html_(self) -> str:
        from diplab.microdata.display import codebook_html

        return codebook_html(self)

    def variable(self, name: str) -> Variable:
        """Return the variable of a column, with a name only if it is not in the codebook."""
        return self.variables.get(name) or Variable(name)

    def described(self, name: str, **changes: Any) -> Codebook:
        """Return a codebook with fields of one variable replaced; a new variable is added.

        Examples
        --------
        >>> from diplab.reference.text import Text
        >>> Codebook().described("sex", label=Text("sexe", "sex"))["sex"].label.fr
        'sexe'
        """
        return replace(
            self, variables={**self.variables, name: with_changes(self.variable(name), changes)}
        )

    def with_step(self, step: Step) -> Codebook:
        """Return a codebook with one more step.

        Examples
        --------
        >>> from diplab.microdata.history import Step
        >>> step = Step("recode", ("age",), Text("âge en classes", "age in bands"), 12)
        >>> len(Codebook().with_step(step).steps)
        1
        """
        return replace(self, steps=(*self.steps, step))

    look_for = _look_for
