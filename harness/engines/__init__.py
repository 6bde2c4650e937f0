"""Models that answer conversations, behind the ``Engine`` port."""
