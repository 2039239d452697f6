"""WordPiece, as BERT's models read text: words without case and accents, cut into the longest pieces that a vocabulary knows.

Devlin et al., "BERT" (2018), and the tokenizer that its authors published with it: the text is cleaned, its letters made small and
their accents dropped, punctuation and Chinese characters stand alone, and each word is then taken apart from its beginning.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100
"""Characters; a longer word is unknown."""

CHINESE = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
"""Blocks of Unicode whose characters are words; the sixth begins where the published tokenizer has it begin."""


class WordPiece:
    """The tokenizer of one vocabulary: pieces and their numbers."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._pieces = vocabulary

    def numbers(self, text: str, most: int) -> list[int]:
        """The numbers of the text's pieces between the marks of its beginning and end, `most` in all."""
        found = [self._pieces[BEGIN]]
        for word in words(text):
            found.extend(self._apart(word))
            if len(found) >= most:
                break
        return [*found[: most - 1], self._pieces[END]]

    def _apart(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._pieces[UNKNOWN]]
        found, start = [], 0
        while start < len(word):
            before = "##" if start else ""
            end = next((end for end in range(len(word), start, -1) if before + word[start:end] in self._pieces), 0)
            if not end:
                return [self._pieces[UNKNOWN]]
            found.append(self._pieces[before + word[start:end]])
            start = end
        return found


def read_vocabulary(path: Path) -> Mapping[str, int]:
    """The vocabulary in a `tokenizer.json`."""
    found: Mapping[str, int] = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    return found


def words(text: str) -> Iterator[str]:
    """The words of the text, small and without accents; punctuation and Chinese characters alone."""
    for word in _spaced(text).split():
        small = unicodedata.normalize("NFD", word.lower())
        yield from _parted("".join(letter for letter in small if unicodedata.category(letter) != "Mn"))


def _spaced(text: str) -> str:
    """Without what cannot be seen, and with space around characters that are words."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(letter) for letter in text)


def _seen(letter: str) -> str:
    if letter in "\t\n\r" or unicodedata.category(letter) == "Zs":
        return " "
    if letter in "\0\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Co"):
        return ""
    return f" {letter} " if _is_chinese(letter) else letter


def _is_chinese(letter: str) -> bool:
    number = ord(letter)
    return number >= CHINESE[0][0] and any(first <= number <= last for first, last in CHINESE)


def _parted(word: str) -> Iterator[str]:
    if word.isalnum():
        yield word
        return
    start = 0
    for place, letter in enumerate(word):
        if _is_punctuation(letter):
            if place > start:
                yield word[start:place]
            yield letter
            start = place + 1
    if start < len(word):
        yield word[start:]


def _is_punctuation(letter: str) -> bool:
    """What is no letter, digit or space among ASCII, and what Unicode calls so."""
    return (letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " ") or unicodedata.category(letter)[0] == "P"
