"""Tools that install charts from a file of their own: helmfile.yaml and skaffold.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from dataclasses import replace
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import holes, yamlnodes
from mlops_scan.scanner.formats.holes import Parameters, flat
from mlops_scan.scanner.formats.kube.data import brief
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_HELMFILES = ("helmfile.yaml", "helmfile.yml", "helmfile.yaml.gotmpl", "helmfile.d/*.yaml", "helmfile.d/*.yml")
_SKAFFOLD = ("skaffold.yaml", "skaffold.yml")
_MOST = 30  # environments that one file is read for
_CONTROL = re.compile(r"^[ \t]*(?:#.*)?\{\{.*\}\}[ \t]*$", re.MULTILINE)
_SCALAR = re.compile(r"(:[ \t]+|-[ \t]+)(\{\{[^\n]*?\}\})([^\n]*)$", re.MULTILINE)


class ReleaseTools(Parser):
    """A `release` for each chart that is installed; a template in the file counts as text."""

    patterns: ClassVar[tuple[str, ...]] = (*_HELMFILES, *_SKAFFOLD)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"releases" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        skaffold = source.name in _SKAFFOLD
        environments: dict[str, Parameters] = {}
        for first_line, text in yamlnodes.split(source.text):
            plain = text if skaffold else _SCALAR.sub(_quoted, _CONTROL.sub("", text))
            try:
                documents = yamlnodes.parse(plain, first_line=first_line)
            except yamlnodes.YamlError as error:
                yield Note(yamlnodes.at(source.path, None), f"not readable as YAML: {error.reason}")
                continue
            for document in documents:
                if skaffold:
                    yield from _skaffold(source, document)
                else:
                    environments.update(_environments(source, tree, document))
                    yield from _helmfile(source, document, environments)


def _quoted(match: re.Match[str]) -> str:
    """A value that begins with a template, as a text."""
    text = f"{match[2]}{match[3]}".rstrip()
    return match[0] if "'" in text else f"{match[1]}'{text}'"


def _environments(source: SourceFile, tree: Tree, document: Node) -> Iterator[tuple[str, Parameters]]:
    """(name, what its values are called in templates) of each environment; values that need a run are left out."""
    declared = yamlnodes.child(document, "environments")
    for name, content in declared.items() if isinstance(declared, Mapping) else ():
        made: Parameters = {"Environment.Name": name}
        for one in yamlnodes.items(content, "values"):
            held: list[Node] = [one] if isinstance(one, Mapping) else []
            if isinstance(one, Scalar):
                file = tree.get(resolve(source.folder, one.replace("{{ .Environment.Name }}", name)) or "")
                held = list(yamlnodes.documents(file).documents) if file is not None else []
            for node in held:
                made.update(flat({"Values": yamlnodes.plain(node)}))
        yield name, made


def _helmfile(source: SourceFile, document: Node, environments: Mapping_[str, Parameters]) -> Iterator[Fact]:
    """The releases; one whose text asks for the environment is one of each."""
    for fact in _written(source, document):
        told: list[Any] = []
        asks = "{{" in json.dumps(fact.says) or "condition" in fact.says
        for name, parameters in list(environments.items())[:_MOST] if asks else ():
            says = holes.filled_in({**fact.says, "values": fact.get("values") or []}, parameters)
            condition = parameters.get(f"Values.{says.pop('condition', '')}")
            if condition == "false" or says.pop("installed", "") == "false":
                says["state"] = "disabled"
            kept = {key: value for key, value in says.items() if value not in ("", [])}
            if kept not in told:
                told.append(kept)
                if kept.get("files") == fact.get("files"):  # else its files name the environment
                    kept["environment"] = name
                yield replace(fact, says=kept)
        if not told:
            known = {key: value for key, value in fact.says.items() if key not in ("condition", "installed")}
            yield replace(fact, says=known)


def _written(source: SourceFile, document: Node) -> Iterator[Fact]:
    for entry in yamlnodes.items(document, "releases"):
        if not isinstance(entry, Mapping) or not yamlnodes.text(entry, "chart"):
            continue
        values = yamlnodes.items(entry, "values")
        sets = [
            f"{yamlnodes.text(one, 'name')}={yamlnodes.text(one, 'value')}"
            for one in yamlnodes.items(entry, "set")
            if yamlnodes.text(one, "value")
        ]
        says = {
            "chart": yamlnodes.text(entry, "chart"),
            "files": _texts(values),
            "values": [brief(one) for one in values if isinstance(one, Mapping)],
            "sets": sets,
            "state": "disabled" if yamlnodes.text(entry, "installed") == "false" else "",
            "installed": yamlnodes.text(entry, "installed"),
            "condition": yamlnodes.text(entry, "condition"),
        }
        yield _release(source, entry, says)


def _skaffold(source: SourceFile, document: Node) -> Iterator[Fact]:
    """The releases of the file, then those of each profile."""
    profiles = [one for one in yamlnodes.items(document, "profiles") if isinstance(one, Mapping)]
    for holder in (document, *profiles):
        for above in ("deploy", "manifests"):
            for entry in yamlnodes.items(yamlnodes.child(holder, above, "helm"), "releases"):
                if isinstance(entry, Mapping):
                    chart = yamlnodes.text(entry, "chartPath") or yamlnodes.text(entry, "remoteChart")
                    says = {
                        "chart": f"./{chart}" if yamlnodes.text(entry, "chartPath") else chart,
                        "files": _texts(yamlnodes.items(entry, "valuesFiles")),
                        "values": [brief(one) for one in (yamlnodes.child(entry, "overrides"),) if one is not None],
                        "sets": [*_pairs(entry, "setValues"), *_pairs(entry, "setValueTemplates")],
                    }
                    yield _release(source, entry, says)


def _release(source: SourceFile, entry: Mapping, says: dict[str, Any]) -> Fact:
    kept = {key: value for key, value in says.items() if value not in ("", [])}
    at = yamlnodes.at(source.path, entry, "name")
    return Fact("release", yamlnodes.text(entry, "name"), at, {**kept, "folder": source.folder})


def _pairs(entry: Mapping, key: str) -> list[str]:
    held = yamlnodes.child(entry, key)
    return [f"{name}={value}" for name, value in held.items()] if isinstance(held, Mapping) else []


def _texts(nodes: Any) -> list[str]:
    return [str(one) for one in nodes if isinstance(one, Scalar)]
