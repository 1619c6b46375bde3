"""deployment-automation: a pipeline, not a person at a keyboard, brings the new version to where it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.handed_over import handed_over
from mlops_scan.scanner.evidence.trial_runs import told_to_change_nothing, tried
from mlops_scan.scanner.evidence.uploads import shipping_uploads
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Evidence, Fact, Location, Status

_STARTED = ("dockerfile-entrypoint", "dockerfile-cmd")
_CALLING = ("runs", "calls", "starts")
_REMOTE = re.compile(r"(?:tcp|ssh)://(?!docker(?::\d+)?/?$|localhost|127\.)")
_DEPLOYS = re.compile(r"/[^/@]*(?:deploy|rollout|release-to)[^/@]*(?:@|$)", re.IGNORECASE)


class DeploymentAutomation(Derivation):
    capability = "deployment-automation"
    alone = True

    def find(self, graph: Graph) -> Iterator[Evidence]:
        waits = {id(use.fact) for use in graph.uses("manual-approval") if not use.disabled}
        for use in graph.uses("deployment-automation", strengths=("strong",)):
            if use.fact.kind not in ("command", "call") and not use.disabled:
                asks = " once a person says so" if id(use.fact) in waits else ""
                yield self.evidence(use.tool, use.at, f"{use.fact.name}{asks}")
        deploying = [use for use in graph.uses("deploys") if not use.disabled]
        for job in graph.facts("job"):
            if _DEPLOYS.search(str(job.get("uses") or "")):
                yield self.evidence("reusable-workflow", job.at, f"job '{job.name}' calls {job.get('uses')}")
        own = {f"{job.get('id')}" for job in graph.facts("job") if job.get("self_hosted") and not job.get("state")}
        own |= {str(env.get("owner")) for env in graph.facts("env") if _is_elsewhere(env) and not env.get("state")}
        for use in graph.uses("local-run"):
            if use.fact.get("owner") in own and not use.disabled and _stays(use):
                yield self.evidence(use.tool, use.at, f"a runner on the machine itself runs {_text(use)}")
        yield from self._steps(graph)
        yield from self._in_containers(graph, deploying)
        yield from self._in_ci(graph, deploying)
        for use in graph.uses("deploys"):
            if use.disabled and use.fact.get("where") == "ci":
                yield self.evidence(use.tool, use.at, f"{_text(use)} stands where CI never comes", Status.DISABLED)

    def _in_ci(self, graph: Graph, deploying: Sequence[Use]) -> Iterator[Evidence]:
        """What CI comes to run, for good or only to see what would happen."""
        tests, approved = _testing(graph), _approved(graph)
        reached, only_tested = reached_from_ci(graph, without=tests), reached_from_ci(graph) if tests else {}
        for use in deploying:
            at = _in_ci(use, reached)
            if tests and (use.fact.get("owner") in tests or (at is None and _in_ci(use, only_tested) is not None)):
                why = "it goes to a cluster that the job makes for itself and throws away"
                yield self.evidence(use.tool, use.at, f"CI runs {_text(use)}", Status.DISABLED, why)
                continue
            flag = told_to_change_nothing(use.fact) or graph.once(tried).get(use.at.path, "")
            if at is not None and flag:
                why = flag if flag.startswith("it ") else f"it is told to change nothing ({flag})"
                yield self.evidence(use.tool, at, f"CI runs {_text(use)}", Status.DISABLED, why)
            elif at is not None:
                yield self.evidence(use.tool, at, f"CI runs {_text(use)}{approved.get(str(use.fact.get('owner')), '')}")
        told = {id(use.fact) for use in deploying}
        for use, what in shipping_uploads(graph):
            at = _in_ci(use, reached) if id(use.fact) not in told else None
            if at is not None and not told_to_change_nothing(use.fact) and use.fact.get("owner") not in tests:
                yield self.evidence(use.tool, at, f"{what}{approved.get(str(use.fact.get('owner')), '')}")
        previews = graph.uses("previews-deployment")
        pushed = handed_over(graph, previews)
        for use in previews:
            at = _in_ci(use, reached)
            if at is not None and id(use.fact) in pushed:
                what = f"CI runs {_text(use)} and pushes the result to another repository ({pushed[id(use.fact)]})"
                yield self.evidence(use.tool, use.at, what)
            elif at is not None:
                why = "it shows what would change, and changes nothing"
                yield self.evidence(use.tool, at, f"CI runs {_text(use)}", Status.DISABLED, why)

    def _steps(self, graph: Graph) -> Iterator[Evidence]:
        """Calls in pipelines and steps of an orchestrator that deploy."""
        defined = {
            (use.at.path, str(use.fact.get("decorates")))
            for use in graph.uses("pipeline-definition")
            if use.fact.get("decorates") and not use.disabled and not paths.is_example(use.at.path)
        }
        # states of a machine, whose engine calls the service
        defined |= {
            (one.at.path, one.name)
            for one in graph.facts("pipeline-step")
            if one.get("tool") == "states" and not paths.is_example(one.at.path)
        }
        for use in graph.uses("deploys", "model-server"):
            function = str(use.fact.get("function"))
            known = (use.at.path, function) in defined and not use.at.path.endswith(".ipynb")
            if known and use.fact.kind == "call" and not use.disabled:
                yield self.evidence(use.tool, use.at, f"pipeline '{function}' runs {_text(use)}")

    def _in_containers(self, graph: Graph, deploying: Sequence[Use]) -> Iterator[Evidence]:
        """A step of a pipeline in the cluster whose image does nothing but deploy."""
        flows = {(use.at.path, use.at.line): use.fact.name for use in graph.uses("pipeline") if not use.disabled}
        held = {
            f"workload:{one.get('id')}": flows[one.at.path, one.at.line]
            for one in graph.facts("workload")
            if (one.at.path, one.at.line) in flows
        }
        for use in deploying if held else ():
            if use.fact.get("where") in _STARTED and not told_to_change_nothing(use.fact):
                stage = f"stage:{use.at.path}#{use.fact.get('stage')}"
                images = [edge.target for edge in graph.links_from(stage, "builds")]
                running = [edge for image in images for edge in graph.links_to(image, "runs") if edge.source in held]
                for edge in running[:1]:
                    yield self.evidence(use.tool, edge.at, f"pipeline '{held[edge.source]}' runs {_text(use)}")


def _approved(graph: Graph) -> dict[str, str]:
    """Jobs that wait for a person, by themselves, by one that they need, or by the rules of their environment."""
    jobs = {str(job.get("id")): job for job in graph.facts("job")}
    gates = {name: job.at for name, job in jobs.items() if job.get("manual")}
    for use in graph.uses("manual-approval"):
        if use.fact.kind == "action" and not use.disabled:
            gates.setdefault(str(use.fact.get("owner")), use.at)
    behind: dict[str, list[str]] = {}  # what needs a job
    for name, job in jobs.items():
        for other in job.get("needs") or ():
            behind.setdefault(f"{job.at.path}#{other}", []).append(name)
    waiting = [name for name in jobs if name in gates]
    for one in waiting:  # the nearest gate first
        for name in behind.get(one, ()):
            if name not in gates:
                gates[name] = gates[one]
                waiting.append(name)
    found: dict[str, str] = {}
    for name, job in jobs.items():
        gate = gates.get(name)
        if gate is not None:
            found[name] = f" once a person says so ({gate})"
        elif job.get("environment"):
            found[name] = (
                f" in environment '{job.get('environment')}'; whether that asks for an approval is kept outside"
            )
    return found


def _in_ci(use: Use, reached: dict[str, Location]) -> Location | None:
    """Where CI runs it: itself a step, or in a target or file that a job comes to."""
    if use.fact.get("where") == "ci" or use.fact.kind == "action":
        return use.at
    owner = use.fact.get("owner")
    if use.fact.kind == "command" and owner and f"target:{owner}" in reached:
        return use.at
    return use.at if use.fact.get("where") != "branch" and f"file:{use.at.path}" in reached else None


def _is_elsewhere(env: Fact) -> bool:
    """Whether a job's containers run on another machine's engine, not on one beside the job."""
    value = str(env.get("value") or "")
    remote = env.name == "DOCKER_HOST" and env.get("where") == "ci" and _REMOTE.match(value)
    return bool(remote)


def _stays(use: Use) -> bool:
    """Whether the container outlives the job: it is started in the background, and nothing removes it afterwards."""
    argv = [str(word) for word in use.fact.get("argv") or ()]
    return (
        any(word in ("-d", "--detach") or re.fullmatch(r"-[a-z]*d[a-z]*", word) for word in argv) and "--rm" not in argv
    )


def _text(use: Use) -> str:
    argv = use.fact.get("argv")
    return "'" + " ".join(str(word) for word in argv[:4]) + "'" if argv else f"'{use.fact.name}'"


def _testing(graph: Graph) -> frozenset[str]:
    """Jobs that make a cluster of their own, by themselves or in what they come to run."""
    made = [use for use in graph.uses("test-cluster") if not use.disabled]
    if not made:
        return frozenset()
    owners = {str(use.fact.get("owner")) for use in made}
    homes = {f"file:{use.at.path}" for use in made if use.fact.get("where") != "ci" and use.fact.kind == "command"}
    homes |= {f"target:{owner}" for owner in owners}
    return frozenset(
        str(job.get("id"))
        for job in graph.facts("job")
        if str(job.get("id")) in owners or homes & graph.reachable_from(f"job:{job.get('id')}", relations=_CALLING)
    )


def reached_from_ci(graph: Graph, without: frozenset[str] = frozenset()) -> dict[str, Location]:
    """Every target and file that a CI job (but for those `without`) comes to run, with the job's place."""
    reached: dict[str, Location] = {}
    for job in graph.facts("job"):
        if job.get("id") in without:
            continue
        for node in sorted(graph.reachable_from(f"job:{job.get('id')}", relations=_CALLING)):
            reached.setdefault(node, job.at)
    return reached
