"""Statistics of amounts known by band."""

from __future__ import annotations
