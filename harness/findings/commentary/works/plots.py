"""Work that makes pictures."""

from __future__ import annotations

from harness.findings.commentary.works.work import Work

PLOTS = (
    Work(
        r"(?<!a )(?<!the )(?<!each )(?<!this )plot(?:s|ted|ting)?|visuali[sz](?:e|es|ed|ing)",
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
    Work(r"correlation matrix", r"corr"),
    Work(
        r"colou?red by",
        r"hue|\bc=|\bcolou?r=(?!['\"])|palette|\bby=|groupby|stack|==|unique\(|\.loc\["
        r"|px\.\w+\([^)]*colou?r=|alt\.|encode\(",
        beside=True,
    ),
)
