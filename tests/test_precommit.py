"""Our hooks under the real pre-commit, in a scratch repository: when they run, what stops a commit, what they leave."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sys.executable).parent
PRE_COMMIT = shutil.which("pre-commit", path=f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}")
INSTALLS = "MLOPS_SCAN_TEST_INSTALL"

pytestmark = [
    pytest.mark.skipif(PRE_COMMIT is None, reason="SKIPPED: pre-commit is not installed, our hooks were NOT tested"),
    pytest.mark.skipif(shutil.which("git") is None, reason="SKIPPED: git is not installed, our hooks were NOT tested"),
]

SERVED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: model}
spec:
  replicas: 2
  selector: {matchLabels: {app: model}}
  template:
    metadata: {labels: {app: model}}
    spec:
      containers:
        - name: model
          image: vllm/vllm-openai:v0.6.0
          resources: {limits: {nvidia.com/gpu: 1}}
"""
PRIVILEGED = SERVED + "          securityContext: {privileged: true}\n"


class Scratch:
    """A repository whose commits go through our hooks, and the tool's repository that offers them."""

    def __init__(self, folder: Path, *, install: bool) -> None:
        self.root, self.tool = folder / "repo", folder / "tool"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment |= {
            "PRE_COMMIT_HOME": str(folder / "cache"),
            "PATH": f"{SCRIPTS}{os.pathsep}{self.environment['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }
        self._offer(install)
        self.root.mkdir()
        self.run("git", "init", "-q", "-b", "main")

    def _offer(self, install: bool) -> None:
        """Our manifest at a commit. Without `install`, the tool in use here stands for a freshly installed one."""
        self.tool.mkdir()
        manifest = (ROOT / ".pre-commit-hooks.yaml").read_text()
        if install:
            for name in ("pyproject.toml", "README.md", "LICENSE"):
                shutil.copy(ROOT / name, self.tool)
            shutil.copytree(ROOT / "mlops_scan", self.tool / "mlops_scan")
        else:
            manifest = manifest.replace("language: python", "language: system")
        (self.tool / ".pre-commit-hooks.yaml").write_text(manifest)
        for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "offer")):
            self.run("git", *words, at=self.tool)

    def run(self, *words: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=at or self.root, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def use(self, *lines: str, hook: str = "mlops-scan") -> None:
        revision = self.run("git", "rev-parse", "HEAD", at=self.tool).stdout.strip()
        extra = "".join(f"        {line}\n" for line in lines)
        (self.root / ".pre-commit-config.yaml").write_text(
            f"repos:\n  - repo: {self.tool}\n    rev: {revision}\n    hooks:\n      - id: {hook}\n{extra}"
        )
        assert PRE_COMMIT is not None
        assert self.run(PRE_COMMIT, "install").returncode == 0

    def commit(self, **files: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (self.root / name.replace("__", ".")).write_text(text)
        self.run("git", "add", "-A")
        return self.run("git", "commit", "-m", "change")


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path, install=False)


def test_the_manifest_is_valid() -> None:
    assert PRE_COMMIT is not None
    manifest = ROOT / ".pre-commit-hooks.yaml"
    assert subprocess.run([PRE_COMMIT, "validate-manifest", manifest], check=False).returncode == 0


def test_an_error_stops_the_commit(scratch: Scratch) -> None:
    scratch.use()
    done = scratch.commit(deploy__yaml=PRIVILEGED)
    assert done.returncode == 1
    assert "privileged-container" in done.stderr
    assert scratch.run("git", "log").returncode != 0
    assert scratch.commit(deploy__yaml=SERVED).returncode == 0


def test_prose_does_not_start_it(scratch: Scratch) -> None:
    scratch.use()
    scratch.commit(deploy__yaml=SERVED)
    done = scratch.commit(README__md="# words\n")
    assert done.returncode == 0
    assert "(no files to check)Skipped" in done.stderr


def test_own_arguments_replace_nothing_that_matters(scratch: Scratch) -> None:
    scratch.use("args: [--fail-on, never]")
    done = scratch.commit(deploy__yaml=PRIVILEGED)
    assert done.returncode == 0
    assert "Passed" in done.stderr
    scratch.use("args: [--select, missing-resource-limits, --fail-on, warning]")
    assert scratch.commit(
        deploy__yaml=SERVED.replace("          resources: {limits: {nvidia.com/gpu: 1}}\n", "")
    ).returncode


def test_what_is_staged_is_judged_and_nothing_is_changed(scratch: Scratch) -> None:
    scratch.use()
    assert scratch.commit(deploy__yaml=SERVED, other__py="x = 1\n").returncode == 0
    (scratch.root / "other.py").write_text("x = 2\n")
    scratch.run("git", "add", "other.py")
    (scratch.root / "deploy.yaml").write_text(PRIVILEGED)
    done = scratch.run("git", "commit", "-m", "only other.py")
    assert done.returncode == 0, done.stderr
    assert (scratch.root / "deploy.yaml").read_text() == PRIVILEGED
    assert scratch.run("git", "status", "--porcelain").stdout == " M deploy.yaml\n"


def test_the_full_report_runs_by_hand_only(scratch: Scratch) -> None:
    scratch.use(hook="mlops-scan-manual")
    assert scratch.commit(deploy__yaml=PRIVILEGED).returncode == 0
    assert PRE_COMMIT is not None
    done = scratch.run(PRE_COMMIT, "run", "--hook-stage", "manual", "--all-files")
    assert done.returncode == 0
    assert "privileged-container" in done.stdout


@pytest.mark.skipif(not os.environ.get(INSTALLS), reason=f"SKIPPED: installs the tool; set {INSTALLS}=1 to test that")
def test_it_installs_from_its_repository(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path, install=True)
    scratch.environment["PATH"] = scratch.environment["PATH"].replace(f"{SCRIPTS}{os.pathsep}", "")
    scratch.use()
    done = scratch.commit(deploy__yaml=PRIVILEGED)
    assert done.returncode == 1
    assert "privileged-container" in done.stderr
