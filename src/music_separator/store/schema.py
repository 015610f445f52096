"""The tables of app.db. Times are ISO 8601 text in UTC, durations seconds, options JSON."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

SCHEMA_VERSION = 3
"""Raised with every change of the tables; store/database.py knows how to come from each older one."""

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

tracks = Table(
    "tracks",
    metadata,
    Column("file_id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("blob", String(64), nullable=False),
    Column("filename", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("title", Text),
    Column("artist", Text),
    Column("album", Text),
    Column("language", String(35)),
    Column("duration_s", Float),
    Column("tag_lyrics", Text),
    Column("source_bits", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("tracks_by_blob", "owner", "blob"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("file_id", String(64), ForeignKey("tracks.file_id"), primary_key=True),
    Column("request", String(64), unique=True),
    Column("status", String(16), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("first_stage", String(16), nullable=False),
    Column("last_stage", String(16), nullable=False),
    Column("options", JSON, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("batch_id", String(64)),
    Column("warnings", JSON, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("eta_seconds", Float),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
)

stages = Table(
    "stages",
    metadata,
    Column("file_id", String(64), ForeignKey("jobs.file_id"), primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("detail", Text),
    Column("error", Text),
    Column("code", String(64)),
    Column("eta_seconds", Float),
    Column("result", String(64), index=True),
)

events = Table(
    "events",
    metadata,
    Column("file_id", String(64), ForeignKey("jobs.file_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("body", JSON, nullable=False),
)

lyrics = Table(
    "lyrics",
    metadata,
    Column("file_id", String(64), ForeignKey("jobs.file_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("source", String(16), nullable=False),
    Column("made_by", String(64)),
    Column("text", Text, nullable=False),
    Column("is_timed", Boolean, nullable=False),
    Column("in_use", Boolean, nullable=False),
    Column("known_lines", Text),
    Column("known_separation", String(64)),
    Column("created_at", String(32), nullable=False),
)

rates = Table(
    "rates",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("engine", String(64), primary_key=True),
    Column("seconds_per_second", Float, nullable=False),
)

owners = Table(
    "owners",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner_id", String(64), nullable=False, unique=True),
    Column("token_digest", String(64), unique=True),
    Column("created_at", String(32), nullable=False),
)
