"""What a work is, and words that several are said by."""

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
NUMBERS = (
    r"to_numeric|astype|float|\bint\b|map\(|replace|dummies|Encoder|codes|factorize|coerce|OneHot"
    r"|np\.where|apply|convert|== |transform|dtype|Categorical|numeric|indicator|preprocess"
)
SCALES = r"Scaler|scale|zscore|std\(|normaliz|\.max\(|\.min\("
