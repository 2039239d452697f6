"""What a flow, an agent and a step's record are: pure data and pure functions, no clock, no files, no models."""
