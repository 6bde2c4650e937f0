"""llama.cpp in a process of its own: one decode loop for all that is asked at a time.

In this process, ``engine`` asks and ``process`` holds the pipe; ``messages`` go over it. In the
other, ``server`` takes them, ``chat`` makes prompts by ``rendering``, ``scheduler`` says whose turn
it is, and ``loop`` reads ``batches`` of ``sequences`` through ``bindings``; ``prompt_lookup`` makes
guesses. ``state_cache`` and ``batch_timing`` are what stays on disk. README.md shows how a request
flows.
"""
