"""Capsules: containers for thought that people and agents share, versioned, each version knowing where it came from."""
