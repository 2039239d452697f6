"""What Playnex promises of agents, models, what it runs on and how it is used: requirements A, X, L, M, P and W."""

from promised.promise import Promise

PROMISES = (
    Promise(
        id="P6",
        says="Any flow can be compared with an agent alone on the same cases: quality, tokens, time and cost, and which of both to use.",
        docs="docs/compare.md#does-the-team-pay",
        tests=(
            "tests/flows/test_compare.py::test_a_team_that_is_better_is_to_be_used_and_what_it_costs_is_what_the_server_saw",
            "tests/flows/test_compare.py::test_where_both_are_as_good_the_cheaper_one_will_do",
            "tests/flows/test_compare.py::test_a_judge_with_a_bias_for_a_place_prefers_nobody_and_would_have_without_the_swap",
            "tests/flows/test_compare.py::test_a_comparison_that_is_killed_goes_on_and_pays_for_nothing_twice",
            "tests/comparing/test_verdict.py::test_no_verdict_claims_more_than_its_interval_allows",
            "tests/comparing/test_intervals.py::test_a_pass_rate_has_the_interval_that_newcombe_gives_for_wilsons_method",
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
        id="A6",
        says="A run's limits in requests, tokens, money and time hold through kills, retries, forks, calls and parallel steps; a spent run "
        "keeps what is finished, and one that takes twice the usual says so.",
        docs="docs/budgets.md#the-promise",
        tests=(
            "tests/engine/test_budget_laws.py::test_no_run_spends_more_than_its_budget_or_forgets_what_it_has_spent",
            "tests/engine/test_budget_laws.py::test_with_reservations_that_are_not_journaled_both_laws_break",
            "tests/engine/test_budgets.py::test_branches_in_flight_are_finished_and_kept_and_no_further_request_starts",
            "tests/engine/test_budgets.py::test_a_called_flow_that_exhausts_its_own_budget_fails_and_its_caller_goes_on",
            "tests/engine/test_budgets.py::test_a_fork_inherits_what_its_part_has_spent_and_what_nobody_knows_of_it",
            "tests/engine/test_engine.py::test_a_run_out_of_time_ends_as_exhausted",
            "tests/flows/test_budgets.py::test_a_request_in_flight_at_kill_9_counts_and_no_further_one_is_sent",
            "tests/flows/test_budgets.py::test_an_exhausted_run_goes_on_with_the_budget_that_a_person_raises_and_so_does_its_fork",
            "tests/flows/test_budgets.py::test_a_run_that_takes_more_than_twice_what_its_flow_usually_does_says_so_once",
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
            "tests/models/test_probes.py::test_the_window_is_found_whatever_the_server_does_beyond_it",
            "tests/flows/test_model_command.py::test_an_agent_that_needs_what_its_model_lacks_is_refused_before_it_runs",
        ),
    ),
    Promise(
        id="X1",
        says="All tools go through one interface and one gate, and their arguments are checked first.",
        docs="docs/agents.md#tools",
        tests=(
            "tests/tools/test_gate.py::test_an_admitted_call_is_one_step_with_its_tool_arguments_and_agent_on_record",
            "tests/tools/test_gate.py::test_arguments_that_do_not_fit_are_refused_with_the_mend",
            "tests/mcp_servers/test_doors.py::test_flows_and_agents_use_a_server_like_any_other_tool",
        ),
    ),
    Promise(
        id="X2",
        says="An agent calls only the tools of its own list; anything else is refused and recorded.",
        docs="docs/security.md#tools",
        tests=(
            "tests/tools/test_gate.py::test_an_agent_calls_only_what_its_list_names",
            "tests/agents/test_loop.py::test_a_tool_that_is_not_in_the_agents_list_is_refused_and_the_loop_goes_on",
            "tests/house/test_one_gate.py::test_only_the_gate_calls_a_tool",
            "tests/house/test_one_gate.py::test_a_tool_that_is_called_past_the_gate_is_seen",
        ),
    ),
    Promise(
        id="X5",
        says="An agent's browser reaches the hosts that are allowed and no others, whatever a page does; its profile is fresh for each"
        " run, its steps and time are limited, it ends with its run, every request is recorded, and what acts on a page asks first.",
        docs="docs/browser.md#what-holds-it",
        tests=(
            "tests/browser/test_escapes.py::test_no_way_out_of_the_allowed_hosts_is_heard_next_door",
            "tests/browser/test_escapes.py::test_with_the_check_left_out_the_same_ways_are_heard",
            "tests/browser/test_boundary.py::test_any_other_host_port_or_spelling_is_refused",
            "tests/browser/test_proxy.py::test_a_name_is_opened_at_the_address_that_was_checked_and_one_that_leads_inside_is_refused",
            "tests/browser/test_browser.py::test_a_cookie_of_one_run_is_unseen_in_the_next",
            "tests/browser/test_browser.py::test_a_form_is_sent_by_a_call_that_acts_and_never_by_the_page_itself",
            "tests/browser/test_browser.py::test_a_download_is_refused_and_no_file_is_written",
            "tests/browser/test_browser.py::test_a_runs_steps_are_counted_and_another_run_has_its_own",
            "tests/browser/test_browser.py::test_when_a_runs_time_is_over_its_call_ends_and_so_does_the_browser",
            "tests/browser/test_browser.py::test_a_call_that_is_cancelled_ends_the_browser_within_a_second",
            "tests/browser/test_browser.py::test_kill_9_of_the_command_in_a_call_leaves_no_browser",
            "tests/browser/test_links.py::test_whatever_acts_asks_and_what_is_not_known_is_not_offered",
        ),
    ),
    Promise(
        id="X6",
        says="An example runs a supervisor over one agent that uses MCP servers and one that uses a browser.",
        docs="docs/browser.md#an-example",
        tests=("tests/examples/test_market_watch.py::test_the_report_is_a_capsule_and_what_the_shop_asked_for_was_put_before_a_person",),
    ),
    Promise(
        id="X7",
        says="A call asks a person where its tool, the workspace or the agent's file says so, by a rule perhaps; a no is a result.",
        docs="docs/security.md#calls-that-ask",
        tests=(
            "tests/tools/test_policy.py::test_a_rule_decides_by_the_arguments_and_asks_where_it_cannot_be_worked_out",
            "tests/tools/test_asking.py::test_a_person_is_shown_the_whole_action_and_after_a_yes_it_is_done_once",
            "tests/tools/test_asking.py::test_whatever_is_not_a_clear_yes_is_a_refusal_that_the_model_reads",
            "tests/flows/test_policy.py::test_what_the_workspace_says_of_tools_and_an_agents_own_approval_hold",
            "tests/cli/test_dry_run.py::test_a_dry_run_asks_no_model_records_no_run_and_ends_well",
            "tests/cli/test_dry_run.py::test_a_dry_run_says_which_calls_may_ask_a_person_and_why",
            "tests/cli/test_dry_run.py::test_a_dry_run_starts_no_server_and_leaves_everything_as_it_was",
        ),
    ),
    Promise(
        id="X8",
        says="After something untrusted was read, a consequential call whose arguments come from elsewhere than the user asks a person.",
        docs="docs/security.md#what-models-read",
        tests=(
            "tests/flows/test_policy.py::test_an_injected_instruction_that_the_model_obeys_asks_a_person_and_nothing_is_sent",
            "tests/flows/test_policy.py::test_the_same_call_with_the_users_own_address_just_runs",
            "tests/flows/test_policy.py::test_with_the_policy_switched_off_it_is_sent",
            "tests/flows/test_policy.py::test_a_flows_own_step_asks_where_what_matters_is_made_from_something_untrusted",
            "tests/tools/test_provenance.py::test_a_part_of_a_longer_word_is_never_known",
            "tests/tools/test_provenance.py::test_what_only_looks_like_it_is_not",
            "tests/tools/test_attacks.py::test_an_attack_that_knows_the_policy_does_not_land",
            "tests/flows/test_dojo.py::test_a_model_that_obeys_every_injected_instruction_does_nothing_of_it_and_the_users_task_is_done",
        ),
    ),
    Promise(
        id="X3",
        says="An MCP server is a child process over stdio, gone with the run that used it, even after kill -9; one that fails, hangs or "
        "prints garbage fails its own call by name and in time, and leaves the others usable.",
        docs="docs/mcp.md#how-they-run",
        tests=(
            "tests/mcp_servers/test_leaks.py::test_after_twenty_runs_that_ended_nothing_is_left_within_a_second",
            "tests/mcp_servers/test_leaks.py::test_after_twenty_runs_that_were_cancelled_nothing_is_left_within_a_second",
            "tests/mcp_servers/test_leaks.py::test_after_twenty_kills_of_playnex_itself_nothing_is_left_within_a_second",
            "tests/mcp_servers/test_leaks.py::test_a_plain_child_process_outlives_such_a_kill",
            "tests/mcp_servers/test_doors.py::test_kill_9_of_the_command_in_a_call_leaves_no_process",
            "tests/mcp_servers/test_servers.py::test_calls_of_one_server_run_at_the_same_time_as_those_of_a_hanging_one",
            "tests/mcp_servers/test_servers.py::test_a_server_that_dies_in_a_call_is_named_with_its_end_and_started_again",
            "tests/mcp_servers/test_servers.py::test_every_kind_of_failure_is_named_while_the_others_go_on",
            "tests/mcp_servers/test_servers.py::test_a_server_that_never_greets_fails_within_its_time",
            "tests/mcp_servers/test_spoilt_frames.py::test_five_thousand_spoilt_frames_crash_nothing_and_start_no_call",
        ),
    ),
    Promise(
        id="L1",
        says="In local mode models are on loopback only, servers over stdio only, no tool signs in somewhere, and all lies in one folder.",
        docs="docs/security.md#local-mode",
        tests=(
            "tests/flows/test_research.py::test_a_model_beyond_this_machine_is_refused_in_local_mode",
            "tests/mcp_servers/test_doors.py::test_a_remote_server_and_a_clash_of_names_are_refused_by_check",
            "tests/leaving/test_leaving.py::test_a_model_elsewhere_is_refused_with_the_way_to_name_it",
            "tests/leaving/test_leaving.py::test_a_tool_that_signs_in_is_refused_at_load_with_its_place_and_the_mend_and_cannot_be_called",
            "tests/leaving/test_leaving.py::test_a_server_with_the_network_and_a_secret_is_refused_at_load_and_never_started",
            "tests/mcp_servers/test_escapes.py::test_no_attempt_gets_out_of_a_sandbox",
            "tests/mcp_servers/test_escapes.py::test_no_attempt_gets_out_of_a_sandbox_that_an_unprivileged_user_starts",
            "tests/mcp_servers/test_escapes.py::test_without_a_sandbox_nearly_every_attempt_gets_through",
        ),
    ),
    Promise(
        id="L2",
        says="The first flow needs no account and, once the embedded model is there, no network.",
        docs="docs/models.md#the-embedded-model",
        tests=(
            "tests/flows/test_embedded.py::test_the_flow_runs_with_the_network_cut",
            "tests/house/test_offline.py::test_no_test_reaches_another_machine_by_itself_by_a_thread_or_by_a_child",
            "tests/house/test_offline.py::test_who_needs_the_network_is_named",
        ),
    ),
    Promise(
        id="L3",
        says="Models and tools leave the machine only where the user names them, and the run's record says which steps did.",
        docs="docs/security.md#leaving-the-machine",
        tests=("tests/leaving/test_leaving.py::test_who_is_named_may_leave_and_the_record_says_who_did",),
    ),
    Promise(
        id="L4",
        says="Secrets come from the environment or the keyring, by reference; none is in what Playnex records, logs, prints or starts.",
        docs="docs/security.md#secrets",
        tests=(
            "tests/keeping_secrets/test_canaries.py::test_none_of_twelve_secrets_is_found_in_anything_that_playnex_writes_says_or_starts",
            "tests/keeping_secrets/test_canaries.py::test_without_the_scrubbing_nearly_all_of_them_are_found",
            "tests/keeping_secrets/test_secret_command.py::test_a_kept_secret_is_a_models_key_until_it_is_deleted",
            "tests/keeping_secrets/test_secret_command.py::test_a_key_that_stands_in_playnex_toml_is_refused_and_not_repeated",
        ),
    ),
    Promise(
        id="L5",
        says="One command stops all runs at once, and none starts or goes on until that is lifted.",
        docs="docs/durability.md#cancel-pause-stop",
        tests=(
            "tests/flows/test_stopping.py::test_stop_all_stops_runs_of_several_processes_and_one_that_waits_and_a_worker_leaves_them_alone",
            "tests/flows/test_stopping.py::test_a_stopped_tool_leaves_no_child_and_no_childs_child",
            "tests/mcp_servers/test_trust.py::"
            "test_stop_all_ends_calls_of_servers_and_of_python_tools_and_nothing_starts_until_it_is_lifted",
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
            "tests/tools/test_file_tools.py::test_the_store_is_never_readable",
            "tests/telemetry/test_telemetry.py::"
            "test_a_run_that_waits_and_goes_on_is_one_trace_of_run_agent_requests_and_tool_calls_without_content",
            "tests/telemetry/test_telemetry.py::test_the_names_are_those_of_the_conventions",
        ),
    ),
)
