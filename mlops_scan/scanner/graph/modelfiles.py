"""Model files that lie in the repository: what reads them, what they are, and what was saved with them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact, Location, Place

_SAVES = re.compile(r"(?:^|[._])(?:save|dump|write|export|persist|serialize|upload)[a-z]*(?:_\w+)?$", re.IGNORECASE)


class ModelFiles:
    """Texts of calls by the file that they name, indexed when first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def readers_of(self, path: str) -> tuple[Place, ...]:
        """Where code loads the model file at `path`, names it in a call (to join a path, say), or ships it."""
        name = path.rsplit("/", 1)[-1]
        meant = [(at, self._means(text, path)) for at, text in self._mentioned.get(name, ())]
        elsewhere = {at.path for at, means in meant if not means} - {at.path for at, means in meant if means}
        models = {f"model:{name}", *(edge.target for edge in self._graph.links_from(f"file:{path}", "holds"))}
        reads = [edge for model in sorted(models) for edge in self._graph.links_to(model, "reads")]
        loads = [Place(edge.at, "loads it") for edge in reads if edge.at.path not in elsewhere]
        named = [Place(at, "names it") for at, means in meant if means]
        return (*loads, *named, *(Place(at, "copies it into an image") for at in self._shipped(path)))

    def only_describes(self, file: Fact) -> bool:
        """Whether a model file only describes a model, the weights of which lie beside it or elsewhere."""
        formats: Sequence[str] = catalog.load().names["model-formats"]["descriptions"]
        return file.get("format") in formats

    def is_hub_id(self, text: str) -> bool:
        """Whether a text is an `owner/name` that a call loads from a hub, or that names no file here."""
        if text.count("/") != 1 or text.startswith((".", "/", "~")) or "." in text.rpartition("/")[2][-8:]:
            return False
        return not any(path.startswith(f"{text.partition('/')[0]}/") for path in self._graph.files)

    def lies_with_model(self, path: str) -> bool:
        """Whether the file was saved with a model, in the folder that describes itself: no list that a person keeps."""
        return path.rpartition("/")[0] in self._saved

    def _shipped(self, path: str) -> Iterator[Location]:
        """Where a Dockerfile copies the file by its name or that of its folder; `COPY . .` copies anything."""
        copying = {edge.source for edge in self._graph.links_to(f"file:{path}", "copies")}
        for stage in self._graph.facts("stage") if copying else ():
            if f"stage:{stage.at.path}#{stage.name}" in copying:
                for copy in stage.get("copies") or ():
                    source = str(copy.get("src") or "").strip("/").removeprefix("./")
                    if source not in ("", ".") and f"/{source}/" in f"/{path}/":
                        yield Location(stage.at.path, int(copy.get("line") or stage.at.line))

    def _means(self, text: str, path: str) -> bool:
        """Whether a text means the file at `path`, and not another file of that name, of which it names the folder."""
        named = "/" + text.removeprefix("./").lstrip("/")
        if named.count("/") < 2 or f"/{path}".endswith(named):
            return True
        return not any(f"/{other}".endswith(named) for other in self._graph.files)

    @cached_property
    def _saved(self) -> frozenset[str]:
        """Folders of saved models that describe themselves."""
        found = (file for file in self._graph.facts("model-file") if "flavors" in (file.get("metadata") or {}))
        return frozenset(file.at.path.rpartition("/")[0] for file in found)

    @cached_property
    def _mentioned(self) -> dict[str, list[tuple[Location, str]]]:
        """File name -> where a call outside tests passes a text that is or ends with it, but to save something."""
        found: dict[str, list[tuple[Location, str]]] = defaultdict(list)
        for fact in self._graph.facts("call"):
            if _SAVES.search(fact.name):
                continue
            for value in (*(fact.get("args") or ()), *(fact.get("kwargs") or {}).values()):
                text = value if isinstance(value, str) else value.get("const") if isinstance(value, dict) else None
                if isinstance(text, str) and "." in text:
                    plain = text.replace("\\", "/")
                    found[plain.rsplit("/", 1)[-1]].append((fact.at, plain))
        return found
