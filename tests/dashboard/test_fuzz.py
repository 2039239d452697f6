"""The API against requests made from its own OpenAPI document: no answer is a fault of the server, and none tells a secret."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from dashboard.stage import Served, serving_folder
from flows.stage import pair_desk
from playnex.testing.model_replies import answer
from playnex.testing.model_server import serving

KEPT_OUT = ("/api/stream", "/api/session")
"""A stream has no end, and a session needs a code."""

EXAMPLES = 8
SECRET = "canary-7f3a9c51"
NAME = "PAIR_KEY"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(lambda asked: answer(f"A part with {SECRET}.")) as server:
        pair_desk(tmp_path, server.url)
        with (tmp_path / "playnex.toml").open("a") as file:
            file.write(f'api_key = "${{{NAME}}}"\n')
        with serving_folder(tmp_path, environment={NAME: SECRET}) as served:
            run = served.post("/api/runs", flow="pair", inputs={})["run"]
            served.until(run, lambda header: header["state"] == "succeeded")
            yield served


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore")
def test_no_request_made_from_the_document_is_a_fault_of_the_server(served: Served) -> None:
    document = served.get("/api/openapi.json")
    document["paths"] = {path: way for path, way in document["paths"].items() if path not in KEPT_OUT}
    faults: list[str] = []
    asked: set[str] = set()
    every: list[Any] = list(schemathesis.openapi.from_dict(document).get_all_operations())
    for found in every:
        for mode in GenerationMode:
            _fuzz(served, found.ok(), mode, (asked, faults))
    assert not faults, "\n".join(faults[:10])
    assert len(asked) == sum(len(way) for way in document["paths"].values())


def _fuzz(served: Served, operation: Any, mode: GenerationMode, seen: tuple[set[str], list[str]]) -> None:
    asked, faults = seen

    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        asked.add(operation.label)
        said = case.call(base_url=served.address, headers=dict(served.client.headers), timeout=30)
        if said.status_code >= 500 or SECRET in said.text:
            faults.append(f"{operation.label}: {said.status_code} {said.text[:300]} for {case.path_parameters} {case.query} {case.body}")

    ask()


@pytest.mark.slow
def test_no_answer_tells_a_secret(served: Served) -> None:
    run = served.get("/api/runs")["runs"][0]["run"]
    keys = [row["key"] for row in served.get(f"/api/runs/{run}")["steps"]]
    answers = [f"/api/runs/{run}/step?key={key}" for key in keys]
    answers += [f"/api/runs/{run}{rest}" for rest in ("", "/frames", "/transcript", "/log", "/tools", "/definition")]
    answers += [f"/api/diff?one={run}&other={run}", "/api/runs", "/api/workspace", "/api/openapi.json", "/api/doctor", "/api/flows"]
    texts = [served.client.get(path).raise_for_status().text for path in answers]
    assert not [path for path, text in zip(answers, texts, strict=True) if SECRET in text or served.token in text]
    assert f"[{NAME}]" in texts[answers.index(f"/api/runs/{run}/transcript")]
