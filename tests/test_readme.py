"""The README tells the truth: its example is what the tool says, its files and commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mlops_scan import cli
from mlops_scan.cli.app import app
from mlops_scan.scanner import configfile

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize(("command", "shown"), re.findall(r"```console\n\$ mlops-scan (.+)\n([^`]*)```", README))
def test_examples_are_what_the_tool_says(
    command: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.run(shlex.split(command)) in (0, 1)
    told = capsys.readouterr().out.splitlines()
    for line in shown.splitlines():
        if line.strip() not in ("...", ""):
            assert line in told
            del told[: told.index(line) + 1]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text("utf-8")):
        assert (paper.parent / target).exists(), target


def test_named_files_and_commands_exist() -> None:
    for path in re.findall(r"`((?:tests|fixtures|docs)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path
    named = set(re.findall(r"^\| `mlops-scan (\w+)", README, re.MULTILINE))
    assert named <= set(app.commands)
    assert {"draft", "graph", "explain", "rules"} <= named


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mlops-scan.toml").write_text(text)
    config = configfile.load(tmp_path / "mlops-scan.toml", tmp_path)
    assert config.select == ("serving", "missing-*")
    assert config.ignores[0].rule == "single-replica"
