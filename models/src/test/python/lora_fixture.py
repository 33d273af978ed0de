"""Writes the fixtures of LoraTest: of each family a small random model, adapters on it in PEFT's
layout, and what PyTorch computes with them. An implementation of its own: it shares nothing with decoder.py.

    /usr/bin/python3 models/src/test/python/lora_fixture.py models/src/test/resources/io/capoflow/models/lora

Needs PyTorch alone (Debian: python3-torch). The same version writes the same bytes.
"""

import json
import math
import pathlib
import struct
import sys

import torch

VOCABULARY, HIDDEN, LAYERS, HEADS, KEY_HEADS, WIDE = 19, 16, 2, 4, 2, 24
EPSILON, THETA, TEMPERATURE = 1e-5, 10000.0, 0.8
# Prompts and responses of different lengths, so that one row is padded.
SEQUENCES = [([3, 7, 5], [4, 9, 11, 6, 2]), ([8, 12, 3, 10], [14, 5, 2])]


class Family:
    """What sets a family's layers apart.

    architecture: as config.json names it; biased: biases on query, key and value; head: width of a
    head; normed: queries and keys normalised head by head; tied: the embedding is the output, too.
    """

    def __init__(self, name, architecture, head, biased=False, normed=False, tied=False):
        self.name, self.architecture, self.head = name, architecture, head
        self.biased, self.normed, self.tied = biased, normed, tied
        self.modules = {
            "self_attn.q_proj": (HEADS * head, HIDDEN),
            "self_attn.k_proj": (KEY_HEADS * head, HIDDEN),
            "self_attn.v_proj": (KEY_HEADS * head, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HEADS * head),
            "mlp.gate_proj": (WIDE, HIDDEN),
            "mlp.up_proj": (WIDE, HIDDEN),
            "mlp.down_proj": (HIDDEN, WIDE),
        }


FAMILIES = [
    Family("llama", "LlamaForCausalLM", head=4),
    Family("qwen2", "Qwen2ForCausalLM", head=4, biased=True),
    Family("qwen3", "Qwen3ForCausalLM", head=6, normed=True, tied=True),
]


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        dtype = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        raw = tensor.contiguous().numpy().tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def base_weights(family):
    def normal(*shape, scale):
        return (torch.randn(*shape, dtype=torch.float64) * scale).float()

    weights = {"model.embed_tokens.weight": normal(VOCABULARY, HIDDEN, scale=1)}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        weights[prefix + "input_layernorm.weight"] = 1 + normal(HIDDEN, scale=0.2)
        weights[prefix + "post_attention_layernorm.weight"] = 1 + normal(HIDDEN, scale=0.2)
        for module, (rows, columns) in family.modules.items():
            weights[prefix + module + ".weight"] = normal(rows, columns, scale=1.5 / math.sqrt(columns))
        if family.biased:
            for part in "qkv":
                rows = family.modules[f"self_attn.{part}_proj"][0]
                weights[prefix + f"self_attn.{part}_proj.bias"] = normal(rows, scale=0.5)
        if family.normed:
            for part in "qk":
                weights[prefix + f"self_attn.{part}_norm.weight"] = 1 + normal(family.head, scale=0.3)
    weights["model.norm.weight"] = 1 + normal(HIDDEN, scale=0.2)
    if not family.tied:
        weights["lm_head.weight"] = normal(VOCABULARY, HIDDEN, scale=1.5 / math.sqrt(HIDDEN))
    return weights


def adapter_weights(family, rank, labels):
    weights = {}
    for layer in range(LAYERS):
        for module, (rows, columns) in family.modules.items():
            if module.split(".")[1] in labels:
                name = f"base_model.model.model.layers.{layer}.{module}."
                weights[name + "lora_A.weight"] = torch.randn(rank, columns) * 0.3
                weights[name + "lora_B.weight"] = torch.randn(rows, rank) * 0.3
    return weights


def norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPSILON) * weight


def logits(family, weights, adapter, scale, ids):
    """One sequence, one position after the other, heads in a loop: slow and plain."""

    def linear(layer, module, x):
        name = f"model.layers.{layer}.{module}."
        y = x @ weights[name + "weight"].T
        if name + "bias" in weights:
            y = y + weights[name + "bias"]
        key = "base_model.model." + name + "lora_A.weight"
        if key in adapter:
            y = y + (x @ adapter[key].T) @ adapter[key.replace("lora_A", "lora_B")].T * scale
        return y

    def turned(x):
        # Pairs (i, i + HEAD / 2) as complex numbers, turned by position times frequency.
        half = family.head // 2
        frequency = THETA ** (-torch.arange(half, dtype=torch.float64) * 2 / family.head)
        angle = torch.arange(x.shape[0], dtype=torch.float64)[:, None] * frequency
        z = torch.complex(x[:, :half], x[:, half:]) * torch.polar(torch.ones_like(angle), angle)
        return torch.cat([z.real, z.imag], -1)

    def query_or_key(layer, part, x):
        if family.normed:
            x = norm(x, weights[f"model.layers.{layer}.self_attn.{part}_norm.weight"])
        return turned(x)

    x = weights["model.embed_tokens.weight"][ids]
    time = len(ids)
    future = torch.ones(time, time).triu(1).bool()
    for layer in range(LAYERS):
        h = norm(x, weights[f"model.layers.{layer}.input_layernorm.weight"])
        q, k, v = (linear(layer, f"self_attn.{part}_proj", h) for part in "qkv")
        mixed = []
        for head in range(HEADS):
            shared = head // (HEADS // KEY_HEADS)
            own = slice(head * family.head, (head + 1) * family.head)
            theirs = slice(shared * family.head, (shared + 1) * family.head)
            score = query_or_key(layer, "q", q[:, own]) @ query_or_key(layer, "k", k[:, theirs]).T
            score = score / math.sqrt(family.head)
            mixed.append(torch.softmax(score.masked_fill(future, -math.inf), -1) @ v[:, theirs])
        x = x + linear(layer, "self_attn.o_proj", torch.cat(mixed, -1))
        h = norm(x, weights[f"model.layers.{layer}.post_attention_layernorm.weight"])
        gate, up = linear(layer, "mlp.gate_proj", h), linear(layer, "mlp.up_proj", h)
        x = x + linear(layer, "mlp.down_proj", gate * torch.sigmoid(gate) * up)
    output = weights["model.embed_tokens.weight" if family.tied else "lm_head.weight"]
    return norm(x, weights["model.norm.weight"]) @ output.T


def expected(family, weights, adapter, scale):
    """Logits at every position; at each response position all tokens' log-probabilities, and, tempered,
    the response's own; and the policy gradient at ratio 1."""
    weights = {name: tensor.double() for name, tensor in weights.items()}
    adapter = {name: tensor.double().requires_grad_(True) for name, tensor in adapter.items()}
    everywhere, rows, own, loss = [], [], [], 0
    for index, (prompt, response) in enumerate(SEQUENCES):
        z = logits(family, weights, adapter, scale, torch.tensor(prompt + response))
        everywhere.append(z)
        z = z[len(prompt) - 1 : len(prompt) - 1 + len(response)]
        rows.append(torch.log_softmax(z, -1))
        chosen = torch.log_softmax(z / TEMPERATURE, -1)[range(len(response)), response]
        own.append(chosen)
        advantages = torch.tensor([0.5 - 0.3 * t + index for t in range(len(response))])
        loss = loss - (advantages * chosen).mean() / len(SEQUENCES)
    loss.backward()
    result = {
        "logits": torch.cat(everywhere).float(),
        "log_distribution": torch.cat(rows).float(),
        "log_probabilities": torch.cat(own).float(),
    }
    for name, tensor in adapter.items():
        result["gradient." + name] = tensor.grad.float()
    return result


def peft_config(rank, alpha, target_modules, use_rslora):
    """The fields that PEFT 0.17 writes."""
    return {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": "../base",
        "bias": "none",
        "corda_config": None,
        "eva_config": None,
        "exclude_modules": None,
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layer_replication": None,
        "layers_pattern": None,
        "layers_to_transform": None,
        "loftq_config": {},
        "lora_alpha": alpha,
        "lora_bias": False,
        "lora_dropout": 0.05,
        "megatron_config": None,
        "megatron_core": "megatron.core",
        "modules_to_save": None,
        "peft_type": "LORA",
        "qalora_group_size": 16,
        "r": rank,
        "rank_pattern": {},
        "revision": None,
        "target_modules": target_modules,
        "target_parameters": None,
        "task_type": "CAUSAL_LM",
        "trainable_token_indices": None,
        "use_dora": False,
        "use_qalora": False,
        "use_rslora": use_rslora,
    }


def write_base(family, base, weights):
    base.mkdir(parents=True, exist_ok=True)
    write_safetensors(base / "model.safetensors", weights)
    config = {
        "architectures": [family.architecture],
        "model_type": family.name,
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS,
        "head_dim": family.head,
        "intermediate_size": WIDE,
        "hidden_act": "silu",
        "rms_norm_eps": EPSILON,
        "rope_theta": THETA,
        "tie_word_embeddings": family.tied,
        "max_position_embeddings": 64,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "float32",
    }
    (base / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    words = {f"w{token}": token for token in range(VOCABULARY)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"},
    }
    (base / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")


def write_family(family, root):
    torch.manual_seed(20250802)
    weights = base_weights(family)
    write_base(family, root / "base", weights)
    every = [module.split(".")[1] for module in family.modules]
    for name, rank, alpha, labels, targets, rank_stabilised in (
        ("some", 3, 6, ["v_proj", "down_proj", "q_proj"], ["v_proj", "down_proj", "q_proj"], False),
        ("all", 4, 5, every, "all-linear", True),
    ):
        directory = root / name
        directory.mkdir(exist_ok=True)
        adapter = adapter_weights(family, rank, labels)
        write_safetensors(directory / "adapter_model.safetensors", adapter)
        text = json.dumps(peft_config(rank, alpha, targets, rank_stabilised), indent=2, sort_keys=True)
        (directory / "adapter_config.json").write_text(text)
        scale = alpha / math.sqrt(rank) if rank_stabilised else alpha / rank
        numbers = expected(family, weights, adapter, scale)
        write_safetensors(root / f"{name}-expected.safetensors", numbers)


def main(root):
    torch.set_num_threads(1)
    for family in FAMILIES:
        write_family(family, root / family.name)


main(pathlib.Path(sys.argv[1]))
