"""``harness fixes``: a module for each of its larger commands, and ``app`` for the others."""

from harness.cli.fixes.app import app

__all__ = ["app"]
