#!/usr/bin/env python3
"""Reads two checkpoints strictly, and says whether they hold the same tensors.

A reader of safetensors of its own: the standard library finds the bytes, PyTorch reads them. It
refuses whatever the format's specification forbids, and what Hugging Face's libraries would not have
written: names of files, the index's total, the order and alignment of tensors, the metadata.

    python3 compare_checkpoints.py DIRECTORY DIRECTORY
"""

import json
import pathlib
import re
import struct
import sys

import torch

# Bytes of an element, and PyTorch's type for it.
TYPES = {
    "F64": (8, torch.float64),
    "F32": (4, torch.float32),
    "F16": (2, torch.float16),
    "BF16": (2, torch.bfloat16),
}


def require(condition, *what):
    if not condition:
        sys.exit(" ".join(str(part) for part in what))


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    require(len(keys) == len(set(keys)), "duplicate keys in", keys)
    return dict(pairs)


def read_file(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    require(length % 8 == 0, path, "header of", length, "bytes is not aligned")
    text = data[8 : 8 + length]
    require(text[:1] == b"{", path, "header does not open with a brace")
    require(re.search(rb"\} *$", text), path, "header is padded with something else than spaces")
    header = json.loads(text, object_pairs_hook=no_duplicates)
    require(next(iter(header)) == "__metadata__", path, "metadata does not come first")
    require(header.pop("__metadata__") == {"format": "pt"}, path, "metadata is not that of PyTorch")
    order = sorted(header, key=lambda name: (-TYPES[header[name]["dtype"]][0], name))
    require(list(header) == order, path, "tensors are not in the library's order")
    tensors, at = {}, 8 + length
    for name, entry in header.items():
        require(list(entry) == ["dtype", "shape", "data_offsets"], path, name, "has fields", list(entry))
        width, dtype = TYPES[entry["dtype"]]
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        require(begin == at, path, name, "begins at", begin, "not at", at)
        require(begin % width == 0, path, name, "is not aligned to its elements")
        count = 1
        for dimension in entry["shape"]:
            count *= dimension
        require(end - begin == count * width, path, name, "has", end - begin, "bytes")
        tensors[name] = torch.frombuffer(
            bytearray(data[begin:end]), dtype=dtype, count=count
        ).reshape(entry["shape"])
        at = end
    require(at == len(data), path, "goes on after its last tensor")
    return tensors


def read_checkpoint(directory):
    files = sorted(path.name for path in directory.glob("model*.safetensors"))
    index = directory / "model.safetensors.index.json"
    if not index.exists():
        require(files == ["model.safetensors"], directory, "holds", files, "and no index")
        return read_file(directory / "model.safetensors")
    names = [f"model-{i + 1:05d}-of-{len(files):05d}.safetensors" for i in range(len(files))]
    require(len(files) > 1 and files == names, directory, "holds", files)
    content = json.loads(index.read_text())
    weight_map = content["weight_map"]
    tensors, total = {}, 0
    for file in files:
        shard = read_file(directory / file)
        placed = sorted(name for name, place in weight_map.items() if place == file)
        require(sorted(shard) == placed, file, "does not hold what the index says")
        tensors.update(shard)
    require(set(weight_map.values()) == set(files), index, "names other files")
    for tensor in tensors.values():
        total += tensor.numel() * tensor.element_size()
    require(content["metadata"]["total_size"] == total, index, "total_size is not", total)
    return tensors


def main(left, right):
    a, b = read_checkpoint(left), read_checkpoint(right)
    require(sorted(a) == sorted(b), "names differ:", sorted(set(a) ^ set(b)))
    for name in sorted(a):
        require(a[name].dtype == b[name].dtype, name, "types differ")
        require(a[name].shape == b[name].shape, name, "shapes differ")
        require(torch.equal(a[name], b[name]), name, "values differ")
    print(f"{len(a)} tensors are equal")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
