"""The project as a whole: notebooks, package, README and site say the same, and the wheel works alone."""
import ast, json, re, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import NOTEBOOKS, ROOT, run

BIN = Path(sys.executable).parent
MODULES = sorted(path for path in (ROOT/"tinymt").glob("*.py") if path.name[0] != "_")


def cells(path): return json.loads(path.read_text(encoding="utf-8"))["cells"]


def code(path): return "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")


def bytes_of(paths): return {path.name: path.read_bytes() for path in paths}


NUMBERED = [path for path in NOTEBOOKS if path.name[:2].isdigit()]
# Which notebook, by its number, a module comes from
NUMBER = {match[1]: int(path.name[:2]) for path in NOTEBOOKS if (match := re.search(r"^#\| *default_exp (\w+)", code(path), re.M))}


def test_export_leaves_no_diff(checkout):
    package = checkout/"tinymt"
    for path in package.glob("*.py"):
        if path.name not in ("__init__.py", "__main__.py"): path.unlink()  # nbdev leaves these two to us
    run(BIN/"nbdev_export", cwd=checkout)
    assert bytes_of(package.glob("*.py")) == bytes_of((ROOT/"tinymt").glob("*.py"))


def test_notebooks_are_clean(checkout):
    run(BIN/"nbdev_clean", cwd=checkout)
    unclean = [path.name for path in NOTEBOOKS if path.read_bytes() != (checkout/"nbs"/path.name).read_bytes()]
    assert not unclean, "run .venv/bin/nbdev_clean"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs(path):
    "No error, no progress bar, no path of the machine that ran it, and not heavy for git."
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    text = json.dumps([output for output in outputs if "image/png" not in output.get("data", {})], ensure_ascii=False)
    assert not re.findall(r"[^\s\"']*/(?:home|root|tmp|work|Users|usr|opt)/[^\s\"']*", text), "absolute paths"
    assert not re.findall(r"\d+%\|.{40}|█", text), "progress bars"
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 300, "split the idea, not the file"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.level or node.module.startswith("tinymt")):
            imported = [node.module.split(".")[-1]] if node.module not in (None, "tinymt") else [name.name for name in node.names]
            assert all(NUMBER.get(name, 0) < NUMBER[path.stem] for name in imported), f"line {node.lineno} imports from a later notebook"


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_notebook_imports_nothing_later(path):
    imported = re.findall(r"^ *(?:from|import) tinymt\.(\w+)", code(path), re.M)
    assert all(NUMBER[name] <= int(path.name[:2]) for name in imported), imported


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_reads_as_a_chapter(path):
    "Words of prose for each line of code, more of them where the ideas are explained; and no exported cell longer than a screen."
    sources = {kind: ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == kind] for kind in ("markdown", "code")}
    words = sum(len(source.split()) for source in sources["markdown"])
    lines = [line for source in sources["code"] for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert words / len(lines) >= (5 if path.name < "12" else 3), f"{words} words for {len(lines)} lines"
    exported = [source for source in sources["code"] if re.search(r"^#\| *exports?\b", source, re.M)]
    assert all(len(source.splitlines()) <= 45 for source in exported)


def test_every_notebook_is_in_the_course():
    numbered = {path.name for path in NUMBERED}
    for path in (ROOT/"_quarto.yml", ROOT/"nbs"/"index.ipynb", ROOT/"nbs"/"index_zh.ipynb"):
        assert set(re.findall(r"\d\d_\w+\.ipynb", path.read_text(encoding="utf-8"))) == numbered, path.name


def test_readmes_are_what_the_indexes_say(checkout):
    run(sys.executable, "tools/course.py", "readme", cwd=checkout)
    for name in ("README.md", "README.zh.md"):
        assert (checkout/name).read_text(encoding="utf-8") == (ROOT/name).read_text(encoding="utf-8"), "run ./do readme"


class Page(HTMLParser):
    "The links, pictures and anchors of one page."
    def __init__(self, path):
        super().__init__()
        self.links, self.ids = set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs.get("id"), attrs.get("name")} - {None}
        self.links |= {attrs.get("href"), attrs.get("src")} - {None, "", "#"}


def test_site_has_no_broken_link(site):
    pages = {path.name: Page(path) for path in site.glob("*.html")}
    assert {path.stem + ".html" for path in NOTEBOOKS} <= pages.keys()
    broken = []
    for name, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc: continue
            target, anchor = unquote(url.path) or name, unquote(url.fragment)
            if not (site/target).exists() or (anchor and target in pages and anchor not in pages[target].ids): broken.append((name, link))
    assert not broken


def test_wheel_works_alone(checkout, tmp_path):
    run(sys.executable, "-m", "build", "--outdir", tmp_path, checkout, cwd=tmp_path)
    wheel, = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = tmp_path/"venv"/"bin"/"python"
    def install(*what): run(python, "-m", "pip", "install", "-qq", *what, "-c", ROOT/"constraints.txt", cwd=tmp_path)
    install(wheel)
    assert "torch" not in run(python, "-m", "pip", "list", cwd=tmp_path)
    for sentence, part in {"give me a cup of latte": "一杯拿铁", "The total is $19.99.": "19.99美元"}.items():
        assert part in run(python.with_name("tinymt"), "translate", "--text", sentence, cwd=tmp_path)
    assert wheel.stat().st_size < 10e6
    install(f"{wheel}[train]")
    run(python, "-m", "pip", "check", cwd=tmp_path)
    for path in MODULES: run(python, "-c", f"import tinymt.{path.stem}", cwd=tmp_path)
    assert "translate" in run(python.with_name("tinymt"), "--help", cwd=tmp_path)
