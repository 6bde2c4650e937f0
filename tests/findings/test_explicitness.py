"""What replies leave out, ask back and make up, found where it stands; and what looks like it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from marked import found, notebook

from harness.findings import explicitness
from harness.records import FileSeen, Observation

ASKED = 'Load "telco.csv" with pandas into `df`, and show its shape.'
LOAD = "```python\nimport pandas as pd\ndf = pd.read_csv('telco.csv')\n```\n"

FAULTS = {
    "a todo": "```python\nx = 1\n#⟦todo: TODO: scale the features⟧\n```",
    "a todo behind code": "```python\nx = 1  #⟦todo: FIXME⟧\n```",
    "code left to the reader": (
        "```python\ndef f(x):\n    #⟦todo: your code here⟧\n    return x\n```"
    ),
    "the rest": "```python\nx = 1\n#⟦todo: ... rest of the code ...⟧\n```",
    "the same for others": "```python\nx = 1\n#⟦todo: Repeat for the other columns⟧\n```",
    "a name to replace": "```python\nx = 1 #⟦todo: Replace with your actual model⟧\n```",
    "an assumption": "```python\n#⟦todo: Assuming your target is 'y'⟧\ny = 1\n```",
    "a change to come": "```python\ny = 1  #⟦todo: the target, adjust accordingly⟧\n```",
    "data of the reader": "```python\n#⟦todo: Load your dataset⟧\ndf = load()\n```",
    "a todo in broken code": "```python\ndf = (\n#⟦todo: TODO close it⟧\n```",
    "a todo in a file": "```python\n%%writefile app.py\nx = 1\n#⟦todo: TODO⟧\n```",
    "a column of nobody": "```python\ndf['⟦placeholder:your_column⟧'].sum()\n```",
    "a column by its number": "```python\nprint(df['⟦placeholder:column_1⟧'])\n```",
    "columns by their kind": (
        "```python\ndf.drop(columns=['⟦placeholder:unnecessary_column1⟧', 'tenure'])\n```"
    ),
    "a path of nobody": "```python\nopen('⟦placeholder:/path/to/file.csv⟧')\n```",
    "a key of nobody": "```python\nkey = '⟦placeholder:YOUR_API_KEY⟧'\n```",
    "a hole in brackets": "```python\nname = '⟦placeholder:<your name>⟧'\n```",
    "a command in prose": "```python\nx = 1\n```\n```sh\ndocker run ⟦placeholder:your_app⟧\n```",
    "a placeholder that comes again": (
        "```python\na['k'] = '⟦placeholder:your_key⟧'\na['l'] = 'your_key'\n```"
    ),
    "code before it breaks off": (
        "```python\nopen('⟦placeholder:/path/to/a.csv⟧')\ndf = f({\n    'a': [1, 2,\n```"
    ),
    "a table that is cut off": (
        "```python\nimport pandas as pd\ndf = pd.⟦stand-in-data:DataFrame({\n"
        "    'customerID': ['⟧1', '2',\n```"
    ),
    "a file's placeholder": "```python\n%%writefile Dockerfile\nFROM ⟦placeholder:your-image⟧\n```",
    "an ellipsis as a value": "```python\nparams = {'max_depth': ⟦placeholder:...⟧}\n```",
    "an ellipsis as a body": "```python\ndef f(x):\n    ⟦placeholder:...⟧\n```",
    "behind letters of two bytes": "```python\nα = ('ü', ⟦placeholder:...⟧)\n```",
    "a function that does nothing": "```python\ndef f(x):\n    'Doc.'\n    ⟦placeholder:pass⟧\n```",
    "a question": f"{LOAD}\n⟦question:Could you please provide the column names?⟧ Thanks.",
    "a request": "Nice.\n\n⟦question:Please specify which file you mean.⟧",
    "a question without you": "⟦question:Which column should be the target?⟧",
    "no access": "⟦question:I don't have access to the dataset.⟧",
    "a frame of literals": (
        "```python\nimport pandas as pd\n"
        "df = ⟦stand-in-data:pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})⟧\n```"
    ),
    "a frame of chance": (
        "```python\nimport numpy as np\n"
        "df = ⟦stand-in-data:pd.DataFrame(np.random.rand(100, 3), columns=list('abc'))⟧\n```"
    ),
    "rows of the table": (
        "```python\nrows = ⟦stand-in-data:[\n"
        "    {'gender': 'Male', 'tenure': 1, 'MonthlyCharges': 2.0, 'Churn': 'No'},\n"
        "    {'gender': 'Male', 'tenure': 9, 'MonthlyCharges': 2.5, 'Churn': 'No'},\n]⟧\n```"
    ),
    "a table of a library": (
        "```python\nfrom sklearn import datasets\nd = ⟦stand-in-data:datasets.load_iris()⟧\n```"
    ),
    "a file that is not there": (
        "```python\ndf = pd.read_csv(⟦stand-in-data:'churn_data.csv'⟧)\n```"
    ),
    "a table in the code": (
        "```python\ndf = pd.read_csv(⟦stand-in-data:io.StringIO('a,b\\n1,2')⟧)\n```"
    ),
    "a table in the web": (
        "```python\ndf = pd.read_csv(⟦stand-in-data:'https://example.org/telco.csv'⟧)\n```"
    ),
}


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_at_its_place(reply: str) -> None:
    subject, marks = notebook({"load": (ASKED, reply)})
    assert marks
    assert found(explicitness.find, subject) == marks


FINE = {
    "types and slices": (
        "```python\nfrom typing import Callable\nf: Callable[..., int] = len\ny = a[..., 0]\n```"
    ),
    "fields that are required": (
        "```python\nclass Row(BaseModel):\n    tenure: int = Field(..., ge=0)\n```"
    ),
    "an interface": (
        "```python\nclass P(Protocol):\n    def f(self) -> int: ...\n"
        "class A(ABC):\n    @abstractmethod\n    def g(self): ...\n```"
    ),
    "an error of one's own": "```python\nclass Odd(Exception):\n    pass\n```",
    "what is ignored": "```python\ntry:\n    f()\nexcept OSError:\n    pass\n```",
    "names of one's own": "```python\nmy_model = fit()\nprint(my_model)\n```",
    "columns that the code makes": "```python\ndf['feature_1'] = 0\nprint(df['feature_1'])\n```",
    "a table of results": LOAD + "```python\nr = pd.DataFrame({'m': ['a', 'b'], 'v': [1, 2]})\n```",
    "a seed": (
        "```python\nimport numpy as np\nnp.random.seed(1)\nrng = np.random.default_rng(1)\n```"
    ),
    "a file that it wrote": "```python\ndf.to_csv('a.csv')\nb = pd.read_csv('a.csv')\n```",
    "the same file, spelt longer": "```python\ndf = pd.read_csv('./telco.csv')\n```",
    "a question to nobody": LOAD + "\n## What is in it?\n\nWhy does it matter? What can we see?",
    "headings of code": (
        "```python\n# Other columns\nx = 1\n# Replace blanks with the real mean\n```"
    ),
    "a name of one's own": "```python\ndef replace_with_other(x):\n    return x\n```",
    "a file of one's own": "```python\nmodel.save_model('my_model.json')\n```",
    "a picture": "```python\n%%writefile a.svg\n<path d='M 0 0'/>\n```",
    "politeness": LOAD + "\nLet me know if you have any trouble.",
    "a colon": "```python\n# Note: done here\nx = 1\n```",
    "a record to be refused": (
        LOAD + "```python\nbad = [{'gender': 'x', 'tenure': 1, 'Churn': 'No'}]\n```"
    ),
}


@pytest.mark.parametrize("reply", FINE.values(), ids=FINE)
def test_what_only_looks_like_a_fault_is_none(reply: str) -> None:
    subject, _ = notebook({"load": (ASKED, reply)})
    assert found(explicitness.find, subject) == []


ITEMS = """Work on `df`:
1. Print the shape.
{}
3. Be careful."""


@pytest.mark.parametrize(
    "item",
    [
        '2. ⟦unaddressed-item:Save it as "prepared.csv" without the index.⟧',
        "2. ⟦unaddressed-item:Plot a histogram of each column.⟧",
        "2. ⟦unaddressed-item:Write `objective(trial)`.⟧",
        "2. ⟦unaddressed-item:Make a frame of it: `made = pandas.Series(df)`.⟧",
        "2. ⟦unaddressed-item:Turn the blank strings into numbers.⟧",
        "2. ⟦unaddressed-item:Fill what is missing with the median.⟧",
        "2. ⟦unaddressed-item:Sort the rows by the second column.⟧",
        "2. ⟦unaddressed-item:A record with a missing field is answered with status 422.⟧",
    ],
)
def test_an_item_that_no_code_works_on_is_found_in_the_prompt(item: str) -> None:
    # A comment that repeats the item does nothing of it, and neither does an import.
    said = item.replace("2. ", "# ").replace("⟦unaddressed-item:", "").replace("⟧", "")
    reply = f"```python\nfrom fastapi import HTTPException\n{said}\nprint(df.shape)\n```"
    subject, marks = notebook({"load": (ITEMS.format(item), reply)})
    assert marks
    assert found(explicitness.find, subject) == marks


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ('2. Save it as "prepared.csv".', "df.to_parquet('p')"),  # done otherwise, but done
        ("2. Plot a histogram of each column.", "sns.displot(df)"),
        ("2. Print `x`, and plot it.", "x = 1"),  # in part
        ("2. Suggest max_depth and learning_rate.", "f(max_depth=trial.int())"),
        ("2. Save it with its own `save_model`.", "def save_model_to_json(m):\n    dump(m)"),
        ("2. All imports: `import json`, `import pandas`.", "from json import loads"),
        ("2. Sort the rows.", "df.nlargest(3, 'tenure')"),
        ("2. Make it: `rows = pandas.DataFrame(records)`.", "rows = table(records)"),
        ("2. Keep `x` as it is.", "y = 1"),
        ("2. Think about what it means.", ""),  # nothing to look for
        ("2. A wrong record is answered with status 422.", "class Row(BaseModel):\n    a: int"),
    ],
)
def test_an_item_counts_as_worked_on_where_anything_of_it_is(item: str, code: str) -> None:
    reply = f"```python\nprint(df.shape)\n{code}\n```"
    subject, _ = notebook({"load": (ITEMS.format(item), reply)})
    assert found(explicitness.find, subject) == []


def test_a_file_that_the_kernel_has_written_is_there() -> None:
    subject, _ = notebook({"load": (ASKED, "```python\nd = pd.read_csv('made.csv')\n```")})
    seen = Observation(files=(FileSeen(name="made.csv", size=1),))
    assert found(explicitness.find, subject)
    assert not found(explicitness.find, replace(subject, observations={"load": seen}))


def test_without_a_list_of_files_none_is_missing() -> None:
    reply = "```python\ndf = pd.read_csv('other.csv')\n```"
    subject, _ = notebook({"load": (ASKED, reply)}, knows_table=False)
    assert found(explicitness.find, subject) == []


@pytest.mark.parametrize(
    "code",
    [
        "# TODO\n" * 8_000,
        "x = [" + "[" * 5_000,
        "'''" * 9_001,
        "df['column_1']\n" * 3_000,
        "x = ..." + ", ..." * 9_000,
        "<your" * 9_000,
        "path/to/" * 7_000,
        "# " + "add " * 14_000,
    ],
    ids=lambda code: code[:8],
)
def test_hostile_code_takes_no_time(code: str) -> None:
    subject, _ = notebook({"load": (ASKED, f"Here: `x`\n```python\n{code}\n```\n")})
    start = time.process_time()
    assert len(found(explicitness.find, subject)) <= 500
    assert time.process_time() - start < 2  # quadratic: over 5


@pytest.mark.parametrize("word", ["a" * 40_000, "`a_b` " * 7_000, "a." * 20_000, "'" * 40_000])
def test_a_hostile_prompt_takes_no_time(word: str) -> None:
    subject, _ = notebook({"load": (f"1. {word}\n2. {word}", "```python\nx = 1\n```\n")})
    start = time.process_time()
    assert len(found(explicitness.find, subject)) <= 2
    assert time.process_time() - start < 2  # quadratic: over 20
