"""TRL's side of io.capoflow.benchmarks.IterationBesideTrl: GRPO on the problems, responses and steps of a recipe.

python3 grpo.py SETTINGS

SETTINGS is a JSON file that the benchmark writes. Each iteration samples once and makes its optimizer steps. It ends with one
line of JSON on standard output, after the last of these steps; the benchmark holds the process there until its next turn. The
first line says what runs here. Everything else goes to standard error.
"""

import json
import os
import re
import sys
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
RESULTS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what packages print shall not stand between the results

import torch
import transformers
import trl
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationMixin, PreTrainedTokenizerFast, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


def tell(**fields):
    print(json.dumps(fields), file=RESULTS, flush=True)


class Sampling:
    """Seconds and prompt tokens of the calls of generate, since they were last taken."""

    def __init__(self):
        self.seconds, self.prompt_tokens, generate = 0.0, 0, GenerationMixin.generate

        def timed(model, *arguments, **keywords):
            start = time.perf_counter()
            result = generate(model, *arguments, **keywords)
            self.seconds += time.perf_counter() - start
            self.prompt_tokens += int(keywords["attention_mask"].sum())
            return result

        GenerationMixin.generate = timed

    def take(self):
        taken = self.seconds, self.prompt_tokens
        self.seconds, self.prompt_tokens = 0.0, 0
        return taken


class Rewards:
    """1 for the right answer, else 0; counts the tokens that it sees."""

    __name__ = "answer"

    def __init__(self, boxed):
        self.boxed, self.tokens, self.right, self.responses = boxed, 0, 0.0, 0

    def __call__(self, completions, completion_ids, answer, **_):
        texts = [c if isinstance(c, str) else c[-1]["content"] for c in completions]
        pattern = r"\\boxed\{([^}]*)\}" if self.boxed else r"-?\d+"
        found = [re.findall(pattern, text) for text in texts]
        rewards = [float(bool(f) and f[-1] == gold) for f, gold in zip(found, answer)]
        self.tokens += sum(map(len, completion_ids))
        self.right += sum(rewards)
        self.responses += len(rewards)
        return rewards

    def take(self):
        taken = self.tokens, self.right / self.responses
        self.tokens, self.right, self.responses = 0, 0.0, 0
        return taken


class Iterations(TrainerCallback):
    def __init__(self, steps, sampling, rewards):
        self.steps, self.sampling, self.rewards = steps, sampling, rewards

    def on_step_end(self, args, state, control, **_):
        if state.global_step % self.steps == 0:
            seconds, prompt_tokens = self.sampling.take()
            tokens, accuracy = self.rewards.take()
            tell(tokens=tokens, prompt_tokens=prompt_tokens, accuracy=accuracy, seconds_sample=seconds)


def prompt(messages, tokenizer):
    """Messages where the checkpoint has a template for them, else their text behind the opening token."""
    if tokenizer.chat_template:
        return messages
    return tokenizer.bos_token + "\n".join(message["content"] for message in messages)


def tokenizer_of(folder):
    """Special tokens are those of the checkpoint's configuration where the tokenizer's own files name none."""
    if os.path.exists(os.path.join(folder, "tokenizer_config.json")):
        return AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"), padding_side="left")
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    for name in ("bos_token", "eos_token", "pad_token"):
        setattr(tokenizer, name, tokenizer.convert_ids_to_tokens(config[name + "_id"]))
    return tokenizer


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    torch.set_num_threads(settings["threads"])
    bf16 = settings["dtype"] == "bf16"
    adapter = settings.get("lora")
    tokenizer = tokenizer_of(settings["policy"])
    # What is trained stays float32 on both sides; a base that is not trained need not.
    dtype = torch.bfloat16 if bf16 and adapter else torch.float32
    model = AutoModelForCausalLM.from_pretrained(settings["policy"], dtype=dtype)
    sampling, rewards = Sampling(), Rewards(settings["boxed"])
    steps = settings["steps"]
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=rewards,
        train_dataset=Dataset.from_list(
            [{"prompt": prompt(row["messages"], tokenizer), "answer": row["answer"]} for row in settings["problems"]]
        ),
        callbacks=[Iterations(steps, sampling, rewards)],
        peft_config=LoraConfig(
            r=adapter["rank"], lora_alpha=adapter["alpha"], target_modules=adapter["targets"], task_type="CAUSAL_LM"
        )
        if adapter
        else None,
        args=GRPOConfig(
            output_dir=tempfile.mkdtemp(),
            use_cpu=True,
            bf16=bf16,
            per_device_train_batch_size=settings["responses_a_step"],
            gradient_accumulation_steps=1,
            steps_per_generation=steps,
            num_generations=settings["responses"],
            max_completion_length=settings["max_new_tokens"],
            temperature=settings["temperature"],
            beta=settings["kl_coefficient"],
            use_bias_correction_kl=False,
            loss_type="grpo",
            learning_rate=settings["learning_rate"],
            lr_scheduler_type="constant",
            adam_beta1=settings["beta1"],
            adam_beta2=settings["beta2"],
            weight_decay=settings["weight_decay"],
            max_grad_norm=settings["max_gradient_norm"],
            max_steps=steps * settings["iterations"],
            shuffle_dataset=False,
            gradient_checkpointing=False,
            logging_steps=steps,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=0,
        ),
    )
    tell(
        about=f"TRL {trl.__version__}, transformers {transformers.__version__}, PyTorch {torch.__version__}",
        threads=torch.get_num_threads(),
    )
    trainer.train()


main()
