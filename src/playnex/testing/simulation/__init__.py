"""A deterministic simulator: runs, workers and what befalls them, in one event loop with made-up time, all drawn from a seed."""
