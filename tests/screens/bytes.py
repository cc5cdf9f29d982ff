#!/usr/bin/env python3
"""What the terminal gets, counted on a pty: bytes of the first frame, of single cursor moves, of many keys at once, of waiting.
usage: bytes.py PROGRAM [ARGUMENT...]; prints one `name value` a line. Sizes and keys are those of the tests that call it."""
import fcntl, os, pty, select, struct, sys, termios, time

ROWS, COLUMNS = 24, 80


def read_until_quiet(fd, quiet, most=30.0):
    """All bytes until none came for `quiet` seconds; and when the first came."""
    got, first, begun = b"", None, time.monotonic()
    while time.monotonic() - begun < most:
        ready, _, _ = select.select([fd], [], [], quiet)
        if not ready:
            break
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        first = first or time.monotonic() - begun
        got += part
    return got, first


def main():
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        time.sleep(0.2)                      # the size is set by then
        os.execvp(sys.argv[1], sys.argv[1:])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    _, first = read_until_quiet(fd, 2.0)
    print("first_ms", round(((first or 0) - 0.2) * 1000))
    moves = []
    for _ in range(6):
        os.write(fd, b"j")
        got, _ = read_until_quiet(fd, 0.04)  # the move alone, before what follows the resting cursor
        moves.append(len(got))
        read_until_quiet(fd, 0.6)
    print("move", max(moves))
    os.write(fd, b"j" * 100 + b"k" * 100)
    got, _ = read_until_quiet(fd, 0.7)
    print("keys", len(got))
    got, _ = read_until_quiet(fd, 10.0)
    print("idle", len(got))
    os.write(fd, b"q")
    read_until_quiet(fd, 1.0)
    _, status = os.waitpid(pid, 0)
    print("exit", os.waitstatus_to_exitcode(status))


main()
