"""Finishes the facts of a rendered object: the name it lacks, and the values lines that matter for its kind."""

from __future__ import annotations

import dataclasses

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.lines import Lines
from mlops_scan.scanner.formats.charts.release import Instance
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Place


def name(document: Mapping, instance: Instance) -> None:
    """A name that an absent helper should have made begins with the chart's."""
    metadata = document.get("metadata")
    own = yamlnodes.text(metadata, "name")
    if isinstance(metadata, Mapping) and "generateName" not in metadata and (not own or own.startswith("-")):
        line, column = metadata.places.get("name", (metadata.line, metadata.column))
        metadata["name"] = yamlnodes.scalar(f"{instance.name}{own}", line, column)
        metadata.places["name"] = (line, column)


def completed(fact: Fact, document: Mapping, lines: Lines) -> Fact | None:
    """The fact with the values lines that matter for its kind; None for an image that has no name."""
    if fact.kind == "image":
        if not fact.name.strip("/:@"):
            return None
        says = {**fact.says, "unresolved": True} if fact.at in lines.gaps else fact.says
        return dataclasses.replace(fact, says=says, also=_image_places(fact, lines))
    if fact.kind == "workload":
        spec = document.get("spec")
        if isinstance(spec, Mapping) and "replicas" in spec.places:
            _, fed = lines.locate(*spec.places["replicas"])
            return dataclasses.replace(fact, also=(*fact.also, *(one for one in fed if one not in fact.also)))
    return fact


def _image_places(fact: Fact, lines: Lines) -> tuple[Place, ...]:
    """The values that say the tag (or, without one, the repository) first; none when the template says it itself."""
    tag = str(fact.get("digest") or fact.get("tag") or "")
    told = [(place, lines.values.get(place, "")) for place in fact.also]
    if tag:
        first = [place for place, value in told if value == tag or value.endswith((f":{tag}", f"@{tag}"))]
    else:
        last = fact.name.rsplit("/", 1)[-1]
        first = [place for place, value in told if value and value.rstrip(":").rsplit("/", 1)[-1] == last]
    return (*first, *(place for place in fact.also if place not in first)) if first else ()
