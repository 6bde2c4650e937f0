"""Work on the values, rows and columns of tables."""

from __future__ import annotations

from harness.findings.commentary.works.work import (
    ANY,
    CHECKS,
    COLUMNS,
    FILLS,
    FINDS_DUPLICATES,
    FINDS_MISSING,
    HANDLES,
    LOOKS,
    NUMBERS,
    REMOVES,
    SCALES,
    TAKES_MISSING,
    TYPES,
    Work,
)

VALUES = (
    Work(r"(?:fill|imput)(?:e|s|es|ed|ing)?(?: in)?(?! (?:out|up|with your|factor))", FILLS),
    Work(
        r"(?<!XGBoost )(?<!LightGBM )(?<!CatBoost )(?<!model )(?<!models )(?<!trees )(?<!which )"
        rf"{HANDLES}{ANY} (?:missing|null|nan) (?:values?|data|entries)"
        r"(?! (?:natively|by itself|by themselves|internally|automatically|on its own))",
        rf"{FILLS}|dropna|coerce|errors=|notna|notnull|is None|isna\(\)(?!\.(?:sum|any|mean))"
        rf"|isnull\(\)(?!\.(?:sum|any|mean))|handle|predict\(|{TAKES_MISSING}",
    ),
    Work(
        rf"{LOOKS}{ANY}(?: number of| count of)? (?:missing|null|nan)(?: values?| data| entries)?"
        r"(?! from)",
        rf"{FINDS_MISSING}|dropna|describe|None|pd\.NA|np\.nan|fillna",
    ),
    Work(
        rf"{REMOVES}{ANY}(?: rows)?(?: with| that have| that contain| containing)?{ANY}"
        r" (?:missing|null|nan)(?: values?| data| entries)?(?! (?:columns?|indicators?))",
        r"dropna|notna|notnull|isna|isnull|\bquery\(|complete|missing|coerce|!= *''",
    ),
    Work(
        rf"(?:{REMOVES}|{HANDLES}|eliminat(?:e|es|ed|ing)){ANY} duplicat(?:e|es|ed|ions?)\b"
        r"(?! (?:columns?|index|imports?))|de-?duplicat(?:e|es|ed|ing|ion)",
        FINDS_DUPLICATES,
    ),
    Work(
        rf"(?:{LOOKS})(?: [\w`']+,?){{0,6}} duplicat(?:e|es|ed|ions?)\b(?! (?:columns?|imports?))",
        FINDS_DUPLICATES,
    ),
    Work(r"one-hot[ -]encod(?:e|es|ed|ing)", r"dummies|OneHot|one_hot|ColumnTransformer|== "),
    Work(
        r"(?:dummy (?:variables|columns)|dummies)",
        r"dummies|OneHot|one_hot|ColumnTransformer|Dummy|== |columns|astype",
    ),
    Work(
        r"label[ -]encod(?:e|es|ed|ing)",
        r"LabelEncoder|OrdinalEncoder|codes|factorize|map\(|replace|encod",
    ),
    Work(
        r"ordinal[ -]encod(?:e|es|ed|ing)",
        r"OrdinalEncoder|LabelEncoder|codes|factorize|map\(|replace|Categorical",
    ),
    Work(
        r"(?:target|mean)[ -]encod(?:e|es|ed|ing)(?! the)",
        r"TargetEncoder|group_?by|map\(|mean\(|encod",
    ),
    Work(
        r"(?:one-hot|dummy)[ -]?encod(?:ing|ed|e|es)(?: [\w`']+){0,4}? as"
        r" (?:integers?|whole numbers|ints?)",
        r"dtype=|astype|\bint|OneHot|\* *1\b|\+ *0\b|codes|np\.where|uint8|to_numeric",
        beside=True,
        instead=r"get_dummies\(",
    ),
    Work(
        r"standardi[sz](?:e|es|ed|ing)",
        rf"{SCALES}|strip|lower|replace|rename",
    ),
    Work(
        r"(?:remov|drop|clip|filter|detect|handl|cap|identif)(?:e|s|es|ed|ing|ped|ping|y|ies)?"
        rf"(?: out)?{ANY} outliers",
        r"quantile|zscore|clip|std\(|IQR|percentile|IsolationForest|outlier|between|< |> |winsor"
        r"|boxplot|LocalOutlier|\.loc\[|query",
    ),
    Work(
        r"log[ -]transform(?:s|ed|ing|ation)?",
        r"log\(|log1p|log10|log2|FunctionTransformer|PowerTransformer|boxcox|log",
    ),
    Work(
        r"(?:highest|strongest|largest|most frequent|biggest) first|descending order",
        r"sort|nlargest|value_counts|ascending|\brank|most_common|heapq|order=",
        beside=True,
    ),
    Work(
        r"(?:lowest|smallest|weakest) first|ascending order",
        r"sort|nsmallest|ascending|\brank|heapq|order=|group_?by|unique|index|range",
        beside=True,
    ),
    Work(
        r"(?:two|three|four|five|six|ten|top|\d{1,2}) (?:[\w-]+ ){0,3}?"
        r"(?:columns|features|variables) (?:that|which)(?: are)? correlate\w*"
        r"[^,.;]{0,40}? (?:most|strongest|strongly)",
        r"nlargest|sort|\bmax\(|rank|\[: *-?\w+\]|\[-?\w+ *:\]|head\(|tail\(|argsort|heapq|\btop"
        r"|iloc|> ?0\.\d|\[\s*['\"][^\]'\"]+['\"]\s*,",
        beside=True,
    ),
    Work(
        r"(?:sorted|sorting|sorts|ranked|ranks|ranking) (?:[\w`'\"]+ ){0,4}?by",
        r"sort|nlargest|value_counts|ascending|rank|order|most_common|heapq|unique|groupby",
    ),
    Work(
        rf"{CHECKS} (?:that|if|whether) (?:no|any|there (?:is|are) (?:no|any))"
        r"(?: values?| data| entries)?(?: (?:is|are))?(?: missing| null)(?: values?| data)?",
        rf"{FINDS_MISSING}|dropna",
    ),
    Work(
        rf"{CHECKS} (?:that |if |whether )?(?:[^.;]{{0,60}}\b(?:and|or) )?(?:that |if |whether )?"
        rf"(?:every|each|all)(?: the| of the)? {COLUMNS} (?:is|are) numeric(?:al)?",
        rf"{TYPES}|select_dtypes|float\(|assert|number",
    ),
    Work(
        r"(?:shares?|proportions?|percentages?) of(?! the (?:data|rows|dataset))",
        r"normalize|/|mean\(|pct|percent|crosstab|ratio|pie\(|stat=|\* *100|\.div\(|\.map\(|apply"
        r"|transform|(?<!_)share|rate\(|histnorm|density|'mean'|\"mean\"",
        beside=True,
        instead=r"value_counts\(\)|\.size\(\)|\.count\(\)",
    ),
    Work(
        r"(?:check|print|show|list|display)(?:s|ed|ing)? (?:the |for )?(?:wrong |incorrect )?"
        r"(?:data ?|column )?types?\b|(?:data ?|column )?types (?:and [\w ]{3,80} )?are "
        r"(?:checked|printed|shown|listed|displayed)",
        TYPES,
    ),
    Work(
        r"(?:check|print|show|display)(?:s|ed|ing)? (?:the |its )?shape"
        r"|shape (?:of [^.]{1,40} )?is (?:checked|printed|shown|displayed)",
        r"\bshape|info\(|len\(|(?<!fig)size|print\(\w+\)|display\(\w+\)",
    ),
    Work(
        r"(?:calculat|comput|determin)(?:e|es|ed|ing) the (?:count|number) of",
        r"count|len\(|(?<!fig)size|shape|sum\(|nunique|Counter|describe|info\(|\+= *1"
        r"|\bn_|num_|total|agg|isna|isnull",
    ),
    Work(
        r"clean(?:s|ed|ing)? (?:it|(?:up )?the (?:data|table|dataset|df|columns?)|`\w+`)",
        r"fillna|dropna|drop|replace|strip|astype|to_numeric|to_datetime|duplicate|where|mask|map\("
        r"|apply|clip|impute|\.loc\[|rename|lower\(|upper\(|query|isna|isnull|notna|coerce|clean\w*\(",
    ),
    Work(
        r"sav(?:e|es|ed|ing)(?!.{0,120}\w\.\w{2,8}\b)(?! (?:time|memory|space))"
        r"(?!.{0,80}\b(?:in|into|as|to) (?:a |an |the |its )?(?:(?!JSON)\w+ )?"
        r"(?:DataFrame|list|dict|dictionary|variables?|array|Series|columns?|set|tuple)\b)",
        r"save|\.to_(?!list|dict|numpy|datetime|numeric|frame)\w+|dump\(|write|open\(|export|store"
        r"|%%file|imwrite|log_model",
    ),
    Work(
        r"round(?:ed|s|ing)? (?:it |them |the \w+ |to )?(?:to )?(?:\w+ )?decimals?(?: places?)?",
        r"round|:\.\d|%\.\d|format|decimals|precision|\{:|float_format|around|trunc|f'|f\"",
    ),
    Work(
        r"(?:convert(?:s|ed|ing)?|turn(?:s|ed|ing)?|cast(?:s|ing)?) (?:[\w`'\"]+,? ){1,8}?"
        r"(?:in)?to (?:a |an )?(?:numeric(?:al)?|numbers?|integers?|floats?)",
        rf"{NUMBERS}",
    ),
    Work(
        r"(?:convert(?:s|ed|ing)?|pars(?:e|es|ed|ing)) (?:[\w`'\"]+ ){1,6}?(?:in)?to"
        r" (?:a |an )?(?:datetimes?|dates?|timestamps?)\b",
        r"to_datetime|parse_dates|strptime|Timestamp|fromisoformat|astype\(|datetime|Date",
    ),
    Work(
        r"encod(?:e|es|ed|ing) (?:the |all |each |every )*(?:other |remaining )?"
        r"(?:target|categorical|text|string|labels?|columns?|features?|variables?)",
        rf"{NUMBERS}|encod|eq\(|isin|Binarizer|category",
    ),
    Work(
        rf"renam(?:e|es|ed|ing) (?:the |all |some )*{COLUMNS}",
        r"rename|\.columns *=|set_axis|names=|to_frame|columns=|alias|name=",
    ),
    Work(
        r"drop(?:s|ped|ping)? the [`'\"]?\w+[`'\"]? column",
        r"drop|\bdel |pop\(|\.loc\[|\[\[|iloc|filter|usecols|select|difference|exclude|!=|index"
        r"|\bX\b|features|columns|not in",
    ),
    Work(
        r"group(?:s|ing)? (?:the |all )?(?:data |rows |customers |records |table |it |them )?by",
        r"group_?by|crosstab|pivot|hue|\bby=|==|unique\(|agg|column=|isin|resample|Counter|x="
        r"|defaultdict|\.loc\[|cluster",
    ),
    Work(
        r"merg(?:e|es|ed|ing) (?:the |both |two |all )*(?:data|tables?|datasets?|\w*frames?)",
        r"merge|join|concat|append|\.map\(|combine|\|",
    ),
    Work(
        r"drop(?:s|ped|ping)? (?:the |all |any )?(?:[\w-]+ )?(?:identifier|id) columns?"
        r"|drop(?:s|ped|ping)? (?:the |all )?(?:unnecessary|irrelevant|unused|constant) columns?",
        r"drop|\bdel |pop\(|\.loc\[|\[\[|columns|iloc|select|filter|usecols|difference|index_col"
        r"|set_index",
    ),
)
