"""The services of a Compose file as they run: extended from others, laid over the main file where it is an override."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import interpolation, yamlnodes
from mlops_scan.scanner.formats.compose.merging import merged
from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Readable, Repository

MAIN_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_NAMED = re.compile(r"(?:^|[-_.])compose(?:[-_.].*)?\.ya?ml\Z|compose[^/]*\.ya?ml\Z", re.IGNORECASE)
_OVERRIDE = re.compile(r"(?:docker-)?compose\.override\.ya?ml\Z")
_TOP_KEYS = frozenset(("version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "models"))


@dataclass(frozen=True, slots=True)
class Service:
    """One service, ready to be read: `node` holds lines of the ledger, `place` is that of its name.

    `home` is the file that first defines it; `environment` names the override in which alone it looks like this.
    """

    name: str
    node: Mapping
    place: tuple[int, int]
    home: str
    environment: str
    ledger: Ledger
    values: dict[str, str]


def named_compose(name: str) -> bool:
    """Whether a file's name says that it is a Compose file."""
    return bool(_NAMED.search(name))


def is_compose(node: Node, *, named: bool) -> bool:
    """Whether a document is a Compose file: services that have an image or a build. Without the name it must hold
    nothing but Compose's own keys."""
    services = yamlnodes.child(node, "services")
    if not isinstance(node, Mapping) or not isinstance(services, Mapping) or "apiVersion" in node:
        return False
    if not named and any(key not in _TOP_KEYS and not key.startswith("x-") for key in node):
        return False
    whole = [one for one in services.values() if isinstance(one, Mapping) and _is_whole(one)]
    return bool(whole) or (named and any(isinstance(one, Mapping) for one in services.values()))


def _is_whole(service: Mapping) -> bool:
    return isinstance(service.get("image"), str) or "build" in service or "extends" in service


def services(tree: Repository, source: Readable, document: Mapping) -> Iterator[Service]:
    """The services that `document` of the file `source` defines or changes. Raises TooLargeError."""
    folder, _, name = source.path.rpartition("/")
    values = _values(tree, folder)
    main = _main_services(tree, folder, source.path)
    ledger = Ledger()
    own = document["services"]
    for key, node in own.items() if isinstance(own, Mapping) else ():
        if not isinstance(node, Mapping) or not isinstance(own, Mapping):
            continue
        below = main.get(key)
        laid_over = below is not None and (not _is_whole(node) or bool(_OVERRIDE.match(name)))
        copied = _extended(tree, ledger, source.path, node, (), own)
        line, column = own.places.get(key, (node.line, node.column))
        place = (line + ledger.shift(source.path), column)
        home, environment = source.path, ""
        if laid_over and below is not None:
            home, environment = below[0], name.rpartition(".")[0]
            copied = merged(_extended(tree, ledger, home, below[1], (), below[2]), copied, ledger)
        yield Service(key, copied, place, home, environment, ledger, values)


def _values(tree: Repository, folder: str) -> dict[str, str]:
    source = tree.get(posixpath.join(folder, ".env"))
    return interpolation.dotenv(source.text) if source is not None else {}


def _main_services(tree: Repository, folder: str, path: str) -> dict[str, tuple[str, Mapping, Mapping]]:
    """The services of the folder's main Compose file: (file, service, all services) by name."""
    if path.rpartition("/")[2] in MAIN_NAMES:
        return {}
    for name in MAIN_NAMES:
        source = tree.get(posixpath.join(folder, name))
        for document in yamlnodes.documents(source).documents if source is not None else ():
            found = yamlnodes.child(document, "services")
            if source is not None and isinstance(found, Mapping):
                return {key: (source.path, one, found) for key, one in found.items() if isinstance(one, Mapping)}
    return {}


def _extended(
    tree: Repository, ledger: Ledger, path: str, service: Mapping, above: tuple[str, ...], siblings: Node
) -> Mapping:
    """A copy of `service` laid over the service that it extends, here or in another file of the repository."""
    own = ledger.copy(service, path)
    extends = service.get("extends")
    if extends is None or not isinstance(own, Mapping) or len(above) >= bounds.INCLUDE_DEPTH:
        return own if isinstance(own, Mapping) else service
    name = str(extends) if isinstance(extends, str) else yamlnodes.text(extends, "service")
    file = yamlnodes.text(extends, "file")
    other = tree.get(posixpath.join(path.rpartition("/")[0], file)) if file else None
    if other is not None:
        siblings = next(
            (yamlnodes.child(one, "services") or one for one in yamlnodes.documents(other).documents), siblings
        )
    base, home = yamlnodes.child(siblings, name), other.path if other is not None else path
    if not isinstance(base, Mapping) or (file and other is None) or f"{home}#{name}" in above:
        return own
    return merged(_extended(tree, ledger, home, base, (*above, f"{home}#{name}"), siblings), own, ledger)
