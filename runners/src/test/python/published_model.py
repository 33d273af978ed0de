#!/usr/bin/env python3
"""A published instruct model through the command line, and what transformers and PEFT make of the same files.

    python3 published_model.py CAPOFLOW MODEL SCRATCH

CAPOFLOW  the launcher
MODEL     a Hugging Face folder of an instruct model, as .ci/peers writes it
SCRATCH   a new folder for what this makes

Trains an adapter for two iterations and all parameters for one, and measures every version, the merged adapter,
and folders as others write them: sharded, float16, in the hub's cache, PEFT's own adapters (rank-stabilised, on
all linear layers), an adapter with a tokenizer and a template of its own. Then compares, for every one of them:

- each prompt's ids with those of apply_chat_template;
- each greedy response's ids with those of generate;
- each sampled token's log-probability with the model's own, to 1e-4.

Prints a line for each folder, and ends with 1 where one differs. Needs the packages of
models/src/test/python/requirements.txt.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import pyarrow.dataset
import torch
from peft import AutoPeftModelForCausalLM, LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 1e-4
SYSTEM = "You answer with a number and nothing else."
INSTRUCTION = "Put your final answer within \\boxed{}."
NEW_TOKENS = 16
TEMPERATURE = 0.9
COLUMNS = ["rollout_id", "problem", "prompt_token_ids", "response_token_ids", "behaviour_logprobs", "temperature"]

RECIPE = """
iterations: {iterations}
problems:
  source: file
  file: ./problems.jsonl
  held_out: 3
  per_iteration: 2
  system: "{system}"
  instruction: '{instruction}'
policy: {{path: '{model}', device: cpu}}
lora: {{rank: {rank}, alpha: 8}}
sample: {{rollouts: 2, temperature: {temperature}, top_p: 1, max_new_tokens: {new_tokens}, shard_problems: 2}}
critique: {{enabled: false}}
credit: {{scheme: grpo, format_reward: 0}}
verify: {{verifier: numeric, mode: lenient}}
batch: {{mini_batch_rollouts: 4, tokens: 256}}
train: {{learning_rate: 1e-3, kl_coefficient: {kl}}}
evaluate: {{problems: 3, samples: 1, every: 1, temperature: {temperature}}}
execution: {{runner: direct}}
"""

failures = []


class Peers:
    """Which folder is which model: how transformers and PEFT load it."""

    @staticmethod
    def whole(folder):
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @staticmethod
    def adapter(folder):
        return AutoPeftModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @staticmethod
    def adapter_on(base):
        # A run names the base relative to the adapter, which PEFT takes for relative to the working directory.
        return lambda folder: PeftModel.from_pretrained(Peers.whole(base), str(folder)).eval()


def rows(folder):
    """The rollouts of a stage, as any reader of Parquet sees them."""
    found = pyarrow.dataset.dataset(folder / "rollouts").to_table(columns=COLUMNS).to_pylist()
    return sorted(found, key=lambda row: row["rollout_id"])


def expected_prompt(tokenizer, row, system, instruction):
    question = row["problem"]["prompt"][-1]["content"]
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": question + ("\n" + instruction if instruction else "")})
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    return ids["input_ids"] if hasattr(ids, "keys") else ids


@torch.no_grad()
def log_probabilities(model, prompt, response, temperature):
    logits = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1].float() / temperature
    return logits.log_softmax(-1).gather(1, torch.tensor(response)[:, None]).flatten()


@torch.no_grad()
def greedy(model, prompt, end):
    ids = torch.tensor([prompt])
    found = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=NEW_TOKENS, pad_token_id=end)
    return found[0, len(prompt) :].tolist()


def compare(name, model, tokenizer, stages, system=SYSTEM, instruction=INSTRUCTION, tolerance=TOLERANCE):
    """Holds the rollouts of stages, (folder, whether greedy), against a model of transformers or PEFT."""
    prompts = responses = sampled = same_prompts = same_responses = 0
    deviation = 0.0
    for folder, is_greedy in stages:
        for row in rows(folder):
            prompt, response = row["prompt_token_ids"], row["response_token_ids"]
            prompts += 1
            same_prompts += prompt == expected_prompt(tokenizer, row, system, instruction)
            if is_greedy:
                responses += 1
                same_responses += response == greedy(model, prompt, tokenizer.pad_token_id)
            else:
                ours = torch.tensor(row["behaviour_logprobs"])
                theirs = log_probabilities(model, prompt, response, row["temperature"])
                sampled += 1
                largest = float((ours - theirs).abs().max())
                # Not max(), which passes over what is no number.
                deviation = deviation if largest <= deviation else largest
    print(
        f"{name:30} prompts {same_prompts}/{prompts}  greedy {same_responses}/{responses}"
        f"  log-probabilities within {deviation:.1e}", flush=True)
    if not responses or not sampled or same_prompts != prompts or same_responses != responses or not deviation < tolerance:
        failures.append(name)


class World:
    def __init__(self, launcher, model, scratch):
        self.launcher, self.model, self.scratch = launcher.resolve(), model.resolve(), scratch.resolve()
        self.scratch.mkdir(parents=True)
        self.problems = self.scratch / "problems.jsonl"
        with self.problems.open("w", encoding="utf-8") as file:
            for first in range(2, 14):
                row = {"question": f"What is {first} + 5?", "answer": f"#### {first + 5}"}
                file.write(json.dumps(row) + "\n")

    def capoflow(self, *arguments, environment=None):
        command = [str(self.launcher), *map(str, arguments)]
        ended = subprocess.run(
            command, cwd=self.scratch, capture_output=True, text=True, env={**os.environ, **(environment or {})})
        if ended.returncode:
            sys.exit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    def train(self, name, iterations, rank, kl):
        recipe = self.scratch / f"{name}.yaml"
        recipe.write_text(
            RECIPE.format(
                iterations=iterations, model=self.model, rank=rank, kl=kl, system=SYSTEM, instruction=INSTRUCTION,
                temperature=TEMPERATURE, new_tokens=NEW_TOKENS), encoding="utf-8")
        run = self.scratch / name
        self.capoflow("train", recipe, "--run", run)
        return run

    def evaluate(self, name, policy, *more, environment=None):
        kept = self.scratch / "evaluated" / name
        self.capoflow(
            "evaluate", "--policy", policy, "--problems", self.problems, "--samples", 1, "--temperature", TEMPERATURE,
            "--max-new-tokens", NEW_TOKENS, "--verifier", "numeric", "--mode", "lenient", "--runner", "direct",
            "--output", kept, *more, environment=environment)
        return [(kept / "greedy", True), (kept / "sampled", False)]

    def compare_folder(self, name, folder, load, environment=None, **more):
        """A folder that another program wrote, asked with our system message and instruction."""
        flags = ["--system", SYSTEM, "--instruction", INSTRUCTION]
        stages = self.evaluate(name, folder, *flags, environment=environment)
        own = folder if (folder / "tokenizer_config.json").exists() else self.model
        compare(name, load(folder), AutoTokenizer.from_pretrained(own), stages, **more)


def measured(run, version):
    folder = run / "evaluation" / f"v{version:05}"
    return [(folder / "greedy", True), (folder / "sampled", False)]


def runs(world, tokenizer):
    adapter = world.train("adapter", iterations=2, rank=4, kl=0.01)
    for version in range(3):
        folder = adapter / "policy" / f"v{version:05}"
        load = Peers.whole if version == 0 else Peers.adapter_on(adapter / "policy" / "v00000")
        sampled = [(adapter / f"iterations/{version:05}", False)] if version < 2 else []
        compare(f"adapter run, v{version}", load(folder), tokenizer, measured(adapter, version) + sampled)
    last = adapter / "policy" / "v00002"
    compare(
        "adapter run, evaluate v2", Peers.adapter_on(adapter / "policy" / "v00000")(last), tokenizer,
        world.evaluate("adapter-v2", last))
    merged = world.scratch / "merged"
    world.capoflow("merge", "--model", last, "--output", merged, "--dtype", "f32")
    world.compare_folder("merged adapter", merged, Peers.whole)

    full = world.train("full", iterations=1, rank=0, kl=0)
    for version in range(2):
        sampled = [(full / "iterations/00000", False)] if version == 0 else []
        compare(
            f"full run, v{version}", Peers.whole(full / "policy" / f"v{version:05}"),
            AutoTokenizer.from_pretrained(full / "policy" / f"v{version:05}"), measured(full, version) + sampled)


def others_folders(world, tokenizer):
    made = world.scratch / "folders"
    model = Peers.whole(world.model)
    model.save_pretrained(made / "sharded", max_shard_size="100MB")
    tokenizer.save_pretrained(made / "sharded")
    world.compare_folder("sharded", made / "sharded", Peers.whole)

    # Every value of these weights is one of float16, too, or lies below its range.
    Peers.whole(world.model).to(torch.float16).save_pretrained(made / "f16")
    tokenizer.save_pretrained(made / "f16")
    # Ours computes in the stored type's values in float32, as transformers does when it is told float32.
    world.compare_folder("float16", made / "f16", Peers.whole)

    cache = made / "hub"
    snapshot = cache / "models--org--instruct" / "snapshots" / "0123abcd"
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(world.model, snapshot)
    (cache / "models--org--instruct" / "refs").mkdir()
    (cache / "models--org--instruct" / "refs" / "main").write_text("0123abcd", encoding="utf-8")

    def adapter(name, base, own_tokenizer=None, **config):
        torch.manual_seed(7)
        peft = get_peft_model(
            Peers.whole(world.model), LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, lora_alpha=2, **config))
        peft.save_pretrained(made / name)
        described = made / name / "adapter_config.json"
        fields = json.loads(described.read_text(encoding="utf-8"))
        fields["base_model_name_or_path"] = str(base)
        described.write_text(json.dumps(fields), encoding="utf-8")
        if own_tokenizer is not None:
            own_tokenizer.save_pretrained(made / name)
        return made / name

    on_model = Peers.adapter_on(world.model)
    world.compare_folder("PEFT, rank-stabilised", adapter("rslora", world.model, r=4, use_rslora=True), on_model)
    world.compare_folder(
        "PEFT, all-linear", adapter("all-linear", world.model, r=2, target_modules="all-linear"), on_model)
    world.compare_folder(
        "PEFT, base in the hub's cache", adapter("hub", "org/instruct", r=2), on_model,
        environment={"HF_HUB_CACHE": str(cache)})
    changed = AutoTokenizer.from_pretrained(world.model)
    changed.chat_template = changed.chat_template.replace("You are a helpful AI assistant", "You are a terse assistant")
    changed.chat_template = changed.chat_template.replace("<|im_start|>assistant", "<|im_start|>assistant (terse)")
    own = adapter("own-template", world.model, own_tokenizer=changed, r=2)
    world.compare_folder("PEFT, a template of its own", own, on_model)


def main(launcher, model, scratch):
    started = time.time()
    torch.set_num_threads(1)
    world = World(pathlib.Path(launcher), pathlib.Path(model), pathlib.Path(scratch))
    tokenizer = AutoTokenizer.from_pretrained(world.model)
    runs(world, tokenizer)
    others_folders(world, tokenizer)
    print(f"{time.time() - started:.0f} s; " + ("all agree" if not failures else "DIFFERENT: " + ", ".join(failures)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
