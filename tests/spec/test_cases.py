"""Files of cases, good and bad: each fault with its line, all of them, and never more than one row in memory."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.spec.case_lines import LONGEST, CaseForm
from playnex.spec.cases import OWN_KEY, SHOWN, Case, CaseReader, Findings
from playnex.spec.faults import Fault
from playnex.spec.flow import FlowSpec, InputSpec, StepSpec
from playnex.spec.inputs import resolve_inputs

FLOW = FlowSpec(
    name="ticket",
    inputs=(InputSpec(name="text", required=True), InputSpec(name="size", type="integer", default=1), InputSpec(name="tags", type="list")),
    steps=(StepSpec(id="a", kind="save"),),
)


def reader(form: CaseForm, key: str = "", flow: FlowSpec = FLOW) -> CaseReader:
    def resolve(values: Mapping[str, Json]) -> dict[str, Json]:
        return resolve_inputs(flow, values)

    return CaseReader(flow=flow, resolve=resolve, form=form, path=f"cases.{form}", key=key)


def cases(content: bytes, form: CaseForm, key: str = "") -> list[Case]:
    found = list(reader(form, key).read(io.BytesIO(content)))
    assert not [str(fault) for fault in found if isinstance(fault, Fault)]
    return [case for case in found if isinstance(case, Case)]


def findings(content: bytes, form: CaseForm, key: str = "") -> Findings:
    return reader(form, key).check(io.BytesIO(content))


GOOD = {
    "lines": (b'{"text": "a"}\n{"text": "b", "size": 2}\n', "jsonl", [("a", 1), ("b", 2)]),
    "no last line break": (b'{"text": "a"}\n{"text": "b"}', "jsonl", [("a", 1), ("b", 1)]),
    "a byte order mark": (b'\xef\xbb\xbf{"text": "a"}\n', "jsonl", [("a", 1)]),
    "line breaks of Windows": (b'{"text": "a"}\r\n{"text": "b"}\r\n', "jsonl", [("a", 1), ("b", 1)]),
    "empty lines": (b'\n{"text": "a"}\n  \n\n{"text": "b"}\n\n', "jsonl", [("a", 1), ("b", 1)]),
    "a line separator in a text": ('{"text": "a\u2028b"}\n'.encode(), "jsonl", [("a\u2028b", 1)]),
    "a number as a text": (b'{"text": "a", "size": "7"}\n', "jsonl", [("a", 7)]),
    "a table": (b"text,size\na,2\nb,3\n", "csv", [("a", 2), ("b", 3)]),
    "a table with a byte order mark": (b"\xef\xbb\xbftext,size\r\na,2\r\n", "csv", [("a", 2)]),
    "an empty cell is no value": (b"text,size\na,\n", "csv", [("a", 1)]),
    "a quoted line break": (b'text,size\n"a\nb",2\n\n"c, ""d""",3\n', "csv", [("a\nb", 2), ('c, "d"', 3)]),
    "spaces in the head": (b"text , size\na,2\n", "csv", [("a", 2)]),
    "a file of one column": (b"text\na\nb", "csv", [("a", 1), ("b", 1)]),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_gives_its_cases_in_order(name: str) -> None:
    content, form, expected = GOOD[name]
    found = cases(content, form, "")  # type: ignore[arg-type]
    assert [(case.inputs["text"], case.inputs["size"]) for case in found] == expected
    assert [case.number for case in found] == list(range(1, len(expected) + 1))


BAD = {
    "nothing": (b"", "jsonl", ["1:1: there are no cases in this file"]),
    "a head alone": (b"text,size\n", "csv", ["1:1: there are no cases in this file"]),
    "no JSON": (b'{"text": "a"}\n{"text": \n', "jsonl", ["2:10: this is not JSON: Expecting value"]),
    "two objects on a line": (b'{"text": "a"} {"text": "b"}\n', "jsonl", ["1:15: this is not JSON: Extra data"]),
    "no number": (b'{"text": "a", "size": NaN}\n', "jsonl", ["1:1: this is not JSON: NaN is no number of JSON"]),
    "too large a number": (b'{"text": "a", "tags": [1e999]}\n', "jsonl", ["1:1: a value cannot be stored as JSON"]),
    "half a sign": (b'{"text": "\\ud800"}\n', "jsonl", ["1:1: a value cannot be stored as JSON"]),
    "a list": (b"[1]\n", "jsonl", ["1:1: this is no JSON object"]),
    "a deep list": (b"[" * 100_000 + b"\n", "jsonl", ["1:1: this is not JSON: maximum recursion depth"]),
    "a whole list of cases": (b'[\n{"text": "a"}\n]\n', "jsonl", ["1:2: this is not JSON", "3:1: this is not JSON"]),
    "not UTF-8": (b'{"text": "a"}\n{"text": "b\xff"}\n', "jsonl", ["2:12: byte 0xff is not UTF-8"]),
    "an unknown input": (b'{"text": "a", "sise": 2}\n', "jsonl", ["1:15: flow 'ticket' has no input 'sise'; did you mean 'size'?"]),
    "a missing input": (b'{"size": 2}\n', "jsonl", ["1:1: input 'text' is missing"]),
    "a wrong type": (b'{"text": "a", "size": "big"}\n', "jsonl", ["1:1: input 'size' must be a whole number, not 'big'"]),
    "a huge line": (
        b'{"text": "' + b"a" * LONGEST + b'"}\n{"text": 1}\n',
        "jsonl",
        ["1:1: the line is longer than 4,000,000 bytes", "2:1: input 'text' must be a text"],
    ),
    "an unknown column": (b"text,sise\na,1\nb,2\n", "csv", ["1:1: flow 'ticket' has no input 'sise'; did you mean 'size'?"]),
    "a column without a name": (b"text,\na,1\n", "csv", ["1:1: column 2 has no name"]),
    "a column twice": (b"text,text\na,1\n", "csv", ["1:1: there are two columns 'text'"]),
    "semicolons": (b"text;size\na;1\n", "csv", ["1:1: the columns are separated by ';'; separate them by commas"]),
    "too many cells": (b"text,size\na,1,2\nb,1\n\nc\n", "csv", ["2:1: the row has 3 cells", "5:1: the row has 1 cells"]),
    "an open quote": (b'text,size\n"a\nb",1\nc,"2\nd,3\n', "csv", ["4:1: a quote that is opened here is never closed"]),
    "a quote in the midst": (b'text,size\n"a"b,1\nc,x\n', "csv", ["2:1: this is not CSV", "3:1: input 'size' must be a whole number"]),
    "a cell that is not UTF-8": (b"text,size\na\xe9,1\nb,2\n", "csv", ["2:2: byte 0xe9 is not UTF-8"]),
    "a huge cell": (b'text,size\n"' + b"a\n" * LONGEST + b'"\n', "csv", ["2:1: a quote that is opened here is never closed"]),
}


@pytest.mark.parametrize("name", BAD)
def test_all_faults_of_a_bad_file_are_told_each_with_its_line(name: str) -> None:
    content, form, expected = BAD[name]
    found = findings(content, form)  # type: ignore[arg-type]
    told = [str(fault).removeprefix(f"cases.{form}:") for fault in found.faults]
    assert len(told) == len(expected) and all(line.startswith(start) for line, start in zip(told, expected, strict=True)), told


def test_of_many_faults_the_first_are_told_and_the_others_counted() -> None:
    found = findings(b"{}\n" * 1000, "jsonl")
    assert (len(found.faults), found.count, found.cases) == (SHOWN, 1000, 0)


def test_a_column_of_keys_need_be_no_input() -> None:
    found = cases(b'{"id": "A 1", "text": "a"}\n{"id": 17, "text": "b"}\n', "jsonl", "id")
    assert [(case.key, sorted(case.inputs)) for case in found] == [("A 1", ["size", "tags", "text"]), ("17", ["size", "tags", "text"])]
    assert [case.key for case in cases(b"text,size\na,1\nb,2\n", "csv", "text")] == ["a", "b"]


def test_a_key_that_is_missing_empty_or_stands_twice_is_told() -> None:
    lines = [{"text": "a"}, {"id": "", "text": "a"}, {"id": "x", "text": "a"}, {"id": " x ", "text": "a"}, {"id": 1.5, "text": "a"}]
    found = findings("".join(json.dumps(line) + "\n" for line in lines).encode(), "jsonl", "id")
    assert [str(fault).split(": ", 1)[1].partition(";")[0] for fault in found.faults] == [
        "there is no 'id', which is to hold the key",
        "'id' cannot be a key: ''",
        "the key 'x' stands on line 3 already",
        "'id' cannot be a key: 1.5",
    ]
    (missing,) = findings(b"ids,text\n1,a\n2,b\n", "csv", "id").faults[1:]
    assert str(missing) == "cases.csv:1:1: there is no 'id', which is to hold the key; did you mean 'ids'?"


def test_columns_may_stand_beside_the_inputs_where_that_is_wanted_but_none_that_is_nearly_a_missing_input() -> None:
    more = replace(reader("jsonl"), takes_more=True)
    (case,) = more.read(io.BytesIO(b'{"text": "a", "expected": "b", "sizes": 1, "size": 2}\n'))
    assert isinstance(case, Case)
    assert (case.inputs, case.row["expected"]) == ({"text": "a", "size": 2, "tags": None}, "b")
    (fault,) = more.read(io.BytesIO(b'{"text": "a", "sise": 2}\n'))
    assert str(fault) == "cases.jsonl:1:15: flow 'ticket' has no input 'sise'; did you mean 'size'?"
    table = replace(reader("csv"), takes_more=True)
    rows = list(table.read(io.BytesIO(b"text,size,sizes,expected\na,,1,b\n")))
    assert [case.inputs["size"] for case in rows if isinstance(case, Case)] == [1], "an empty cell is no missing column"


def test_the_keys_that_playnex_writes_itself_are_no_input_even_of_a_flow_that_takes_any() -> None:
    flow = FlowSpec(name="any", accepts_any=True)
    (case,) = reader("jsonl", OWN_KEY, flow).read(io.BytesIO(json.dumps({OWN_KEY: "k", "x": 1}).encode()))
    assert isinstance(case, Case)
    assert (case.key, case.inputs) == ("k", {"x": 1})


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30).filter(lambda text: text.strip() != "")


@given(st.lists(texts, min_size=1, max_size=8))
def test_whatever_is_written_is_read_in_both_forms(written: list[str]) -> None:
    import csv

    lines = "".join(json.dumps({"text": text}) + "\n" for text in written).encode()
    assert [case.inputs["text"] for case in cases(lines, "jsonl")] == written
    table = io.StringIO(newline="")
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([["text"], *([text] for text in written)])
    assert [case.inputs["text"] for case in cases(table.getvalue().encode(), "csv")] == written


@given(st.binary(max_size=300), st.sampled_from(["jsonl", "csv"]))
def test_no_bytes_whatever_are_more_than_faults(content: bytes, form: CaseForm) -> None:
    found = findings(content, form)
    assert found.count or found.cases
