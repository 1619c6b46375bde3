"""Deployments that are declared at a class or function: the endpoints that they answer, the models that they read."""

from __future__ import annotations

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import deployedcode
from mlops_scan.scanner.model import Node
from tests.by_hand import at, call, fact
from tests.conftest import Understand

RAY = """
from ray import serve
from fastapi import FastAPI
import joblib

api = FastAPI()

@serve.deployment(ray_actor_options={"num_gpus": 1})
class Model:
    def __init__(self):
        self.m = joblib.load("m.joblib")
    async def __call__(self, xs):
        return self.m.predict(xs)

@serve.deployment
@serve.ingress(api)
class Front:
    def __init__(self, model):
        self.model = model
    @api.post("/predict")
    async def predict(self, x: float):
        return await self.model.remote(x)

app = Front.bind(Model.bind())

def try_out():
    return joblib.load("other.joblib").predict([1])
"""
BESIDE = """
from ray import serve
from fastapi import FastAPI

api = FastAPI()

@api.post("/predict")
def predict(x: float):
    return x

@serve.deployment
@serve.ingress(api)
class Front:
    pass
"""
BENTO = """
import bentoml

@bentoml.service(name="sum", resources={"gpu": 1})
class S:
    clf = bentoml.models.BentoModel("churn:latest")
    @bentoml.api(route="/sum")
    def summarize(self, t: str) -> str:
        return self.clf.predict(t)
"""
MODAL = """
import modal
app = modal.App("llm")

@app.function(gpu="A100")
@modal.asgi_app()
def web():
    from fastapi import FastAPI
    w = FastAPI()
    @w.post("/predict")
    def p(x: float):
        return x
    return w

@app.function(schedule=modal.Cron("0 6 * * 1"))
def retrain():
    from sklearn.svm import SVC
    SVC().fit([[1]], [1])
"""
ELSEWHERE = """
import modal
app = modal.App("llm")

@app.function(gpu="A100")
@modal.asgi_app()
def web():
    from serving.main import api
    return api
"""
API = """
from fastapi import FastAPI
import joblib
m = joblib.load("m.joblib")
api = FastAPI()
@api.post("/predict")
def predict(x: float):
    return m.predict([[x]])
"""


def _drawn(graph: Graph) -> list[str]:
    found = graph.edges("answers", "reads", "runs")
    return sorted(f"{one.source} {one.relation} {one.target}" for one in found if one.source.startswith("workload:"))


def test_a_deployment_answers_the_routes_of_its_class_and_reads_what_it_loads(understand: Understand) -> None:
    graph = understand({"serve.py": RAY})
    assert _drawn(graph) == [
        "workload:serve.py#RayServeDeployment/Front answers endpoint:serve.py#POST /predict",
        "workload:serve.py#RayServeDeployment/Model reads model:m.joblib",
    ]
    assert [graph.mark(one) for one in ("endpoint:serve.py#POST /predict", "model:m.joblib")] == ["production"] * 2
    assert graph.mark("model:other.joblib") == "development"  # nothing that is deployed loads it


def test_routes_beside_a_deployment_that_takes_their_application(understand: Understand) -> None:
    graph = understand({"serve.py": BESIDE})
    assert _drawn(graph) == ["workload:serve.py#RayServeDeployment/Front answers endpoint:serve.py#POST /predict"]
    plain = understand({"serve.py": BESIDE.replace("@serve.ingress(api)\n", "")})
    assert _drawn(plain) == []  # it takes no application


def test_services_and_functions(understand: Understand) -> None:
    graph = understand({"svc.py": BENTO, "app.py": MODAL})
    assert _drawn(graph) == [
        "workload:app.py#ModalFunction/web answers endpoint:app.py#POST /predict",
        "workload:app.py#ModalFunction/web answers endpoint:app.py#web",
        "workload:svc.py#BentoService/sum answers endpoint:svc.py#POST /sum",
        "workload:svc.py#BentoService/sum reads model:churn",
    ]


def test_an_application_of_another_module_is_what_the_deployment_runs(understand: Understand) -> None:
    graph = understand({"deploy.py": ELSEWHERE, "serving/__init__.py": "", "serving/main.py": API})
    assert "workload:deploy.py#ModalFunction/web runs file:serving/main.py" in _drawn(graph)
    assert graph.mark("endpoint:serving/main.py#POST /predict") == "production"
    assert graph.mark("model:m.joblib") == "production"


def test_the_marks_are_those_of_the_deployment(understand: Understand) -> None:
    graph = understand({"examples/serve.py": RAY})
    assert graph.mark("endpoint:examples/serve.py#POST /predict") == "example"


def test_scopes_by_hand() -> None:
    facts = (
        fact("workload", "a", "s.py:3", id="s.py#X/a", origin="cloud"),
        fact("container", "A", "s.py:3", workload="s.py#X/a"),
        fact("class", "A", "s.py:4", end_line=9),
        fact("workload", "b", "t.py:3", id="t.py#X/b", origin="raw"),  # an object of a cluster that code makes
        fact("container", "B", "t.py:3", workload="t.py#X/b"),
        fact("class", "B", "t.py:4", end_line=9),
        fact("module", "far.main", "far/main.py:1"),
        call("serve.ingress", "s.py:3", {"expr": "api", "name": "far.main.api"}, decorates="A"),
    )
    answered = [
        Node(f"endpoint:{path}#{line}", "endpoint", "x", at(f"{path}:{line}"), "route")
        for path, line in (("s.py", 6), ("s.py", 12), ("t.py", 6))
    ]
    found = [str((one.source, one.relation, one.target)) for one in deployedcode.edges(Graph(facts, (), ()), answered)]
    assert found == [
        "('workload:s.py#X/a', 'answers', 'endpoint:s.py#6')",
        "('workload:s.py#X/a', 'runs', 'file:far/main.py')",
    ]
