"""Public problem files, through the same engines and the same sandbox as a project's stages.

``formats/`` reads a file, ``asking`` lets a model answer, ``judging`` runs answers beside hidden
tests, ``results`` keeps and ``scores`` counts. The command line may import all of it. To add a
format, copy ``formats/bigcodebench.py``, the smallest one.
"""
