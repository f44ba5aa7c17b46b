"""The site and JupyterLab as a reader sees them, in Debian's Chromium."""
import functools, json, os, re, shutil, socket, subprocess, sys, time, urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import NOTEBOOKS, ROOT
from playwright.sync_api import expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
pytestmark = pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium here (apt-get install chromium)")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(site):
    "Where the site is served, on this machine."
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_): pass
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def watched(browser, address, **options):
    "A new page, and the list to which everything goes wrong on it is added: errors, failed requests, and any request to another host."
    page, wrong = browser.new_page(**options), []
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on("response", lambda response: response.status >= 400 and wrong.append(f"{response.status}: {response.url}"))
    page.on("request", lambda request: request.url.startswith(("http", "ws")) and not request.url.startswith(address) and wrong.append(f"elsewhere: {request.url}"))
    return page, wrong


def read(page, name):
    "What there is to see on the page: whether it fits a phone, what is left unrendered, which pictures are missing."
    return page.evaluate("""() => {
        const main = document.querySelector("main").cloneNode(true)
        main.querySelectorAll("pre, code, math").forEach(code => code.remove())
        return {
            raw: main.textContent.match(/\\$\\$|\\\\[([]|flowchart |:::/g),
            missing: [...document.images].filter(image => !(image.complete && image.naturalWidth)).map(image => image.outerHTML.slice(0, 200)),
            maths: [...document.querySelectorAll("math")].filter(maths => maths.getBoundingClientRect().height > 5).length,
            diagrams: [...document.querySelectorAll("main svg")].filter(svg => svg.getBoundingClientRect().height > 50).map(svg => svg.textContent),
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        }
    }""")


def markdown(path):
    "The Markdown of a notebook, without code."
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def test_every_page(browser, site, address):
    pages = sorted(path.name for path in site.glob("*.html"))
    assert {path.stem + ".html" for path in NOTEBOOKS} <= set(pages)
    for name in pages:
        page, wrong = watched(browser, address, viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/{name}", wait_until="networkidle")
        seen = read(page, name)
        page.set_viewport_size({"width": 360, "height": 740})
        on_phone = read(page, name)
        page.close()
        assert not wrong, f"{name}: {wrong}"
        assert not seen["raw"] and not seen["missing"], f"{name}: {seen}"
        assert seen["wide"] <= 0 and on_phone["wide"] <= 0, f"{name} is wider than the screen"
        source = markdown(ROOT/"nbs"/f"{name[:-5]}.ipynb") if (ROOT/"nbs"/f"{name[:-5]}.ipynb").exists() else ""
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", source, flags=re.S)
        assert (seen["maths"] > 0) == bool(re.search(r"\$\S", prose)), name
        assert len(seen["diagrams"]) >= len(re.findall(r"```\{?mermaid", source)), name
