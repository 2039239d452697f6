"""The tables that hold batches."""

import apsw


def create_batches(connection: apsw.Connection) -> None:
    """Version 1 of the tables. A case is only the way from its number to its run: how it stands, its run's line says."""
    connection.execute("""
        CREATE TABLE batches (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, started REAL NOT NULL, file TEXT NOT NULL,
            digest TEXT NOT NULL, cases INTEGER NOT NULL, at_most INTEGER NOT NULL, key TEXT NOT NULL, rate REAL, out TEXT NOT NULL,
            definition BLOB NOT NULL);
        CREATE TABLE cases (
            batch INTEGER NOT NULL REFERENCES batches (number), number INTEGER NOT NULL, key TEXT NOT NULL,
            run INTEGER NOT NULL REFERENCES runs (number), PRIMARY KEY (batch, number)) WITHOUT ROWID;
        CREATE INDEX cases_by_run ON cases (run);
    """)
