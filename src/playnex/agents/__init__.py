"""Agents: the loop of ask, answer and act, and its borders."""
