"""Sources, the tree, and which files a repository is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlops_scan.scanner import bounds, walk
from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats.gitignore import IgnoreRules

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def write(root: Path, *paths: str, text: str = "x\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def git(root: Path, *words: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=root, env=clean, check=True, capture_output=True)


def listed(root: Path, *exclude: str) -> list[str]:
    return list(walk.discover(root, exclude).tree.paths)


@pytest.fixture(params=["git", "walk"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty folder, once as a git work tree and once as nothing of the kind."""
    root = tmp_path / "repo"
    root.mkdir()
    if request.param == "git":
        if shutil.which("git") is None:
            pytest.skip("git is not installed")
        git(root, "init", "-q")
    return root


def test_text_forgives_encodings(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfa\r\nb\rc")
    (tmp_path / "wide").write_bytes("torch==2.1\n".encode("utf-16"))
    (tmp_path / "bad").write_bytes(b"a\xffb")
    assert SourceFile(tmp_path, "bom").text == "a\nb\nc"
    assert SourceFile(tmp_path, "wide").text == "torch==2.1\n"
    assert not SourceFile(tmp_path, "wide").binary
    assert SourceFile(tmp_path, "bad").text == "a\ufffdb"
    assert SourceFile(tmp_path, "gone").data == b""


def test_release_forgets_and_reads_again(tmp_path: Path) -> None:
    write(tmp_path, "a", text="one")
    source = SourceFile(tmp_path, "a")
    assert source.memo("key", lambda: source.text) == "one"
    write(tmp_path, "a", text="two")
    assert source.text == "one"
    source.release()
    assert source.memo("key", lambda: source.text) == "two"


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("a", "b", "a/b"),
        ("a/b", "../c", "a/c"),
        ("a", "../../c", None),
        ("", "..", None),
        ("a", "/etc/passwd", None),
        ("", "./a//b/.", "a/b"),
        ("a", "..", ""),
    ],
)
def test_resolve_stays_inside(folder: str, path: str, expected: str | None) -> None:
    assert resolve(folder, path) == expected


def test_under_is_a_folder_not_a_prefix(tmp_path: Path) -> None:
    tree = Tree(tmp_path, [SourceFile(tmp_path, path) for path in ("a/b", "a/c/d", "a-b/e", "a.py", "ab", "a0")])
    assert tree.under("a") == ("a/b", "a/c/d")
    assert tree.under("a/") == ("a/b", "a/c/d")
    assert tree.under("nowhere") == ()
    assert len(tree.under("")) == 6


def test_ignored_files_are_not_listed(repository: Path) -> None:
    write(repository, ".gitignore", text="*.log\n!keep.log\n/build\ndata/\n**/cache/*\n__pycache__/\n")
    write(repository, "a.log", "keep.log", "build/x", "src/build/x", "data/x", "src/data/x", "src/cache/x", "src/a.py")
    write(repository, "sub/.gitignore", text="!a.log\n/only.txt\n")
    write(repository, "sub/a.log", "sub/only.txt", "sub/deep/only.txt", "src/__pycache__/a.pyc")
    assert listed(repository) == [
        ".gitignore", "keep.log", "src/a.py", "src/build/x", "sub/.gitignore", "sub/a.log", "sub/deep/only.txt",
    ]  # fmt: skip


def test_a_copy_without_git_holds_what_was_committed(tmp_path: Path) -> None:
    """Nobody works in an archive: what a pattern ignores there was committed all the same, as git would tell."""
    write(tmp_path, ".gitignore", text="*.lock\n/models\n.venv\n__pycache__\n.ipynb_checkpoints\n")
    write(tmp_path, "uv.lock", "models/m.pkl", "sub/a.py", ".ipynb_checkpoints/a.ipynb")
    assert listed(tmp_path) == [".gitignore", "models/m.pkl", "sub/a.py", "uv.lock"]
    write(tmp_path, "sub/__pycache__/a.pyc")
    assert listed(tmp_path) == [".gitignore", "sub/a.py"]


def test_odd_names_are_listed(repository: Path) -> None:
    names = ["a b.py", "{{ x }}/y.py", "new\nline.py", "ünï.py", "Case.py", "case.py", "-dash", 'quo"te']
    write(repository, *names)
    raw = os.fsdecode(b"lat\xe9in.py")
    (repository / raw).write_text("x")
    found = walk.discover(repository).tree
    assert set(found.paths) == {*names, raw}
    source = found.get(raw)
    assert source is not None
    assert source.text == "x"


def test_installed_trees_are_left_out_and_named(repository: Path) -> None:
    write(repository, "web/node_modules/x/index.js", "env/pyvenv.cfg", "env/lib/python3/site-packages/y.py", "env/z.py")
    write(repository, "src/__pycache__/a.pyc", "infra/.terraform/m.tf", "src/a.py", "environment/b.py")
    found = walk.discover(repository)
    assert found.tree.paths == ("environment/b.py", "src/a.py")
    assert [one.path for one in found.skipped] == ["env", "infra/.terraform", "src/__pycache__", "web/node_modules"]


def test_packages_installed_beside_the_sources_are_left_out(repository: Path) -> None:
    """What `pip install -t folder` leaves there is told by the record of each package; the handler beside it is own."""
    write(repository, "fn/package/handler.py", "fn/package/acme/io.py", "fn/package/six.py", "fn/handler.py", "six.py")
    write(repository, "fn/package/acme-1.0.dist-info/METADATA")
    record = "acme/io.py,sha256=x,3\nacme-1.0.dist-info/METADATA,,\nacme-1.0.dist-info/RECORD,,\n../../six.py,,\n"
    write(repository, "fn/package/acme-1.0.dist-info/RECORD", text=record)
    write(repository, "fn/package/six-1.17.dist-info/RECORD", text='"six.py",sha256=y,3\nsix-1.17.dist-info/RECORD,,\n')
    found = walk.discover(repository)
    assert [path for path in found.tree.paths if not path.startswith(".git/")] == [
        "fn/handler.py",
        "fn/package/handler.py",
        "six.py",
    ]
    told = [(one.path, one.reason) for one in found.skipped]
    assert ("fn/package", "5 files of packages that are installed here") in told


def test_vendored_sources_can_be_looked_up_but_are_not_own(repository: Path) -> None:
    write(
        repository, "k8s/third-party/argo/install.yaml", "k8s/base/kustomization.yaml", "charts/a/charts/b/Chart.yaml"
    )
    found = walk.discover(repository)
    assert [source.path for path in found.tree.paths if (source := found.tree.get(path)) and source.own] == [
        "charts/a/charts/b/Chart.yaml",
        "k8s/base/kustomization.yaml",
    ]
    assert found.tree.get("k8s/base/../third-party/argo/install.yaml") is not None
    assert [one.path for one in found.skipped] == ["k8s/third-party"]


def test_links_stay_inside(repository: Path) -> None:
    outside = repository.parent / "outside"
    write(outside, "secret.txt")
    write(repository, "real/a.txt")
    for name, target in {
        "link.txt": "real/a.txt", "folder": "real", "out": "../outside", "out.txt": "../outside/secret.txt",
        "loop": "loop", "up": "..", "broken": "nowhere", "absolute": "/etc/passwd",
    }.items():  # fmt: skip
        (repository / name).symlink_to(target)
    found = walk.discover(repository)
    assert found.tree.paths == ("link.txt", "real/a.txt")
    link = found.tree.get("link.txt")
    assert link is not None
    assert (link.link, link.own, link.size) == ("real/a.txt", False, 2)
    assert {"out", "out.txt", "absolute", "broken", "loop", "up"} == {one.path for one in found.skipped}


def test_excluded_paths_are_counted(repository: Path) -> None:
    write(repository, "docs/a.md", "docs/deep/b.md", "src/docs/c.md", "src/a.py")
    found = walk.discover(repository, ["/docs/"])
    assert found.tree.paths == ("src/a.py", "src/docs/c.md")
    assert [one.reason for one in found.skipped] == ["2 files excluded by configuration"]


def test_pipes_are_passed_over(repository: Path) -> None:
    os.mkfifo(repository / "pipe")
    write(repository, "a.py")
    assert listed(repository) == ["a.py"]


@needs_git
def test_git_knows_better(tmp_path: Path) -> None:
    """A tracked file is listed though a pattern ignores it; one that was deleted is passed over."""
    git(tmp_path, "init", "-q")
    write(tmp_path, "model.pkl", "gone.py", "sub/a.py")
    git(tmp_path, "add", ".")
    write(tmp_path, ".gitignore", text="*.pkl\nnew/\n")
    write(tmp_path, "new/b.py", "sub/untracked.py")
    (tmp_path / "gone.py").unlink()
    assert listed(tmp_path) == [".gitignore", "model.pkl", "sub/a.py", "sub/untracked.py"]
    assert listed(tmp_path / "sub") == ["a.py", "untracked.py"]
    assert walk.git_prefix(tmp_path / "sub") == "sub"
    assert walk.git_prefix(tmp_path) == ""


@needs_git
def test_an_ignored_root_is_walked(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, ".gitignore", text="/out\n*.tmp\n")
    write(tmp_path, "out/a.py", "out/b.tmp")
    assert listed(tmp_path / "out") == ["a.py"]


@needs_git
def test_a_submodule_is_named(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, "a.py", "other/b.py")
    git(tmp_path / "other", "init", "-q")
    git(tmp_path / "other", "add", ".")
    git(tmp_path / "other", "commit", "-q", "-m", "x")
    found = walk.discover(tmp_path)
    assert found.tree.paths == ("a.py",)
    assert [one.path for one in found.skipped] == ["other"]


@needs_git
def test_git_of_the_caller_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a git hook GIT_DIR and GIT_INDEX_FILE point elsewhere."""
    write(tmp_path / "other", "wrong.py")
    git(tmp_path / "other", "init", "-q")
    write(tmp_path / "mine", "right.py")
    git(tmp_path / "mine", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert listed(tmp_path / "mine") == ["right.py"]


@needs_git
def test_the_repository_runs_nothing(tmp_path: Path) -> None:
    """Git would start the program that a repository's own configuration names."""
    git(tmp_path, "init", "-q")
    write(tmp_path, "a.py")
    program = tmp_path.parent / f"{tmp_path.name}-program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path.parent}/{tmp_path.name}-ran\n")
    program.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(program))
    assert listed(tmp_path) == ["a.py"]
    assert not (tmp_path.parent / f"{tmp_path.name}-ran").exists()


@pytest.mark.parametrize("broken", ["gitdir: /nowhere\n", "garbage"])
def test_a_broken_repository_is_walked(tmp_path: Path, broken: str) -> None:
    write(tmp_path, ".git", text=broken)
    write(tmp_path, "a.py", "b.log")
    write(tmp_path, ".gitignore", text="*.log\n")
    assert listed(tmp_path) == [".gitignore", "a.py"]


def test_an_unreadable_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        walk.discover(tmp_path / "gone")


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("**/foo", "x/foo", True),
        ("a/**", "a/b/c", True),
        ("doc/*.txt", "doc/x/y.txt", False),
        ("\\!bang", "!bang", True),
        ("sp\\ ", "sp ", True),
        ("sp   ", "sp", True),
        ("x[!ab].c", "xa.c", False),
        ("f\\*o", "foo", False),
        ("*\n!*/", "a", True),
        ("*.tar.gz", "a.b.tar.gz", True),
    ],
)
def test_patterns_mean_what_git_means(patterns: str, path: str, ignored: bool) -> None:
    assert bool(IgnoreRules(patterns).decide(path, folder=False)) is ignored


def test_a_hostile_pattern_is_no_bomb() -> None:
    rules = IgnoreRules("*a" * 60 + "b\n" + "**/" * 60 + "z")
    assert rules.decide("/".join(["a" * 120] * 12), folder=False) is None


def test_only_the_start_of_a_big_file_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(bounds.FILE_BYTES * 3)
    source = SourceFile(tmp_path, "big", bounds.FILE_BYTES * 3)
    assert source.binary
    assert "data" not in vars(source)
    assert len(source.data) == bounds.FILE_BYTES
