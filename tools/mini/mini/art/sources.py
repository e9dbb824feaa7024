"""Finds each subject's drawing in the npm packages listed in ``lists/sources.tsv``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .subjects import LISTS, Subject

#: The pack of 3D renders (WebP files named by code point); every other pack is SVG.
RENDERED = "fluent-3d"


@dataclass(frozen=True)
class Source:
    """A package of drawings: our short name, its npm name and version, its licence and author."""

    pack: str
    package: str
    version: str
    licence: str
    author: str
    tiers: tuple[str, ...]


@cache
def all_sources() -> tuple[Source, ...]:
    """The licence table, read from ``lists/sources.tsv``."""
    lines = (LISTS / "sources.tsv").read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(Source(*row[:5], tuple(row[5].split(","))) for row in rows)


def canon(code: str) -> str:
    """A code point sequence without the variation selector, lower case."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def slug(name: str) -> str:
    """The way the icon packs spell an emoji's name."""
    plain = name.lower().replace("’", "").replace("ñ", "n").replace("é", "e")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


class SvgPack:
    """One Iconify package: icons by name, some also by code point."""

    def __init__(self, folder: Path) -> None:
        data = json.loads((folder / "icons.json").read_text(encoding="utf8"))
        self.icons: dict[str, dict] = data["icons"]
        self.aliases: dict[str, dict] = data.get("aliases", {})
        self.size = (data.get("width", 16), data.get("height", 16))
        chars = folder / "chars.json"
        table = json.loads(chars.read_text(encoding="utf8")) if chars.exists() else {}
        self.by_code = {canon(code): name for code, name in table.items()}
        self.without_dashes = {name.replace("-", ""): name for name in self.icons}

    def by_name(self, names: list[str]) -> str | None:
        """The first of the names the pack knows, through plain aliases and dash-free spellings."""
        for name in names:
            alias = self.aliases.get(name)
            tries = (
                name,
                alias["parent"] if alias and len(alias) == 1 else None,
                self.without_dashes.get(name.replace("-", "")),
                f"{name}-1",
                f"{name}-2",
            )
            for found in tries:
                if found in self.icons:
                    return found
        return None

    def svg(self, name: str) -> str:
        """A whole SVG document; one-colour glyphs are drawn nearly black."""
        icon = self.icons[name]
        width, height = icon.get("width", self.size[0]), icon.get("height", self.size[1])
        box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
        head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        body = icon["body"].replace("currentColor", "#111")
        return f'<svg {head} width="{width}" height="{height}" viewBox="{box}">{body}</svg>'


class Library:
    """All packages under one ``node_modules`` folder."""

    def __init__(self, node_modules: Path) -> None:
        self.svg: dict[str, SvgPack] = {}
        self.rendered: dict[str, Path] = {}
        for source in all_sources():
            folder = node_modules / source.package
            if source.pack == RENDERED:
                files = (folder / "assets").glob("*.webp")
                self.rendered = {canon(file.stem): file for file in files}
            else:
                self.svg[source.pack] = SvgPack(folder)

    def drawings(self, subject: Subject) -> dict[str, str | bytes]:
        """Pack name -> SVG text or WebP bytes, for every pack that draws the subject."""
        code = canon(subject.code)
        wanted = [s for s in all_sources() if subject.tier in s.tiers]
        names = [slug(subject.emoji_name)]
        for pack in ("noto", "twemoji", "fluent-emoji-flat"):
            names += [self.svg[pack].by_code[code]] if code in self.svg[pack].by_code else []
        names.append(slug(subject.noun))
        found: dict[str, str | bytes] = {}
        for source in wanted:
            if source.pack in subject.left_out:
                continue
            if source.pack == RENDERED:
                if code in self.rendered:
                    found[source.pack] = self.rendered[code].read_bytes()
                continue
            pack = self.svg[source.pack]
            name = pack.by_code.get(code) or pack.by_name(names)
            if name in pack.icons:
                found[source.pack] = pack.svg(name)
        return found
