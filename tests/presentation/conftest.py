from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType


def _beside(name: str) -> ModuleType:
    # Test modules are imported on their own (importlib mode); their neighbours are found by place.
    spec = importlib.util.spec_from_file_location(f"presentation_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
