"""Which schedules are switched on, and up to when they have been seen to."""
