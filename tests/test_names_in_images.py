"""Files that an image calls otherwise than the repository does: renamed by a copy, named by a function of theirs."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.inimages import InImages, context_files
from tests.by_hand import fact
from tests.conftest import Understand

SERVE = (
    "import joblib\nmodel = joblib.load('m.pkl')\n\ndef handler(event, context):\n    return model.predict([event])\n"
)
OTHER = "print('another program of the same name')\n"
STAGE = "stage:svc/Dockerfile#0"

STARTED = {
    "COPY src/serve.py /app/main.py\nWORKDIR /app\nCMD python main.py": "svc/src/serve.py",
    'WORKDIR /app\nCOPY src/serve.py main.py\nCMD ["python", "main.py"]': "svc/src/serve.py",
    'COPY src/serve.py /app/main.py\nCMD ["python", "/app/main.py"]': "svc/src/serve.py",
    "WORKDIR /app\nCOPY src/serve.py main.py\nCMD uvicorn main:app": "svc/src/serve.py",
    "WORKDIR /app\nCOPY src/serve.py main.py\nCMD python -m main": "svc/src/serve.py",
    'COPY run/start.sh /entrypoint.sh\nENTRYPOINT ["/entrypoint.sh"]': "svc/run/start.sh",
    "COPY src/serve.py ./\nCMD python serve.py": "svc/src/serve.py",
    'FROM x\nCOPY src/serve.py ${ROOT}\nCMD ["serve.handler"]': "",  # the last stage is another one
    'COPY src/serve.py ${ROOT}\nCMD ["serve.gone"]': "",
    'COPY serve.py ${ROOT}\nCMD ["serve.handler"]': "svc/serve.py",
}
FILES = {"svc/src/serve.py": SERVE, "svc/run/start.sh": "echo\n", "main.py": OTHER, "svc/serve.py": SERVE}


@pytest.mark.parametrize("lines", STARTED)
def test_an_image_starts_the_file_that_it_holds_under_that_name(lines: str, understand: Understand) -> None:
    files = {path: text for path, text in FILES.items() if path != "svc/serve.py" or "COPY serve.py" in lines}
    graph: Graph = understand(files | {"svc/Dockerfile": f"FROM python:3.11-slim\n{lines}\n"})
    wanted = [f"file:{STARTED[lines]}"] if STARTED[lines] else []
    assert [edge.target for edge in graph.links_from(STAGE, "starts")] == wanted


def test_a_stage_starts_what_the_stage_below_copies(understand: Understand) -> None:
    text = "FROM python:3.11 AS base\nCOPY src/serve.py /app/main.py\nFROM base\nWORKDIR /app\nCMD python main.py\n"
    graph: Graph = understand(FILES | {"svc/Dockerfile": text})
    assert [edge.target for edge in graph.links_from("stage:svc/Dockerfile#1", "starts")] == ["file:svc/src/serve.py"]


def test_a_workload_starts_it_by_the_name_in_its_image(understand: Understand) -> None:
    text = "FROM python:3.11\nWORKDIR /app\nCOPY src/serve.py job.py\n"
    compose = "services:\n  fit:\n    build: ./svc\n    command: python job.py\n"
    graph: Graph = understand(FILES | {"svc/Dockerfile": text, "compose.yaml": compose})
    assert "svc/src/serve.py" in graph.files_run_by("workload:compose.yaml#service/fit")


def test_names_of_an_image_by_hand() -> None:
    copies = [
        {"src": "src/serve.py", "dst": "main.py"},
        {"src": "src/serve.py", "dst": "/opt/serve.py"},  # under its own name
        {"src": "src", "dst": "lib.d"},
        {"src": "gone.py", "dst": "other.py"},
        {"src": "/built/x.py", "dst": "x2.py", "from": "build"},
    ]
    files = ("svc/Dockerfile", "svc/src/serve.py", "svc/src/util.py")
    stage = fact("stage", "0", "svc/Dockerfile:1", copies=copies, workdir="/app", final=True)
    inside = InImages(Graph([stage], files))
    assert inside.renamed(STAGE) == {"app/main.py": "svc/src/serve.py"}
    assert inside.started(STAGE, ["python", "main.py"]) == ["svc/src/serve.py"]
    assert inside.started(STAGE, ["python", "else.py"]) == []
    assert inside.started("stage:gone#0", ["python", "main.py"]) == []
    assert context_files("src", "svc/Dockerfile", frozenset(files), files) == ["svc/src/serve.py", "svc/src/util.py"]
