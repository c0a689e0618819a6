"""Bars as one SVG file that is read in the light and in the dark: a row for each database, a column for each metric."""

from html import escape

from bench.metrics import METRICS

Medians = dict[str, dict[str, float]]  # contestant: its figures

COLUMN, LABEL, BAR = 272, 64, 118  # widths in px; figures stand behind the bars
TITLE, LINE, GAP = 44, 24, 20  # heights in px
# The product's own tokens (static/css/tokens.css), in a form that every reader of SVG knows.
STYLE = """
.paper{fill:#fcfaf6}.ink{fill:#1a2029}.ink-2{fill:#49505b}.product{fill:#0b665e}.other{fill:#8c8579}
text{font:13px system-ui,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
.database{font:600 15px ui-serif,Georgia,serif}.title{font-size:12px}.bold{font-weight:600}
@media(prefers-color-scheme:dark){
.paper{fill:#14171d}.ink{fill:#eae7e2}.ink-2{fill:#b8b4ac}.product{fill:#73d2c0}.other{fill:#757b83}}
""".strip()


def drawing(runs: dict[str, Medians]) -> str:
    """`runs`: the medians by database."""
    rows, top = [], 16
    for database, found in runs.items():
        rows.append(_row(top, database, found))
        top += TITLE + LINE * len(found) + GAP
    width = 16 + COLUMN * max(len(_names(found)) for found in runs.values())
    shape = f'width="{width}" height="{top}" viewBox="0 0 {width} {top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {shape} role="img"><style>{STYLE}</style>'
    return "\n".join([head, f'<rect class="paper" width="{width}" height="{top}" rx="12"/>', *rows, "</svg>"]) + "\n"


def _names(found: Medians) -> list[str]:
    return [name for name, metric in METRICS.items() if metric.bars and name in found["product"]]


def _row(top: int, database: str, found: Medians) -> str:
    parts = [f'<text class="database ink" x="16" y="{top + 14}">{escape(database)}</text>']
    for place, name in enumerate(_names(found)):
        parts.append(_column(16 + place * COLUMN, top, name, found))
    return "\n".join(parts)


def _column(left: int, top: int, name: str, found: Medians) -> str:
    metric, most = METRICS[name], max(max(figures[name] for figures in found.values()), 1e-9)
    better = "more" if metric.is_more_better else "less"
    title = f"{metric.bars} ({better} is better)"
    parts = [f'<text class="title ink-2" x="{left}" y="{top + 34}">{escape(title)}</text>']
    for place, (who, figures) in enumerate(found.items()):
        parts.append(_bar(left, top + TITLE + place * LINE, who, figures[name], figures[name] / most, metric.digits))
    return "\n".join(parts)


def _bar(left: int, top: int, who: str, value: float, share: float, digits: int) -> str:
    kind, weight = ("product", " bold") if who == "product" else ("other", "")
    length = max(1.0, BAR * max(0.0, share))
    return (
        f'<text class="ink{weight}" x="{left}" y="{top + 14}">{escape(who)}</text>'
        f'<rect class="{kind}" x="{left + LABEL}" y="{top + 3}" width="{length:.1f}" height="14" rx="2"/>'
        f'<text class="ink{weight}" x="{left + LABEL + length + 6:.1f}" y="{top + 14}">{value:,.{digits}f}</text>'
    )
