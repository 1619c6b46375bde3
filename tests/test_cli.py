"""The command line: exit codes, what goes to which stream, and complaints that come all at once."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_scan import __version__, cli
from mlops_scan.cli import scanning, settings, terminal
from mlops_scan.cli.settings import Options, RejectedError
from mlops_scan.reports.base import Report
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Confidence, Finding, Location, Note, Place, Profile, Severity
from mlops_scan.scanner.result import Coverage, Result
from tests.slowness import in_time

Run = Callable[..., tuple[int, str, str]]


class Text(Report):
    format = "text"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        return f"text color={color} width={width} findings={len(result.open_findings)}\n"


class Json(Text):
    format = "json"


class Sarif(Text):
    format = "sarif"


class Concise(Text):
    format = "concise"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        return "".join(f"{finding.at}: {finding.message}\n" for finding in result.open_findings)


def result(*levels: Severity, unreadable: tuple[Note, ...] = ()) -> Result:
    findings = tuple(
        Finding("a-rule", "m", (Place(Location("f.py", line)),), level, Confidence.HIGH, "serving", "s")
        for line, level in enumerate(levels, start=1)
    )
    coverage = Coverage(files=1, unreadable=unreadable)
    return Result("name", ".", Profile(), (), (), findings, (), (), coverage, ())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Run the command line in an empty folder; the environment holds nothing that speaks to it."""
    for name in list(os.environ):
        if name.startswith("MLOPS_SCAN") or name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
            monkeypatch.delenv(name)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    yield call


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Config]]:
    """Replace scan and reports; returns the configurations with which a scan was asked for."""

    def install(told: Result) -> list[Config]:
        seen: list[Config] = []

        def scan(_options: Options, config: Config, *, linked: bool = True) -> Result:
            seen.append(config)
            return told

        monkeypatch.setattr(scanning, "scan", scan)
        monkeypatch.setattr(scanning, "reports", lambda: {r.format: r for r in (Text, Json, Sarif, Concise)})
        return seen

    return install


ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@pytest.mark.parametrize(
    ("found", "arguments", "code"),
    [
        ([], [], 0),
        ([ERROR], [], 1),
        ([WARNING, NOTE], [], 0),
        ([WARNING], ["--fail-on", "warning"], 1),
        ([NOTE], ["--fail-on", "warning"], 0),
        ([ERROR], ["--fail-on", "never"], 0),
        ([ERROR], ["--exit-zero"], 0),
        ([ERROR], ["--format", "sarif"], 0),
        ([ERROR], ["--format", "json"], 0),
        ([ERROR], ["--format", "json", "--fail-on", "error"], 1),
        ([ERROR], ["--output", "json=out.json"], 1),
    ],
)
def test_exit_codes(run: Run, fake: Callable[..., Any], found: list[Severity], arguments: list[str], code: int) -> None:
    fake(result(*found))
    assert run(*arguments)[0] == code
    assert run("check", ".", *arguments)[0] == code


def test_ignored_findings_do_not_fail(run: Run, fake: Callable[..., Any]) -> None:
    told = result(ERROR)
    fake(replace(told, findings=(replace(told.findings[0], suppressed="known"),)))
    assert run(".")[0] == 0


def test_strict_fails_on_what_could_not_be_read(run: Run, fake: Callable[..., Any]) -> None:
    fake(result(unreadable=(Note(Location("a.yaml"), "broken"),)))
    assert run(".")[0] == 0
    code, _, errors = run("--strict", "--exit-zero")
    assert code == 2
    assert "--strict" in errors


def test_one_scan_writes_many_reports(run: Run, fake: Callable[..., Any]) -> None:
    seen = fake(result(NOTE))
    code, out, errors = run("--output", "json=a.json", "--output", "concise=b.txt")
    assert (code, errors, len(seen)) == (0, "", 1)
    assert out.startswith("text color=False width=100")
    assert Path("b.txt").read_text() == "f.py:1: m\n"
    assert Path("a.json").read_text().startswith("text color=False")


def test_a_dash_is_stdout(run: Run, fake: Callable[..., Any]) -> None:
    fake(result(ERROR))
    code, out, _ = run("--output", "concise=-", "--output", "json=a.json")
    assert (code, out) == (1, "f.py:1: m\n")
    assert not Path("-").exists()
    code, _, errors = run("--output", "json=-", "--format", "concise")
    assert (code, errors) == (2, "error: --output: stdout takes one report, not concise and json\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_no_fault_of_ours(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mlops_scan", str(tmp_path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "error: the output cannot be written: No space left on device\n")


def test_a_file_that_cannot_be_written(run: Run, fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fake(result(ERROR))

    def refuse(self: Path, data: bytes) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    code, _, errors = run("--output", "json=a.json")
    assert (code, errors) == (2, "error: --output a.json: cannot be written: Permission denied\n")


def test_every_complaint_at_once(run: Run, fake: Callable[..., Any]) -> None:
    seen = fake(result())
    Path("mlops-scan.toml").write_text("jobz = 3\n")
    Path("folder").mkdir()
    code, out, errors = run(
        "--format", "jsn", "--min-severity", "hihg", "--min-confidence", "hgh", "--persona", "strct", "--jobs", "many",
        "--output", "sarif", "--output", "xml=a", "--output", "json=no/a", "--output", "json=folder",
        "--color", "alwys", "--fail-on", "nevr",
    )  # fmt: skip
    assert (code, out, seen) == (2, "", [])
    assert errors.splitlines() == [
        "error: mlops-scan.toml:1: jobz: unknown key (did you mean 'jobs'?)",
        "error: --format: no report format is called 'jsn' (did you mean 'json'?)",
        "error: --min-severity: 'hihg' is none of error, warning, note",
        "error: --min-confidence: 'hgh' is none of high, medium, low (did you mean 'high'?)",
        "error: --persona: 'strct' is none of audit, strict, regular (did you mean 'strict'?)",
        "error: --fail-on: 'nevr' is none of error, warning, note, never (did you mean 'never'?)",
        "error: --jobs: 'many' is neither a number nor 'auto'",
        "error: --color: 'alwys' is none of auto, always, never (did you mean 'always'?)",
        "error: --output: 'sarif' is not FORMAT=FILE",
        "error: --output: no report format is called 'xml'",
        "error: --output: there is no folder for 'no/a'",
        "error: --output: 'folder' is a folder",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere: no such folder"),
        (["chekc"], "did you mean the command 'check'?"),
        (["file.py"], "file.py: is a file"),
        (["--formt", "json"], "--format"),
        ([".", "too", "many"], "unexpected extra argument"),
        (["--config", "a", "--no-config"], "--config: cannot be combined with --no-config"),
        (["--config", "no.toml"], "no.toml: cannot be read"),
        (["rules", "--format", "jso"], "did you mean 'json'?"),
        (["check", "--output"], "requires an argument"),
    ],
)
def test_wrong_use(run: Run, fake: Callable[..., Any], arguments: list[str], words: str) -> None:
    fake(result())
    Path("file.py").write_text("")
    code, out, errors = run(*arguments)
    assert (code, out) == (2, "")
    assert words in errors


def test_options_win_over_the_file_and_the_environment_lies_between(
    run: Run, fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = fake(result())
    Path("mlops-scan.toml").write_text('min-severity = "warning"\nfail-on = "note"\nformat = "json"\njobs = 3\n')
    run()
    run("--jobs", "2", "--format", "concise")
    monkeypatch.setenv("MLOPS_SCAN_FORMAT", "sarif")
    monkeypatch.setenv("MLOPS_SCAN_JOBS", "5")
    run("--jobs", "auto")
    run("--no-config")
    assert [(one.min_severity, one.format, one.jobs) for one in seen] == [
        (WARNING, "json", 3),
        (WARNING, "concise", 2),
        (WARNING, "sarif", 0),
        (NOTE, "sarif", 5),
    ]
    assert [one.fail_on for one in seen] == [None, NOTE, None, None]


def test_a_format_of_the_file_is_checked(run: Run, fake: Callable[..., Any]) -> None:
    fake(result())
    Path("mlops-scan.toml").write_text('format = "sarf"\n')
    code, _, errors = run()
    assert (code, errors) == (
        2,
        "error: mlops-scan.toml: format: no report format is called 'sarf' (did you mean 'sarif'?)\n",
    )


def test_quiet_says_nothing_without_findings(run: Run, fake: Callable[..., Any]) -> None:
    fake(result())
    assert run("-q") == (0, "", "")
    fake(result(ERROR))
    assert run("-q") == (1, "f.py:1: m\n", "")
    assert run("-q", "--format", "sarif")[1].startswith("text")


def test_names_of_the_repository_are_dead_on_stderr(run: Run, fake: Callable[..., Any]) -> None:
    fake(result(unreadable=(Note(Location("a\x1b[31m\nb.yaml"), "broken \u202e"),)))
    assert "not read: a\\x1b[31m\\nb.yaml:1: broken \\u202e\n" in run("-v")[2]
    Path("mlops-scan.toml").write_text('"\\u001b[31mred" = 1\n')
    code, _, errors = run()
    assert (code, errors) == (2, "error: mlops-scan.toml:1: \\x1b[31mred: unknown key\n")


def test_verbose_speaks_on_stderr(run: Run, fake: Callable[..., Any]) -> None:
    fake(result(unreadable=(Note(Location(os.fsdecode(b"\xe9.yaml")), "broken"),)))
    _, out, errors = run("-v")
    assert "broken" not in out
    assert "not read: \\udce9.yaml:1: broken" in errors


def test_a_crash_is_one_line(run: Run, fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fake(result())

    def crash(_options: Options, _config: Config, **_given: object) -> Result:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(scanning, "scan", crash)
    code, out, errors = run(".")
    assert (code, out) == (2, "")
    assert errors.startswith("error: RuntimeError: two lines (a fault of mlops-scan")
    assert errors.count("\n") == 1
    assert "Traceback" in run("--debug")[2]


def test_an_interrupt(run: Run, fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fake(result())

    def interrupt(_options: Options, _config: Config, **_given: object) -> Result:
        raise KeyboardInterrupt

    monkeypatch.setattr(scanning, "scan", interrupt)
    assert run(".")[0] == 130


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(run: Run, flag: str) -> None:
    code, out, _ = run(flag)
    assert code == 0
    assert "--fail-on" in out
    assert "explain" in out
    assert "--version" in out
    assert run("check", flag)[0] == 0


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version(run: Run, flag: str) -> None:
    assert run(flag) == (0, f"mlops-scan {__version__}\n", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("wish", "environment", "tty", "plain"),
    [
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_color(wish: str, environment: dict[str, str], tty: bool, plain: bool) -> None:
    assert terminal.colored(wish, Terminal(), environment) is tty
    assert terminal.colored(wish, io.StringIO(), environment) is plain


def test_progress_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with terminal.Progress(True) as tell:
            assert (tell is not None) is shown
            if tell:
                tell("reading")
        assert ("reading" in stream.getvalue()) is shown
        assert stream.getvalue().endswith("\x1b[2K") is shown
    with terminal.Progress(False) as tell:
        assert tell is None


def test_selectors_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = Options(path=str(tmp_path), select=("missing-rolback,serving", "toling"), ignore=("missing-*",))
    with pytest.raises(RejectedError) as caught:
        settings.settle(options, ["text"])
    assert [str(one) for one in caught.value.complaints] == [
        "--select: no rule or concern 'missing-rolback' (did you mean 'missing-rollback'?)",
        "--select: no rule or concern 'toling' (did you mean 'tooling'?)",
    ]


def test_an_unknown_capability_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "mlops-scan.toml").write_text('[external]\nmodel-registri = "elsewhere"\nalerting = "there"\n')
    with pytest.raises(RejectedError) as caught:
        settings.settle(Options(path=str(tmp_path)), ["text"])
    assert [str(one) for one in caught.value.complaints] == [
        "mlops-scan.toml: external: no capability is called 'model-registri' (did you mean 'model-registry'?)"
    ]


def test_an_unknown_plugin_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "mlops-scan.toml").write_text('plugins = ["nobody"]\n')
    with pytest.raises(RejectedError) as caught:
        settings.settle(Options(path=str(tmp_path)), ["text"])
    assert "nobody" in str(caught.value.complaints[0])


def test_explain_and_rules(run: Run) -> None:
    code, out, _ = run("explain", "missing-rollback")
    assert code == 0
    assert out.startswith("# missing-rollback\n")
    assert "## Why is this bad?" in out
    code, out, errors = run("explain", "missing-rolback")
    assert (code, out) == (2, "")
    assert "did you mean 'missing-rollback'?" in errors
    names = [line.split()[0] for line in run("rules")[1].splitlines()]
    assert names == sorted(names)
    listed = json.loads(run("rules", "--format", "json")[1])
    assert [one["name"] for one in listed] == names
    assert {one["severity"] for one in listed} <= {"error", "warning", "note"}
    assert run("rules", "--format", "markdown")[1].count("\n# ") == len(names) - 1


def command(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "mlops_scan", *arguments], check=False, timeout=60, **more)


def test_a_real_run_is_the_same_twice(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from sklearn.svm import SVC\nSVC().fit([[0], [1]], [0, 1])\n")
    (tmp_path / os.fsdecode(b"lat\xe9in.py")).write_text("import torch\n")
    first = command(str(tmp_path), "--format", "json", capture_output=True)
    second = command(str(tmp_path), "--format", "json", "--jobs", "2", capture_output=True)
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout
    assert str(tmp_path).encode() not in first.stdout
    assert json.loads(first.stdout)["schema_version"] == 1


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import sklearn\n")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = command(str(tmp_path), stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_version_costs_little() -> None:
    """What takes time to import stays out of it."""
    heavy = "{'networkx', 'libcst', 'rich', 'jinja2', 'yaml', 'tree_sitter', 'packaging', 'importlib.metadata'}"
    program = (
        f"import sys; from mlops_scan import cli; cli.run(['--version']); print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"mlops-scan {__version__}", "[]"]
    before = os.times().children_user + os.times().children_system
    started = time.perf_counter()
    command("--version", stdout=subprocess.DEVNULL)
    assert in_time(os.times().children_user + os.times().children_system - before, 1), time.perf_counter() - started
