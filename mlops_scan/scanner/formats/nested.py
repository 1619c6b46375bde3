"""What stands under a path of keys in plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def dig(data: Any, *keys: str) -> Any:
    """The value under the keys, one in the other; None where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
