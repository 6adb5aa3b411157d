"""The category tree in a browser: from a keystroke to the result on the screen, with 12,000 categories.

    python -m benchmarks.tree_search WORKSPACE [--categories 12000]

Opens the review page in headless Chromium, with categories made up of words beside those of the workspace,
and types words letter by letter. Needs the extra `web`, playwright and a Chromium. Writes
benchmarks/results/tree_search.json.
"""

import argparse
import random
import shutil
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import sync_playwright

from app.chat.opening import ChatOptions, open_chats
from app.web.server import WebOptions, build_app
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.progress import Silent
from catalog.settings import load_settings

FILE = RESULTS / "tree_search.json"
_WORDS = [
    "bed",
    "lamp",
    "cable",
    "chair",
    "hose",
    "coffee",
    "tea",
    "shirt",
    "shoe",
    "sock",
    "phone",
    "case",
    "stand",
    "mount",
    "charger",
    "battery",
    "filter",
    "brush",
    "pan",
    "pot",
    "knife",
    "board",
    "towel",
    "sheet",
    "pillow",
    "cover",
    "rug",
    "curtain",
    "mirror",
    "frame",
    "clock",
    "toy",
    "puzzle",
    "game",
    "ball",
    "racket",
    "tent",
    "lantern",
    "stove",
    "bottle",
    "bag",
    "wallet",
    "belt",
    "scarf",
    "glove",
    "hat",
    "ring",
    "watch",
    "cream",
    "soap",
    "candle",
    "seed",
    "soap",
    "planter",
]
_KINDS = [
    "garden",
    "kitchen",
    "travel",
    "baby",
    "dog",
    "cat",
    "outdoor",
    "office",
    "winter",
    "summer",
    "steel",
    "wooden",
    "folding",
    "spare",
    "mini",
]
# From the input event to the first frame that shows another list.
_WATCH = """() => {
  window.taken = [];
  let began = 0;
  const search = document.querySelector('.tree-search');
  search.addEventListener('input', () => { began = performance.now(); }, true);
  new MutationObserver(() => {
    const since = began;
    requestAnimationFrame(() => setTimeout(() => window.taken.push(performance.now() - since), 0));
  }).observe(document.querySelector('.tree'), { childList: true });
}"""


def categories(count: int, seed: int = 0) -> dict[str, str]:
    """Paths of four levels, by ids."""
    drawn = random.Random(seed)

    def level(departments: int) -> str:
        return f"{drawn.choice(_KINDS)} {drawn.choice(_WORDS)}s {drawn.randrange(departments)}".capitalize()

    made: dict[str, None] = {}
    tops = [level(9) for _ in range(25)]
    middles = [level(99) for _ in range(80)]
    while len(made) < count:
        made[" > ".join((drawn.choice(tops), drawn.choice(middles), level(20), level(999)))] = None
    return {f"made-{i}": path for i, path in enumerate(made)}


def measure(page: Any, words: list[str]) -> list[float]:
    """Milliseconds of every keystroke."""
    page.goto("/review")
    page.wait_for_selector(".branch")
    page.evaluate(_WATCH)
    for word in words:
        page.fill(".tree-search", "")
        for letter in word:
            before = page.evaluate("window.taken.length")
            page.keyboard.type(letter)
            page.wait_for_function(f"window.taken.length > {before}")
    return [float(ms) for ms in page.evaluate("window.taken")]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Serve, open, type."""
    drawn = random.Random(1)
    words = [f"{drawn.choice(_KINDS)} {drawn.choice(_WORDS)}" for _ in range(options.words)]
    with open_chats(ChatOptions(options.workspace), load_settings(llm="none", threads=1), Silent()) as chats:
        chats.__dict__["categories"] = chats.categories | categories(options.categories)
        server = uvicorn.Server(uvicorn.Config(build_app(chats, WebOptions()), port=0, log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.1)
        port = server.servers[0].sockets[0].getsockname()[1]
        with sync_playwright() as driver:
            opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            taken = measure(opened.new_page(base_url=f"http://127.0.0.1:{port}"), words)
            opened.close()
        server.should_exit = True
        thread.join()
        found = len(chats.categories)
    cuts = statistics.quantiles(taken, n=100)
    return {
        "categories": found,
        "keystrokes": len(taken),
        "ms": {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "max": round(max(taken), 1)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--categories", type=int, default=12_000)
    parser.add_argument("--words", type=int, default=40)
    options = parser.parse_args()
    result = run(options)
    write(FILE, {"commit": commit(), "machine": machine(), "data": "made-up paths of four levels", **result})
    print(result)


if __name__ == "__main__":
    main()
