"""What exports of a dataset of critiques must hold, and whether the programs that they are for read that."""
import hashlib
import importlib.util
import tempfile

import datasets

# Preparing is the same for every row, and takes a while for each.
PREPARED = 200


def voted(row, rule):
    """Indices of the wrong steps; None without a quorum."""
    if rule is None:
        return row["wrong_steps"]
    (weights,) = [labels["weights"] for labels in row["labels"] if (labels["critic"], labels["rule"]) == ("all", rule)]
    return [step for step, weight in enumerate(weights) if weight >= 0.5] if weights else None


def labelled(dataset, rule, extent):
    """Question, steps, which are right, and the row itself, of rows that have steps and a quorum."""
    for row in dataset:
        wrong = voted(row, rule) if row["steps"] else None
        if wrong is not None:
            right = [step not in wrong for step in range(len(row["steps"]))]
            if extent == "until_first_error" and False in right:
                right = right[: right.index(False) + 1]
            yield row["question"], row["steps"][: len(right)], right, row


def check_stepwise(report, rows, expected, tokenizer, scratch):
    name = "trl-stepwise"
    report.equal(f"{name}: datasets", [(row["prompt"], row["completions"], row["labels"]) for row in rows],
                 [each[:3] for each in expected])
    if tokenizer is None or not rows:
        report.skipped(f"{name}: TRL's preparation, since there is {'no row' if tokenizer else 'no TRL or no --tokenizer'}")
        return
    from transformers import AutoModelForTokenClassification
    from trl.experimental.prm import PRMConfig, PRMTrainer

    first = rows.select(range(min(PREPARED, len(rows))))
    trainer = PRMTrainer(
        model=AutoModelForTokenClassification.from_config(small(tokenizer, num_labels=2)),
        args=PRMConfig(output_dir=scratch, use_cpu=True, bf16=False, report_to="none", max_length=None,
                       max_completion_length=None),
        processing_class=tokenizer, train_dataset=first)
    report.equal(f"{name}: TRL's PRMTrainer",
                 [[label for label in row["labels"] if label != -100] for row in trainer.train_dataset],
                 [[int(label) for label in row["labels"]] for row in first])


def aligned(text, labels):
    """Question, steps and labels of a row: each label stands where a mark stood, which is a character longer."""
    marks, place = [], text.find("ки")
    while place >= 0:
        marks.append(place)
        place = text.find("ки", place + 2)
    signs = [labels[mark - index] for index, mark in enumerate(marks)]
    if set(signs) - {"+", "-"}:
        raise ValueError(f"the labels of {text!r} are {signs}")
    starts = [0] + [mark + 2 for mark in marks[:-1]]
    parts = [text[start:mark].strip() for start, mark in zip(starts, marks, strict=True)]
    question, first = parts[0].split("Step 1:")
    return question.strip(), ["Step 1:" + first, *parts[1:]], [sign == "+" for sign in signs]


def check_math_shepherd(report, rows, expected):
    name = "math-shepherd"
    wanted = []
    for question, steps, right, row in expected:
        numbered = [step if (step := text.strip()).startswith(head := f"Step {number}:") else f"{head} {step}".strip()
                    for number, text in enumerate(steps, 1)]
        if "ки" not in question + " ".join(steps) and "Step 1:" not in question and numbered[0].count("Step 1:") == 1:
            task = {"gsm8k": "GSM8K", "math": "MATH"}.get(row["source"], row["source"])
            wanted.append((question.strip(), numbered, right, task))
    found = [(*aligned(row["input"], row["label"]), row["task"]) for row in rows]
    report.equal(f"{name}: labels at the places of the marks", found, wanted)


def prompt_digest(messages):
    """As the dataset records what a critic was shown."""
    digest = hashlib.sha256()
    for part in (message[field].encode() for message in messages for field in ("role", "content")):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def check_sft(report, rows, expected, tokenizer, scratch, rule):
    name = "sft"
    wanted = []
    for _, steps, _, row in expected:
        wrong = voted(row, rule)
        critique = next((each for each in row["critiques"] if each["void_reason"] is None and
                         each["finish_reason"] == "stop" and sorted(each["wrong_steps"]) == wrong), None)
        if critique is not None:
            wanted.append((row["rollout_id"], critique["critic"], critique["critique_index"], critique["prompt_digest"],
                           [{"role": "assistant", "content": critique["text"]}]))
    report.equal(f"{name}: datasets", [(row["rollout_id"], row["critic"], row["critique_index"], prompt_digest(row["prompt"]),
                                    row["completion"]) for row in rows], wanted)
    if tokenizer is None or not rows:
        report.skipped(f"{name}: TRL's preparation, since there is {'no row' if tokenizer else 'no TRL or no --tokenizer'}")
        return
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer, is_conversational

    if not all(map(is_conversational, rows)):
        report.failed(f"{name}: TRL takes a row for no conversation")
    first = rows.select(range(min(PREPARED, len(rows))))
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_config(small(tokenizer)),
        args=SFTConfig(output_dir=scratch, use_cpu=True, bf16=False, report_to="none", max_length=None,
                       shuffle_dataset=False),
        processing_class=tokenizer, train_dataset=first)
    prompts, learned = [], []
    for row in trainer.train_dataset:
        label = row["labels"]
        begin = next(place for place, each in enumerate(label) if each != -100)
        prompts.append(tokenizer.decode(row["input_ids"][:begin]))
        learned.append(tokenizer.decode(label[begin:]))
    whole = [tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=False) for row in first]
    report.equal(f"{name}: TRL's SFTTrainer, prompts", prompts, [
        tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True) for row in first])
    report.equal(f"{name}: TRL's SFTTrainer, what is learned", learned, [
        text[len(prompt):] for text, prompt in zip(whole, prompts, strict=True)])
    if not all(row["completion"][0]["content"].strip() in text for row, text in zip(first, learned, strict=True)):
        report.failed(f"{name}: a critique is not what is learned")


def small(tokenizer, **settings):
    """A model that is only there because a trainer wants one."""
    from transformers import LlamaConfig

    return LlamaConfig(vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                       num_attention_heads=1, pad_token_id=tokenizer.pad_token_id, **settings)


def open_tokenizer(model):
    if model is None or importlib.util.find_spec("trl") is None:
        return None
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


def check(report, directory, dataset, rule, extent, model):
    """
    Opens what is in exports/.

    dataset: rows of the table that was exported, in its order
    rule, extent: as they were exported; no rule is the dataset's own
    model: a folder with a tokenizer and a chat template, or None
    """
    tokenizer = open_tokenizer(model)
    expected = list(labelled(dataset, rule, extent))
    with tempfile.TemporaryDirectory() as scratch:
        checks = {
            "trl-stepwise": lambda rows: check_stepwise(report, rows, expected, tokenizer, scratch),
            "math-shepherd": lambda rows: check_math_shepherd(report, rows, expected),
            "sft": lambda rows: check_sft(report, rows, expected, tokenizer, scratch, rule),
        }
        for name, check_rows in checks.items():
            file = directory / "exports" / name / "train.jsonl"
            if not file.exists():
                report.skipped(f"{name}: {file} is not there")
                continue
            try:
                check_rows(datasets.load_dataset("json", data_files=str(file), split="train"))
            except Exception as e:  # Whatever a program throws, it did not open the export.
                report.failed(f"{name}: {type(e).__name__}: {str(e)[:300]}")
