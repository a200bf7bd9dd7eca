"""Bytes at equal score and processor time of AVIF encoders, as ratios to libaom. Started by `run`.

Each picture is encoded at a ladder of qualities and decoded by dav1d. Between two steps the logarithm of the length is
linear in the score. What is printed for each encoder: the geometric mean of the ratios over pictures and scores, the means
by score, the worst picture, and processor time per megapixel. One thread each. slimpix is measured as a whole process that
reads a PNG, the others without reading.
"""

import argparse
import contextlib
import io
import math
import os
import resource
import subprocess
import tempfile
import time

import pillow_avif  # noqa: F401
from PIL import Image

LADDER = [30, 40, 50, 60, 68, 76, 84, 90, 95, 98]
SCORES = [60, 65, 70, 75, 80, 85, 90]
DISTANCES = [0.4 + 0.15 * step for step in range(12)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slimpix", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--folders", default="photo", help="of the corpus's quality/, with commas (photo)")
    parser.add_argument("--side", type=int, default=512, help="the middle of each picture, so long at the most (512)")
    parser.add_argument("--efforts", default="0,2,4,6", help="of slimpix (0,2,4,6)")
    parser.add_argument("--butteraugli", action="store_true", help="compare at equal Butteraugli, too")
    parser.add_argument("--full-chroma", action="store_true", help="4:4:4 for the peers")
    parser.add_argument("--others", action="store_true", help="ravif and maroontree, too")
    parser.add_argument("--each", action="store_true", help="a line for each picture")
    return parser.parse_args()


@contextlib.contextmanager
def silence():
    """Without what encoders print."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def by_plugin(options, codec, speed, tune):
    sampling = "4:4:4" if options.full_chroma else "4:2:0"
    advanced = {"tune": tune} if codec == "aom" else {"tune": tune, "avif": "1"}

    def encode(picture, quality):
        file = io.BytesIO()
        image = Image.open(picture + ".png").convert("RGB")
        start = time.process_time()
        with silence():
            image.save(
                file, "AVIF", codec=codec, speed=speed, quality=quality, subsampling=sampling,
                max_threads=1, autotiling=False, advanced=advanced,
            )
        return file.getvalue(), time.process_time() - start

    return encode


def by_process(command):
    """`command` makes a list of arguments of the picture's name, a quality and the name of the result."""

    def encode(picture, quality):
        with tempfile.TemporaryDirectory() as folder:
            result = os.path.join(folder, "result.avif")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command(picture, str(quality), result), check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            with open(result, "rb") as file:
                return file.read(), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return encode


def pictures(options, folder):
    """Writes the middles of the corpus's pictures to `folder`, as PNG and PPM; gives their names without an ending."""
    names = []
    for part in options.folders.split(","):
        source = os.path.join(os.environ["SLIMPIX_CORPUS"], "quality", part)
        for name in sorted(os.listdir(source)):
            image = Image.open(os.path.join(source, name)).convert("RGB")
            # Else Pillow writes a picture's profile and metadata into all that is made of it: samples are compared here.
            image.info = {}
            width, height = (min(length, options.side) for length in image.size)
            left, top = (image.width - width) // 2, (image.height - height) // 2
            to = os.path.join(folder, f"{part}-{name}")
            middle = image.crop((left, top, left + width, top + height))
            middle.save(to + ".png")
            middle.save(to + ".ppm")
            names.append(to)
    return names


def measure(options, names, encode, folder):
    """Steps `(score, distance, log of length)` by picture, the mean score by quality, and milliseconds a megapixel."""
    steps, files, seconds, pixels = [], [], 0.0, 0
    for name in names:
        for quality in LADDER:
            file, took = encode(name, quality)
            image = Image.open(io.BytesIO(file)).convert("RGB")
            shown = os.path.join(folder, f"shown-{len(files)}.ppm")
            image.save(shown)
            files.append((name + ".ppm", shown))
            steps.append((name, quality, math.log(len(file))))
            seconds += took
            pixels += image.width * image.height
    command = [options.peers, "score"] + (["--butteraugli"] if options.butteraugli else [])
    lines = "\n".join("\t".join(pair) for pair in files)
    scores = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.split("\n")
    by_picture, by_quality = {}, {}
    for (name, quality, length), line in zip(steps, scores):
        score, distance = map(float, line.split("\t"))
        by_picture.setdefault(name, []).append((score, -distance, length))
        by_quality.setdefault(quality, []).append(score)
    for _, shown in files:
        os.unlink(shown)
    means = {quality: sum(all_of) / len(all_of) for quality, all_of in by_quality.items()}
    return by_picture, means, seconds * 1e9 / pixels


def length_at(steps, axis, wanted):
    """The logarithm of the length at a score between two steps."""
    line = sorted((step[axis], step[2]) for step in steps)
    for (low, short), (high, long) in zip(line, line[1:]):
        if low <= wanted <= high:
            return short + (long - short) * (wanted - low) / max(high - low, 1e-9)
    return None


def ratios(ours, theirs, axis):
    """By picture and score, as logarithms."""
    found = {}
    for name in ours:
        for wanted in SCORES if axis == 0 else [-distance for distance in DISTANCES]:
            pair = length_at(ours[name], axis, wanted), length_at(theirs[name], axis, wanted)
            if None not in pair:
                found[name, abs(wanted)] = pair[0] - pair[1]
    return found


def mean(logarithms):
    return math.exp(sum(logarithms) / len(logarithms))


def report(options, label, ours, theirs):
    for axis, metric in enumerate(["SSIMULACRA2", "Butteraugli"][: 2 if options.butteraugli else 1]):
        found = ratios(ours, theirs, axis)
        if not found:
            print(f"  {metric}: no score in common with {label}")
            continue
        by_score = {}
        by_picture = {}
        for (name, wanted), ratio in found.items():
            by_score.setdefault(wanted, []).append(ratio)
            by_picture.setdefault(name, []).append(ratio)
        worst = max(by_picture, key=lambda name: mean(by_picture[name]))
        scores = " ".join(f"{wanted:g}: {mean(some):.3f}" for wanted, some in sorted(by_score.items()))
        print(f"  {metric} / {label}: {mean(list(found.values())):.4f}  {scores}")
        print(f"    worst {mean(by_picture[worst]):.3f} {os.path.basename(worst)}")
        if options.each:
            for name, some in by_picture.items():
                print(f"    {mean(some):.3f} {os.path.basename(name)}")


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        names = pictures(options, folder)
        libaom = measure(options, names, by_plugin(options, "aom", 6, "iq"), folder)
        svt = measure(options, names, by_plugin(options, "svt", 8, "3"), folder)
        print(f"{len(names)} pictures; milliseconds a megapixel: libaom {libaom[2]:.0f}, SVT-AV1 {svt[2]:.0f}")
        print("SVT-AV1, tune IQ, preset 8")
        report(options, "libaom", svt[0], libaom[0])

        def slimpix(effort):
            return by_process(lambda picture, quality, result: [
                options.slimpix, "convert", picture + ".png", "-o", result, "--quality", quality, "--effort", effort,
                "--jobs", "1", "--quiet",
            ])

        def peer(name, speed):
            return by_process(lambda picture, quality, result: [
                options.peers, name, picture + ".ppm", quality, speed, result,
            ])

        runs = [(f"slimpix, effort {effort}", slimpix(effort)) for effort in options.efforts.split(",")]
        if options.others:
            runs += [(f"ravif, speed {speed}", peer("ravif", speed)) for speed in ("6", "8")]
            runs += [(f"maroontree, {name}", peer("maroontree", speed)) for speed, name in (("1", "slow"), ("3", "fast"))]
        for label, encode in runs:
            found, means, took = measure(options, names, encode, folder)
            print(f"{label}: {took:.0f} ms/MP, {took / libaom[2]:.2f} of libaom's, {took / svt[2]:.2f} of SVT-AV1's")
            report(options, "libaom", found, libaom[0])
            report(options, "SVT-AV1", found, svt[0])
            print("  score by quality:", " ".join(f"{quality}: {score:.1f}" for quality, score in means.items()))


main()
