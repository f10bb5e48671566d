from types import SimpleNamespace

import pytest
from sphinx.errors import ExtensionError

from mmnotes.book import extension
from mmnotes.book.markup import images_without_alt


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p><img alt="Two bars" src="a.png"></p>', []),
        ('<img src="a.png">', ["a.png"]),
        ('<img src="a.png" alt="">', ["a.png"]),
        ('<img src="../_images/a.png" alt="../_images/a.png"/>', ["../_images/a.png"]),
        ('<img src="_images/a.png" alt="a.png">', ["_images/a.png"]),
        (f'<img src="data:{"A" * 90}" alt=" ">', ["data:" + "A" * 55]),
        ('<img alt="A > B" src="a.png"><pre>&lt;img&gt;</pre>', []),
    ],
)
def test_pictures_that_say_nothing(html, found):
    assert images_without_alt(html) == found


def script(filename, body=None):
    return SimpleNamespace(filename=filename, attributes={"body": body} if body else {})


def test_each_script_once():
    scripts = [script("a.js"), script(None, "x = 1"), script("", "x = 1"), script("", "y = 2")]
    context = {"script_files": [*scripts, script("a.js"), "plain.js", "plain.js"]}
    extension.drop_duplicate_scripts(None, "page", "page.html", context, None)
    assert context["script_files"] == [*scripts[:2], scripts[3], "plain.js"]


@pytest.fixture
def app(tmp_path):
    return SimpleNamespace(
        outdir=tmp_path,
        builder=SimpleNamespace(format="html"),
        config=SimpleNamespace(mathjax_path="mathjax/tex-svg.js"),
    )


def laid(app):
    root = app.outdir / "_static" / "mathjax"
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_one_script_of_mathjax(app):
    extra = app.outdir / "_static" / "mathjax" / "tex-chtml.js"
    extra.parent.mkdir(parents=True)
    extra.write_text("another copy")
    extension.lay_mathjax(app, None)
    assert laid(app) == ["tex-svg.js"]


def test_fonts_where_the_script_needs_them(app):
    app.config.mathjax_path = "mathjax/tex-mml-chtml.js"
    extension.lay_mathjax(app, None)
    first, *rest = laid(app)
    assert first.startswith("output/chtml/fonts/woff-v2/")
    assert rest[-1] == "tex-mml-chtml.js"


@pytest.mark.parametrize("path", ["https://cdn.example/mathjax.js", "", None])
def test_another_mathjax_is_left_alone(app, path):
    app.config.mathjax_path = path
    extension.lay_mathjax(app, None)
    assert not (app.outdir / "_static").exists()


def test_nothing_is_laid_after_a_failed_build(app):
    extension.lay_mathjax(app, ValueError())
    assert not (app.outdir / "_static").exists()


def test_a_script_that_the_package_lacks(app):
    app.config.mathjax_path = "mathjax/tex-sgv.js"
    with pytest.raises(ExtensionError, match=r"has no script tex-sgv\.js"):
        extension.lay_mathjax(app, None)


def test_the_package_is_absent(app, monkeypatch):
    monkeypatch.setattr(extension.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtensionError, match="pip install"):
        extension.lay_mathjax(app, None)
