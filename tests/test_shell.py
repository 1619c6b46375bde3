"""Shell text becomes the programs it starts, in linear time whatever the text."""

from __future__ import annotations

import time

import pytest

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import shell


def argvs(text: str) -> list[str]:
    return [" ".join(command.argv) for command in shell.commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b || c; d & e | f |& g", ["a", "b", "c", "d", "e", "f", "g"]),
        ("python \\\n  train.py \\\n  --lr 1", ["python train.py --lr 1"]),
        ("pip install 'a b' \"c d\" e\\ f", ["pip install a b c d e f"]),
        ("echo 'it''s' # it's", ["echo its"]),
        ("echo a#b # c", ["echo a#b"]),
        ("run > out.log 2>&1 < in.txt", ["run"]),
        ("run &> all.log && next", ["run", "next"]),
        ("if test -f x; then a; elif b; then c; else d; fi", ["test -f x", "a", "b", "c", "d"]),
        ("for f in $(ls m); do use $f; done", ["ls m", "use $f"]),
        ("for ((i=0;i<3;i++)); do a; done", ["a"]),
        ("while read l; do a $l; done < f", ["read l", "a $l"]),
        ("until curl x; do sleep 1; done", ["curl x", "sleep 1"]),
        ("{ a; b; } > f", ["a", "b"]),
        ("(a; b) && c", ["a", "b", "c"]),
        ("f() { a; }\nfunction g { b; }\nf", ["a", "b", "f"]),
        ("case $1 in\n x|y) a;;\n (z) b ;;\n *) c\nesac\nd", ["a", "b", "c", "d"]),
        ("case $x in a) b;; esac; c", ["b", "c"]),
        ("[[ $a < 1 && -f b ]] && exit 1", ["[[ $a < 1 && -f b ]]", "exit 1"]),
        ("(( a < 1 )) || b", ["(( a < 1 ))", "b"]),
        ("A=1 B=$(c d) e", ["c d", "e"]),
        ("ID=$(az ml job create -f j.yml)", ["az ml job create -f j.yml"]),
        ('echo "$(a "$(b c)")"', ["b c", "a $(b c)", 'echo $(a "$(b c)")']),
        ("diff <(a b) <(c d)", ["a b", "c d", "diff <(a b) <(c d)"]),
        ("x=`a b`", ["a b"]),
        ("arr=(a b c); d", ["d"]),
        ("echo ${A:-\"b c\"} ${{ secrets.X || 'y }' }}", ["echo ${A:-\"b c\"} ${{ secrets.X || 'y }' }}"]),
        ("echo $((1 + 2))", ["echo $((1 + 2))"]),
        ("echo a\\\nb", ["echo ab"]),
    ],
)
def test_commands_are_split(text: str, expected: list[str]) -> None:
    assert argvs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sudo -E -u me FOO=1 timeout -k 5 10m python3.11 -m pip install x", "python -m pip install x"),
        ("env -i A=b nohup nice -n 10 a", "a"),
        ("/usr/bin/python3 a.py", "python a.py"),
        (".venv/bin/pytest -q", "pytest -q"),
        ("$VENV/bin/python a.py", "python a.py"),
        ("scripts/deploy.sh prod", "scripts/deploy.sh prod"),
        ("./bin/run", "./bin/run"),
        ("bin/deploy", "bin/deploy"),
        ("uv run train.py", "python train.py"),
        ("uv run -m pytest", "python -m pytest"),
        ("uv run --with x --extra y python -m a", "python -m a"),
        ("uv --directory d run a", "a"),
        ("uv pip install x", "uv pip install x"),
        ("uvx ruff@latest check .", "ruff check ."),
        ("npx --yes @scope/tool@1 go", "@scope/tool go"),
        ("poetry run a --b", "a --b"),
        ("poetry install", "poetry install"),
        ("conda run -n env --no-capture-output python a.py", "python a.py"),
        ("coverage run -m pytest", "python -m pytest"),
        ("xargs -I {} -P 4 python {}", "python {}"),
        ("pip3 install x", "pip install x"),
        ("time -p a", "a"),
        ("! a", "a"),
    ],
)
def test_wrappers_come_off(text: str, expected: str) -> None:
    assert argvs(text) == [expected]


def test_inner_shells_are_opened() -> None:
    assert argvs("bash -lc 'cd /app && python a.py'") == ["cd /app", "python a.py"]
    assert argvs("bash -eo pipefail -c 'a | b'") == ["a", "b"]
    assert argvs("sh script.sh -c x") == ["sh script.sh -c x"]
    assert argvs('eval "a b"') == ["a b"]
    assert argvs("ssh -i k me@host 'cd x && docker compose up -d'") == [
        "ssh -i k me@host cd x && docker compose up -d",
        "cd x",
        "docker compose up -d",
    ]
    assert argvs("doppler run -- uvicorn a:b") == ["doppler run -- uvicorn a:b", "uvicorn a:b"]
    assert [one.argv for one in shell.from_argv(["/bin/sh", "-c", "a\nb c"])] == [("a",), ("b", "c")]
    assert [one.line for one in shell.from_argv(["/bin/sh", "-c", "a\nb c"])] == [0, 1]


def test_here_documents_are_no_commands_except_for_a_shell() -> None:
    text = "cat <<EOF | kubectl apply -f -\nit's: \"broken\nEOF\nbash <<'X'\n  vllm serve a\nX\nlast"
    found = shell.commands(text)
    assert [(" ".join(one.argv), one.line) for one in found] == [
        ("cat", 0),
        ("kubectl apply -f -", 0),
        ("bash", 3),
        ("vllm serve a", 4),
        ("last", 6),
    ]


def test_lines_offsets_and_raw_text() -> None:
    text = "a\n\n  b \\\n    c\nd 'x\ny' && e\n"
    found = shell.commands(text)
    assert [(one.argv[0], one.line) for one in found] == [("a", 0), ("b", 2), ("d", 4), ("e", 5)]
    assert [text[one.offset] for one in found] == ["a", "b", "d", "e"]
    assert found[1].raw == "b \\\n    c"


def test_working_directory_and_ignored_failures() -> None:
    found = shell.commands("cd a/b\nx || true\n(cd ../c; y)\nz || exit 1\ncd $D; q\nf() { cd e; }\n")
    assert [(one.argv[0], one.cwd, one.soft) for one in found if one.argv[0] not in ("cd", "true", "exit")] == [
        ("x", "a/b", True),
        ("y", "a/c", False),
        ("z", "a/b", False),
        ("q", None, False),
    ]


def test_pushd_comes_back() -> None:
    found = shell.commands("pushd a; pushd b; x; popd; y; popd; z; popd; q")
    assert [one.cwd for one in found if one.argv[0] in "xyzq"] == ["a/b", "a", "", None]


def test_macros_of_make_and_azure_are_variables() -> None:
    assert [one.argv for one in shell.commands("a $(NAME) $(b c)", macros=True)] == [
        ("b", "c"),
        ("a", "$(NAME)", "$(b c)"),
    ]


def test_what_does_not_close_costs_only_itself() -> None:
    assert argvs("a 'b\nc d\n")[-1] == "c d"
    assert argvs("a $(b\nc d\n")[-1] == "c d"
    assert argvs('a "b\nc d\n')[-1] == "c d"


@pytest.mark.parametrize(
    "text",
    [
        "'" * 1_000_001,
        '"' * 1_000_001,
        "'\"" * 500_000,
        "(" * 100_000,
        "(" * 50_000 + ")x" * 50_000,
        ")" * 100_000,
        "$(" * 200_000,
        '"$(' * 200_000,
        "${" * 200_000,
        "`" * 500_001,
        "\0" * 1_000_000,
        "\\" * 999_999,
        "<<a\n" * 100_000,
        "".join(f"<<a{number}\n" for number in range(60_000)),
        "case a in " * 50_000,
        "[[ " * 200_000,
        "sudo " * 100_000,
        "x=$(a b)" * 50_000,
        "bash -c '" * 50_000,
        "$(" * 50_000 + ")" * 50_000,
        ";a" * 300_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_hostile_text_is_linear(text: str) -> None:
    started = time.process_time()
    assert len(shell.commands(text)) <= 5 * bounds.SHELL_COMMANDS
    assert time.process_time() - started < 20  # measured below 2 s on an idle machine
