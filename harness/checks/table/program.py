import json

import pandas as pd

about = json.load(open("check.json"))
table = pd.read_csv(about["table"])
target = table[about["target"]] if about["target"] in table else pd.Series(dtype=int)
result = {
    "rows": len(table),
    "missing": int(table.isna().sum().sum()),
    "texts": [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])][:100],
    "target": sorted(int(value) for value in target.dropna().unique()[:10])
    if pd.api.types.is_numeric_dtype(target)
    else [],
}
json.dump(result, open("result.json", "w"))
