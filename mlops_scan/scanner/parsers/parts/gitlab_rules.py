"""When GitLab starts a pipeline and adds its jobs: `rules`, `only`, `except`, `workflow`, as far as constants decide.

https://docs.gitlab.com/ci/yaml/ and /ci/jobs/job_rules/, read 2026-11 (version 18).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlops_scan.scanner.formats import conditions, placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.parsers.parts.gitlab_files import Placed, Written, plain

_SOURCES = (
    ("schedule", re.compile(r"\bschedules?\b")),
    ("pull_request", re.compile(r"merge_request|external_pull_request")),
    ("tag", re.compile(r"\$CI_COMMIT_TAG\b|\btags\b")),
    ("manual", re.compile(r"[\"']?\bweb\b[\"']?")),
    ("dispatch", re.compile(r"[\"'](?:trigger|api|pipeline|parent_pipeline)[\"']|\btriggers\b|\bapi\b")),
)
_SCHEDULED = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']|^schedules$")
_MATCHES = re.compile(r"\$\{?(\w+)\}?\s*(=~|!~)\s*/((?:[^/\\\n]|\\.){0,200})/(i?)")
_SAFE = re.compile(r"(?:[\w\-.^$|/ ]|\\[./\-])*\Z")  # patterns without repetition
_ALONE = re.compile(r"(?<![=~!] )(?<![=~!])\$\{?(\w+)\}?(?!\s*(?:[=!]=|[=!]~|\w))")
_NULL: Known = {"null": ("\0",)}


class Rules:
    """The rules of one pipeline; `given` are variables that whoever starts it gives."""

    def __init__(self, written: Written, jobs: Sequence[str], given: Known) -> None:
        self._written, self._jobs = written, jobs
        self.settled = given  # whoever starts a pipeline, a schedule too, may give other values to those of the file

    def of(self, job: str) -> list[str]:
        """The conditions of `rules`, and the refs of `only`, as text."""
        held = [one.node for one in self._written.listed(job, "rules") if yamlnodes.text(one.node, "when") != "never"]
        found = [yamlnodes.text(one, "if") for one in held]
        only = self._written.get(job, "only")
        if only is not None:
            refs = only.node if not isinstance(only.node, Mapping) else only.node.get("refs")
            found += [str(one) for one in yamlnodes.items(refs) if isinstance(one, Scalar)]
        return [one for one in found if one]

    def never(self, job: str, own: Sequence[Placed]) -> bool:
        """Whether no rule of the job adds it to a pipeline; `own` are its variables."""
        known: Known = self.settled
        for one in own:
            known = {**known, **placeholders.constants(plain(one.node), "", known=known)}
        rules = [one.node for one in self._written.listed(job, "rules")]
        if rules:
            return _none_adds(rules, known)
        only = [judged(one, known) for one in self._asked(job, "only")]
        left_out = [judged(one, known) for one in self._asked(job, "except")]
        if (only and all(one is False for one in only)) or True in left_out:
            return True
        return self._written.text(job, "when") == "never"

    def starts_never(self) -> bool:
        """Whether no rule of the whole pipeline lets one begin."""
        rules = self._of_workflow()
        return bool(rules) and _none_adds(rules, self.settled)

    def manual(self, job: str) -> bool:
        rules = self._written.listed(job, "rules")
        if rules:
            return all(yamlnodes.text(one.node, "when") in ("manual", "never") for one in rules)
        return self._written.text(job, "when") == "manual"

    def scheduled(self, job: str) -> bool:
        """Whether a schedule that the service keeps starts the job."""
        return any(_SCHEDULED.search(one) for one in self.of(job)) and not self.manual(job)

    def triggers(self) -> list[str]:
        """What starts the pipeline, from the conditions of its jobs and of `workflow:rules`."""
        texts = [yamlnodes.text(one, "if") for one in self._of_workflow() if yamlnodes.text(one, "when") != "never"]
        jobs = [self.of(job) for job in self._jobs]
        found: list[str] = []
        for text in (*texts, *(one for rules in jobs for one in rules)):
            found += _words(text) or ["push"]
        if not texts and (not jobs or any(not rules for rules in jobs)):
            found.insert(0, "push")
        return list(dict.fromkeys(found))

    def variables(self, job: str = "") -> Iterator[Node]:
        """The variables that rules set which may hold: those of a job, else of the whole pipeline."""
        for rule in [one.node for one in self._written.listed(job, "rules")] if job else self._of_workflow():
            values = yamlnodes.child(rule, "variables")
            if values is not None and judged(yamlnodes.text(rule, "if"), self.settled) is not False:
                yield values

    def _of_workflow(self) -> list[Node]:
        workflow = self._written.keys.get("workflow")
        return list(yamlnodes.items(workflow.node, "rules")) if workflow else []

    def _asked(self, job: str, key: str) -> list[str]:
        held = self._written.get(job, key)
        asked = yamlnodes.items(held.node, "variables") if held is not None else ()
        return [str(one) for one in asked if isinstance(one, Scalar)]


def judged(text: str, known: Known) -> bool | None:
    """What constants decide of a condition; a variable by itself holds when it is not empty."""
    if not text:
        return None
    known = {**known, **_NULL}
    text = _MATCHES.sub(lambda found: _matched(found, known), text)
    return conditions.judged(_ALONE.sub(lambda found: _filled(found, known), text), known)


def _matched(found: re.Match[str], known: Known) -> str:
    values = known.get(found[1], ())
    if not values or not _SAFE.match(found[3]):
        return "$-"  # nobody knows
    pattern = re.compile(found[3].replace("\\/", "/"), re.IGNORECASE if found[4] else 0)
    answers = {(pattern.search(value) is not None) is (found[2] == "=~") for value in values}
    return "$-" if len(answers) > 1 else "true" if True in answers else "false"


def _filled(found: re.Match[str], known: Known) -> str:
    values = {bool(value) for value in known.get(found[1], ())}
    return found[0] if len(values) != 1 else "true" if True in values else "false"


def _none_adds(rules: Sequence[Node], known: Known) -> bool:
    """Whether none of the rules, of which the first that fits decides, adds a job."""
    for rule in rules:
        text = yamlnodes.text(rule, "if")
        answer = judged(text, known) if text else True
        never = yamlnodes.text(rule, "when") == "never"
        if answer is False:
            continue
        if not never:
            return False
        if answer and not any(yamlnodes.child(rule, key) is not None for key in ("changes", "exists")):
            break
    return True


def _words(text: str) -> list[str]:
    return [word for word, pattern in _SOURCES if pattern.search(text)]
