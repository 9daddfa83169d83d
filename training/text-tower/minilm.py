"""The frozen text side: all-MiniLM-L6-v2 (int8), pooled, with a cache on disk."""
import functools
import os

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

import paths

MAX_TOKENS = 128
BATCH = 32


@functools.cache
def _tokenizer():
    tokenizer = Tokenizer.from_file(str(paths.TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


@functools.cache
def _session():
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("KINORA_TRAINING_WORKERS", "2"))
    return ort.InferenceSession(str(paths.MINILM), options)


def pieces(text):
    """Word pieces of a text: few for words that the model has often seen."""
    return len(_tokenizer().encode(text).ids) - 2


def embed(texts, batch=BATCH):
    """L2-normalised mean pooling of the last hidden state, f32 [n, 384].

    Texts of one length in tokens go together, so nothing is padded.
    """
    ids = [encoding.ids for encoding in _tokenizer().encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    result = np.empty((len(ids), 384), np.float32)
    while order:
        length = len(ids[order[0]])
        same = [i for i in order[:batch] if len(ids[i]) == length]
        order = order[len(same):]
        tokens = np.array([ids[i] for i in same], np.int64)
        states = _session().run(None, {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        })[0]
        pooled = states.mean(1)
        result[same] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    return result


def embed_cached(texts):
    """As `embed`, in batches, for training texts; keeps what was done on disk."""
    file = paths.CACHE / "minilm.npz"
    done = {}
    if file.exists():
        with np.load(file) as stored:
            done = dict(zip(stored["texts"].tolist(), stored["vectors"]))
    todo = sorted(set(texts) - set(done))
    if todo:
        done |= zip(todo, embed(todo))
        scratch = file.with_suffix(".part.npz")
        np.savez(scratch, texts=np.array(list(done)), vectors=np.array(list(done.values())))
        scratch.replace(file)
    return np.array([done[text] for text in texts])
