"""A Pydantic AI agent at work in a run; loads Pydantic AI, so import it only where one works.

The library's loop is left as it is: a capability, which stands innermost, puts the journal between it and its model, and between
it and its tools. The names of steps are our own and never the library's: `turn-1/model`, `turn-1/tool-1`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic_ai import Agent, DeferredToolRequests, ModelRetry, StructuredDict, UsageLimits
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.exceptions import ContentFilterError, OutputTokenLimitExceeded, UnexpectedModelBehavior, UserError
from pydantic_ai.models import Model
from pydantic_ai.output import OutputContext
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import RunContext
from pydantic_ai.toolsets import AbstractToolset

from playnex.agents.handle import schema_of
from playnex.agents.pydantic_model import JournaledModel, not_durable
from playnex.agents.pydantic_records import jsonable
from playnex.agents.pydantic_task import Course, PydanticTask
from playnex.agents.pydantic_tools import JournaledTools, check_toolset, toolset_of
from playnex.agents.typed_output import check, is_text
from playnex.canonical import Json
from playnex.errors import PlaynexError
from playnex.spec.context import OutputForm, StepContext
from playnex.spec.envelope import Envelope
from playnex.spec.statements import whole_sentences

WRAPPED = "answer"
"""The property of an object that holds an answer which is none."""

REASONS = (
    (UserError, "usage"),
    (OutputTokenLimitExceeded, "cut-off"),
    (ContentFilterError, "content-filter"),
    (UnexpectedModelBehavior, "invalid-output"),
)
"""What the library's exceptions mean, the more exact first."""

NO_LIMIT = UsageLimits(request_limit=None)
"""The library's own limit of 50 requests would come before ours; turns are counted here, tokens by the run's budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How an answer's form is asked for: the library's own words, and the schema of what comes then. What is no object is wrapped
    in one, for that is all that servers take."""

    output_type: Any = None
    schema: Mapping[str, Json] | None = None
    is_wrapped: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """What the library's run is told; nothing where the agent's own form stands."""
        return {} if self.output_type is None else {"output_type": self.output_type}

    def value(self, output: Json) -> Json:
        """The answer itself."""
        return output[WRAPPED] if self.is_wrapped else output


def form_of(output: OutputForm) -> Form:
    """The form as the library is asked for it. Raises UsageError for what is no form."""
    if output is None or isinstance(output, type):
        return Form(output_type=output)
    schema = schema_of(output)
    assert schema is not None
    if is_text(schema):
        return Form(output_type=str)
    is_wrapped = schema.get("type") != "object"
    whole = {"type": "object", "properties": {WRAPPED: dict(schema)}, "required": [WRAPPED]} if is_wrapped else dict(schema)
    return Form(output_type=StructuredDict(whole, name="answer"), schema=whole, is_wrapped=is_wrapped)


@dataclass
class Journaling(AbstractCapability[Any]):
    """Puts the journal around the model and the tools; `schema` is what an answer must fit, where the run's code asks for one."""

    course: Course
    schema: Mapping[str, Json] | None

    def get_ordering(self) -> CapabilityOrdering:
        return CapabilityOrdering(position="innermost")

    def get_wrapper_model(self, model: Model) -> Model:
        return JournaledModel(model, self.course)

    def get_wrapper_toolset(self, toolset: AbstractToolset[Any]) -> AbstractToolset[Any]:
        toolset.apply(check_toolset)
        return JournaledTools(toolset, self.course)

    async def after_output_validate(self, ctx: RunContext[Any], *, output_context: OutputContext, output: Any) -> Any:
        """The output; one that does not fit the schema is sent back."""
        fault = check(output, self.schema).fault if self.schema is not None and isinstance(output, dict) else ""
        if fault:
            raise ModelRetry(f"Your answer does not fit the form asked for: {fault}")
        return output


async def run_pydantic(context: StepContext, task: PydanticTask) -> Envelope:
    """Let the agent work until it answers. Never raises for what its model or its tools do: the envelope is then failed, with
    `{"error": message, "partial": last text}` as output and one of these reasons: `turn-limit`, `cut-off`, `content-filter`,
    `invalid-output`, `tool-failed`, `usage` (what cannot be journaled), `error`, or those of the model's or the tool's own step."""
    course = Course(context=context, task=task)
    return await course.errands.serve(_work(course))


async def _work(course: Course) -> Envelope:
    """The library's own run, and what became of it."""
    try:
        return await _answer(course)
    except Exception as raised:  # the border: the agent, its hooks and its tools are the user's code
        return course.ended or course.stopped or _failure(course, raised)


async def _answer(course: Course) -> Envelope:
    task, agent = course.task, cast("Agent[Any, Any]", course.task.agent.agent)
    form = form_of(task.output)
    with agent.parallel_tool_call_execution_mode("sequential"):
        result = await agent.run(
            task.prompt,
            instructions=task.instructions or None,
            deps=task.agent.deps,
            usage_limits=NO_LIMIT,
            run_id=f"{course.context.run_id}/{task.key}",
            infer_name=False,
            toolsets=[toolset_of(task.tools)] if task.tools else None,
            capabilities=[Journaling(course, form.schema)],
            **form.asked,
        )
    return _finished(course, form, result)


def _finished(course: Course, form: Form, result: AgentRunResult[Any]) -> Envelope:
    output = result.output
    if isinstance(output, DeferredToolRequests):
        raise not_durable("calls that are deferred", "ask with ctx.approve beside the agent")
    if result.response.finish_reason == "length" and isinstance(output, str):
        course.last_text = whole_sentences(output)
        return course.failure("cut-off", "the answer was cut at the token limit; raise max_tokens of the model's settings, or ask for less")
    return course.result(form.value(jsonable(output, "the answer")))


def _failure(course: Course, raised: Exception) -> Envelope:
    """The record after an exception that no step accounts for already."""
    if isinstance(raised, PlaynexError):
        return course.failure(raised.code, f"{raised.message}; {raised.hint}" if raised.hint else raised.message)
    if isinstance(raised, UnexpectedModelBehavior) and raised.message.startswith("Tool "):
        return course.failure("tool-failed", raised.message)
    reason = next((reason for kind, reason in REASONS if isinstance(raised, kind)), "")
    return course.failure(reason or "error", str(raised) if reason else f"{type(raised).__name__}: {raised}")
