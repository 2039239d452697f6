"""What Playnex promises of agents that work together: requirements P."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="P1",
        says="Debate, review, router, parallel, map and a single agent are built in, each with an example that runs, tests and a page.",
        docs="docs/patterns/index.md#which-one-and-when-none",
        tests=(
            "tests/examples/test_examples.py::test_the_chair_of_a_debate_chooses_and_the_run_tells_whose_draft_it_was",
            "tests/examples/test_examples.py::test_a_question_goes_to_whom_the_clerk_chooses",
            "tests/examples/test_examples.py::test_three_read_at_the_same_time_and_one_puts_it_together",
            "tests/examples/test_examples.py::test_every_thing_of_a_list_gets_its_name_in_its_place",
            "tests/patterns/test_debate.py::test_nobody_sees_a_draft_before_all_are_there",
            "tests/patterns/test_debate.py::test_a_debate_that_dies_anywhere_goes_on_and_asks_nobody_twice",
            "tests/patterns/test_review.py::test_a_draft_is_mended_by_what_the_review_says_until_it_passes",
            "tests/patterns/test_endless_models.py::test_every_pattern_ends_with_a_reason_and_what_there_is",
            "tests/patterns/test_pattern_table.py::test_every_pattern_of_the_table_can_be_made_and_no_other",
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
