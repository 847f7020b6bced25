"""What the bot asks of a derivatives exchange, and who answers."""
