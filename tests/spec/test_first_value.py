"""One value of a file is read without the rest, and is never another value than the whole reading finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.spec.located import find
from playnex.spec.yaml_source import first_value, read_yaml

KEY = "description"

TEXTS = {
    "plain": "name: a\ndescription: A plain text.\nsteps:\n  x: 1\n",
    "quoted": 'description: "A: quoted # text"\nname: b\n',
    "folded": "name: a\ndescription: >\n  Two\n  lines\nsteps: {}\n",
    "continued": "description: one\n  two\nname: b\n",
    "in braces": "{name: a, description: inner}\n",
    "twice": "description: first\ndescription: second\n",
    "deeper only": "steps:\n  description: not this\n",
    "an alias": "name: &n x\ndescription: *n\n",
    "a number": "description: 12\n",
    "nothing": "description:\nname: a\n",
    "missing": "name: a\n",
    "a list": "- description: x\n",
    "a text": "description\n",
    "empty": "",
    "with a mark": "\ufeffdescription: x\r\nname: b\r\n",
    "behind a fault": "name: 'a\ndescription: x\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_one_value_is_read_as_the_whole_file_is(text: str) -> None:
    assert first_value(text, "f.yaml", KEY).root == find(read_yaml(text, "f.yaml").root, KEY)


@given(st.text(alphabet="description: aé\n-'\"#&*[]{},|>0\t", max_size=40))
def test_no_text_is_read_in_two_ways(rest: str) -> None:
    text = f"name: a\ndescription: {rest}\nsteps: 1\n"
    whole = read_yaml(text, "f.yaml")
    if not whole.faults:
        assert first_value(text, "f.yaml", KEY).root == find(whole.root, KEY)


def test_what_stands_behind_the_value_is_not_read() -> None:
    read = first_value("description: x\nsteps: 'never closed\n", "f.yaml", KEY)
    assert read.root is not None
    assert read.faults == ()


def test_a_fault_before_the_value_is_told() -> None:
    assert first_value("name: 'a\ndescription: x\n", "f.yaml", KEY).faults
