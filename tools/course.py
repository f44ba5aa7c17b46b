"""What `./do notebooks`, `./do docs` and `./do readme` run: nbdev's own steps, with a fallback where Quarto is missing."""
import os, re, shutil, subprocess, sys, time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbdev.clean import nbdev_clean
from nbdev.doclinks import _build_modidx, nbdev_export
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs

ROOT = Path(__file__).resolve().parent.parent
NBS, SITE = ROOT/"nbs", ROOT/"_docs"


def notebooks(*prefixes):
    "Execute the notebooks in order (all, or those whose names start so), clean them and export the package."
    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # tqdm's, with this machine's paths; text bars are what we want
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the program sets it: a busy machine takes minutes more without
    for path in sorted(NBS.glob("*.ipynb")):
        if prefixes and not path.name.startswith(prefixes): continue
        start, nb = time.time(), nbformat.read(path, as_version=4)
        print(path.stem, end=" ", flush=True)
        # one output however often it was flushed, so that a second run changes nothing but what was computed
        client = NotebookClient(nb, timeout=3600, kernel_name="python3", coalesce_streams=True, extra_arguments=["--log-level=ERROR"],
                                resources={"metadata": {"path": str(NBS)}})
        try: client.execute()
        except CellExecutionError as error: sys.exit(f"failed, and is left as it was:\n{error}")
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            if cell.cell_type != "code": continue
            # a widget lives in JupyterLab; stored, it would be a dead line on the page
            cell.outputs = [output for output in cell.outputs if "application/vnd.jupyter.widget-view+json" not in output.get("data", {})]
        nbformat.write(nb, path)
        nbdev_clean.__wrapped__(fname=str(path))
        print(f"{time.time() - start:.0f} s")
    nbdev_export.__wrapped__()


def docs():
    "Build the site into _docs: with Quarto if it is installed, else with smalldocs from the same _quarto.yml."
    import pages
    # nbdev_docs would do this, but first it installs Quarto with sudo
    refresh_quarto_yml()
    _build_modidx()
    cache = proc_nbs(force=True)
    for page in cache.glob("*.ipynb"): pages.prepare(page)
    pages.reference(cache/"reference.qmd")
    quarto = shutil.which("quarto")
    if quarto: # maths that the browser draws itself; smalldocs has no such option, so `pages.without_network` does it below
        with (cache/"nbdev.yml").open("a") as options: options.write("\nhtml-math-method: mathml\n")
    render = [quarto, "render", "--no-cache"] if quarto else [sys.executable, "-m", "smalldocs.cli", "render", "--strict"]
    if code := subprocess.run(render, cwd=cache).returncode: sys.exit(code)
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.move(cache/SITE.name, SITE)
    if not quarto:
        for page in SITE.glob("*.html"): pages.without_network(page)
    shutil.copytree(NBS, SITE/"notebooks", ignore=lambda _, names: [name for name in names if not name.endswith(".ipynb")])


READMES = {"index.ipynb": "README.md", "index_zh.ipynb": "README.zh.md"}


def readme():
    "Write README.md and README.zh.md from the two index notebooks: Markdown, code and stored outputs, without the cells that the docs hide too."
    def link(found): return f"]({READMES.get(found[1], 'nbs/' + found[1])}"
    for source, target in READMES.items():
        parts = [f"<!-- Written by ./do readme from nbs/{source}: edit that. -->"]
        for cell in nbformat.read(NBS/source, as_version=4).cells:
            options = re.findall(r"^#\| *(.+)$", cell.source, re.M) if cell.cell_type == "code" else []
            if cell.cell_type == "markdown":
                parts.append(cell.source)
            elif cell.cell_type == "code" and "hide" not in options:
                code = re.sub(r"^#\|.*\n", "", cell.source, flags=re.M)
                if "echo: false" not in options: parts.append(f"```python\n{code}\n```")
                parts += [_shown(output) for output in cell.outputs]
        (ROOT/target).write_text(re.sub(r"\]\((\w+\.ipynb)", link, "\n\n".join(parts)) + "\n", encoding="utf-8")


def _shown(output):
    data = output.get("data", {})
    return data.get("text/markdown") or "```\n" + output.get("text", data.get("text/plain", "")).rstrip("\n") + "\n```"


if __name__ == "__main__":
    command = {"notebooks": notebooks, "docs": docs, "readme": readme}[sys.argv[1]]
    command(*sys.argv[2:])
