"""Sending: channels, facts and urgency of messages, one delivery per message, recipient and channel, what was read."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

# `split_at`: when a message was divided into deliveries; NULL only while it waits for that.
# What lay in the outbox before anything could be sent is not sent late.
_OUTBOX = """
ALTER TABLE outbox ADD COLUMN channels TEXT NOT NULL DEFAULT 'in_app';
ALTER TABLE outbox ADD COLUMN roles TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN fact TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN split_at TEXT;
UPDATE outbox SET split_at = at;
DROP INDEX outbox_unsent;
CREATE INDEX outbox_to_split ON outbox(id) WHERE split_at IS NULL;
CREATE UNIQUE INDEX outbox_once ON outbox(fact, recipient_kind, recipient, channels) WHERE fact <> '';
"""

# `next_at`: when a dispatcher looks at it again (while one is sending: the end of its lease); NULL once it is settled.
# `address_hash`: the keyed digest of a phone number, for the daily cap; the number itself is never stored here.
_DELIVERY = """
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES outbox(id), fact TEXT NOT NULL,
  channel TEXT NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
  urgent INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, next_at TEXT, lease TEXT,
  key TEXT NOT NULL UNIQUE, provider_id TEXT NOT NULL DEFAULT '', address_hash BLOB, address_masked TEXT NOT NULL DEFAULT '',
  segments INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL, at TEXT NOT NULL, sent_at TEXT, sent_day TEXT,
  UNIQUE (fact, recipient, channel)
) STRICT;
CREATE INDEX delivery_due ON delivery(next_at) WHERE next_at IS NOT NULL;
CREATE INDEX delivery_of_message ON delivery(message_id);
CREATE INDEX delivery_by_day ON delivery(created, channel, state);
CREATE INDEX delivery_failed ON delivery(at) WHERE state IN ('failed', 'given_up');
CREATE INDEX delivery_to_address ON delivery(address_hash, sent_day) WHERE address_hash IS NOT NULL;
CREATE INDEX delivery_by_provider ON delivery(channel, provider_id) WHERE provider_id <> '';

CREATE TABLE message_read (
  person TEXT NOT NULL REFERENCES person(id), message_id INTEGER NOT NULL REFERENCES outbox(id),
  read_at TEXT NOT NULL, PRIMARY KEY (person, message_id)
) STRICT, WITHOUT ROWID;
"""


def m0004_outbox(database: Database) -> None:
    """Columns of the outbox, and the tables `delivery` and `message_read`."""
    for script in (_OUTBOX, _DELIVERY):
        for statement in statements(script):
            database.execute(statement)
