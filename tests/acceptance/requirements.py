"""What GitHub code scanning asks of a SARIF file and no validator checks, written without a look at the report's code.

Sources: GitHub documentation, "SARIF support for code scanning"; SARIF 2.1.0; github/codeql-action, src/upload-lib.ts.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

_LEVELS = ("note", "warning", "error")
_HASH = re.compile(r"[0-9a-f]{1,16}:[1-9]\d*")
_NOT_RELATIVE = re.compile(r"/|\.\.?(?:/|$)|[A-Za-z][\w+.-]*:")
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\\\[\]])*)\]\(([^)]*)\)")


def violations(raw: bytes, root: Path) -> list[str]:
    """Everything that is wrong with the file. `root`: the top of the git repository that was scanned."""
    log = json.loads(raw)
    found = ["over 10 MB when compressed"] if len(gzip.compress(raw)) > 10_000_000 else []
    if len(log["runs"]) != 1:
        found.append(f"{len(log['runs'])} runs for one category")
    for run in log["runs"]:
        found += [*_run(run), *_rules(run["tool"]["driver"]), *_results(run, root)]
    if str(root.resolve()).encode() in raw:
        found.append("an absolute path")
    return found


def _run(run: dict[str, Any]) -> Iterator[str]:
    driver = run["tool"]["driver"]
    if len(driver["name"].split()) > 3 or not driver.get("version") or not driver.get("semanticVersion"):
        yield "the driver needs a short name, version and semanticVersion"
    if not driver.get("informationUri", "").startswith("https://"):
        yield "informationUri"
    if not run.get("automationDetails", {}).get("id", "").endswith("/"):
        yield "automationDetails.id holds no category"
    if "uri" in run.get("originalUriBaseIds", {}).get("%SRCROOT%", {"uri": ""}):
        yield "%SRCROOT% is missing, or tells a folder"
    for invocation in run.get("invocations", [{}]):
        if invocation.get("executionSuccessful") is not True:
            yield "executionSuccessful is not true"
    if not isinstance(run.get("results"), list) or len(run["results"]) > 5000:
        yield "results: none, or more than GitHub keeps"
    if any(key in run for key in ("startTimeUtc", "endTimeUtc")):
        yield "a time"


def _rules(driver: dict[str, Any]) -> Iterator[str]:
    rules = driver.get("rules", [])
    ids = [rule["id"] for rule in rules]
    if not rules or len(ids) != len(set(ids)) or len(rules) > 25_000:
        yield "no rules, too many, or one twice"
    for rule in rules:
        yield from (f"rule {rule['id']}: {problem}" for problem in _rule(rule))


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    for key in ("shortDescription", "fullDescription"):
        if not 0 < len(rule.get(key, {}).get("text", "")) <= 1024:
            yield f"{key}.text"
    if not rule.get("help", {}).get("text") or not rule.get("help", {}).get("markdown"):
        yield "help"
    if not 0 < len(rule.get("name", "")) <= 255 or rule["name"] == rule["id"]:
        yield "name"
    if not rule.get("helpUri", "").startswith("https://"):
        yield "helpUri"
    if rule.get("defaultConfiguration", {}).get("level") not in _LEVELS:
        yield "defaultConfiguration.level"
    bag = rule.get("properties", {})
    if bag.get("precision") not in ("very-high", "high", "medium", "low"):
        yield "precision"
    if bag.get("problem.severity") not in ("error", "warning", "recommendation"):
        yield "problem.severity"
    if not 0 < len(bag.get("tags", [])) <= 10:
        yield "tags"
    security = bag.get("security-severity")
    if ("security" in bag.get("tags", [])) is not (security is not None):
        yield "security-severity stands exactly at security rules"
    if security is not None and not (isinstance(security, str) and 0 < float(security) <= 10):
        yield "security-severity is a string with a number up to 10"


def _results(run: dict[str, Any], root: Path) -> Iterator[str]:
    ids = [rule["id"] for rule in run["tool"]["driver"].get("rules", [])]
    seen: set[tuple[str, str, str]] = set()
    for number, result in enumerate(run.get("results", [])):
        for problem in (*_identity(result, ids, seen), *_places(result, root), *_message(result)):
            yield f"result {number} ({result.get('ruleId')}): {problem}"


def _identity(result: dict[str, Any], ids: list[str], seen: set[tuple[str, str, str]]) -> Iterator[str]:
    index = result.get("ruleIndex", -1)
    if not 0 <= index < len(ids) or ids[index] != result.get("ruleId"):
        yield "ruleId and ruleIndex"
    if result.get("level") not in _LEVELS:
        yield "no explicit level"
    if result.get("kind", "fail") != "fail" or result.get("suppressions") or result.get("baselineState"):
        yield "GitHub would show it as an open alert"
    prints = result.get("partialFingerprints", {})
    if not _HASH.fullmatch(prints.get("primaryLocationLineHash", "")) or not prints.get("mlopsScan/v1"):
        yield "fingerprints"
    if len(result.get("locations", [])) != 1:
        yield "exactly one location"
        return
    uri = result["locations"][0].get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
    key = (str(result.get("ruleId")), uri, prints.get("primaryLocationLineHash", ""))
    if key in seen:
        yield "rule, file and line hash of another result"
    seen.add(key)


def _places(result: dict[str, Any], root: Path) -> Iterator[str]:
    flows = result.get("codeFlows", [])
    steps = [step["location"] for flow in flows for thread in flow["threadFlows"] for step in thread["locations"]]
    if any("message" not in step for step in steps):
        yield "a step of the code flow without a message"
    locations = [*result.get("locations", []), *result.get("relatedLocations", []), *steps]
    if len(locations) > 1000:
        yield "more than 1,000 locations"
    for location in locations:
        place = location.get("physicalLocation", {})
        yield from _artifact(place.get("artifactLocation", {}), place.get("region", {}), place, root)


def _artifact(artifact: dict[str, Any], region: dict[str, Any], place: dict[str, Any], root: Path) -> Iterator[str]:
    uri = artifact.get("uri", "")
    if not uri or _NOT_RELATIVE.match(uri) or re.search(r"[^\x21-\x7e]|[\\\"<>^`{|}]|%(?![0-9A-Fa-f]{2})", uri):
        yield f"uri {uri!r} is no plain relative reference"
        return
    if artifact.get("uriBaseId") != "%SRCROOT%":
        yield "uriBaseId"
    file = root / unquote_to_bytes(uri).decode("utf-8", "surrogateescape")
    if file.is_symlink() or not file.is_file():
        yield f"{uri} is no file of the repository"
        return
    lines = len(re.split(rb"\r\n|\r|\n", file.read_bytes()))
    first = region.get("startLine", 0)
    if not 1 <= first <= region.get("endLine", first) <= lines:
        yield f"{uri}: lines {first} to {region.get('endLine', first)} of {lines}"
    around = place.get("contextRegion")
    if around and (around["startLine"] > first or around.get("endLine", 0) < first or around == region):
        yield f"{uri}: contextRegion does not lie around region"


def _message(result: dict[str, Any]) -> Iterator[str]:
    text = result.get("message", {}).get("text", "")
    if not re.match(r"[^a-z].*[.!?](\s|$)", text, re.DOTALL) or not text.endswith("."):
        yield f"no full sentence: {text!r}"
    known = {str(place.get("id")) for place in result.get("relatedLocations", [])}
    for _, target in _LINK.findall(text):
        if target not in known:
            yield f"a link to {target!r}"
    if re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
        yield "control characters in the message"
