"""The words of a command without what merely starts it: keywords, assignments, sudo, env, `uv run`, `npx` ..."""

from __future__ import annotations

import re

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*)?\Z")
_PIP = re.compile(r"pip\d+(?:\.\d+)?\Z")
_BIN = ("bin", "sbin", ".bin", "Scripts")
_KEYWORDS = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "time", "esac", "coproc", "&")
)
_WRAPPED = 40  # assignments and wrappers before a program
_LOOPS = frozenset(("for", "select", "case", "function"))  # their words start nothing
# wrapper -> its options that take a value, and how many words follow before the command
_WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    "sudo": (frozenset(("-u", "-g", "-p", "-C", "-h", "-D", "-R", "-T", "-U", "-r", "-t", "--user", "--group")), 0),
    "doas": (frozenset(("-u", "-C")), 0),
    "exec": (frozenset(("-a",)), 0),
    "nohup": (frozenset(), 0),
    "setsid": (frozenset(), 0),
    "env": (frozenset(("-u", "--unset", "-C", "--chdir")), 0),
    "command": (frozenset(), 0),
    "builtin": (frozenset(), 0),
    "nice": (frozenset(("-n",)), 0),
    "ionice": (frozenset(("-c", "-n")), 0),
    "numactl": (frozenset(("-C", "-N", "-m", "-i", "-p")), 0),
    "taskset": (frozenset(), 1),
    "stdbuf": (frozenset(("-o", "-e", "-i")), 0),
    "unbuffer": (frozenset(), 0),
    "xargs": (frozenset(("-n", "-I", "-P", "-L", "-d", "-a", "-s", "-E")), 0),
    "timeout": (frozenset(("-s", "-k", "--signal", "--kill-after")), 1),
    "flock": (frozenset(("-w", "-E")), 1),
    "gosu": (frozenset(), 1),
    "su-exec": (frozenset(), 1),
    "tini": (frozenset(("-p", "-e")), 0),
    "dumb-init": (frozenset(("-r",)), 0),
    "catchsegv": (frozenset(), 0),
    "xvfb-run": (frozenset(("-n", "-s", "-e", "-f")), 0),
    "winpty": (frozenset(), 0),
}
_UV = frozenset(
    [
        "--with",
        "--with-editable",
        "--with-requirements",
        "--group",
        "--extra",
        "--only-group",
        "--no-group",
        "--no-extra",
        "--python",
        "-p",
        "--env-file",
        "--project",
        "--directory",
        "--package",
        "--index",
        "--default-index",
        "--index-url",
        "--extra-index-url",
        "--config-file",
        "--cache-dir",
        "--color",
        "--refresh-package",
        "--from",
        "--isolated-package",
        "-C",
        "--constraints",
        "--overrides",
        "-w",
    ]
)
_NODE = frozenset(("-p", "--package", "-c", "--call"))
# runner -> (the words that make it run something, options that take a value); 'uv run X', 'poetry run X', 'npx X'
_RUNNERS: dict[str, tuple[tuple[tuple[str, ...], ...], frozenset[str]]] = {
    "uv": ((("run",), ("tool", "run")), _UV),
    "uvx": (((),), _UV),
    "pipx": ((("run",),), frozenset(("--spec", "--python", "--pip-args"))),
    "poetry": ((("run",),), frozenset(("-C", "--directory", "-P", "--project"))),
    "pdm": ((("run",),), frozenset(("-p", "--project"))),
    "pipenv": ((("run",),), frozenset()),
    "hatch": ((("run",),), frozenset(("-e", "--env"))),
    "rye": ((("run",),), frozenset(("-p", "--pyproject"))),
    "pixi": ((("run",), ("exec",)), frozenset(("-e", "--environment", "--manifest-path", "-s", "--spec"))),
    "conda": ((("run",),), frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))),
    "mamba": ((("run",),), frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))),
    "micromamba": ((("run",),), frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))),
    "coverage": ((("run",),), frozenset(("--source", "--omit", "--include", "--rcfile", "--data-file", "--context"))),
    "npx": (((),), _NODE),
    "bunx": (((),), frozenset()),
    "pnpm": ((("exec",), ("dlx",)), frozenset(("-C", "--dir", "--filter"))),
    "yarn": ((("exec",), ("dlx",)), _NODE),
    "bundle": ((("exec",),), frozenset()),
}
_PYTHON_RUNNERS = frozenset(("uv", "coverage"))  # they start Python for '-m module' and for a script
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh"))
_SHELL_VALUES = frozenset(("-o", "-O", "+o", "+O", "--rcfile", "--init-file"))
_WINDOWS_SHELLS = frozenset(("pwsh", "powershell"))
_SSH_VALUES = frozenset(f"-{letter}" for letter in "bcDEeFIiJLlmOopQRSWw")
# programs that hand what follows '--' to the shell, and mean something themselves
_DASHED = frozenset(
    ("doppler", "dotenv", "dotenvx", "infisical", "op", "aws-vault", "chamber", "envconsul", "dockerize")
) | frozenset(("wait-for-it.sh", "wait-for-it", "wait-for.sh", "wait-for"))


def unwrap(words: list[str]) -> list[str]:
    """The words without keywords, assignments and wrappers (sudo, uv run, poetry run ...); the program by its name."""
    rest = words
    for _ in range(_WRAPPED):
        if not rest:
            return []
        first = rest[0]
        program = _program(first)
        if first in _LOOPS or (len(rest) == 2 and rest[1] == "()"):
            return []
        if first in _KEYWORDS:
            rest = rest[2:] if first == "time" and rest[1:2] == ["-p"] else rest[1:]
        elif _ASSIGNMENT.match(first):
            rest = rest[1:]
        elif program in _WRAPPERS:
            values, operands = _WRAPPERS[program]
            rest = _without_options(rest[1:], values)[operands:]
        elif program in _RUNNERS and (started := _started(program, rest)):
            rest = started
        else:
            return [program, *rest[1:]]
    return rest


def _started(runner: str, words: list[str]) -> list[str]:
    """What a runner starts, or nothing when it does something else."""
    forms, values = _RUNNERS[runner]
    rest = _without_options(words[1:], values)
    form = next((one for one in forms if tuple(rest[: len(one)]) == one), None)
    if form is None:
        return []
    rest = _without_options(rest[len(form) :], values, keep="-m" if runner in _PYTHON_RUNNERS else "")
    if not rest:
        return []
    if runner in _PYTHON_RUNNERS and (rest[0] in ("-m", "--module") or rest[0].endswith(".py")):
        return ["python", *(("-m", *rest[1:]) if rest[0] == "--module" else rest)]
    name, at, _ = rest[0].rpartition("@")  # 'npx cdk@2', 'uvx ruff@latest'
    return [name, *rest[1:]] if at and name and forms == ((),) else rest


def _without_options(words: list[str], with_value: frozenset[str], keep: str = "") -> list[str]:
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] != "--":
        if keep and words[index] in (keep, "--module"):
            return words[index:]
        index += 2 if words[index] in with_value else 1
    if index < len(words) and words[index] == "--":
        index += 1
    return words[index:]


def _program(word: str) -> str:
    """`/usr/bin/python3` is python, `.venv/bin/pytest` pytest; a script keeps its path."""
    home, _, program = word.rpartition("/")
    above, _, folder = home.rpartition("/")
    environment = above.rpartition("/")[2]
    installed = folder in _BIN and (
        above.startswith(("/", "$", "~")) or "env" in environment or above.endswith("node_modules")
    )
    name = (program if installed and program else word).removesuffix(".exe")
    if word.startswith("/") and "/" not in word[1:]:
        name = name[1:]
    return "python" if _PYTHON.match(name) else "pip" if _PIP.match(name) else name


def inline_script(argv: list[str]) -> str | None:
    """The script that a command hands to a shell: `bash -c '...'`, `eval ...`, `su - user -c '...'`."""
    program = argv[0].rsplit("/", 1)[-1]
    if program == "eval":
        return " ".join(argv[1:])
    if program == "su":
        return argv[argv.index("-c") + 1] if "-c" in argv[:-1] else None
    if program in _WINDOWS_SHELLS:
        return next(
            (" ".join(argv[at + 1 :]) for at, word in enumerate(argv) if word.lower() in ("-command", "-c")), None
        )
    return _shell_script(argv) if program in _SHELLS else None


def _shell_script(argv: list[str]) -> str | None:
    index, script = 1, False
    while index < len(argv) and argv[index][:1] in ("-", "+") and argv[index] != "--":
        option = argv[index]
        script = script or (option.startswith("-") and not option.startswith("--") and "c" in option)
        if option in _SHELL_VALUES or (option.startswith("-") and not option.startswith("--") and option.endswith("o")):
            index += 1
        index += 1
    return argv[index] if script and index < len(argv) else None


def remote_words(argv: list[str]) -> list[str]:
    """The command that `ssh host ...` or `doppler run -- ...` starts besides itself; one word is a script."""
    if argv[0] == "ssh":
        index = 1
        while index < len(argv) and argv[index].startswith("-"):
            index += 2 if argv[index] in _SSH_VALUES else 1
        rest = argv[index + 1 :]
        return [" ".join(rest)] if rest else []
    if argv[0].rsplit("/", 1)[-1] in _DASHED and "--" in argv[:-1]:
        return argv[argv.index("--") + 1 :]
    return []
