"""SQLite itself: connections, transactions, migrations, backup."""
