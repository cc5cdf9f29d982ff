"""Makes COUNT PNG pictures of about BYTES bytes in DIR; only DISTINCT of them differ, the rest are hard links.
usage: pictures.py DIR COUNT BYTES [DISTINCT] [PREFIX]"""
import os, random, struct, sys, zlib


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(seed, size):
    side = max(4, int((size / 3) ** 0.5))
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(side * 3) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def main():
    folder, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    distinct = int(sys.argv[4]) if len(sys.argv) > 4 else count
    prefix = sys.argv[5] if len(sys.argv) > 5 else "pic"
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        path = os.path.join(folder, "%s-%05d.png" % (prefix, i))
        if i < distinct:
            with open(path, "wb") as f:
                f.write(png("%s-%d" % (prefix, i), size))
        else:
            os.link(os.path.join(folder, "%s-%05d.png" % (prefix, i % distinct)), path)


main()
