"""mkdocs: links out of docs/ lead to the repository."""

import re

BLOB = "https://github.com/frame-compression/frame-compression/blob/main/"


def on_page_markdown(markdown, page, **_):
    up = "../" * (page.file.src_uri.count("/") + 1)
    return re.sub(r"\]\(" + re.escape(up) + r"(?!\.\./)", "](" + BLOB, markdown)
