"""Encodings and digests: YAML, JSON, TOML, base64, base32, checksums."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

from mlops_scan.scanner.formats.gotemplate.goprint import quote, show, verbose
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN
from mlops_scan.scanner.formats.gotemplate.goyaml import read_json, read_yaml, to_json, to_yaml
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value


def _map_or_error(read: Callable[[str], Value]) -> Callable[[Value], Value]:
    """Helm's fromYaml and fromJson: what is no mapping becomes {"Error": reason}."""

    def convert(text: Value) -> Value:
        try:
            found = read(show(text))
        except TemplateError as error:
            return {"Error": error.reason}
        if found is None:
            return {}
        return found if isinstance(found, dict) else {"Error": "cannot unmarshal into a map"}

    return convert


def _list_or_error(read: Callable[[str], Value]) -> Callable[[Value], Value]:
    def convert(text: Value) -> Value:
        try:
            found = read(show(text))
        except TemplateError as error:
            return [error.reason]
        if found is None:
            return []
        return found if isinstance(found, list) else ["cannot unmarshal into a list"]

    return convert


def _yaml(value: Value) -> Value:
    return UNKNOWN if value is UNKNOWN else to_yaml(value)


def _pretty(value: Value) -> str:
    return to_json(value, indent=2)


def _pretty_raw(value: Value) -> str:
    return to_json(value, indent=2, escape=False)


def _raw(value: Value) -> str:
    return to_json(value, escape=False)


def _from_toml(text: Value) -> Value:
    import tomli

    try:
        return read_json(to_json(tomli.loads(show(text))))
    except (tomli.TOMLDecodeError, RecursionError) as error:
        return {"Error": str(error)}


def _to_toml(value: Value) -> str:
    return "\n".join(_toml_lines(value if isinstance(value, dict) else {}, "", 0)) + "\n"


def _toml_lines(table: Mapping[str, Value], prefix: str, depth: int) -> list[str]:
    if depth > 50:
        return []
    lines = [f"{key} = {_toml_value(table[key])}" for key in sorted(table) if not isinstance(table[key], dict)]
    for key in sorted(table):
        if isinstance(table[key], dict):
            lines += ["", f"[{prefix}{key}]", *_toml_lines(table[key], f"{prefix}{key}.", depth + 1)]
    return lines


def _toml_value(value: Value) -> str:
    if isinstance(value, str):
        return quote(value)
    return to_json(value) if isinstance(value, list) else "''" if value is None else verbose(value)


def _base64(text: Value) -> str:
    return base64.b64encode(show(text).encode()).decode()


def _unbase64(text: Value) -> str:
    try:
        return base64.b64decode(show(text), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError) as error:
        return str(error)


def _unbase32(text: Value) -> str:
    try:
        return base64.b32decode(show(text)).decode(errors="replace")
    except (binascii.Error, ValueError) as error:
        return str(error)


def _digest(name: str) -> Callable[[Value], str]:
    return lambda text: hashlib.new(name, show(text).encode(), usedforsecurity=False).hexdigest()


ENCODING: Mapping[str, Callable[..., Value]] = {
    "toYaml": _yaml,
    "mustToYaml": _yaml,
    "toYamlPretty": _yaml,
    "fromYaml": _map_or_error(read_yaml),
    "fromYamlArray": _list_or_error(read_yaml),
    "toJson": to_json,
    "mustToJson": to_json,
    "toRawJson": _raw,
    "mustToRawJson": _raw,
    "toPrettyJson": _pretty,
    "mustToPrettyJson": _pretty,
    "toPrettyRawJson": _pretty_raw,
    "fromJson": _map_or_error(read_json),
    "mustFromJson": lambda text: read_json(show(text)),
    "fromJsonArray": _list_or_error(read_json),
    "toToml": _to_toml,
    "mustToToml": _to_toml,
    "fromToml": _from_toml,
    "b64enc": _base64,
    "b64dec": _unbase64,
    "b32enc": lambda text: base64.b32encode(show(text).encode()).decode(),
    "b32dec": _unbase32,
    "sha1sum": _digest("sha1"),
    "sha256sum": _digest("sha256"),
    "sha512sum": _digest("sha512"),
    "md5sum": _digest("md5"),
    "adler32sum": lambda text: str(zlib.adler32(show(text).encode())),
}
