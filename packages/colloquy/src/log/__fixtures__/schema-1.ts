/** The tables of a database of version 1. */
export const SCHEMA_1 = `
  CREATE TABLE session (num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, cwd TEXT NOT NULL, title TEXT, tag TEXT,
    first_prompt TEXT, last_prompt TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, head INTEGER NOT NULL,
    epoch INTEGER NOT NULL, owner TEXT, lease_until INTEGER NOT NULL, running INTEGER NOT NULL) STRICT;
  CREATE INDEX session_activity ON session (updated_at);
  CREATE TABLE session_state (session INTEGER PRIMARY KEY, data TEXT NOT NULL, checkpoint TEXT,
    checkpoint_seq INTEGER NOT NULL) STRICT;
  CREATE TABLE entry (session INTEGER NOT NULL, seq INTEGER NOT NULL, v INTEGER NOT NULL, at TEXT NOT NULL,
    epoch INTEGER NOT NULL, kind TEXT NOT NULL, thread TEXT NOT NULL, once TEXT, body TEXT NOT NULL,
    PRIMARY KEY (session, seq)) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX entry_once ON entry (session, once) WHERE once IS NOT NULL;
  CREATE TABLE touch (id INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
  INSERT INTO touch VALUES (1, 0);
  PRAGMA application_id = 0x434c5159;
  PRAGMA user_version = 1;
`;
