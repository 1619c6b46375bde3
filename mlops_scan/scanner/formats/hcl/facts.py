"""Facts of Terraform modules and of files of variable values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import credentials, yamlnodes
from mlops_scan.scanner.formats.hcl import bodies, instances, modules, reader, resources, uses
from mlops_scan.scanner.formats.hcl.nodes import Attribute, Block, Literal
from mlops_scan.scanner.formats.hcl.scope import Scope
from mlops_scan.scanner.formats.hcl.values import plain, settled, to_text
from mlops_scan.scanner.formats.yamlnodes import Readable, Repository
from mlops_scan.scanner.model import Fact, Location, Note, Place

_NEWEST = "latest"


def of_module(path: str, tree: Repository) -> Iterator[Fact | Note]:
    """What the module says whose first file stands at `path`."""
    own = modules.module(tree, path.rpartition("/")[0])
    yield from own.notes
    scopes = uses.uses(tree, own.folder)
    called = sorted({one.name for one in scopes if one.name})
    left_out = not called and _is_left_out(tree, own)
    for block in own.blocks:
        if block.kind in ("resource", "data") and len(block.labels) == 2:
            for fact in resources.facts(block, scopes, called):
                known = _placed(fact, scopes) if fact.kind == "image" else fact
                yield replace(known, says={**known.says, "state": "disabled"}) if left_out else known
        elif block.kind == "variable" and len(block.labels) == 1 and "default" in block.body.attributes:
            yield from _constant(f"var.{block.labels[0]}", block.body.attributes["default"], block.path)
        elif block.kind == "module" and len(block.labels) == 1:
            yield _module_call(block, scopes)
            folder = modules.local_source(own.folder, block.body.text("source"))
            if folder is not None and _calls_back(tree, own.folder, folder):
                yield Note(resources.at(block), f"module '{block.labels[0]}' leads back to itself: not followed")
        elif block.kind == "provider" and len(block.labels) == 1:
            yield _settings(block, "provider", block.labels[0], scopes[0])
        elif block.kind == "terraform" and not block.labels:
            yield _settings(block, "terraform", "terraform", scopes[0])
    yield from _limits(path, tree, own, scopes)


def _placed(image: Fact, scopes: list[Scope]) -> Fact:
    """The same with the line that says its tag, where that is the text of one variable: a default, a file of values."""
    if image.get("tag") != _NEWEST or image.also:
        return image
    for text in (str(image.get("raw")), _NEWEST):
        places = {place for one in scopes for place in one.budget.told.get(text, ())}
        if len(places) == 1 and (at := Location(*places.pop())) != image.at:
            return replace(image, also=(Place(at, "a variable says the tag"),))
    return image


def _is_left_out(tree: Repository, own: modules.Module) -> bool:
    """A part of a configuration that nothing calls: it stands below a root, or beside a module that is called.

    A folder that sets up a provider or a backend is a root itself.
    """
    if not own.folder or _is_root(own) or any(path.endswith("terragrunt.hcl") for path in tree.paths):
        return False
    known = modules.folders(tree)
    above = own.folder
    while above:
        above = above.rpartition("/")[0]
        if above in known and _is_root(modules.module(tree, above)):
            return True
    beside = own.folder.rpartition("/")[0]
    siblings = [one for one in known if one != own.folder and one.rpartition("/")[0] == beside]
    return bool(beside) and any(modules.callers(tree, one) for one in siblings)


def _is_root(one: modules.Module) -> bool:
    return any(
        block.kind == "provider"
        or (block.kind == "terraform" and any(b.kind in ("backend", "cloud") for b in block.body.blocks))
        for block in one.blocks
    )


def of_values(source: Readable) -> Iterator[Fact | Note]:
    """The values of variables that are meant to be secret."""
    if source.path.endswith(".json"):
        yield from _json_values(source)
        return
    read = reader.document(source)
    yield from read.notes
    for name, attribute in read.body.attributes.items():
        yield from _constant(f"var.{name}", attribute, source.path)


def _json_values(source: Readable) -> Iterator[Fact | Note]:
    parsed = yamlnodes.documents(source)
    yield from parsed.notes
    for document in parsed.documents:
        for name, value in document.items() if isinstance(document, yamlnodes.Mapping) else ():
            if isinstance(value, yamlnodes.Scalar) and not value.bare and credentials.names_secret(name):
                says = {"value": str(value)[: bounds.FACT_TEXT]}
                yield Fact("constant", f"var.{name}", yamlnodes.at(source.path, document, name), says)


def _constant(name: str, attribute: Attribute, path: str) -> Iterator[Fact]:
    """The text that is given to a variable which is meant to hold a secret."""
    value = attribute.value.value if isinstance(attribute.value, Literal) else None
    if isinstance(value, str) and credentials.names_secret(name):
        yield Fact("constant", name, Location(path, *attribute.spot), {"value": value[: bounds.FACT_TEXT]})


def _module_call(block: Block, scopes: list[Scope]) -> Fact:
    chosen = instances.chosen(block, scopes)
    used = chosen.scope
    made = bodies.data(block.body, chosen.frame, (block.path, *block.spot))
    written = block.body.text("source") or to_text(settled(made.get("source"))) or ""
    folder = modules.local_source(used.module.folder, written)
    says = {
        "source": written,
        "version": block.body.text("version"),
        "path": folder,
        "data": plain(made, used.module.folder, used.key),
        "lines": bodies.lines(made, block.path),
        "state": "disabled" if chosen.disabled else "",
    }
    kept = {key: value for key, value in says.items() if value}
    return Fact("terraform-module", block.labels[0], resources.at(block), {**kept, "local": written.startswith(".")})


def _calls_back(tree: Repository, own: str, called: str) -> bool:
    """Whether the module at `called` is the one at `own`, or comes to call it."""
    seen, waiting = {own}, [own]
    while waiting and len(seen) <= uses.MAX_FOLDERS:
        if called in seen:
            return True
        above = {caller.folder for caller in modules.callers(tree, waiting.pop())} - seen
        seen |= above
        waiting += sorted(above)
    return called in seen


def _settings(block: Block, kind: str, name: str, used: Scope) -> Fact:
    made = bodies.data(block.body, used.frame(block.path), (block.path, *block.spot))
    says = {
        "platform": "terraform",
        "type": kind,
        "data": plain(made, used.module.folder, used.key),
        "lines": bodies.lines(made, block.path),
        "origin": "terraform",
    }
    return Fact("resource", name, resources.at(block), {key: value for key, value in says.items() if value})


def _declared(own: modules.Module, name: str) -> Location | None:
    """Where a module declares what is called `name` in expressions."""
    kind, _, rest = name.partition(".")
    if kind == "local":
        found = own.locals.get(rest)
        return Location(found[1], *found[0].spot) if found else None
    first, _, second = rest.partition(".")
    known = {"var": own.variables.get(rest), "output": own.outputs.get(rest)}
    block = own.resources.get((first, second)) if kind == "resource" else known.get(kind)
    return resources.at(block) if block is not None else None


def _limits(path: str, tree: Repository, own: modules.Module, scopes: list[Scope]) -> Iterator[Note]:
    """What the evaluation had to give up."""
    cycles = {cycle for one in scopes for cycle in one.budget.cycles}
    unused = modules.circular_local(own)
    if unused and not cycles:  # nothing asked for it
        cycles.add((own.folder, f"local.{unused}"))
    for folder, name in sorted(cycles):
        at = _declared(modules.module(tree, folder), name) or Location(path)
        yield Note(at, f"'{name}' refers to itself: not evaluated")
    for place in sorted({place for one in scopes for place in one.budget.large}):
        yield Note(Location(*place), "comes to more elements than are kept: the value stays unknown, or in part")
    for block in own.blocks:
        if (block.kind, len(block.labels)) in (("resource", 2), ("module", 1)):
            left = instances.left_out(block, scopes)
            if left:
                reason = f"'{'.'.join(block.labels)}' has {left} instances more than are told apart"
                yield Note(resources.at(block), reason)
    if any(one.budget.left <= 0 for one in scopes):
        yield Note(Location(path), "the module takes too many steps: some values stay unknown")
