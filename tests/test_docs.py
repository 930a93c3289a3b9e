"""The manual: builds without network, is complete, tells nothing of the machine it was written on."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Written so that this file does not find itself.
TELLTALE = re.compile(
    "|".join(("/" + "work/", "/" + "root/", "index" + "-url", r"[\w.-]+\." + r"internal\b", "art" + "ifactory"))
)
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".html",
    ".js",
    ".mjs",
    ".css",
    ".json",
    ".txt",
    ".lock",
    ".service",
    ".env",
    ".po",
    ".csv",
    "",
}


def committed():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def names_in_tables(page, heading=""):
    """First cells of the tables of a page (below a heading when one is given), without code marks; `A, B` are two names."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    cells = [line.split("|")[1] for line in text[text.index(heading) :].splitlines() if line.startswith("|")]
    return [name.strip(" `") for cell in cells for name in cell.split(",")]


def test_the_manual_builds_without_network(tmp_path):
    proxy = "http://127.0.0.1:9"  # whoever asks for something from elsewhere is refused
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "http_proxy": proxy, "https_proxy": proxy, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    loaded = (
        r"""<(?:script|img|iframe)[^>]+src=["']?https?:|<link[^>]+rel=["']?(?:stylesheet|preload|icon)[^>]*href=["']?https?:"""
    )
    assert [page.name for page in pages if re.search(loaded, page.read_text("utf-8"))] == []
    assert [page.name for page in pages if "{{ " in page.read_text("utf-8")] == []


def test_every_setting_in_the_code_is_in_the_table():
    sources = [path for folder in ("src", "tests/faults") for path in (ROOT / folder).rglob("*.py")] + [ROOT / "Makefile"]
    used = {name for path in sources for name in re.findall(r"\bCHEMWARD_[A-Z0-9_]+\b", path.read_text("utf-8"))}
    told = {name for name in names_in_tables("operations/settings.md") if name.startswith("CHEMWARD_")}
    assert used - told == set(), "settings without a line in docs/operations/settings.md"
    assert told - used == set(), "docs/operations/settings.md tells of settings that nothing reads"
    assert {"PORT", "MQTT_PORT"} <= set(names_in_tables("operations/settings.md"))


def test_every_dependency_has_its_line_of_reason():
    wanted = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    packages = {re.split(r"[\[<>=!~ ;]", line)[0] for line in wanted} - {"chemward"}
    browser = re.findall(r'"((?:@[\w-]+/)?[\w.-]+)": "\d', (ROOT / "package.json").read_text("utf-8"))
    told = {name for name in names_in_tables("dependencies.md") if name not in ("package", "---")}
    assert told == packages | {name for name in browser if name != "version"}


def test_the_changelog_knows_this_version():
    assert f"\n## {PROJECT['version']}\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_picture_of_a_page_exists_and_is_small():
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    shown = {
        (page.parent / name).resolve()
        for page in pages
        for name in re.findall(r"!\[[^\]]*\]\(([^)#]+)\)", page.read_text("utf-8"))
    }
    assert [path for path in shown if not path.is_file()] == []
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert [path.name for path in pictures if path.stat().st_size > 300_000] == []
    assert sum(path.stat().st_size for path in pictures) < 6_000_000


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_nothing_in_the_tree_tells_of_the_machine_it_was_written_on():
    texts = [path for path in committed() if path.suffix in TEXT and path.is_file() and path != Path(__file__)]
    found = [str(path.relative_to(ROOT)) for path in texts if TELLTALE.search(path.read_text("utf-8", errors="replace"))]
    assert [name for name in found if name != "Makefile"] == []
