"""Capsules as Markdown files in the workspace: what a person saves is the next version, what others write stands in the file."""
