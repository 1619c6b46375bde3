"""Databricks asset bundles: which file is the root, what it includes, and what its variables default to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Readable, Repository, Scalar, rewritten, scalar

_ROOTS = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")
_VARIABLE = re.compile(r"\$\{(?:var\.(?P<var>[\w-]+)|bundle\.(?P<bundle>name|target))\}")
_STARS = 6
_KEYS = 40  # of a complex variable
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Target:
    """One place to which a bundle is deployed: an environment. `status` is what it presets for schedules."""

    name: str
    mode: str = ""
    status: str = ""
    values: dict[str, str] = field(default_factory=dict)
    resources: Node | None = None
    complex: dict[str, Mapping] = field(default_factory=dict)

    @property
    def is_for_developers(self) -> bool:
        return self.mode == "development"


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle: its root file and the files it includes, the targets it is deployed to."""

    path: str
    included: frozenset[str]
    values: dict[str, str] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    complex: dict[str, Mapping] = field(default_factory=dict)  # variables that hold several keys

    def opened(self, node: Node | None, target: Target | None = None) -> Node | None:
        """What a name of a complex variable stands for, at the place of the name; any other node as it is."""
        match = _VARIABLE.fullmatch(str(node)) if isinstance(node, Scalar) else None
        if match is None or node is None:
            return node
        name = match["var"] or ""
        found = (target.complex.get(name) if target is not None else None) or self.complex.get(name)
        if found is None:
            return node
        made = Mapping(node.line, node.column, found.tag)
        made.places = dict.fromkeys(found, (node.line, node.column))
        made.update(found)
        return made

    def resolved(self, node: Node, target: Target | None = None) -> Node:
        """The node with the values of variables in place of their names: their defaults, or those of a target."""
        values = {**self.values, **target.values} if target is not None else self.values
        return rewritten(node, lambda text: _resolved(text, values), _DEPTH)


def _resolved(text: Scalar, values: dict[str, str]) -> Scalar:
    if "${" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        return values.get(match["var"] or f"bundle.{match['bundle']}", match[0])

    whole = scalar(_VARIABLE.sub(value, str(text)), text.line, text.column, bare=text.bare)
    whole.block = text.block
    return whole


def bundle_of(files: Repository, path: str) -> Bundle | None:
    """The bundle in whose folder (or below it) a file lies; None where there is none above it."""
    folder = posixpath.dirname(path)
    while True:
        for name in _ROOTS:
            root = files.get(posixpath.join(folder, name))
            if root is not None and _is_root(root):
                return _known(files, root)
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _known(files: Repository, root: Readable) -> Bundle:
    return files.memo(f"bundle:{root.path}", lambda: _read(files, root))


def _is_root(source: Readable) -> bool:
    return re.search(r"^bundle[ \t]*:", source.text, re.MULTILINE) is not None


def _read(files: Repository, root: Readable) -> Bundle:
    document = next(iter(yamlnodes.documents(root).documents), None)
    folder = posixpath.dirname(root.path)
    included = {root.path}
    for one in yamlnodes.items(document, "include"):
        if isinstance(one, Scalar):
            included.update(_matching(files, folder, str(one)))
    values = dict(_defaults(yamlnodes.child(document, "variables")))
    values["bundle.name"] = yamlnodes.text(document, "bundle", "name")
    return Bundle(
        root.path,
        frozenset(included),
        {key: value for key, value in values.items() if value},
        tuple(_targets(document)),
        dict(_complex(yamlnodes.child(document, "variables"))),
    )


def homes(files: Repository, bundle: Bundle) -> dict[tuple[str, str], str]:
    """(group, name) of what the bundle deploys to all its targets -> the file that declares it."""
    return files.memo(f"bundle-homes:{bundle.path}", lambda: dict(_homes(files, bundle)))


def _homes(files: Repository, bundle: Bundle) -> Iterator[tuple[tuple[str, str], str]]:
    for path in sorted(bundle.included, reverse=True):
        source = files.get(path)
        for document in yamlnodes.documents(source).documents if source is not None else ():
            for group, name, _, _ in declared(yamlnodes.child(document, "resources")):
                yield (group, name), path


def declared(resources: Node | None) -> Iterator[tuple[str, str, Mapping, tuple[int, int]]]:
    """(group, name, what is said of it, place of the name) of all under a key `resources`."""
    for group, members in resources.items() if isinstance(resources, Mapping) else ():
        for name, one in members.items() if isinstance(members, Mapping) else ():
            if isinstance(one, Mapping) and isinstance(members, Mapping):
                yield group, name, one, members.places.get(name, (one.line, one.column))


def _targets(document: Node | None) -> Iterator[Target]:
    targets = yamlnodes.child(document, "targets")
    for name, one in targets.items() if isinstance(targets, Mapping) else ():
        mode, status = yamlnodes.text(one, "mode"), yamlnodes.text(one, "presets", "trigger_pause_status")
        values = {"bundle.target": name, **dict(_defaults(yamlnodes.child(one, "variables")))}
        complex_ = dict(_complex(yamlnodes.child(one, "variables")))
        yield Target(name, mode, status, values, yamlnodes.child(one, "resources"), complex_)


def _defaults(variables: Node | None) -> Iterator[tuple[str, str]]:
    for name, one in variables.items() if isinstance(variables, Mapping) else ():
        default = one if isinstance(one, Scalar) else yamlnodes.child(one, "default")
        if isinstance(default, Scalar):
            yield name, str(default)


def _complex(variables: Node | None) -> Iterator[tuple[str, Mapping]]:
    for name, one in variables.items() if isinstance(variables, Mapping) else ():
        default = yamlnodes.child(one, "default")
        if isinstance(default, Mapping) and len(default) <= _KEYS:
            yield name, default


def _matching(files: Repository, folder: str, pattern: str) -> list[str]:
    """The files that an `include` names: a path or a glob relative to the root file."""
    whole = posixpath.normpath(posixpath.join(folder, pattern))
    if not any(char in whole for char in "*?"):
        return [whole] if files.get(whole) is not None else []
    if whole.startswith("..") or whole.count("*") > _STARS:
        return []
    parts = re.split(r"(\*\*/|\*+|\?)", whole)
    fits = re.compile("".join(_GLOBS.get(part) or re.escape(part) for part in parts))
    return [path for path in files.under(whole.partition("*")[0].rpartition("/")[0]) if fits.fullmatch(path)]


_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
