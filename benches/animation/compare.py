"""Animated WebPs by slimpix beside those of libwebp's gif2webp: bytes at equal score, and processor time. Started by `run`.

For each GIF, gif2webp -mixed -q 80 -m 4 gives a length and a mean SSIMULACRA2 over frames; slimpix codes it at a ladder of
qualities, between which the logarithm of the length is linear in the score. Then both without loss, where every pixel of
every frame must be the source's as libwebp's decoder composes it. Times are those of whole processes, the best of three.
What is printed are ratios, and their geometric means.
"""

import argparse
import glob
import math
import os
import resource
import subprocess
import tempfile

LADDER = [10, 25, 40, 50, 60, 70, 80, 88, 94, 98]


def timed(command, times):
    """The least processor time of a command in seconds."""
    best = math.inf
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    def result(self, name):
        return os.path.join(self.folder, name)

    def theirs(self, gif, flags, times):
        to = self.result("theirs.webp")
        seconds = timed(["gif2webp", *flags, "-m", "4", gif, "-o", to], times)
        return os.path.getsize(to), seconds, self.score(gif, to)

    def ours(self, gif, mode, quality, times):
        to = self.result("ours.webp")
        command = [self.options.tool, "encode", mode, str(quality), str(self.options.effort), gif, to]
        seconds = timed(command, times)
        return os.path.getsize(to), seconds, self.score(gif, to)

    def score(self, gif, webp):
        out = subprocess.run([self.options.tool, "score", gif, webp], check=True, capture_output=True, text=True).stdout
        mean, worst, same = out.split()
        return float(mean), float(worst), same == "true"

    def at_score(self, gif, score):
        """Our length at a score, and the quality at which it was met."""
        below = None
        for quality in LADDER:
            length, _, (mean, _, _) = self.ours(gif, self.options.mode, quality, 1)
            if self.options.ladder:
                print(f"    quality {quality}: {length} bytes, {mean:.2f}")
            if mean >= score:
                if below is None or mean == below[1]:
                    return length, quality
                part = (score - below[1]) / (mean - below[1])
                return math.exp(math.log(below[0]) + part * (math.log(length) - math.log(below[0]))), quality
            below = length, mean
        length, _, _ = self.ours(gif, "lossless", 80, 1)
        return length, 100


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="with GIFs")
    parser.add_argument("--tool", required=True)
    parser.add_argument("--effort", type=int, default=4, help="of slimpix (4)")
    parser.add_argument("--mode", default="mixed", help="of slimpix against -mixed (mixed)")
    parser.add_argument("--only", default="", help="a part of the names")
    parser.add_argument("--times", type=int, default=3, help="how often each is timed (3)")
    parser.add_argument("--ladder", action="store_true", help="a line for each quality")
    parser.add_argument("--no-lossless", action="store_true")
    options = parser.parse_args()
    sums = {"bytes": [], "cpu": [], "lossless bytes": [], "lossless cpu": []}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for gif in sorted(glob.glob(os.path.join(options.folder, "*.gif"))):
            name = os.path.basename(gif)
            if options.only not in name:
                continue
            size, seconds, (score, worst, _) = bench.theirs(gif, ["-mixed", "-q", "80"], options.times)
            length, quality = bench.at_score(gif, score)
            _, own, (_, own_worst, _) = bench.ours(gif, options.mode, quality if quality < 100 else 80, options.times)
            sums["bytes"].append(length / size)
            sums["cpu"].append(own / seconds)
            line = f"{name:22} {size:8} bytes at {score:6.2f} (worst {worst:6.2f}): {length / size:.3f} (q {quality}, worst {own_worst:6.2f})"
            line += f", cpu {seconds * 1000:5.0f} ms {own / seconds:.2f}"
            if not options.no_lossless:
                size, seconds, (_, _, _) = bench.theirs(gif, [], options.times)
                length, own, (_, _, same) = bench.ours(gif, "lossless", 80, options.times)
                sums["lossless bytes"].append(length / size)
                sums["lossless cpu"].append(own / seconds)
                line += f" | lossless {size:8}: {length / size:.3f}, cpu {seconds * 1000:5.0f} ms {own / seconds:.2f}{'' if same else ', NOT the source'}"
            print(line, flush=True)
    for what, ratios in sums.items():
        if ratios:
            print(f"{what}: {mean(ratios):.3f} (worst {max(ratios):.3f})")


main()
