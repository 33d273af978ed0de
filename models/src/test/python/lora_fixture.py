"""Writes the fixture of LoraTest: a small random Llama, adapters on it in PEFT's layout, and what
PyTorch computes with them. An implementation of its own: it shares nothing with decoder.py.

    /usr/bin/python3 models/src/test/python/lora_fixture.py models/src/test/resources/io/capoflow/models/lora

Needs PyTorch alone (Debian: python3-torch). The same version writes the same bytes.
"""

import json
import math
import pathlib
import struct
import sys

import torch

VOCABULARY, HIDDEN, LAYERS, HEADS, KEY_HEADS, HEAD, WIDE = 19, 16, 2, 4, 2, 4, 24
EPSILON, THETA, TEMPERATURE = 1e-5, 10000.0, 0.8
MODULES = {
    "self_attn.q_proj": (HEADS * HEAD, HIDDEN),
    "self_attn.k_proj": (KEY_HEADS * HEAD, HIDDEN),
    "self_attn.v_proj": (KEY_HEADS * HEAD, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HEADS * HEAD),
    "mlp.gate_proj": (WIDE, HIDDEN),
    "mlp.up_proj": (WIDE, HIDDEN),
    "mlp.down_proj": (HIDDEN, WIDE),
}
# Prompts and responses of different lengths, so that one row is padded.
SEQUENCES = [([3, 7, 5], [4, 9, 11, 6, 2]), ([8, 12, 3, 10], [14, 5, 2])]


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


def base_weights():
    def normal(*shape, scale):
        return (torch.randn(*shape, dtype=torch.float64) * scale).float()

    weights = {"model.embed_tokens.weight": normal(VOCABULARY, HIDDEN, scale=1)}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        weights[prefix + "input_layernorm.weight"] = 1 + normal(HIDDEN, scale=0.2)
        weights[prefix + "post_attention_layernorm.weight"] = 1 + normal(HIDDEN, scale=0.2)
        for module, (rows, columns) in MODULES.items():
            weights[prefix + module + ".weight"] = normal(rows, columns, scale=1.5 / math.sqrt(columns))
    weights["model.norm.weight"] = 1 + normal(HIDDEN, scale=0.2)
    weights["lm_head.weight"] = normal(VOCABULARY, HIDDEN, scale=1.5 / math.sqrt(HIDDEN))
    return weights


def adapter_weights(rank, labels):
    weights = {}
    for layer in range(LAYERS):
        for module, (rows, columns) in MODULES.items():
            if module.split(".")[1] in labels:
                name = f"base_model.model.model.layers.{layer}.{module}."
                weights[name + "lora_A.weight"] = torch.randn(rank, columns) * 0.3
                weights[name + "lora_B.weight"] = torch.randn(rows, rank) * 0.3
    return weights


def norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPSILON) * weight


def logits(weights, adapter, scale, ids):
    """One sequence, one position after the other, heads in a loop: slow and plain."""

    def linear(layer, module, x):
        name = f"model.layers.{layer}.{module}."
        y = x @ weights[name + "weight"].T
        key = "base_model.model." + name + "lora_A.weight"
        if key in adapter:
            y = y + (x @ adapter[key].T) @ adapter[key.replace("lora_A", "lora_B")].T * scale
        return y

    def turned(x):
        # Pairs (i, i + HEAD / 2) as complex numbers, turned by position times frequency.
        half = HEAD // 2
        frequency = THETA ** (-torch.arange(half, dtype=torch.float64) * 2 / HEAD)
        angle = torch.arange(x.shape[0], dtype=torch.float64)[:, None] * frequency
        z = torch.complex(x[:, :half], x[:, half:]) * torch.polar(torch.ones_like(angle), angle)
        return torch.cat([z.real, z.imag], -1)

    x = weights["model.embed_tokens.weight"][ids]
    time = len(ids)
    future = torch.ones(time, time).triu(1).bool()
    for layer in range(LAYERS):
        h = norm(x, weights[f"model.layers.{layer}.input_layernorm.weight"])
        q, k, v = (linear(layer, f"self_attn.{part}_proj", h) for part in "qkv")
        mixed = []
        for head in range(HEADS):
            shared = head // (HEADS // KEY_HEADS)
            own = slice(head * HEAD, (head + 1) * HEAD)
            theirs = slice(shared * HEAD, (shared + 1) * HEAD)
            score = turned(q[:, own]) @ turned(k[:, theirs]).T / math.sqrt(HEAD)
            mixed.append(torch.softmax(score.masked_fill(future, -math.inf), -1) @ v[:, theirs])
        x = x + linear(layer, "self_attn.o_proj", torch.cat(mixed, -1))
        h = norm(x, weights[f"model.layers.{layer}.post_attention_layernorm.weight"])
        gate, up = linear(layer, "mlp.gate_proj", h), linear(layer, "mlp.up_proj", h)
        x = x + linear(layer, "mlp.down_proj", gate * torch.sigmoid(gate) * up)
    return norm(x, weights["model.norm.weight"]) @ weights["lm_head.weight"].T


def expected(weights, adapter, scale):
    """Log-probabilities of every token at each response position, and the policy gradient at ratio 1."""
    weights = {name: tensor.double() for name, tensor in weights.items()}
    adapter = {name: tensor.double().requires_grad_(True) for name, tensor in adapter.items()}
    rows, loss = [], 0
    for index, (prompt, response) in enumerate(SEQUENCES):
        z = logits(weights, adapter, scale, torch.tensor(prompt + response))
        z = z[len(prompt) - 1 : len(prompt) - 1 + len(response)]
        rows.append(torch.log_softmax(z, -1))
        chosen = torch.log_softmax(z / TEMPERATURE, -1)[range(len(response)), response]
        advantages = torch.tensor([0.5 - 0.3 * t + index for t in range(len(response))])
        loss = loss - (advantages * chosen).mean() / len(SEQUENCES)
    loss.backward()
    result = {"log_distribution": torch.cat(rows).float()}
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


def main(root):
    torch.manual_seed(20250802)
    torch.set_num_threads(1)
    base = root / "base"
    base.mkdir(parents=True, exist_ok=True)
    weights = base_weights()
    write_safetensors(base / "model.safetensors", weights)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS,
        "head_dim": HEAD,
        "intermediate_size": WIDE,
        "hidden_act": "silu",
        "rms_norm_eps": EPSILON,
        "rope_theta": THETA,
        "tie_word_embeddings": False,
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
    every = [module.split(".")[1] for module in MODULES]
    for name, rank, alpha, labels, targets, rank_stabilised in (
        ("some", 3, 6, ["v_proj", "down_proj", "q_proj"], ["v_proj", "down_proj", "q_proj"], False),
        ("all", 4, 5, every, "all-linear", True),
    ):
        directory = root / name
        directory.mkdir(exist_ok=True)
        adapter = adapter_weights(rank, labels)
        write_safetensors(directory / "adapter_model.safetensors", adapter)
        text = json.dumps(peft_config(rank, alpha, targets, rank_stabilised), indent=2, sort_keys=True)
        (directory / "adapter_config.json").write_text(text)
        scale = alpha / math.sqrt(rank) if rank_stabilised else alpha / rank
        write_safetensors(root / f"{name}-expected.safetensors", expected(weights, adapter, scale))


main(pathlib.Path(sys.argv[1]))
