"""Formats of problem files, found by being there: a module that ``recognises`` rows and reads them.

A module has ``STYLE``, the style of its published values; ``recognises(row)``, which looks at the
first row of a file; ``entry(row)``, which raises KeyError, TypeError or ValueError where a row is
not as it should be; and ``code(problem, reply, style)``, the program that a reply means. Beside it
lies ``MODULE.chat.j2``, the words of a question. The smallest to copy is ``bigcodebench.py``.
"""
