"""What the bot costs, measured beside named baselines; ``make bench`` prints the tables."""
