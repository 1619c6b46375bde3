"""Whether a command line fits a catalogue signature: words in their order, options anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_scan.scanner.globs import glob


def programs(argv: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """(program, its words): also the module behind `python -m`, which is the program's other spelling."""
    if not argv:
        return
    yield argv[0], argv[1:]
    if argv[0] == "python" and "-m" in argv:
        at = argv.index("-m") + 1
        if at < len(argv) and not any(word.endswith(".py") for word in argv[1:at]):
            yield argv[at], argv[at + 1 :]


def fits(words: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether the words after a program fit those of a signature.

    Words before the first option must lead in that order; options (and their value, when the signature gives one)
    may stand anywhere. An option before a word may have a value: it is skipped.
    """
    split = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    return _leads(words[:split], rest) and all(_has(option, rest) for option in _options(words[split:]))


def _leads(words: Sequence[str], rest: Sequence[str]) -> bool:
    wanted = list(words)
    after_option = False
    for word in rest:
        if not wanted:
            return True
        if word.startswith("-") and len(word) > 1:
            after_option = "=" not in word
        elif word == wanted[0] or ("*" in wanted[0] and glob(wanted[0]).fullmatch(word)):
            wanted.pop(0)
            after_option = False
        elif after_option:
            after_option = False
        else:
            return False
    return not wanted


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, word in enumerate(words):
        if word.startswith("-"):
            following = words[index + 1] if index + 1 < len(words) else "-"
            yield word, "" if following.startswith("-") else following


def _has(option: tuple[str, str], rest: Sequence[str]) -> bool:
    name, value = option
    for index, word in enumerate(rest):
        if word == name:
            if not value or (index + 1 < len(rest) and glob(value).fullmatch(rest[index + 1])):
                return True
        elif word.startswith(name + "=") and (not value or glob(value).fullmatch(word[len(name) + 1 :])):
            return True
    return False


def option(argv: Sequence[str], refs: Sequence[int | str], words: int = 0) -> str | None:
    """What a command line says for the first of `refs`: options by name, or words by their place after `words` others.

    A word by its place counts only where it stands before any option: behind one it may be that option's value.
    """
    for ref in refs:
        if isinstance(ref, int):
            at = words + ref
            if at < len(argv) and not any(word.startswith("-") for word in argv[words : at + 1]):
                return argv[at]
            continue
        for index, word in enumerate(argv):
            if word == ref and index + 1 < len(argv):
                return argv[index + 1]
            if word.startswith(f"{ref}="):
                return word[len(ref) + 1 :]
    return None
