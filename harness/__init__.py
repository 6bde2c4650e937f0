"""How well can a local model do a data-science workflow, and what did a human have to fix?"""

__version__ = "0.1.0"
