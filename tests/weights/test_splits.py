"""Models in several files: one name, one size, one identity, whichever part is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from filelock import FileLock
from gguf_files import U16, Typed, gguf, write
from hub_server import COMMIT, Fault, Hub, serving
from llama_files import metadata, split_keys, tensors, write_llama, write_parts

from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.errors import ModelFileError, PullError, RepositoryMissingError
from harness.project import model_choice, models
from harness.records import Message, ModelSpec, Sampling
from harness.weights import cache, downloads, fit, identities, removal, sources
from harness.weights.gguf import read_header

REPO = "maker/model"


def refusal(path: Path) -> str:
    """Why it is refused: one line that says what to do."""
    with pytest.raises(ModelFileError) as caught:
        read_header(path)
    assert str(caught.value).isprintable()
    assert caught.value.hint
    return str(caught.value)


# --- what the files say -------------------------------------------------------------------------


def test_the_header_is_of_all_parts(tmp_path: Path) -> None:
    paths, whole = write_parts(tmp_path), read_header(write_llama(tmp_path / "whole.gguf"))
    found = read_header(paths[0])
    assert (found.files, whole.files) == (3, 1)
    assert found.size == sum(path.stat().st_size for path in paths)
    same = {"tensors", "tensor_bytes", "architecture", "n_ctx_train", "vocab_size"}
    assert found.model_dump(include=same) == whole.model_dump(include=same)


def test_the_first_part_may_hold_no_tensors(tmp_path: Path) -> None:
    made = tensors()
    for number, held in enumerate(([], made)):
        about = {**metadata(), **split_keys(number, 2, len(made))}
        write(tmp_path / f"m-0000{number + 1}-of-00002.gguf", about, held)
    assert read_header(tmp_path / "m-00001-of-00002.gguf").tensors == len(made)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_part_is_named(tmp_path: Path, missing: int) -> None:
    paths = write_parts(tmp_path)
    paths[missing - 1].unlink()
    line = refusal(paths[0])
    assert paths[missing - 1].name in line
    assert ("no such file" if missing == 1 else f"part {missing} of 3") in line


def test_a_later_part_by_itself_is_no_model(tmp_path: Path) -> None:
    line = refusal(write_parts(tmp_path)[1])
    assert "part 2 of 3" in line
    assert "tiny-00001-of-00003.gguf" in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tiny.gguf", "part 1 of 3 of a model, which its name does not say"),
        ("tiny-00001-of-00002.gguf", "part 1 of 3 of a model, but named as part 1 of 2"),
        ("tiny-00002-of-00003.gguf", "part 1 of 3 of a model, but named as part 2 of 3"),
        ("tiny-00004-of-00003.gguf", "part 1 of 3 of a model, but named as part 4 of 3"),
        ("tiny-00000-of-00000.gguf", "part 1 of 3 of a model, but named as part 0 of 0"),
    ],
)
def test_a_name_that_disagrees_with_the_file(tmp_path: Path, name: str, said: str) -> None:
    assert said in refusal(write_parts(tmp_path)[0].rename(tmp_path / name))


@pytest.mark.parametrize("name", ["m-00004-of-00003.gguf", "m-00001-of-00000.gguf"])
def test_a_part_that_cannot_be(tmp_path: Path, name: str) -> None:
    spec = ModelSpec(name="m", path=tmp_path / name, chat_format="llama-2")
    assert sources.locate(spec, tmp_path) is None
    assert model_choice.spec_of_source(f"o/r/{name}", None, None).file == name
    with pytest.raises(ModelFileError, match="does not exist"):
        sources.resolve(spec, tmp_path)
    write_llama(tmp_path / name)
    with pytest.raises(ModelFileError, match=r"named as part \d of \d"):
        sources.resolve(spec, tmp_path)


def test_parts_that_were_swapped(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    paths[1].rename(tmp_path / "aside")
    paths[2].rename(paths[1])
    (tmp_path / "aside").rename(paths[2])
    assert "part 3 of 3 of a model, but named as part 2 of 3" in refusal(paths[0])


def test_a_whole_model_that_is_named_as_a_part(tmp_path: Path) -> None:
    line = refusal(write_llama(tmp_path / "m-00001-of-00003.gguf"))
    assert "named as part 1 of 3, but a whole model by itself" in line
    assert read_header(write_llama(tmp_path / "m-00001-of-00001.gguf")).files == 1


def test_a_part_of_another_model_of_that_many_parts(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    paths[2].write_bytes(gguf(split_keys(2, 3, 99), tensors()[:1]))
    assert "promises 21 tensors, and its 3 parts have" in refusal(paths[0])
    paths[2].write_bytes(gguf({"split.no": Typed(U16, 2), "split.count": Typed(U16, 4)}, tensors()))
    assert "part 3 of 4" in refusal(paths[0])


def test_a_later_part_that_is_cut_short(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    line = refusal(paths[0])
    assert f"{paths[1]}: cut short" in line


# --- on this machine ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0, 1, 2])
def test_any_part_stands_for_the_model(tmp_path: Path, part: int) -> None:
    paths = write_parts(tmp_path)
    spec = model_choice.spec_of_file(paths[part], "llama-2")
    assert (spec.name, spec.path) == ("tiny", paths[0])
    entry = ModelSpec(name="m", path=Path(paths[part].name), chat_format="llama-2")
    path, identity = sources.resolve(entry, tmp_path)
    assert path == paths[0]
    digests = "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}\n" for one in paths)
    assert identity.sha256 == hashlib.sha256(digests.encode()).hexdigest()
    assert identity.size == sum(one.stat().st_size for one in paths)
    assert fit.of(identity, path).weights > identity.size
    assert sources.verify(entry, path, lambda *_: None) == identity.sha256


def test_links_to_parts_are_told_apart_by_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    paths = write_parts(tmp_path)
    for i, path in enumerate(paths):
        path.rename(tmp_path / "blobs" / str(i))
        path.symlink_to(tmp_path / "blobs" / str(i))
    spec = model_choice.spec_of_file(paths[0], "llama-2")
    assert sources.resolve(spec, tmp_path)[1].size == read_header(paths[0]).size


def test_the_digest_of_each_file_is_remembered_and_progress_adds_up(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    spec = ModelSpec(name="m", path=paths[0], chat_format="llama-2")
    seen: list[tuple[int, int]] = []
    first = identities.identify(spec, paths[0], lambda *now: seen.append(now))
    total = sum(one.stat().st_size for one in paths)
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    seen.clear()
    assert identities.identify(spec, paths[0], lambda *now: seen.append(now)) == first
    assert seen == []
    paths[2].write_bytes(paths[2].read_bytes()[:-4] + b"else")
    assert identities.identify(spec, paths[0]).sha256 != first.sha256


def test_a_promised_digest_is_of_all_parts(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    spec = ModelSpec(name="m", path=paths[0], chat_format="llama-2")
    digest = identities.identify(spec, paths[0]).sha256
    sources.resolve(spec.model_copy(update={"sha256": digest}), tmp_path)
    with pytest.raises(ModelFileError, match=r"models\.toml says"):
        sources.resolve(spec.model_copy(update={"sha256": "0" * 64}), tmp_path)


def test_an_entry_whose_part_is_missing_says_which(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    paths[1].unlink()
    spec = ModelSpec(name="m", path=paths[0], chat_format="llama-2")
    assert sources.locate(spec, tmp_path) is None
    with pytest.raises(ModelFileError, match="part 2 of 3 of the model is not there"):
        sources.resolve(spec, tmp_path)
    paths[0].unlink()
    later = spec.model_copy(update={"path": paths[2]})
    with pytest.raises(ModelFileError, match="part 1 of 3 of the model is not there"):
        sources.resolve(later, tmp_path)
    with pytest.raises(ModelFileError, match="part 1 of 3 of the model is not there"):
        model_choice.spec_of_file(paths[2], "llama-2")


def test_llama_cpp_writes_the_same_from_parts_as_from_one_file(tmp_path: Path) -> None:
    said = []
    for path in (write_llama(tmp_path / "whole.gguf"), write_parts(tmp_path)[0]):
        engine = LlamaCppEngine(
            LoadModel(path=path, template=named("llama-2"), n_ctx=256, threads=1)
        )
        turns = [Message(role="user", content="Load it.")]
        (reply,) = engine.complete(turns, Sampling(max_tokens=12), [1], lambda _: None)
        engine.close()
        said.append(reply.text)
    assert said[0] == said[1] != ""


def test_the_command_line_takes_any_part(cli: Cli, project: Path, tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    planned = cli(
        "generate", "eda", "--model-file", paths[1], "--chat-format", "llama-2", "--dry-run"
    )
    assert planned.returncode == 0, planned.stderr
    assert "tiny" in planned.stdout
    cli("models", "add", paths[2], "--chat-format", "llama-2")
    rows = {row["name"]: row for row in json.loads(cli("models", "list", "--json").stdout)}
    assert rows["tiny"]["weights"] == "here"
    assert rows["tiny"]["size"] == sum(one.stat().st_size for one in paths)
    paths[1].unlink()
    refused = cli("generate", "eda", "--model", "tiny", "--dry-run")
    assert refused.returncode == 1
    assert "part 2 of 3" in refused.stderr


# --- on the hub ---------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Has a model in three parts in a folder, and a smaller one beside it."""
    from huggingface_hub import close_session

    monkeypatch.setenv("NO_PROXY", "*")
    made = tmp_path / "made"
    made.mkdir()
    close_session()
    with serving(config__json=b"{}") as server:
        for path in write_parts(made):
            server.files[REPO][f"big/{path.name}"] = path.read_bytes()
        server.files[REPO]["small.gguf"] = write_llama(made / "small.gguf").read_bytes()
        yield server
    close_session()


Pull = Callable[..., Path]


@pytest.fixture
def pull(hub: Hub, tmp_path: Path) -> Pull:
    def run(file: str, on_bytes: Any = lambda *_: None) -> Path:
        spec = ModelSpec(name="m", hf=REPO, file=file, chat_format="llama-2")
        path = downloads.fetch(spec, on_bytes, endpoint=hub.url)
        assert sources.locate(spec, tmp_path) == path
        return path

    return run


@pytest.mark.parametrize(
    "file",
    ["big/tiny-00001-of-00003.gguf", "big/tiny-00003-of-00003.gguf", "big/*.gguf", "*tiny-0000?-*"],
)
def test_all_parts_are_pulled_together(hub: Hub, pull: Pull, file: str) -> None:
    seen: list[tuple[int, int]] = []
    path = pull(file, lambda *now: seen.append(now))
    assert path.name == "tiny-00001-of-00003.gguf"
    size = read_header(path).size
    assert len(hub.downloads()) == 3
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)
    pull(file)
    assert len(hub.downloads()) == 3


def test_a_pull_that_broke_off_keeps_the_parts_that_arrived(hub: Hub, pull: Pull) -> None:
    hub.on_get.extend([Fault(), *[Fault(status=404)] * 5])
    file = "big/tiny-00001-of-00003.gguf"
    with pytest.raises(PullError):
        pull(file)
    hub.on_get.clear()
    before = len(hub.downloads())
    read_header(pull(file))
    assert len(hub.downloads()) - before == 2  # within a file it goes on too: see test_hub


def test_all_parts_are_removed_unless_one_is_being_pulled(hub: Hub, pull: Pull) -> None:
    path = pull("big/tiny-00001-of-00003.gguf")
    spec = ModelSpec(name="m", hf=REPO, file="big/*.gguf")
    with FileLock(path.with_name(".tiny-00002-of-00003.gguf.lock")):
        with pytest.raises(ModelFileError, match="another command is pulling"):
            removal.remove(spec)
        assert read_header(path).files == 3
    assert len(removal.remove(spec)) == 3
    assert not path.parent.exists()


def test_parts_come_from_one_commit(hub: Hub, pull: Pull) -> None:
    pull("big/tiny-00001-of-00003.gguf")
    asked = [one.path for one in hub.requests if "/resolve/" in one.path]
    later = [path for path in asked if "-00001-" not in path]
    assert later
    assert all(f"/resolve/{COMMIT}/" in path for path in later)


def test_a_part_of_another_revision_is_not_kept(hub: Hub, pull: Pull) -> None:
    path = pull("big/tiny-00001-of-00003.gguf")
    other = path.with_name("tiny-00002-of-00003.gguf")
    other.write_bytes(bytes(other.stat().st_size))
    path.with_name("tiny-00003-of-00003.gguf").unlink()
    read_header(pull("big/tiny-00001-of-00003.gguf"))


def test_a_part_that_the_hub_lacks_is_named(hub: Hub, pull: Pull) -> None:
    del hub.files[REPO]["big/tiny-00003-of-00003.gguf"]
    with pytest.raises(RepositoryMissingError, match=r"tiny-00003-of-00003\.gguf"):
        pull("big/tiny-00001-of-00003.gguf")
    assert not hub.downloads()


def test_a_pattern_that_fits_several_models_or_none(hub: Hub, pull: Pull) -> None:
    with pytest.raises(PullError, match=r"fits 2 models .*big/tiny-00001-of-00003.gguf, small"):
        pull("*.gguf")
    with pytest.raises(PullError, match=r"fits no GGUF file") as caught:
        pull("*.json")
    assert "small.gguf" in caught.value.hint
    with pytest.raises(PullError, match=r"fits no GGUF file"):
        pull("[bs]*.gguf")  # no set of characters
    assert not hub.downloads()


def test_an_entry_for_a_part_on_the_hub_names_the_first(project: Path) -> None:
    spec = model_choice.spec_of_source("o/r/big/m-00002-of-00003.gguf", None, None)
    assert (spec.name, spec.file) == ("m", "big/m-00001-of-00003.gguf")
    models.add(project, spec)
    pattern = model_choice.spec_of_source("o/r/m-q4*.gguf", None, None)
    assert (pattern.name, pattern.file) == ("m-q4", "m-q4*.gguf")
    assert cache.cached_file(pattern) is None
