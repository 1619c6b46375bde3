"""Uploads to a bucket by which CI ships: code, DAGs or models, where what runs fetches them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Fact

_SHIPS = re.compile(r"(?<![a-z])(?:deploy|releas|publish|promot|roll[-_ ]?out|ship|deliver)", re.IGNORECASE)
_CODE = re.compile(r"(?<![a-z])(?:dags?|code|plugins|deploy\w*|lambdas?|releases?)(?![a-z])", re.IGNORECASE)
# what is looked at, kept or learnt from, and runs nowhere
_KEPT = (
    r"(?<![a-z])(?:reports?|results?|coverage|htmlcov|junit|allure|logs?|docs?|site|website|cache|backups?{more})"
    r"(?![a-z])"
)
_LOOKED_AT = re.compile(
    _KEPT.format(more="|tests?|html|public|badges?|metrics|plots?|figures?|data(?:sets?)?")
    + r"|\.(?:csv|parquet|xml|html|log|md|png|json)\b",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(_KEPT.format(more=""), re.IGNORECASE)
_REMOTE = re.compile(r"(?:s3a?|gs|abfss?|wasbs?|az)://|https://[\w.-]+\.(?:blob|dfs)\.")
_VERBS = frozenset(("cp", "mv", "sync", "rsync", "copy", "put"))
_TARGETS = ("bucket", "path", "destination", "BucketName", "targetPrefix", "AWS_S3_BUCKET", "DEST_DIR", "ContainerName")
_SOURCES = (
    "workingDir",
    "includePathPattern",
    "file",
    "pattern",
    "SOURCE_DIR",
    "sourceFolder",
    "SourcePath",
    "globExpressions",
)


def shipping_uploads(graph: Graph) -> Iterator[tuple[Use, str]]:
    """(the upload, what it is) of each that a job, a step or a program named for shipping makes, or that goes to where
    code is fetched.
    """
    jobs = {str(job.get("id")): job for job in graph.facts("job")}
    for use in graph.uses("uploads"):
        source, target = _ends(use.fact)
        if use.disabled or not target or _LOOKED_AT.search(source) or _ARCHIVE.search(target):
            continue
        name = next((one for one in _names(use.fact, jobs) if _SHIPS.search(one)), "")
        if name or _CODE.search(target):
            yield use, f"upload of {source or 'files'} to {target}" + (f" in '{name}'" if name else "")


def _ends(fact: Fact) -> tuple[str, str]:
    """What is uploaded, and where to; '' for the latter where it comes the other way."""
    given = fact.get("with") or {}
    if isinstance(given, Mapping) and fact.kind == "action":
        return _joined(given, _SOURCES), _joined(given, _TARGETS) or fact.name
    argv = [str(one) for one in fact.get("argv") or ()]
    option = {argv[at]: argv[at + 1] for at in range(len(argv) - 1) if argv[at].startswith("-")}
    named = option.get("--destination") or option.get("-d") or option.get("--container-name") or option.get("-c") or ""
    if named:
        return option.get("--source") or option.get("-s") or option.get("--file") or option.get("-f") or "", named
    at = next((at for at, one in enumerate(argv) if _REMOTE.match(one)), 0)
    source = argv[at - 1] if at else ""
    comes = source.startswith("-") or source in _VERBS  # nothing before it: that is where it comes from
    return ("", "") if comes or not source else (source, argv[at])


def _joined(given: Mapping[str, object], keys: tuple[str, ...]) -> str:
    return "/".join(str(given[key]).strip("/") for key in keys if given.get(key))


def _names(fact: Fact, jobs: Mapping[str, Fact]) -> Iterator[str]:
    """Names of what makes an upload: its step, job or target, else its program."""
    owner = str(fact.get("owner") or "")
    job = jobs.get(owner)
    yield from (str(one) for one in (fact.get("step"), fact.get("title")) if one)
    if job is not None:
        yield str(job.get("title") or job.name)
    elif "#" in owner:
        yield owner.rpartition("#")[2]
    yield fact.at.path.rpartition("/")[2]
