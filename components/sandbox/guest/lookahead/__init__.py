"""What a strategy knew too early: replays and masked runs compared."""
