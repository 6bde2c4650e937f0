"""A watched reply of a server: cut where it is stepped back, and asked for again from what stays.

A server that goes on with a conversation's last turn, where that is the model's own, is told what
stays of it. It may write the same again; another seed makes that less likely.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.engines.openai_http.stream import StreamedReply
from harness.ports import OnProgress, Watcher
from harness.records import Completion, Progress, StepBack

# What the servers that can do it say of themselves in their list of models, and what each wants to
# be told beside the turn.
OWNERS: dict[str, dict[str, bool]] = {
    "llamacpp": {},
    "vllm": {"add_generation_prompt": False, "continue_final_message": True},
}
LEAST_ECHO = 16  # characters that are taken for what was sent, where a reply begins with them


class Continued:
    """One reply over all that is asked for it."""

    def __init__(self, watcher: Watcher, sample: int, prompt: int, on_progress: OnProgress) -> None:
        self._watcher, self._sample, self._prompt = watcher, sample, prompt
        self._on_progress = on_progress
        self._pieces: list[str] = []  # a token each
        self._hidden: list[tuple[int, str]] = []  # by the characters before
        self._begun, self._sent = 0, ""  # pieces and text that the server was told
        self._echo: str | None = None  # what may be the server's repetition of what it was told
        self._told = 0  # characters
        self.backs = 0
        self.taken_back = 0

    @property
    def text(self) -> str:
        """What is written."""
        return "".join(self._pieces)

    @property
    def written(self) -> int:
        """Tokens of it."""
        return len(self._pieces)

    def fields(self, fields: dict[str, Any], more: dict[str, bool]) -> dict[str, Any]:
        """What is to be sent for the rest; ``more``: what the server wants beside it."""
        self._begun, self._sent = self.written, self._seen_by_model()
        fields = {**fields, "max_tokens": fields["max_tokens"] - self.written}
        fields["seed"] += self.backs
        if self._sent:
            turn = {"role": "assistant", "content": self._sent}
            fields |= {"messages": [*fields["messages"], turn], **more}
        return fields

    def part(self) -> Part:
        """The rest as it comes, from its beginning."""
        if self.written > self._begun:  # an earlier try broke off
            del self._pieces[self._begun :]
            self._tell(len(self.text))
        self._echo = "" if len(self._sent) >= LEAST_ECHO else None
        return Part(self._prompt + self._begun, self.take)

    def take(self, text: str) -> bool:
        """What came; whether the reply is stepped back, so that no more is wanted."""
        if self._echo is not None:
            self._echo += text
            if len(self._echo) < len(self._sent) and self._sent.startswith(self._echo):
                return False
            text, self._echo = self._echo.removeprefix(self._sent), None
        if text:
            self._pieces.append(text)
            self._tell()
        back = self._watcher.look(self.text, ended=False) if text else None
        if back is not None:
            self._step_back(back)
        return back is not None

    def goes_on(self) -> bool:
        """The server ended it; whether the watcher steps it back all the same."""
        if self._echo:
            self._pieces.append(self._echo)
            self._echo = None
            self._tell()
        back = self._watcher.look(self.text, ended=True)
        if back is not None:
            self._step_back(back)
        return back is not None

    def completion(self, last: StreamedReply, seed: int, most: int) -> Completion:
        """The whole reply; ``last`` is its last part."""
        done = last.completion(seed, most - self._begun)
        notes = (*done.notes, f"it went on {self.backs} times from what was kept")
        cut = self.written >= most or (not last.is_cut and done.finish == "length")
        return done.model_copy(
            update={
                "text": self.text,
                "finish": "length" if cut else "stop",
                "prompt_tokens": max(0, done.prompt_tokens - self._begun),
                "completion_tokens": self.written,
                "taken_back": self.taken_back,
                "notes": notes if self.backs else done.notes,
            }
        )

    def _step_back(self, back: StepBack) -> None:
        text = self.text
        keep = min(back.keep, len(text))
        kept: list[str] = []
        for piece in self._pieces:
            size = sum(map(len, kept))
            if size >= keep:
                break
            kept.append(piece[: keep - size])
        self.taken_back += self.written - len(kept)
        self._hidden = [one for one in self._hidden if one[0] <= keep]
        self._pieces = kept
        if back.insert and back.hidden:
            self._hidden.append((keep, back.insert))
        elif back.insert:
            self._pieces.append(back.insert)
        self._tell(min(keep, self._told))
        self.backs += 1

    def _tell(self, kept: int | None = None) -> None:
        text = self.text
        progress = Progress(
            sample=self._sample,
            text=text[self._told if kept is None else kept :],
            kept=kept,
            tokens=self.written,
            taken_back=self.taken_back,
            prompt_done=self._prompt,
            prompt_total=self._prompt,
        )
        self._told = len(text)
        self._on_progress(progress)

    def _seen_by_model(self) -> str:
        text = self.text
        for at, words in reversed(self._hidden):
            text = text[:at] + words + text[at:]
        return text


class Part(StreamedReply):
    """What one request brings of a reply."""

    def __init__(self, prompt: int, take: Callable[[str], bool]) -> None:
        super().__init__(0, prompt, lambda _: None)
        self._take = take

    def grew(self, text: str) -> None:
        """Let it be looked at; nothing is read any more where it is cut."""
        self.is_cut = self._take(text)
