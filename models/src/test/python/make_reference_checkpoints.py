#!/usr/bin/env python3
"""Makes the checkpoints of src/test/resources/reference and what a model must say on them.

Needs PyTorch alone (Debian: python3-torch). Everything here is written from the papers and from the
conventions of Hugging Face's files, none of it from the Java side: Llama (Touvron et al. 2023), Qwen2
(biases on query, key and value), Qwen3 (queries and keys normalised head by head), grouped-query
attention, rotary embeddings (Su et al. 2021) with linear, Llama 3's and YaRN's scaling.

Rotary tables are float32, as Hugging Face defines them; all else is float64, so that what deviates
from these numbers is rounding of the reader's.

    python3 make_reference_checkpoints.py DIRECTORY
"""

import json
import math
import pathlib
import struct
import sys

import torch

VOCABULARY = 61
NO_TOKEN = 255
EVERY = 5  # of a large tensor's gradient, every fifth number is kept

NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.uint8: "U8"}


# Files


def raw(tensor):
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def write_safetensors(path, tensors):
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name in order:
        tensor = tensors[name]
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(raw(tensors[name]))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_checkpoint(directory, case, tensors):
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "config.json", case["config"])
    write_json(directory / "generation_config.json", {"do_sample": True, "eos_token_id": [2, 5]})
    vocabulary = {f"w{i}": i for i in range(VOCABULARY)}
    write_json(
        directory / "tokenizer.json",
        {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "w0"},
        },
    )
    if not case.get("sharded"):
        write_safetensors(directory / "model.safetensors", tensors)
        return
    names = list(tensors)
    shards = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map = {}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        write_safetensors(directory / file, {name: tensors[name] for name in shard})
        weight_map.update({name: file for name in shard})
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    write_json(
        directory / "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": weight_map},
    )


# The model


def rotary_frequencies(head_dim, theta, scaling, max_positions):
    """Frequencies in float32, and what cosine and sine are multiplied by."""
    powers = theta ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)
    plain = 1.0 / powers
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return plain, 1.0
    factor = scaling["factor"]
    if kind == "linear":
        return plain / factor, 1.0
    context = scaling.get("original_max_position_embeddings", max_positions)
    if kind == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        wave = 2 * math.pi / plain
        blend = (context / wave - low) / (high - low)
        between = (1 - blend) * plain / factor + blend * plain
        result = torch.where(wave > context / low, plain / factor, between)
        return torch.where(wave < context / high, plain, result), 1.0
    assert kind == "yarn", kind

    def dimension(rotations):
        return head_dim * math.log(context / (rotations * 2 * math.pi)) / (2 * math.log(theta))

    def paper_factor(scale, weight=1.0):
        return 1.0 if scale <= 1 else 0.1 * weight * math.log(scale) + 1.0

    low = dimension(scaling.get("beta_fast") or 32)
    high = dimension(scaling.get("beta_slow") or 1)
    if scaling.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, head_dim - 1)
    if low == high:
        high += 0.001
    ramp = ((torch.arange(head_dim // 2, dtype=torch.float32) - low) / (high - low)).clamp(0, 1)
    frequencies = plain / factor * ramp + plain * (1 - ramp)
    attention = scaling.get("attention_factor")
    if attention is None:
        weight, weight_all = scaling.get("mscale"), scaling.get("mscale_all_dim")
        if weight and weight_all:
            attention = paper_factor(factor, weight) / paper_factor(factor, weight_all)
        else:
            attention = paper_factor(factor)
    return frequencies, attention


class Model:
    """Weights by Hugging Face's names, in float64."""

    def __init__(self, config, weights):
        self.config, self.weights = config, weights
        self.heads = config["num_attention_heads"]
        self.groups = config.get("num_key_value_heads", self.heads)
        self.head_dim = config.get("head_dim", config["hidden_size"] // self.heads)
        scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
        theta = scaling.get("rope_theta", config.get("rope_theta", 10000.0))
        self.frequencies, self.attention_factor = rotary_frequencies(
            self.head_dim, theta, scaling, config["max_position_embeddings"]
        )

    def norm(self, x, name):
        return self.weights[name] * x / (x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"]).sqrt()

    def linear(self, x, name):
        y = x @ self.weights[name + ".weight"].T
        bias = self.weights.get(name + ".bias")
        return y if bias is None else y + bias

    def turn(self, x, angles):
        # x [time, heads, head_dim]; the first half of a head turns with the second.
        angles = torch.cat([angles, angles], -1).unsqueeze(1)
        half = x.shape[-1] // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], -1)
        cosine = (angles.cos() * self.attention_factor).double()
        sine = (angles.sin() * self.attention_factor).double()
        return x * cosine + turned * sine

    def __call__(self, ids, positions=None):
        """Logits [time, vocabulary] of one sequence."""
        time = len(ids)
        if positions is None:
            positions = range(time)
        angles = torch.tensor(list(positions), dtype=torch.float32)[:, None] * self.frequencies
        future = torch.ones(time, time).triu(1).bool()
        x = self.weights["model.embed_tokens.weight"][torch.as_tensor(ids)]
        for layer in range(self.config["num_hidden_layers"]):
            at = f"model.layers.{layer}."
            y = self.norm(x, at + "input_layernorm.weight")
            q = self.linear(y, at + "self_attn.q_proj").view(time, self.heads, self.head_dim)
            k = self.linear(y, at + "self_attn.k_proj").view(time, self.groups, self.head_dim)
            v = self.linear(y, at + "self_attn.v_proj").view(time, self.groups, self.head_dim)
            if at + "self_attn.q_norm.weight" in self.weights:
                q = self.norm(q, at + "self_attn.q_norm.weight")
                k = self.norm(k, at + "self_attn.k_norm.weight")
            q = self.turn(q, angles).view(time, self.groups, -1, self.head_dim)
            k = self.turn(k, angles)
            scores = torch.einsum("qgrd,kgd->grqk", q, k) / math.sqrt(self.head_dim)
            shares = scores.masked_fill(future, -math.inf).softmax(-1)
            mixed = torch.einsum("grqk,kgd->qgrd", shares, v).reshape(time, -1)
            x = x + self.linear(mixed, at + "self_attn.o_proj")
            y = self.norm(x, at + "post_attention_layernorm.weight")
            gate = self.linear(y, at + "mlp.gate_proj")
            y = gate * gate.sigmoid() * self.linear(y, at + "mlp.up_proj")
            x = x + self.linear(y, at + "mlp.down_proj")
        x = self.norm(x, "model.norm.weight")
        tied = self.config["tie_word_embeddings"]
        return x @ self.weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T


# The cases

COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_act": "silu",
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-05,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "use_cache": True,
}
LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **COMMON}

CASES = {
    "llama-llama3": {
        "config": {
            **LLAMA,
            "tie_word_embeddings": True,
            "rope_theta": 500000.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 256,
            },
            "torch_dtype": "float32",
        },
    },
    # With biases everywhere, one key head, and the spelling of the oldest files.
    "llama-linear": {
        "dtype": torch.bfloat16,
        "old_tensors": True,
        "config": {
            **LLAMA,
            "num_key_value_heads": 1,
            "tie_word_embeddings": False,
            "attention_bias": True,
            "rope_scaling": {"type": "linear", "factor": 4.0},
            "torch_dtype": "bfloat16",
        },
    },
    # As many key heads as heads, and the spelling of transformers 5.
    "llama-yarn": {
        "dtype": torch.float16,
        "config": {
            **LLAMA,
            "num_key_value_heads": 4,
            "tie_word_embeddings": False,
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 20000.0,
                "factor": 4.0,
                "original_max_position_embeddings": 512,
            },
            "dtype": "float16",
        },
    },
    "qwen2": {
        "sharded": True,
        "config": {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            **COMMON,
            "rms_norm_eps": 1e-06,
            "tie_word_embeddings": False,
            "rope_theta": 1000000.0,
            "max_window_layers": 2,
            "sliding_window": 4096,
            "use_sliding_window": False,
            "torch_dtype": "float32",
        },
    },
    "qwen3": {
        "redundant_output": True,
        "config": {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            **COMMON,
            "head_dim": 16,
            "rms_norm_eps": 1e-06,
            "tie_word_embeddings": True,
            "attention_bias": False,
            "rope_theta": 1000000,
            "rope_scaling": None,
            "torch_dtype": "float32",
        },
    },
}


def draw_weights(config, generator):
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    head_dim = config.get("head_dim", hidden // config["num_attention_heads"])
    queries = config["num_attention_heads"] * head_dim
    keys = config["num_key_value_heads"] * head_dim
    qwen2 = config["model_type"] == "qwen2"
    weights = {}

    def normal(name, *shape, deviation, mean=0.0):
        weights[name] = mean + deviation * torch.randn(*shape, generator=generator)

    def linear(name, outputs, inputs, bias):
        normal(name + ".weight", outputs, inputs, deviation=1.3 / math.sqrt(inputs))
        if bias:
            normal(name + ".bias", outputs, deviation=0.4)

    def norm(name, width):
        normal(name, width, deviation=0.2, mean=1.0)

    normal("model.embed_tokens.weight", VOCABULARY, hidden, deviation=0.5)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        bias = config.get("attention_bias", False)
        norm(at + "input_layernorm.weight", hidden)
        linear(at + "self_attn.q_proj", queries, hidden, bias or qwen2)
        linear(at + "self_attn.k_proj", keys, hidden, bias or qwen2)
        linear(at + "self_attn.v_proj", keys, hidden, bias or qwen2)
        linear(at + "self_attn.o_proj", hidden, queries, bias)
        if config["model_type"] == "qwen3":
            norm(at + "self_attn.q_norm.weight", head_dim)
            norm(at + "self_attn.k_norm.weight", head_dim)
        norm(at + "post_attention_layernorm.weight", hidden)
        linear(at + "mlp.gate_proj", wide, hidden, False)
        linear(at + "mlp.up_proj", wide, hidden, False)
        linear(at + "mlp.down_proj", hidden, wide, False)
    norm("model.norm.weight", hidden)
    if not config["tie_word_embeddings"]:
        normal("lm_head.weight", VOCABULARY, hidden, deviation=0.5)
    return weights


# What a model must say


def draw_ids(generator, count):
    return torch.randint(6, VOCABULARY, (count,), generator=generator).tolist()


def forward_case(model, generator, expected):
    """Every logit of three full rows."""
    rows = [draw_ids(generator, 24) for _ in range(3)]
    expected["forward.ids"] = torch.tensor(rows, dtype=torch.uint8)
    expected["forward.logits"] = torch.stack([model(row) for row in rows])


def gap_case(model, generator, expected):
    """A row that begins at a position of its own, and jumps."""
    ids = draw_ids(generator, 20)
    positions = list(range(37, 45)) + list(range(903, 915))
    expected["gap.ids"] = torch.tensor([ids], dtype=torch.uint8)
    expected["gap.positions"] = torch.tensor([positions], dtype=torch.float32)
    expected["gap.logits"] = model(ids, positions).unsqueeze(0)


def long_case(model, generator, expected):
    """2,048 tokens: the logits at every hundredth, and at the end."""
    ids = draw_ids(generator, 2048)
    kept = list(range(99, 2000, 100)) + list(range(2040, 2048))
    expected["long.ids"] = torch.tensor([ids], dtype=torch.uint8)
    expected["long.kept"] = torch.tensor(kept, dtype=torch.float32)
    expected["long.logits"] = model(ids)[kept]


def greedy_case(model, generator, expected):
    """64 ragged prompts, and up to 8 likeliest tokens after each with their log-probabilities."""
    prompts = torch.full((64, 12), NO_TOKEN, dtype=torch.uint8)
    tokens = torch.full((64, 8), NO_TOKEN, dtype=torch.uint8)
    log_probabilities = torch.zeros(64, 8)
    for row in range(64):
        while True:
            ids = draw_ids(generator, 1 + row % 12)
            chosen, margin = [], math.inf
            for step in range(8):
                distribution = model(ids + chosen)[-1].log_softmax(0)
                best = distribution.topk(2)
                margin = min(margin, float(best.values[0] - best.values[1]))
                log_probabilities[row, step] = best.values[0]
                chosen.append(int(best.indices[0]))
                if chosen[-1] in (2, 5):
                    break
            if margin > 1e-3:  # else rounding may choose the other one
                break
        prompts[row, : len(ids)] = torch.tensor(ids, dtype=torch.uint8)
        tokens[row, : len(chosen)] = torch.tensor(chosen, dtype=torch.uint8)
    expected["greedy.prompts"] = prompts
    expected["greedy.tokens"] = tokens
    expected["greedy.log_probabilities"] = log_probabilities


def training_case(model, generator, expected):
    """Tempered log-probabilities of ragged responses, and the gradient of the policy's loss where the
    policy is still the one that was sampled from: the mean over responses of -advantage * ratio."""
    temperature = 0.7
    lengths = [(3, 9), (11, 2), (1, 14), (6, 6), (2, 1), (9, 10), (4, 4), (5, 17), (12, 3)]
    prompts = torch.full((len(lengths), 12), NO_TOKEN, dtype=torch.uint8)
    responses = torch.full((len(lengths), 17), NO_TOKEN, dtype=torch.uint8)
    log_probabilities = torch.zeros(len(lengths), 17)
    advantages = torch.zeros(len(lengths), 17)
    for weight in model.weights.values():
        weight.requires_grad_(True)
    loss = 0.0
    for row, (prompt, response) in enumerate(lengths):
        ids = draw_ids(generator, prompt + response)
        prompts[row, :prompt] = torch.tensor(ids[:prompt], dtype=torch.uint8)
        responses[row, :response] = torch.tensor(ids[prompt:], dtype=torch.uint8)
        advantages[row, :response] = 4 * torch.rand(response, generator=generator) - 2
        distribution = (model(ids) / temperature).log_softmax(-1)
        chosen = torch.stack([distribution[prompt - 1 + t, ids[prompt + t]] for t in range(response)])
        log_probabilities[row, :response] = chosen.detach()
        ratio = (chosen - chosen.detach()).exp()
        loss = loss - (advantages[row, :response].double() * ratio).mean() / len(lengths)
    loss.backward()
    expected["training.prompts"] = prompts
    expected["training.responses"] = responses
    expected["training.advantages"] = advantages
    expected["training.log_probabilities"] = log_probabilities
    for name, weight in model.weights.items():
        gradient = weight.grad.flatten()
        expected["gradient." + name] = gradient if len(gradient) <= 512 else gradient[::EVERY]


def rotary_cases():
    """Frequencies of parameters beyond those of the checkpoints."""
    published = {"original_max_position_embeddings": 8192, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    cases = []
    for head_dim, theta, scaling in [
        (64, 500000.0, {"rope_type": "llama3", "factor": 32.0, **published}),
        (128, 500000.0, {"rope_type": "llama3", "factor": 8.0, **published}),
        (128, 10000.0, {"type": "linear", "factor": 2.5}),
        (128, 1000000.0, {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}),
        (128, 1000000.0, {"rope_type": "yarn", "factor": 4.0}),
        (64, 150000.0, {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
                        "truncate": False, "original_max_position_embeddings": 4096}),
        (64, 10000.0, {"rope_type": "yarn", "factor": 40, "mscale": 0.707, "mscale_all_dim": 1.0,
                       "original_max_position_embeddings": 4096}),
        (64, 10000.0, {"rope_type": "yarn", "factor": 16, "attention_factor": 1.1, "beta_fast": 16,
                       "beta_slow": 2, "original_max_position_embeddings": 2048}),
        (64, 10000.0, {"rope_type": "yarn", "factor": 2.0, "beta_fast": 4, "beta_slow": 4,
                       "truncate": False, "original_max_position_embeddings": 2048}),
    ]:
        config = {
            **LLAMA, "head_dim": head_dim, "max_position_embeddings": 40960, "rope_theta": theta,
            "rope_scaling": scaling, "tie_word_embeddings": True,
        }
        frequencies, attention = rotary_frequencies(head_dim, theta, scaling, 40960)
        cases.append({"config": config, "frequencies": frequencies.tolist(), "attention_factor": attention})
    return cases


def main(directory):
    torch.set_num_threads(1)
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "rotary.json", rotary_cases())
    for number, (name, case) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(1000 + number)
        weights = draw_weights(case["config"], generator)
        stored = {key: weight.to(case.get("dtype", torch.float32)) for key, weight in weights.items()}
        model = Model(case["config"], {key: weight.double() for key, weight in stored.items()})
        if case.get("old_tensors"):
            stored["model.layers.0.self_attn.rotary_emb.inv_freq"] = model.frequencies
        if case.get("redundant_output"):
            stored["lm_head.weight"] = stored["model.embed_tokens.weight"]
        write_checkpoint(directory / name, case, stored)
        expected = {}
        with torch.no_grad():
            forward_case(model, generator, expected)
            gap_case(model, generator, expected)
            long_case(model, generator, expected)
            greedy_case(model, generator, expected)
        training_case(model, generator, expected)
        expected = {
            key: tensor if tensor.dtype == torch.uint8 else tensor.float()
            for key, tensor in expected.items()
        }
        write_safetensors(directory / name / "expected.safetensors", expected)
        print(f"{name}: {sum(weight.numel() for weight in weights.values())} parameters")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
