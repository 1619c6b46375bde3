"""Repositories to report on: the systems under fixtures/, and a hostile one that no file system should have."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.result import Result

SYSTEMS = Path(__file__).parent.parent.parent / "fixtures" / "systems"
NAMES = ("fraud-api", "tabular-library", "web-app", "hostile")

SERVICE = """import joblib
from fastapi import FastAPI
from sklearn.linear_model import Ridge

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
def predict(x: float) -> float:
    return model.predict([[x]])[0]


def train(x, y):
    joblib.dump(Ridge().fit(x, y), "model.joblib")
"""
EVIL = (
    "**bold** `code` <img src=x onerror=alert(1)> [click](https://evil.example/x) ![i](https://evil.example/i.png)"
    ' https://evil.example/y www.evil.example | pipe "quote" \\u001b[31mred\\u001b[0m \\u202egnp.exe \\u2028 %%{init}%%'
    " ::error::owned $x$ &lt;b&gt; <!-- c --> #quot; ```"
)
FILES = (
    "plain.py",
    "pipe|name.py",
    "back`tick``.py",
    "<script>alert(1)<br>.py",
    "[click](javascript:alert(1)).py",
    "![x](https:evil).py",
    "esc\x1b]0;owned\x07\x1b[31m.py",
    "new\nline\r.py",
    "bidi\u202eyp.exe\u2066.py",
    "zero\u200bwidth\ufeff.py",
    "# heading.py",
    "- item.py",
    "1. item.py",
    "c1\x9b31m.py",
    "\"quoted\" and 'single'.py",
    "-->.py",
    "%20percent%.py",
    "$(touch owned).py",
    "--version.py",
    os.fsdecode(b"latin\xe9.py"),
    "emoji\U0001f600.py",
    "tag\U000e0041.py",
)


def hostile(root: Path) -> None:
    """Names and contents that would be live in a terminal, a page, a diagram or a link."""
    root.mkdir(parents=True)
    for name in FILES:
        (root / name).write_text(SERVICE, encoding="utf-8")
    text = EVIL.encode().decode("unicode_escape").encode("utf-8", "replace").decode()
    quoted = EVIL.replace('"', '\\"')
    (root / "k8s.yaml").write_text(
        f'apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: "{quoted}"}}\nspec:\n  replicas: 1\n  template:\n'
        f'    spec:\n      containers:\n        - name: "{quoted}"\n          image: "evil/{quoted}:latest"\n'
        f'          command: ["uvicorn", "plain:app", "{quoted}"]\n'
    )
    cell = f'{{"cell_type": "code", "source": ["import torch\\ntorch.load(\'\\ud800{quoted.replace("`", "")}\')"]}}'
    (root / "book.ipynb").write_text(f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}')
    (root / "broken.yaml").write_text(f"apiVersion: v1\nkind: [ {text.splitlines()[0]}\n", encoding="utf-8")
    (root / "Dockerfile").write_text(
        "FROM evil/`code`<b>[x](y):latest\nCOPY . .\nRUN pip install -r requirements.txt\n"
    )
    (root / "requirements.txt").write_text("fastapi\njoblib<script>\nscikit-learn [x](https://evil.example)\n")
    (root / ".env").write_text(f"API_KEY='{quoted}'\n")


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> a copy outside of this repository's own git."""
    folder = tmp_path_factory.mktemp("systems")
    for name in NAMES[:-1]:
        shutil.copytree(SYSTEMS / name, folder / name)
    hostile(folder / "# hostile [x](https:evil)\u202e")
    return {name: next(path for path in folder.iterdir() if name in path.name) for name in NAMES}


@pytest.fixture(scope="session")
def results(systems: dict[str, Path]) -> dict[str, Result]:
    return {name: scan(root, Config(jobs=1)) for name, root in systems.items()}


@pytest.fixture(scope="session", params=NAMES)
def result(request: pytest.FixtureRequest, results: dict[str, Result]) -> Result:
    """Each system's result in turn."""
    return results[request.param]


@pytest.fixture
def commit() -> Callable[[Path], None]:
    """Make a folder a git repository with everything in it committed."""

    def run(root: Path) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all"]):
            subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)

    return run
