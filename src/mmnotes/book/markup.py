"""Pictures in HTML that say nothing to who cannot see them."""

from html.parser import HTMLParser


class _Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        alt, source = (given.get("alt") or "").strip(), given.get("src") or ""
        # Sphinx writes the address into the alt text of a picture that has none
        if tag == "img" and (not alt or alt == source or source.endswith(f"/{alt}")):
            self.silent.append(source[:60])


def images_without_alt(html: str) -> list[str]:
    """The addresses, cut to 60 characters, of the pictures that have no alt text of their own."""
    parser = _Pictures()
    parser.feed(html)
    parser.close()
    return parser.silent
