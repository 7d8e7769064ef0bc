"""The schema, as migrations that also run on filled databases. Never edit one that was released.

Their names are also in `schema.NAMES`, which is read without loading sqlite-utils.
"""

from sqlite_utils import Database, Migrations

from components.state.db.script import execute

migrations = Migrations("algoops")


@migrations()
def m0001_queue(db: Database) -> None:
    """What comes in and what is to be done."""
    execute(
        db,
        """
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
            repository TEXT NOT NULL, payload TEXT NOT NULL, received_at TEXT NOT NULL,
            settled_at TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX deliveries_pending ON deliveries (id) WHERE settled_at = '';
        CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at != '';

        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
            repository TEXT NOT NULL, payload TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'queued'
                CHECK (status IN ('queued', 'leased', 'done', 'failed', 'cancelled')),
            priority INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1), not_before TEXT NOT NULL,
            enqueued_at TEXT NOT NULL, worker TEXT NOT NULL DEFAULT '',
            leased_at TEXT NOT NULL DEFAULT '', lease_until TEXT NOT NULL DEFAULT '',
            finished_at TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
            replaced INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE UNIQUE INDEX jobs_one_queued ON jobs (kind, key, repository)
            WHERE status = 'queued';
        CREATE UNIQUE INDEX jobs_one_leased ON jobs (kind, key, repository)
            WHERE status = 'leased';
        CREATE INDEX jobs_queued ON jobs (repository, priority DESC, id) WHERE status = 'queued';
        CREATE INDEX jobs_leased ON jobs (lease_until) WHERE status = 'leased';
        CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at != '';
        CREATE TABLE served (repository TEXT PRIMARY KEY, turn INTEGER NOT NULL) STRICT;

        CREATE TABLE intents (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, repository TEXT NOT NULL,
            key TEXT NOT NULL, details TEXT NOT NULL, announced_at TEXT NOT NULL,
            settled_at TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
            UNIQUE (kind, key, repository)
        ) STRICT;
        CREATE INDEX intents_open ON intents (id) WHERE settled_at = '';
        """,
    )


@migrations()
def m0002_runs(db: Database) -> None:
    """What was checked, and what came of it."""
    execute(
        db,
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, proposal TEXT NOT NULL,
            head TEXT NOT NULL, base TEXT NOT NULL, kind TEXT NOT NULL, attempt TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'running'
                CHECK (status IN ('running', 'finished', 'superseded')),
            verdict TEXT CHECK (verdict IN ('passed', 'failed', 'error', 'neutral')),
            started_at TEXT NOT NULL, finished_at TEXT NOT NULL DEFAULT '',
            starts INTEGER NOT NULL DEFAULT 1, report TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE UNIQUE INDEX runs_attempt ON runs (repository, proposal, head, kind, attempt)
            WHERE attempt != '';
        CREATE INDEX runs_proposal ON runs (repository, proposal, id);
        CREATE INDEX runs_running ON runs (id) WHERE status = 'running';
        CREATE INDEX runs_verdict ON runs (status, verdict);
        CREATE INDEX runs_bodies ON runs (finished_at) WHERE finished_at != '' AND report != '';

        CREATE TABLE run_strategies (
            run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            name TEXT NOT NULL, version TEXT NOT NULL, verdict TEXT NOT NULL,
            content_key TEXT NOT NULL, PRIMARY KEY (run_id, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_strategies_name ON run_strategies (name, run_id);

        CREATE TABLE run_checks (
            id INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            strategy TEXT NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL,
            summary TEXT NOT NULL, duration_s REAL NOT NULL, recorded_at TEXT NOT NULL,
            UNIQUE (run_id, strategy, name)
        ) STRICT;

        CREATE TABLE findings (
            id INTEGER PRIMARY KEY,
            check_id INTEGER NOT NULL REFERENCES run_checks (id) ON DELETE CASCADE,
            severity TEXT NOT NULL, rule TEXT NOT NULL, body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX findings_check ON findings (check_id);

        CREATE TABLE verdicts (
            content_key TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'failed')),
            report TEXT NOT NULL, recorded_at TEXT NOT NULL
        ) STRICT;

        CREATE TABLE backtests (
            id INTEGER PRIMARY KEY, strategy TEXT NOT NULL,
            status TEXT NOT NULL
                CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
            progress REAL NOT NULL DEFAULT 0, request TEXT NOT NULL, created_at TEXT NOT NULL,
            started_at TEXT NOT NULL DEFAULT '', completed_at TEXT NOT NULL DEFAULT '',
            result TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX backtests_strategy ON backtests (strategy, id);
        CREATE INDEX backtests_open ON backtests (id) WHERE completed_at = '';
        """,
    )


@migrations()
def m0003_lifecycle(db: Database) -> None:
    """Strategies, their versions, what is deployed and what is held."""
    execute(
        db,
        """
        CREATE TABLE strategies (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL,
            status TEXT NOT NULL, version TEXT NOT NULL DEFAULT '',
            deployed_version TEXT NOT NULL DEFAULT '',
            proposed_version TEXT NOT NULL DEFAULT '', proposed_status TEXT,
            proposal TEXT NOT NULL DEFAULT '',
            generation_attempts INTEGER NOT NULL DEFAULT 0,
            test_attempts INTEGER NOT NULL DEFAULT 0,
            fix_attempts INTEGER NOT NULL DEFAULT 0,
            error_count INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            timestamps TEXT NOT NULL DEFAULT '{}',
            UNIQUE (repository, name)
        ) STRICT;
        CREATE INDEX strategies_status ON strategies (status, name, repository);
        CREATE INDEX strategies_name ON strategies (name, repository);

        CREATE TABLE versions (
            id INTEGER PRIMARY KEY,
            strategy_id INTEGER NOT NULL REFERENCES strategies (id),
            version TEXT NOT NULL, proposal TEXT NOT NULL, lifecycle TEXT NOT NULL,
            tree TEXT NOT NULL DEFAULT '', "commit" TEXT NOT NULL DEFAULT '',
            content_key TEXT NOT NULL DEFAULT '', verdict TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            deployed_at TEXT NOT NULL DEFAULT '', timestamps TEXT NOT NULL DEFAULT '{}',
            moved INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX versions_one_deployed ON versions (strategy_id)
            WHERE lifecycle = 'deployed';
        CREATE UNIQUE INDEX versions_landed ON versions (strategy_id, version)
            WHERE deployed_at != '';
        CREATE UNIQUE INDEX versions_open ON versions (strategy_id, proposal)
            WHERE deployed_at = '';
        CREATE INDEX versions_recent ON versions (strategy_id, moved);
        CREATE TRIGGER versions_content_is_final BEFORE UPDATE OF tree, version ON versions
            WHEN OLD.deployed_at != ''
             AND ((OLD.tree != '' AND NEW.tree != OLD.tree) OR NEW.version != OLD.version)
            BEGIN SELECT RAISE(ABORT, 'a deployed version never changes content'); END;

        CREATE TABLE deployments (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL,
            version TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('deploy', 'rollback', 'removal', 'external')),
            "commit" TEXT NOT NULL, base_before TEXT NOT NULL, tree TEXT NOT NULL,
            content_key TEXT NOT NULL, tag TEXT NOT NULL, proposal TEXT NOT NULL,
            run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL, deployed_at TEXT NOT NULL,
            UNIQUE (repository, name, "commit")
        ) STRICT;
        CREATE INDEX deployments_strategy ON deployments (repository, name, id);
        CREATE INDEX deployments_run ON deployments (run_id) WHERE run_id IS NOT NULL;

        CREATE TABLE holds (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL,
            version TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
            held_at TEXT NOT NULL, lifted_at TEXT NOT NULL DEFAULT '',
            lifted_by TEXT NOT NULL DEFAULT '', lift_reason TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE UNIQUE INDEX holds_active ON holds (repository, name, version)
            WHERE lifted_at = '';
        """,
    )


@migrations()
def m0004_audit(db: Database) -> None:
    """The append-only log with its sealed head, and small notes."""
    execute(
        db,
        """
        CREATE TABLE audit_log (
            id INTEGER PRIMARY KEY, timestamp TEXT NOT NULL, actor TEXT NOT NULL,
            event TEXT NOT NULL, repository TEXT NOT NULL, strategy TEXT NOT NULL,
            old TEXT NOT NULL, new TEXT NOT NULL, details TEXT NOT NULL,
            prev_hash TEXT NOT NULL, hash TEXT NOT NULL
        ) STRICT;
        CREATE INDEX audit_log_strategy ON audit_log (strategy, repository, id);
        CREATE INDEX audit_log_event ON audit_log (event, id);
        CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

        CREATE TABLE audit_head (
            one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash TEXT NOT NULL
        ) STRICT;
        INSERT INTO audit_head (one, count, hash) VALUES (1, 0, '');
        CREATE TRIGGER audit_head_only_grows BEFORE UPDATE ON audit_head
            WHEN NEW.count != OLD.count + 1
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

        CREATE TABLE comments (
            repository TEXT NOT NULL, proposal TEXT NOT NULL, comment_id TEXT NOT NULL,
            updated_at TEXT NOT NULL, PRIMARY KEY (repository, proposal)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE meta (
            key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m0005_why_runs_stopped(db: Database) -> None:
    """Why a run ended without a verdict."""
    db.execute("ALTER TABLE runs ADD COLUMN why TEXT NOT NULL DEFAULT ''")


@migrations()
def m0006_held_content(db: Database) -> None:
    """What is held beside the version's number; numbers as definitions write them (without `v`)."""
    db.execute("ALTER TABLE holds ADD COLUMN content TEXT NOT NULL DEFAULT ''")
    db.execute(
        "UPDATE OR IGNORE holds SET version = substr(version, 2)"
        " WHERE lifted_at = '' AND version GLOB 'v[0-9]*'"
    )
    db.execute(
        "UPDATE holds SET lifted_at = held_at, lifted_by = 'algoops',"
        " lift_reason = 'held under its number without the v too'"
        " WHERE lifted_at = '' AND version GLOB 'v[0-9]*'"
    )


@migrations()
def m0007_turns(db: Database) -> None:
    """Queues of jobs, and whose turn it is in each: by repository and author."""
    execute(
        db,
        """
        ALTER TABLE jobs ADD COLUMN queue TEXT NOT NULL DEFAULT 'control';
        ALTER TABLE jobs ADD COLUMN author TEXT NOT NULL DEFAULT '';
        ALTER TABLE jobs ADD COLUMN work INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
        UPDATE jobs SET queue = 'static' WHERE kind = 'check';
        UPDATE jobs SET queue = 'sandbox' WHERE kind IN ('recheck', 'group', 'backtest');
        DROP INDEX jobs_queued;
        CREATE INDEX jobs_queued ON jobs (queue, id) WHERE status = 'queued';
        DROP TABLE served;
        CREATE TABLE served (
            queue TEXT NOT NULL, repository TEXT NOT NULL, author TEXT NOT NULL,
            turn INTEGER NOT NULL, PRIMARY KEY (queue, repository, author)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX served_turn ON served (turn);
        CREATE INDEX versions_state ON versions (lifecycle, strategy_id);
        """,
    )
