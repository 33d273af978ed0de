"""The baseline of GenerationBesidePyTorch: the usual eager loop of Python PyTorch over a preallocated cache.

python3 generation.py MODEL_DIRECTORY PROMPT_TOKENS NEW_TOKENS ROWS DEVICE

Reads commands from standard input, one a line, and answers each with one line of JSON:
  versions        what runs here
  generate TOP_P  samples NEW_TOKENS for each of ROWS rows; tokens, seconds, and the thread's processor seconds
  rest            resident memory now, in kB; the peak is counted from here
  memory          peak resident memory since then, in kB
"""

import json
import os
import re
import struct
import sys
import time

import blas
import numpy
import torch
import torch.nn.functional as F
from torch import nn

DEVICE = sys.argv[5]


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        content = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", entry
        first, last = entry["data_offsets"]
        array = numpy.frombuffer(content[first:last], dtype=numpy.float32)
        tensors[name] = torch.from_numpy(array.copy()).view(entry["shape"]).to(DEVICE)
    return tensors


class Norm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def rotate(x, cosine, sine):
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-second, first), dim=-1) * sine


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.kv_heads = config["num_key_value_heads"]
        self.head_dim = config.get("head_dim", width // self.heads)
        self.q_proj = nn.Linear(width, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, width, bias=False)

    def forward(self, x, cosine, sine, mask, cache, start):
        batch, time, _ = x.shape
        q = self.q_proj(x).view(batch, time, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, time, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, time, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        keys, values = cache
        keys[:, :, start : start + time] = k
        values[:, :, start : start + time] = v
        # Queries that share a key head stand beside each other: nothing of the cache is repeated.
        q = q.reshape(batch, self.kv_heads, -1, self.head_dim)
        scores = q @ keys[:, :, : start + time].transpose(2, 3) * self.head_dim**-0.5
        if mask is not None:
            scores = scores + mask
        mixed = torch.softmax(scores, dim=-1) @ values[:, :, : start + time]
        mixed = mixed.view(batch, self.heads, time, self.head_dim)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, time, -1))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, wide = config["hidden_size"], config["intermediate_size"]
        self.gate_proj = nn.Linear(width, wide, bias=False)
        self.up_proj = nn.Linear(width, wide, bias=False)
        self.down_proj = nn.Linear(wide, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, epsilon = config["hidden_size"], config["rms_norm_eps"]
        self.input_layernorm = Norm(width, epsilon)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = Norm(width, epsilon)
        self.mlp = FeedForward(config)

    def forward(self, x, cosine, sine, mask, cache, start):
        x = x + self.self_attn(self.input_layernorm(x), cosine, sine, mask, cache, start)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.embed_tokens = nn.Embedding(config["vocab_size"], width)
        self.layers = nn.ModuleList([Block(config) for _ in range(config["num_hidden_layers"])])
        self.norm = Norm(width, config["rms_norm_eps"])

    def forward(self, ids, cosine, sine, mask, caches, start):
        x = self.embed_tokens(ids)
        for layer, cache in zip(self.layers, caches):
            x = layer(x, cosine, sine, mask, cache, start)
        return self.norm(x[:, -1])


def draw(logits, top_p):
    probabilities = torch.softmax(logits, dim=-1)
    log_probabilities = torch.log_softmax(logits, dim=-1)
    if top_p < 1:
        ordered, order = torch.sort(probabilities, dim=-1, descending=True)
        ordered[ordered.cumsum(-1) - ordered > top_p] = 0
        token = order.gather(1, torch.multinomial(ordered, 1))
    else:
        token = torch.multinomial(probabilities, 1)
    return token, log_probabilities.gather(1, token)


class Sampler:
    def __init__(self, directory, prompt_tokens, new_tokens, rows):
        with open(os.path.join(directory, "config.json")) as file:
            self.config = json.load(file)
        self.prompt_tokens, self.new_tokens, self.rows = prompt_tokens, new_tokens, rows
        self.model = Decoder(self.config)
        tensors = read_safetensors(os.path.join(directory, "model.safetensors"))
        self.model.load_state_dict({k.replace("model.", "", 1): v for k, v in tensors.items() if k != "lm_head.weight"})
        self.output = tensors.get("lm_head.weight", self.model.embed_tokens.weight)
        # Every position's rotation, computed once for all calls.
        time = prompt_tokens + new_tokens
        half = self.head_dim() // 2
        frequencies = self.config["rope_theta"] ** (-torch.arange(half) / half)
        angles = torch.arange(time).unsqueeze(1) * frequencies
        self.cosine = torch.cat((angles.cos(), angles.cos()), dim=-1)
        self.sine = torch.cat((angles.sin(), angles.sin()), dim=-1)

    def head_dim(self):
        config = self.config
        return config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])

    def caches(self, rows, time):
        shape = (rows, self.config["num_key_value_heads"], time, self.head_dim())
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in self.model.layers]

    @torch.inference_mode()
    def generate(self, top_p):
        """Rows continue one prompt, which is read once."""
        prompt, time = self.prompt_tokens, self.prompt_tokens + self.new_tokens
        ids = (torch.arange(prompt) % self.config["vocab_size"]).unsqueeze(0)
        read = self.caches(1, prompt)
        mask = torch.full((prompt, prompt), float("-inf")).triu(1)
        group = self.config["num_attention_heads"] // self.config["num_key_value_heads"]
        hidden = self.model(ids, self.cosine[:prompt], self.sine[:prompt], mask.repeat(group, 1), read, 0)
        caches = self.caches(self.rows, time)
        for (keys, values), (read_keys, read_values) in zip(caches, read):
            keys[:, :, :prompt] = read_keys
            values[:, :, :prompt] = read_values
        hidden = hidden.expand(self.rows, -1)
        tokens = torch.empty((self.rows, self.new_tokens), dtype=torch.long)
        log_probabilities = torch.empty((self.rows, self.new_tokens))
        for i in range(self.new_tokens):
            token, log_probability = draw(F.linear(hidden, self.output), top_p)
            tokens[:, i : i + 1] = token
            log_probabilities[:, i : i + 1] = log_probability
            if i + 1 < self.new_tokens:
                at = prompt + i
                hidden = self.model(token, self.cosine[at : at + 1], self.sine[at : at + 1], None, caches, at)
        return tokens, log_probabilities


def versions():
    return {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "blas": blas.library(),
    }


def resident_kilobytes(name):
    with open("/proc/self/status") as status:
        return int(re.search(name + r":\s*(\d+)", status.read()).group(1))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if DEVICE != "cpu":  # PyTorch 1.13 knows no default device
        torch.set_default_device(DEVICE)
    sampler = Sampler(sys.argv[1], *map(int, sys.argv[2:5]))
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "versions":
            answer = versions()
        elif command == "generate":
            started, started_processor = time.perf_counter(), time.thread_time()
            tokens, _ = sampler.generate(float(arguments[0]))
            tokens = tokens.cpu()  # waits for a GPU
            answer = {
                "tokens": tokens.numel(),
                "seconds": time.perf_counter() - started,
                "processor_seconds": time.thread_time() - started_processor,
            }
        elif command == "rest":
            with open("/proc/self/clear_refs", "w") as switch:
                switch.write("5")
            answer = {"kilobytes": resident_kilobytes("VmRSS")}
        elif command == "memory":
            answer = {"kilobytes": resident_kilobytes("VmHWM")}
        else:
            raise SystemExit(f"no such command: {command}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
