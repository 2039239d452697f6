"""How a run is watched: the dashboard, the command line and the logs; requirements W."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="W1",
        says="A run is watched on the command line and on the dashboard, which say the same: step, agent, state, tokens, time.",
        docs="docs/dashboard.md#it-says-what-the-terminal-says",
        tests=(
            "tests/flows/test_research.py::test_steps_run_in_the_listed_order_and_each_is_watched_with_its_agent_and_tokens",
            "tests/dashboard/test_page_and_terminal.py::test_after_random_runs_with_crashes_page_and_terminal_say_the_same",
            "tests/dashboard/test_run_view.py::test_no_row_is_at_work_once_the_run_has_ended",
        ),
    ),
    Promise(
        id="W2",
        says="The dashboard shows runs, a run's live graph, timeline and transcript, each step's input, prompt and output, what waits for "
        "a person, capsules, flows with a form, agents, tools and batches; and does from there what the command line does.",
        docs="docs/dashboard.md#one-run",
        tests=(
            "tests/dashboard/test_run_pages.py::test_a_run_is_found_by_its_words_and_the_address_says_what_was_looked_for",
            "tests/dashboard/test_run_pages.py::test_a_flow_is_started_from_the_keyboard_and_its_steps_come_alive_one_after_another",
            "tests/dashboard/test_run_pages.py::test_why_a_step_failed_is_one_click_away",
            "tests/dashboard/test_run_pages.py::"
            "test_one_choice_holds_for_graph_timeline_address_and_inspector_and_a_prompt_leads_to_its_sources",
            "tests/dashboard/test_run_pages.py::test_the_transcript_tells_the_run_as_a_conversation",
            "tests/dashboard/test_run_pages.py::test_eight_tabs_stay_live_over_one_stream",
            "tests/dashboard/test_rooms.py::test_a_flow_is_started_by_its_form_from_a_capsule",
            "tests/dashboard/test_rooms.py::test_what_is_saved_in_the_editor_is_what_is_read_next",
            "tests/dashboard/test_rooms.py::test_an_agent_is_tried",
            "tests/dashboard/test_rooms.py::test_what_failed_of_a_batch_is_tried_again",
            "tests/dashboard/test_stream.py::test_what_is_recorded_while_a_page_is_caught_up_is_told_to_it_too",
            "tests/dashboard/test_guard.py::test_there_are_at_least_120_hostile_requests",
            "tests/dashboard/test_page_holds.py::test_no_text_of_a_run_its_name_prompts_and_answers_runs_as_a_program",
            "tests/dashboard/test_page_holds.py::test_axe_finds_nothing_that_keeps_people_out",
        ),
    ),
    Promise(
        id="W3",
        says="Every command that prints data has --json; without a terminal there is no colour; errors say what to do.",
        docs="docs/cli.md#commands",
        tests=(
            "tests/flows/test_research.py::test_steps_run_in_the_listed_order_and_each_is_watched_with_its_agent_and_tokens",
            "tests/flows/test_research.py::test_a_missing_input_is_told_with_the_flag_to_add_and_exit_2",
            "tests/cli/test_check_watch.py::test_under_json_each_check_is_a_line_and_new_files_and_folders_are_seen",
            "tests/cli/test_dry_run.py::test_a_dry_run_asks_no_model_records_no_run_and_ends_well",
            "tests/spec/test_broken_files.py::test_every_fault_says_what_to_do",
        ),
    ),
    Promise(
        id="W4",
        says="Each run has a log outside the agents' reach: one JSON object a line, a view over its journal.",
        docs="docs/durability.md#logs",
        tests=(
            "tests/flows/test_python_flows.py::test_the_runs_log_tells_each_step_with_its_result_and_what_was_said_from_outside",
            "tests/flows/test_python_flows.py::test_an_agents_turns_and_tool_calls_are_in_the_log",
            "tests/tools/test_file_tools.py::test_the_store_is_never_readable",
            "tests/telemetry/test_telemetry.py::"
            "test_a_run_that_waits_and_goes_on_is_one_trace_of_run_agent_requests_and_tool_calls_without_content",
            "tests/telemetry/test_telemetry.py::test_the_names_are_those_of_the_conventions",
        ),
    ),
)
