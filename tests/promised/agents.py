"""What Playnex promises of the agents' loop and its borders: requirements A3, A5 and A7, and X4."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="A3",
        says="The loop is plan, act, observe, reflect until an answer or a border; plan and reflect are switched per agent.",
        docs="docs/agents.md#the-loop",
        tests=(
            "tests/agents/test_phases.py::test_an_agent_that_plans_writes_its_plan_without_tools_and_then_acts_on_it",
            "tests/agents/test_phases.py::test_an_agent_reflects_when_its_file_says",
            "tests/agents/test_phases.py::test_the_same_work_after_a_crash_asks_for_no_plan_again",
        ),
    ),
    Promise(
        id="A5",
        says="Circles, errors in a row and answers that do not get better are told once, and then end the work with the reason.",
        docs="docs/agents.md#limits",
        tests=(
            "tests/agents/test_borders.py::test_calls_that_come_again_with_nothing_new_are_told_once_and_then_end_the_work",
            "tests/agents/test_borders.py::test_three_errors_in_a_row_are_told_and_three_more_end_the_work",
            "tests/agents/test_borders.py::test_the_same_call_is_no_circle_as_long_as_it_gives_something_new",
        ),
    ),
    Promise(
        id="A7",
        says="A conversation never outgrows its model's window: the task stays, calls keep their results, cuts are marked and can be read.",
        docs="docs/agents.md#long-work-small-windows",
        tests=(
            "tests/agents/test_fitting.py::test_an_agent_with_a_window_of_4096_tokens_reads_200_kilobytes_and_finishes",
            "tests/agents/test_fitting.py::test_a_cut_result_is_read_on_in_pages_until_its_end",
            "tests/agents/test_fitting.py::test_after_a_crash_the_notes_are_not_made_again_and_the_conversation_is_the_same",
            "tests/flows/test_context.py::test_an_agent_reads_200_kilobytes_with_a_window_of_4096_tokens_and_the_transcript_tells_how",
            "tests/models/test_silent_cuts.py::test_of_a_thousand_over_long_prompts_to_probed_servers_none_is_cut_in_silence",
        ),
    ),
    Promise(
        id="X4",
        says="The record shows which agent called which tool, in what order, with what arguments, state and result.",
        docs="docs/agents.md#the-loop",
        tests=(
            "tests/flows/test_context.py::test_the_record_shows_which_agent_called_which_tool_with_what",
            "tests/dashboard/test_rooms_api.py::test_a_runs_calls_are_listed_with_who_made_them_what_was_given_and_what_came_of_it",
        ),
    ),
)
