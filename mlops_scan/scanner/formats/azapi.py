"""Azure resources that a Terraform configuration declares in the words of Azure's own API: a type, and a body."""

from __future__ import annotations

import re
from typing import Any

KINDS = frozenset(("azapi_resource", "azapi_update_resource"))
_TYPE = re.compile(r"([A-Za-z][\w.]*/[\w./]+)@[\w.-]+\Z")


def type_of(written: object) -> str:
    """`Microsoft.App/containerApps` of `Microsoft.App/containerApps@2024-03-01`; '' of anything else."""
    found = _TYPE.match(written) if isinstance(written, str) else None
    return found[1] if found else ""


def declared(data: Any) -> tuple[str, dict[str, Any]] | None:
    """(type, what a template would say of the resource), or None where the type is not known."""
    if not isinstance(data, dict) or not (kind := type_of(data.get("type"))):
        return None
    body = data.get("body")
    beside = {key: value for key, value in data.items() if key not in ("type", "body")}
    return kind, {**(body if isinstance(body, dict) else {}), **beside}
