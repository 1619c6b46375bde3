"""Releases that objects declare: applications and releases of GitOps controllers, Terraform, release tools."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats.nested import dig
from mlops_scan.scanner.model import Fact, Location
from mlops_scan.scanner.releases.applications import APPLICATION, SET, Application, applications
from mlops_scan.scanner.releases.model import Layer, Release

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.kustomize.sources import Kustomization

_RELEASE = "helm.toolkit.fluxcd.io/HelmRelease"
_TERRAFORM = "helm_release"
_TYPES = frozenset((APPLICATION, SET, _RELEASE, _TERRAFORM))
_VALUES_KEY = "values.yaml"
ConfigMaps = Mapping[str, Sequence[Fact]]


def declares(fact: Fact) -> bool:
    """Whether the fact may declare a release."""
    kind = fact.kind == "release" or (fact.kind == "resource" and fact.get("type") in _TYPES)
    return kind and fact.get("state") != "disabled"


def from_resource(fact: Fact, maps: ConfigMaps, tree: Tree) -> Iterator[Release]:
    """The releases that such a fact declares. `maps`: the ConfigMaps of the repository by name."""
    kind, data = fact.get("type"), fact.get("data")
    if fact.kind == "release":
        yield _of_tool(fact)
    elif kind in (APPLICATION, SET):
        for one in applications(fact, tree):
            yield from _of_application(one)
    elif kind == _RELEASE:
        yield from _of_release(fact, dig(data, "spec"), maps, tree)
    elif kind == _TERRAFORM and isinstance(data, Mapping):
        yield from _of_terraform(fact, data)


def _of_application(one: Application) -> Iterator[Release]:
    fact = one.fact
    above = _above(fact.at.path)
    for source in one.sources:
        helm = source.get("helm")
        folder, chart = _text(source.get("path")), _text(source.get("chart"))
        if not (folder or chart):
            continue
        inside = tuple(posixpath.join(base, folder) for base in above) if folder else ()
        layers = (
            tuple(
                _of_helm(_line(fact, "spec.source.helm", "spec.sources", "spec.template.spec"), helm, (*inside, *above))
            )
            if isinstance(helm, Mapping)
            else ()
        )
        yield Release(one.name, f"./{folder}" if folder else chart, above, layers, fact.at, one.environment)


def _of_helm(at: Location, helm: Mapping[str, Any], bases: tuple[str, ...]) -> Iterator[Layer]:
    """The `helm` part of an application, the strongest last."""
    optional = helm.get("ignoreMissingValueFiles") is True
    for file in _listed(helm.get("valueFiles")):
        written = _text(file)
        if written.startswith("$"):  # `$ref/path`: of the repository that another source names
            yield Layer(at, file=written.partition("/")[2], bases=("",), optional=True)
        elif written:
            yield Layer(at, file=written, bases=("",) if written.startswith("/") else bases, optional=optional)
    for key in ("values", "valuesObject"):
        if helm.get(key):
            yield Layer(at, data=helm[key])
    for one in _listed(helm.get("parameters")):
        if isinstance(one, Mapping):
            text = f"{_text(one.get('name'))}={_escaped(one.get('value'))}"
            yield Layer(at, sets=text, how="string" if one.get("forceString") is True else "")
    for one in _listed(helm.get("fileParameters")):
        if isinstance(one, Mapping):
            yield Layer(at, sets=f"{_text(one.get('name'))}={_text(one.get('path'))}", bases=bases, how="file")


def _of_release(fact: Fact, spec: Any, maps: ConfigMaps, tree: Tree) -> Iterator[Release]:
    chart = _text(dig(spec, "chart", "spec", "chart"))
    above = _above(fact.at.path)
    layers = [
        Layer(fact.at, file=_text(one), bases=above) for one in _listed(dig(spec, "chart", "spec", "valuesFiles"))
    ]
    for one in _listed(dig(spec, "valuesFrom")):
        if isinstance(one, Mapping) and one.get("kind") == "ConfigMap":
            layers += _from_map(fact, one, maps)
    if dig(spec, "values"):
        layers.append(Layer(_line(fact, "spec.values"), data=dig(spec, "values")))
    over: tuple[Kustomization, ...] = ()
    if dig(spec, "postRenderers"):
        from mlops_scan.scanner.releases import postrenderers  # few releases have any

        over = postrenderers.layers(tree, fact)
    if chart:
        space = _text(dig(spec, "targetNamespace"))
        name = _text(dig(spec, "releaseName")) or (f"{space}-{fact.name}" if space else fact.name)
        yield Release(name, chart, above, tuple(layers), fact.at, _environment(fact), over)


def _from_map(fact: Fact, source: Mapping[str, Any], maps: ConfigMaps) -> Iterator[Layer]:
    """The values that a ConfigMap holds, or the file that a generated one is made of."""
    same = [one for one in maps.get(_text(source.get("name")), ()) if _belongs(one, fact)]
    for found in same[:1]:
        held = dig(found.get("data"), "data", _text(source.get("valuesKey")) or _VALUES_KEY)
        file = _text(dig(held, "expr"))
        if file:
            yield Layer(found.at, file=file, bases=(found.at.path.rpartition("/")[0],))
        elif held and source.get("targetPath"):
            yield Layer(found.at, sets=f"{_text(source.get('targetPath'))}={_text(held)}", how="literal")
        elif held:
            yield Layer(found.at, data=held)


def _belongs(found: Fact, fact: Fact) -> bool:
    """Whether both are of one environment (or the map stands in its folder); without one, of one namespace."""
    folder = _environment(fact)
    if folder and not found.get("environment"):
        return found.at.path.startswith(f"{folder}/")
    if folder or found.get("environment"):
        return folder == str(found.get("environment"))
    return found.get("namespace") in (None, fact.get("namespace"))


def _of_terraform(fact: Fact, data: Mapping[str, Any]) -> Iterator[Release]:
    chart = _text(data.get("chart")).removeprefix("${path.module}/")
    in_code = fact.at.path.endswith(".py")  # its paths are seen from where the program is started
    bases = tuple(reversed(_above(fact.at.path))) if in_code else (fact.at.path.rpartition("/")[0], "")
    at = _line(fact, "values")
    given = data.get("values")
    layers = [Layer(at, data=one) for one in _listed(given) if isinstance(one, (Mapping, str))]
    if isinstance(given, Mapping) and "expr" not in given:  # of code
        layers.append(Layer(at, data=_known(given)))
    for one in _listed(data.get("set")) or [data.get("set")]:
        if isinstance(one, Mapping) and isinstance(one.get("value"), (str, int, float, bool)):
            how = "string" if one.get("type") == "string" else ""
            text = f"{_text(one.get('name'))}={_escaped(one['value'])}"
            layers.append(Layer(_line(fact, "set"), sets=text, how=how))
    if chart:
        yield Release(fact.name, chart, bases, tuple(layers), fact.at, _environment(fact))


def _known(value: Any) -> Any:
    """Values of code without those that are not known."""
    if isinstance(value, Mapping):
        told = {key: one for key, one in value.items() if not (isinstance(one, Mapping) and "expr" in one)}
        return {key: _known(one) for key, one in told.items()}
    return [_known(one) for one in value] if isinstance(value, list) else value


def _of_tool(fact: Fact) -> Release:
    bases = (str(fact.get("folder") or ""),)
    layers = [Layer(fact.at, file=_text(one), bases=bases, optional=True) for one in _listed(fact.get("files"))]
    layers += [Layer(fact.at, data=one) for one in _listed(fact.get("values"))]
    layers += [Layer(fact.at, sets=_text(one)) for one in _listed(fact.get("sets"))]
    return Release(fact.name, str(fact.get("chart") or ""), bases, tuple(layers), fact.at, _environment(fact))


def _environment(fact: Fact) -> str:
    return str(fact.get("environment") or "")


def _line(fact: Fact, *keys: str) -> Location:
    """The line of the first of these keys that the fact knows, else its own."""
    lines = fact.get("lines") or {}
    return next((Location(fact.at.path, int(lines[key])) for key in keys if lines.get(key)), fact.at)


def _above(path: str) -> tuple[str, ...]:
    """The root, then the folders around the file from the inside: where its paths may begin."""
    folders: list[str] = []
    while path:
        path = path.rpartition("/")[0]
        folders.append(path)
    return ("", *(one for one in folders if one))


def _escaped(value: Any) -> str:
    """A value of which no comma separates anything."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value).replace("\\", "\\\\").replace(",", "\\,")


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
