#!/usr/bin/env python3
"""Whether memory or descriptors of a long run grow. The program itself tests that on the recorded runs of growth.txt; speaks TAP.

A ceiling notices a leak only when the run is long enough to reach it. For memory the trend is looked at instead: the samples behind the start, as medians
of equal parts of the run, and the median of the slopes between any two of them. A peak, a stage that needs more, a buffer that is made once do not move
it; what is lost with each item does, the more the longer the run is. Descriptors need no time to reach their number: what is open at the end, at least,
is compared with what was open at the start.
"""
import os, statistics, sys

PARTS = 40
START = 0.2                                     # of the run: until pools and caches have their size


def left(values):
    """How much more there is at the end than at the start, by the lowest of each; a program that begins has no connections."""
    n = len(values)
    return min(values[n - n // 20:]) - min(values[:n // 5])


def trend(values):
    """Growth behind the start."""
    values = values[int(len(values) * START):]
    parts = min(PARTS, len(values))
    middles = [statistics.median(values[len(values) * i // parts:len(values) * (i + 1) // parts]) for i in range(parts)]
    slopes = [(middles[j] - middles[i]) / (j - i) for i in range(parts) for j in range(i + 1, parts)]
    return statistics.median(slopes) * (parts - 1)


# name, ceiling, how growth is told, growth that is still called flat
LIMITS = (("KB resident", 64 * 1024, trend, 3 * 1024), ("descriptors", 200, left, 16))


def problems(samples):
    """samples: (KB, descriptors), equal times apart."""
    if len(samples) < 2 * PARTS:
        return [f"only {len(samples)} samples: take more items"]
    found = []
    for at, (name, ceiling, growth, flat) in enumerate(LIMITS):
        values = [s[at] for s in samples]
        grown = growth(values)
        if max(values) > ceiling or grown > flat:
            found.append(f"{name}: grow by {grown:.0f}, at most {flat} is flat; {max(values)} at most, the ceiling is {ceiling}")
    return found


def main():
    count = failed = 0
    for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "growth.txt")):
        if line.startswith("#") or not line.strip():
            continue
        wanted, title, series = [part.strip() for part in line.split("|")]
        found = problems([tuple(int(n) for n in s.split(":")) for s in series.split()])
        grows = "+".join(name for name, *_ in LIMITS if any(f.startswith(name) for f in found)) or "flat"
        count += 1
        failed += grows != wanted
        print(f"{'ok' if grows == wanted else 'not ok'} {count} - {title}: {wanted}")
        if grows != wanted:
            print(f"# it is called {grows}: {found}")
    print(f"1..{count}")
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
