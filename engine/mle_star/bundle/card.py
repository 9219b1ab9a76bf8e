"""The model card: what a person must know of a model, in plain words and measured numbers."""

from __future__ import annotations

from mle_star.bundle.about import About
from mle_star.bundle.blocks import agent_written
from mle_star.data.schema import Schema
from mle_star.judge.gates import FAIL, WARN
from mle_star.solution.block import Block
from mle_star.solution.solution import Ensemble

_MOST_COLUMNS = 60


def model_card(
    ensemble: Ensemble, schema: Schema, about: About, *, model_mib: float, safe: bool
) -> str:
    """Write the card.

    Parameters
    ----------
    ensemble : Ensemble
        What was shipped.
    schema : Schema
        What it reads.
    about : About
        What was measured.
    model_mib : float
        Size of the model file.
    safe : bool
        Whether the model file loads without running code.

    Returns
    -------
    str
        Markdown.
    """
    sections = [
        _head(ensemble, about),
        _section("What it is for", _words(about)),
        _section("How to use it", _usage(ensemble, schema, safe=safe)),
        _section("How it was judged", _judged(about)),
        _section("Gates", _gates(about)),
        _section("What it is made of", _members(ensemble, model_mib)),
        _section("What each block is worth", _effects(about)),
        _section("What it reads", _columns(schema)),
        _section("Limits", _limits(about)),
    ]
    return "\n".join(section for section in sections if section)


def _head(ensemble: Ensemble, about: About) -> str:
    targets = ", ".join(_code(output.original) for output in about.task.outputs)
    what = "a number" if not about.task.is_classification else "the probability of each class"
    return (
        f"# {_plain(about.name)}\n\n"
        f"Predicts {targets} ({about.task.kind}): {what}. Made {about.created} "
        f"from {about.rows:,} rows (data digest `{about.data_digest[:16]}`, seed {about.seed}).\n"
    )


def _words(about: About) -> str:
    """What an agent says; every number in it was measured."""
    words = about.words
    if words is None:
        return ""
    return f"{_plain(words.summary)}\n\n{_plain(words.intended_use)}"


def _usage(ensemble: Ensemble, schema: Schema, *, safe: bool) -> str:
    target = schema.outputs[0].original
    lines = [
        "```",
        "mle-star predict --model . --dataset NEW_ROWS.csv --output predictions.csv",
        "python solution.py --train TRAIN.csv --predict NEW_ROWS.csv --output predictions.csv",
        "```",
        "",
        "The first uses the fitted model in this folder. The second fits it again, without "
        f"mle-star, on a file that has the column {_code(target)}. Both write one row for each "
        "row of the input, in its order. `requirements.txt` holds the exact versions.",
    ]
    if not safe and not ensemble.is_foreign:
        lines += [
            "",
            "The model file can run code when it is loaded (it holds objects that no safer format "
            "can), so the first command refuses it. A model you made yourself is loaded with "
            "`mle_star.bundle.bundle.load(folder, trust_code=True)`.",
        ]
    return "\n".join([*lines, *_agents_part(ensemble, safe=safe)])


def _agents_part(ensemble: Ensemble, *, safe: bool) -> list[str]:
    """What an agent wrote, and what runs it."""
    roles: dict[str, list[str]] = {}
    for part in agent_written(ensemble):
        roles.setdefault(part["member"], []).append(part["block"])
    if not roles:
        return []
    several = len(ensemble.members) > 1
    named = [", ".join(r) + (f" (of {_plain(m)})" if several else "") for m, r in roles.items()]
    told = f"**Written by an agent: {'; '.join(named)}.** "
    if safe:
        told += "The model file holds none of that code and loads without running any; "
        told += "`solution.py` runs it: read it first."
    else:
        told += (
            "Loading the model runs that code (`blocks.json` holds it). The first command does so "
            "in a sandbox, and refuses where there is none; the second runs it as it is: read it "
            "first. In Python `mle_star.bundle.bundle.load(folder, trust_code=True)` runs it too."
        )
    return ["", told]


def _judged(about: About) -> str:
    direction = "higher is better" if about.greater_is_better else "lower is better"
    lines = [f"Metric: `{about.task.metric}` ({direction}). {_sentence(about.scheme)}", ""]
    if about.folds is not None:
        what = "Nested cross-validation" if about.nested else "Cross-validation"
        lines.append(
            f"- {what}: **{about.folds.mean:.5g}** ± {about.folds.spread:.2g} "
            f"(standard deviation over {len(about.folds.folds)} folds)"
        )
    if about.baseline is not None:
        lines.append(f"- Baseline, on the same folds: {about.baseline.mean:.5g}")
    if about.holdout is not None:
        interval = ""
        if about.holdout_interval is not None:
            low, high = about.holdout_interval
            interval = f", 95 % interval {low:.5g} to {high:.5g}"
        lines.append(
            f"- Holdout ({about.holdout_rows:,} rows that no decision saw): "
            f"**{about.holdout:.5g}**{interval}"
        )
        lines += ["", "The holdout was scored before the model was fitted again on all rows."]
    else:
        lines.append("- Holdout: not measured" if about.holdout_rows else f"- {_none_held(about)}")
    return "\n".join(lines)


def _none_held(about: About) -> str:
    """What the figure above is worth without holdout rows."""
    told = "Holdout: none. No rows were held out (`--holdout 0`)"
    if about.nested:
        return (
            f"{told}; the figure is that of nested cross-validation: what was chosen is scored on "
            "rows that the choice was made without. What was tried was planned in sight of all."
        )
    return f"{told}, and cross-validation is not nested: it may flatter what was chosen by it."


def _gates(about: About) -> str:
    if not about.gates:
        return "Not measured."
    rows = [
        f"| {_cell(g.name)} | {g.verdict} | {_cell(g.measured)} | {_cell(g.threshold)} "
        f"| {_cell(g.explanation)} |"
        for g in about.gates
    ]
    return "\n".join(
        ["| gate | verdict | measured | asked for | meaning |", "|---|---|---|---|---|", *rows]
    )


def _members(ensemble: Ensemble, model_mib: float) -> str:
    lines = []
    for member in ensemble.members:
        recipes = ", ".join(f"{block.role}: {_origin(block)}" for block in member.blocks)
        lines.append(f"- **{_plain(member.name or 'solution')}** ({recipes})")
    if ensemble.combine is not None:
        lines += ["", "Their predictions are combined by:", "", "```python"]
        lines += [ensemble.combine.source, "```"]
    return "\n".join([*lines, "", f"The model file has {model_mib:.1f} MiB."])


def _origin(block: Block) -> str:
    return "written by an agent" if block.foreign else _code(block.recipe or "own code")


def _effects(about: About) -> str:
    rows = [f"- {role}: {effect:+.4g}" for role, effect in about.effects]
    if not rows:
        return ""
    return "\n".join(["Score lost when the block is replaced by its plainest form:", "", *rows])


def _columns(schema: Schema) -> str:
    rows = [
        f"| {_code(c.original)} | {c.kind} | {'yes' if c.used else c.role} |"
        for c in schema.specs[:_MOST_COLUMNS]
    ]
    more = len(schema.specs) - _MOST_COLUMNS
    if more > 0:
        rows.append(f"| and {more} more (`schema.json`) | | |")
    return "\n".join(["| column | read as | used |", "|---|---|---|", *rows])


def _limits(about: About) -> str:
    lines = [
        "- It knows what the training rows show; on rows of another origin or time it may do "
        "worse than the scores above.",
        "- Values of a category that it has never seen are treated as missing or rare.",
    ]
    lines += [f"- {_plain(limit)}" for limit in (about.words.limits if about.words else ())]
    for gate in about.gates:
        if gate.verdict in (FAIL, WARN):
            lines.append(f"- {_plain(gate.name.capitalize())} ({gate.verdict}): {gate.explanation}")
    if about.trained_on is not None:
        lines.append(
            "- There was no time to fit it on all rows of the training file, so it has seen a part "
            "of them; `solution.py` takes the same part of the same file, and all rows of another."
        )
    return "\n".join(lines)


def _section(title: str, text: str) -> str:
    return f"\n## {title}\n\n{text}\n" if text else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _plain(text: str) -> str:
    """Text from outside on one line, its Markdown and HTML characters harmless."""
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in flat)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "/") + "`"
