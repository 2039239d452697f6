"""Patterns: ways for agents to work together, written against the step context alone."""
