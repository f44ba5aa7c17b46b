"""The site and JupyterLab as a reader sees them, in Debian's Chromium."""
import functools, json, os, re, shutil, socket, subprocess, sys, time, urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from conftest import ROOT
from playwright.sync_api import expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", *(f"--disable-{what}" for what in ("quic", "background-networking", "component-update", "sync"))]
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
    page.on("request", lambda request: request.url.startswith((address, "data:", "blob:")) or wrong.append(f"elsewhere: {request.url}"))
    return page, wrong


SEEN = """() => {
    const count = (selector, height = 0) => [...document.querySelectorAll(selector)].filter(e => !height || e.getBoundingClientRect().height > height).length
    const main = document.querySelector("main").cloneNode(true)
    main.querySelectorAll("pre, code, math").forEach(code => code.remove())
    return {
        raw: main.textContent.match(/\\$\\$|\\\\[([]|flowchart |:::/g) || [],
        missing: [...document.images].filter(image => !(image.complete && image.naturalWidth)).map(image => image.outerHTML.slice(0, 200)),
        maths: count("main math"), drawn: count("main math", 5), mistakes: count("merror"), diagrams: count("main .diagram svg", 50),
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }
}"""


def test_every_page(browser, site, address):
    for path in sorted(site.glob("*.html")):
        page, wrong = watched(browser, address, viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/{path.name}", wait_until="networkidle")
        seen = page.evaluate(SEEN)
        page.set_viewport_size({"width": 360, "height": 740})
        phone = page.evaluate(SEEN)
        page.close()
        assert not wrong, (path.name, wrong)
        assert not seen["raw"] and not seen["missing"] and not seen["mistakes"], (path.name, seen)
        assert seen["wide"] <= 0 and phone["wide"] <= 0, f"{path.name} is wider than the screen"
        notebook = site/"notebooks"/path.with_suffix(".ipynb").name
        if not notebook.exists(): continue  # the reference
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        shown = ["".join(output.get("data", {}).get("text/markdown", "")) for cell in cells for output in cell.get("outputs", [])]
        assert seen["diagrams"] == len(re.findall(r"^```\{?mermaid", "\n".join([prose, *shown]), re.M)), path.name
        formulas = re.findall(r"\$\$.+?\$\$|\$[^$\s][^$\n]*\$(?!\d)", re.sub(r"```.*?```|`[^`\n]*`", "", prose, flags=re.S), re.S)
        # some formulas stand in solutions that are folded away
        assert seen["maths"] >= len(formulas) and (seen["drawn"] or not formulas), (path.name, formulas)


def test_first_page_is_light_and_quick(browser, address):
    page, wrong = watched(browser, address)
    start = time.monotonic()
    page.goto(address, wait_until="domcontentloaded")
    expect(page.locator("main p").first).to_be_visible()
    assert time.monotonic() - start < 2
    page.wait_for_load_state("networkidle")
    assert page.evaluate("performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize || 0), 0)") < 1_000_000
    page.close()
    assert not wrong


def test_search(browser, address):
    page, wrong = watched(browser, address)
    page.goto(address)
    page.get_by_role("searchbox").fill("temperature")
    page.locator("#quarto-search a[href*='01_distillation.html']").first.click()
    page.wait_for_url("**/01_distillation.html*")
    page.close()
    assert not wrong


@pytest.fixture
def jupyterlab(checkout, tmp_path):
    "The address of a JupyterLab on a copy of the notebooks, which keeps all cells on the page and asks nothing."
    for plugin, settings in [("notebook-extension/tracker", {"windowingMode": "none"}),
                             ("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})]:
        path = tmp_path/"settings"/"@jupyterlab"/f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    with socket.create_server(("127.0.0.1", 0)) as free: port = free.getsockname()[1]
    folders = {f"JUPYTER{name}_DIR": str(tmp_path/folder) for name, folder in
               {"LAB_SETTINGS": "settings", "LAB_WORKSPACES": "workspaces", "_CONFIG": "config", "_RUNTIME": "runtime"}.items()}
    with (tmp_path/"log").open("w") as log:
        lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0",
                                "--IdentityProvider.token=reader", f"--ServerApp.root_dir={checkout/'nbs'}"],
                               env={**os.environ, **folders, "IPYTHONDIR": str(tmp_path/"ipython")}, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try: urllib.request.urlopen(f"{address}/api?token=reader"); break
            except OSError: time.sleep(0.5)
        yield address
    finally:
        lab.terminate()
        lab.wait(60)


def test_run_all_in_jupyterlab(browser, jupyterlab):
    notebook = ROOT/"nbs"/"01_distillation.ipynb"
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{jupyterlab}/lab/tree/{notebook.name}?token=reader")
    code = page.locator(".jp-CodeCell")
    stored = [cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    expect(code).to_have_count(len(stored), timeout=60_000)
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").first).to_have_text(re.compile(r"\[[\d*]"))
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    page.wait_for_function("""() => document.querySelector("[data-mime-type='application/vnd.jupyter.error']")
        || [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].every(prompt => /\\d/.test(prompt.textContent))""", timeout=300_000)
    assert errors.count() == 0, errors.first.inner_text()
    figures = page.locator(".jp-OutputArea-output img")
    assert figures.count() >= sum("image/png" in output.get("data", {}) for cell in stored for output in cell["outputs"]) > 0
    # the temperature slider draws a new picture when it is moved
    pictures = "() => [...document.querySelectorAll('.jp-OutputArea img')].map(image => image.src).join()"
    before, handle = page.evaluate(pictures), page.locator(".widget-slider .noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    for _ in range(3): page.keyboard.press("ArrowRight")
    page.wait_for_function(f"before => ({pictures})() != before", arg=before, timeout=30_000)
    page.close()
