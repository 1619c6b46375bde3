"""pyproject.toml: dependencies of every table that holds some, scripts, and whether it builds a distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import poetry
from mlops_scan.scanner.formats.requirement import RequirementError, canonical, package_fact, parse
from mlops_scan.scanner.formats.tomllines import Path, Toml, TomlError, array, read, table
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser


class Pyproject(Parser):
    """`manifest` and `package` facts of a pyproject.toml."""

    patterns = ("pyproject.toml",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        try:
            toml = read(source.text)
        except TomlError as error:
            yield Note(Location(source.path, error.line), f"not readable as TOML: {error.reason}")
            return
        yield _manifest(toml, source, tree)
        sources = table(toml.data, "tool", "uv", "sources")
        urls = {canonical(name): _source_url(entry) for name, entry in sorted(sources.items())}
        for path, group in _arrays(toml.data):
            yield from _packages(toml, source.path, path, group, urls)
        yield from _poetry(toml, source.path)


def _manifest(toml: Toml, source: SourceFile, tree: Tree) -> Fact:
    data, project = toml.data, table(toml.data, "project")
    tool = table(data, "tool")
    old = table(tool, "poetry")
    name = project.get("name") or old.get("name")
    python = project.get("requires-python") or table(old, "dependencies").get("python")
    scripts = {**table(old, "scripts"), **table(project, "scripts"), **table(project, "gui-scripts")}
    built = (
        bool(name)
        and "build-system" in data
        and table(tool, "uv").get("package") is not False
        and old.get("package-mode") is not False
    )
    says: dict[str, Any] = {"format": "pyproject", "lock": False, "package": built, "tables": sorted(tool)}
    optional = {
        "project": canonical(name) if isinstance(name, str) else "",
        "python": python if isinstance(python, str) else "",
        "scripts": {key: value for key, value in sorted(scripts.items()) if isinstance(value, str)},
        "includes": _included(data, source, tree),
        "classifiers": [str(one) for one in project.get("classifiers") or old.get("classifiers") or ()],
    }
    says.update((key, value) for key, value in optional.items() if value)
    return Fact("manifest", source.path, toml.at(source.path, "project", "name"), says)


def _included(data: dict[str, Any], source: SourceFile, tree: Tree) -> list[str]:
    """Requirement files that setuptools reads the dependencies from."""
    dynamic = table(data, "tool", "setuptools", "dynamic")
    entries = [dynamic.get("dependencies"), *table(dynamic, "optional-dependencies").values()]
    names: list[Any] = []
    for entry in entries:
        file = entry.get("file") if isinstance(entry, dict) else None
        names += file if isinstance(file, list) else [file]
    paths = [resolve(source.folder, name) for name in names if isinstance(name, str)]
    return sorted({path for path in paths if path and tree.get(path) is not None})


def _arrays(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path, group) of every array of requirement strings."""
    tool = table(data, "tool")
    yield ("project", "dependencies"), "main"
    for extra in table(data, "project", "optional-dependencies"):
        yield ("project", "optional-dependencies", extra), extra
    for group in table(data, "dependency-groups"):
        yield ("dependency-groups", group), group
    yield ("build-system", "requires"), "build"
    yield ("tool", "uv", "dev-dependencies"), "dev"
    for group in table(tool, "pdm", "dev-dependencies"):
        yield ("tool", "pdm", "dev-dependencies", group), group
    for name in table(tool, "hatch", "envs"):
        group = "dev" if name == "default" else name
        yield ("tool", "hatch", "envs", name, "dependencies"), group
        yield ("tool", "hatch", "envs", name, "extra-dependencies"), group


def _packages(toml: Toml, file: str, path: Path, group: str, urls: dict[str, str]) -> Iterator[Fact | Note]:
    node: Any = toml.data
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    for index, entry in enumerate(array(node)):
        if not isinstance(entry, str):
            continue  # {include-group = "..."}: that group is read on its own
        at = toml.at(file, *path, index)
        try:
            requirement = parse(entry)
        except RequirementError as error:
            yield Note(at, f"not a requirement: {str(error)[:120]}")
            continue
        url = requirement.url or urls.get(requirement.name, "")
        yield package_fact(requirement, at, group, url=url)


def _source_url(entry: Any) -> str:
    """Where a source table takes a distribution from: a git URL, a path, or the workspace."""
    for one in entry if isinstance(entry, list) else [entry]:
        if isinstance(one, dict):
            for key in ("git", "url", "path"):
                if isinstance(one.get(key), str):
                    return str(one[key])
            if one.get("workspace"):
                return "workspace"
    return ""


def _poetry(toml: Toml, file: str) -> Iterator[Fact | Note]:
    tool = table(toml.data, "tool", "poetry")
    extras = {
        canonical(name): extra
        for extra, names in sorted(table(tool, "extras").items())
        for name in array(names)
        if isinstance(name, str)
    }
    tables: list[tuple[Path, str]] = [(("dependencies",), "main"), (("dev-dependencies",), "dev")]
    tables += [(("group", group, "dependencies"), group) for group in table(tool, "group")]
    for path, group in tables:
        for name, entry in table(tool, *map(str, path)).items():
            if canonical(name) == "python":
                continue
            at = toml.at(file, "tool", "poetry", *path, name)
            for requirement, more in poetry.requirements(name, entry):
                optional = more.pop("optional", False) and group == "main"
                yield package_fact(requirement, at, extras.get(requirement.name, group) if optional else group, **more)
