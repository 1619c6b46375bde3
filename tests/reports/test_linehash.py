"""The line hash against the vectors that github/codeql-action publishes in its own tests."""

from __future__ import annotations

import pytest

from mlops_scan.reports.linehash import line_hashes

VECTORS = [
    ("", ["c129715d7a2bc9a3:1"]),
    (
        " a\nb\n  \t\tc\n d",
        ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
    ),
    (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        [
            "8b7cf3e952e7aeb2:1",
            "b1ae1287ec4718d9:1",
            "bff680108adb0fcc:1",
            "c6805c5e1288b612:1",
            "b86d3392aea1be30:1",
            "e6ceba753e1a442:1",
        ],
    ),
    (
        " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
    (
        "Lorem ipsum dolor sit amet.\n" * 10,
        [
            *(f"a7f2ff13bc495cf2:{n}" for n in range(1, 7)),
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
    (
        "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
        [
            "e54938cc54b302f1:1",
            "bb609acbe9138d60:1",
            "1131fd5871777f34:1",
            "5c482a0f8b35ea28:1",
            "54517377da7028d2:1",
            "2c644846cb18d53e:1",
            "f1b89f20de0d133:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
]


@pytest.mark.parametrize(("text", "hashes"), VECTORS)
def test_published_vectors(text: str, hashes: list[str]) -> None:
    lines = range(1, len(hashes) + 1)
    assert line_hashes(text, lines) == dict(zip(lines, hashes, strict=True))
    assert line_hashes(text, {len(hashes)}) == {len(hashes): hashes[-1]}


def test_indentation_does_not_count_and_the_next_line_does() -> None:
    assert line_hashes("a = 1\nb = 2\n", [1]) == line_hashes("  a =\t1\r\n\tb=2\n", [1])
    assert line_hashes("a = 1\nb = 2\n", [1]) != line_hashes("a = 1\nb = 3\n", [1])


def test_what_is_no_text_still_has_a_hash() -> None:
    assert set(line_hashes("\ud800\n\U0001f600\n", [1, 2, 3])) == {1, 2, 3}
