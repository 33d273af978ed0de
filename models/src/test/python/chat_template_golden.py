#!/usr/bin/env python3
"""Writes the golden files of the chat template tests with Python's Jinja2.

    /usr/bin/python3 models/src/test/python/chat_template_golden.py

Needs Debian's python3-jinja2 alone. Reads templates/*.json (tokenizer_config.json files of real
models, see NOTICE) and conversations.json, and renders every conversation as transformers'
apply_chat_template does; writes golden/*.json. Small pieces of Jinja, whose exact rendering chat
templates rest on, go to golden/language.json.
"""
import datetime
import json
import pathlib

import jinja2
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

CHAT = pathlib.Path(__file__).parents[1] / "resources/io/capoflow/models/chat"

# The day that strftime_now formats: a prompt must not depend on when it is written.
TODAY = datetime.datetime(2024, 7, 26)

SPECIAL_TOKENS = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    "additional_special_tokens",
]

# What is rendered beside the defaults, by template.
VARIABLES = {
    "deepseek-v3.1": [{}, {"thinking": True}],
    "llama-3.2": [{}, {"date_string": "01 Jan 2030"}],
    "qwen-3": [{}, {"enable_thinking": True}, {"enable_thinking": False}],
    "qwen-3.5": [{}, {"enable_thinking": False}],
}


class Generation(Extension):
    """transformers' AssistantTracker, as far as the text goes."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_body")
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    @staticmethod
    def _body(caller):
        return caller()


def environment():
    def raise_exception(message):
        raise TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[Generation, "jinja2.ext.loopcontrols"])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = TODAY.strftime
    return made


def rendered(template, variables):
    """The text, or null where it cannot be rendered."""
    try:
        return environment().from_string(template).render(**variables)
    except (TemplateError, TypeError, AttributeError):
        return None


def special_tokens(config):
    tokens = {}
    for name in SPECIAL_TOKENS:
        value = config.get(name)
        if value:
            tokens[name] = value["content"] if isinstance(value, dict) else value
    return tokens


def cases(name, config, conversations):
    for variables in VARIABLES.get(name, [{}]):
        for conversation, messages in conversations.items():
            for prompt in (True, False):
                everything = {
                    "messages": messages, "tools": None, "documents": None,
                    "add_generation_prompt": prompt, **special_tokens(config), **variables}
                yield {
                    "conversation": conversation, "variables": variables,
                    "add_generation_prompt": prompt,
                    "rendered": rendered(config["chat_template"], everything)}


def write(path, rows):
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(path.name, len(lines))


def main():
    print("Jinja2", jinja2.__version__)
    conversations = json.loads((CHAT / "conversations.json").read_text(encoding="utf-8"))
    for path in sorted((CHAT / "templates").glob("*.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        write(CHAT / "golden" / path.name, cases(path.stem, config, conversations))
    language = json.loads((CHAT / "language.json").read_text(encoding="utf-8"))
    write(
        CHAT / "golden" / "language.json",
        [{"template": piece, "rendered": rendered(piece, language["variables"])}
         for piece in language["pieces"]])


if __name__ == "__main__":
    main()
