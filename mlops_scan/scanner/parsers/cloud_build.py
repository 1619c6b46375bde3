"""Google Cloud Build: steps are images with arguments; one file is one job."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

from mlops_scan.scanner import paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import images, yamlnodes
from mlops_scan.scanner.formats.githubsteps import truth
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_STEPS = re.compile(rb"^[\"']?steps[\"']?[ \t]*:", re.MULTILINE)  # at the top of the document: at the left margin
_NAMED = re.compile(r"cloud[-_]?build", re.IGNORECASE)
_TOP = frozenset(
    ("steps", "images", "substitutions", "options", "timeout", "tags", "artifacts", "serviceAccount", "logsBucket")
) | frozenset(("availableSecrets", "secrets", "queueTtl", "source", "dependencies"))
_STEP = frozenset(("args", "entrypoint", "script", "waitFor", "secretEnv", "allowFailure", "dir", "volumes"))
# images that the service itself maintains for its steps: they have no versions to choose between
_BUILDERS = ("gcr.io/cloud-builders/", "gcr.io/google.com/cloudsdktool/")
_VARIABLE = re.compile(r"\$\{?(_[A-Z0-9_]+)\}?")


class CloudBuild(Parser):
    """`cloudbuild*.yaml` and other files of that shape."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml", "*cloudbuild*.json")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or b"steps" not in source.data:
            return False
        if not source.data.startswith(b"{") and _STEPS.search(source.data) is None:
            return False
        parsed = yamlnodes.documents(source)
        return any(_shaped(source, one) for one in parsed.documents[:1]) or (
            _NAMED.search(source.name) is not None and bool(parsed.notes)
        )

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping) and _shaped(source, document):
                yield from _build(source, document)


def _shaped(source: SourceFile, document: yamlnodes.Node) -> bool:
    if not isinstance(document, Mapping) or not isinstance(document.get("steps"), yamlnodes.Sequence):
        return False
    steps = [one for one in yamlnodes.items(document, "steps") if isinstance(one, Mapping)]
    if not steps or not all("name" in step for step in steps):
        return False
    return _NAMED.search(source.name) is not None or (
        _TOP.issuperset(document)
        and any(not _STEP.isdisjoint(step) and "/" in yamlnodes.text(step, "name") for step in steps)
    )


def _build(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    path = source.path
    active = paths.role(path) == "production"
    runner = Runner(path, "ci", f"{path}#build", disabled=not active)
    at = yamlnodes.at(path, document, "steps")
    yield Fact("workflow", path, at, {"provider": "cloud-build", "triggers": [], "active": active})
    yield runner.fact("job", "build", (at.line, at.column), {"id": runner.owner, "workflow": path})
    given = document.get("substitutions")
    defaults = {
        name: str(one) for name, one in (given.items() if isinstance(given, Mapping) else ()) if isinstance(one, Scalar)
    }
    runner = replace(runner, known={name: (value,) for name, value in defaults.items() if value})
    made: set[str] = set()
    for step in yamlnodes.items(document, "steps"):
        if isinstance(step, Mapping):
            yield from _step(source, runner, step, defaults, made)
            made.update(_tagged(step, defaults))
    for image in yamlnodes.items(document, "images"):
        if isinstance(image, Scalar):
            yield runner.image(_filled(image, defaults), "push", (image.line, image.column))


def _filled(text: str, defaults: dict[str, str]) -> str:
    """The text with the substitutions that the file itself gives a value."""
    return _VARIABLE.sub(lambda found: defaults.get(found[1]) or found[0], text)


def _tagged(step: Mapping, defaults: dict[str, str]) -> Iterator[str]:
    """The images that a step builds, by the names that it gives them."""
    words = [str(one) for one in yamlnodes.items(step, "args") if isinstance(one, Scalar)]
    for before, word in pairwise(words):
        if before in ("-t", "--tag"):
            yield _filled(word, defaults)


def _step(
    source: SourceFile, runner: Runner, step: Mapping, defaults: dict[str, str], built: Collection[str]
) -> Iterator[Fact]:
    """What a step runs and the image it runs in: a builder of the cloud's own, or one `built` by a step before."""
    name = step.get("name")
    if not isinstance(name, Scalar):
        return
    place = (name.line, name.column)
    image = _filled(name, defaults)
    folder = yamlnodes.text(step, "dir")
    one = replace(runner, soft=truth(step.get("allowFailure")), folder=None if "$" in folder else folder)
    yield one.image(image, "ci", place, builder=image.startswith(_BUILDERS) or image in built)
    for variable in yamlnodes.items(step, "env"):
        if isinstance(variable, Scalar) and "=" in variable:
            key, _, value = variable.partition("=")
            yield one.variable(key, value, (variable.line, variable.column))
    for variable in yamlnodes.items(step, "secretEnv"):
        if isinstance(variable, Scalar):
            says = {"where": "ci", "owner": one.owner, "secret_ref": str(variable), "secret_store": True, "value": None}
            fact = one.fact("env", str(variable), (variable.line, variable.column), {})
            yield replace(fact, says={**fact.says, **says})
    script = step.get("script")
    if isinstance(script, Scalar) and "python" not in script.split("\n", 1)[0]:
        yield from one.script(script, lines_of(source))
    yield from _arguments(source, one, step, images.parse(image).repository.rsplit("/", 1)[-1])


def _arguments(source: SourceFile, runner: Runner, step: Mapping, program: str) -> Iterator[Fact]:
    """`entrypoint` (else the program that the image is named for) with `args`; a shell's script keeps its lines."""
    args = [one for one in yamlnodes.items(step, "args") if isinstance(one, Scalar)]
    entry = yamlnodes.text(step, "entrypoint")
    long = next((one for one in args if "\n" in one), None)
    if entry.rsplit("/", 1)[-1] in ("bash", "sh") and long is not None and "c" in args[0]:
        yield from runner.script(long, lines_of(source))
    elif args or entry:
        key = "args" if args else "entrypoint"
        place = (args[0].line, args[0].column) if args else step.places[key]
        for fact in runner.argv([entry or program, *map(str, args)], place):
            yield _at_word(fact, args) if fact.kind == "image" and fact.get("role") == "run" else fact


def _at_word(fact: Fact, args: Sequence[Scalar]) -> Fact:
    """The image at the line of the argument that names it."""
    named = next((one for one in args if one.endswith(str(fact.get("raw")))), None)
    return fact if named is None else replace(fact, at=Location(fact.at.path, named.line, named.column))
