"""Runs a notebook's code cells one after another, as a kernel does: one that fails ends none."""

import json
import sys

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
with open(sys.argv[1]) as source:
    cells = json.load(source)
for cell in cells:
    shell.run_cell(cell)
