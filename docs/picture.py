#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["rich==15.0.0"]
# ///
"""Runs a command as on a terminal and writes what it printed to stdout as an SVG. The picture of the README:

    cargo build --release
    docs/picture.py docs/report.svg target/release/rpsbench --rate 320 --duration 60s

Needs `pip install rich==15.0.0`, or `uv run`. What goes to stderr (progress, warnings) is no part of the picture.
"""

import os
import pathlib
import pty
import shlex
import subprocess
import sys

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME = TerminalTheme(
    (24, 26, 31),
    (214, 218, 224),
    [(24, 26, 31), (240, 113, 120), (140, 200, 120), (230, 190, 100), (120, 170, 240), (200, 150, 230), (110, 200, 210), (214, 218, 224)],
    [(120, 126, 138), (255, 120, 128), (160, 220, 140), (250, 210, 120), (140, 190, 255), (220, 170, 250), (130, 220, 230), (255, 255, 255)],
)

# rich's own frame, without the font that it would fetch from elsewhere: an image in a README may fetch nothing.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def stdout_on_a_terminal(command: list[str]) -> str:
    """What the command prints to stdout when that is a terminal, colours included."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL) as child:
        os.close(theirs)
        output = bytearray()
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the last writer has closed
                piece = b""
            if not piece:
                break
            output += piece
    os.close(ours)
    if child.returncode not in (0, 3, 99):
        sys.exit(f"{shlex.join(command)} ended with {child.returncode}")
    return output.decode().replace("\r\n", "\n").rstrip("\n")


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    target, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    text = Text.from_ansi(stdout_on_a_terminal(command))
    width = max(line.cell_len for line in text.split("\n")) + 1
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(text, highlight=False, soft_wrap=False)
        title = shlex.join([pathlib.Path(command[0]).name, *command[1:]])
        # A fixed id: two pictures of the same output are the same file.
        console.save_svg(str(target), title=title, theme=THEME, code_format=FRAME, unique_id="rpsbench")


if __name__ == "__main__":
    main()
