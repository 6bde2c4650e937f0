"""What a project folder holds: models.toml, datasets and their held-out rows, stages.

Import its modules (``datasets``, ``stages``, ``models``, …); they read files and give records.
To read another file of a project, copy ``models.py``; ``config.py`` gives errors their lines.
"""
