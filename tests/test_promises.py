"""Nothing is executed, fetched or written; the same input gives the same bytes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_scan import cli
from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config

SYSTEMS = Path(__file__).parent.parent / "fixtures" / "systems"
TRAP = """import os, pathlib
pathlib.Path(__file__).with_name("owned").touch()
os.system("touch owned")
"""
COMMANDS = {
    "text": ["check"],
    "json": ["check", "--format", "json"],
    "sarif": ["check", "--format", "sarif"],
    "draft": ["draft"],
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A system with code that would leave a trace if anything ran it, in git with hooks and a monitor."""
    root = tmp_path / "fraud-api"
    shutil.copytree(SYSTEMS / "fraud-api", root)
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "mlops_scan.py", "yaml.py", "src/__init__.py"):
        (root / name).write_text(TRAP)
    (root / "models").mkdir()
    (root / "models/fraud.pkl").write_bytes(b"cposix\nsystem\n(S'touch owned'\ntR.")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    hook = root / ".git/hooks/monitor"
    hook.write_text("#!/bin/sh\ntouch owned\n")
    hook.chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(hook)], cwd=root, check=True)
    return root


def state(root: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(root.rglob("*"))
    }


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """No socket, no program but git; yields the command lines that were run."""
    ran: list[list[str]] = []
    real = subprocess.Popen

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a scan opens no socket and starts no program")

    class Only(real):  # type: ignore[misc,valid-type]
        def __init__(self, args: Any, **more: Any) -> None:
            assert not more.get("shell")
            assert Path(args[0]).name == "git", args
            ran.append([str(word) for word in args])
            super().__init__(args, **more)

    for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("system", "popen", "execv", "execve", "execvp", "posix_spawn", "posix_spawnp", "startfile"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(subprocess, "Popen", Only)
    yield ran


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_scan_runs_fetches_and_writes_nothing(
    repository: Path, sealed: list[list[str]], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before, loaded = state(repository), set(sys.modules)
    assert cli.run([*arguments, str(repository), "--jobs", "1"]) in (0, 1)
    assert "training-serving-mismatch" in capsys.readouterr().out
    assert state(repository) == before
    assert all("core.hooksPath=/dev/null" in ran and "core.fsmonitor=false" in ran for ran in sealed)
    assert all("ls-files" in ran for ran in sealed)
    assert sealed
    files = {str(getattr(sys.modules[name], "__file__", "")) for name in set(sys.modules) - loaded}
    assert not [file for file in files if file.startswith(str(repository))]


def test_started_inside_the_repository_nothing_of_it_is_imported(repository: Path) -> None:
    """The folder has modules that are named as ours and as what we import."""
    before = state(repository)
    script = Path(sys.executable).with_name("mlops-scan")
    if not script.is_file():
        pytest.skip("mlops-scan is not installed as a program")
    done = subprocess.run([script, "."], cwd=repository, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert state(repository) == before


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_the_same_bytes_again(tmp_path: Path, arguments: list[str]) -> None:
    """Whatever the number of processes, the seed of hashes, the folder's place and the order of files in it."""
    one, other = tmp_path / "a" / "fraud-api", tmp_path / "b" / "fraud-api"
    shutil.copytree(SYSTEMS / "fraud-api", one)
    for path in sorted((path for path in one.rglob("*") if path.is_file()), reverse=True):
        target = other / path.relative_to(one)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def told(root: Path, seed: str, jobs: str) -> bytes:
        command = [sys.executable, "-m", "mlops_scan", *arguments, str(root), "--jobs", jobs, "--no-config"]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
        assert done.stderr == b""
        assert str(tmp_path).encode() not in done.stdout
        return done.stdout.rpartition(b" in ")[0] if arguments == ["check"] else done.stdout  # the text tells seconds

    first = told(one, "0", "1")
    assert first
    assert told(one, "1", "2") == told(other, "2", "1") == first


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    shutil.copytree(SYSTEMS / "fraud-api", tmp_path / "outside")
    root = tmp_path / "inside"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "train.py").symlink_to(tmp_path / "outside/src/train.py")
    result = scan(root, Config(jobs=1))
    assert (result.profile.is_ml, result.findings) == (False, ())
