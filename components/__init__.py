"""The parts that do the work: each knows its own duty and nothing of the bot that uses it."""
