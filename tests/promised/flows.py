"""What Playnex promises of flows: requirements F."""

from promised.promise import Promise

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
            "tests/capsules/test_capsule_laws.py::test_a_steps_result_and_the_capsule_that_it_saves_are_both_there_after_a_crash_or_neither",
            "tests/flows/test_capsule_crashes.py::"
            "test_in_every_state_that_a_crash_could_leave_a_result_and_its_capsule_are_both_there_or_neither",
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
            "tests/engine/test_loops.py::test_a_step_can_stand_in_for_another_and_runs_in_no_other_place",
        ),
    ),
    Promise(
        id="F10",
        says="A failed branch neither loses nor alters what the others stored; a retry does only the failed one again.",
        docs="docs/flow-file.md#needs",
        tests=("tests/flows/test_flow_language.py::test_a_failed_branch_leaves_the_others_and_is_done_again_alone",),
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
            "tests/engine/test_loops.py::test_flows_that_call_each_other_have_a_cap_of_all_their_calls",
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
        id="F17",
        says="A flow carries goal, constraints, context and success, and every agent of it is told them.",
        docs="docs/flow-file.md#brief",
        tests=(
            "tests/flows/test_brief.py::test_every_agent_of_a_flow_is_told_its_brief_before_its_task_and_an_edit_does_not_reach_a_run_that_has_begun",
            "tests/flows/test_brief.py::test_the_brief_is_shown_by_flow_show_and_by_a_dry_run",
        ),
    ),
    Promise(
        id="F18",
        says="A flow has schedules; none is active unless it was switched on, and each of its times is one run.",
        docs="docs/schedules.md#once-each",
        tests=(
            "tests/flows/test_schedules.py::test_nothing_fires_until_it_is_switched_on_and_from_then_each_time_is_one_run",
            "tests/flows/test_schedules.py::test_of_two_processes_that_would_serve_one_does_and_starts_one_run",
            "tests/flows/test_schedules.py::test_a_clock_that_is_put_back_and_forth_starts_no_time_twice_and_leaves_none_out",
            "tests/spec/test_schedule.py::test_a_sample_of_zones_fires_as_the_walked_clock_says_around_a_transition",
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
)
