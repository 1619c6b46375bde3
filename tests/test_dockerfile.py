"""Dockerfiles: instructions, stages, images and commands, each at its exact place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import dockerfile, dockervariables
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.dispatch import Dispatch
from mlops_scan.scanner.parsers.dockerfile import DockerfileParser
from tests.slowness import in_time


def read(root: Path, text: str, name: str = "Dockerfile") -> list[Fact | Note]:
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    source = SourceFile(root, name, len(text))
    return list(DockerfileParser().parse(source, Tree(root, [source])))


def facts(items: list[Fact | Note], kind: str) -> list[Fact]:
    return [item for item in items if isinstance(item, Fact) and item.kind == kind]


def commands(items: list[Fact | Note]) -> list[tuple[str, int, int, str]]:
    return [(" ".join(f.says["argv"]), f.at.line, f.at.column, f.says["where"]) for f in facts(items, "command")]


def test_stages_images_and_users(tmp_path: Path) -> None:
    text = """# syntax=docker/dockerfile:1
ARG TAG=latest
ARG VERSION
FROM --platform=$BUILDPLATFORM python:${TAG} AS Base
USER app
ENV A=1 \\
    # a comment inside
    B="two words"
FROM base
COPY --from=ghcr.io/o/tool:latest /x /y
COPY --chown=a:b one two /dst/
EXPOSE 8080
FROM node:${VERSION}-slim as web
FROM scratch
COPY --from=web /a /a
COPY --from=0 /a /a
"""
    items = read(tmp_path, text)
    images = [(f.name, f.says["tag"], f.says["role"], f.at.line, f.at.column) for f in facts(items, "image")]
    assert images == [
        ("python", "latest", "base", 4, 32),
        ("ghcr.io/o/tool", "latest", "copy", 10, 13),
        ("node", "${VERSION}-slim", "base", 13, 6),
    ]
    assert facts(items, "image")[0].says["default_tag"] == "latest"
    assert facts(items, "image")[2].says["unresolved"] is True and "default_tag" not in facts(items, "image")[2].says
    stages = facts(items, "stage")
    assert [stage.name for stage in stages] == ["Base", "1", "web", "3"]
    assert stages[1].says["from_stage"] == "Base" and stages[1].says["user"] == "app"
    assert stages[1].says["user_line"] == 5 and stages[1].says["env"] == {"A": "1", "B": "two words"}
    assert stages[1].says["copies"][1:] == [
        {"src": "one", "dst": "/dst/", "line": 11},
        {"src": "two", "dst": "/dst/", "line": 11},
    ]
    assert [stage.says["final"] for stage in stages] == [False, False, False, True]
    places = {f.name: (f.at.line, f.at.column, f.says["value"]) for f in facts(items, "env")}
    assert places["B"] == (8, 5, "two words") and places["VERSION"] == (3, 5, None)


def test_commands_stand_at_their_line(tmp_path: Path) -> None:
    text = """FROM python:3.11
ARG V=2.1
RUN --mount=type=cache,target=/c \\
    pip install torch==${V} \\
    # comment

    numpy && \\
    echo done
RUN ["pip", "install", "x"]
RUN <<EOF
pip install a

apt-get update
EOF
RUN python3 <<EOT
print("no shell")
EOT
RUN cat <<'A' > /f && pip install y
pip install never
A
RUN echo $((1<<2)) done
"""
    assert commands(read(tmp_path, text)) == [
        ("pip install torch==2.1 numpy", 4, 5, "dockerfile"),
        ("echo done", 8, 5, "dockerfile"),
        ("pip install x", 9, 5, "dockerfile"),
        ("pip install a", 11, 1, "dockerfile"),
        ("apt-get update", 13, 1, "dockerfile"),
        ("python", 15, 5, "dockerfile"),
        ("cat", 18, 5, "dockerfile"),
        ("pip install y", 18, 23, "dockerfile"),
        ("echo $((1<<2)) done", 21, 5, "dockerfile"),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('CMD ["python3", "app.py"]', [("python app.py", 2, 5, "dockerfile-cmd")]),
        ("CMD exec uvicorn app:app", [("uvicorn app:app", 2, 5, "dockerfile-cmd")]),
        ("CMD old\nCMD new", [("new", 3, 5, "dockerfile-cmd")]),
        ('ENTRYPOINT ["python"]\nCMD ["app.py"]', [("python app.py", 2, 12, "dockerfile-entrypoint")]),
        ('ENTRYPOINT ["tini", "--"]\nCMD ["python", "a.py"]', [("python a.py", 3, 5, "dockerfile-cmd")]),
        ("ENTRYPOINT python a.py\nCMD ignored", [("python a.py", 2, 12, "dockerfile-entrypoint")]),
        (
            'ENTRYPOINT ["/entrypoint.sh"]\nCMD ["serve", "x"]',
            [("entrypoint.sh serve x", 2, 12, "dockerfile-entrypoint"), ("serve x", 3, 5, "dockerfile-cmd")],
        ),
        ('CMD ["sh", "-c", "a && b"]', [("a", 2, 19, "dockerfile-cmd"), ("b", 2, 24, "dockerfile-cmd")]),
    ],
)
def test_what_a_container_starts(lines: str, expected: list[tuple[str, int, int, str]], tmp_path: Path) -> None:
    assert commands(read(tmp_path, f"FROM x:1\n{lines}\n")) == expected


def test_an_entrypoint_of_its_own_resets_the_inherited_cmd(tmp_path: Path) -> None:
    text = 'FROM x:1 AS a\nCMD ["one"]\nFROM a\nENTRYPOINT ["two"]\nFROM a\n'
    stages = facts(read(tmp_path, text), "stage")
    assert stages[1].says["entrypoint"] == ["two"] and "cmd" not in stages[1].says
    assert stages[2].says["cmd"] == ["one"]


def test_escape_directive(tmp_path: Path) -> None:
    text = "# escape=`\nFROM x:1\nWORKDIR C:\\app\\\nRUN a `\n  && b\n"
    items = read(tmp_path, text)
    assert [entry[:3] for entry in commands(items)] == [("a", 4, 5), ("b", 5, 6)]
    assert facts(items, "stage")[0].says["workdir"] == "C:\\app\\"
    late = dockerfile.read("FROM x\n# escape=`\nRUN a `\nRUN b\n")
    assert [instruction.keyword for instruction in late.instructions] == ["FROM", "RUN", "RUN"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/${A}", "1/1"),
        ("${B:-x$A}", "x1"),
        ("${A:+y}${B:+n}", "y"),
        ("\\$A ${C}", "$A ${C}"),
        ("${A#1}", "${A#1}"),
        ("${B-${A}}", "1"),
    ],
)
def test_substitution(text: str, expected: str) -> None:
    assert dockervariables.substitute(text, {"A": "1", "C": None})[0] == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Dockerfile", "", True),
        ("docker/Dockerfile.gpu", "FROM x", True),
        ("dockerfile_rag", "FROM x", True),
        ("api.dockerfile", "FROM x", True),
        ("Containerfile", "FROM x", True),
        ("docker/api", "# c\nARG A\nFROM x\nRUN y\n", True),
        ("Modelfile", "FROM llama3\nPARAMETER temperature 1\n", False),
        ("Dockerfile.md", "FROM x", False),
        ("Dockerfile.dockerignore", "*", False),
        ("README", "From here on we RUN\n", False),
    ],
)
def test_which_files_are_dockerfiles(name: str, text: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    source = SourceFile(tmp_path, name, len(text))
    assert DockerfileParser().reads(source, Tree(tmp_path, [source])) is expected
    assert not expected or Dispatch([DockerfileParser()]).candidates(name)


def test_odd_files_cost_notes(tmp_path: Path) -> None:
    assert [item.reason for item in read(tmp_path, "RUN x\n") if isinstance(item, Note)] == [
        "a Dockerfile without FROM"
    ]
    odd = read(tmp_path, "FROM x:1\nPIP install\nRUN cat <<EOT\nno end\n")
    assert [(item.at.line, item.reason) for item in odd if isinstance(item, Note)] == [
        (2, "'PIP' is no instruction"),
        (3, "heredoc 'EOT' has no end"),
        (4, "'NO' is no instruction"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "FROM x:1\n" + "ENV A=xx\n" + "ENV A=$A$A$A\n" * 60,
        "FROM a AS b\nENV X=1\n" * 20_000,
        "FROM x:1\n" + "RUN cat <<A\n" * 60_000,
        "FROM x:1\nRUN " + "a;" * 300_000,
        "FROM x:1\nRUN " + "\\\n" * 200_000,
        "FROM x:1\nRUN " + "${A:-" * 100_000,
        "FROM x:1\nCMD " + "[" * 200_000,
        "FROM x:1\nENV " + "'\"" * 200_000,
        "FROM " + "--platform=" * 50_000,
        "FROM x:1\nCOPY " + " " * 300_000,
        "\0\1\2" * 10_000,
    ],
)
def test_hostile_files_stay_cheap(text: str, tmp_path: Path) -> None:
    start = time.process_time()
    read(tmp_path, text)
    assert in_time(time.process_time() - start, 20)
