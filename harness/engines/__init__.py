"""Models that answer conversations, behind the ``Engine`` port.

Adapters: only ``wiring`` imports them. The smallest neighbour to copy is ``scripted.py``; a new
kind gets a word in ``ModelIdentity.kind``, and mypy leads from there to what knows of kinds.
"""
