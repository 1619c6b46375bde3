"""What a GitLab CI file says with all that it includes: keys of several files, `extends`, `default`, `!reference`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import circles, placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Location, Note

_STARS = 6  # of one pattern
_ANCESTORS = 44  # of one job; the service allows eleven levels
_FEWEST, _ALL_ANCESTORS = 12, 200_000  # of one job in a file of very many, and of all jobs of one
_FILES = 100  # of one pipeline
_COMPONENT = re.compile(r"[^@]*\$\{?CI_PROJECT_PATH\}?/([\w.-]+)@")


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and the file it stands in."""

    source: SourceFile
    node: Node
    place: tuple[int, int]
    known: Known = field(default_factory=dict)  # the inputs of its file


class Written:
    """A file with its includes; `folder` is that of the root file, which stands for its repository."""

    def __init__(self, source: SourceFile, tree: Tree, folder: str) -> None:
        self.source, self.tree, self.folder = source, tree, folder
        self.documents: list[tuple[SourceFile, Mapping, Known]] = []
        self.keys: dict[str, Placed] = {}
        self.left = bounds.YAML_ALIASED_NODES  # nodes that lists may still open, `!reference` by `!reference`
        self._lines: dict[str, list[Placed]] = {}
        self._extends: dict[str, list[str]] = {}
        self._merged: dict[str, dict[str, Placed]] = {}
        self._cut: set[str] = set()

    def load(self, inputs: Known) -> Iterator[Note]:
        """Read the file and what it includes of this repository; what the including file says wins."""
        waiting, seen = [(self.source, inputs)], {(self.source.path, "")}
        ways: dict[str, list[tuple[str, Location]]] = {}
        while waiting and len(seen) < _FILES:
            source, given = waiting.pop(0)
            parsed = yamlnodes.documents(source)
            yield from parsed.notes
            known: Known = {**_inputs(parsed.documents), **given}
            for document in parsed.documents:
                if not isinstance(document, Mapping):
                    continue
                self.documents.append((source, document, known))
                yield from self._outside(source, document.get("include"), known)
                for path, inputs in self.included(document.get("include"), known):
                    found = self.tree.get(path)
                    at = yamlnodes.at(source.path, document, "include")
                    ways.setdefault(source.path, []).append((path, at))
                    if found is None:
                        yield Note(at, f"included file '{path}' is not in the repository")
                    elif (found.path, str(inputs)) not in seen:
                        seen.add((found.path, str(inputs)))
                        waiting.append((found, inputs))
        for source, document, known in self.documents:
            for key, node in document.items():
                name = placeholders.fill(key, known)
                self.keys.setdefault(name, Placed(source, node, document.places[key], known))
        yield from (Note(at, circles.told(names)) for _, at, names in circles.closing({**ways, **self._extending()}))
        yield from self._too_long()

    def _extending(self) -> dict[str, list[tuple[str, Location]]]:
        """The jobs that jobs extend, and the lists that lists refer to."""
        found: dict[str, list[tuple[str, Location]]] = {}
        for name, placed in self.keys.items():
            if not isinstance(placed.node, Mapping):
                continue
            at = Location(placed.source.path, *placed.place)
            for one in yamlnodes.items(placed.node, "extends"):
                if isinstance(one, Scalar):
                    found.setdefault(name, []).append((str(one), at))
            for key in ("before_script", "script", "after_script"):
                for item in yamlnodes.items(placed.node, key):
                    if isinstance(item, yamlnodes.Sequence) and item.tag == "!reference" and len(item) > 1:
                        found.setdefault(f"{name} {key}", []).append((f"{item[0]} {item[1]}", at))
        return found

    def included(self, include: Node | None, known: Known) -> Iterator[tuple[str, Known]]:
        """(path, inputs) of local includes, relative to the root file's folder, which stands for its repository."""
        for one in yamlnodes.items(include):
            written = str(one) if isinstance(one, Scalar) else yamlnodes.text(one, "local")
            inputs = placeholders.constants(yamlnodes.child(one, "inputs"), "inputs.", known=known)
            for path in [*self._paths(placeholders.fill(written, known)), *self._component(one)]:
                yield path, inputs

    def _outside(self, source: SourceFile, include: Node | None, known: Known) -> Iterator[Note]:
        """A note at each file that is included from somewhere else."""
        for one in yamlnodes.items(include):
            if (reason := elsewhere(one, known)) and not any(self._component(one)):
                yield Note(Location(source.path, one.line, one.column), reason)

    def _component(self, include: Node) -> Iterator[str]:
        """A component of this very repository."""
        named = _COMPONENT.match(yamlnodes.text(include, "component"))
        for name in (f"templates/{named[1]}.yml", f"templates/{named[1]}/template.yml") if named else ():
            path = resolve(self.folder, name)
            if path and self.tree.get(path) is not None:
                yield path
                return

    def _paths(self, written: str) -> Iterator[str]:
        if not written or "://" in written or "$" in written or written.count("*") > _STARS:
            return
        if "*" not in written:
            path = resolve(self.folder, written.lstrip("/"))
            yield from [path] if path else []
            return
        pattern = re.compile(re.escape(written.lstrip("/")).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") + r"\Z")
        prefix = f"{self.folder}/" if self.folder else ""
        yield from (path for path in self.tree.paths if path.startswith(prefix) and pattern.match(path[len(prefix) :]))

    def held(self, job: str, key: str) -> Iterator[Placed]:
        """A key as a job says it, then as what it extends does (the last named first)."""
        for placed in self._line(job):
            if isinstance(placed.node, Mapping) and key in placed.node:
                yield Placed(placed.source, placed.node[key], placed.node.places[key], placed.known)

    def merged(self, job: str) -> dict[str, Placed]:
        """The keys of a job with those of what it extends; merged once."""
        if job not in self._merged:
            made = self._merged[job] = {}
            for placed in self._line(job):
                for key, node in placed.node.items() if isinstance(placed.node, Mapping) else ():
                    if key not in made:
                        made[key] = Placed(placed.source, node, placed.node.places[key], placed.known)  # type: ignore[union-attr]
        return self._merged[job]

    def _line(self, job: str) -> list[Placed]:
        """A job and what it extends, in the order in which they are asked for a key; looked up once."""
        if job in self._lines:
            return self._lines[job]
        found: dict[str, Placed] = {}
        waiting, most = [job], self._most()
        while waiting and len(found) < most:
            name = waiting.pop()
            placed = self.keys.get(name)
            if name in found or placed is None or not isinstance(placed.node, Mapping):
                continue
            found[name] = placed
            waiting += self._extended(name, placed)
        if any(name in self.keys and name not in found for name in waiting):
            self._cut.add(job)
        return self._lines.setdefault(job, list(found.values()))

    def _extended(self, name: str, placed: Placed) -> list[str]:
        """What a job says that it extends."""
        if name not in self._extends:
            written = [str(one) for one in yamlnodes.items(placed.node, "extends") if isinstance(one, Scalar)]
            self._extends[name] = [placeholders.fill(one, placed.known) for one in written]
        return self._extends[name]

    def _too_long(self) -> Iterator[Note]:
        """A note at each job that extends more than is followed; what extends such a job in its turn needs none."""
        for name in self.keys:
            self._line(name)
        for name, placed in self.keys.items():
            if name in self._cut and self._cut.isdisjoint(self._extended(name, placed)):
                at = Location(placed.source.path, *placed.place)
                yield Note(at, f"'{name}' extends more than {self._most() - 1} jobs: the rest is left out"[:400])

    def _most(self) -> int:
        return min(_ANCESTORS, max(_FEWEST, _ALL_ANCESTORS // max(len(self.keys), 1)))

    def get(self, job: str, key: str) -> Placed | None:
        """A key of a job, of what it extends, or of `default`."""
        if (own := self.merged(job).get(key)) is not None:
            return own
        default = self.keys.get("default")
        if default is not None and isinstance(default.node, Mapping) and key in default.node:
            found: Placed | None = Placed(default.source, default.node[key], default.node.places[key])
        else:
            found = self.keys.get(key) if key in ("image", "services", "before_script", "after_script") else None
        return found if found is not None and self._inherits(job, key) else None

    def _inherits(self, job: str, key: str) -> bool:
        """Whether a job takes a key of `default` over: `inherit: {default: false}`, or a list of keys."""
        inherit = self.merged(job).get("inherit")
        wanted = yamlnodes.child(inherit.node, "default") if inherit is not None else None
        if isinstance(wanted, yamlnodes.Sequence):
            return key in [str(one) for one in wanted]
        return not (isinstance(wanted, Scalar) and wanted.strip().lower() == "false")

    def text(self, job: str, *path: str) -> str:
        placed = self.get(job, path[0])
        return placeholders.fill(yamlnodes.text(placed.node, *path[1:]), placed.known) if placed else ""

    def listed(self, job: str, key: str) -> list[Placed]:
        """The items of a list, `!reference [job, key]` and nested lists opened."""
        placed = self.get(job, key)
        found: list[Placed] = []
        waiting = [placed] if placed else []
        while waiting and self.left and len(found) <= bounds.SHELL_COMMANDS:
            self.left -= 1
            one = waiting.pop()
            node = one.node
            if isinstance(node, yamlnodes.Sequence) and node.tag == "!reference" and len(node) > 1:
                found_there = self.get(str(node[0]), str(node[1])) if len(waiting) < 1000 else None
                waiting += [found_there] if found_there and found_there.node is not node else []
            elif isinstance(node, yamlnodes.Sequence):
                waiting += [Placed(one.source, item, (item.line, item.column), one.known) for item in reversed(node)]
            else:
                found.append(one)
        return found


def elsewhere(include: Node, known: Known) -> str:
    """Why a file that is included cannot be read: it is of another project, of the web, or made by a job."""
    if isinstance(include, Scalar):
        return f"included file '{str(include)[:200]}' is not in the repository" if "://" in include else ""
    if job := yamlnodes.text(include, "job"):
        return f"the pipeline that job '{job}' writes is not known before it runs"[: bounds.FACT_TEXT]
    for key in ("project", "remote", "template", "component"):
        if text := placeholders.fill(yamlnodes.text(include, key), known):
            return f"included {key} '{text[:200]}' is not in the repository"
    return ""


def plain(variables: Node | None) -> Node | None:
    """`variables:` with `NAME: {value: ...}` made `NAME: ...`."""
    if not isinstance(variables, Mapping):
        return None
    made = Mapping(variables.line, variables.column)
    for name, node in variables.items():
        made[name] = yamlnodes.child(node, "value") or node
        made.places[name] = variables.places.get(name, (node.line, node.column))
    return made


def _inputs(documents: Sequence[Node]) -> dict[str, tuple[str, ...]]:
    """The defaults of the inputs that a file's header declares."""
    inputs = yamlnodes.child(documents[0], "spec", "inputs") if len(documents) > 1 else None
    found: dict[str, tuple[str, ...]] = {}
    for name, one in inputs.items() if isinstance(inputs, Mapping) else ():
        if default := yamlnodes.text(one, "default"):
            found[f"inputs.{name}"] = (default,)
    return found
