"""Durable running of jobs: a port, and what stands behind it."""
