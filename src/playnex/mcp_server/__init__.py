"""Playnex as an MCP server: its flows as tools, its capsules as resources, for other programs."""
