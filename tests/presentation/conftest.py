from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import module_at

if TYPE_CHECKING:
    from types import ModuleType


def _beside(name: str) -> ModuleType:
    # Test modules are imported on their own (importlib mode); their neighbours are found by place.
    return module_at(Path(__file__).with_name(f"{name}.py"))


@pytest.fixture(scope="session")
def layout() -> ModuleType:
    return _beside("layout")


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    return _beside("samples")


@pytest.fixture(scope="session")
def printed_words() -> dict[str, Any]:
    """What is printed in French and in English, one example a line."""
    return tomllib.loads(Path(__file__).with_name("printed_words.toml").read_text(encoding="utf-8"))
