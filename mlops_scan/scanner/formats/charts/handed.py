"""Images that values name outright: all there is to know of a dependency whose templates are not in the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.values import Values
from mlops_scan.scanner.model import Fact, Location, Place

_SEARCHED = 20_000


def named_images(values: Mapping[str, Value] | None) -> Iterator[Values]:
    """The mappings that hold both `repository` and `tag`, as charts everywhere take an image."""
    stack: list[Value] = [values]
    left = _SEARCHED
    while stack and left:
        left -= 1
        one = stack.pop()
        if isinstance(one, Values) and _is_text(one.get("repository")) and _is_text(one.get("tag")):
            if {"repository", "tag"} <= one.places.keys():
                yield one
        elif isinstance(one, dict):
            stack.extend(reversed(one.values()))


def _is_text(value: Value) -> bool:
    return bool(show(value)) and not isinstance(value, (dict, list, bool))


def handed_image(holder: Values, owner: str, environment: str) -> Fact:
    """The image fact of such a mapping, at its repository; the tag's place is what it also stands on."""
    registry = show(holder.get("registry")) if _is_text(holder.get("registry")) else ""
    name = f"{registry.rstrip('/')}/{show(holder['repository'])}".lstrip("/")[: bounds.FACT_TEXT]
    tag = show(holder["tag"])[: bounds.FACT_TEXT]
    says = {"tag": tag, "role": "run", "raw": f"{name}:{tag}", "owner": owner}
    if environment:
        says["environment"] = environment
    where, tagged = holder.places["repository"], holder.places["tag"]
    fed = Place(Location(tagged.path, tagged.line, tagged.column), f"value '{tagged.trail}'")
    return Fact("image", name, Location(where.path, where.line, where.column), says, (fed,))
