#!/usr/bin/env python3
"""What transformers and PEFT make of our files, and whether they compute what we compute.

    python3 transformers_parity.py reference DIRECTORY [DEVICE]
    python3 transformers_parity.py export DIRECTORY [DEVICE]
    python3 transformers_parity.py run RUN [DEVICE]

reference  the checkpoints of make_reference_checkpoints.py (src/test/resources/reference) in
           transformers, against the numbers of that script's own model, which ours is held against
export     what ExportForOthersTest saved with -Dcapoflow.export=DIRECTORY: trained checkpoints,
           adapters and merged ones, against the logits that our program computed
run        a run directory of `capoflow train` over full parameters: each policy in it, and the log-probability
           of every token of every rollout against what our sampler recorded (needs pyarrow)

DEVICE is cpu unless named. Prints the largest absolute deviations, and exits with 1 where one in
float32 exceeds 1e-4, a tensor is missing or of no use, or a likeliest token is another.
Written for PyTorch 2.11, transformers 5.17 and a PEFT of their time.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

TOLERANCE = 1e-4
HALF_TOLERANCE = 0.25
NO_TOKEN = 255
EVERY, LARGE = 5, 512

failures = []


def load(directory, dtype=torch.float32):
    model, found = AutoModelForCausalLM.from_pretrained(
        directory, dtype=dtype, output_loading_info=True, local_files_only=True
    )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        # The frequencies of the oldest files belong to no parameter, and one output is redundant.
        names = [name for name in found.get(kind) or [] if "rotary_emb.inv_freq" not in str(name)]
        if names and not (kind == "unexpected_keys" and names == ["lm_head.weight"]):
            failures.append(f"{directory}: {kind} {names}")
    return model.to(DEVICE).eval()


def check(case, what, actual, expected, tolerance=TOLERANCE):
    deviation = float((actual.detach().float().cpu() - expected.float()).abs().max())
    if not deviation < tolerance:
        failures.append(f"{case}: {what} deviates by {deviation:.1e}")
    return f"{what} {deviation:.1e}"


def rows(tensor):
    return [[int(token) for token in row if token != NO_TOKEN] for row in tensor]


def on_device(ids):
    return torch.tensor(ids, dtype=torch.long, device=DEVICE)


# The reference checkpoints


def training(model, case, expected):
    prompts, responses = rows(expected["training.prompts"]), rows(expected["training.responses"])
    advantages, wanted = expected["training.advantages"], expected["training.log_probabilities"]
    loss, deviation = 0.0, 0.0
    for row, (prompt, response) in enumerate(zip(prompts, responses)):
        logits = model(on_device([prompt + response])).logits[0] / 0.7
        chosen = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        chosen = chosen.gather(1, on_device(response)[:, None]).flatten()
        found = chosen.detach().cpu() - wanted[row, : len(response)]
        deviation = max(deviation, float(found.abs().max()))
        ratio = (chosen - chosen.detach()).exp()
        weight = advantages[row, : len(response)].to(DEVICE)
        loss = loss - (weight * ratio).mean() / len(prompts)
    loss.backward()
    if not deviation < TOLERANCE:
        failures.append(f"{case}: log-probabilities deviate by {deviation:.1e}")
    parameters = dict(model.named_parameters())
    largest = 0.0
    for key, gradient in expected.items():
        if not key.startswith("gradient."):
            continue
        found = parameters[key.removeprefix("gradient.")].grad.flatten().cpu()
        found = found if len(found) <= LARGE else found[::EVERY]
        largest = max(largest, float((found - gradient).abs().max()))
    if not largest < TOLERANCE:
        failures.append(f"{case}: gradients deviate by {largest:.1e}")
    return f"log-probabilities {deviation:.1e}, gradients {largest:.1e}"


def greedy(model, case, expected):
    wrong = 0
    for prompt, tokens in zip(rows(expected["greedy.prompts"]), rows(expected["greedy.tokens"])):
        found = model.generate(
            on_device([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long, device=DEVICE),
            max_new_tokens=8,
            do_sample=False,
            eos_token_id=[2, 5],
            pad_token_id=0,
        )
        wrong += found[0, len(prompt) :].tolist() != tokens
    if wrong:
        failures.append(f"{case}: {wrong} greedy samples differ")
    return f"{wrong} of 64 greedy samples differ"


def reference(root):
    for directory in sorted(path.parent for path in root.glob("*/expected.safetensors")):
        case = directory.name
        expected = load_file(directory / "expected.safetensors")
        model = load(directory)
        with torch.no_grad():
            line = [
                check(
                    case, "logits", model(expected["forward.ids"].long().to(DEVICE)).logits, expected["forward.logits"]
                ),
                check(
                    case,
                    "positions",
                    model(
                        expected["gap.ids"].long().to(DEVICE),
                        # Without a mask, transformers takes a jump for the start of another sequence.
                        attention_mask=torch.ones_like(expected["gap.ids"], dtype=torch.long, device=DEVICE),
                        position_ids=expected["gap.positions"].long().to(DEVICE),
                    ).logits,
                    expected["gap.logits"],
                ),
                check(
                    case,
                    "2,048 tokens",
                    model(expected["long.ids"].long().to(DEVICE)).logits[0, expected["long.kept"].long()],
                    expected["long.logits"],
                ),
                greedy(model, case, expected),
            ]
        line.append(training(model, case, expected))
        print(f"{case}: {', '.join(line)}")


# What we save


def export(root, reference_root):
    from peft import PeftModel

    for directory in sorted(path for path in root.iterdir() if path.is_dir()):
        case = directory.name
        line = []
        for kind in ("trained", "merged", "merged-bf16", "adapter"):
            expected = load_file(directory / f"{kind}.logits.safetensors")
            if kind == "adapter":
                base = load(reference_root / case)
                model = PeftModel.from_pretrained(base, directory / kind).to(DEVICE).eval()
                stored = load_file(directory / kind / "adapter_model.safetensors")
                held = {
                    name.replace(".default", ""): value
                    for name, value in model.state_dict().items()
                    if "lora_" in name
                }
                if held.keys() != stored.keys() or any(
                    not torch.equal(held[name].cpu(), stored[name]) for name in stored
                ):
                    failures.append(f"{case}: PEFT holds another adapter than the file")
            else:
                model = load(directory / kind)
            with torch.no_grad():
                found = model(expected["ids"].to(DEVICE)).logits
            line.append(check(case, kind, found, expected["logits"]))
        print(f"{case}: {', '.join(line)}")


def run(root):
    import pyarrow.parquet

    for rollouts in sorted(root.glob("iterations/*/rollouts")):
        table = pyarrow.parquet.read_table(rollouts).to_pylist()
        version = table[0]["policy_version"]
        model = load(root / "policy" / version)
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(root / "policy" / version / "tokenizer.json"))
        largest, tokens, texts = 0.0, 0, 0
        with torch.no_grad():
            for row in table:
                prompt, response = numbers(row["prompt_token_ids"]), numbers(row["response_token_ids"])
                logits = model(on_device([prompt + response])).logits[0, len(prompt) - 1 : -1]
                chosen = (logits / row["temperature"]).log_softmax(-1).cpu()
                chosen = chosen.gather(1, torch.tensor(response)[:, None]).flatten()
                recorded = torch.tensor(numbers(row["behaviour_logprobs"]))
                largest = max(largest, float((chosen - recorded).abs().max()))
                tokens += len(response)
                texts += tokenizer.decode(response, skip_special_tokens=True) != row["response"]
        if not largest < TOLERANCE:
            failures.append(f"{rollouts}: log-probabilities deviate by {largest:.1e}")
        if texts:
            failures.append(f"{rollouts}: {texts} responses decode to another text")
        print(
            f"{rollouts.parent.name}, policy {version}: {len(table)} rollouts, {tokens} tokens, "
            f"log-probabilities {largest:.1e}, {texts} texts differ"
        )
    for policy in sorted((root / "policy").iterdir()):
        load(policy)
        print(f"policy {policy.name} loads")


def numbers(column):
    """A list as a column of Avro's Parquet holds it."""
    if isinstance(column, dict):
        column = column.get("list", column.get("array"))
    return [item.get("element", item.get("array")) if isinstance(item, dict) else item for item in column]


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("reference", "export", "run"):
        sys.exit(__doc__)
    DEVICE = sys.argv[3] if len(sys.argv) == 4 else "cpu"
    place = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "reference":
        reference(place)
    elif sys.argv[1] == "export":
        export(place, pathlib.Path(__file__).parent.parent / "resources" / "reference")
    else:
        run(place)
    for failure in failures:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)
