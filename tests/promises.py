"""The promises that Playnex makes today: each with its page in the docs and the tests that prove it.

The ids are those of the requirements. tests/house/test_promises.py holds both ways: every promise that is due is here, and
every page and test named here exists.
"""

from dataclasses import dataclass

DUE = (
    *("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12", "F13", "F14", "F15", "F16", "F17", "F18"),
    *("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"),
    *("P5", "A1", "A2", "A4", "A8", "A9", "X1", "X2", "L1", "L2", "L5", "M1", "M2", "M3", "W1", "W3", "W4"),
)
"""What this release has to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A tested guarantee: `docs` is a page and its heading, `tests` are `file::function` below the repository."""

    id: str
    says: str
    docs: str
    tests: tuple[str, ...] = ()


PROMISES = (
    Promise(
        id="F1",
        says="A flow has a name, typed inputs, steps in order and an output.",
        docs="docs/flow-file.md#at-the-top",
        tests=(
            "tests/flows/test_research.py::test_a_folder_of_notes_becomes_an_article_capsule_by_four_agents",
            "tests/flows/test_research.py::test_all_faults_of_a_flow_and_its_agents_come_at_once_with_their_places_and_no_request",
        ),
    ),
    Promise(
        id="F2",
        says="An interview makes a flow that runs at once; flags, a template or JSON make the same without a terminal.",
        docs="docs/first-flow.md#a-flow-of-your-own",
        tests=(
            "tests/cli/test_flow_create.py::test_an_interview_makes_a_flow_with_a_new_agent_that_passes_the_check_and_runs_at_once",
            "tests/cli/test_flow_create.py::test_the_flags_make_what_the_interview_makes_and_need_no_terminal",
            "tests/cli/test_flow_create.py::test_each_template_gives_its_flow_under_a_new_name_and_takes_what_is_there_as_it_is",
            "tests/cli/test_flow_create.py::test_leaving_in_the_middle_leaves_nothing_behind",
        ),
    ),
    Promise(
        id="F3",
        says="A saved flow runs by its name; the exit code tells success, a bad file, a missing input, failure and interruption apart.",
        docs="docs/exit-codes.md#exit-codes",
        tests=(
            "tests/flows/test_research.py::test_a_folder_of_notes_becomes_an_article_capsule_by_four_agents",
            "tests/flows/test_research.py::test_a_missing_input_is_told_with_the_flag_to_add_and_exit_2",
            "tests/flows/test_research.py::test_an_unknown_flow_or_run_is_exit_5",
            "tests/flows/test_research.py::test_the_first_ctrl_c_pauses_the_run_and_it_goes_on_later",
        ),
    ),
    Promise(
        id="F4",
        says="What is missing, ill-typed or unknown is refused before any model request, with file, line, column and the mend.",
        docs="docs/flow-file.md#flow-files",
        tests=(
            "tests/flows/test_research.py::test_all_faults_of_a_flow_and_its_agents_come_at_once_with_their_places_and_no_request",
            "tests/flows/test_research.py::test_a_missing_input_is_told_with_the_flag_to_add_and_exit_2",
            "tests/flows/test_bad_workspaces.py::test_a_wrong_file_is_told_at_its_place_by_run_and_check_before_any_request",
            "tests/spec/test_broken_files.py::test_all_faults_of_a_file_are_told_at_once_each_with_its_line_a_caret_and_the_mend",
            "tests/spec/test_broken_files.py::test_every_fault_says_what_to_do",
        ),
    ),
    Promise(
        id="F5",
        says="Steps that declare nothing else run in the listed order, and each gets what it needs from the ones before.",
        docs="docs/flow-file.md#agent",
        tests=("tests/flows/test_research.py::test_steps_run_in_the_listed_order_and_each_is_watched_with_its_agent_and_tokens",),
    ),
    Promise(
        id="F6",
        says="Each step's result is a capsule as soon as the step ends, and survives a kill at any moment.",
        docs="docs/durability.md#the-journal",
        tests=(
            "tests/flows/test_research.py::test_every_step_result_is_readable_as_a_capsule",
            "tests/flows/test_research.py::test_a_killed_run_resumes_and_no_answered_request_is_sent_again",
        ),
    ),
    Promise(
        id="F7",
        says="A step routes by a value to an agent, a step or settings, and a refusal to another step; the route and why are recorded.",
        docs="docs/flow-file.md#switch",
        tests=(
            "tests/flows/test_flow_language.py::test_a_switch_takes_the_case_of_the_value_and_records_its_route",
            "tests/engine/test_loops.py::test_a_step_can_stand_in_for_another_and_runs_in_no_other_place",
            "tests/engine/test_loops.py::test_cases_can_be_settings_of_one_shared_action",
            "tests/engine/test_loops.py::test_a_no_can_lead_back_and_what_waits_for_that_step_is_done_again",
            "tests/engine/test_loops.py::test_a_no_can_lead_on_and_passes_over_all_else_that_waits_for_the_answer",
            "tests/spec/test_broken_routes.py::test_a_fault_is_told_at_its_place_with_its_mend",
            "tests/flows/test_support.py::test_each_kind_of_ticket_goes_to_its_agent_and_the_reply_is_filed",
            "tests/flows/test_support.py::test_the_route_that_was_taken_and_why_are_recorded_and_shown",
        ),
    ),
    Promise(
        id="F8",
        says="Steps and items go on at the same time, so many at once as the flow says; results come in declared order, whoever is faster.",
        docs="docs/flow-file.md#needs",
        tests=(
            "tests/flows/test_flow_language.py::test_steps_that_need_the_same_run_at_the_same_time_and_the_one_behind_waits_for_both",
            "tests/flows/test_flow_language.py::test_a_step_for_each_item_gives_a_list_in_the_order_of_the_items",
            "tests/engine/test_random_flows.py::test_any_flow_gives_the_same_at_any_concurrency_and_in_any_order",
            "tests/engine/test_random_flows.py::test_any_flow_that_dies_anywhere_comes_to_the_same_end",
            "tests/engine/test_random_flows.py::test_an_answer_that_depends_on_who_is_faster_is_found_out",
            "tests/flows/test_python_flows.py::test_results_come_in_declared_order_whatever_order_they_finish_in",
            "tests/flows/test_python_flows.py::test_no_more_items_go_on_at_once_than_the_flow_says",
            "tests/flows/test_support.py::test_the_account_is_looked_up_while_the_articles_are_searched_and_the_draft_waits_for_both",
        ),
    ),
    Promise(
        id="F9",
        says="A step has a timeout, a retry with back-off and a fallback (value, agent, step); the record says which of them it took.",
        docs="docs/flow-file.md#timeout-retry-fallback",
        tests=(
            "tests/flows/test_python_flows.py::test_a_retry_a_timeout_and_a_fallback_are_marked",
            "tests/flows/test_python_steps.py::test_a_timeout_really_ends_a_python_step_and_a_retry_and_a_fallback_follow",
            "tests/engine/test_loops.py::test_a_step_can_stand_in_for_another_and_runs_in_no_other_place",
        ),
    ),
    Promise(
        id="F10",
        says="A failed branch neither loses nor alters what the others stored; a retry does only the failed one again.",
        docs="docs/flow-file.md#needs",
        tests=(
            "tests/flows/test_python_flows.py::test_a_failed_branch_neither_loses_nor_alters_the_others_and_only_it_is_done_again",
            "tests/flows/test_flow_language.py::test_a_failed_branch_leaves_the_others_and_is_done_again_alone",
            "tests/engine/test_loops.py::test_a_step_that_fails_in_a_round_ends_the_loop_and_a_retry_goes_on_in_that_round",
        ),
    ),
    Promise(
        id="F11",
        says="Loops, ways back and flows that call each other have caps that no setting removes.",
        docs="docs/flow-file.md#repeat",
        tests=(
            "tests/flows/test_python_flows.py::test_every_end_has_a_state_and_a_reason_and_flows_in_a_circle_end",
            "tests/engine/test_loops.py::test_loops_have_a_cap_of_all_their_steps_that_no_setting_raises",
            "tests/engine/test_loops.py::test_a_run_that_died_in_its_loops_comes_to_the_cap_at_the_same_place",
            "tests/engine/test_loops.py::test_ways_back_share_the_cap_of_loops",
            "tests/engine/test_loops.py::test_nested_flows_have_a_cap_too",
        ),
    ),
    Promise(
        id="P5",
        says="A schema, an expression, a function or a judge can check any step's output; what fails does not reach the next step.",
        docs="docs/flow-file.md#verify",
        tests=(
            "tests/flows/test_python_steps.py::test_a_python_check_decides_with_a_reason_and_sees_the_inputs",
            "tests/flows/test_python_steps.py::test_a_python_step_that_raises_or_gives_what_does_not_fit_fails_with_its_own_words",
            "tests/flows/test_flow_language.py::test_a_result_that_fails_its_check_waits_for_a_person_who_may_change_it",
            "tests/flows/test_flow_language.py::test_a_no_to_a_result_fails_the_step_as_refused_and_so_does_silence",
        ),
    ),
    Promise(
        id="F12",
        says="Every run ends as succeeded, failed or cancelled, with a recorded reason.",
        docs="docs/concepts.md#end-state",
        tests=(
            "tests/flows/test_python_flows.py::test_every_end_has_a_state_and_a_reason_and_flows_in_a_circle_end",
            "tests/flows/test_stopping.py::test_a_run_in_a_model_request_is_stopped_by_another_process_and_nothing_further_starts",
        ),
    ),
    Promise(
        id="F13",
        says="One agent or flow serves several flows without a copy; a change of it reaches them all.",
        docs="docs/support-ticket.md#make-it-yours",
        tests=(
            "tests/flows/test_shared_definitions.py::test_one_agent_and_one_flow_serve_several_flows_and_a_change_of_theirs_reaches_all",
        ),
    ),
    Promise(
        id="F14",
        says="support-ticket routes, looks two things up at once, tries a timed-out one once more, then sends a safe reply and says so.",
        docs="docs/support-ticket.md#when-something-does-not-answer",
        tests=(
            "tests/flows/test_support.py::test_each_kind_of_ticket_goes_to_its_agent_and_the_reply_is_filed",
            "tests/flows/test_support.py::test_the_account_is_looked_up_while_the_articles_are_searched_and_the_draft_waits_for_both",
            "tests/flows/test_support.py::test_a_look_up_that_times_out_is_tried_once_more_and_a_safe_reply_goes_out_that_says_so",
            "tests/flows/test_embedded.py::test_a_support_ticket_ends_well_whatever_the_embedded_model_makes_of_it",
        ),
    ),
    Promise(
        id="F15",
        says="research-to-article turns a folder of notes into an article capsule with four agents.",
        docs="docs/first-flow.md#your-first-flow",
        tests=(
            "tests/flows/test_research.py::test_a_folder_of_notes_becomes_an_article_capsule_by_four_agents",
            "tests/flows/test_embedded.py::test_every_statement_of_the_embedded_models_article_is_supported_by_a_source_sentence",
        ),
    ),
    Promise(
        id="F18",
        says="A flow has schedules; none is active unless it was switched on, and each of its times is one run.",
        docs="docs/schedules.md#once-each",
        tests=(
            "tests/flows/test_schedules.py::test_nothing_fires_until_it_is_switched_on_and_from_then_each_time_is_one_run",
            "tests/flows/test_schedules.py::test_two_processes_that_serve_start_one_run_and_carry_it_to_its_end",
            "tests/flows/test_schedules.py::test_a_clock_that_is_put_back_and_forth_starts_no_time_twice_and_leaves_none_out",
            "tests/spec/test_schedule.py::test_a_sample_of_zones_fires_as_the_walked_clock_says_around_a_transition",
        ),
    ),
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
        id="F17",
        says="A flow carries goal, constraints, context and success, and every agent of it is told them.",
        docs="docs/flow-file.md#brief",
        tests=(
            "tests/flows/test_brief.py::test_every_agent_of_a_flow_is_told_its_brief_before_its_task_and_an_edit_does_not_reach_a_run_that_has_begun",
            "tests/flows/test_brief.py::test_the_brief_is_shown_by_flow_show_and_by_a_dry_run",
        ),
    ),
    Promise(
        id="F16",
        says="One flow runs over thousands of cases, each a run of its own; a kill loses none, a failure touches only itself.",
        docs="docs/batches.md#stopping-and-going-on",
        tests=(
            "tests/flows/test_batches.py::test_every_case_is_a_run_of_its_own_and_its_result_stands_in_the_order_of_the_cases",
            "tests/flows/test_batches.py::test_no_more_cases_are_at_work_at_once_than_was_said",
            "tests/flows/test_batches.py::test_a_case_that_fails_touches_no_other_and_is_tried_again_when_that_is_wanted",
            "tests/flows/test_batches.py::test_a_batch_that_is_killed_three_times_repeats_nothing_and_gives_the_same_table",
            "tests/flows/test_batches.py::test_a_key_makes_a_case_the_same_case_in_every_batch_of_the_flow",
            "tests/flows/test_batches.py::test_a_case_that_waits_for_a_person_holds_up_no_other_and_goes_on_once_it_is_answered",
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
    Promise(
        id="A1",
        says="An agent is purpose, model, tools, memory and limits; two agents of one flow can differ in all.",
        docs="docs/agents.md#agents",
        tests=(
            "tests/flows/test_agents.py::test_agents_of_one_flow_differ_in_purpose_model_tools_memory_and_limits",
            "tests/flows/test_agents.py::test_the_record_says_for_each_agent_which_model_answered_and_which_limit_ended_it",
            "tests/flows/test_research.py::test_the_agents_of_the_template_differ_in_purpose_tools_memory_and_limits",
        ),
    ),
    Promise(
        id="A2",
        says="An agent runs alone, and a flow of one step makes no more requests than the agent alone.",
        docs="docs/agents.md#alone",
        tests=(
            "tests/flows/test_research.py::test_an_agent_alone_makes_one_request",
            "tests/agents/test_loop.py::test_an_agent_without_need_of_tools_answers_with_one_request",
        ),
    ),
    Promise(
        id="A4",
        says="Every agent has a cap of turns, 20 by default and 200 at most; a capped one returns what it has, marked incomplete.",
        docs="docs/agents.md#limits",
        tests=(
            "tests/agents/test_loop.py::test_an_agent_ends_at_its_cap_of_turns_with_its_last_words",
            "tests/agents/test_loop.py::test_no_setting_lifts_the_cap_of_turns",
        ),
    ),
    Promise(
        id="A8",
        says="Typed output is checked; a break is sent back once, then the fallback is taken.",
        docs="docs/flow-file.md#output",
        tests=(
            "tests/agents/test_loop.py::test_a_typed_answer_is_checked_and_given_as_a_value",
            "tests/agents/test_loop.py::test_a_broken_answer_is_sent_back_once_with_the_reason",
            "tests/agents/test_loop.py::test_an_answer_broken_twice_fails_with_what_there_is",
        ),
    ),
    Promise(
        id="A9",
        says="The model is chosen per agent by configuration, any OpenAI-compatible local server among them.",
        docs="docs/models.md#a-better-model",
        tests=(
            "tests/agents/test_loop.py::test_an_agent_goes_on_with_another_model_and_loses_nothing",
            "tests/flows/test_research.py::test_a_model_that_calls_tools_reads_a_file_in_the_flow_before_it_answers",
            "tests/flows/test_research.py::test_a_model_beyond_this_machine_is_refused_in_local_mode",
        ),
    ),
    Promise(
        id="X1",
        says="All tools go through one interface and one gate, and their arguments are checked first.",
        docs="docs/agents.md#tools",
        tests=(
            "tests/tools/test_gate.py::test_an_admitted_call_is_one_step_with_its_tool_arguments_and_agent_on_record",
            "tests/tools/test_gate.py::test_arguments_that_do_not_fit_are_refused_with_the_mend",
        ),
    ),
    Promise(
        id="X2",
        says="An agent calls only the tools of its own list; anything else is refused and recorded.",
        docs="docs/security.md#tools",
        tests=(
            "tests/tools/test_gate.py::test_an_agent_calls_only_what_its_list_names",
            "tests/agents/test_loop.py::test_a_tool_that_is_not_in_the_agents_list_is_refused_and_the_loop_goes_on",
        ),
    ),
    Promise(
        id="L1",
        says="In local mode models are on loopback only, and everything lies in one folder.",
        docs="docs/security.md#local-mode",
        tests=("tests/flows/test_research.py::test_a_model_beyond_this_machine_is_refused_in_local_mode",),
    ),
    Promise(
        id="L2",
        says="The first flow needs no account and, once the embedded model is there, no network.",
        docs="docs/models.md#the-embedded-model",
        tests=("tests/flows/test_embedded.py::test_the_flow_runs_with_the_network_cut",),
    ),
    Promise(
        id="L5",
        says="One command stops all runs at once; they stay paused until somebody resumes them.",
        docs="docs/durability.md#cancel-pause-stop",
        tests=(
            "tests/flows/test_stopping.py::test_stop_all_stops_runs_of_several_processes_and_one_that_waits_and_a_worker_leaves_them_alone",
            "tests/flows/test_stopping.py::test_a_stopped_tool_leaves_no_child_and_no_childs_child",
        ),
    ),
    Promise(
        id="M1",
        says="A capsule is free, readable text with versions, and each version knows who wrote it.",
        docs="docs/concepts.md#capsule",
        tests=(
            "tests/capsules/test_sqlite_capsules.py::test_sqlite_capsules_keep_the_contract",
            "tests/capsules/test_sqlite_capsules.py::test_any_text_comes_back_as_it_was",
        ),
    ),
    Promise(
        id="M2",
        says="Capsules are listed, created from typed, piped or file text, viewed and deleted from the command line.",
        docs="docs/cli.md#commands",
        tests=("tests/flows/test_research.py::test_capsules_are_created_from_typed_piped_and_file_text_and_deleted",),
    ),
    Promise(
        id="M3",
        says="Agents share capsules; of two writers at once, none loses an update silently.",
        docs="docs/concepts.md#version",
        tests=(
            "tests/capsules/test_sqlite_capsules.py::test_processes_that_compare_and_set_lose_no_line",
            "tests/capsules/test_sqlite_capsules.py::test_the_same_processes_writing_blindly_do_lose_lines",
        ),
    ),
    Promise(
        id="W1",
        says="A run is watched on the command line: step, agent, state, tokens, time.",
        docs="docs/first-flow.md#run-it",
        tests=("tests/flows/test_research.py::test_steps_run_in_the_listed_order_and_each_is_watched_with_its_agent_and_tokens",),
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
        ),
    ),
)
