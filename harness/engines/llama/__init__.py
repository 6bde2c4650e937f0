"""llama.cpp in a process of its own: one decode loop for all that is asked at a time.

``library`` is the thin skin over the C interface, ``sequences`` a reply in the making, ``batches``
what is read together, ``loop`` what comes of it, ``prompt_lookup`` the guesses, ``turns`` who may
ask, ``state_cache`` what is remembered on disk, ``child`` the process, ``messages`` what it is told
and tells, ``process`` its owner's side, and ``engine`` the engine that asks it.
"""
