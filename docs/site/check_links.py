#!/usr/bin/env python3
"""Follows every link inside a folder of HTML pages; prints those that lead nowhere.

check_links.py FOLDER
"""

import html
import pathlib
import re
import sys
import urllib.parse

site = pathlib.Path(sys.argv[1])
link = re.compile(r'<(?:a|area|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"')
anchor = re.compile(r'\s(?:id|name)="([^"]*)"')
links, anchors = {}, {}
for page in site.glob("*.html"):
    text = page.read_text(encoding="utf-8")
    links[page.name] = set(link.findall(text))
    anchors[page.name] = {html.unescape(name) for name in anchor.findall(text)}

dead = set()
followed = 0
for page, targets in links.items():
    for target in targets:
        parts = urllib.parse.urlsplit(html.unescape(target))
        if parts.scheme or parts.netloc:
            continue
        followed += 1
        name = urllib.parse.unquote(parts.path) or page
        place = urllib.parse.unquote(parts.fragment)
        if not (site / name).is_file():
            dead.add(f"{page}: no file for the link {target}")
        elif place and name in anchors and place not in anchors[name]:
            dead.add(f"{page}: no such place: {target}")
print("\n".join(sorted(dead)) or f"{followed} links of {len(links)} pages lead somewhere")
sys.exit(bool(dead) or not followed)
