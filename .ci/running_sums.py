#!/usr/bin/env python3
"""Rollouts of running sums as JSON lines, each step known to be right or wrong.

    running_sums.py ROWS        the same rows each time

A problem is one of the arithmetic world: "Start at 20. Add 6. Subtract 9." Every other response has one step with a wrong
result, from which it goes on, so that its answer is wrong. The layout is ProcessBench's, with a gold answer beside it:
label is the index of the first wrong step, or -1.
"""
import json
import random
import sys

OPERATIONS = 4


def row(index, random):
    start = random.randint(20, 60)
    changes = [random.choice((-1, 1)) * random.randint(1, 9) for _ in range(OPERATIONS)]
    label = random.randrange(OPERATIONS) if index % 2 else -1
    words = [f"Start at {start}."] + [f"{'Add' if change > 0 else 'Subtract'} {abs(change)}." for change in changes]
    steps, value = [], start
    for step, change in enumerate(changes):
        result = value + change + (random.choice((-1, 1)) if step == label else 0)
        steps.append(f"{step + 1}. {value}{change:+d}={result}")
        value = result
    return {
        "id": f"sum-{index}",
        "problem": " ".join(words),
        "answer": str(start + sum(changes)),
        "steps": [*steps, f"\\boxed{{{value}}}"],
        "label": label,
    }


def main(rows):
    draws = random.Random(0)
    for index in range(rows):
        print(json.dumps(row(index, draws)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(int(sys.argv[1]))
