"""Send a request again if that may succeed, and when it may succeed: a retry loop that understands each error.

Run it with `python examples/retry.py`. It prints the waits instead of sleeping; leave out `sleep` in your own program.
"""

import tenacity
from connect import gemini_client
from google import genai
from google.genai import errors

from gemini_otel import advise
from gemini_otel.advice import retry_if_it_helps, wait_as_told

SCENARIOS = ("daily_quota", "rate_limited_twice", "overloaded_once", "invalid_key")


def ask(client: genai.Client, prompt: str, waits: list[float]) -> str | None:
    for attempt in tenacity.Retrying(
        retry=retry_if_it_helps(),
        wait=wait_as_told(),
        stop=tenacity.stop_after_attempt(4) | tenacity.stop_before_delay(120),
        sleep=waits.append,
        reraise=True,
    ):
        with attempt:
            answer = client.models.generate_content(model="gemini-3.5-flash", contents=prompt)
    return answer.text


def main() -> None:
    for scenario in SCENARIOS:
        waits: list[float] = []
        with gemini_client() as client:
            try:
                ask(client, f"Tell me about the tides. (simulate:{scenario})", waits)
                end = "answered"
            except errors.APIError as error:
                hint = advise(error).hint
                end = f"{hint.id}: {hint.summary}" if hint else "not known"
        print(f"{scenario}: waited {[int(wait) for wait in waits]} s; {end}")


if __name__ == "__main__":
    main()
