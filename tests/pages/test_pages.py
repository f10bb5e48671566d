"""The rendered book, read in a browser: as wide as a desk and as narrow as a phone, light and dark.

They need a book (``make book``) and a Chromium on the path; each says so where one is missing.
"""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

pytestmark = pytest.mark.pages

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "build" / "html"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"wide": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="session")
def pages():
    """Every page that a reader can reach, as paths from the root of the book."""
    if not (HTML / "index.html").is_file():
        pytest.skip("there is no book in build/html: run `make book` first")
    found = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    return [page for page in found if not page.startswith("_")]


@pytest.fixture(scope="session")
def chapters(pages):
    return [page for page in pages if page.startswith("notebooks/")]


@pytest.fixture(scope="session")
def soups(pages):
    return {page: BeautifulSoup((HTML / page).read_text("utf-8"), "html.parser") for page in pages}


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip(
            "there is no Chromium on the path: install it (Debian: apt-get install chromium)"
        )
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


def view(browser, size="wide", theme="light"):
    """A fresh browser page, and the list that its console errors and stray requests end in."""
    width, height = SIZES[size]
    page = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme
    ).new_page()
    problems = []
    page.on("console", lambda message: is_error(message) and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: problems.extend(failures(request)))
    page.on("request", lambda request: is_inside(request.url) or problems.append(request.url))
    return page, problems


def failures(request):
    """A file that did not load; not one of the book that we cut off by going to the next page."""
    there = Path(unquote(urlsplit(request.url).path)).is_file()
    cut_off = request.failure == "net::ERR_ABORTED" and there
    return [] if cut_off else [f"failed request: {request.url} ({request.failure})"]


def is_error(message):
    return message.type == "error"


def is_inside(url):
    """A file of the book, or bytes that the page itself holds."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or (
        parts.scheme == "file" and Path(unquote(parts.path)).is_relative_to(HTML)
    )


def open_page(page, name):
    """Go there, and wait until the formulas are set."""
    page.goto((HTML / name).as_uri(), wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise ?? null")


FAULTS = """async () => {
  await new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)));
  const say = (what, e) => `${what}: ${e.outerHTML.slice(0, 120)}`;
  const found = [];
  for (const e of document.querySelectorAll('img')) {
    if (!e.alt.trim()) found.push(say('no alt text', e));
    if (e.loading !== 'lazy' && !(e.complete && e.naturalWidth)) found.push(say('no picture', e));
  }
  for (const e of document.querySelectorAll('mjx-merror')) found.push(say('bad formula', e));
  const fading = CSS.supports('animation-timeline: scroll()');
  const tables = '.mmnotes-scroll, .pst-scrollable-table-container';
  for (const e of fading ? document.querySelectorAll(tables) : []) {
    const more = e.scrollWidth > e.clientWidth;
    const fades = getComputedStyle(e).maskImage !== 'none';
    if (more && !fades) found.push(say('cut off without a sign', e));
    if (fades && !more) found.push(say('fades out and is all there', e));
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) {
    found.push(`the page is ${wide} px wider than the screen`);
    const stick = e => e.getBoundingClientRect().right > innerWidth + 1;
    const sticking = [...document.querySelectorAll('main *')].filter(stick);
    found.push(...sticking.slice(0, 3).map(e => say('too wide', e)));
  }
  return found;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_page_in_a_browser(browser, pages, size, theme):
    """No console error, no request outside the book, no broken picture, nothing too wide."""
    page, problems = view(browser, size, theme)
    found = []
    for name in pages:
        problems.clear()
        open_page(page, name)
        assert page.evaluate("document.documentElement.dataset.theme") == theme, name
        found += [f"{name}: {fault}" for fault in [*problems, *page.evaluate(FAULTS)]]
    page.context.close()
    assert not found, "\n".join(found)


def test_browser_notices(browser, tmp_path, monkeypatch):
    """The checks above can fail: a page with every fault at once."""
    monkeypatch.setattr(f"{__name__}.HTML", tmp_path)
    tmp_path.joinpath("bad.html").write_text(
        "<script src='https://example.org/a.js'></script><script>nothing()</script>"
        "<main><img src='absent.png'><div style='width:2000px'>wide</div>"
        "<div class='mmnotes-scroll' style='overflow:auto'><p style='width:3000px'>wide</p></div>"
        "<div class='mmnotes-scroll' style='mask-image:linear-gradient(red,blue)'>all</div></main>"
    )
    page, problems = view(browser, "phone")
    open_page(page, "bad.html")
    told = "\n".join([*problems, *page.evaluate(FAULTS)])
    page.context.close()
    for what in ("https://example.org", "script error", "no alt text", "no picture", "px wider"):
        assert what in told
    assert "cut off without a sign" in told
    assert "fades out and is all there" in told


def test_links(soups):
    """Every link, picture and anchor inside the book leads somewhere."""
    anchors = {page: {tag["id"] for tag in soup.select("[id]")} for page, soup in soups.items()}
    broken = []
    for page, soup in soups.items():
        for tag, address in addresses(soup):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (HTML / page).parent / unquote(parts.path) if parts.path else HTML / page
            inside = target.resolve()
            if not inside.is_file() or not inside.is_relative_to(HTML):
                broken.append(f"{page}: <{tag}> leads to {address}, which is not there")
                continue
            known = anchors.get(inside.relative_to(HTML).as_posix())
            if parts.fragment and known is not None and unquote(parts.fragment) not in known:
                broken.append(f"{page}: {address} has no such anchor")
    assert not broken, "\n".join(broken)


def addresses(soup):
    for tag in soup.select("a[href], link[href], img[src], script[src], source[src]"):
        address = tag.get("href") or tag.get("src")
        if address not in ("#", "") and not address.startswith("data:"):
            yield tag.name, address


def test_outward_links_are_links_only(soups):
    """Nothing but a link that a reader presses names another host."""
    loads = [
        f"{page}: {address}"
        for page, soup in soups.items()
        for tag, address in addresses(soup)
        if tag != "a" and urlsplit(address).netloc
    ]
    assert not loads, "\n".join(loads)


def test_pictures_have_alt_text(soups):
    bare = [
        f"{page}: {tag.get('src', '')[:80]}"
        for page, soup in soups.items()
        for tag in soup.select("img")
        if not tag.get("alt", "").strip()
    ]
    assert not bare, "\n".join(bare)


def test_figures_of_chapters_say_their_numbers(soups, chapters):
    """A chapter shows at least one plot, and the alt text of each holds a number."""
    for page in chapters:
        texts = [tag["alt"] for tag in soups[page].select("article img.mmnotes-plot")]
        assert texts, f"{page} shows no plot"
        silent = [text for text in texts if not re.search(r"\d", text)]
        assert not silent, f"{page}: {silent}"


@pytest.mark.parametrize(("word", "finds"), [("fusion", True), ("zyzzyva", False)])
def test_search(browser, pages, word, finds):
    page, problems = view(browser)
    page.goto(f"{(HTML / 'search.html').as_uri()}?q={word}", wait_until="load")
    page.wait_for_selector("#search-results .search-summary:not(:empty)")
    page.wait_for_function(
        "!/^Searching|^Preparing/.test(document.querySelector('#search-results').innerText)"
    )
    hits = page.eval_on_selector_all("#search-results li a", "found => found.map(a => a.href)")
    page.context.close()
    assert bool(hits) is finds
    assert all(is_inside(hit.split("?")[0].split("#")[0]) for hit in hits)
    assert not problems, problems


def test_every_notebook_is_a_chapter(chapters):
    tracked = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [Path(page).stem for page in chapters] == tracked


def test_colab_buttons(soups, chapters):
    """The button of each chapter leads to its tracked notebook, and not to an executed copy."""
    repository = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    start = f"https://colab.research.google.com/github{urlsplit(repository['url']).path}/blob/"
    for page in chapters:
        links = [tag["href"] for tag in soups[page].select('a[href*="colab.research"]')]
        notebook = Path(page).with_suffix(".ipynb").as_posix()
        assert set(links) == {f"{start}{repository['branch']}/{notebook}"}, page
        listed = subprocess.run(
            ["git", "ls-files", "--error-unmatch", notebook], cwd=ROOT, capture_output=True
        )
        assert listed.returncode == 0, f"{notebook} is not tracked"
