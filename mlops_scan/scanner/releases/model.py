"""What is known of one installation of a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner.model import Location

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.kustomize.sources import Kustomization


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one source. One of: a `file` as written, `data` that stands in an object or its `text`, a `--set`.

    `how` the latter is meant: a word may be a number; "string": all words are texts; "literal": so is all after the
    first `=`; "json"; "file": the content of the file that is named.
    `bases` are the folders from which the file may be seen, the likeliest first.
    """

    at: Location
    file: str = ""
    bases: tuple[str, ...] = ()
    data: Any = None
    sets: str = ""
    how: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """A chart and the values it is installed with, the later over the earlier; `over` is laid over what it renders."""

    name: str
    chart: str
    bases: tuple[str, ...]
    layers: tuple[Layer, ...]
    at: Location
    environment: str = ""
    over: tuple[Kustomization, ...] = ()
