"""Go structures as templates see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Struct(dict[str, Any]):
    """A Go structure: a mapping of its fields that may have a printed form of its own."""

    __slots__ = ("shown",)

    def __init__(self, fields: Mapping[str, Any], shown: str | None = None) -> None:
        super().__init__(fields)
        self.shown = shown
