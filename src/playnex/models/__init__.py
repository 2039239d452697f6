"""Models: what is asked of a language model and what it answers, over any OpenAI-compatible server or the embedded one."""
