"""Shell text split into simple commands and words: quotes, here-documents, substitutions, case, groups. Runs nothing.

One pass without recursion. What does not close (a quote, a bracket) is taken as a plain character; after a few such
failures brackets and quotes are no longer searched, so that hostile text costs linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.shellbrackets import closing
from mlops_scan.scanner.formats.shellscanner import Scanner
from mlops_scan.scanner.formats.shellwithin import Simple, Within

__all__ = ["Simple", "split"]

_PLAIN = re.compile(r"[^\s\\'\"$`;|&()<>#]+")
_REDIRECT = re.compile(r"<<<|<<-?|<&|<>|&>>|&>|>>|>&|>\||[<>]")
_HEREDOC_END = re.compile(r"[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([^\s;|&()<>'\"]+))")
_SEPARATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|[;|&\n]")
_FUNCTION = re.compile(r"\(\s*\)")
_TEST_END = re.compile(r"\s\]\](?=[\s;)&|]|\Z)")
_OPENERS = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"))
_TEST_CHARS = 2_000
_ARITHMETIC_CHARS = 400


def split(text: str) -> list[Simple]:
    """The simple commands of `text` in order, at most bounds.SHELL_COMMANDS of them."""
    return _Lexer(text).run()


class _Lexer(Scanner):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.words: list[str] = []
        self.leading = True  # only 'if', 'do', '{' ... were read of the command
        self.out: list[Simple] = []
        self.redirected = False  # the next word is a file
        self.cases = 0
        self.pattern = False  # inside the pattern of a case branch
        self.defined = False  # 'name()' was read, its '{' has not come
        self.braces: list[bool] = []  # for each open '{', whether it is a function's body
        self.within = Within()
        self.called = ""  # the name before '()'
        self.heredocs: list[tuple[int, str]] = []  # (index in out of the command it feeds, delimiter)

    def run(self) -> list[Simple]:
        while self.index < self.size and len(self.out) < bounds.SHELL_COMMANDS:
            self._step(self.text[self.index])
        self._end_command("")
        return self.out

    def _step(self, char: str) -> None:
        if plain := _PLAIN.match(self.text, self.index):
            self.add(plain[0], plain.end())
        elif char == "\n" or char in ";|&":
            self._operator(char)
        elif char.isspace():
            self.index += 1  # first: the word may be the beginning of a test, which is read as a whole
            self._end_word()
        elif char == "\\":
            self.escape()
        elif char == "'":
            self.single_quoted(self.index + 1)
        elif char == '"':
            self.double_quoted()
        elif char in "$`":
            self.expansion(char)
        elif char == "#":
            self.comment()
        elif char in "<>":
            self._redirect()
        else:
            self._bracket(char)

    def _end_word(self) -> None:
        if self.word is None:
            return
        word, self.word = "".join(self.word), None
        if self.redirected:
            self.redirected = False
            return
        words = self.words
        words.append(word)
        if self.quoted:
            self.leading = False
            return
        self.leading = self.leading and word in _OPENERS
        if self.leading:
            self.start = -1  # the command begins after 'then', 'do', '{' ...
        if word == "[[":
            self._test()
        elif word == "in" and words[-3:-2] == ["case"] and (len(words) == 3 or words[-4] in _OPENERS):
            self._end_command("case")
            self.cases, self.pattern = self.cases + 1, True
            self.within.enter(words[-2], self.index)
        elif word == "{" and len(words) == 3 and words[0] == "function":
            self._forget()
            self.defined, self.called = True, words[1]
            self._brace(word)
        elif word in ("{", "}") and (len(words) == 1 or words[-2] in _OPENERS):
            self._brace(word)
        elif word == "esac" and (len(words) == 1 or self.pattern):
            self.cases, self.pattern = max(0, self.cases - 1), False
            self.within.leave(case=True)
            self._forget()

    def _end_command(self, after: str) -> None:
        self._end_word()
        self.redirected = False
        if (self.words or self.inner) and not self.pattern:
            end = min(self.index, self.size)
            inner, within = tuple(self.inner), self.within.now
            self.out.append(Simple(tuple(self.words), max(self.start, 0), end, after, inner, None, within))
        self._forget()

    def _forget(self) -> None:
        self.words, self.inner, self.word, self.start, self.leading = [], [], None, -1, True

    def _operator(self, char: str) -> None:
        if self.text.startswith("&>", self.index):
            self._redirect()
            return
        found = _SEPARATOR.match(self.text, self.index)
        operator = found[0] if found else char
        if self.pattern:  # 'a|b)' is one pattern; line breaks before it count for nothing
            self._end_word()
            self.index += len(operator)
            return
        self._end_command(operator)
        self.index += len(operator)
        if operator in (";;", ";&", ";;&") and self.cases:
            self.pattern = True
        if char == "\n" and self.heredocs:
            self._skip_heredocs()

    def _redirect(self) -> None:
        if self.text.startswith(("<(", ">("), self.index):
            end = self.find_closing(self.index + 2, ")")
            if end >= 0:
                self.inner.append((self.index + 2, self.text[self.index + 2 : end]))
            self.until(end, 1)
            return
        if self.word is not None and not self.quoted and "".join(self.word).isdigit():
            self.word = None  # the 2 of '2>'
        self._end_word()
        found = _REDIRECT.match(self.text, self.index)
        operator = found[0] if found else ">"
        self.index += len(operator)
        if operator in ("<<", "<<-") and (end_word := _HEREDOC_END.match(self.text, self.index)):
            self.heredocs.append((len(self.out), end_word[1] or end_word[2] or end_word[3]))
            self.index = end_word.end()
        else:
            self.redirected = True

    def _skip_heredocs(self) -> None:
        """Step over the bodies that begin at this line; keep each with the command it feeds, and the next in a pipe."""
        pending, self.heredocs = self.heredocs, []
        for fed, delimiter in pending:
            starts = self.lines().get(delimiter, [])
            found = bisect_left(starts, self.index)
            if found == len(starts):
                continue
            body = (self.index, self.text[self.index : starts[found]])
            while fed < len(self.out):
                self.out[fed] = replace(self.out[fed], heredoc=body)
                if self.out[fed].after != "|":
                    break
                fed += 1
            end = self.text.find("\n", starts[found])
            self.index = self.size if end < 0 else end + 1

    def _test(self) -> None:
        """`[[ ... ]]` is one command, whatever operators stand inside."""
        if not self.searching:
            return
        found = _TEST_END.search(self.text, self.index, self.index + _TEST_CHARS)
        if found is None:
            self.failures += 1
        else:
            self.words += [*self.text[self.index : found.start()].split(), "]]"]
            self.index = found.end()

    def _bracket(self, char: str) -> None:
        words = self.words
        if self.pattern:
            if char == ")":
                self._end_word()
                self.pattern = False
                self.within.branch(self.words, self.index)
                self._forget()
            self.index += 1
        elif char == ")":
            self._end_command(")")
            self._mark(")")
        elif self.word is None and (not words or words[-1] in _OPENERS):
            self._group()
        elif (call := _FUNCTION.match(self.text, self.index)) and len(words) <= 1:  # 'name() {'
            self.called = "".join(self.word or words[-1:])
            self._forget()
            self.index, self.defined = call.end(), True
        else:
            self.until(self.find_closing(self.index + 1, ")"), 1)

    def _group(self) -> None:
        """A subshell, or `((arithmetic))`, which is one command."""
        start, end = self.index + 2, -1
        if self.searching and self.text.startswith("((", self.index):
            end = closing(self.text, start, ")", start + _ARITHMETIC_CHARS)
            self.failures += end < 0
        if end >= 0 and self.text.startswith("))", end):
            self._end_command("")
            self.words += ["((", self.text[start:end].strip(), "))"]
            self.start, self.index = self.index, end + 2
        else:
            self._end_command("(")
            self._mark("(")

    def _brace(self, brace: str) -> None:
        """A function's body counts as a subshell: its `cd` is not the script's."""
        if brace == "{":
            self.braces.append(self.defined)
            if self.defined:
                self._mark("(", 0)
                self.within.enter(f"{self.called}()", self.index)
            self.defined = False
        elif self.braces and self.braces.pop():
            self.within.leave(case=False)
            self._forget()
            self._mark(")", 0)

    def _mark(self, bracket: str, width: int = 1) -> None:
        self.out.append(Simple((), self.index, self.index + width, bracket))
        self.index += width
