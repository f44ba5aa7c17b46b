"""Build the package from `settings.ini`, which nbdev reads too, so that every fact stands once."""
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup

cfg = ConfigParser(delimiters=["="])
cfg.read(Path(__file__).with_name("settings.ini"), encoding="utf-8")
cfg = cfg["DEFAULT"]

setup(
    name=cfg["lib_name"], version=cfg["version"], description=cfg["description"],
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=cfg["author"], author_email=cfg["author_email"], license="Apache-2.0",
    keywords=cfg["keywords"], python_requires=">=" + cfg["min_python"],
    packages=[cfg["lib_name"]], package_data={cfg["lib_name"]: ["data/*.csv", "model/*"]}, install_requires=cfg["requirements"].split(),
    extras_require={"train": cfg["train_requirements"].split(), "dev": (cfg["train_requirements"] + " " + cfg["dev_requirements"]).split()},
    entry_points={"console_scripts": cfg["console_scripts"].split(),
                  "nbdev": [f'{cfg["lib_name"]}={cfg["lib_name"]}._modidx:d']},
)
