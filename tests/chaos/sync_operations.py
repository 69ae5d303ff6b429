"""Calls and streams without an event loop."""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from opentelemetry import context as otel_context

from chaos.run import Mine, Run
from support import MODEL


def call(run: Run) -> None:
    """One answer."""
    if run.plan.via == "models":
        run.note(run.client.models.generate_content(**run.arguments))
        return
    chat = run.hold(run.client.chats.create(model=MODEL, config=run.config))
    with run.caught():
        run.note(chat.send_message(run.prompt))
    run.note(len(chat.get_history()))


def stream(run: Run) -> None:
    """Many chunks, of which the caller takes some."""
    if run.plan.via == "models":
        chunks = run.client.models.generate_content_stream(**run.arguments)
    else:
        chunks = run.client.chats.create(model=MODEL, config=run.config).send_message_stream(run.prompt)
    leave(run, run.hold(chunks))


def interaction(run: Run) -> None:
    """The same of the other API."""
    if run.plan.action == "plain":
        run.note(run.client.interactions.create(model=MODEL, input=run.prompt))
    else:
        leave(run, run.client.interactions.create(model=MODEL, input=run.prompt, stream=True))


def method(run: Run) -> None:
    """A method that generates nothing."""
    run.here()
    run.note(_METHODS[run.plan.action](run))


def leave(run: Run, chunks: Any) -> None:
    """Read some chunks, and then do what the plan says."""
    if run.plan.action != "unread":
        reader = iter(chunks)
        if _take(run, reader):
            _LEAVING.get(run.plan.action, _drop)(run, reader)


def _take(run: Run, chunks: Iterator[Any]) -> bool:
    """Read until the step of the plan, or to the end; whether there may be more."""
    number = 0
    for number, chunk in enumerate(chunks):
        run.note(chunk)
        run.here()
        if run.plan.toggles and number == 0:
            run.toggle()
        if number >= run.plan.step and run.plan.action != "drain":
            return True
    run.note(number)
    return False


def _drop(run: Run, chunks: Any) -> None:
    """Nobody holds it any more."""


def _again(run: Run, chunks: Any) -> None:
    for chunk in chunks:
        run.note(chunk)
    run.note(next(chunks, "exhausted"))


def _close(run: Run, chunks: Any) -> None:
    chunks.close()
    run.here()
    run.note(next(chunks, "exhausted"))


def _raise(run: Run, chunks: Any) -> None:
    raise Mine(run.plan.number)


def _throw(run: Run, chunks: Any) -> None:
    chunks.throw(Mine(run.plan.number))


def _interrupt(run: Run, chunks: Any) -> None:
    chunks.throw(KeyboardInterrupt())


def _cycle(run: Run, chunks: Any) -> None:
    holder = [chunks]
    holder.append(holder)  # type: ignore[arg-type]


def _nest(run: Run, chunks: Any) -> None:
    run.note(run.client.models.generate_content(model=MODEL, contents="nested"))
    _again(run, chunks)


def _in_thread(target: Callable[[], None]) -> None:
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


def _hand_over(run: Run, chunks: Any) -> None:
    def read() -> None:
        with run.caught():
            for chunk in chunks:
                run.note(chunk)
                run.here()

    _in_thread(read)


def _close_elsewhere(run: Run, chunks: Any) -> None:
    _in_thread(chunks.close)
    run.note(next(chunks, "exhausted"))


def _copied_context(run: Run, chunks: Any) -> None:
    for _ in range(3):
        run.note(contextvars.copy_context().run(next, chunks, "exhausted"))
        run.here()


def _attach(run: Run, chunks: Any) -> None:
    """The caller attaches something of his own between two chunks, and leaves it a while."""
    token = otel_context.attach(otel_context.set_value("mine", run.plan.number))
    try:
        run.note(next(chunks, "exhausted"))
        run.note(otel_context.get_value("mine"))
    finally:
        otel_context.detach(token)
    _again(run, chunks)


def _fork(run: Run, chunks: Any) -> None:
    """A child inherits the stream, reads it to its end and leaves."""
    read, write = os.pipe()
    inherited = run.open()
    child = os.fork()
    if child == 0:
        try:
            count = len(list(chunks))
            del chunks
            os.write(write, f"{count} {len(inherited - run.open())} ended by the child".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    run.note(os.read(read, 100).decode())
    os.close(read)
    _again(run, chunks)


_LEAVING: dict[str, Callable[[Run, Any], None]] = {
    "drop": _drop,
    "again": _again,
    "close": _close,
    "raise": _raise,
    "throw": _throw,
    "interrupt": _interrupt,
    "cycle": _cycle,
    "nest": _nest,
    "hand_over": _hand_over,
    "close_elsewhere": _close_elsewhere,
    "copied_context": _copied_context,
    "attach": _attach,
    "fork": _fork,
}


def _list(run: Run, pages: Any) -> list[str]:
    return [str(page.name) for page, _ in zip(pages, range(run.plan.step + 1), strict=False)]


_METHODS: dict[str, Callable[[Run], Any]] = {
    "count_tokens": lambda run: run.client.models.count_tokens(model=MODEL, contents=run.prompt),
    "embed_content": lambda run: run.client.models.embed_content(
        model="gemini-embedding-001", contents="tides"
    ),
    "list_models": lambda run: _list(run, run.client.models.list(config={"page_size": 3})),
    "get_model": lambda run: run.client.models.get(model=MODEL),
    "list_files": lambda run: _list(run, run.client.files.list()),
    "missing_file": lambda run: run.client.files.get(name=f"files/none-{run.plan.number}"),
}
