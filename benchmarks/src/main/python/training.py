"""PyTorch eager's side of io.capoflow.benchmarks.TrainingBesidePython: the same policy update, written
the way a Python trainer writes it. Reads a checkpoint and a batch, then lines "STEPS" from standard
input, and answers each with one JSON line."""

import json
import os
import struct
import sys
import time

import blas
import numpy
import torch
from torch import nn
from torch.nn import functional as F

DEVICE = sys.argv[2]


def safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(
            numpy.frombuffer(data, numpy.float32, -1, 0)[
                entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4
            ].reshape(entry["shape"]).copy()
        ).to(DEVICE)
        for name, entry in header.items()
    }


class RMSNorm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def rotate(x, cosine, sine):
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * cosine + turned * sine


def attend(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    time = q.shape[2]
    future = torch.ones(time, time, dtype=torch.bool).triu(1)
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    return scores.masked_fill(future, float("-inf")).softmax(-1) @ v


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config["num_attention_heads"]
        self.shared = self.heads // config["num_key_value_heads"]
        self.dimension = config["head_dim"]
        hidden = config["hidden_size"]
        keys = config["num_key_value_heads"] * self.dimension
        self.q_proj = nn.Linear(hidden, self.heads * self.dimension, bias=False)
        self.k_proj = nn.Linear(hidden, keys, bias=False)
        self.v_proj = nn.Linear(hidden, keys, bias=False)
        self.o_proj = nn.Linear(self.heads * self.dimension, hidden, bias=False)

    def forward(self, x, cosine, sine):
        batch, time, _ = x.shape
        q, k, v = (
            project(x).view(batch, time, -1, self.dimension).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        if self.shared > 1:
            k, v = k.repeat_interleave(self.shared, 1), v.repeat_interleave(self.shared, 1)
        return self.o_proj(attend(q, k, v).transpose(1, 2).reshape(batch, time, -1))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, wide = config["hidden_size"], config["intermediate_size"]
        self.gate_proj = nn.Linear(hidden, wide, bias=False)
        self.up_proj = nn.Linear(hidden, wide, bias=False)
        self.down_proj = nn.Linear(wide, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = RMSNorm(config["hidden_size"], config["rms_norm_eps"])
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config["hidden_size"], config["rms_norm_eps"])
        self.mlp = FeedForward(config)

    def forward(self, x, cosine, sine):
        x = x + self.self_attn(self.input_layernorm(x), cosine, sine)
        return x + self.mlp(self.post_attention_layernorm(x))


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.norm = RMSNorm(config["hidden_size"], config["rms_norm_eps"])
        self.theta, self.dimension = config["rope_theta"], config["head_dim"]

    def forward(self, ids):
        exponent = torch.arange(0, self.dimension, 2) / self.dimension
        angle = torch.arange(ids.shape[1])[:, None] * self.theta**-exponent
        cosine, sine = (f(torch.cat([angle, angle], -1)) for f in (torch.cos, torch.sin))
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, cosine, sine)
        return self.norm(x)


def update(model, optimizer, batch, settings):
    """One step of the clipped objective with its KL term (k3), averaged over responses and tokens."""
    hidden = model(batch["ids"])
    # Only the slots that predict a response token meet the vocabulary.
    logits = F.linear(hidden.flatten(0, 1)[batch["selected"]], model.embed_tokens.weight)
    log_probabilities = -F.cross_entropy(logits, batch["targets"], reduction="none")
    ratio = torch.exp(log_probabilities - batch["old"])
    advantages = batch["advantages"]
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    surrogate = torch.where(advantages < 0, torch.maximum(surrogate, 3 * advantages), surrogate)
    difference = batch["reference"] - log_probabilities
    kl = torch.exp(difference) - difference - 1
    loss = (batch["weights"] * (settings["kl_coefficient"] * kl - surrogate)).sum()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), settings["gradient_norm_clip"])
    optimizer.step()
    return loss.item()


def read_batch(path):
    with open(path) as file:
        sequences = json.load(file)
    width = max(len(s["prompt"]) + len(s["response"]) - 1 for s in sequences)
    ids = torch.zeros(len(sequences), width, dtype=torch.long)
    selected, targets, weights = [], [], []
    for row, s in enumerate(sequences):
        tokens = s["prompt"] + s["response"]
        ids[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
        first = row * width + len(s["prompt"]) - 1
        selected += range(first, first + len(s["response"]))
        targets += s["response"]
        weights += [1 / len(s["response"]) / len(sequences)] * len(s["response"])
    batch = {"ids": ids, "selected": torch.tensor(selected), "targets": torch.tensor(targets)}
    batch["weights"] = torch.tensor(weights)
    for name in ("advantages", "old", "reference"):
        batch[name] = torch.tensor([value for s in sequences for value in s[name]])
    return batch


def kilobytes(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))


def answer(**fields):
    print(json.dumps(fields), flush=True)


def main():
    directory = sys.argv[1]
    torch.set_num_threads(1)
    if DEVICE != "cpu":  # PyTorch 1.13 knows no default device
        torch.set_default_device(DEVICE)
    with open(os.path.join(directory, "config.json")) as file:
        config = json.load(file)
    with open(os.path.join(directory, "settings.json")) as file:
        settings = json.load(file)
    model = Model(config)
    weights = safetensors(os.path.join(directory, "model.safetensors"))
    model.load_state_dict({name[len("model.") :]: tensor for name, tensor in weights.items()})
    batch = read_batch(os.path.join(directory, "batch.json"))
    decayed = [p for p in model.parameters() if p.dim() > 1]
    undecayed = [p for p in model.parameters() if p.dim() <= 1]
    release = tuple(int(part) for part in torch.__version__.split(".")[:2])
    kernel = "fused" if release >= (2, 4) else "foreach"
    optimizer = torch.optim.AdamW(
        [{"params": decayed}, {"params": undecayed, "weight_decay": 0.0}],
        lr=settings["learning_rate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
        weight_decay=settings["weight_decay"],
        **{kernel: True},
    )
    answer(
        version="PyTorch " + torch.__version__,
        threads=torch.get_num_threads(),
        blas=blas.library(),
        attention="fused" if hasattr(F, "scaled_dot_product_attention") else "matmul and softmax",
        optimizer="AdamW, " + kernel,
        resident=kilobytes("VmRSS"),
    )
    for line in sys.stdin:
        losses = []
        start, processor = time.perf_counter(), time.thread_time()
        for _ in range(int(line)):
            losses.append(update(model, optimizer, batch, settings))
        seconds = time.perf_counter() - start
        processor = time.thread_time() - processor
        answer(seconds=seconds, processor=processor, losses=losses, peak=kilobytes("VmHWM"))


main()
