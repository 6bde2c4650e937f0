"""Measurements: ratios against a named peer in one interleaved run."""
