"""llama.cpp in a process of its own: one decode loop for all that is asked at a time.

``library`` is the thin skin over the C interface, ``sequences`` a reply in the making, ``batches``
what is read together, ``loop`` what comes of it, ``drafts`` the guesses, ``turns`` who may ask,
``kept`` what is remembered on disk, ``child`` the process, ``messages`` what it is told and tells,
and ``process`` its owner's side.
``engines/llama_cpp.py`` is the engine that asks it.
"""
