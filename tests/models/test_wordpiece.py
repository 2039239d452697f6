"""WordPiece: texts as BERT's models read them. The expected pieces are those that the vocabulary's own authors' tokenizer gives."""

from playnex.models.wordpiece import WordPiece, words

VOCABULARY = {
    piece: number for number, piece in enumerate(("[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "cafe", "!", "中", "a", "##b", "##c"))
}


def test_words_are_small_without_accents_and_punctuation_stands_alone() -> None:
    assert list(words("Über\tCafé, naïve!")) == ["uber", "cafe", ",", "naive", "!"]
    assert list(words("中文 ok")) == ["中", "文", "ok"]
    assert list(words("zero\u200bwidth\u00a0space\0")) == ["zerowidth", "space"]


def test_a_word_is_taken_apart_into_the_longest_pieces_that_are_known() -> None:
    pieces = WordPiece(VOCABULARY)
    assert pieces.numbers("unaffable Café!", 20) == [1, 3, 4, 5, 6, 7, 2]
    assert pieces.numbers("中 xyz " + "a" * 101, 20) == [1, 8, 0, 0, 2]


def test_a_long_text_is_cut_and_still_has_its_end() -> None:
    assert WordPiece(VOCABULARY).numbers("a a a a a a", 4) == [1, 9, 9, 2]
