"""A browser for agents: an MCP server whose every request passes through a proxy of ours, in a profile that is thrown away."""
