"""The other side of CriticsBesidePython: openai's asynchronous client, a semaphore, one task a call.

critics.py URL MODEL CAPACITY CALLS prints a JSON object with seconds and processor_seconds.
"""

import asyncio
import json
import sys
import time

import openai

STEPS = 8


def prompt(number):
    steps = "".join(
        f"<step_{step}>\n{'So we add the two and get what is left. ' * 6}\n</step_{step}>\n" for step in range(STEPS)
    )
    return f"Question {number}\n{steps}"


async def main(url, model, capacity, calls):
    client = openai.AsyncOpenAI(base_url=url, api_key="none", timeout=600, max_retries=0)
    places = asyncio.Semaphore(capacity)

    async def ask(number):
        async with places:
            answer = await client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": prompt(number)}],
                temperature=0.7,
                top_p=0.9,
                max_tokens=256,
                seed=number,
            )
            assert answer.choices[0].message.content

    started, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(ask(number) for number in range(calls)))
    print(
        json.dumps(
            {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - processor}
        )
    )


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
