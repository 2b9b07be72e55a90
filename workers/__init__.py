"""The workers: queue, jobs, schedule and the supervisor of the local process group."""
