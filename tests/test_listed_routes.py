"""Routers that are given their handlers when they are made: the prefix of each router is part of the address."""

from __future__ import annotations

from tests.conftest import Understand

CONTROLLER = """\
from litestar import Controller, post
class Scores(Controller):
    path = "/scores"
    @post("/predict")
    async def predict(self, data: dict) -> dict: return data
"""


def test_a_router_in_a_router_in_an_application(understand: Understand) -> None:
    app = """\
from litestar import Litestar, Router, get
from controllers import Scores
@get("/health")
def health() -> str: return "ok"
@get("/bare")
def bare() -> str: return "ok"
first = Router(path="/v1", route_handlers=[Scores, health])
both = Router("/api", route_handlers=[first])
app = Litestar([both, bare])
"""
    graph = understand({"app.py": app, "controllers.py": CONTROLLER})
    assert {one.name for one in graph.facts("route")} == {"/api/v1/scores/predict", "/api/v1/health", "/bare"}


def test_an_application_with_a_path_and_routers_in_a_circle(understand: Understand) -> None:
    app = """\
from litestar import Litestar, Router
from controllers import Scores
one = Router(path="/one", route_handlers=[Scores, two])
two = Router(path="/two", route_handlers=[one])
app = Litestar(path="/ml", route_handlers=[Scores])
"""
    graph = understand({"app.py": app, "controllers.py": CONTROLLER})
    assert "/ml/scores/predict" in {one.name for one in graph.facts("route")}
