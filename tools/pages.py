"""What the site has beyond nbdev's pages: links on every page, a reference of all names, maths and diagrams that need no network."""
import html, inspect, json, re
from hashlib import md5
from importlib import import_module
from pathlib import Path

import mermaidx
from latex2mathml.converter import convert
from nbdev.config import get_config

NBS = Path(__file__).resolve().parent.parent/"nbs"
PAGES = {re.sub(r"^\d+_", "", path.stem): path.name for path in sorted(NBS.glob("*.ipynb"))}  # NN_name stays NN_name.html, where nbdev says name.html


def prepare(path):
    "Change a page that nbdev has made of a notebook, before it is rendered."
    page = json.loads(_within_the_site(path.read_text(encoding="utf-8")))
    def with_diagrams(text): return re.sub(r"```\{?mermaid\}?\n(.*?)```", lambda found: _raw(_drawn(found[1])), "".join(text), flags=re.S)
    for cell in page["cells"]:
        if cell["cell_type"] == "markdown": cell["source"] = with_diagrams(cell["source"])
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}): output["data"]["text/markdown"] = with_diagrams(output["data"]["text/markdown"])
    if path.stem.endswith("_zh"): page["cells"][0]["source"] = "".join(page["cells"][0]["source"]).replace("---\n", "---\nlang: zh\n", 1)
    page["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": _raw(_take_along(path.name))})
    path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def _raw(text): return f"```{{=html}}\n{text}\n```"


def _within_the_site(text):
    "Links to names lead to the pages as they are called here, wherever the site is served."
    home = "{doc_host}{doc_baseurl}".format(**get_config().d)
    text = re.sub(rf"\[(`[^`]+`)\]\({home}/\w+\.html#(?:\w+\.)*_\w+\)", r"\1", text)  # nothing stands there: private names are not shown
    text = re.sub(r'^ *"output-file: .*\n', "", text, flags=re.M)
    return re.sub(rf"\({home}/(\w+)\.html", lambda link: "(" + PAGES[link[1]], text)


def _drawn(mermaid):
    "A Mermaid diagram as SVG, drawn by Mermaid itself; `styles.css` gives it the colours of the page."
    # labels as SVG text, which stays centred where the reader's font is wider than the one it was measured with
    svg = mermaidx.render(mermaid, theme="neutral", config={"htmlLabels": False, "flowchart": {"htmlLabels": False}}).svg()
    return f'<div class="diagram">{svg.replace("my-svg", "diagram-" + md5(mermaid.encode()).hexdigest()[:8])}</div>'


def _take_along(name):
    "Links to open the notebook elsewhere; Colab has to be told first where the package is."
    config = get_config()
    colab = f"https://colab.research.google.com/github/{config.user}/{config.repo}/blob/{config.branch}/nbs/{name}"
    return (f'<p class="take-along"><a href="{colab}">Open in Colab</a> · <a href="notebooks/{name}" download>Download notebook</a>'
            f' · on Colab first run <code>!pip install "tinymt[dev] @ git+{config.git_url}"</code></p>')


def reference(path):
    "Write the page that lists the public names of every module, each linked to where it stands."
    d = import_module("tinymt._modidx").d  # nbdev's index, of what it shows
    parts = ["---\ntitle: API reference\ndescription: Every public name, linked to the place in the course where it is explained and tested.\n---"]
    for name, page in PAGES.items():
        if not (NBS.parent/"tinymt"/f"{name}.py").is_file(): continue
        module = import_module(f"tinymt.{name}")
        shown = d["syms"][module.__name__]
        values = {public: getattr(module, public) for public in module.__all__}
        rows = [f"| [`{public}`]({page}#{public.lower()}) | {(inspect.getdoc(value) or '').partition(chr(10))[0]} |"
                for public, value in values.items() if f"{module.__name__}.{public}" in shown]
        data = ", ".join(f"`{public}`" for public in values if f"{module.__name__}.{public}" not in shown)
        parts += [f"## {module.__name__}", f"{module.__doc__} From [{page[:2]}]({page})." + f" It also holds {data}." * bool(data),
                  "\n".join(["| name | what it is |", "|---|---|", *rows])]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def without_network(path):
    "Change a page of smalldocs: its maths becomes MathML, which the browser draws itself, without a script from the network. Quarto can do so."
    def drawn(found):
        return f'<span class="math {found[1]}">{convert(html.unescape(found[2]), display="inline" if found[1] == "inline" else "block")}</span>'
    text = re.sub(r'<span class="math (inline|display)">\\[([](.*?)\\[])]</span>', drawn, path.read_text(encoding="utf-8"), flags=re.S)
    path.write_text(re.sub(r'<link[^>]*katex[^>]*>|<script[^>]*katex[^>]*></script>', "", text), encoding="utf-8")
