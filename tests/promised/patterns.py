"""What Playnex promises of agents that work together: requirements P."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="P1",
        says="Single, supervisor, debate, planner, handoff, router, parallel, review and map are built in, each with example, tests, page.",
        docs="docs/patterns/index.md#which-one-and-when-none",
        tests=(
            "tests/examples/test_examples.py::test_one_adviser_answers_with_one_request",
            "tests/examples/test_examples.py::test_the_chair_of_a_debate_chooses_and_the_run_tells_whose_draft_it_was",
            "tests/examples/test_examples.py::test_a_question_goes_to_whom_the_clerk_chooses",
            "tests/examples/test_examples.py::test_three_read_at_the_same_time_and_one_puts_it_together",
            "tests/examples/test_examples.py::test_every_thing_of_a_list_gets_its_name_in_its_place",
            "tests/examples/test_examples.py::test_an_editor_delegates_and_answers_from_what_comes_back",
            "tests/examples/test_examples.py::test_a_plan_is_carried_out_by_two_and_written_up_by_a_third",
            "tests/examples/test_examples.py::test_a_customer_is_handed_on_until_somebody_answers",
            "tests/patterns/test_debate.py::test_nobody_sees_a_draft_before_all_are_there",
            "tests/patterns/test_debate.py::test_a_debate_that_dies_anywhere_goes_on_and_asks_nobody_twice",
            "tests/patterns/test_review.py::test_a_draft_is_mended_by_what_the_review_says_until_it_passes",
            "tests/patterns/test_endless_models.py::test_every_pattern_ends_with_a_reason_and_what_there_is",
            "tests/patterns/test_pattern_table.py::test_every_pattern_of_the_table_can_be_made_and_no_other",
        ),
    ),
    Promise(
        id="P2",
        says="A failed part of a supervisor's work is done again alone, by its model, by itself or by a retry of the run.",
        docs="docs/patterns/supervisor.md#when-something-fails",
        tests=(
            "tests/patterns/test_supervisor.py::test_a_failed_part_is_told_with_its_reason_and_done_again_alone",
            "tests/patterns/test_supervisor.py::test_a_failed_part_can_be_tried_once_more_by_itself",
            "tests/patterns/test_supervisor.py::test_a_retry_of_the_run_does_the_failed_part_alone_again",
            "tests/patterns/test_supervisor.py::test_a_supervisor_that_never_stops_comes_to_its_cap",
            "tests/patterns/test_supervisor.py::test_caps_are_not_reset_by_a_death",
            "tests/patterns/test_supervisor.py::test_a_supervisor_that_dies_anywhere_goes_on_and_asks_nothing_twice",
        ),
    ),
    Promise(
        id="P3",
        says="A plan is recorded before its first step runs and can require approval; a new plan keeps what is done.",
        docs="docs/patterns/planner.md#what-happens",
        tests=(
            "tests/patterns/test_planner.py::test_the_plan_is_recorded_before_its_first_step_begins",
            "tests/patterns/test_planner.py::test_a_failed_step_leads_to_a_new_plan_and_what_is_done_is_never_done_again",
            "tests/patterns/test_planner.py::test_a_person_sees_the_plan_first_and_can_change_or_refuse_it",
            "tests/patterns/test_planner.py::test_a_planner_that_dies_anywhere_goes_on_and_asks_nothing_twice",
        ),
    ),
    Promise(
        id="P4",
        says="A handoff hands on a packet and no conversation unless asked for; it stands in the run's record, and handoffs have a cap.",
        docs="docs/patterns/handoff.md#the-packet",
        tests=(
            "tests/patterns/test_handoff.py::test_the_next_agent_gets_the_packet_and_nothing_else_of_the_conversation",
            "tests/patterns/test_handoff.py::test_the_transcript_goes_along_when_it_is_asked_for",
            "tests/patterns/test_handoff.py::test_a_handoff_is_a_step_of_the_run_with_from_to_and_why",
            "tests/patterns/test_handoff.py::test_after_the_last_hop_there_is_nothing_left_but_to_answer",
            "tests/patterns/test_handoff.py::test_agents_that_send_work_round_and_round_end_as_stuck_with_what_there_is",
            "tests/patterns/test_handoff.py::test_a_handoff_that_dies_anywhere_goes_on_and_asks_nothing_twice",
        ),
    ),
    Promise(
        id="P5",
        says="A schema, an expression, a function or a judge can check any step's output and any hand-over; what fails goes no further.",
        docs="docs/patterns/index.md#checks-at-the-boundaries",
        tests=(
            "tests/flows/test_python_steps.py::test_a_python_check_decides_with_a_reason_and_sees_the_inputs",
            "tests/flows/test_flow_language.py::test_a_result_that_fails_its_check_waits_for_a_person_who_may_change_it",
            "tests/flows/test_pattern_steps.py::test_a_judge_of_a_hand_over_keeps_what_it_refuses_from_the_next_agent",
            "tests/patterns/test_debate.py::test_a_draft_that_fails_its_check_is_seen_by_nobody_and_ends_the_debate",
            "tests/patterns/test_review.py::test_a_worker_that_is_a_pattern_is_checked_like_an_agent",
        ),
    ),
)
