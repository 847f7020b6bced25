"""Processes: the one worker loop, the supervisor, restarts, heartbeats and health."""
