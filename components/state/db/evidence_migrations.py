"""The schema from the ledger of tries on, after that of `migrations`; the same rules hold."""

from sqlite_utils import Database

from components.state.db.migrations import migrations
from components.state.db.script import execute

__all__ = ["migrations"]


@migrations()
def m0008_tries(db: Database) -> None:
    """The ledger of tries: each backtest that was run."""
    execute(
        db,
        """
        CREATE TABLE tries (
            id INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL, repository TEXT NOT NULL,
            strategy TEXT NOT NULL, symbol TEXT NOT NULL, interval TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('push', 'sweep', 'backtest')),
            proposal TEXT NOT NULL, actor TEXT NOT NULL, content TEXT NOT NULL,
            content_key TEXT NOT NULL, data TEXT NOT NULL, fingerprint TEXT NOT NULL,
            parameters TEXT NOT NULL, moments TEXT NOT NULL,
            prev_hash TEXT NOT NULL, hash TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX tries_content ON tries (repository, content);
        CREATE UNIQUE INDEX tries_returns ON tries (repository, data, fingerprint);
        CREATE TRIGGER tries_no_update BEFORE UPDATE ON tries
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;
        CREATE TRIGGER tries_no_delete BEFORE DELETE ON tries
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;

        CREATE TABLE tries_head (
            one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash TEXT NOT NULL,
            since TEXT NOT NULL, salt TEXT NOT NULL
        ) STRICT;
        INSERT INTO tries_head (one, count, hash, since, salt)
            VALUES (1, 0, '', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), lower(hex(randomblob(16))));
        CREATE TRIGGER tries_head_only_grows BEFORE UPDATE ON tries_head
            WHEN NEW.count != OLD.count + 1 OR NEW.since != OLD.since OR NEW.salt != OLD.salt
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;
        CREATE TRIGGER tries_head_stays BEFORE DELETE ON tries_head
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;
        """,
    )


@migrations()
def m0009_families(db: Database) -> None:
    """How many tries a family has, a sample of their returns, and what was counted at a deploy."""
    execute(
        db,
        """
        CREATE TABLE families (
            family TEXT PRIMARY KEY, tries INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER families_only_grow BEFORE UPDATE ON families
            WHEN NEW.tries != OLD.tries + 1
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;
        CREATE TRIGGER families_stay BEFORE DELETE ON families
            BEGIN SELECT RAISE(ABORT, 'the ledger of tries is append-only'); END;
        CREATE TABLE family_sample (
            id INTEGER PRIMARY KEY, family TEXT NOT NULL, rank TEXT NOT NULL,
            sharpe REAL, step_s INTEGER NOT NULL, first INTEGER NOT NULL, series BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX family_sample_rank ON family_sample (family, rank);

        CREATE TABLE counted_at_deploy (
            repository TEXT NOT NULL, name TEXT NOT NULL, tree TEXT NOT NULL, symbol TEXT NOT NULL,
            counted TEXT NOT NULL, recorded_at TEXT NOT NULL,
            PRIMARY KEY (repository, name, tree, symbol)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m0010_book(db: Database) -> None:
    """The returns of each content that was checked, for the book of what is deployed."""
    execute(
        db,
        """
        CREATE TABLE book_returns (
            repository TEXT NOT NULL, name TEXT NOT NULL, tree TEXT NOT NULL, symbol TEXT NOT NULL,
            interval TEXT NOT NULL, fingerprint TEXT NOT NULL, step_s INTEGER NOT NULL,
            first INTEGER NOT NULL, series BLOB NOT NULL, recorded_at TEXT NOT NULL,
            PRIMARY KEY (repository, name, tree, symbol)
        ) STRICT;
        """,
    )


@migrations()
def m0011_figures(db: Database) -> None:
    """What lists are sorted by, beside the whole report; triggers keep it as the verdicts are."""
    execute(
        db,
        """
        CREATE TABLE figures (
            content_key TEXT PRIMARY KEY, return_pct REAL, sharpe REAL, max_drawdown_pct REAL,
            trades INTEGER, tries INTEGER, luck REAL
        ) STRICT, WITHOUT ROWID;
        CREATE VIEW figures_of AS
            SELECT content_key, m ->> 'return_pct' AS return_pct, m ->> 'sharpe' AS sharpe,
                m ->> 'max_drawdown_pct' AS max_drawdown_pct, m ->> 'trades' AS trades,
                (SELECT max(value ->> 'tries') FROM json_each(report, '$.luck')) AS tries,
                (SELECT min(value ->> 'dsr') FROM json_each(report, '$.luck')) AS luck
            FROM (
                SELECT content_key, report, ifnull(report -> 'aggregate' ->> '$', (
                    SELECT value ->> 'metrics' FROM json_each(report, '$.results')
                    WHERE value ->> 'metrics' IS NOT NULL LIMIT 1
                )) AS m
                FROM verdicts WHERE json_valid(report)
            ) WHERE m IS NOT NULL;
        INSERT INTO figures SELECT * FROM figures_of;
        CREATE TRIGGER figures_enter AFTER INSERT ON verdicts BEGIN
            INSERT OR REPLACE INTO figures
                SELECT * FROM figures_of WHERE content_key = NEW.content_key;
        END;
        CREATE TRIGGER figures_follow AFTER UPDATE OF report ON verdicts BEGIN
            DELETE FROM figures WHERE content_key = OLD.content_key;
            INSERT INTO figures SELECT * FROM figures_of WHERE content_key = NEW.content_key;
        END;
        CREATE TRIGGER figures_leave AFTER DELETE ON verdicts BEGIN
            DELETE FROM figures WHERE content_key = OLD.content_key;
        END;
        """,
    )


@migrations()
def m0012_packed_verdicts(db: Database) -> None:
    """Where a verdict's report stands compressed; older rows are packed later, in portions."""
    execute(
        db,
        """
        ALTER TABLE verdicts ADD COLUMN packed BLOB;
        DROP TRIGGER figures_follow;
        -- Packing empties the text: the figures taken from it stay.
        CREATE TRIGGER figures_follow AFTER UPDATE OF report ON verdicts WHEN NEW.report != ''
        BEGIN
            DELETE FROM figures WHERE content_key = OLD.content_key;
            INSERT INTO figures SELECT * FROM figures_of WHERE content_key = NEW.content_key;
        END;
        """,
    )


@migrations()
def m0013_base_set_back(db: Database) -> None:
    """One commit may become the base again, after somebody set the base back."""
    execute(
        db,
        """
        CREATE TABLE landings (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL,
            version TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('deploy', 'rollback', 'removal', 'external')),
            "commit" TEXT NOT NULL, base_before TEXT NOT NULL, tree TEXT NOT NULL,
            content_key TEXT NOT NULL, tag TEXT NOT NULL, proposal TEXT NOT NULL,
            run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL, deployed_at TEXT NOT NULL
        ) STRICT;
        INSERT INTO landings SELECT id, repository, name, version, kind, "commit", base_before,
            tree, content_key, tag, proposal, run_id, actor, reason, deployed_at FROM deployments;
        DROP TABLE deployments;
        ALTER TABLE landings RENAME TO deployments;
        CREATE INDEX deployments_strategy ON deployments (repository, name, id);
        CREATE INDEX deployments_commit ON deployments (repository, name, "commit");
        CREATE INDEX deployments_run ON deployments (run_id) WHERE run_id IS NOT NULL;
        """,
    )


@migrations()
def m0014_forward(db: Database) -> None:
    """What each deployed version wanted after each bar, and what stands of it now."""
    execute(
        db,
        """
        CREATE TABLE tracks (
            id INTEGER PRIMARY KEY, deployment INTEGER NOT NULL REFERENCES deployments (id),
            repository TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
            symbol TEXT NOT NULL, interval TEXT NOT NULL, start TEXT NOT NULL,
            made_of TEXT NOT NULL, reason TEXT NOT NULL, began_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE kept_bars (data TEXT PRIMARY KEY, bars BLOB NOT NULL) STRICT;
        CREATE INDEX tracks_deployment ON tracks (deployment, symbol, id);
        CREATE TABLE forward (
            id INTEGER PRIMARY KEY, track INTEGER NOT NULL REFERENCES tracks (id),
            bar INTEGER NOT NULL, time TEXT NOT NULL, content_key TEXT NOT NULL,
            data TEXT NOT NULL, prices TEXT NOT NULL, first_seen TEXT NOT NULL,
            orders TEXT NOT NULL, orders_sha256 TEXT NOT NULL,
            position REAL NOT NULL, equity REAL NOT NULL,
            engine TEXT NOT NULL, image TEXT NOT NULL, made_of TEXT NOT NULL,
            counts INTEGER NOT NULL, published INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX forward_bar ON forward (track, bar);
        CREATE TRIGGER forward_no_update BEFORE UPDATE ON forward
            BEGIN SELECT RAISE(ABORT, 'the forward record is append-only'); END;
        CREATE TRIGGER forward_no_delete BEFORE DELETE ON forward
            BEGIN SELECT RAISE(ABORT, 'the forward record is append-only'); END;
        CREATE TRIGGER tracks_no_update BEFORE UPDATE ON tracks
            BEGIN SELECT RAISE(ABORT, 'the forward record is append-only'); END;
        CREATE TRIGGER tracks_no_delete BEFORE DELETE ON tracks
            BEGIN SELECT RAISE(ABORT, 'the forward record is append-only'); END;

        CREATE TABLE standing (
            repository TEXT NOT NULL, name TEXT NOT NULL, symbol TEXT NOT NULL,
            interval TEXT NOT NULL, deployment INTEGER NOT NULL, version TEXT NOT NULL,
            number INTEGER NOT NULL, track INTEGER NOT NULL, reason TEXT NOT NULL,
            late_at TEXT NOT NULL, seen TEXT NOT NULL, integrity TEXT NOT NULL,
            told TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (repository, name, symbol)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m0015_looks(db: Database) -> None:
    """Looks at the sealed bars, with the families that each counts in."""
    execute(
        db,
        """
        CREATE TABLE looks (
            id INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL, repository TEXT NOT NULL,
            strategy TEXT NOT NULL, tree TEXT NOT NULL, content TEXT NOT NULL,
            proposal TEXT NOT NULL, actor TEXT NOT NULL, agrees INTEGER, figures TEXT NOT NULL
        ) STRICT;
        CREATE INDEX looks_content ON looks (repository, content);
        CREATE TABLE look_parts (
            id INTEGER PRIMARY KEY, look INTEGER NOT NULL REFERENCES looks (id),
            family TEXT NOT NULL, sealed_from TEXT NOT NULL, last_bar TEXT NOT NULL
        ) STRICT;
        CREATE INDEX look_parts_family ON look_parts (family, last_bar);
        CREATE INDEX look_parts_look ON look_parts (look);
        CREATE TRIGGER looks_no_update BEFORE UPDATE ON looks
            BEGIN SELECT RAISE(ABORT, 'looks are append-only'); END;
        CREATE TRIGGER looks_no_delete BEFORE DELETE ON looks
            BEGIN SELECT RAISE(ABORT, 'looks are append-only'); END;
        CREATE TRIGGER look_parts_no_update BEFORE UPDATE ON look_parts
            BEGIN SELECT RAISE(ABORT, 'looks are append-only'); END;
        CREATE TRIGGER look_parts_no_delete BEFORE DELETE ON look_parts
            BEGIN SELECT RAISE(ABORT, 'looks are append-only'); END;
        """,
    )


@migrations()
def m0016_stages(db: Database) -> None:
    """What landed on which stage; "" is the base."""
    execute(
        db,
        """
        ALTER TABLE deployments ADD COLUMN stage TEXT NOT NULL DEFAULT '';
        DROP INDEX deployments_strategy;
        CREATE INDEX deployments_strategy ON deployments (repository, name, stage, id);
        """,
    )


@migrations()
def m0017_since_deploy(db: Database) -> None:
    """What the returns since the deploy say."""
    db.execute("ALTER TABLE standing ADD COLUMN edge TEXT NOT NULL DEFAULT ''")


@migrations()
def m0018_bodies(db: Database) -> None:
    """Parts of reports that are kept once, and what retention asks for."""
    execute(
        db,
        """
        CREATE TABLE bodies (hash TEXT PRIMARY KEY, packed BLOB NOT NULL) STRICT;
        -- Apart from runs and verdicts: pages of removed rows are used again, room in rows is not.
        CREATE TABLE documents (user TEXT PRIMARY KEY, packed BLOB NOT NULL) STRICT;
        CREATE TABLE body_uses (
            user TEXT NOT NULL, hash TEXT NOT NULL REFERENCES bodies (hash),
            PRIMARY KEY (user, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX body_uses_hash ON body_uses (hash);
        CREATE INDEX runs_finished ON runs (finished_at) WHERE finished_at != '';
        CREATE INDEX versions_content ON versions (content_key) WHERE content_key != '';
        CREATE INDEX versions_tree ON versions (tree) WHERE tree != '';
        CREATE INDEX deployments_content ON deployments (content_key) WHERE content_key != '';
        CREATE INDEX deployments_tree ON deployments (tree) WHERE tree != '';
        CREATE INDEX verdicts_recorded ON verdicts (recorded_at);
        CREATE INDEX book_returns_recorded ON book_returns (recorded_at);
        """,
    )


@migrations()
def m0019_fills(db: Database) -> None:
    """What a broker filled, and what the backtest's account filled at the same bars."""
    execute(
        db,
        """
        ALTER TABLE forward ADD COLUMN fills TEXT NOT NULL DEFAULT '';
        CREATE TABLE fills (
            id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL,
            symbol TEXT NOT NULL, at INTEGER NOT NULL, time TEXT NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('buy', 'sell')), size REAL NOT NULL,
            price REAL NOT NULL, fee REAL NOT NULL, order_id TEXT NOT NULL,
            equal INTEGER NOT NULL, imported_at TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX fills_once ON fills
            (repository, name, symbol, at, side, size, price, fee, order_id, equal);
        CREATE TRIGGER fills_no_update BEFORE UPDATE ON fills
            BEGIN SELECT RAISE(ABORT, 'fills are append-only'); END;
        CREATE TRIGGER fills_no_delete BEFORE DELETE ON fills
            BEGIN SELECT RAISE(ABORT, 'fills are append-only'); END;
        """,
    )


@migrations()
def m0020_portfolio_orders(db: Database) -> None:
    """Of a portfolio: the symbols that its orders are for (JSON), and what it holds of each."""
    execute(
        db,
        """
        ALTER TABLE tracks ADD COLUMN symbols TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE standing ADD COLUMN symbols TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE forward ADD COLUMN positions TEXT NOT NULL DEFAULT '';
        """,
    )


@migrations()
def m0021_shown_versions(db: Database) -> None:
    """Which version stands for a strategy, without a look at each that it ever had."""
    db.execute(
        "CREATE INDEX versions_shown ON versions (strategy_id, (lifecycle = 'deployed') DESC,"
        " (deployed_at != '') DESC, moved DESC)"
    )


@migrations()
def m0022_asked(db: Database) -> None:
    """What a strategy asked for up to each bar, for runs that must come to the same."""
    db.execute("ALTER TABLE forward ADD COLUMN asked TEXT NOT NULL DEFAULT ''")


@migrations()
def m0023_newest_runs(db: Database) -> None:
    """The newest runs of a repository, without sorting all that it ever had."""
    execute(db, "DROP INDEX runs_verdict; CREATE INDEX runs_repository ON runs (repository);")
