"""A handoff: an agent gives its work away, with a packet of what there is; who does not hand on gives the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from playnex.canonical import Json
from playnex.errors import StepFailed, UsageError
from playnex.patterns.ledger import Ledger, Noted, Notes, ledger_of
from playnex.patterns.outcome import bounded, failure, success, to_be_seen
from playnex.patterns.packet import Packet, cut, from_json, has_news, packet_of
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.patterns.team import Team, introduced, team_of
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import Attempt, CodeTool, StepContext, Verdict, Verify
from playnex.spec.envelope import Envelope

MOST_HOPS = 20
HANDOFF = "handoff"
SENT_BACK = "sent-back"
REFUSED = "verify"
WHY = 500
"""Characters of a reason that are kept."""

ABOUT = (
    "Give the whole work away to one who is better at what comes next; yours ends with that. It sees the task and what you write here, "
    "and nothing else that you know. Who could go on:\n{agents}"
)
MAY_HAND_ON = "Do this yourself as far as it is yours, and answer; or hand it on, with all that you have found, to one who is better at it."
HANDED = (
    "{sender} has handed this work to you; what there is so far and what it takes for the next step is below as data. Go on from there, do "
    "not begin anew."
)
LAST = "It cannot be handed on any more: answer with what there is, and say what is missing."
NOTHING_NEW = "It came this way before, and nothing new is in it. Do not send it back to {sender}: get on with it, and answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A handoff that has happened."""

    sender: str
    to: str
    why: str
    packet: Packet
    from_result: AgentResult
    is_barren: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(Pattern):
    """The agent `first` (else the first one) begins, and each may hand on, `hops` times in all (ceiling 20). The next one gets the packet
    that was written for it, and the sender's conversation only with `transcript`. A packet that fails `check` goes back to its sender
    once. Reasons of its own: `stuck`, `verify`; partial is `{said, packet}`."""

    kind: ClassVar[str] = "handoff"

    agents: Team
    first: str = ""
    hops: int = 6
    transcript: bool = False
    check: Verify | None = None

    def __post_init__(self) -> None:
        bounded("hops of a handoff", self.hops, least=1, most=MOST_HOPS)
        agents = team_of(self.agents, "agents")
        if self.first and self.first not in agents:
            raise UsageError(f"{self.first!r} is none of the agents", hint=f"they are {', '.join(agents)}")

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        agents = team_of(self.agents, "agents")
        try:
            about = {name: await introduced(ctx, {name: agent}) for name, agent in agents.items()}
        except StepFailed as fault:
            return failure(self, [], reason=fault.reason, message=fault.message)
        relay = _Relay(pattern=self, agents=agents, about=about, task=task)
        holder = self.first or next(iter(agents))
        while True:
            result = await relay.work(ctx, holder)
            if not result.succeeded:
                return relay.failed(result.reason, f"{holder} failed: {result.message}")
            if result.reason != HANDOFF:
                return success(self, result.output, relay.results, reason=relay.way(holder))
            sent = relay.send(holder, result)
            await _record(ctx, sent)
            if relay.is_stuck():
                return relay.failed("stuck", f"the work went round with nothing new: {relay.way(sent.to)}")
            holder = sent.to


@dataclass(slots=True, kw_only=True)
class _Relay:
    """The work on its way: who had it, what they came to, and what was handed on."""

    pattern: Handoff
    agents: Mapping[str, Participant]
    about: Mapping[str, str]
    task: Task
    results: list[AgentResult] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    async def work(self, ctx: StepContext, holder: str) -> AgentResult:
        """What the holder makes of it."""
        hop = ctx.scope(f"hop-{len(self.sent) + 1}")
        choices = self._choices(holder)
        desk = _Desk(pattern=self.pattern, choices=choices, ledger=await ledger_of(hop, holder))
        tools = (desk.tool("\n".join(self.about[name] for name in choices)),) if choices else ()
        result = await ask(hop, self.agents[holder], self._asked(has_choice=bool(choices)), step=holder, tools=tools)
        self.results.append(result)
        return result

    def send(self, holder: str, result: AgentResult) -> Sent:
        """Note what the holder has handed on."""
        packet = from_json(result.output["packet"])
        to, before = result.output["to"], [earlier.packet for earlier in self.sent]
        went_so = any((earlier.sender, earlier.to) == (holder, to) for earlier in self.sent)
        is_barren = went_so and not has_news(packet, before)
        self.sent.append(Sent(sender=holder, to=to, why=result.output["why"], packet=packet, from_result=result, is_barren=is_barren))
        return self.sent[-1]

    def is_stuck(self) -> bool:
        """Whether the work came round again though somebody was told that it did."""
        return self.sent[-1].is_barren and sum(sent.is_barren for sent in self.sent) > 1

    def way(self, last: str) -> str:
        """Who had it, in order; empty where nobody handed it on."""
        return " -> ".join([*(sent.sender for sent in self.sent), last]) if self.sent else ""

    def failed(self, reason: str, message: str) -> AgentResult:
        """The failure, with what there is."""
        said = to_be_seen(self.results[-1])
        packet = self.sent[-1].packet.as_json() if self.sent else None
        partial = None if said is None and packet is None else {"said": said, "packet": packet}
        told = failure(self.pattern, self.results, reason=reason, message=message, partial=partial)
        return told if self.results[-1].succeeded else replace(told, step=self.results[-1].step)

    def _choices(self, holder: str) -> tuple[str, ...]:
        """Whom the holder may hand it to: nobody after the last hop, and not whom it came from with nothing new."""
        if len(self.sent) >= self.pattern.hops:
            return ()
        withdrawn = {holder} | ({self.sent[-1].sender} if self.sent and self.sent[-1].is_barren else set())
        return tuple(name for name in self.agents if name not in withdrawn)

    def _asked(self, *, has_choice: bool) -> Task:
        last = self.sent[-1] if self.sent else None
        said = [self.task.prompt]
        said += [HANDED.format(sender=last.sender)] if last else []
        said += [NOTHING_NEW.format(sender=last.sender)] if last and last.is_barren else []
        said += [MAY_HAND_ON] if has_choice else [LAST] if last else []
        return replace(self.task, prompt="\n\n".join(said)).with_data(*(_blocks(last) if last else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """One agent that may hand on, and its packets so far."""

    pattern: Handoff
    choices: tuple[str, ...]
    ledger: Ledger

    def tool(self, agents: str) -> CodeTool:
        """The tool by which it hands on."""
        return CodeTool(
            name=HANDOFF,
            description=ABOUT.format(agents=agents),
            parameters=_parameters(self.choices),
            call=self.hand_on,
            ends=True,
            ends_on=(REFUSED,),
            with_transcript=self.pattern.transcript,
        )

    async def hand_on(self, arguments: Mapping[str, Json], call: StepContext) -> Envelope:
        """The packet, if it passes its check."""
        record = Envelope(output=packet_of(arguments).as_json())
        if self.pattern.check is not None:
            noted = await self.ledger.noted(call, {}, _is_second)
            attempt = Attempt(key=call.key("check"), number=1, context=call.scope("check"))
            verdict = await self.pattern.check(record, attempt)
            if not verdict.passed:
                return _not_sent(verdict, is_second=noted["second"])
            record = verdict.instead or record
        return replace(record, output={"to": arguments["to"], "why": cut(arguments["why"], WHY), "packet": record.output})


def _is_second(before: Notes, new: Noted) -> Json:
    """Whether the sender was told of a fault before: then this packet is its last."""
    return {"second": any(earlier.turn != new.turn for earlier in before)}


def _not_sent(verdict: Verdict, *, is_second: bool) -> Envelope:
    if is_second:
        return Envelope(status="failed", reason=REFUSED, output={"error": f"its packet did not pass its check twice: {verdict.reason}"})
    message = f"The packet did not pass its check: {verdict.reason}. Mend it and hand it on again, or answer yourself."
    return Envelope(status="failed", reason=SENT_BACK, output={"error": message})


async def _record(ctx: StepContext, sent: Sent) -> None:
    """The handoff as a step of its own."""
    told = {"from": sent.sender, "to": sent.to, "why": sent.why, "packet": sent.packet.as_json()}

    async def tell(_: Attempt) -> Envelope:
        output = told | ({"nothing_new": True} if sent.is_barren else {})
        return Envelope(output=output, labels=sent.from_result.labels, sources=sent.from_result.sources)

    await ctx.perform(HANDOFF, tell)


def _blocks(sent: Sent) -> Sequence[DataBlock]:
    """What the next agent gets; what is known of its origin goes along."""
    known = DataBlock(name="", text="", labels=sent.from_result.labels, sources=sent.from_result.sources)
    packet = replace(known, name=f"handed on by {sent.sender}", text=f"{sent.packet.as_text()}\nWhy it comes to you: {sent.why}")
    transcript = replace(known, name=f"what {sent.sender} was told and said", text=sent.packet.transcript)
    return (packet, transcript) if sent.packet.transcript else (packet,)


def _parameters(choices: tuple[str, ...]) -> Json:
    texts = {
        "why": "Why it is better done by that one",
        "task": "What is to be done, in your words",
        "findings": "All that you have found that matters",
        "next_step": "What you would do next",
        "capsule": "The name of a capsule that has more, if you have written one",
    }
    properties = {name: {"type": "string", "description": about} for name, about in texts.items()}
    sources = {"type": "array", "items": {"type": "string"}, "description": "Where the findings come from"}
    return {
        "type": "object",
        "properties": {"to": {"enum": list(choices), "description": "Who goes on"}, **properties, "sources": sources},
        "required": ["to", "why", "task", "findings", "next_step"],
        "additionalProperties": False,
    }
