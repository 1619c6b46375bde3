"""What writes predictions: products for it, jobs and steps that load a model and score, tables that are handed out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.online import model_files
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.graph.memo import once
from mlops_scan.scanner.graph.remote import asked_remotely
from mlops_scan.scanner.model import Fact

# a file whose name says that it scores, and a call that puts its answers somewhere
_INFERENCE = re.compile(r"(?:^|/)[^/]*(?:inference|infer|predict|prediction|score|scoring)[^/]*\.py$", re.IGNORECASE)
_EVALUATES = re.compile(r"(?:^|/)[^/]*(?:evaluat|validat|(?:^|_)eval(?:_|\.))[^/]*$", re.IGNORECASE)
_WRITES = re.compile(r"\.(?:write|save|upload|insert|put|to_(?:csv|parquet|sql|gbq|json|feather|pickle))\w*$")
_KEEPS = re.compile(
    r"\.?(?:register|save|store|write|insert|upload|publish|export)\w*_(?:predictions?|results?|scores?|forecasts?)$"
)
_SCORES = re.compile(r"(?:^|[._])(?:batch_?)?(?:inference|infer|predict|score|scoring|forecast)(?:$|_)", re.IGNORECASE)
# what a job wrote: predictions under that name, read by what answers requests
_STORED = re.compile(
    r"(?:^|[/_.-])(?:preds?|predictions?|forecasts?|recommendations?)(?:[_.-][\w.-]*)?\.(?:parquet|csv|jsonl?|feather|arrow|pkl|pickle)$",
    re.IGNORECASE,
)
_PREDICTED = re.compile(r"\b\w*(?:pred|predictions?|predicted|forecasts?|scores|scored)s?\b", re.IGNORECASE)
_KEEPING = re.compile(r"(?:^|[._])(?:save|store|write|insert|upload|publish|export|persist)(?:_\w+)?$")
_RUNNERS = ("step:", "stage:", "workload:", "pipeline:")
_OPENED = re.compile(r"[wax]b?\+?t?\Z")
_WATCHING = re.compile(r"monitor|drift", re.IGNORECASE)
_SUBMISSION = re.compile(r"(?:^|/|_)submissions?[^/]*\.(?:csv|txt|zip|json|parquet)$", re.IGNORECASE)


@once
def batch_serving(graph: Graph) -> tuple[Use, ...]:
    """Batch inference products, jobs that load a model, predict and write what it says, and pipeline steps that do."""
    found = _beyond_notebooks(graph, [use for use in graph.uses("batch-scoring") if not use.disabled])
    loads = graph.importing(use.at.path for use in graph.uses("loads-model", "registry-load", "loads-hub-model"))
    web = {use.at.path for use in graph.uses("web-app", "web-route", "demo-ui")}
    others = web | {use.at.path for use in graph.uses("trains", "evaluates", "splits-randomly")}
    asked = graph.closure(*sorted(web))
    started = {fact.at.path for fact in graph.facts("entry-point")}
    steps = {(use.at.path, str(use.fact.get("decorates"))) for use in graph.uses("pipeline-definition")}
    scoring = _scoring_steps(graph)
    for use in graph.uses("predicts"):
        path = use.at.path
        if (
            path in others
            or _EVALUATES.search(path)
            or paths.is_example(path)
            or path.endswith(".ipynb")
            or use.disabled
        ):
            continue
        if _is_entry(graph, path):
            continue
        if path in asked and path not in started:
            continue  # a web application imports it: it answers requests
        loaded = path in loads
        function = str(use.fact.get("function") or "")
        kept = _writes(graph, use) or (path in started and _keeps(graph, path))
        step = (path, function) in steps and _SCORES.search(function) and not _is_watched(graph, function)
        if step or path in scoring or (kept and (loaded or _INFERENCE.search(path))):
            found.append(use)
    found += _asked_for_a_table(graph, web)
    known = {use.at for use in found}
    return (*found, *(use for use in handed_out(graph) if use.at not in known))


def _asked_for_a_table(graph: Graph, web: set[str]) -> list[Use]:
    """Steps and containers that read data, ask a server for predictions and write what it says."""
    calls = [use for use in asked_remotely(graph) if use.at.path not in web and not paths.is_example(use.at.path)]
    reads, writes = ({use.at.path for use in graph.uses(role)} for role in ("reads-data", "writes-data"))
    return [
        use
        for use in calls
        if use.at.path in reads & writes
        and any(edge.source.startswith(_RUNNERS) for edge in graph.links_to(f"file:{use.at.path}", "runs", "starts"))
    ]


def _scoring_steps(graph: Graph) -> set[str]:
    """Files that a step runs which a file beside the code names for scoring; the next step keeps what it hands on."""
    named = (one for one in graph.facts("pipeline-step") if one.get("where") != "python" and _SCORES.search(one.name))
    return {str(one.get("runs")) for one in named if one.get("runs")}


def _is_watched(graph: Graph, function: str) -> bool:
    """Whether a step predicts only so that a monitoring pipeline has something to compare."""
    named = (call for call in graph.facts("call") if call.name.rpartition(".")[2] == function)
    calls = [call for call in named if not call.get("decorates")]
    return bool(calls) and all(_WATCHING.search(f"{one.at.path} {one.get('function') or ''}") for one in calls)


@once
def handed_out(graph: Graph) -> tuple[Use, ...]:
    """Where a web application or a function called with events reads predictions that a job of this repository stored.

    An API that hands out what was predicted before serves in batch.
    """
    if not any(not use.disabled for use in graph.uses("trains")):
        return ()
    modelled = model_files(graph)
    answering = {use.at.path for use in graph.uses("web-app", "web-route") if not use.disabled}
    answering |= {one.at.path for one in graph.facts("function") if is_event_handler(one)}
    found: dict[str, Use] = {}
    for start in sorted(answering):
        closure = graph.closure(start)
        if paths.is_example(start) or not modelled.isdisjoint(closure):
            continue
        stored = {path for path in closure if _reads_stored(graph, path)}
        for use in graph.uses("reads-data") if stored else ():
            if use.at.path in stored:
                found.setdefault(use.at.path, use)
    return tuple(found[path] for path in sorted(found))


def _reads_stored(graph: Graph, path: str) -> bool:
    texts = (
        text
        for fact in graph.in_file(path, "call")
        for value in (*(fact.get("args") or ()), *(fact.get("kwargs") or {}).values())
        for text in (constant(value), *_pieces(value))
    )
    return any(_STORED.search(text) for text in texts)


def _pieces(value: object) -> Iterator[str]:
    """The known pieces of an f-string or a joined path."""
    pieces = value.get("parts") if isinstance(value, dict) else None
    yield from (piece for piece in pieces or () if isinstance(piece, str))


def is_event_handler(function: Fact) -> bool:
    """A function that a cloud calls with an event (and a context)."""
    names = [str(one.get("name")) for one in function.says.get("params") or ()]
    return names in (["event", "context"], ["event", "_context"], ["event", "_"], ["cloud_event"], ["cloudevent"])


def _beyond_notebooks(graph: Graph, scoring: list[Use]) -> list[Use]:
    """Without what a notebook tries out beside a system that serves."""
    serves = [*scoring, *(use for use in graph.uses("model-server") if not use.disabled)]
    if all(use.at.path.endswith(".ipynb") for use in serves):
        return scoring
    return [use for use in scoring if not use.at.path.endswith(".ipynb")]


def _writes(graph: Graph, use: Use) -> bool:
    """Whether the function (or script) that predicts also writes, or a caller of it in the same file does."""
    writing = [one.fact for one in graph.uses("writes-data") if one.at.path == use.at.path]
    if _INFERENCE.search(use.at.path):
        writing += [fact for fact in graph.in_file(use.at.path, "call") if _puts(fact) or _opens(fact)]
    return bool(writing)


def _puts(call: Fact) -> bool:
    """Whether a call puts something somewhere. A list takes it at a place: `sys.path.insert(0, here)`."""
    first = next(iter(call.get("args") or ()), None)
    return bool(_WRITES.search(call.name)) and not (call.name.endswith(".insert") and isinstance(first, int))


def _is_entry(graph: Graph, path: str) -> bool:
    """Whether the predictions are handed in to a competition: they go to a file that is called a submission."""
    texts = (constant(value) for fact in graph.in_file(path, "call") for value in fact.get("args") or ())
    return any(_SUBMISSION.search(text) for text in texts)


def _keeps(graph: Graph, path: str) -> bool:
    """Whether a program hands its predictions to a function that is named for keeping them, or for keeping anything."""
    return any(_KEEPS.search(fact.name) or _keeps_predicted(fact) for fact in graph.in_file(path, "call"))


def _keeps_predicted(call: Fact) -> bool:
    if not _KEEPING.search(call.name):
        return False
    values = (*(call.get("args") or ()), *(call.get("kwargs") or {}).values())
    return any(isinstance(value, dict) and _PREDICTED.fullmatch(str(value.get("expr") or "")) for value in values)


def _opens(call: Fact) -> bool:
    """`open(path, "w")`: what is written into an opened file is no fact of its own."""
    args = list(call.get("args") or ())
    mode = args[1] if len(args) > 1 else (call.get("kwargs") or {}).get("mode")
    return call.name == "open" and isinstance(mode, str) and bool(_OPENED.match(mode))
