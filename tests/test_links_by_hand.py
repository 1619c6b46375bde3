"""Every link on facts given by hand: which edges it draws and at which place, and what it must leave alone.

The facts of a case hold the traps, too: the edges have to be exactly those that are expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_scan import plugins
from mlops_scan.scanner import link
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.link.assets import AzureMl
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.built import Builds
from mlops_scan.scanner.link.containers import Stages
from mlops_scan.scanner.link.datasets import Datasets
from mlops_scan.scanner.link.dependencies import Dependencies
from mlops_scan.scanner.link.dispatch import Dispatch
from mlops_scan.scanner.link.endpoints import Endpoints, Workloads
from mlops_scan.scanner.link.gitops import Definitions, Kustomizations, Sources
from mlops_scan.scanner.link.imports import Imports
from mlops_scan.scanner.link.jobs import Jobs, Steps
from mlops_scan.scanner.link.manifests import Applied
from mlops_scan.scanner.link.models import Models
from mlops_scan.scanner.link.monitors import Monitors
from mlops_scan.scanner.link.overrides import Overrides
from mlops_scan.scanner.link.packages import Packages
from mlops_scan.scanner.link.pipelines import Pipelines
from mlops_scan.scanner.link.references import CloudFormation, Terraform
from mlops_scan.scanner.link.schedules import Schedules
from mlops_scan.scanner.link.selectors import Selectors
from mlops_scan.scanner.link.served import Served
from mlops_scan.scanner.link.started import Started
from mlops_scan.scanner.link.submitted import Parts, Submitted
from mlops_scan.scanner.link.targets import Targets
from mlops_scan.scanner.link.tasks import Tasks
from mlops_scan.scanner.link.told import ToldModels
from mlops_scan.scanner.model import Edge, Fact, Location, Node

ROOT = Path(__file__).parent.parent


def fact(kind: str, name: str, place: str, /, **says: Any) -> Fact:
    path, _, line = place.partition(":")
    return Fact(kind, name, Location(path, int(line or 1)), says)


def use(key: str, of: Fact, /, strength: str = "strong", *, off: bool = False, **data: tuple[int | str, ...]) -> Use:
    """What the catalogue may say of a fact; `data` tells which arguments are which."""
    return Use(key, "tool", strength, of, Match("tool", "", key, Strength.STRONG, "x", data, off=off))


def call(name: str, place: str, /, *args: Any, **says: Any) -> Fact:
    return fact("call", name, place, args=list(args), **says)


def command(place: str, words: str, /, where: str = "ci", **says: Any) -> Fact:
    argv = words.split()
    return fact("command", argv[0], place, argv=argv, raw=words, where=where, **says)


def kubernetes(type_: str, name: str, place: str, /, spec: Mapping[str, Any] | None = None, **says: Any) -> Fact:
    return fact("resource", name, place, platform="kubernetes", type=type_, data={"spec": spec or {}}, **says)


def served(name: str, model: Mapping[str, Any], /) -> Fact:
    says = {"id": f"{name}.yaml#InferenceService/{name}", "namespace": "ml", "lines": {"spec.predictor.model": 5}}
    spec = {"predictor": {"model": model}}
    return kubernetes("serving.kserve.io/InferenceService", name, f"{name}.yaml:1", spec, **says)


def runtime(name: str, place: str, takes: Mapping[str, Any], /, **says: Any) -> Fact:
    return kubernetes("serving.kserve.io/ServingRuntime", name, place, {"supportedModelFormats": [takes]}, **says)


def terraform(address: str, place: str, /, data: Mapping[str, Any] | None = None, **says: Any) -> Fact:
    type_, _, name = address.partition(".")
    return fact(
        "resource", name, place, platform="terraform", type=type_, id=f"terraform:#{address}", data=data or {}, **says
    )


def workload(name: str, place: str, /, kind: str = "Deployment", **says: Any) -> Fact:
    path = place.partition(":")[0]
    return fact("workload", name, place, **{"id": f"{path}#{kind}/{name}", "kind": kind, "origin": "raw", **says})


def cloudformation(name: str, place: str, properties: Mapping[str, Any], /) -> Fact:
    path = place.partition(":")[0]
    says = {"platform": "cloudformation", "type": "AWS::X::Y", "id": f"{path}#{name}"}
    return fact("resource", name, place, data={"Properties": properties}, **says)


def azureml(name: str, place: str, data: Mapping[str, Any], /, **says: Any) -> Fact:
    return fact("resource", name, place, platform="azureml", type="azureml", data=data, **says)


def defines(name: str, place: str, /, **kwargs: Any) -> Fact:
    return call("Pipeline.task", place, kwargs={"name": name, **kwargs})


def ref(address: str) -> dict[str, str]:
    return {"expr": f"{address}.id", "ref": address}


@dataclass(frozen=True)
class Case:
    """What a link makes of facts: `edges` as `source | relation | target | path:line`, `nodes` as `id | path:line`."""

    link: type[Link]
    about: str
    facts: tuple[Fact, ...] = ()
    uses: tuple[Use, ...] = ()
    files: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # edges of links of an earlier turn
    subjects: tuple[Node, ...] = ()  # nodes of an earlier turn
    edges: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


CI = ".github/workflows/ci.yml"
BY_CODE = {"platform": "manifests", "type": "applied"}
NAMED_CHURN, NAMED_SCORE = {"expr": "churn", "name": "churn"}, {"expr": "score", "name": "score"}

CASES = (
    Case(
        Imports,
        "the nearest module, a distribution; neither itself nor the standard library",
        (
            fact("module", "a.model", "a/model.py"),
            fact("module", "b.model", "b/model.py"),
            fact("module", "b.late", "b/late.py"),
            fact("import", "model", "b/app.py:2"),
            fact("import", "sklearn.svm", "b/app.py:3"),
            fact("import", "os", "b/app.py:4"),
            fact("import", "gone", "b/app.py:5", relative=True),
            fact("import", "b.model", "b/model.py:1"),
            call("importlib.import_module", "b/app.py:9", "b.late"),
            call("importlib.import_module", "b/app.py:10", {"expr": "name"}),
            command("b/nb.ipynb:7", "%run ./app", "notebook"),
        ),
        files=("b/app.py", "b/nb.ipynb"),
        edges=(
            "file:b/app.py | imports | file:b/model.py | b/app.py:2",
            "file:b/app.py | imports | package:scikit-learn | b/app.py:3",
            "file:b/app.py | imports | file:b/late.py | b/app.py:9",
            "file:b/nb.ipynb | imports | file:b/app.py | b/nb.ipynb:7",
        ),
    ),
    Case(
        Dependencies,
        "each at the line that names it",
        (
            fact("package", "numpy", "requirements.txt:3", manifest="requirements.txt"),
            fact("locked", "numpy", "uv.lock:8"),
            fact("manifest", "requirements.txt", "requirements.txt", includes=["base.txt"], constraints=["c.txt"]),
            fact("import", "numpy", "a.py"),
        ),
        edges=(
            "file:requirements.txt | declares | package:numpy | requirements.txt:3",
            "file:uv.lock | locks | package:numpy | uv.lock:8",
            "file:requirements.txt | includes | file:base.txt | requirements.txt:1",
            "file:requirements.txt | includes | file:c.txt | requirements.txt:1",
        ),
    ),
    Case(
        Stages,
        "what an earlier stage hands over is no file of the repository",
        (
            fact("stage", "base", "Dockerfile:1", copies=[{"src": "r.txt", "dst": "/", "line": 2}]),
            fact(
                "stage",
                "1",
                "Dockerfile:4",
                from_stage="base",
                final=True,
                copies=[
                    {"src": "/x", "dst": "/", "from": "base", "line": 5},
                    {"src": "none.py", "dst": "/", "line": 6},
                ],
            ),
            command("Dockerfile:3", "pip install -r /r.txt", "dockerfile", stage="base"),
            command("Dockerfile:7", "python app.py", "dockerfile-cmd", stage="1"),
            command(f"{CI}:7", "python app.py"),
        ),
        files=("Dockerfile", "app.py", "r.txt", "x"),
        edges=(
            "file:Dockerfile | defines | stage:Dockerfile#base | Dockerfile:1",
            "file:Dockerfile | defines | stage:Dockerfile#1 | Dockerfile:4",
            "stage:Dockerfile#base | copies | file:r.txt | Dockerfile:2",
            "stage:Dockerfile#base | installs | file:r.txt | Dockerfile:3",
            "stage:Dockerfile#1 | stands on | stage:Dockerfile#base | Dockerfile:4",
            "stage:Dockerfile#1 | starts | file:app.py | Dockerfile:7",
        ),
    ),
    Case(
        Builds,
        "by the folder of compose and by the file that CI names; a push builds nothing",
        (
            fact("stage", "0", "api/Dockerfile:1", final=True),
            fact("stage", "base", "train.Dockerfile:1"),
            fact("stage", "1", "train.Dockerfile:9", final=True),
            workload("api", "compose.yaml:2", id="compose.yaml#api", build_context="./api"),
            workload("db", "compose.yaml:5", id="compose.yaml#db"),
            workload("far", "compose.yaml:8", id="compose.yaml#far", build_context="./far"),
            command(f"{CI}:9", "docker build -t reg.io:5000/train:1 -f train.Dockerfile .", owner=f"{CI}#build"),
            command(f"{CI}:10", "docker push reg.io:5000/train:1"),
            command(f"{CI}:11", "docker build -t other ./nowhere"),
            fact("image", "reg.io:5000/train", "k8s/t.yaml:12", role="run", owner="k8s/t.yaml#Job/train"),
            fact("image", "python", "api/Dockerfile:1", role="base"),
            workload("train", "k8s/t.yaml:1", "Job"),
            fact("resource", "M", "infra/app.py:9", id="infra/app.py#M", builds=[{"context": "api", "dockerfile": ""}]),
            fact("resource", "N", "infra/app.py:10", builds=[{"context": "gone", "dockerfile": "Dockerfile"}]),
        ),
        files=("api/Dockerfile", "train.Dockerfile"),
        edges=(
            "resource:infra/app.py#M | builds | stage:api/Dockerfile#0 | infra/app.py:9",
            "workload:compose.yaml#api | builds | stage:api/Dockerfile#0 | compose.yaml:2",
            f"job:{CI}#build | makes | stage:train.Dockerfile#1 | {CI}:9",
            f"stage:train.Dockerfile#1 | builds | image:reg.io:5000/train | {CI}:9",
            "workload:k8s/t.yaml#Job/train | runs | image:reg.io:5000/train | k8s/t.yaml:12",
        ),
    ),
    Case(
        Jobs,
        "workflows and actions of others are not here",
        (
            fact("job", "train", f"{CI}:4", id=f"{CI}#train", workflow=CI, needs=["test"]),
            fact("job", "test", f"{CI}:30", id=f"{CI}#test", workflow=CI),
            fact("job", "ship", f"{CI}:9", id=f"{CI}#ship", workflow=CI, uses="./.github/workflows/d.yml"),
            fact("job", "far", f"{CI}:12", id=f"{CI}#far", workflow=CI, uses="acme/ci/.github/workflows/d.yml@v1"),
            fact("action", "./setup", f"{CI}:5", owner=f"{CI}#train"),
            fact("action", "actions/checkout", f"{CI}:6", owner=f"{CI}#train"),
            command(f"{CI}:7", "python train.py", owner=f"{CI}#train"),
            command(f"{CI}:8", "pip install -r r.txt", owner=f"{CI}#train"),
            command("Dockerfile:7", "python train.py", "dockerfile"),
        ),
        files=(".github/workflows/d.yml", "setup/action.yml", "train.py", "r.txt"),
        edges=(
            f"file:{CI} | has job | job:{CI}#train | {CI}:4",
            f"job:{CI}#train | needs | job:{CI}#test | {CI}:4",
            f"file:{CI} | has job | job:{CI}#test | {CI}:30",
            f"file:{CI} | has job | job:{CI}#ship | {CI}:9",
            f"job:{CI}#ship | calls | file:.github/workflows/d.yml | {CI}:9",
            f"file:{CI} | has job | job:{CI}#far | {CI}:12",
            f"job:{CI}#train | calls | file:setup/action.yml | {CI}:5",
            f"job:{CI}#train | runs | file:train.py | {CI}:7",
            f"job:{CI}#train | installs | file:r.txt | {CI}:8",
        ),
        nodes=(f"job:{CI}#test | {CI}:30",),
    ),
    Case(
        Jobs,
        "a job that names others calls them and not their file; what calls its address starts it, no other host",
        (
            fact(
                "job", "ml", "ci/l.yaml:2", id="ci/l.yaml#ml", workflow="ci/l.yaml", parts=["p.yaml#t"], listens="el-ml"
            ),
            fact("job", "t", "p.yaml:6", id="p.yaml#t", workflow="p.yaml", uses="tasks.yaml", parts=["tasks.yaml#fit"]),
            fact("job", "x", "p.yaml:7", id="p.yaml#x", workflow="p.yaml", parts=["p.yaml#x"]),
            fact("job", "fit", "tasks.yaml:3", id="tasks.yaml#fit", workflow="tasks.yaml", state="disabled"),
            fact(
                "container", "c", "k.yaml:9", workload="k.yaml#CronJob/c", args=["-X", "POST", "http://el-ml.ci:8080"]
            ),
            fact("container", "d", "k.yaml:19", workload="k.yaml#CronJob/d", args=["http://el-other:8080", "el-ml"]),
            command("go.sh:2", "curl -d {} http://el-ml:8080/", "shell"),
        ),
        files=("tasks.yaml", "p.yaml"),
        edges=(
            "file:ci/l.yaml | has job | job:ci/l.yaml#ml | ci/l.yaml:2",
            "job:ci/l.yaml#ml | calls | job:p.yaml#t | ci/l.yaml:2",
            "file:p.yaml | has job | job:p.yaml#t | p.yaml:6",
            "job:p.yaml#t | calls | job:tasks.yaml#fit | p.yaml:6",
            "file:p.yaml | has job | job:p.yaml#x | p.yaml:7",
            "file:tasks.yaml | has job | job:tasks.yaml#fit | tasks.yaml:3",
            "workload:k.yaml#CronJob/c | starts | job:ci/l.yaml#ml | k.yaml:9",
            "file:go.sh | starts | job:ci/l.yaml#ml | go.sh:2",
        ),
        nodes=("job:p.yaml#t | p.yaml:6", "job:p.yaml#x | p.yaml:7", "job:tasks.yaml#fit | tasks.yaml:3"),
    ),
    Case(
        Steps,
        "a file of the repository, or data that only a run brings",
        (
            fact("pipeline-step", "fit", "p/dvc.yaml:3", deps=["fit.py", "data", "clean"], outs=["m.pkl", "fit"]),
            fact("pipeline-step", "clean", "p/dvc.yaml:9"),
        ),
        files=("p/fit.py",),
        edges=(
            "file:p/dvc.yaml | has step | step:p/dvc.yaml#fit | p/dvc.yaml:3",
            "file:p/dvc.yaml | has step | step:p/dvc.yaml#clean | p/dvc.yaml:9",
            "step:p/dvc.yaml#fit | reads | file:p/fit.py | p/dvc.yaml:3",
            "step:p/dvc.yaml#fit | reads | data:p/data | p/dvc.yaml:3",
            "step:p/dvc.yaml#fit | needs | step:p/dvc.yaml#clean | p/dvc.yaml:3",
            "step:p/dvc.yaml#fit | writes | data:p/m.pkl | p/dvc.yaml:3",
        ),
    ),
    Case(
        Models,
        "a name that only a suffix tells joins nothing",
        (fact("model-file", "x", "models/m.onnx:1"), fact("model-file", "y", "other/n.onnx:1")),
        (
            use("persists-model", call("joblib.dump", "train.py:8", {"expr": "m"}, "out/iris.joblib")),
            use("persists-model", call("joblib.dump", "train.py:9", {"expr": "m"}, {"expr": "p", "parts": [".pkl"]})),
            use("persists-model", fact("import", "joblib", "train.py:1")),
            use("loads-model", call("joblib.load", "app.py:3", "/srv/iris.joblib")),
            use("promotes", call("mlflow.register_model", "reg.py:3", "runs:/1/model", kwargs={"name": "iris"})),
            use("serves-file", fact("file", "models/config.pbtxt", "models/config.pbtxt:1")),
        ),
        edges=(
            "file:train.py | writes | model:iris.joblib | train.py:8",
            "file:app.py | reads | model:iris.joblib | app.py:3",
            "file:reg.py | registers | model:iris | reg.py:3",
            "file:models/config.pbtxt | reads | model:m.onnx | models/config.pbtxt:1",
            "file:models/m.onnx | holds | model:m.onnx | models/m.onnx:1",
            "file:other/n.onnx | holds | model:n.onnx | other/n.onnx:1",
        ),
    ),
    Case(
        ToldModels,
        "by a variable that an image or a manifest sets, not by one that code or a test sets, nor by a bare word",
        (
            fact("env", "MODEL_PATH", "Dockerfile:4", value="/srv/iris.joblib", where="dockerfile"),
            fact("env", "MODEL_PATH", "k8s/a.yaml:9", value=None, where="container"),
            fact("env", "STAGE", "Dockerfile:5", value="prod", where="dockerfile"),
            fact("env", "OTHER", "run.py:5", value="/srv/other.joblib", where="python"),
            fact("env", "TESTED", "tests/compose.yaml:5", value="/srv/t.joblib", where="compose"),
        ),
        tuple(
            use("loads-model", call("joblib.load", f"app.py:{line}", {"expr": "x", "args": [{"env": name}]}))
            for line, name in ((3, "MODEL_PATH"), (4, "STAGE"), (5, "OTHER"), (6, "TESTED"))
        ),
        edges=("file:app.py | reads | model:iris.joblib | app.py:3",),
    ),
    Case(
        Selectors,
        "labels agree, in one namespace; a reference needs the kind that it names",
        (
            workload("api", "k8s/a.yaml:1", labels={"app": "api", "tier": "web"}),
            workload("far", "k8s/f.yaml:1", labels={"app": "api"}, namespace="elsewhere"),
            workload("api", "k8s/b.yaml:1", "StatefulSet", labels={"app": "b"}),
            kubernetes("core/Service", "api", "k8s/s.yaml:1", {"selector": {"app": "api"}}, namespace="here"),
            kubernetes("core/Service", "all", "k8s/s.yaml:9", {}),
            kubernetes(
                "autoscaling/HorizontalPodAutoscaler",
                "api",
                "k8s/h.yaml:1",
                {"scaleTargetRef": {"kind": "Deployment", "name": "api"}},
            ),
        ),
        edges=(
            "resource:k8s/s.yaml#core/Service/api | selects | workload:k8s/a.yaml#Deployment/api | k8s/s.yaml:1",
            "resource:k8s/h.yaml#autoscaling/HorizontalPodAutoscaler/api | scales | "
            "workload:k8s/a.yaml#Deployment/api | k8s/h.yaml:1",
        ),
    ),
    Case(
        Selectors,
        "what is served runs the runtime that it names, else the only one of its namespace that takes its format",
        (
            *(
                workload(name, f"{name}.yaml:1", "InferenceService", namespace="ml")
                for name in ("a", "b", "c", "d", "e")
            ),
            workload("llm", "rt/llm.yaml:1", "ServingRuntime", namespace="ml"),
            workload("llm", "rt/cluster.yaml:1", "ClusterServingRuntime"),
            workload("shared", "rt/cluster.yaml:20", "ClusterServingRuntime"),
            workload("auto", "rt/auto.yaml:1", "ServingRuntime"),
            workload("far", "rt/far.yaml:1", "ServingRuntime", namespace="other"),
            workload("base", "rt/base.yaml:1", "LLMInferenceServiceConfig"),
            workload("big", "big.yaml:1", "LLMInferenceService"),
            fact("image", "acme/llm", "rt/llm.yaml:7", role="run", owner="rt/llm.yaml#ServingRuntime/llm"),
            fact("image", "acme/built", "rt/llm.yaml:8", role="base", owner="rt/llm.yaml#ServingRuntime/llm"),
            served("a", {"modelFormat": {"name": "gguf"}, "runtime": "llm"}),
            served("b", {"modelFormat": {"name": "gguf"}, "runtime": "shared"}),
            served("c", {"modelFormat": {"name": "onnx"}}),
            served("d", {"modelFormat": {"name": "gguf"}}),
            served("e", {"modelFormat": {"name": "gguf"}, "runtime": "gone"}),
            runtime("auto", "rt/auto.yaml:1", {"name": "onnx", "autoSelect": True}),
            runtime("far", "rt/far.yaml:1", {"name": "onnx", "autoSelect": True}, namespace="other"),
            runtime("llm", "rt/llm.yaml:1", {"name": "gguf"}, namespace="ml"),
            kubernetes(
                "serving.kserve.io/LLMInferenceService",
                "big",
                "big.yaml:1",
                {"baseRefs": [{"name": "base"}, {"name": "gone"}]},
                id="big.yaml#LLMInferenceService/big",
            ),
        ),
        edges=(
            "workload:a.yaml#InferenceService/a | includes | workload:rt/llm.yaml#ServingRuntime/llm | a.yaml:5",
            "workload:a.yaml#InferenceService/a | runs | image:acme/llm | a.yaml:5",
            "workload:b.yaml#InferenceService/b | includes | "
            "workload:rt/cluster.yaml#ClusterServingRuntime/shared | b.yaml:5",
            "workload:c.yaml#InferenceService/c | includes | workload:rt/auto.yaml#ServingRuntime/auto | c.yaml:5",
            "workload:big.yaml#LLMInferenceService/big | includes | "
            "workload:rt/base.yaml#LLMInferenceServiceConfig/base | big.yaml:1",
        ),
    ),
    Case(
        Endpoints,
        "a route by its method and URL, with its prefix where that is known; a decorated name is no address",
        (fact("route", "/v1/score", "app.py:14", methods=["POST"]),),
        (
            use("web-route", call("fastapi.FastAPI.get", "app.py:8", "/health", decorates="health"), url=(0,)),
            use("web-route", call("fastapi.FastAPI.post", "app.py:14", "/score", decorates="score"), url=(0,)),
            use("web-route", call("flask.Flask.route", "old.py:4", "/x", kwargs={"methods": ["PUT"]}), url=(0,)),
            use("web-route", fact("function", "handler", "fn.py:3")),
            use("web-route", call("fastapi.FastAPI.get", "tests/app.py:8", "/test"), url=(0,)),
        ),
        edges=(
            "file:app.py | answers | endpoint:app.py#GET /health | app.py:8",
            "file:app.py | answers | endpoint:app.py#POST /v1/score | app.py:14",
            "file:old.py | answers | endpoint:old.py#PUT /x | old.py:4",
        ),
        nodes=(
            "endpoint:app.py#GET /health | app.py:8",
            "endpoint:app.py#POST /v1/score | app.py:14",
            "endpoint:old.py#PUT /x | old.py:4",
        ),
    ),
    Case(
        Endpoints,
        "a rule for requests leads to the Services of the repository that it names, a headless one answers nobody",
        (workload("llm", "k8s/l.yaml:1", "InferenceService"),),
        (
            use("endpoint", kubernetes("core/Service", "api", "k8s/s.yaml:1", {"selector": {"app": "api"}})),
            use("endpoint", kubernetes("core/Service", "set", "k8s/s.yaml:9", {"clusterIP": "None"})),
            use(
                "endpoint",
                kubernetes(
                    "networking.k8s.io/Ingress",
                    "web",
                    "k8s/i.yaml:1",
                    {
                        "tls": [{"name": "far"}],
                        "rules": [
                            {"http": {"paths": [{"backend": {"service": {"name": one}}}]}}
                            for one in ("api", "set", "gone")
                        ],
                    },
                ),
            ),
            use("endpoint", kubernetes("core/Service", "far", "k8s/s.yaml:20")),
            use("endpoint", kubernetes("serving.kserve.io/InferenceService", "llm", "k8s/l.yaml:1")),
        ),
        edges=(
            "resource:k8s/i.yaml#networking.k8s.io/Ingress/web | routes to | resource:k8s/s.yaml#core/Service/api "
            "| k8s/i.yaml:1",
            "resource:k8s/l.yaml#serving.kserve.io/InferenceService/llm | selects | "
            "workload:k8s/l.yaml#InferenceService/llm | k8s/l.yaml:1",
        ),
        nodes=(
            "resource:k8s/i.yaml#networking.k8s.io/Ingress/web | k8s/i.yaml:1",
            "resource:k8s/l.yaml#serving.kserve.io/InferenceService/llm | k8s/l.yaml:1",
            "resource:k8s/s.yaml#core/Service/api | k8s/s.yaml:1",
            "resource:k8s/s.yaml#core/Service/far | k8s/s.yaml:20",
        ),
    ),
    Case(
        Endpoints,
        "code and commands deploy one under the name that they say; an import names none; once for each name",
        uses=(
            use("endpoint", call("c.create_endpoint", "d.py:9", kwargs={"EndpointName": "e"}), name=("EndpointName",)),
            use("endpoint", call("c.update_endpoint", "d.py:12", kwargs={"EndpointName": "e"}), name=("EndpointName",)),
            use("endpoint", command(f"{CI}:9", "az ml online-endpoint create --name score")),
            use("endpoint", command(f"{CI}:10", "az ml online-endpoint create -f endpoint.yml")),
            use("endpoint", fact("import", "bentoml", "d.py:1")),
        ),
        edges=(
            "file:d.py | deploys | endpoint:d.py#e | d.py:9",
            f"file:{CI} | deploys | endpoint:{CI}#score | {CI}:9",
        ),
        nodes=("endpoint:d.py#e | d.py:9", f"endpoint:{CI}#score | {CI}:9"),
    ),
    Case(
        Workloads,
        "once however many environments render it; a function of a cloud, but neither its twin nor an endpoint",
        (
            workload("api", "k8s/a.yaml:4"),
            workload("api", "k8s/a.yaml:4", environment="values-prod.yaml"),
            fact("resource", "task", "main.tf:1", type="aws_ecs_task_definition", id="terraform:#t"),
            fact("workload", "task", "main.tf:1", id="terraform:#t"),
        ),
        (
            use("runs-service", terraform("aws_lambda_function.score", "main.tf:20")),
            use("runs-service", terraform("aws_ecs_task_definition.task", "main.tf:1")),
            use("runs-service", both := terraform("google_cloud_run_service.api", "main.tf:40")),
            use("endpoint", both),
            use("runs-service", fact("command", "serve", "run.sh:3")),
        ),
        nodes=(
            "workload:k8s/a.yaml#Deployment/api | k8s/a.yaml:4",
            "workload:terraform:#t | main.tf:1",
            "resource:terraform:#aws_lambda_function.score | main.tf:20",
        ),
    ),
    Case(
        Monitors,
        "what a monitor refers to, else what its attributes name; neither itself, nor a route, nor what nobody knows",
        (workload("ranker", "k8s/r.yaml:1"),),
        (
            use("monitor", terraform("alarm.errors", "main.tf:9", {"dimensions": {"EndpointName": ref("endpoint.e")}})),
            use("monitor", terraform("alarm.named", "main.tf:20", {"query": ["ranker", "gone", "GET /health"]})),
            use("monitor", terraform("alarm.ranker", "main.tf:30", {"name": "ranker"})),
            use(
                "monitor", call("c.create_schedule", "mon.py:3", kwargs={"name": "m", "endpoint": "e"}), name=("name",)
            ),
            use("monitor", fact("import", "evidently", "mon.py:1")),
        ),
        known=("resource:terraform:#alarm.errors | refers to | resource:terraform:#endpoint.e | main.tf:9",),
        subjects=(
            Node("resource:terraform:#endpoint.e", "endpoint", "e", Location("main.tf", 1), "aws_sagemaker_endpoint"),
            Node("endpoint:app.py#GET /health", "endpoint", "GET /health", Location("app.py", 3), "route"),
        ),
        edges=(
            "file:main.tf | defines | resource:terraform:#alarm.errors | main.tf:9",
            "resource:terraform:#alarm.errors | watches | resource:terraform:#endpoint.e | main.tf:9",
            "file:main.tf | defines | resource:terraform:#alarm.named | main.tf:20",
            "resource:terraform:#alarm.named | watches | workload:k8s/r.yaml#Deployment/ranker | main.tf:20",
            "file:main.tf | defines | resource:terraform:#alarm.ranker | main.tf:30",
            "file:mon.py | defines | monitor:mon.py#m | mon.py:3",
            "monitor:mon.py#m | watches | resource:terraform:#endpoint.e | mon.py:3",
        ),
        nodes=(
            "monitor:mon.py#m | mon.py:3",
            "resource:terraform:#alarm.errors | main.tf:9",
            "resource:terraform:#alarm.named | main.tf:20",
            "resource:terraform:#alarm.ranker | main.tf:30",
        ),
    ),
    Case(
        Monitors,
        "rules that only record alert nobody; a scrape watches the hosts that the repository runs; drift once a file",
        (
            workload("api", "k8s/a.yaml:1"),
            fact("alert", "rate", "rules.yml:4", type="record"),
            fact("alert", "Slow", "rules.yml:9", type="alert"),
            fact("alert", "sum", "records.yml:4", type="record"),
            fact("scrape", "app", "prometheus.yml:3", targets=["http://api.default:8000", "node-exporter:9100"]),
        ),
        (
            use("drift-check", call("evidently.Report.run", "drift.py:8")),
            use("drift-monitoring", call("evidently.Report.run", "drift.py:12")),
            use("drift-check", fact("import", "evidently", "other.py:1")),
            use("drift-check", call("scipy.stats.ks_2samp", "weak.py:4"), "medium"),
            use("drift-check", call("evidently.Report.run", "off.py:4"), off=True),
        ),
        edges=(
            "file:rules.yml | defines | monitor:rules.yml | rules.yml:9",
            "file:prometheus.yml | defines | monitor:prometheus.yml#app | prometheus.yml:3",
            "monitor:prometheus.yml#app | watches | workload:k8s/a.yaml#Deployment/api | prometheus.yml:3",
            "file:drift.py | checks | monitor:drift.py#drift | drift.py:8",
        ),
        nodes=(
            "monitor:drift.py#drift | drift.py:8",
            "monitor:prometheus.yml#app | prometheus.yml:3",
            "monitor:rules.yml | rules.yml:9",
        ),
    ),
    Case(
        Overrides,
        "a command of a workload starts what the image of that workload holds, in its highest folder",
        (
            command("k8s/j.yaml:12", "python /srv/train.py", "container", owner="k8s/j.yaml#CronJob/retrain"),
            command("k8s/k.yaml:12", "python /srv/train.py", "container", owner="k8s/k.yaml#Job/other"),
            command("k8s/j.yaml:13", "python /srv/gone.py", "container", owner="k8s/j.yaml#CronJob/retrain"),
            command("k8s/j.yaml:14", "nginx -g off", "container", owner="k8s/j.yaml#CronJob/retrain"),
            command("k8s/j.yaml:15", "python serve.py", "container", owner="k8s/j.yaml#CronJob/retrain"),
            command(f"{CI}:9", "python /srv/train.py", owner=f"{CI}#x"),
            command("search/Dockerfile:9", "python -m score", "dockerfile-cmd", stage="1"),
            command("k8s/j.yaml:16", "python train.py", "container", owner="k8s/j.yaml#CronJob/retrain"),
            command("k8s/k.yaml:14", "python train.py", "container", owner="k8s/k.yaml#Job/other"),
            command("infra.py:14", "python infra.py", "container", owner="infra.py#Task"),
            workload("dev", "compose.yaml:2", "service", origin="compose", volumes=[{"name": ".", "type": "bind"}]),
            workload("kept", "compose.yaml:8", "service", origin="compose", volumes=[{"name": "d", "type": "volume"}]),
            command("compose.yaml:5", "python train.py", "compose", owner="compose.yaml#service/dev"),
            command("compose.yaml:9", "python train.py", "compose", owner="compose.yaml#service/kept"),
        ),
        files=("train.py", "infra.py"),
        known=(
            "workload:compose.yaml#service/dev | builds | stage:search/Dockerfile#1 | compose.yaml:3",
            "workload:compose.yaml#service/kept | builds | stage:search/Dockerfile#1 | compose.yaml:8",
            "workload:k8s/j.yaml#CronJob/retrain | runs | image:acme/search | k8s/j.yaml:11",
            "workload:k8s/k.yaml#Job/other | runs | image:acme/other | k8s/k.yaml:11",
            "stage:search/Dockerfile#1 | builds | image:acme/search | ci.yml:3",
            "stage:search/Dockerfile#1 | stands on | stage:search/Dockerfile#base | search/Dockerfile:5",
            "stage:search/Dockerfile#base | copies | file:search/train.py | search/Dockerfile:2",
            "stage:search/Dockerfile#1 | copies | file:search/old/train.py | search/Dockerfile:6",
            "stage:search/Dockerfile#1 | copies | file:search/score.py | search/Dockerfile:6",
            "stage:search/Dockerfile#1 | copies | file:search/serve.py | search/Dockerfile:6",
            "workload:k8s/j.yaml#CronJob/retrain | runs | file:serve.py | k8s/j.yaml:15",
        ),
        edges=(
            "workload:k8s/j.yaml#CronJob/retrain | runs | file:search/train.py | k8s/j.yaml:12",
            "stage:search/Dockerfile#1 | starts | file:search/score.py | search/Dockerfile:9",
            "workload:k8s/j.yaml#CronJob/retrain | runs | file:search/train.py | k8s/j.yaml:16",
            "workload:k8s/k.yaml#Job/other | runs | file:train.py | k8s/k.yaml:12",
            "workload:k8s/k.yaml#Job/other | runs | file:train.py | k8s/k.yaml:14",
            "workload:compose.yaml#service/dev | runs | file:train.py | compose.yaml:5",
            "workload:compose.yaml#service/kept | runs | file:search/train.py | compose.yaml:9",
        ),
    ),
    Case(
        Dispatch,
        "the words of a caller choose the parts of a script; one that nobody calls runs all",
        (
            fact("branch", "train", "run.sh:3", of="", asks=[[1, ["train"], True, ""]]),
            fact("branch", "*", "run.sh:9", of="", asks=[[1, ["train"], False, ""]]),
            fact("branch", "alone", "free.sh:4", of="", asks=[[2, ["x"], True, ""]]),
            fact("branch", "deep()", "free.sh:2", of="alone", asks=[]),
            fact("stage", "0", "Dockerfile:1", final=True),
            fact("container", "fit", "k8s/a.yaml:3", workload="A"),
            fact("container", "own", "k8s/b.yaml:3", workload="B", command=["sh"]),
            command(f"{CI}:9", "bash ./run.sh train", owner=f"{CI}#x"),
            command(f"{CI}:10", "echo run train", owner=f"{CI}#x"),
            command("Dockerfile:4", "/srv/run.sh serve", "dockerfile-entrypoint", stage="0"),
            command("k8s/a.yaml:9", "train now", "container", owner="A"),
            command("k8s/b.yaml:9", "train now", "container", owner="B"),
        ),
        known=(
            "workload:A | runs | image:acme/app | k8s/a.yaml:4",
            "workload:B | runs | image:acme/app | k8s/b.yaml:4",
            "stage:Dockerfile#0 | builds | image:acme/app | ci.yml:3",
        ),
        edges=(
            f"job:{CI}#x | runs | target:run.sh#train | {CI}:9",
            "stage:Dockerfile#0 | starts | target:run.sh#* | Dockerfile:4",
            "workload:A | runs | target:run.sh#train | k8s/a.yaml:9",
            "file:free.sh | runs | target:free.sh#alone | free.sh:4",
            "file:free.sh | runs | target:free.sh#deep() | free.sh:2",
        ),
    ),
    Case(
        Submitted,
        "the longest common end of a path wins, then the file nearest to the object; of strangers none",
        (
            command("k8s/a.yaml:4", "python /opt/repo/train/main.py", "container", owner="A", submitted=True),
            command(
                "k8s/b.yaml:4", "ray serve app.main:graph", "container", owner="B", submitted=True, cwd="/r/serving"
            ),
            command("k8s/c.yaml:4", "python /srv/run.py", "container", owner="C", submitted=True),
            command("k8s/d.yaml:4", "ray serve other.main:graph", "container", owner="D", submitted=True),
            command("k8s/e.yaml:4", "python -m pkg.fit", "container", owner="E", submitted=True),
            command("k8s/f.yaml:4", "python s3://b/train/main.py", "container", owner="F", submitted=True),
        ),
        files=(
            *("train/main.py", "k8s/main.py", "serving/app/main.py", "old/app/main.py"),
            *("x/run.py", "y/run.py", "pkg/fit.py"),
        ),
        edges=(
            "workload:A | runs | file:train/main.py | k8s/a.yaml:4",
            "workload:B | runs | file:serving/app/main.py | k8s/b.yaml:4",
            "workload:E | runs | file:pkg/fit.py | k8s/e.yaml:4",
        ),
    ),
    Case(
        Parts,
        "what the named module or what it imports declares; a script's deployments are its own",
        (
            command("k8s/s.yaml:4", "ray serve app:graph", "container", owner="S", submitted=True),
            command("k8s/j.yaml:4", "python job.py", "container", owner="J", submitted=True),
            workload("M", "model.py:3", "Served"),
            workload("N", "job.py:3", "Served"),
        ),
        files=("app.py", "model.py", "job.py"),
        known=(
            "workload:S | runs | file:app.py | k8s/s.yaml:4",
            "workload:J | runs | file:job.py | k8s/j.yaml:4",
            "file:app.py | imports | file:model.py | app.py:1",
        ),
        edges=("workload:S | includes | workload:model.py#Served/M | k8s/s.yaml:4",),
    ),
    Case(
        Targets,
        "the target of the nearest file; without a word the first; one that no file holds is none",
        (
            command("Makefile:3", "python a.py", "make", owner="Makefile#all", default=True),
            command("Makefile:6", "python t.py", "make", owner="Makefile#train"),
            command("ml/Makefile:3", "python b.py", "make", owner="ml/Makefile#train"),
            command("ml/Makefile:4", "make train", "make", owner="ml/Makefile#train"),
            command(f"{CI}:5", "make train", owner=f"{CI}#a"),
            command(f"{CI}:6", "make -C ml train", owner=f"{CI}#b"),
            command(f"{CI}:7", "make", owner=f"{CI}#c"),
            command(f"{CI}:8", "make deploy", owner=f"{CI}#d"),
            command(f"{CI}:9", "train now", owner=f"{CI}#e"),
            command(f"{CI}:10", "just train", owner=f"{CI}#f"),
            command("Dockerfile:9", "make train", "dockerfile"),
        ),
        edges=(
            f"job:{CI}#a | runs | target:Makefile#train | {CI}:5",
            f"job:{CI}#b | runs | target:ml/Makefile#train | {CI}:6",
            f"job:{CI}#c | runs | target:Makefile#all | {CI}:7",
        ),
    ),
    Case(
        Targets,
        "runners of environments, scripts and tasks by their own options; one that was taken off a command, too",
        (
            command("tox.ini:9", "pytest", "config", owner="tox.ini#lint"),
            command("tox.ini:3", "pytest", "config", owner="tox.ini#testenv"),
            command("package.json:4", "node x.js", "config", owner="package.json#build"),
            command("package.json:5", "npm run build", "config", owner="package.json#all"),
            command("pixi.toml:4", "python f.py", "config", owner="pixi.toml#fit"),
            command("noxfile.py:6", "pytest", "config", owner="noxfile.py#tests"),
            command("ops/tasks.py:6", "python f.py", "config", owner="ops/tasks.py#fit"),
            command(f"{CI}:3", "tox -e lint,py312", owner=f"{CI}#tox"),
            command(f"{CI}:4", "npm run build", owner=f"{CI}#npm"),
            command(f"{CI}:5", "npm ci", owner=f"{CI}#npm"),
            command(f"{CI}:6", "python -m nox -s tests -- -k train", owner=f"{CI}#nox"),
            command(f"{CI}:7", "invoke tasks.fit", owner=f"{CI}#invoke"),
            fact(
                "command", "fit", f"{CI}:8", argv=["fit"], raw="pixi run fit", where="ci", owner=f"{CI}#pixi", cwd="ml"
            ),
            fact("command", "fit", f"{CI}:9", argv=["fit"], raw="uv run fit", where="ci", owner=f"{CI}#uv"),
        ),
        edges=(
            "target:package.json#all | runs | target:package.json#build | package.json:5",
            f"job:{CI}#tox | runs | target:tox.ini#lint | {CI}:3",
            f"job:{CI}#tox | runs | target:tox.ini#testenv | {CI}:3",
            f"job:{CI}#npm | runs | target:package.json#build | {CI}:4",
            f"job:{CI}#nox | runs | target:noxfile.py#tests | {CI}:6",
            f"job:{CI}#invoke | runs | target:ops/tasks.py#fit | {CI}:7",
            f"job:{CI}#pixi | runs | target:pixi.toml#fit | {CI}:8",
        ),
    ),
    Case(
        Started,
        "console scripts, project files, images and services; what no file declares starts nothing",
        (
            fact("manifest", "pyproject.toml", "pyproject.toml", scripts={"fit": "pkg.fit:main", "gone": "no.where:f"}),
            fact("stage", "0", "Dockerfile:1", final=True),
            fact("image", "acme/api", f"{CI}:2", role="build"),
            workload("api", "compose.yaml:2", id="compose.yaml#api", origin="compose"),
            workload("db", "compose.yaml:6", id="compose.yaml#db", origin="compose"),
            workload("api", "k8s/a.yaml:1"),
            command(f"{CI}:3", "fit --fast", owner=f"{CI}#fit"),
            command(f"{CI}:4", "gone", owner=f"{CI}#gone"),
            command(f"{CI}:5", "dvc repro", owner=f"{CI}#dvc"),
            command(f"{CI}:6", "docker run --rm -p 80:80 acme/api:1", owner=f"{CI}#run"),
            command(f"{CI}:7", "docker run python:3.12", owner=f"{CI}#run"),
            command(f"{CI}:8", "docker compose up -d api", owner=f"{CI}#up"),
            command(f"{CI}:9", "docker compose down", owner=f"{CI}#down"),
            command("Dockerfile:9", "fit", "dockerfile-cmd", stage="0"),
        ),
        files=("pkg/fit.py", "dvc.yaml", "Dockerfile"),
        edges=(
            f"job:{CI}#fit | runs | file:pkg/fit.py | {CI}:3",
            f"job:{CI}#dvc | runs | file:dvc.yaml | {CI}:5",
            f"job:{CI}#run | runs | stage:Dockerfile#0 | {CI}:6",
            f"job:{CI}#up | runs | workload:compose.yaml#api | {CI}:8",
            "stage:Dockerfile#0 | starts | file:pkg/fit.py | Dockerfile:9",
        ),
    ),
    Case(
        Sources,
        "from the root or a folder above; neither a chart of a registry nor a folder of another repository",
        (
            kubernetes(
                "argoproj.io/Application",
                "api",
                "apps/a.yaml:1",
                {"source": {"path": "deploy/prod"}},
                lines={"spec.source.path": 7},
            ),
            kubernetes("argoproj.io/Application", "far", "apps/b.yaml:1", {"source": {"path": "charts/far"}}),
            kubernetes("argoproj.io/Application", "all", "apps/c.yaml:1", {"source": {"path": "."}}),
            kubernetes("argoproj.io/AppProject", "p", "apps/p.yaml:1", {"source": {"path": "deploy/prod"}}),
            kubernetes("kustomize.toolkit.fluxcd.io/Kustomization", "k", "apps/k.yaml:1", {"path": "./plain"}),
            kubernetes(
                "helm.toolkit.fluxcd.io/HelmRelease", "h", "apps/h.yaml:1", {"chart": {"spec": {"chart": "./c"}}}
            ),
            kubernetes("helm.toolkit.fluxcd.io/HelmRelease", "r", "apps/r.yaml:1", {"chart": {"spec": {"chart": "c"}}}),
        ),
        files=(
            "apps/a.yaml",
            "c/Chart.yaml",
            "deploy/base/api.yaml",
            "deploy/prod/kustomization.yaml",
            "deploy/prod/patch.yaml",
            "plain/x/y.yaml",
            "plain/readme.md",
        ),
        edges=(
            *(
                f"file:apps/{path}.yaml | defines | resource:apps/{path}.yaml#{type_}/{name} | apps/{path}.yaml:1"
                for path, type_, name in (
                    ("a", "argoproj.io/Application", "api"),
                    ("b", "argoproj.io/Application", "far"),
                    ("c", "argoproj.io/Application", "all"),
                    ("k", "kustomize.toolkit.fluxcd.io/Kustomization", "k"),
                    ("h", "helm.toolkit.fluxcd.io/HelmRelease", "h"),
                    ("r", "helm.toolkit.fluxcd.io/HelmRelease", "r"),
                )
            ),
            "resource:apps/a.yaml#argoproj.io/Application/api | applies | file:deploy/prod/kustomization.yaml "
            "| apps/a.yaml:7",
            "resource:apps/k.yaml#kustomize.toolkit.fluxcd.io/Kustomization/k | applies | file:plain/x/y.yaml "
            "| apps/k.yaml:1",
            "resource:apps/h.yaml#helm.toolkit.fluxcd.io/HelmRelease/h | applies | file:c/Chart.yaml | apps/h.yaml:1",
        ),
    ),
    Case(
        Sources,
        "code applies files, patterns of them and folders, seen from where it is started; of strangers none",
        tuple(
            fact(
                "resource",
                name,
                f"infra/main.py:{line or 1}",
                platform="manifests",
                type="applied",
                data={"files": told},
            )
            for line, (name, told) in enumerate(
                {
                    "one": "k8s/a.yaml",
                    "all": ["../k8s/*.yaml", 7],
                    "folder": "./kz",
                    "far": "https://x.example/a.yaml",
                    "gone": "k8s/gone.yaml",
                    "dark": {"expr": "path"},
                }.items()
            )
        ),
        files=("k8s/a.yaml", "k8s/b.yaml", "k8s/c.txt", "kz/kustomization.yaml", "kz/e.yaml"),
        edges=(
            *(
                f"file:infra/main.py | defines | resource:infra/main.py#applied/{name} | infra/main.py:{line or 1}"
                for line, name in enumerate(("one", "all", "folder", "far", "gone", "dark"))
            ),
            "resource:infra/main.py#applied/one | applies | file:k8s/a.yaml | infra/main.py:1",
            "resource:infra/main.py#applied/all | applies | file:k8s/a.yaml | infra/main.py:1",
            "resource:infra/main.py#applied/all | applies | file:k8s/b.yaml | infra/main.py:1",
            "resource:infra/main.py#applied/folder | applies | file:kz/kustomization.yaml | infra/main.py:2",
        ),
    ),
    Case(
        Sources,
        "a declared release applies the chart of its path, from its folder before the root; none of a registry",
        (
            terraform(
                "helm_release.q", "infra/main.tf:3", {"name": "web", "chart": "./charts/web"}, lines={"chart": 5}
            ),
            terraform("helm_release.up", "infra/main.tf:13", {"chart": "./infra/../charts/web"}),
            terraform("helm_release.var", "infra/main.tf:23", {"chart": {"expr": "var.c", "const": "../charts/web"}}),
            terraform(
                "helm_release.far", "infra/main.tf:33", {"chart": "charts/web", "repository": "https://x.example"}
            ),
            terraform("helm_release.oci", "infra/main.tf:43", {"chart": "oci://x.example/charts/web"}),
            terraform("helm_release.who", "infra/main.tf:53", {"chart": {"expr": "var.c"}}),
            terraform("helm_release.off", "infra/main.tf:63", {"chart": "none"}, state="disabled"),
        ),
        files=("charts/web/Chart.yaml", "infra/charts/web/Chart.yaml", "infra/none/values.yaml"),
        edges=(
            *(
                f"file:infra/main.tf | defines | resource:terraform:#helm_release.{name} | infra/main.tf:{line}"
                for name, line in (
                    *(("q", 3), ("up", 13), ("var", 23), ("far", 33), ("oci", 43), ("who", 53), ("off", 63)),
                )
            ),
            "resource:terraform:#helm_release.q | applies | file:infra/charts/web/Chart.yaml | infra/main.tf:5",
            "resource:terraform:#helm_release.up | applies | file:charts/web/Chart.yaml | infra/main.tf:13",
            "resource:terraform:#helm_release.var | applies | file:charts/web/Chart.yaml | infra/main.tf:23",
        ),
        nodes=tuple(
            f"resource:terraform:#helm_release.{name} | infra/main.tf:{line}"
            for name, line in (
                *(("q", 3), ("up", 13), ("var", 23), ("far", 33), ("oci", 43), ("who", 53), ("off", 63)),
            )
        ),
    ),
    Case(
        Sources,
        "a set makes an application for each folder that its generators name and none excludes; a name that only a "
        "cluster knows alone is no folder",
        (
            kubernetes(
                "argoproj.io/ApplicationSet",
                "teams",
                "sets/t.yaml:1",
                {
                    "generators": [
                        {"git": {"directories": [{"path": "teams/*"}, {"path": "teams/old", "exclude": True}]}},
                        {"list": {"elements": [{"path": "extra"}]}},
                    ],
                    "template": {"spec": {"source": {"path": "{{path}}"}}},
                },
                lines={"spec.template": 9},
            ),
            kubernetes(
                "argoproj.io/ApplicationSet",
                "clusters",
                "sets/c.yaml:1",
                {"generators": [{"clusters": {}}], "template": {"spec": {"source": {"path": "{{name}}"}}}},
            ),
        ),
        files=("extra/Chart.yaml", "teams/a/kustomization.yaml", "teams/b/Chart.yaml", "teams/old/Chart.yaml"),
        edges=(
            "file:sets/t.yaml | defines | resource:sets/t.yaml#argoproj.io/ApplicationSet/teams | sets/t.yaml:1",
            "file:sets/c.yaml | defines | resource:sets/c.yaml#argoproj.io/ApplicationSet/clusters | sets/c.yaml:1",
            *(
                f"resource:sets/t.yaml#argoproj.io/ApplicationSet/teams | applies | file:{path} | sets/t.yaml:9"
                for path in ("teams/a/kustomization.yaml", "teams/b/Chart.yaml", "extra/Chart.yaml")
            ),
        ),
    ),
    Case(
        Kustomizations,
        "what lies in the repository, not what another one holds",
        (
            fact(
                "kustomization",
                "prod",
                "prod/kustomization.yaml:1",
                resources=["base/kustomization.yaml", "https://example.com/x.yaml", "gone.yaml"],
                components=["hpa/kustomization.yaml"],
                charts=[{"name": "api", "folder": "charts/api"}, {"name": "far", "repo": "https://x.example"}],
            ),
        ),
        files=(
            *("base/kustomization.yaml", "hpa/kustomization.yaml", "prod/kustomization.yaml", "prod/other.yaml"),
            *("charts/api/Chart.yaml", "charts/far/Chart.yaml"),
        ),
        edges=(
            "file:prod/kustomization.yaml | includes | file:charts/api/Chart.yaml | prod/kustomization.yaml:1",
            "file:prod/kustomization.yaml | includes | file:base/kustomization.yaml | prod/kustomization.yaml:1",
            "file:prod/kustomization.yaml | includes | file:hpa/kustomization.yaml | prod/kustomization.yaml:1",
        ),
    ),
    Case(
        Definitions,
        "a chart includes what its own templates say: the nearest chart, and no manifest that only lies in its folder",
        (
            fact("chart", "api", "api/Chart.yaml:1"),
            fact("chart", "sub", "api/charts/sub/Chart.yaml:1"),
            workload("api", "api/templates/d.yaml:4", origin="helm"),
            workload("sub", "api/charts/sub/templates/d.yaml:5", origin="helm"),
            workload("plain", "api/examples/d.yaml:6"),
        ),
        edges=(
            "file:api/templates/d.yaml | defines | workload:api/templates/d.yaml#Deployment/api "
            "| api/templates/d.yaml:4",
            "file:api/Chart.yaml | includes | file:api/templates/d.yaml | api/Chart.yaml:1",
            "file:api/charts/sub/templates/d.yaml | defines | "
            "workload:api/charts/sub/templates/d.yaml#Deployment/sub | api/charts/sub/templates/d.yaml:5",
            "file:api/charts/sub/Chart.yaml | includes | file:api/charts/sub/templates/d.yaml "
            "| api/charts/sub/Chart.yaml:1",
            "file:api/examples/d.yaml | defines | workload:api/examples/d.yaml#Deployment/plain "
            "| api/examples/d.yaml:6",
        ),
    ),
    Case(
        Applied,
        "what a deploying command names, from its folder; one that only looks reads; a bare word needs a chart there",
        (
            look := command(f"{CI}:4", "helm template chart -f values.yaml", owner=f"{CI}#look"),
            command(f"{CI}:5", "pip install -r r.yaml", owner=f"{CI}#pip"),
            command("Dockerfile:5", "kubectl apply -f k8s/a.yaml", "dockerfile"),
        ),
        (
            use("deploys", command(f"{CI}:7", "kubectl apply -f k8s/a.yaml", owner=f"{CI}#d")),
            use("deploys", command(f"{CI}:8", "helm upgrade api chart", owner=f"{CI}#d")),
            use("deploys", command(f"{CI}:9", "helm upgrade k8s oci://far/chart", owner=f"{CI}#d")),
            use("deploys", command(f"{CI}:10", "kubectl apply -k prod", owner=f"{CI}#d", cwd="env")),
            use("deploys", command(f"{CI}:11", "kubectl apply -f gone.yaml", owner=f"{CI}#d")),
            use("tests", look),
        ),
        files=(
            "api/x.yaml",
            "chart/Chart.yaml",
            "env/prod/kustomization.yaml",
            "k8s/a.yaml",
            "r.yaml",
            "values.yaml",
        ),
        edges=(
            f"job:{CI}#look | reads | file:values.yaml | {CI}:4",
            f"job:{CI}#d | applies | file:k8s/a.yaml | {CI}:7",
            f"job:{CI}#d | applies | file:chart/Chart.yaml | {CI}:8",
            f"job:{CI}#d | applies | file:env/prod/kustomization.yaml | {CI}:10",
        ),
    ),
    Case(
        Applied,
        "a folder of infrastructure is applied as one, with its modules; a plan reads; what is destroyed is neither",
        (
            terraform("aws_a.a", "infra/main.tf:3"),
            terraform("aws_b.b", "mod/x/b.tf:4"),
            terraform("aws_c.c", "other/c.tf:5"),
            fact("terraform-module", "x", "infra/main.tf:9", local=True, path="mod/x", source="../mod/x"),
            fact("terraform-module", "y", "infra/main.tf:12", local=False, source="acme/y"),
            command(f"{CI}:4", "terraform init", owner=f"{CI}#d", cwd="infra"),
            command(f"{CI}:5", "terraform -chdir=infra plan", owner=f"{CI}#p"),
            command(f"{CI}:6", "terraform apply -auto-approve tfplan", owner=f"{CI}#d", cwd="infra"),
            command(f"{CI}:7", "terraform apply -destroy", owner=f"{CI}#x", cwd="infra"),
            command(f"{CI}:8", "tofu apply", owner=f"{CI}#gone", cwd="none"),
            command(f"{CI}:9", "tofu apply", owner=f"{CI}#any", cwd="$DIR"),
            command(f"{CI}:10", "terraform apply", owner=f"{CI}#lost", into="?"),
            command("other/up.sh:2", "terraform apply", "shell"),
            command(f"{CI}:11", "terragrunt run-all apply --terragrunt-working-dir live/${env}", owner=f"{CI}#g"),
            fact("action", "dflook/terraform-apply", f"{CI}:12", owner=f"{CI}#a", **{"with": {"path": "mod/x"}}),
            fact("action", "TerraformTaskV4", f"{CI}:13", owner=f"{CI}#t", **{"with": {"command": "init"}}),
        ),
        files=(
            *("infra/main.tf", "infra/vars.tf", "infra/old/main.tf", "mod/x/b.tf", "other/c.tf"),
            *("live/prod/api/terragrunt.hcl", "live/dev/terragrunt.hcl", "live/terragrunt.hcl", "up/terragrunt.hcl"),
        ),
        edges=(
            f"job:{CI}#p | reads | file:infra/main.tf | {CI}:5",
            f"job:{CI}#p | reads | file:infra/vars.tf | {CI}:5",
            f"job:{CI}#d | applies | file:infra/main.tf | {CI}:6",
            f"job:{CI}#d | applies | file:infra/vars.tf | {CI}:6",
            "file:other/up.sh | applies | file:other/c.tf | other/up.sh:2",
            f"job:{CI}#g | applies | file:live/prod/api/terragrunt.hcl | {CI}:11",
            f"job:{CI}#g | applies | file:live/dev/terragrunt.hcl | {CI}:11",
            f"job:{CI}#a | applies | file:mod/x/b.tf | {CI}:12",
            "file:infra/main.tf | includes | file:mod/x/b.tf | infra/main.tf:9",
            "file:infra/main.tf | defines | resource:terraform:#aws_a.a | infra/main.tf:3",
            "file:mod/x/b.tf | defines | resource:terraform:#aws_b.b | mod/x/b.tf:4",
            "file:other/c.tf | defines | resource:terraform:#aws_c.c | other/c.tf:5",
        ),
    ),
    Case(
        Applied,
        "what a command changes by kind and name, where one workload alone is meant; neither a look nor a wait",
        (
            workload("api", "k8s/api.yaml:1"),
            workload("api", "k8s/cron.yaml:1", "CronJob"),
            workload("two", "a/two.yaml:1", namespace="a"),
            workload("two", "b/two.yaml:1", namespace="b"),
            workload("web", "compose.yaml:2", origin="compose"),
            command("Jenkinsfile:6", "kubectl set image deployment/api api=acme/api:2 -n ml", owner="Jenkinsfile#D"),
            command("Jenkinsfile:7", "kubectl -n ml set image deploy api api=acme/api:2", owner="Jenkinsfile#E"),
            command(
                "Jenkinsfile:8", "kubectl rollout restart deployments.apps/two --namespace=b", owner="Jenkinsfile#D"
            ),
            command("Jenkinsfile:9", "kubectl patch deployment two -p {}", owner="Jenkinsfile#D"),
            command("Jenkinsfile:10", "kubectl rollout status deployment/api", owner="Jenkinsfile#D"),
            command("Jenkinsfile:11", "kubectl get deployment api", owner="Jenkinsfile#D"),
            command("Jenkinsfile:12", "kubectl set image deployment/$NAME a=b", owner="Jenkinsfile#D"),
            command("Jenkinsfile:13", "kubectl set image deployment/web web=acme/web", owner="Jenkinsfile#D"),
            command("Jenkinsfile:14", "kubectl set image sts/api a=b", owner="Jenkinsfile#D"),
        ),
        edges=(
            "job:Jenkinsfile#D | deploys | workload:k8s/api.yaml#Deployment/api | Jenkinsfile:6",
            "job:Jenkinsfile#E | deploys | workload:k8s/api.yaml#Deployment/api | Jenkinsfile:7",
            "job:Jenkinsfile#D | deploys | workload:b/two.yaml#Deployment/two | Jenkinsfile:8",
        ),
    ),
    Case(
        Terraform,
        "a reference in any attribute; neither itself, nor what is not declared, nor a name in a plain text",
        (
            terraform("aws_a.a", "main.tf:1"),
            terraform(
                "aws_b.b",
                "main.tf:5",
                {"x": [{"y": ref("aws_a.a")}], "self": ref("aws_b.b"), "gone": ref("aws_c.c"), "text": "aws_a.a.id"},
                files=["steps.json"],
            ),
            fact("resource", "a", "main.tf:1", platform="terraform-data", type="aws_a", id="terraform:#data.aws_a.a"),
            fact(
                "resource",
                "m",
                "m/main.tf:3",
                platform="terraform",
                type="aws_m",
                id="terraform:m#aws_m.m",
                data={"own": ref("aws_a.a"), "above": {**ref("aws_a.a"), "folder": ""}},
            ),
        ),
        edges=(
            "resource:terraform:#aws_b.b | refers to | resource:terraform:#aws_a.a | main.tf:5",
            "resource:terraform:#aws_b.b | calls | file:steps.json | main.tf:5",
            "file:main.tf | calls | file:steps.json | main.tf:5",
            "resource:terraform:m#aws_m.m | refers to | resource:terraform:#aws_a.a | m/main.tf:3",
        ),
    ),
    Case(
        CloudFormation,
        "names in intrinsic functions, within one template; not those in plain texts; files beside the template",
        (
            cloudformation("Model", "a/stack.yaml:3", {}),
            cloudformation(
                "Config",
                "a/stack.yaml:9",
                {"One": {"Fn::GetAtt": ["Model", "Name"]}, "Two": "Model", "Self": {"Ref": "Config"}},
            ),
            cloudformation("Model", "b/stack.yaml:3", {"Other": {"Ref": "Config"}}),
            cloudformation("Code", "a/stack.yaml:20", {"CodeUri": "src/", "Handler": "app.main"}),
            cloudformation("Build", "a/stack.yaml:30", {"BuildSpec": "build.yml", "TemplateURL": "https://x/y.yaml"}),
            cloudformation("Nested", "a/stack.yaml:40", {"TemplateURL": "inner.yaml", "Description": "build.yml"}),
        ),
        files=("a/build.yml", "a/inner.yaml", "a/src/app.py", "build.yml", "b/inner.yaml"),
        edges=(
            "resource:a/stack.yaml#Config | refers to | resource:a/stack.yaml#Model | a/stack.yaml:9",
            "resource:a/stack.yaml#Code | starts | file:a/src/app.py | a/stack.yaml:20",
            "resource:a/stack.yaml#Build | calls | file:build.yml | a/stack.yaml:30",
            "file:a/stack.yaml | calls | file:build.yml | a/stack.yaml:30",
            "resource:a/stack.yaml#Nested | applies | file:a/inner.yaml | a/stack.yaml:40",
        ),
    ),
    Case(
        AzureMl,
        "files beside the asset, each at the line of its key; nothing that a registry keeps",
        (
            azureml("score", "ml/endpoint.yml:1", {}),
            azureml(
                "blue",
                "ml/deployment.yml:1",
                {"endpoint_name": "score", "code_configuration": {"code": "../src", "scoring_script": "score.py"}},
                lines={"endpoint_name": 3, "code_configuration": 5},
            ),
            azureml("green", "ml/other.yml:1", {"endpoint_name": "gone", "conda_file": "azureml:env@latest"}),
            azureml("weekly", "ml/schedule.yml:1", {"create_job": "./job.yml"}, lines={"create_job": 7}),
            azureml("env", "ml/env.yml:1", {"conda_file": "conda.yml"}, lines={"conda_file": 4}),
            azureml("fit", "ml/job.yml:1", {}),
            command("ml/job.yml:3", "python train.py", "config", owner="ml/job.yml"),
        ),
        files=("ml/conda.yml", "ml/job.yml", "src/score.py"),
        edges=(
            "resource:ml/deployment.yml#azureml/blue | refers to | resource:ml/endpoint.yml#azureml/score "
            "| ml/deployment.yml:3",
            "file:ml/deployment.yml | starts | file:src/score.py | ml/deployment.yml:5",
            "resource:ml/deployment.yml#azureml/blue | starts | file:src/score.py | ml/deployment.yml:5",
            "resource:ml/schedule.yml#azureml/weekly | calls | file:ml/job.yml | ml/schedule.yml:7",
            "file:ml/schedule.yml | calls | file:ml/job.yml | ml/schedule.yml:7",
            "file:ml/env.yml | installs | file:ml/conda.yml | ml/env.yml:4",
            "file:ml/job.yml | has step | target:ml/job.yml | ml/job.yml:1",
        ),
    ),
    Case(
        Datasets,
        "a path that a platform fixes joins no scripts, a mounted one those of one folder",
        (),
        (
            use("writes-data", call("d.to_csv", "a/prep.py:1", "/opt/ml/processing/train.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "b/fit.py:1", "/opt/ml/processing/train.csv"), data=(0,)),
            use("writes-data", call("d.to_csv", "a/prep.py:2", "/tmp/train.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "a/fit.py:2", "/tmp/train.csv"), data=(0,)),
            use("writes-data", call("d.to_csv", "a/prep.py:3", "/mnt/disk/train.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "b/fit.py:3", "/mnt/disk/train.csv"), data=(0,)),
            use("writes-data", call("d.to_csv", "a/prep.py:4", "/data/clean.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "a/fit.py:4", "/data/clean.csv"), data=(0,)),
            use("writes-data", call("d.to_csv", "a/prep.py:5", "/lake/clean.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "b/fit.py:5", "/lake/clean.csv"), data=(0,)),
        ),
        edges=(
            "file:b/fit.py | reads | data:/lake/clean.csv | b/fit.py:5",
            "file:a/prep.py | writes | data:/lake/clean.csv | a/prep.py:5",
            "file:a/fit.py | reads | data:/data/clean.csv | a/fit.py:4",
            "file:a/prep.py | writes | data:/data/clean.csv | a/prep.py:4",
        ),
    ),
    Case(
        Datasets,
        "what code reads and writes by a whole path, address or table; no query, no name alone, no part of a path",
        (),
        (
            use("reads-data", call("pandas.read_csv", "src/fit.py:3", "../data/raw.csv"), data=(0,)),
            use("reads-data", call("pandas.read_csv", "src/fit.py:4", "gone/raw.csv"), data=(0,)),
            use("reads-data", call("pandas.read_sql", "src/fit.py:5", "select a.b from t"), data=(0,)),
            use("reads-data", call("spark.table", "src/fit.py:6", "main.sales.clean"), data=(0,)),
            use("reads-data", call("spark.table", "src/fit.py:7", "clean"), data=(0,)),
            use(
                "reads-data", call("pandas.read_csv", "src/fit.py:8", {"expr": "p", "parts": ["a/", ".csv"]}), data=(0,)
            ),
            use(
                "writes-data", call("d.to_parquet", "prep.py:9", {"expr": "o", "const": "s3://b/o.parquet"}), data=(0,)
            ),
            use("writes-data", call("d.to_csv", "prep.py:12", "off.csv"), off=True, data=(0,)),
        ),
        files=("data/raw.csv",),
        edges=(
            "file:src/fit.py | reads | file:data/raw.csv | src/fit.py:3",
            "file:src/fit.py | reads | data:gone/raw.csv | src/fit.py:4",
            "file:src/fit.py | reads | data:main.sales.clean | src/fit.py:6",
            "file:prep.py | writes | data:s3://b/o.parquet | prep.py:9",
        ),
    ),
    Case(
        Served,
        "servers by the registered name and by the place below which code saves; a common last word joins nothing",
        (),
        (
            use(
                "serves-registered",
                azureml("blue", "ml/blue.yml:1", {"model": "azureml:churn:3"}),
                model=(".model",),
            ),
            use(
                "serves-registered",
                kubernetes("s/InferenceService", "k", "k.yaml:1", {"uri": "s3://store/models/price/2"}, id="k.yaml#k"),
                model=(".spec.uri",),
            ),
            use(
                "serves-registered",
                kubernetes("s/InferenceService", "l", "l.yaml:1", {"uri": "s3://store/models/latest"}, id="l.yaml#l"),
                model=(".spec.uri",),
            ),
            use("persists-model", call("joblib.dump", "fit.py:9", "s3://store/models/price/2/m.joblib")),
            use("declares-model", terraform("model.churn", "m.tf:1", {"c": "main", "n": "churn"}), name=(".c", ".n")),
            use("registers-model", call("x.register", "reg.py:3", kwargs={"name": "churn"})),
            use("registers-model", call("x.register", "reg.py:5", kwargs={"name": {"expr": "name"}})),
            use("registers-model", command("Makefile:4", "az ml model create -n churn", "make", owner="Makefile#r")),
        ),
        edges=(
            "resource:ml/blue.yml#azureml/blue | serves | model:churn | ml/blue.yml:1",
            "resource:k.yaml#k | serves | model:m.joblib | k.yaml:1",
            "resource:terraform:#model.churn | registers | model:main.churn | m.tf:1",
            "file:reg.py | registers | model:churn | reg.py:3",
            "target:Makefile#r | registers | model:churn | Makefile:4",
        ),
    ),
    Case(
        Tasks,
        "what a step runs and needs; a function of no module here runs nothing, nor does its own file",
        (
            fact(
                "pipeline-step",
                "fit",
                "dags/d.py:9",
                where="python",
                pipeline="dags/d.py",
                runs="work/train.py",
                needs=["clean"],
            ),
            fact("pipeline-step", "clean", "dags/d.py:7", where="python", pipeline="dags/d.py", runs="dags/d.py"),
            fact("pipeline-step", "job", "dags/d.py:12", where="python", pipeline="dags/d.py", script="job.py"),
            fact("pipeline-step", "dvc", "dvc.yaml:3", pipeline="dvc.yaml", runs="work/train.py"),
            fact("module", "work.train", "work/train.py:1"),
        ),
        (
            use("executes-notebook", call("papermill.execute_notebook", "run.py:3", "eda.ipynb")),
            use("executes-notebook", call("papermill.execute_notebook", "run.py:4", {"expr": "path"})),
            use("pipeline-definition", defines("build", "dags/e.py:5", target={"name": "work.train.fit"})),
            use("pipeline-definition", defines("print", "dags/e.py:6", target={"name": "builtins.print"})),
            use("pipeline-definition", defines("off", "dags/e.py:7", target={"name": "work.train.fit"}), off=True),
        ),
        files=("dags/job.py", "eda.ipynb", "work/train.py"),
        edges=(
            "step:dags/d.py#fit | runs | file:work/train.py | dags/d.py:9",
            "step:dags/d.py#fit | needs | step:dags/d.py#clean | dags/d.py:9",
            "step:dags/d.py#job | runs | file:dags/job.py | dags/d.py:12",
            "file:run.py | runs | file:eda.ipynb | run.py:3",
            "file:dags/e.py | has step | step:dags/e.py#build | dags/e.py:5",
            "step:dags/e.py#build | runs | file:work/train.py | dags/e.py:5",
        ),
    ),
    Case(
        Pipelines,
        "steps belong to the pipeline that they say, a flow of one file runs it; two in a file keep theirs apart",
        (
            fact("pipeline", "nightly", "dags/d.py:5", id="dags/d.py#nightly"),
            fact("pipeline", "weekly", "dags/d.py:25", id="dags/d.py#weekly"),
            fact("pipeline-step", "fit", "dags/d.py:9", pipeline="dags/d.py", of="dags/d.py#nightly"),
            fact("pipeline-step", "score", "dags/d.py:29", pipeline="dags/d.py", of="dags/d.py#weekly"),
            fact("pipeline-step", "clean", "dvc.yaml:3", pipeline="dvc.yaml", tool="dvc"),
            fact("pipeline-step", "tested", "tests/dvc.yaml:3", pipeline="tests/dvc.yaml"),
        ),
        (
            use("pipeline", call("airflow.DAG", "dags/d.py:5"), name=("dag_id",)),
            use("pipeline", call("airflow.DAG", "dags/d.py:25"), name=("dag_id",)),
            use("starts-pipeline", call("flows.nightly.run", "start.py:9")),
            use("starts-pipeline", call("one.flow.run", "one_start.py:9")),
            use("pipeline", call("prefect.flow", "one.py:2", decorates="refit")),
        ),
        known=(
            "file:start.py | imports | file:dags/d.py | start.py:1",  # two are reached: nothing tells which
            "file:one_start.py | imports | file:one.py | one_start.py:1",
        ),
        edges=(
            "file:dags/d.py | defines | pipeline:dags/d.py#nightly | dags/d.py:5",
            "file:dags/d.py | defines | pipeline:dags/d.py#weekly | dags/d.py:25",
            "file:dags/d.py | defines | pipeline:dags/d.py#nightly | dags/d.py:9",
            "file:dags/d.py | defines | pipeline:dags/d.py#weekly | dags/d.py:29",
            "pipeline:dags/d.py#nightly | has step | step:dags/d.py#fit | dags/d.py:9",
            "pipeline:dags/d.py#weekly | has step | step:dags/d.py#score | dags/d.py:29",
            "pipeline:dags/d.py#nightly | runs | file:dags/d.py | dags/d.py:5",
            "pipeline:dags/d.py#weekly | runs | file:dags/d.py | dags/d.py:25",
            "file:dvc.yaml | defines | pipeline:dvc.yaml | dvc.yaml:3",
            "pipeline:dvc.yaml | has step | step:dvc.yaml#clean | dvc.yaml:3",
            "file:one.py | defines | pipeline:one.py#refit | one.py:2",
            "pipeline:one.py#refit | runs | file:one.py | one.py:2",
            "file:one_start.py | starts | pipeline:one.py#refit | one_start.py:9",
        ),
        nodes=(
            "pipeline:dags/d.py#nightly | dags/d.py:5",
            "pipeline:dags/d.py#weekly | dags/d.py:25",
            "pipeline:dvc.yaml | dvc.yaml:1",
            "pipeline:one.py#refit | one.py:2",
        ),
    ),
    Case(
        Pipelines,
        "a workflow of the cluster starts the template that it names, and that alone",
        (
            kubernetes("argoproj.io/WorkflowTemplate", "train", "wf/t.yaml:1"),
            kubernetes("argoproj.io/WorkflowTemplate", "score", "wf/s.yaml:1"),
            kubernetes(
                "argoproj.io/CronWorkflow",
                "nightly",
                "wf/c.yaml:1",
                {"workflowSpec": {"workflowTemplateRef": {"name": "train"}}},
            ),
            kubernetes("argoproj.io/Workflow", "far", "wf/f.yaml:1", {"workflowTemplateRef": {"name": "gone"}}),
        ),
        edges=(
            "resource:wf/c.yaml#argoproj.io/CronWorkflow/nightly | starts | "
            "resource:wf/t.yaml#argoproj.io/WorkflowTemplate/train | wf/c.yaml:1",
        ),
    ),
    Case(
        Packages,
        "the pipeline of the function, the package or the name that is given or looked up; of two as near neither",
        (
            fact("function", "churn", "p/train.py:5"),
            fact("function", "score", "p/score.py:5"),
            fact("pipeline", "churn", "p/train.py:4", id="p/train.py#churn"),
            fact("pipeline", "score", "p/score.py:4", id="p/score.py#score"),
            fact(
                "pipeline-step",
                "fit",
                "deploy/nightly.yaml:9",
                pipeline="deploy/nightly.yaml",
                of="deploy/nightly.yaml#n",
            ),
        ),
        (
            use("pipeline", call("kfp.dsl.pipeline", "p/train.py:4", decorates="churn")),
            use("pipeline", call("kfp.dsl.pipeline", "p/score.py:4", decorates="score")),
            use(
                "compiles-pipeline",
                call("compile", "p/train.py:20", NAMED_CHURN, "out/train.yaml"),
                pipeline=(0,),
                path=(1,),
            ),
            use(
                "compiles-pipeline",
                call("compile", "p/train.py:21", NAMED_CHURN, "a/same.yaml"),
                pipeline=(0,),
                path=(1,),
            ),
            use(
                "compiles-pipeline",
                call("compile", "p/score.py:20", NAMED_SCORE, "b/same.yaml"),
                pipeline=(0,),
                path=(1,),
            ),
            use("starts-pipeline", call("run", "submit.py:3", "/app/out/train.yaml"), path=(0,)),
            use("starts-pipeline", call("run", "p/train.py:30", NAMED_CHURN), pipeline=(0,)),
            use("starts-pipeline", call("run", "either.py:3", "same.yaml"), path=(0,)),
            use("starts-pipeline", call("run", "gone.py:3", "gone.yaml"), path=(0,)),
            use("starts-pipeline", call("run", "open.py:3", {"expr": "sys.argv[1]"}), path=(0,)),
            use("starts-pipeline", call("run", "off.py:3", "out/train.yaml"), off=True, path=(0,)),
            use("schedules", call("recur", "clock.py:3", "nightly.yaml"), path=(0,)),
            use("starts-pipeline", call("start", "arn.py:3", "arn:x:stateMachine:score"), name=(0,)),
            use("starts-pipeline", call("start", "unknown.py:3", "other"), name=(0,)),
            use("names-pipeline", call("get", "look.py:3", "churn", function="main"), name=(0,)),
            use("starts-pipeline", call("start", "look.py:4", function="main")),
            use("starts-pipeline", call("start", "look.py:9", function="other")),
            use("starts-pipeline", trigger := call("operator", "p/score.py:9", "churn", function="score"), name=(0,)),
            use("pipeline-step", trigger),
        ),
        edges=(
            "file:submit.py | starts | pipeline:p/train.py#churn | submit.py:3",
            "file:p/train.py | starts | pipeline:p/train.py#churn | p/train.py:30",
            "file:clock.py | starts | pipeline:deploy/nightly.yaml#n | clock.py:3",
            "file:arn.py | starts | pipeline:p/score.py#score | arn.py:3",
            "file:look.py | starts | pipeline:p/train.py#churn | look.py:4",
            "pipeline:p/score.py#score | starts | pipeline:p/train.py#churn | p/score.py:9",
        ),
    ),
    Case(
        Schedules,
        "what waits for an event is a trigger of the workload that it starts",
        (
            kubernetes("argoproj.io/Sensor", "s", "s.yaml:1", id="s.yaml#Sensor/s"),
            fact("schedule", "minio", "s.yaml:5", owner="s.yaml#Sensor/s", where="kubernetes", type="event"),
            workload("wt", "wt.yaml:1", "WorkflowTemplate"),
        ),
        (use("schedules", kubernetes("argoproj.io/Sensor", "s", "s.yaml:1", id="s.yaml#Sensor/s")),),
        known=("resource:s.yaml#Sensor/s | starts | workload:wt.yaml#WorkflowTemplate/wt | s.yaml:1",),
        subjects=(Node("workload:wt.yaml#WorkflowTemplate/wt", "workload", "wt", Location("wt.yaml", 1)),),
        edges=("resource:s.yaml#Sensor/s | triggers | workload:wt.yaml#WorkflowTemplate/wt | s.yaml:1",),
        nodes=("resource:s.yaml#Sensor/s | s.yaml:1",),
    ),
    Case(
        Schedules,
        "the owner that the graph knows, else the file; a sensor keeps no time, a time that is told counts once",
        (
            fact("schedule", "0 3 * * 1", f"{CI}:4", owner=CI, where="ci"),
            fact("schedule", "@daily", "dags/d.py:5", owner="dags/d.py#nightly", where="python"),
            fact("schedule", "0 4 * * *", "k8s/c.yaml:6", owner="k8s/c.yaml#CronJob/score", where="kubernetes"),
            fact("schedule", "0 5 * * *", "tests/c.yml:6", owner="tests/c.yml", where="ci"),
            fact("schedule", "0 1 * * *", "two.yml:4", owner="two.yml", where="ci"),
            fact("schedule", "0 2 * * 0", "two.yml:5", owner="two.yml", where="ci"),
            fact("job", "score", "two.yml:8", id="two.yml#score", when="github.event.schedule == '0 1 * * *'"),
            fact("job", "fit", "two.yml:9", id="two.yml#fit", when="${{ github.event.schedule != '0 1 * * *' }}"),
        ),
        (
            use("schedules", call("airflow.DAG", "dags/d.py:5", kwargs={"schedule": "@daily"}), cron=("schedule",)),
            use("schedules", call("schedule.every", "loop.py:8", "10 minutes"), cron=(0,)),
            use("schedules", call("dagster.asset_sensor", "loop.py:12")),
        ),
        subjects=(
            Node("pipeline:dags/d.py#nightly", "pipeline", "nightly", Location("dags/d.py", 5)),
            Node("workload:k8s/c.yaml#CronJob/score", "workload", "score", Location("k8s/c.yaml", 1)),
        ),
        edges=(
            f"schedule:{CI}#0 3 * * 1 | triggers | file:{CI} | {CI}:4",
            "schedule:dags/d.py#nightly @daily | triggers | pipeline:dags/d.py#nightly | dags/d.py:5",
            "schedule:k8s/c.yaml#CronJob/score 0 4 * * * | triggers | workload:k8s/c.yaml#CronJob/score | k8s/c.yaml:6",
            "schedule:loop.py#10 minutes | triggers | file:loop.py | loop.py:8",
            "schedule:two.yml#0 1 * * * | triggers | job:two.yml#score | two.yml:4",
            "schedule:two.yml#0 2 * * 0 | triggers | job:two.yml#fit | two.yml:5",
        ),
        nodes=(
            "schedule:two.yml#0 1 * * * | two.yml:4",
            "schedule:two.yml#0 2 * * 0 | two.yml:5",
            f"schedule:{CI}#0 3 * * 1 | {CI}:4",
            "schedule:dags/d.py#nightly @daily | dags/d.py:5",
            "schedule:k8s/c.yaml#CronJob/score 0 4 * * * | k8s/c.yaml:6",
            "schedule:loop.py#10 minutes | loop.py:8",
        ),
    ),
    Case(
        Schedules,
        "a rule of a cloud triggers what its target refers to, or the one pipeline that its address spells",
        uses=(
            use("schedules", terraform("rule.weekly", "main.tf:1", {"schedule_expression": "rate(7 days)"})),
            use(
                "schedules",
                terraform("rule.spelled", "main.tf:9", {"cron": "0 3 * * *", "arn": "x:pipeline/churn-fit"}),
            ),
            use("schedules", terraform("rule.event", "main.tf:19", {"event_pattern": "x"})),
            use("schedules", terraform("rule.idle", "main.tf:29", {"schedule": "0 3 * * *"})),
            use("pipeline", terraform("pipe.a", "main.tf:39")),
        ),
        known=(
            "resource:terraform:#target.t | refers to | resource:terraform:#rule.weekly | main.tf:50",
            "resource:terraform:#target.t | refers to | resource:terraform:#pipe.a | main.tf:50",
            "resource:terraform:#target.t | refers to | resource:terraform:#role.r | main.tf:50",
        ),
        subjects=(
            Node("resource:terraform:#pipe.a", "pipeline", "a", Location("main.tf", 39)),
            Node("pipeline:flow.py#churn-fit", "pipeline", "churn-fit", Location("flow.py", 4)),
            Node("pipeline:flow.py#churn", "pipeline", "churn", Location("flow.py", 9)),
        ),
        edges=(
            "resource:terraform:#rule.weekly | triggers | resource:terraform:#pipe.a | main.tf:1",
            "resource:terraform:#rule.spelled | triggers | pipeline:flow.py#churn-fit | main.tf:9",
        ),
        nodes=(
            "resource:terraform:#rule.idle | main.tf:29",
            "resource:terraform:#rule.spelled | main.tf:9",
            "resource:terraform:#rule.weekly | main.tf:1",
        ),
    ),
)


def _facts(case: Case) -> Iterable[Fact]:
    """Those that are given, and those that the catalogue is told to know; each once."""
    return {id(one): one for one in (*case.facts, *(use.fact for use in case.uses))}.values()


def _edge(text: str) -> Edge:
    source, relation, target, place = text.split(" | ")
    path, _, line = place.partition(":")
    return Edge(source, relation, target, Location(path, int(line)))


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.link.__name__}: {one.about}")
def test_a_link_draws_these_edges_and_no_others(case: Case) -> None:
    graph = Graph(_facts(case), case.files, case.uses)
    for node in case.subjects:
        graph.add_node(node)
    for known in case.known:
        graph.add_edge(_edge(known))
    made = case.link()
    nodes = list(made.nodes(graph))
    for node in nodes:
        graph.add_node(node)
    found = {f"{one.source} | {one.relation} | {one.target} | {one.at}" for one in made.edges(graph)}
    assert sorted(found) == sorted(case.edges)
    assert sorted({f"{node.id} | {node.at}" for node in nodes}) == sorted(case.nodes)


def test_every_link_stands_here() -> None:
    missing = {one.__name__ for one in plugins.load(link, Link)} - {case.link.__name__ for case in CASES}
    assert missing == set()


def test_every_link_is_shown_by_a_whole_system() -> None:
    """The table of docs/links.md: link, its edges, and systems whose expected edges have one of them."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "links.md").read_text(encoding="utf-8").splitlines()
        if "| `" in line
    ]
    links = {f"{one.__module__.rpartition('.')[2]}.{one.__name__}" for one in plugins.load(link, Link)}
    assert sorted(row[1].strip("`") for row in rows) == sorted(links)
    for _, name, relations, systems in rows:
        assert bool(relations) == bool(systems), name  # what draws no edges of its own has none to show
        for system in filter(None, systems.split(", ")):
            expected = yaml.safe_load((ROOT / "fixtures" / "systems" / f"{system}.expected.yaml").read_text())
            shown = {relation for _, relation, _ in expected["edges"]}
            assert shown & set(relations.split(", ")), (name, system)


def test_every_edge_that_a_case_draws_is_told() -> None:
    told = (ROOT / "docs" / "links.md").read_text(encoding="utf-8")
    for case in CASES:
        row = next(line for line in told.splitlines() if f".{case.link.__name__}`" in line)
        drawn = {edge.split(" | ")[1] for edge in case.edges}
        assert drawn <= set(row.split("|")[3].strip().split(", ")), case.link
