"""What Playnex promises of runs that can be trusted: requirements T."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="T2",
        says="After kill -9 a run resumes where it was; an answered request and a finished call or step never happen again.",
        docs="docs/durability.md#the-promise",
        tests=(
            "tests/flows/test_research.py::test_a_killed_run_resumes_and_no_answered_request_is_sent_again",
            "tests/flows/test_research.py::test_a_run_killed_at_any_moment_is_finished_by_resumes",
            "tests/engine/test_engine.py::test_dying_around_any_append_repeats_at_most_the_step_in_flight",
            "tests/flows/test_faults.py::test_a_second_stop_leaves_at_once_where_the_first_cannot_finish",
            "tests/flows/test_disk_faults.py::test_a_run_on_a_disk_that_fills_stops_saying_so_and_loses_nothing_that_was_recorded",
            "tests/flows/test_kills.py::test_a_python_flow_of_every_step_kind_ends_through_a_few_kills",
            "tests/flows/test_kills.py::test_the_research_flow_ends_through_a_few_kills_and_sends_no_answered_request_again",
            "tests/flows/test_kills.py::test_a_journal_whose_results_are_thrown_away_is_found_out",
            "tests/flows/test_background.py::test_runs_of_a_killed_worker_are_all_finished_by_the_next_one",
            "tests/flows/test_background.py::test_a_run_that_kills_its_worker_is_parked_after_the_third_and_the_others_are_all_finished",
        ),
    ),
    Promise(
        id="T1",
        says="The same flow, inputs and recorded answers give the same steps and results again: a replay comes to the same end.",
        docs="docs/python-flows.md#how-it-goes-on",
        tests=(
            "tests/flows/test_python_flows.py::test_a_finished_run_is_replayed_without_doing_anything",
            "tests/flows/test_python_flows.py::test_results_come_in_declared_order_whatever_order_they_finish_in",
            "tests/flows/test_support.py::test_the_same_ticket_gives_the_same_steps_routes_and_reply_twice",
        ),
    ),
    Promise(
        id="T3",
        says="A step that must not run twice never does; where a crash leaves its outcome unknown, the run is parked and a person decides.",
        docs="docs/durability.md#outcome-unknown",
        tests=(
            "tests/flows/test_background.py::test_a_once_step_whose_process_died_in_the_middle_is_parked_until_a_person_decides",
            "tests/flows/test_kills.py::test_a_sample_of_kills_loses_and_repeats_nothing",
            "tests/mcp_servers/test_trust.py::test_a_call_whose_process_was_killed_is_asked_about_and_not_made_again",
        ),
    ),
    Promise(
        id="T5",
        says="A run is stopped from another process: nothing further starts, and no child process is left.",
        docs="docs/durability.md#cancel-pause-stop",
        tests=(
            "tests/flows/test_stopping.py::test_a_run_in_a_model_request_is_stopped_by_another_process_and_nothing_further_starts",
            "tests/flows/test_stopping.py::test_a_stopped_tool_leaves_no_child_and_no_childs_child",
            "tests/flows/test_stopping.py::test_a_killed_run_leaves_no_child_of_a_tool_either",
            "tests/flows/test_stopping.py::test_the_embedded_models_server_ends_with_the_run_that_is_stopped",
            "tests/mcp_servers/test_trust.py::"
            "test_stop_all_ends_calls_of_servers_and_of_python_tools_and_nothing_starts_until_it_is_lifted",
            "tests/dashboard/test_run_pages.py::test_a_run_is_paused_resumed_and_cancelled_by_keys_and_buttons",
        ),
    ),
    Promise(
        id="T6",
        says="A run is replayed without a request or a call, forked from a step with changes, and compared with another.",
        docs="docs/durability.md#retry-fork-replay-diff",
        tests=(
            "tests/flows/test_python_flows.py::test_a_finished_run_is_replayed_without_doing_anything",
            "tests/flows/test_python_flows.py::test_a_run_is_replayed_forked_from_a_step_and_compared_and_what_is_kept_is_not_asked_again",
            "tests/flows/test_python_flows.py::test_a_forked_run_sees_memory_as_it_was_at_its_fork_in_prompts_and_through_tools",
            "tests/flows/test_capsules.py::test_a_forked_run_lists_and_reads_the_versions_that_were_there_at_its_fork",
            "tests/dashboard/test_run_pages.py::test_the_slider_shows_the_run_as_it_was",
            "tests/dashboard/test_run_pages.py::test_a_fork_with_another_prompt_keeps_what_came_before_and_is_compared_with_the_old_run",
            "tests/dashboard/test_run_pages.py::test_two_chosen_runs_are_compared_from_the_list",
        ),
    ),
    Promise(
        id="T7",
        says="An approval shows the whole action, survives restarts, is answered from any terminal; no clear yes in time is a no.",
        docs="docs/approvals.md#what-counts-as-a-yes",
        tests=(
            "tests/flows/test_inbox.py::test_the_inbox_shows_the_whole_action_and_a_yes_from_another_terminal_carries_the_run_on",
            "tests/flows/test_inbox.py::test_a_no_is_recorded_with_its_reason_and_name_and_ends_the_run_unless_the_step_goes_on",
            "tests/flows/test_inbox.py::test_silence_past_the_time_is_a_no_whoever_answers_afterwards",
            "tests/flows/test_inbox.py::test_a_run_on_a_terminal_asks_in_place_and_only_a_clear_yes_is_one",
            "tests/flows/test_inbox.py::test_a_terminal_that_is_closed_over_a_question_has_said_no_and_nothing_goes_on_by_itself",
            "tests/engine/test_waits.py::test_an_answer_that_came_before_the_question_is_none",
            "tests/mcp_servers/test_trust.py::test_a_call_that_asks_waits_through_restarts_and_its_answer_is_recorded",
            "tests/dashboard/test_run_pages.py::test_an_approval_is_edited_and_answered_where_it_stands",
            "tests/dashboard/test_rooms.py::test_a_no_is_said_with_its_reason",
        ),
    ),
    Promise(
        id="T8",
        says="A detached run goes on after its terminal closes, and can be watched again; a start with a key is one run.",
        docs="docs/durability.md#in-the-background",
        tests=(
            "tests/flows/test_background.py::test_a_detached_run_goes_on_when_its_terminal_is_closed_and_a_watcher_ends_with_its_exit_code",
            "tests/flows/test_background.py::test_a_detached_run_waits_for_a_signal_and_goes_on_when_it_comes",
            "tests/flows/test_background.py::test_two_starts_with_one_key_at_the_same_moment_are_one_run",
            "tests/dashboard/test_page_and_terminal.py::test_ctrl_c_ends_the_server_at_once_and_its_runs_go_on_with_the_next",
        ),
    ),
    Promise(
        id="T4",
        says="A run keeps the definition that it started with, and says so when its journal does not fit the code.",
        docs="docs/durability.md#the-definition-is-pinned",
        tests=(
            "tests/flows/test_research.py::test_a_run_keeps_the_definition_it_started_with",
            "tests/engine/test_engine.py::test_a_started_run_pins_its_definition",
            "tests/flows/test_python_flows.py::test_a_flow_that_is_edited_or_broken_after_its_start_does_not_hurt_the_run",
            "tests/flows/test_python_flows.py::test_a_helper_that_was_changed_stops_the_run_at_the_step_that_no_longer_fits_and_nothing_is_done",
        ),
    ),
)
