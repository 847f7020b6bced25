"""Telling a person, and somebody off this machine, how the bot does."""
