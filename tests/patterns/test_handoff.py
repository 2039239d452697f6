"""A handoff gives the work away: with a packet, checked, recorded, and never round and round."""

import itertools
from typing import Any

import pytest

from patterns.stage import PROMPT, Table, alone, material, survives, told
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.models.model import ModelAnswer, ModelRequest, ToolCall
from playnex.patterns import Handoff, Supervisor
from playnex.patterns.packet import Packet, has_news, packet_of
from playnex.spec.agent import AgentSpec
from playnex.spec.agent_result import DataBlock
from playnex.spec.context import Attempt, StepContext, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import says, wishes

PAIR = Handoff(agents=("clerk", "expert"))
PACKET: Json = {"why": "It is hard.", "task": "Find the river.", "findings": "It is in Africa.", "next_step": "Compare lengths."}


def hands(to: str, **parts: Json) -> ModelAnswer:
    """An answer that hands on."""
    return wishes(ToolCall(id="c", name="handoff", arguments={"to": to, **PACKET, **parts}))


def test_who_does_not_hand_on_answers_and_that_is_the_result() -> None:
    table = alone({"clerk": [says("The Nile.")], "expert": []}, PAIR)
    assert table.result.succeeded and table.result.output == "The Nile." and table.result.reason == ""
    assert not any("/handoff" in key for key in table.rehearsal.results)


def test_the_next_agent_gets_the_packet_and_nothing_else_of_the_conversation() -> None:
    scripts = {"clerk": [hands("expert", sources=["atlas.md"], capsule="rivers/notes")], "expert": [says("The Nile.")]}
    table = alone(scripts, PAIR)
    assert table.result.output == "The Nile." and table.result.reason == "clerk -> expert"
    asked = table.agents.asked("expert")[0]
    assert list(material(asked)) == ["handed on by clerk"]
    for words in ("It is in Africa.", "Compare lengths.", "atlas.md", "rivers/notes", "It is hard."):
        assert words in material(asked)["handed on by clerk"]
    assert PROMPT in told(asked) and "You are clerk" not in told(asked)
    assert table.result.usage.requests == 2


def test_a_handoff_is_a_step_of_the_run_with_from_to_and_why() -> None:
    table = alone({"clerk": [hands("expert")], "expert": [says("The Nile.")]}, PAIR)
    recorded = table.record("handoff-v1/handoff")
    assert (recorded["from"], recorded["to"], recorded["why"]) == ("clerk", "expert", "It is hard.")
    assert recorded["packet"] == {name: PACKET[name] for name in ("task", "findings", "next_step")}


def test_the_agents_read_what_the_others_are_for_and_cannot_choose_themselves() -> None:
    table = Table(PAIR, {"clerk": [says("x")], "expert": []})
    table.agents.specs = {"expert": AgentSpec(name="expert", description="Knows rivers.", model="expert")}
    table.play()
    tool = table.agents.asked("clerk")[0].tools[0]
    assert "- expert: Knows rivers." in tool.description and tool.parameters["properties"]["to"]["enum"] == ["expert"]


def test_the_transcript_goes_along_when_it_is_asked_for() -> None:
    pattern = Handoff(agents=("clerk", "expert"), first="clerk", transcript=True)
    table = alone({"clerk": [says(" "), hands("expert")], "expert": [says("The Nile.")]}, pattern)
    transcript = material(table.agents.asked("expert")[0])["what clerk was told and said"]
    assert PROMPT in transcript and "Your answer was empty" in transcript and "[called handoff]" in transcript


def test_a_packet_has_its_sizes_and_says_what_was_cut() -> None:
    said = PACKET | {"findings": "x" * 9_000, "sources": [str(number) for number in range(25)], "transcript": "y" * 30_000}
    packet = packet_of(said)
    assert packet.findings.endswith("[… cut: 8,000 of 9,000 characters]") and packet.sources[-1] == "[… 5 more]"
    assert packet.transcript.startswith("[… cut: the last 20,000 of 30,000 characters]")
    assert len(str(packet.as_json())) < 30_000


def test_labels_and_sources_go_along() -> None:
    async def body(context: StepContext, inputs: Any) -> Json:
        block = DataBlock(name="mail", text="Which river?", labels=("untrusted",), sources=("mail.txt",))
        table.result = await PAIR.try_run(context, PROMPT, data=[block])
        return None

    table = Table(PAIR, {"clerk": [hands("expert")], "expert": [says("The Nile.")]})
    table.rehearsal.flow = body
    table.play()
    assert table.result.labels == ("untrusted",) and table.result.sources == ("mail.txt",)
    record = next(record for key, record in table.rehearsal.results.items() if key == "handoff-v1/handoff")
    assert record.labels == ("untrusted",)


def test_a_packet_that_fails_its_check_goes_back_once() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed="sources" in record.output, reason="it names no sources")

    pattern = Handoff(agents=("clerk", "expert"), check=check)
    mended = alone({"clerk": [hands("expert"), hands("expert", sources=["atlas.md"])], "expert": [says("The Nile.")]}, pattern)
    assert mended.result.succeeded and "it names no sources" in told(mended.agents.asked("clerk")[1])
    never = alone({"clerk": [hands("expert")], "expert": [says("The Nile.")]}, pattern)
    assert never.result.reason == "verify" and "twice" in never.result.message
    assert len(never.agents.asked("clerk")) == 2 and never.agents.asked("expert") == []


def test_work_that_comes_round_with_nothing_new_stays_where_it_is() -> None:
    def expert(request: ModelRequest) -> ModelAnswer:
        return hands("clerk", findings="Not mine.") if request.tools else says("The Nile, I think.")

    table = alone({"clerk": [hands("expert")], "expert": expert}, PAIR)
    assert table.result.succeeded and table.result.output == "The Nile, I think."
    assert table.result.reason == "clerk -> expert -> clerk -> expert"
    assert "nothing new is in it" in told(table.agents.asked("expert")[-1])
    assert table.record("handoff-v1/handoff#3")["nothing_new"] is True


def test_agents_that_send_work_round_and_round_end_as_stuck_with_what_there_is() -> None:
    trio = Handoff(agents=("a", "b", "c"), hops=20)
    table = alone({"a": [hands("b")], "b": [hands("c")], "c": [hands("a")]}, trio)
    assert table.result.reason == "stuck" and "a -> b -> c -> a -> b" in table.result.message
    assert table.result.partial["packet"]["findings"] == "It is in Africa." and table.requests() == 5


def test_one_that_goes_on_to_hand_on_though_it_cannot_ends_as_stuck() -> None:
    table = alone({"clerk": [hands("expert")], "expert": [hands("clerk")]}, PAIR)
    assert not table.result.succeeded and table.result.reason == "stuck"
    assert table.result.partial["packet"]["findings"] == "It is in Africa."


def test_after_the_last_hop_there_is_nothing_left_but_to_answer() -> None:
    numbers = itertools.count()

    def restless(to: str) -> Any:
        def script(request: ModelRequest) -> ModelAnswer:
            return hands(to, findings=f"Fact {next(numbers)} about rivers{next(numbers)}") if request.tools else says("Enough.")

        return script

    table = alone({"clerk": restless("expert"), "expert": restless("clerk")}, Handoff(agents=("clerk", "expert"), hops=3))
    assert table.result.output == "Enough." and table.requests() == 4
    assert "cannot be handed on any more" in told(table.agents.asked("expert")[-1])


def test_news_is_what_no_packet_before_has_said() -> None:
    def packet(findings: str) -> Packet:
        return Packet(task="x", findings=findings, next_step="y")

    old = packet("The Nile is the longest river of Africa.")
    assert not has_news(packet("Africa: the longest river is the Nile."), [old])
    assert has_news(packet("The Amazon is 6,400 km long."), [old]) and not has_news(packet(""), [])


def test_a_pattern_can_take_over() -> None:
    team = Supervisor(supervisor="lead", workers=("finder",))
    pattern = Handoff(agents={"clerk": "clerk", "team": team})
    table = alone({"clerk": [hands("team")], "lead": [says("From the team.")], "finder": []}, pattern)
    assert table.result.output == "From the team."


def test_no_setting_goes_beyond_the_ceiling_and_the_first_is_one_of_them() -> None:
    for wrong in ({"hops": 21}, {"hops": 0}, {"first": "nobody"}, {"agents": ()}):
        with pytest.raises(UsageError):
            Handoff(**({"agents": ("a", "b")} | wrong))


def test_a_handoff_that_dies_anywhere_goes_on_and_asks_nothing_twice() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed="sources" in record.output, reason="it names no sources")

    def clerk(request: ModelRequest) -> ModelAnswer:
        return hands("expert", sources=["atlas.md"]) if "names no sources" in told(request) else hands("expert")

    def expert(request: ModelRequest) -> ModelAnswer:
        return says("The Nile.") if "clerk has handed" in told(request) else hands("clerk", sources=["x"])

    def make() -> Table:
        return Table(Handoff(agents=("clerk", "expert"), first="expert", check=check), {"clerk": clerk, "expert": expert})

    assert survives(make) > 20


def test_a_death_does_not_forget_that_a_packet_was_sent_back() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed=False, reason="it is never good")

    def make() -> Table:
        return Table(Handoff(agents=("clerk", "expert"), check=check), {"clerk": lambda _: hands("expert"), "expert": []})

    assert survives(make) > 10
