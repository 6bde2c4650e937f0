"""Models that answer conversations, behind the ``Engine`` port.

Adapters: only ``wiring`` imports them, and only the one that is asked for. To add one, copy the
smallest, ``scripted.py``: a module with ``build``, which makes an engine of an ``EngineSetup``. An
entry of models.toml with ``engine = "NAME"`` uses ``NAME.py``; no other file knows of it.
"""
