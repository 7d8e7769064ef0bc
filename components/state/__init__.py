"""State Manager: SQLite lifecycle, jobs, runs, audit log."""

from components.state.db.lock import LOCK, DaemonLock
from components.state.lifecycle import Lifecycle
from components.state.store import DATABASE, Store
from components.state.tables.versions import VersionContent

__all__ = ["DATABASE", "LOCK", "DaemonLock", "Lifecycle", "Store", "VersionContent"]
