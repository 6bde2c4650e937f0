"""Work with models, services, and the rows that are for them."""

from __future__ import annotations

from harness.findings.commentary.works.work import COLUMNS, SCALES, Work

MODELS = (
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
        rf"(?:scal(?:e|es|ed|ing)|normali[sz](?:e|es|ed|ing)) (?:of )?(?:the |all |its )?"
        rf"(?:numeric(?:al)? |input |training )?(?:data|{COLUMNS}|values)",
        rf"{SCALES}|preprocess|pipeline|Normalizer|mean\(|norm\(|Transformer",
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
    Work(
        r"load(?:s|ed|ing)? the (?:final |best |trained |saved |tuned )?model(?! from the study)",
        r"load|pickle|read|open\((?![^)\n]*['\"][wax])|from_|get_model|create_model|best_estimator",
    ),
    Work(
        r"set(?:s|ting)? (?:the |a )?(?:random )?(?:seed|state)",
        r"seed|random_state|default_rng|RandomState|rng|key\(",
    ),
    Work(
        r"evaluat(?:e|es|ed|ing) (?:the |each |this |its )(?:\w+ ){0,2}"
        r"(?:model|classifier|regressor)",
        r"scor|metric|report|confusion|accuracy|auc|error|loss|evaluat|predict|cross_val|rmse|mae"
        r"|r2|mean\(|==",
    ),
    Work(
        r"(?:train|fit)(?:s|ing|ted|ting)? (?:the |a |an |each |this )(?:\w+ ){0,3}"
        r"(?:model|classifier|regressor)(?! (?:that|which|with the tuned|in|is|was))",
        r"fit|train\(|optimi[sz]e|cross_val|learn|Trainer|compile|load|\.tune|predict|evaluat",
    ),
    Work(
        r"(?:mak|generat|comput)(?:e|es|ing) (?:the |a )?predictions?",
        r"predict|forward|model\(|\.post\(|proba|infer|scor|cross_val|transform",
    ),
    Work(
        r"validat(?:e|es|ed|ing) (?:the |all |each |every )*(?:incoming )?"
        r"(?:inputs?|requests?|records?|payload|fields?)",
        r"BaseModel|raise|HTTPException|assert|\bif\b|isinstance|validat|Literal|try|set\(|schema"
        r"|abort|Record|Field",
    ),
    Work(
        r"creat(?:e|es|ed|ing) (?:a|an|the) (?:FastAPI|Flask) (?:app|application)\b",
        r"FastAPI\(|Flask\(|create_app|import [^\n]*\bapp\b|\bapp *=|APIRouter",
    ),
    Work(
        r"creat(?:e|es|ed|ing) (?:a|the) (?:`?TestClient`?|test client)",
        r"TestClient\(|test_client|AsyncClient|httpx|requests",
    ),
    Work(
        r"(?:creat|initiali[sz])(?:e|es|ed|ing) (?:a|an|the) (?:new )?(?:Optuna )?study",
        r"create_study|load_study|\bstudy *=|Study\(",
    ),
    Work(
        r"split(?:s|ting)? (?:the )?(?:data|dataset|rows|dataframe|table)(?! into (?:a )?t)",
        r"split|sample|iloc|\[:|Fold|loc\[|\bX\w*\b|\by\w*\b|features?|target|labels?|groupby|chunk",
    ),
    Work(
        r"split(?:s|ting)? (?:the )?(?:data|dataset|rows)(?:set)? into (?:a )?(?:train\w*|test\w*)",
        r"split|sample|iloc|\[:|Fold|loc|mask|head\(|drop\(|permutation|random|query",
    ),
)
