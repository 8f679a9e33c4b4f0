"""All migrations in order, for sqlite-utils. Loaded only to upgrade: its library takes a tenth of a whole start."""

from __future__ import annotations

from sqlite_utils import Migrations

from handlers.store.migrations.m0001_records import m0001_records
from handlers.store.migrations.m0002_cards import m0002_cards
from handlers.store.migrations.m0003_orders import m0003_orders
from handlers.store.migrations.m0004_outbox import m0004_outbox
from handlers.store.migrations.m0005_letters import m0005_letters
from handlers.store.migrations.m0006_scores import m0006_scores
from handlers.store.migrations.m0007_reports import m0007_reports
from handlers.store.migrations.m0008_log import m0008_log
from handlers.store.migrations.m0009_findings import m0009_findings
from handlers.store.migrations.m0010_order_cards import m0010_order_cards
from handlers.store.migrations.m0011_findings_reviewed import m0011_findings_reviewed
from handlers.store.migrations.m0012_attachment_scans import m0012_attachment_scans
from handlers.store.migrations.m0013_rating_followups import m0013_rating_followups

MIGRATIONS = Migrations("hall")
MIGRATIONS()(m0001_records)
MIGRATIONS()(m0002_cards)
MIGRATIONS()(m0003_orders)
MIGRATIONS()(m0004_outbox)
MIGRATIONS()(m0005_letters)
MIGRATIONS()(m0006_scores)
MIGRATIONS()(m0007_reports)
MIGRATIONS()(m0008_log)
MIGRATIONS()(m0009_findings)
MIGRATIONS()(m0010_order_cards)
MIGRATIONS()(m0011_findings_reviewed)
MIGRATIONS()(m0012_attachment_scans)
MIGRATIONS()(m0013_rating_followups)
