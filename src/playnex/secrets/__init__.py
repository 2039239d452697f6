"""Secrets: fetched by reference from the environment or the system's keyring, and taken out of whatever is kept or shown."""
