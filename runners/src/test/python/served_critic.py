#!/usr/bin/env python3
"""A critic behind vLLM itself: journal, faults, resume, and a run that needs no server any more.

    python3 served_critic.py CAPOFLOW MODEL SCRATCH

CAPOFLOW  the launcher
MODEL     a Hugging Face folder of an instruct model, as .ci/peers writes it
SCRATCH   a new folder for what this makes

Run with the Python of a virtual environment that has vLLM and pyarrow (.ci/peers vllm). One iteration of 64 rollouts,
4 critiques each, 64 new tokens a critique. On the way:

- kill -9 of the run, and the same command again;
- the server is ended with calls in flight, and started again on the same port;
- every answer is in the journal once, and what was asked twice was in flight when something was killed;
- no critique is cut short of its limit, or failed;
- a second run in another folder, with the server ended, has equal digests;
- a small run keeps log-probabilities, as many as tokens.

Prints what it saw, and ends with 1 where something is not as promised.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

PROBLEMS, ROLLOUTS, TIMES, NEW_TOKENS = 16, 4, 4, 64
CRITIQUES = PROBLEMS * ROLLOUTS * TIMES
IN_FLIGHT = 32
KILL_AT = CRITIQUES // 5
RESTART_AT = CRITIQUES // 2
# vLLM loads its model in half a minute where nothing else computes.
START_SECONDS = 240
# Ended with calls in flight, it may wait for its clients for ever.
END_SECONDS = 5
RUN_SECONDS = 480

# Few large shards: the direct runner has as many of them with the server as it has threads.
RECIPE = """
iterations: 1
problems: {{source: arithmetic, train: 256, held_out: 20, per_iteration: {problems}}}
policy: {{path: {policy}, device: cpu}}
sample: {{rollouts: {rollouts}, temperature: 1, top_p: 1, max_new_tokens: 96, shard_problems: 8}}
critique:
  endpoint: {endpoint}
  model: smollm2
  template: "file:{template}"
  examples: {examples}
  stop: ["</incorrect_steps>"]
  times: {times}
  temperature: 0.7
  top_p: 0.9
  max_new_tokens: {new_tokens}
  logprobs: {logprobs}
  journal: {journal}
  max_in_flight: {in_flight}
  timeout: 90
  patience: 300
  # This model does not always give a list of steps within so few tokens.
  max_void_share: 1
batch: {{mini_batch_rollouts: 16}}
train: {{learning_rate: 3e-4, kl_coefficient: 0}}
evaluate: {{problems: 5, samples: 1}}
execution: {{runner: direct}}
"""

# Shorter than the usual one: the processor spends most of its time on reading.
TEMPLATE = """Question: {{question}}
Reference: {{reference}}
Solution to check:
{{steps}}
End with these two lines:
Judgment: Is the solution correct (Yes/No)? <Yes or No>
<incorrect_steps>numbers of the wrong steps</incorrect_steps>"""

EXAMPLES = [
    {
        "question": "Start at 20. Add 6. Subtract 9. Add 7. Subtract 4.",
        "answer": "20",
        "steps": ["1. 20+6=26", "2. 26-9=18", "3. 18+7=25", "4. 25-4=21", "\\boxed{21}"],
        "critique": "Step 1 is wrong: 26-9=17.\nJudgment: Is the solution correct (Yes/No)? No\n<incorrect_steps>1</incorrect_steps>",
    },
    {
        "question": "Start at 31. Subtract 8. Add 5. Add 9. Subtract 6.",
        "answer": "31",
        "steps": ["1. 31-8=23", "2. 23+5=28", "3. 28+9=37", "4. 37-6=31", "\\boxed{31}"],
        "critique": "All steps are right.\nJudgment: Is the solution correct (Yes/No)? Yes\n<incorrect_steps></incorrect_steps>",
    },
]


class Server:
    """vLLM on this machine's processor and its own loopback address, ended by the process that was started."""

    def __init__(self, model, log):
        self.model, self.log, self.process = model, log, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.answered = 0

    def start(self):
        environment = dict(
            os.environ, VLLM_TARGET_DEVICE="cpu", VLLM_CPU_KVCACHE_SPACE="2", HF_HUB_OFFLINE="1", VLLM_NO_USAGE_STATS="1",
            DO_NOT_TRACK="1")
        # The command `vllm` looks for a package of that name, and this one is vllm-cpu.
        command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", self.model, "--served-model-name", "smollm2",
            "--host", "127.0.0.1", "--port", str(self.port), "--max-num-seqs", "64", "--enforce-eager", "--dtype", "float32",
            "--enable-prompt-tokens-details",
            # A prompt that is read in two pieces, of a request with a seed, ends the engine on a processor: "CPU Generator
            # does not use offset".
            "--no-enable-chunked-prefill", "--max-model-len", "4096", "--max-num-batched-tokens", "4096"]
        began = time.time()
        # A group of its own: it starts processes that must end with it.
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        while self.get("/health") is None:
            if self.process.poll() is not None or time.time() - began > START_SECONDS:
                self.stop()
                raise SystemExit(f"vLLM did not start; its log: {self.log.name}")
            time.sleep(0.5)
        return time.time() - began

    def stop(self):
        """As a supervisor does: asks, then kills. Returns how it went."""
        if self.process is None:
            return "was not there"
        how = "ended"
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            how = "was killed"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        return how

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def completed(self):
        """Answers that it completed since it started; those of a request with n choices count n times."""
        counts = re.findall(
            r'^vllm:request_success_total\{[^}]*finished_reason="(?:stop|length)"[^}]*\} (\S+)', self.get("/metrics") or "", re.M)
        return int(sum(float(count) for count in counts))


def kept(journal):
    """Every answer of a journal as (request, index), whatever file holds it."""
    answers = []
    for file in sorted(journal.glob("**/*.jsonl")):
        for line in file.read_bytes().split(b"\n"):
            with contextlib.suppress(json.JSONDecodeError):
                row = json.loads(line)
                answers.append((row["request"], row["answer_index"]))
    for file in sorted(journal.glob("**/*.parquet")):
        for row in pyarrow.parquet.read_table(file, columns=["request", "answer_index"]).to_pylist():
            answers.append((row["request"], row["answer_index"]))
    return answers


def count(journal):
    """How many answers a journal has, while others write to it and move what they wrote into Parquet."""
    with contextlib.suppress(OSError, pyarrow.ArrowInvalid):
        return sum(file.read_bytes().count(b"\n") for file in journal.glob("**/*.jsonl")) + sum(
            pyarrow.parquet.read_metadata(file).num_rows for file in journal.glob("**/*.parquet"))
    return 0


class Runs:
    def __init__(self, capoflow, scratch):
        self.capoflow, self.scratch, self.process = capoflow, scratch, None

    def start(self, recipe, name):
        log = open(self.scratch / f"{name}.log", "ab")
        command = [self.capoflow, "train", str(recipe), "--run", str(self.scratch / name)]
        # A group of its own: the launcher may start the JVM as its child.
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        return self.process

    def wait(self, process, name, seconds=RUN_SECONDS):
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            status = f"no end within {seconds} s"
        if status != 0:
            sys.stderr.write((self.scratch / f"{name}.log").read_text()[-6000:])
            raise SystemExit(f"train of {name}: {status}")


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(condition, process, server, seconds=RUN_SECONDS):
    """Waits for a condition while run and server run."""
    began = time.time()
    while not condition():
        if server.process.poll() is not None:
            kill(process)
            raise SystemExit(f"vLLM ended with {server.process.returncode}; its log: {server.log.name}")
        if process.poll() is not None:
            raise SystemExit(f"the run ended with {process.returncode} before it was disturbed")
        if time.time() - began > seconds:
            kill(process)
            raise SystemExit(f"nothing to disturb within {seconds} s")
        time.sleep(0.1)


def require(condition, message):
    if not condition:
        raise SystemExit(message)


def critiques(run):
    return pyarrow.dataset.dataset(sorted(map(str, run.glob("iterations/*/critiques/*.parquet")))).to_table().to_pylist()


def main(capoflow, model, scratch):
    capoflow, scratch = os.path.abspath(capoflow), pathlib.Path(scratch).resolve()
    scratch.mkdir(parents=True)
    policy = pathlib.Path("weights/arithmetic-policy").resolve()
    journal = scratch / "journal"
    runs = Runs(capoflow, scratch)
    server = Server(os.path.abspath(model), open(scratch / "vllm.log", "ab"))

    template, examples = scratch / "template.txt", scratch / "examples.jsonl"
    template.write_text(TEMPLATE)
    examples.write_text("".join(json.dumps(example) + "\n" for example in EXAMPLES))

    def recipe(name, **changes):
        values = dict(
            problems=PROBLEMS, rollouts=ROLLOUTS, times=TIMES, new_tokens=NEW_TOKENS, logprobs="false", journal=journal,
            in_flight=IN_FLIGHT, policy=policy, template=template, examples=examples, endpoint=f"http://127.0.0.1:{server.port}/v1")
        file = scratch / f"{name}.yaml"
        file.write_text(RECIPE.format(**{**values, **changes}))
        return file

    try:
        seconds = server.start()
        print(f"vLLM {json.loads(server.get('/version'))['version']}, up after {seconds:.0f} s")
        began = time.time()
        process = runs.start(recipe("disturbed"), "disturbed")
        until(lambda: count(journal) >= KILL_AT, process, server)
        kill(process)
        at_kill = len(kept(journal))
        print(f"the run was killed with {at_kill} answers in the journal, after {time.time() - began:.0f} s")

        process = runs.start(recipe("disturbed"), "disturbed")
        until(lambda: count(journal) >= RESTART_AT, process, server)
        completed, at_stop = server.completed(), len(kept(journal))
        how = server.stop()
        print(f"the server {how} with {at_stop} answers in the journal, and was up again after {server.start():.0f} s")
        runs.wait(process, "disturbed")
        completed += server.completed()
        seconds = time.time() - began

        answers = kept(journal)
        rows = critiques(scratch / "disturbed")
        distinct = len({(row["seed"], row["prompt_tokens"], row["text"]) for row in rows})
        print(
            f"{len(rows)} critiques in {seconds:.0f} s: {len(answers)} answers in the journal, at least {completed} completed by the"
            f" server, {completed - len(answers)} more than kept")
        require(len(rows) == CRITIQUES, f"{len(rows)} critiques, not {CRITIQUES}")
        require(len(answers) == len(set(answers)), "an answer is in the journal twice")
        require(distinct <= len(answers) <= CRITIQUES, f"{distinct} different critiques of {len(answers)} answers")
        # Twice in the run's way: the kill of the run, and the end of the server, whose last answers its figures may lack.
        require(completed - len(answers) <= 2 * IN_FLIGHT + 8, "more answers were lost than were in flight")
        reasons = {}
        for row in rows:
            key = (row["finish_reason"], row["void_reason"])
            reasons[key] = reasons.get(key, 0) + 1
            full = row["tokens"] == NEW_TOKENS if row["finish_reason"] == "length" else 0 < row["tokens"] <= NEW_TOKENS
            require(full, f"{row['rollout_id']} #{row['critique_index']}: {row['tokens']} tokens, ended by {row['finish_reason']}")
        print("ended by, void because of: " + ", ".join(f"{finish} {void} {count}" for (finish, void), count in sorted(reasons.items(), key=str)))
        require(
            all(finish in ("stop", "length") and void != "FAILED" for finish, void in reasons), "a critique is no answer of the model")
        require(any(void is None for _, void in reasons), "no critique could be read")
        cached = sum(row["cached_tokens"] or 0 for row in rows)
        print(f"{sum(row['prompt_tokens'] for row in rows)} prompt tokens, {cached} of them cached; answered by {rows[0]['responder']}")

        process = runs.start(recipe("logprobs", problems=2, times=2, logprobs="true", journal=scratch / "with-logprobs"), "logprobs")
        runs.wait(process, "logprobs")
        rows = critiques(scratch / "logprobs")
        require(len(rows) == 2 * ROLLOUTS * 2, f"{len(rows)} critiques with log-probabilities")
        for row in rows:
            require(
                row["logprobs"] is not None and len(row["logprobs"]) == row["tokens"] and max(row["logprobs"]) <= 0,
                f"{row['rollout_id']}: {row['tokens']} tokens, log-probabilities {row['logprobs']}")
        print(f"log-probabilities of {sum(len(row['logprobs']) for row in rows)} tokens")

        server.stop()
        began = time.time()
        runs.wait(runs.start(recipe("again"), "again"), "again")
        print(f"the same in another folder, without a server: {time.time() - began:.0f} s")
        require(len(kept(journal)) == len(answers), "the second run wrote answers")
        told = subprocess.run(
            [capoflow, "diff", str(scratch / "disturbed"), str(scratch / "again")], capture_output=True, text=True)
        require(told.returncode == 0, f"the two runs differ:\n{told.stdout}{told.stderr}")
        print("diff: " + told.stdout.strip().splitlines()[-1])
    finally:
        if runs.process is not None and runs.process.poll() is None:
            kill(runs.process)
        server.stop()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(*sys.argv[1:])
