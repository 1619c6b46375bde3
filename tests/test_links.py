"""What a Dockerfile brings into its image and installs there, told from commands that only look like installing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config


def links(root: Path, files: dict[str, str]) -> set[tuple[str, str, str]]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {(edge.source, edge.relation, edge.target) for edge in scan(root, Config(jobs=1)).edges}


@pytest.mark.parametrize(
    ("copy", "install"),
    [
        ("COPY requirements/serve.txt .", "pip install -r serve.txt"),
        ("COPY requirements/serve.txt /app/", "pip install --no-cache-dir -r /app/serve.txt"),
        ("COPY requirements/serve.txt requirements.txt", "python -m pip install -r requirements.txt"),
        ("COPY requirements/serve.txt /tmp/requirements.txt", "uv pip install --system -r /tmp/requirements.txt"),
        ("COPY requirements/ /tmp/", "pip install --requirement=/tmp/serve.txt"),
        ("COPY . .", "pip install -r requirements/serve.txt"),
    ],
)
def test_a_stage_installs_what_it_copied(tmp_path: Path, copy: str, install: str) -> None:
    """By the name that the file has in the image, even where the repository has another file of that name."""
    found = links(
        tmp_path,
        {
            "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\n{copy}\nRUN {install}\n",
            "requirements.txt": "pytest==8.3.4\n",
            "requirements/serve.txt": "fastapi==0.115.6\n",
        },
    )
    installed = {target for source, relation, target in found if relation == "installs"}
    assert installed == {"file:requirements/serve.txt"}


def test_of_several_copied_files_the_named_one_is_installed(tmp_path: Path) -> None:
    found = links(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\nCOPY . /app/\nRUN pip install -r /app/b/requirements.txt\n",
            "a/requirements.txt": "torch==2.5.1\n",
            "b/requirements.txt": "fastapi==0.115.6\n",
        },
    )
    assert {target for _, relation, target in found if relation == "installs"} == {"file:b/requirements.txt"}


def test_only_installers_install(tmp_path: Path) -> None:
    workflow = (
        "on: push\njobs:\n  ship:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: docker build -f Dockerfile -t api .\n      - run: kubectl apply -f k8s.yaml\n"
        "      - run: pip install -r requirements.txt\n"
    )
    found = links(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\n",
            "k8s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}}\n",
            "requirements.txt": "fastapi==0.115.6\n",
            ".github/workflows/ship.yml": workflow,
        },
    )
    assert {target for _, relation, target in found if relation == "installs"} == {"file:requirements.txt"}
