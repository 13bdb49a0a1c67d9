"""What llama.cpp makes of prompts: ids, greedy continuations and the probabilities of given ones.

    python llamacpp.py MODEL.gguf [f32] < prompts.jsonl

Each line has "prompt" and "continuation"; each line of the answer "ids" of the prompt, the "greedy" ids after it with the "gaps"
between the two largest logits, "continued" ids of prompt and continuation, and "logs", the natural logarithm of the probability
of each token of the continuation. With f32 the same weights are computed with as floats: llama.cpp otherwise rounds activations
to 8 bits where weights are in fewer.
"""

import ctypes
import json
import os
import sys
import tempfile

import llama_cpp
import numpy as np

GREEDY = 40
CONTEXT = 256


def as_floats(model, folder):
    path = os.path.join(folder, "f32.gguf")
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = llama_cpp.LLAMA_FTYPE_ALL_F32
    params.allow_requantize = True
    if llama_cpp.llama_model_quantize(model.encode(), path.encode(), ctypes.byref(params)) != 0:
        sys.exit(f"{model}: cannot be written in F32")
    return path


def next_logits(llama, tokens):
    """The logits after each token."""
    llama.reset()
    llama.eval(tokens)
    return np.array(llama.scores[: len(tokens)], dtype=np.float64)


def answer(llama, row):
    ids = llama.tokenize(row["prompt"].encode(), add_bos=True, special=False)
    logits = next_logits(llama, ids)[-1]
    greedy, gaps = [], []
    for _ in range(GREEDY):
        second, first = np.partition(logits, -2)[-2:]
        greedy.append(int(np.argmax(logits)))
        gaps.append(float(first - second))
        llama.eval(greedy[-1:])
        logits = np.array(llama.scores[llama.n_tokens - 1], dtype=np.float64)
    continued = llama.tokenize((row["prompt"] + row["continuation"]).encode(), add_bos=True, special=False)
    logits = next_logits(llama, continued)
    top = logits.max(-1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
    return {
        "ids": ids,
        "greedy": greedy,
        "gaps": gaps,
        "continued": continued,
        "logs": [float(logs[i - 1, continued[i]]) for i in range(len(ids), len(continued))],
    }


with tempfile.TemporaryDirectory() as folder:
    model = sys.argv[1]
    if sys.argv[2:] == ["f32"]:
        model = as_floats(model, folder)
    llama = llama_cpp.Llama(
        model, n_ctx=CONTEXT, n_batch=CONTEXT, n_threads=1, n_threads_batch=1, logits_all=True, type_k=0, type_v=0, verbose=False
    )
    for line in sys.stdin:
        print(json.dumps(answer(llama, json.loads(line))), flush=True)
