"""A version as a file: what goes in comes out, to the byte."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playnex.capsules.mirror.text import NotText, Text, parsed, rendered
from playnex.spec.located import plain
from playnex.spec.yaml_source import read_yaml

PLAIN = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
BODIES = PLAIN | st.sampled_from(["---\n", "---\nplaynex: 1\n---\n", "---\r\nplaynex:\r\n  a: 1\r\n---\r\nx", "\ufeff---\nplaynex: 1\n---"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=8,
)


@given(body=BODIES, header=VALUES)
@example(body="no newline", header=None)
@example(body="one\r\ntwo\r\n", header={"model": "small"})
@example(body="---\ntitle: mine\n---\n", header=None)
def test_a_version_is_read_back_as_it_was_written(body: str, header: object) -> None:
    assert parsed(rendered(Text(body=body, header=header))) == Text(body=body, header=header)


@given(body=PLAIN)
def test_a_body_without_a_header_is_the_file_to_the_byte(body: str) -> None:
    assert rendered(Text(body=body)) == body.encode()


def test_a_header_is_front_matter_that_any_reader_of_yaml_understands() -> None:
    written = rendered(Text(body="# Tides\n", header={"model": "small", "scores": [1, 2.5], "said": 'a "word": yes\u2028'})).decode()
    assert written.startswith('---\nplaynex:\n  model: "small"\n  scores: [1, 2.5]\n')
    front = written.split("---\n")[1]
    assert plain(read_yaml(front, "x").root) == {"playnex": {"model": "small", "scores": [1, 2.5], "said": 'a "word": yes\u2028'}}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("---\nplaynex:\n  model: small # mine\n---\nbody", Text(header={"model": "small"}, body="body")),
        ("---\r\nplaynex: { model: small }\r\n---\r\nbody\r\n", Text(header={"model": "small"}, body="body\r\n")),
        ("---\ntitle: mine\n---\nbody", Text(body="---\ntitle: mine\n---\nbody")),
        ("---\nplaynex: 1\ntitle: mine\n---\nbody", Text(body="---\nplaynex: 1\ntitle: mine\n---\nbody")),
        ("---\nplaynex: [\n---\nbody", Text(body="---\nplaynex: [\n---\nbody")),
        ("", Text(body="")),
    ],
)
def test_front_matter_is_ours_where_it_says_playnex_and_nothing_else(file: str, text: Text) -> None:
    assert parsed(file.encode()) == text


@pytest.mark.parametrize("data", [b"\xff\xfe", b"caf\xe9", b"a\0b", b"\xed\xa0\x80"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match=r"zero byte|not UTF-8"):
        parsed(data)
