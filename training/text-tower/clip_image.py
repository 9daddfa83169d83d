"""CLIP ViT-B/16 vision tower: standard preprocessing, and embedding with a cache on disk.

The ONNX file quantises activations dynamically per tensor, so a batch would change the
result of its members: every picture is embedded alone, with one thread per process.
"""
import hashlib
import multiprocessing
import os

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

import paths

SIZE = 224
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def preprocess(image):
    """RGB picture -> f32 [3,224,224]: short side to 224 (bicubic, antialiased), centre crop."""
    image = ImageOps.exif_transpose(image).convert("RGB")
    width, height = image.size
    short = min(width, height)
    # torchvision truncates the long side, as the CLIP reference does.
    size = (int(SIZE * width / short), int(SIZE * height / short))
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - SIZE) / 2), round((size[1] - SIZE) / 2)
    image = image.crop((left, top, left + SIZE, top + SIZE))
    pixels = np.asarray(image, np.float32) / 255.0
    return ((pixels - MEAN) / STD).transpose(2, 0, 1)


_session = None


def _open_session():
    global _session
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    _session = ort.InferenceSession(str(paths.CLIP_VISION), options)


def embed_pixels(pixels):
    """f32 [3,224,224] -> L2-normalised f32 [512]."""
    if _session is None:
        _open_session()
    vector = _session.run(["image_embeds"], {"pixel_values": pixels[None]})[0][0]
    return vector / np.linalg.norm(vector)


def _embed_job(job):
    key, make, args = job
    try:
        return key, embed_pixels(preprocess(make(*args)))
    except (OSError, ValueError) as error:
        print(f"skipped {key}: {error}", flush=True)
        return key, None


def embed_all(name, jobs, save_every=200):
    """Embeds `jobs` = [(key, make, args)] where make(*args) gives a picture.

    Returns {key: f32 [512]}. What was done is kept in the cache under `name`, so an
    interrupted run goes on where it stopped. Pictures that cannot be read are left out.
    """
    file = paths.CACHE / f"embed-{name}.npz"
    done = {}
    if file.exists():
        with np.load(file) as stored:
            done = dict(zip(stored["keys"].tolist(), stored["vectors"]))
    todo = [job for job in jobs if job[0] not in done]
    workers = int(os.environ.get("KINORA_TRAINING_WORKERS", "2"))
    if todo:
        with multiprocessing.Pool(workers, _open_session) as pool:
            for count, (key, vector) in enumerate(pool.imap(_embed_job, todo, 4), 1):
                if vector is not None:
                    done[key] = vector
                if count % save_every == 0 or count == len(todo):
                    _save(file, done)
                    print(f"{name}: {count}/{len(todo)}", flush=True)
    return {job[0]: done[job[0]] for job in jobs if job[0] in done}


def _save(file, done):
    scratch = file.with_suffix(".part.npz")
    np.savez(scratch, keys=np.array(list(done)), vectors=np.array(list(done.values())))
    scratch.replace(file)


def key_of(*parts):
    """A short stable key of anything printable."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:20]
