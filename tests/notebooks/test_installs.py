"""Install commands are found as IPython finds them, and text in strings never is one."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from harness.notebooks import syntax
from harness.notebooks.installs import install_lines, runnable

INSTALLS = [
    "!pip install pandas",
    "!pip -q install shap",
    "! pip install pandas",
    "!!pip install pandas",
    "!pip3.11 install shap",
    "!/usr/bin/pip3 --quiet --proxy http://x:1 install shap",
    "!python -m pip --quiet install shap",
    "!python3.11 -W ignore -m pip install x",
    "!{sys.executable} -m pip install x",
    '!"{sys.executable}" -m pip install x',
    "!PIP_QUIET=1 pip install x",
    "!sudo -H pip install x",
    "!sudo -u root apt-get -y install graphviz",
    "!apt-get update -qq && apt-get install -y graphviz",
    "!pip install x > /dev/null 2>&1",
    "!pip install 'x[all]>=1' | tail -1",
    "!cd app && pip install -r requirements.txt",
    "!pip install x && python app.py",
    "!pip install git+https://example.org/x.git#egg=x",
    "!pip install -U pip; pip install x",
    "!yes | conda install x",
    "!uv pip install x",
    "!uv add x",
    "!(pip install x)",
    "!bash -c 'pip install x'",
    "!$(which python) -m pip install x",
    "!python -mpip install x",
    "!conda install -y x",
    "!mamba env update -f environment.yml",
    "%pip install -q pandas",
    "%pip -q install pandas",
    "%conda install x",
    "%uv pip install x",
    "%sx pip install x",
    "%system pip install x",
    "%time !pip install x",
    "pip install pandas",
    "pip3.11 install pandas",
    "conda install -c conda-forge x",
    "sudo apt-get install graphviz",
    "python -m pip install x",
    "get_ipython().system('pip install x')",
    "get_ipython().run_line_magic('pip', 'install x')",
]
NO_INSTALLS = [
    'text = """\npip install pandas\n"""',
    'text = """\n!pip install pandas\n"""',
    "text = '''# App\n\n    pip install fastapi\n'''\n%matplotlib inline",
    "%matplotlib inline\nf('''\n!pip install x \\\n  y\n''')",
    "# !pip install pandas",
    "!pip list",
    "!pip uninstall -y shap",
    "!pip download shap",
    "!pip show install",
    "!python install.py install",
    "!python manage.py -m pip install",
    "!echo pip install x",
    "!echo 'a; pip install x'",
    "!mkdir -p out; pip install x",
    "!ls install",
    "!python -m",
    "!bash -c",
    "%time install()",
    "%matplotlib inline",
    "pip = install = 1",
    "pip.install(x)",
    "subprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])",
    "os.system('pip install x')",
    "x = [\n  1\n  % pip, install\n]",
    "print('!pip install x')",
    "%%writefile setup.sh\npip install x",
    "\n%%writefile setup.sh\n!pip install x",
    "%%html\n<p>\n!pip install x",
    "%%bash\ncat > setup.sh <<EOF\npip install x\nEOF",
    "%%bash\necho '\npip install x\n'",
]


@pytest.mark.parametrize("line", INSTALLS)
def test_an_install_command_is_recorded_and_made_inert(line: str) -> None:
    source = f"import sys\nif True:\n    {line}\nprint(1)"
    assert install_lines(source) == (line,)
    assert runnable(source) == f"import sys\nif True:\n    pass  # not run: {line}\nprint(1)"


@pytest.mark.parametrize("source", NO_INSTALLS)
def test_what_only_looks_like_one_runs(source: str) -> None:
    assert install_lines(source) == ()
    assert runnable(source) == source


def test_a_continued_command_is_inert_on_all_of_its_lines() -> None:
    source = "try:\n    import shap\nexcept:\n    !pip install -q \\\n      a \\\n    b\nx"
    assert install_lines(source) == ("!pip install -q a b",)
    made = runnable(source)
    assert made.split("\n")[3:] == [
        "    pass  # not run: !pip install -q \\",
        "# a \\",
        "# b",
        "x",
    ]
    ast.parse(made)


def test_what_stands_beside_a_command_stays_as_it_is() -> None:
    text = "write('''# App\n\npip install fastapi\n!pip install uvicorn\n''')"
    assert runnable(f"%pip install x\n{text}\n!ls") == (
        f"pass  # not run: %pip install x\n{text}\n!ls"
    )


def test_a_name_that_takes_the_output_is_still_bound() -> None:
    assert runnable("out = !pip install x\nprint(out)") == (
        "out = []  # not run: out = !pip install x\nprint(out)"
    )


@pytest.mark.parametrize("head", ["%%capture", "\n%%capture out", "%%time"])
def test_cell_magics_that_hold_python_are_looked_into(head: str) -> None:
    source = f"{head}\n!pip install x\nprint('%%')"
    assert runnable(source) == f"{head}\npass  # not run: !pip install x\nprint('%%')"


@pytest.mark.parametrize("head", ["%%bash", "%%sh", "%%script bash", "%%bash --no-raise-error"])
def test_a_shell_cell_loses_its_installs_only(head: str) -> None:
    source = f"{head}\nset -e\npip install -q \\\n  x\nmkdir out"
    assert install_lines(source) == ("pip install -q x",)
    assert runnable(source) == f"{head}\nset -e\n: # not run: pip install -q \\\n# x\nmkdir out"


def test_a_call_over_several_lines_is_inert_on_all_of_them() -> None:
    source = "get_ipython().system(\n    'pip install é x'\n)  # why\ny = 'ö'; f()"
    assert runnable(source).split("\n")[0] == "pass  # not run: get_ipython().system("
    ast.parse(runnable(source))


def test_a_backslash_on_the_last_line_continues_nothing() -> None:
    assert runnable("x\n!pip install y \\") == "x\npass  # not run: !pip install y \\"


def test_a_broken_cell_is_left_behind_the_fault() -> None:
    source = "!pip install x\ntext = '''\n!pip install y"
    assert install_lines(source) == ("!pip install x",)


@pytest.mark.parametrize("line", [one for one in INSTALLS if one[0] in "!%"])
def test_ipython_itself_finds_no_install_in_what_is_run(line: str) -> None:
    def calls(source: str) -> list[str]:
        return [
            ast.unparse(node)
            for node in ast.walk(ast.parse(TransformerManager().transform_cell(source)))
            if isinstance(node, ast.Call) and "get_ipython()" in ast.unparse(node.func)
        ]

    source = f"%matplotlib inline\nfor x in y:\n    {line} \\\n\n    text = '''\n{line}\n'''\n!ls"
    installing = [call for call in calls(source) if "install" in call or "add" in call]
    assert installing or "update" in line
    assert calls(runnable(source)) == [
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "get_ipython().system('ls')",
    ]


LINES = st.sampled_from(
    [
        *("!pip install x", "%pip install y \\", "    !ls \\", "x = '''", "'''", "    z", "if a:"),
        *("(", ")", "# c", "", "\t%conda install q", "pip install k", "a = !pip install w", "'"),
    ]
)


@given(st.lists(LINES, max_size=12))
def test_lines_keep_their_number_and_all_others_their_text(lines: list[str]) -> None:
    made = runnable("\n".join(lines)).split("\n")
    assert len(made) == max(len(lines), 1)
    for before, after in zip(lines, made, strict=False):
        assert before == after or before.strip() in after
    syntax.tree("\n".join(lines))
