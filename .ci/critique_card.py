#!/usr/bin/env python3
"""Computes what the card of a critique dataset says from its rows alone, those in DIR/dataset/*.parquet or in the
folder that DIR/statistics.json names, and compares it with DIR/README.md, cell by cell as printed, and with
DIR/statistics.json, to the last bit.

    critique_card.py DIR...      ends with 1 where something differs, and shows what

Written from the definitions, beside the program that wrote the card and without it: counts; Krippendorff's alpha for
nominal values (Content Analysis, 2004, chapter 11); precision, recall and F1 of votes over known steps; the score of
ProcessBench (arXiv:2412.06559), the majority with collections.Counter as its own evaluation takes it. Needs pyarrow.
"""

import glob
import html
import json
import math
import os
import re
import statistics
import sys
import unicodedata
from collections import Counter, defaultdict
from fractions import Fraction

import pyarrow.parquet as parquet

ALL = "all"
OWN = "majority of first errors"
LISTED_SOURCES = 50
NONE = "–"


def rows_of(table):
    for file in sorted(glob.glob(os.path.join(glob.escape(table), "*.parquet"))):
        for batch in parquet.ParquetFile(file).iter_batches(2048):
            yield from batch.to_pylist()


class Critic:
    """What the critiques of one critic, or of all, come to."""

    def __init__(self):
        self.count = Counter()
        self.void = Counter()
        self.tokens = []
        self.agreements = []
        self.values = Counter()  # How many coders of units with two values or more said wrong (True) or right.
        self.disagreement = Fraction(0)
        self.units = 0

    def add(self, row, critiques):
        if not critiques:
            return
        count = self.count
        count["responses"] += 1
        for critique in critiques:
            count["critiques"] += 1
            count["tokens_read"] += critique["prompt_tokens"]
            count["tokens_written"] += critique["tokens"]
            self.tokens.append(critique["tokens"])
            if critique["void_reason"] is not None:
                self.void[critique["void_reason"]] += 1
                continue
            count["valid"] += 1
            judged = {"yes": "judged_correct", "no": "judged_incorrect"}.get(critique["judgment"])
            count[judged or "without_judgment"] += 1
            if judged and row["outcome"] == 1:
                count["judgments_of_right_answers"] += 1
                count["right_answers_judged_incorrect"] += judged == "judged_incorrect"
            elif judged and row["outcome"] == 0:
                count["judgments_of_wrong_answers"] += 1
                count["wrong_answers_judged_correct"] += judged == "judged_correct"
        valid = [set(c["wrong_steps"]) for c in critiques if c["void_reason"] is None]
        alike = 0
        for step in range(len(row["steps"])):
            said = Counter(step in wrong for wrong in valid)
            coders = sum(said.values())
            if coders >= 2:
                self.units += 1
                self.values += said
                differing = sum(said[a] * said[b] for a in said for b in said if a != b)
                self.disagreement += Fraction(differing, coders - 1)
                alike += sum(math.comb(n, 2) for n in said.values())
        if len(valid) >= 2 and row["steps"]:
            self.agreements.append(alike / (math.comb(len(valid), 2) * len(row["steps"])))

    def alpha(self):
        n = sum(self.values.values())
        expected = sum(self.values[a] * self.values[b] for a in self.values for b in self.values if a != b)
        return float(1 - (n - 1) * self.disagreement / expected) if expected else None

    def pairwise(self):
        return math.fsum(self.agreements) / len(self.agreements) if self.agreements else None


class Detection:
    def __init__(self):
        self.responses = self.known = self.wrong = 0
        self.voted = []
        self.found = []

    def add(self, truth, weights):
        self.responses += 1
        for step, right in enumerate(truth):
            if right is not None:
                weight = weights[step] if weights else 0.0
                self.known += 1
                self.wrong += not right
                self.voted.append(weight)
                if not right:
                    self.found.append(weight)

    def figures(self):
        voted, found = math.fsum(self.voted), math.fsum(self.found)
        return {
            "responses": self.responses,
            "known_steps": self.known,
            "wrong_steps": self.wrong,
            "voted": voted,
            "found": found,
            "precision": found / voted if voted else None,
            "recall": found / self.wrong if self.wrong else None,
            "f1": 2 * found / (voted + self.wrong) if voted + self.wrong else None,
        }


def process_bench(pairs):
    """As the benchmark's evaluation computes it from labels and predictions; 0/0 is 0."""
    erroneous = [label == prediction for label, prediction in pairs if label != -1]
    correct = [label == prediction for label, prediction in pairs if label == -1]
    acc1 = sum(erroneous) / len(erroneous) * 100 if erroneous else 0.0
    acc2 = sum(correct) / len(correct) * 100 if correct else 0.0
    return {
        "erroneous": len(erroneous),
        "correct": len(correct),
        "without_prediction": sum(prediction is None for _, prediction in pairs),
        "accuracy_on_erroneous": acc1,
        "accuracy_on_correct": acc2,
        "f1": 2 * acc1 * acc2 / (acc1 + acc2) if acc1 + acc2 else 0.0,
    }


def label_of(row):
    for step, right in enumerate(row["truth"]):
        if right is None:
            return None
        if not right:
            return step
    return -1 if row["steps"] and len(row["truth"]) == len(row["steps"]) else None


def majority(critiques):
    predictions = [min(c["wrong_steps"], default=-1) for c in critiques if c["void_reason"] is None]
    return Counter(predictions).most_common(1)[0][0] if predictions else None


def first_voted(weights):
    return next((step for step, weight in enumerate(weights) if weight >= 0.5), -1) if weights else None


def compute(table):
    """All figures, in the shape of statistics.json, without names, prices and what follows from them."""
    rows = 0
    problems, sources, layouts = set(), Counter(), Counter()
    answers, truths = Counter(), Counter()
    lengths = defaultdict(list)
    critics = defaultdict(Critic)
    critics[ALL]
    detections = defaultdict(Detection)
    benches = defaultdict(lambda: defaultdict(list))  # By source, by critic and rule; source None for all rows.
    labelled = 0
    for row in rows_of(table):
        rows += 1
        problems.add((row["source"], row["problem_id"]))
        sources[row["source"]] += 1
        layouts[row["layout"]] += 1
        answers[{1: "right", 0: "wrong", None: "unknown"}[row["outcome"]]] += 1
        known = [right for right in row["truth"] if right is not None]
        truths["right"] += known.count(True)
        truths["wrong"] += known.count(False)
        truths["unknown"] += len(row["steps"]) - len(known)
        lengths["steps_of_response"].append(len(row["steps"]))
        lengths["characters_of_response"].append(len(row["response"]))
        lengths["characters_of_step"].extend(len(step) for step in row["steps"])
        by_critic = {ALL: row["critiques"]}
        for critique in row["critiques"]:
            by_critic.setdefault(critique["critic"], []).append(critique)
        for critic, critiques in by_critic.items():
            critics[critic].add(row, critiques)
        for vote in row["votes"]:
            critics[vote["critic"]].count["votes"] += 1
            critics[vote["critic"]].count["without_quorum"] += not vote["quorum"]
        if known:
            for labels in row["labels"]:
                detections[labels["critic"], labels["rule"]].add(row["truth"], labels["weights"])
        label = label_of(row)
        if label is not None:
            labelled += 1
            predictions = {(critic, OWN): majority(critiques) for critic, critiques in by_critic.items()}
            for labels in row["labels"]:
                predictions[labels["critic"], labels["rule"]] = first_voted(labels["weights"])
            for vote, prediction in predictions.items():
                for source in (None, row["source"]):
                    benches[source][vote].append((label, prediction))
    lengths["tokens_of_critique"] = critics[ALL].tokens

    def scores(source):
        return [
            {"critic": critic, "rule": rule, **process_bench(pairs)}
            for (critic, rule), pairs in sorted(benches[source].items())
        ]

    counted = (
        "responses critiques valid judged_correct judged_incorrect without_judgment judgments_of_wrong_answers"
        " wrong_answers_judged_correct judgments_of_right_answers right_answers_judged_incorrect votes without_quorum"
        " tokens_read tokens_written"
    ).split()
    return {
        "rows": rows,
        "problems": len(problems),
        "steps": sum(lengths["steps_of_response"]),
        "sources": dict(sources),
        "layouts": dict(layouts),
        "answers": {key: answers[key] for key in ("right", "wrong", "unknown")},
        "truth": {key: truths[key] for key in ("right", "wrong", "unknown")},
        "lengths": {
            name: {
                "count": len(lengths[name]),
                "mean": sum(lengths[name]) / len(lengths[name]) if lengths[name] else None,
                "median": statistics.median(lengths[name]) if lengths[name] else None,
                "largest": max(lengths[name], default=None),
            }
            for name in ("steps_of_response", "characters_of_step", "characters_of_response", "tokens_of_critique")
        },
        "critics": {
            name: {
                **{key: critic.count[key] for key in counted},
                "void": dict(critic.void),
                "alpha": critic.alpha(),
                "alpha_units": critic.units,
                "pairwise_agreement": critic.pairwise(),
                "responses_compared": len(critic.agreements),
            }
            for name, critic in critics.items()
        },
        "detection": [
            {"critic": critic, "rule": rule, **detection.figures()}
            for (critic, rule), detection in sorted(detections.items())
        ],
        "process_bench": {
            "responses": labelled,
            "scores": scores(None),
            "sources": {source: scores(source) for source in benches if source is not None},
        },
    }


def add_costs(computed, written):
    """Adds to each critic its name, its prices, as the card was told them, and what they make of its tokens."""
    for name, critic in computed["critics"].items():
        critic["name"] = written["critics"][name]["name"]
        critic["prices"] = prices = written["critics"][name]["prices"]
        if name != ALL:
            critic["cost"] = prices and (
                (prices["read"] * critic["tokens_read"] + prices["written"] * critic["tokens_written"]) / 1e6
            )
    costs = [critic["cost"] for name, critic in computed["critics"].items() if name != ALL]
    computed["critics"][ALL]["cost"] = math.fsum(costs) if costs and None not in costs else None


def differences(computed, written, path="statistics.json"):
    if isinstance(computed, dict) and isinstance(written, dict):
        for key in sorted(computed.keys() | written.keys()):
            if key not in computed or key not in written:
                yield f"{path}.{key}: only in {'the file' if key in written else 'the rows'}"
            else:
                yield from differences(computed[key], written[key], f"{path}.{key}")
    elif isinstance(computed, list) and isinstance(written, list) and len(computed) == len(written):
        for index, (one, other) in enumerate(zip(computed, written)):
            yield from differences(one, other, f"{path}[{index}]")
    elif computed != written:
        yield f"{path}: {written} is written, {computed} was computed"


def number(value, digits):
    if value is None:
        return NONE
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def share(part, whole):
    return number(100.0 * part / whole, 2) + " %" if whole else NONE


def visible(text):
    """As the card shows a name: characters that hide or break lines as their numbers."""
    return "".join(
        (f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else c
        for c in text
    )


def expected_tables(figures):
    """By heading and header, the rows of the card's tables, as it prints them."""
    tables = {}
    critics = figures["critics"]
    shown = [ALL] if len(critics) <= 2 else list(critics)

    def table(heading, header, rows):
        if rows:
            tables[heading, tuple(header.split(" | "))] = rows

    answers, truth = figures["answers"], figures["truth"]
    held = "What it holds"
    counts = {
        "responses": figures["rows"],
        "problems": figures["problems"],
        "steps": figures["steps"],
        "answers right": answers["right"],
        "answers wrong": answers["wrong"],
        "answers without a gold answer": answers["unknown"],
        "steps known to be right": truth["right"],
        "steps known to be wrong": truth["wrong"],
        "steps of which nothing is known": truth["unknown"],
    }
    table(held, "what | count", [[what, f"{count:,}"] for what, count in counts.items()])
    if len(figures["sources"]) <= LISTED_SOURCES:
        for header, key in (("source of the problem", "sources"), ("read in the layout", "layouts")):
            table(held, f"{header} | responses", [[visible(k), f"{n:,}"] for k, n in figures[key].items()])
    table(
        held,
        "length | mean | median | largest",
        [
            [name, number(of["mean"], 2), number(of["median"], 1), f"{of['largest']:,}"]
            for name, of in (
                (what, figures["lengths"][key])
                for what, key in (
                    ("steps of a response", "steps_of_response"),
                    ("characters of a step", "characters_of_step"),
                    ("characters of a response", "characters_of_response"),
                    ("tokens of a critique", "tokens_of_critique"),
                )
            )
            if of["count"]
        ],
    )

    if critics[ALL]["critiques"]:
        by_critic(table, critics, shown)

    def of_vote(line, *cells):
        return [critics[line["critic"]]["name"], visible(line["rule"]), *cells]

    if truth["right"] + truth["wrong"]:
        table(
            "How well votes find wrong steps",
            "critic | rule | known steps | wrong steps | weight voted | of it on wrong steps | precision | recall | F1",
            [
                of_vote(
                    line,
                    f"{line['known_steps']:,}",
                    f"{line['wrong_steps']:,}",
                    number(line["voted"], 2),
                    number(line["found"], 2),
                    *(number(line[key], 4) for key in ("precision", "recall", "f1")),
                )
                for line in figures["detection"]
                if line["critic"] in shown
            ],
        )

    header = (
        "critic | prediction | erroneous | accuracy on erroneous | correct | accuracy on correct | F1"
        " | without a prediction"
    )

    def scores(lines):
        return [
            of_vote(
                line,
                f"{line['erroneous']:,}",
                number(line["accuracy_on_erroneous"], 1),
                f"{line['correct']:,}",
                number(line["accuracy_on_correct"], 1),
                number(line["f1"], 1),
                f"{line['without_prediction']:,}",
            )
            for line in lines
            if line["critic"] in shown
        ]

    bench = figures["process_bench"]
    table("ProcessBench score", header, scores(bench["scores"]))
    if len(bench["sources"]) > 1:
        for source in sorted(bench["sources"], key=java_order)[:LISTED_SOURCES]:
            table(f"ProcessBench score on {visible(source)}", header, scores(bench["sources"][source]))
        means = defaultdict(list)
        for lines in bench["sources"].values():
            for line in lines:
                means[line["critic"], line["rule"]].append(line["f1"])
        table(
            "Mean of the sources' F1",
            "critic | prediction | mean F1",
            [
                of_vote({"critic": critic, "rule": rule}, number(math.fsum(f1) / len(f1), 1))
                for (critic, rule), f1 in means.items()
                if critic in shown
            ],
        )
    return tables


def java_order(text):
    """Java compares texts by UTF-16."""
    return text.encode("utf-16-be", "surrogatepass")


def by_critic(table, critics, shown):
    say = "What the critics say"
    chosen = [critics[name] for name in shown]

    def counts(critic, *keys):
        return [f"{critic[key]:,}" for key in keys]

    table(
        say,
        "critic | critiques | valid | void | judged correct | judged incorrect | without a judgment"
        " | responses without a quorum",
        [
            [
                c["name"],
                *counts(c, "critiques", "valid"),
                share(c["critiques"] - c["valid"], c["critiques"]),
                *counts(c, "judged_correct", "judged_incorrect", "without_judgment", "without_quorum"),
            ]
            for c in chosen
        ],
    )
    reasons = sorted(critics[ALL]["void"])
    if reasons:
        table(
            say,
            " | ".join(["critic", *(f"void: `{reason}`" for reason in reasons)]),
            [[c["name"], *(f"{c['void'].get(reason, 0):,}" for reason in reasons)] for c in chosen],
        )
    if critics[ALL]["judgments_of_right_answers"] + critics[ALL]["judgments_of_wrong_answers"]:
        keys = (
            "judgments_of_wrong_answers",
            "wrong_answers_judged_correct",
            "judgments_of_right_answers",
            "right_answers_judged_incorrect",
        )
        table(
            say,
            "critic | of wrong answers | judged correct | of right answers | judged incorrect",
            [[c["name"], *counts(c, *keys)] for c in chosen],
        )
    table(
        "Agreement",
        "critic | alpha | units | pairwise | responses compared",
        [
            [
                c["name"],
                number(c["alpha"], 4),
                f"{c['alpha_units']:,}",
                number(c["pairwise_agreement"], 4),
                f"{c['responses_compared']:,}",
            ]
            for c in chosen
        ],
    )
    table(
        "What it cost",
        "critic | tokens read | tokens written | cost",
        [[c["name"], *counts(c, "tokens_read", "tokens_written"), number(c["cost"], 4)] for c in chosen],
    )


CHECKED = {
    "What it holds",
    "What the critics say",
    "Agreement",
    "What it cost",
    "How well votes find wrong steps",
    "ProcessBench score",
    "Mean of the sources' F1",
}


def plain(cell):
    """A cell of a name or number as the text that it shows."""
    whole = re.fullmatch(r"`([^`]*)`", cell)
    return whole[1] if whole else html.unescape(cell)


def tables_of(readme):
    """By heading and header, the rows of the tables under the headings that are checked."""
    tables, heading, fence, header = {}, None, None, None
    for line in readme.split("\n"):
        opened = re.match(r"(`{3,})", line)
        if fence:
            fence = None if re.fullmatch(r"`{%d,}\s*" % len(fence), line) else fence
        elif opened:
            fence = opened[1]
        elif line.startswith("#"):
            heading, header = plain_heading(line.lstrip("#").strip()), None
        elif line.startswith("| "):
            cells = line[2:-2].split(" | ")
            if header is None:
                header = (heading, tuple(cells))
                tables[header] = []
            elif set(cells) != {"---"}:
                tables[header].append([plain(cell) for cell in cells])
        else:
            header = None
    return {
        key: rows for key, rows in tables.items() if key[0] in CHECKED or key[0].startswith("ProcessBench score on ")
    }


def plain_heading(text):
    code = re.fullmatch(r"(.*)`([^`]*)`", text)
    return code[1] + code[2] if code else html.unescape(text)


def table_differences(expected, printed):
    for key in sorted(expected.keys() | printed.keys()):
        where = f"README.md, {key[0]}, | {' | '.join(key[1])} |"
        if key not in expected or key not in printed:
            yield f"{where}: {'must not be there' if key in printed else 'is missing'}"
            continue
        ours, theirs = expected[key], printed[key]
        for row in theirs:
            if row not in ours:
                yield f"{where}: printed, not computed: {row}"
        for row in ours:
            if row not in theirs:
                yield f"{where}: computed, not printed: {row}"
        if len(ours) != len(theirs):
            yield f"{where}: {len(theirs)} rows are printed, {len(ours)} were computed"


def check(folder):
    with open(os.path.join(folder, "statistics.json"), encoding="utf-8") as file:
        written = json.load(file)
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    computed = compute(os.path.join(folder, written.pop("table")))
    missing = computed["critics"].keys() - written["critics"].keys()
    if missing:
        return [f"statistics.json: no figures of {', '.join(sorted(missing))}"]
    add_costs(computed, written)
    written.pop("rule", None)
    found = list(differences(computed, written))
    expected = expected_tables(computed)
    found += table_differences(expected, tables_of(readme))
    if not found:
        cells = sum(len(row) for rows in expected.values() for row in rows)
        print(f"{folder}: {computed['rows']:,} rows; {cells} cells of {len(expected)} tables agree")
    return found


def main(folders):
    if not folders:
        sys.exit(__doc__)
    failed = False
    for folder in folders:
        for difference in check(folder):
            print(f"{folder}: {difference}", file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
