"""Adapters to what separates, transcribes and aligns: one file per engine, heavy imports inside ``load()``."""
