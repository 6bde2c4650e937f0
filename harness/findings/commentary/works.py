"""Work as a text says it, and what in code may do it."""

from __future__ import annotations

from typing import NamedTuple


class Work(NamedTuple):
    """Work, as it is said, and what in code may do it."""

    said: str
    done: str
    beside: bool = False  # whether only code up to the next comment may do it
    instead: str = ""  # what the code has to do in its place, for it to be sure


FILLS = (
    r"fillna|fill_value|ffill|bfill|interpolat|imput|\.replace\(|where\(|\.mask\(|combine_first"
    r"|nan_to_num|\.get\(|setdefault|\.loc\[|\.at\[|fill|apply\(|if .{0,80}else|=missing"
)
FINDS_MISSING = r"isna|isnull|notna|notnull|hasnans|count\(|info\(|missing|\bnan\b|is None|== *''"
# Models that take missing values as they are.
TAKES_MISSING = r"XGB|xgb\.|LGBM|lightgbm|CatBoost|HistGradient"
FINDS_DUPLICATES = r"duplicat|unique|dedup|\bset\(|Counter|distinct|group_?by|value_counts|assert"
TYPES = r"dtype|info\(|types|isinstance|astype|to_numeric|\btype\(|Literal|is_numeric|convert"
CHECKS = (
    r"(?:check(?:s|ed|ing)?|verif(?:y|ies|ied|ying)|validat(?:e|es|ed|ing)|confirm(?:s|ed|ing)?)"
)
LOOKS = (
    r"(?:check|count|look|inspect|examin|identif|detect|find|search|print|show|display|report)"
    r"(?:e|s|es|ed|ing|y|ies|ied|ying)?"
)
REMOVES = r"(?:drop(?:s|ped|ping)?|remov(?:e|es|ed|ing)|delet(?:e|es|ed|ing)|discard(?:s|ed|ing)?)"
HANDLES = (
    r"(?:handl(?:e|es|ed|ing)|deal(?:s|t|ing)? with|tak(?:e|es|ing) care of|address(?:es|ed)?)"
)
ANY = r"(?: (?:any|all|the|of|possible|potential|remaining|out|for))*"
COLUMNS = r"(?:columns?|features?|variables?)"
SCALES = r"Scaler|scale|zscore|std\(|normaliz|\.max\(|\.min\("

WORK = (
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
    Work(
        r"(?<!a )(?<!the )(?<!each )(?<!this )plot(?:s|ted|ting)?",
        r"plot|hist|scatter|\bbar|pie|heatmap|imshow|matshow|savefig|show\(|box|violin|draw|fig"
        r"|axes?\b|Display|graph|chart|kind=",
    ),
    Work(r"histograms?", r"hist|distplot|displot|kind=|\bbar"),
    Work(r"heat ?maps?", r"heatmap|imshow|matshow|pcolor|clustermap|background_gradient"),
    Work(
        r"scatter ?(?:plots?|diagrams?|charts?)",
        r"scatter|pairplot|regplot|lmplot|relplot|joint|kind=|plot\(|PairGrid|Display",
    ),
    Work(r"box ?plots?", r"box|kind=|catplot"),
    Work(r"violin ?plots?", r"violin|kind=|catplot"),
    Work(r"bar ?(?:plots?|charts?|graphs?)", r"bar|countplot|catplot|kind=|hist"),
    Work(r"count ?plots?", r"countplot|catplot|bar|kind=|hist"),
    Work(r"line ?(?:plots?|charts?|graphs?)", r"lineplot|relplot|line|plot\("),
    Work(r"(?:KDE|(?:kernel )?density) plots?", r"kde|density|displot|violin|kind="),
    Work(r"pie charts?", r"pie|kind="),
    Work(r"pair ?plots?", r"pairplot|PairGrid|scatter_matrix"),
    Work(r"word ?clouds?", r"WordCloud"),
    Work(r"learning curves?", r"learning_curve|LearningCurve|history|plot|evals_result"),
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
        r"(?:\w+-fold )?cross[ -]validat(?:e|es|ed|ion|ing)",
        r"cross_val|Fold|cv\b|SearchCV|\.split\(|ShuffleSplit|cross_validat",
    ),
    Work(r"grid search", r"GridSearch|ParameterGrid|GridSampler|product\(|for .{0,80} in "),
    Work(r"randomi[sz]ed search", r"RandomizedSearch|RandomSampler|ParameterSampler|random"),
    Work(r"Bayesian optimi[sz]ation", r"optuna|hyperopt|skopt|Bayes|TPE|study|\bgp_"),
    Work(
        r"early stopping", r"early_stopping|EarlyStopping|prun|n_iter_no_change|patience|best_iter"
    ),
    Work(r"feature selection", r"SelectKBest|SelectFrom|RFE|select|importance|corr|Lasso|Variance"),
    Work(r"(?:PCA|principal component analysis)", r"PCA|svd|eig"),
    Work(
        r"standardi[sz](?:e|es|ed|ing)",
        rf"{SCALES}|strip|lower|replace|rename",
    ),
    Work(
        rf"(?:scal(?:e|es|ed|ing)|normali[sz](?:e|es|ed|ing)) (?:of )?(?:the |all |its )?"
        rf"(?:numeric(?:al)? |input |training )?(?:data|{COLUMNS}|values)",
        rf"{SCALES}|preprocess|pipeline|Normalizer|mean\(|norm\(|Transformer",
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
        r"(?:sorted|sorting|sorts|ranked|ranks|ranking) (?:[\w`'\"]+ ){0,4}?by",
        r"sort|nlargest|value_counts|ascending|rank|order|most_common|heapq|unique|groupby",
    ),
    Work(
        r"(?:stratified|stratif(?:y|ies|ying))",
        r"stratif|cross_val|GridSearch|SearchCV|\bcv=|calibrat|Cv\b",
    ),
    Work(r"shuffl(?:e|es|ed|ing)", r"shuffl|train_test_split|sample\(|permutation|random|Fold"),
    Work(
        r"(?:undersampl(?:e|es|ed|ing)|down-?sampl(?:e|es|ed|ing))",
        r"RandomUnderSampler|resample|sample\(|weight|NearMiss|Tomek",
    ),
    Work(r"SMOTE|over-?sampl(?:e|es|ed|ing)", r"SMOTE|RandomOverSampler|resample|sample\(|weight"),
    Work(
        r"class weights?",
        r"class_weight|scale_pos_weight|sample_weight|weight",
    ),
    Work(r"correlation matrix", r"corr"),
    Work(
        r"colou?red by",
        r"hue|\bc=|\bcolou?r=(?!['\"])|palette|\bby=|groupby|stack|==|unique\(|\.loc\["
        r"|px\.\w+\([^)]*colou?r=|alt\.|encode\(",
        beside=True,
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
        r"normalize|/|mean\(|pct|percent|crosstab|ratio|pie\(|stat=|\* *100|size\(|share",
        beside=True,
        instead=r"value_counts\(\)",
    ),
    Work(
        r"load(?:s|ed|ing)? the (?:final |best |trained |saved |tuned )?model(?! from the study)",
        r"load|pickle|read|open\((?![^)\n]*['\"][wax])|from_|get_model|best_params|\*\*\w"
        r"|create_model|best_estimator",
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
        r"sav(?:e|es|ed|ing)(?!.{0,120}\w\.\w{2,8}\b)(?! (?:time|memory|space))",
        r"save|\.to_(?!list|dict|numpy|datetime|numeric|frame)\w+|dump\(|write|open\(|export|store"
        r"|%%file|imwrite|log_model",
    ),
    Work(
        r"round(?:ed|s|ing)? (?:it |them |the \w+ |to )?(?:to )?(?:\w+ )?decimals?(?: places?)?",
        r"round|:\.\d|%\.\d|format|decimals|precision|\{:|float_format|around|trunc|f'|f\"",
    ),
    Work(
        r"split(?:s|ting)? (?:the )?(?:data|dataset|rows)(?:set)? into (?:a )?(?:train\w*|test\w*)",
        r"split|sample|iloc|\[:|Fold|loc|mask|head\(|drop\(|permutation|random|query",
    ),
    Work(
        r"merg(?:e|es|ed|ing) (?:the |both |two |all )?(?:data|tables?|datasets?|\w*frames?)",
        r"merge|join|concat|append|\.map\(|combine|\|",
    ),
    Work(
        r"drop(?:s|ped|ping)? (?:the |all |any )?(?:[\w-]+ )?(?:identifier|id) columns?"
        r"|drop(?:s|ped|ping)? (?:the |all )?(?:unnecessary|irrelevant|unused|constant) columns?",
        r"drop|\bdel |pop\(|\.loc\[|\[\[|columns|iloc|select|filter|usecols|difference|index_col"
        r"|set_index",
    ),
)
