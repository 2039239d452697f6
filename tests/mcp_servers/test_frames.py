"""Lines are cut the same way however the bytes arrive, and one that is too long is never held whole."""

from hypothesis import given
from hypothesis import strategies as st

from playnex.tools.mcp.frames import KEPT, Frames, TooLong


def read(data: bytes, sizes: list[int], longest: int) -> list[bytes | TooLong]:
    frames, found = Frames(longest), list[bytes | TooLong]()
    while data:
        size = sizes.pop() if sizes else len(data)
        found += frames.feed(data[:size])
        data = data[size:]
    return found


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line)), st.lists(st.integers(1, 9)))
def test_lines_do_not_depend_on_how_the_bytes_arrive(lines: list[bytes], sizes: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    kept = [line for line in lines if line.strip()]
    told = [TooLong(size=len(line), answers=None) if len(line) > 20 else line for line in lines if len(line) > 20 or line.strip()]
    assert read(data, sizes.copy(), 1_000) == kept
    assert read(data, sizes.copy(), 20) == told


def test_a_line_that_is_too_long_is_not_held() -> None:
    frames = Frames(1_000)
    for _ in range(1_000):
        assert not list(frames.feed(b"x" * 10_000))
        assert len(frames._begun) <= KEPT
    assert list(frames.feed(b"\nshort\n")) == [TooLong(size=10_000_000, answers=None), b"short"]


def test_the_number_of_an_answer_is_seen_at_either_end() -> None:
    first = b'{"jsonrpc": "2.0", "id": 12, "result": "' + b"x" * 3_000 + b'"}\n'
    last = b'{"result": "' + b"x" * 3_000 + b'", "jsonrpc": "2.0", "id": 13}\n'
    inside = b'{"result": {"id": 14, "x": "' + b"x" * 3_000 + b'"}, "more": 1}\n'
    assert [line.answers for line in read(first + last + inside, [], 1_000) if isinstance(line, TooLong)] == [12, 13, None]
