"""The other shell: every stage of the bot in one process, stepped in virtual time."""
