"""Checks what is published: each feature of each crate alone, the crates as they are packed, the Python artefacts.

Usage, from the root of the repository:

- `python scripts/packages.py features`: each crate and its documentation build without warnings, with each of its
  features alone, with none, with the default ones and with all;
- `python scripts/packages.py crates`: each crate can be packed, the packed crate and its tests compile, and it contains
  no file that must not be published;
- `python scripts/packages.py artefacts FILE...`: the wheels and source distributions contain no such file either;
- `python scripts/packages.py release VERSION`: this commit can be published as that version.

`make lint` runs the first three, `make release-check` the last. Crates and features are read from cargo's metadata, so
a new one is checked without a change here.
"""

import email
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
# In CI the lock file must not change.
LOCKED = ["--locked"] if os.environ.get("CI") else []
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")
# The keys of the manifest that a registry shows or that tools need.
WANTED = ("description", "license", "readme", "rust_version", "keywords", "categories", "repository")
# A link of Markdown or HTML to another file of the repository, which a registry doesn't have.
RELATIVE_LINK = re.compile(
    r"""(?:\]\(|^\[[^]]+\]:\s*|\b(?:href|src)=["'])(?!https?://|mailto:|#)([^)\s"']+)""", re.MULTILINE
)
KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]{40}")


class Failed(Exception):
    """A check failed; the message says which."""


class Crate(NamedTuple):
    """A crate of this workspace that is published."""

    name: str
    version: str
    features: list[str]
    targets: list[str]
    manifest: dict[str, Any]

    @property
    def archive(self) -> str:
        """Its name and version: the name of its archive and of the folder in it."""
        return f"{self.name}-{self.version}"


def main(command: str, *arguments: str) -> int:
    """Runs one of the commands above, and returns the exit code."""
    try:
        if command == "features" and not arguments:
            check_features()
        elif command == "crates" and not arguments:
            check_crates()
        elif command == "artefacts" and arguments:
            check_artefacts([Path(argument) for argument in arguments])
        elif command == "release" and len(arguments) == 1:
            check_release(arguments[0])
        else:
            sys.exit(__doc__)
    except Failed as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def check_features() -> None:
    """Lint each crate's library and programs with each set of features.

    Its tests are left out, because their dependencies enable features, which would hide that the crate needs them.
    """
    for crate in published():
        targets = [f"--{target}" for target in crate.targets]
        sets = [
            ["--no-default-features"],
            *(["--no-default-features", "--features", feature] for feature in crate.features if feature != "default"),
            [],
            ["--all-features"],
        ]
        for chosen in sets:
            run("cargo", "clippy", "--package", crate.name, *targets, *chosen, *LOCKED, "--", "-D", "warnings")
        run("cargo", "clippy", "--package", crate.name, "--all-targets", *LOCKED, "--", "-D", "warnings")
        for chosen in ([], ["--all-features"]):
            command = ["cargo", "doc", "--package", crate.name, "--no-deps", *chosen, *LOCKED]
            run(*command, RUSTDOCFLAGS="-D warnings")


def check_crates() -> None:
    """Pack each crate, build the packed crate, check its files, and compile its tests outside of the repository."""
    crates = published()
    for crate in crates:
        check_manifest(crate)
    chosen = [part for crate in crates for part in ("--package", crate.name)]
    forget_unpacked(crates)
    # Uncommitted changes are allowed, so that they can be checked before the commit.
    run("cargo", "package", *chosen, "--all-features", "--allow-dirty", *LOCKED)
    target = Path(metadata()["target_directory"])
    folder = target / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    for crate in crates:
        archive = target / "package" / f"{crate.archive}.crate"
        check_content(archive, readme=f"{crate.archive}/{Path(crate.manifest['readme']).name}")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter=unpacked_now)
    compile_tests(folder, crates, target)


def forget_unpacked(crates: list[Crate]) -> None:
    """Remove what an earlier run unpacked into cargo's home.

    Cargo builds a packed crate that depends on another one from a registry of files in the target folder. It unpacks
    each version of that registry's crates only once, so it would use the other crate as it was in the run before. The
    folders of such registries are named by a hash of their path alone, those of other registries begin with a host.
    """
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for crate in crates:
        for folder in (home / "registry" / "src").glob(f"-*/{crate.archive}"):
            shutil.rmtree(folder)


def compile_tests(folder: Path, crates: list[Crate], target: Path) -> None:
    """Compile the tests of the unpacked crates, which depend on each other."""
    members = json.dumps([crate.archive for crate in crates])
    patches = "".join(f'{crate.name} = {{ path = "{crate.archive}" }}\n' for crate in crates)
    workspace = f'[workspace]\nresolver = "3"\nmembers = {members}\n\n[patch.crates-io]\n{patches}'
    (folder / "Cargo.toml").write_text(workspace)
    # The same versions as in the repository, so that nothing is fetched or compiled twice.
    (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
    command = ["cargo", "test", "--workspace", "--all-features", "--no-run", "--target-dir", str(target)]
    run(*command, "--manifest-path", str(folder / "Cargo.toml"))


def unpacked_now(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """With the current time: cargo sets that of packed files to 2006, and doesn't recompile files that look older."""
    return tarfile.data_filter(member, folder).replace(mtime=time.time())


def check_manifest(crate: Crate) -> None:
    """Check that the manifest has the keys that a registry, its search and docs.rs need."""
    missing = [key for key in WANTED if crate.manifest[key] is None or crate.manifest[key] == []]
    if missing:
        raise Failed(f"the manifest of {crate.name} lacks {', '.join(missing)}")
    docs = (crate.manifest["metadata"] or {}).get("docs", {}).get("rs", {})
    if docs.get("all-features") is not True:
        raise Failed(f"the manifest of {crate.name} lacks [package.metadata.docs.rs] all-features = true")


def check_artefacts(paths: list[Path]) -> None:
    """Check the files of the wheels and source distributions."""
    for path in paths:
        check_content(path, readme="PKG-INFO" if path.suffix == ".gz" else "METADATA")


def check_content(path: Path, readme: str) -> None:
    """Check that a package has its licences, a front page without relative links, and no key."""
    files = dict(unpacked(path))
    names = [Path(name).name for name in files]
    for licence in LICENCES:
        if licence not in names:
            raise Failed(f"{path.name} lacks {licence}")
    for name, content in files.items():
        if name.endswith((".pem", ".key", ".der")) or KEY.search(content):
            raise Failed(f"{path.name} contains a key: {name}")
    packed = next((content.decode() for name, content in files.items() if f"/{name}".endswith(f"/{readme}")), None)
    if packed is None:
        raise Failed(f"{path.name} lacks {readme}")
    page = email.message_from_string(packed).get_payload() if readme in ("PKG-INFO", "METADATA") else packed
    if not isinstance(page, str) or not page.strip():
        raise Failed(f"{path.name} has no front page")
    if links := RELATIVE_LINK.findall(page):
        raise Failed(f"the front page of {path.name} has links that don't work in a registry: {', '.join(links)}")
    print(f"{path.name}: {len(files)} files, {path.stat().st_size // 1024} KiB")


def unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    """The names and the contents of the files of an archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
        return
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, content.read()


def check_release(version: str) -> None:
    """Check those conditions of RELEASING.md that a program can check."""
    for crate in published():
        if crate.version != version:
            raise Failed(f"{crate.name} is {crate.version}, not {version}: set `version` in Cargo.toml")
        repository = crate.manifest["repository"]
        if not re.fullmatch(r"https://[^/\s]+/\S+", repository or ""):
            raise Failed(f"the project's public address is {repository!r}: set `repository` in Cargo.toml")
    if not re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    ):
        raise Failed(f"CHANGELOG.md has no heading `## [{version}] - YYYY-MM-DD`")
    if subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, check=True).stdout:
        raise Failed("there are changes that are not committed")
    print(f"{version} can be released from this commit, if CI passes on it")


def published() -> list[Crate]:
    """The crates of this workspace without `publish = false`."""
    packages = [package for package in metadata()["packages"] if package["publish"] != []]
    if not packages:
        raise Failed("no crate of the workspace is published")
    return [
        Crate(
            package["name"],
            package["version"],
            sorted(package["features"]),
            sorted({kind for target in package["targets"] for kind in targets_of(target["kind"])}),
            package,
        )
        for package in packages
    ]


def targets_of(kinds: list[str]) -> list[str]:
    """The flags by which cargo chooses targets of these kinds: libraries and programs only."""
    return ["bins"] if "bin" in kinds else ["lib"] if {"lib", "rlib", "proc-macro"} & set(kinds) else []


def metadata() -> dict[str, Any]:
    """Cargo's metadata of the workspace."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1", *LOCKED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(*command: str, **environment: str) -> None:
    """Print and run a command. If it fails, the script fails too."""
    print(shlex.join(command), flush=True)
    if subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode:
        raise Failed(shlex.join(command))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["help"]))
