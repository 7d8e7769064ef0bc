"""State Manager: SQLite lifecycle, jobs, runs, intents, audit log."""
