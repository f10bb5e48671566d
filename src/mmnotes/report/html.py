"""The HTML of figures, tables and strips, with the styles that they need anywhere.

The same output is shown by the book, Colab, JupyterLab and VS Code, light and dark. So nothing
here sets a text colour: it is inherited, and rules are grey at half strength. The plots' ink is a
grey that is legible on white and on near-black; a page that says it is dark brightens them.
"""

import base64
from html import escape

from mmnotes.errors import InputError

# Each rule has its reason: the pydata theme puts a white box behind every HTML output and image on
# dark pages; JupyterLab stripes and right-aligns every table. A table wider than its page fades out
# on the right until it is scrolled to its end; without overflow there is nothing to scroll, and no
# fading.
STYLE = """<style>
figure.mmnotes{margin:1.25rem 0;padding:0;max-width:100%;font-variant-numeric:tabular-nums}
.mmnotes .mmnotes-title{font-weight:600;font-size:1.05em;line-height:1.35;margin:0 0 .5rem;\
max-width:36em;text-align:left;text-wrap:pretty}
.mmnotes figcaption.mmnotes-caption{font-size:.9em;line-height:1.45;margin:.5rem 0 0;\
padding:0;max-width:40em;text-align:left;color:inherit;font-family:inherit;font-weight:400;\
opacity:.82}
.mmnotes img.mmnotes-plot{display:block;width:100%;max-width:560px;height:auto;margin:0}
[data-theme=dark] img.mmnotes-plot,[theme=dark] img.mmnotes-plot,\
[data-jp-theme-light=false] img.mmnotes-plot,.vscode-dark img.mmnotes-plot\
{filter:brightness(1.22)}
html[data-theme=dark] .bd-content div.cell_output .text_html:has(.mmnotes)\
{background:none!important;color:inherit!important;padding:0!important}
.mmnotes .mmnotes-scroll{overflow-x:auto}
@supports(animation-timeline:scroll()){.mmnotes .mmnotes-scroll{animation:mmnotes-more linear;\
animation-timeline:scroll(self inline)}}
@keyframes mmnotes-more{0%,98%{mask-image:linear-gradient(to left,transparent,#000 2rem)}}
.mmnotes table.mmnotes-grid{border-collapse:collapse;border:0;margin:0;width:auto;\
font-size:.95em;line-height:1.35;color:inherit}
.mmnotes table.mmnotes-grid tr,.mmnotes table.mmnotes-grid tbody tr:nth-child(n)\
{background:none;border:0}
.mmnotes table.mmnotes-grid :is(th,td){padding:.4rem .9rem .4rem 0;text-align:right;\
vertical-align:baseline;border:0;font-weight:400;white-space:normal;background:none;color:inherit}
.mmnotes table.mmnotes-grid :is(th,td):last-child{padding-right:.1rem}
.mmnotes table.mmnotes-grid :is(th,td).mmnotes-text{text-align:left}
.mmnotes table.mmnotes-grid th.mmnotes-long{min-width:8em}
.mmnotes table.mmnotes-grid thead th{font-weight:600;vertical-align:bottom;\
border-bottom:1.5px solid rgba(128,128,128,.75)}
.mmnotes table.mmnotes-grid tbody tr+tr :is(th,td){border-top:1px solid rgba(128,128,128,.22)}
.mmnotes table.mmnotes-grid tbody tr.mmnotes-after :is(th,td)\
{border-top:1px solid rgba(128,128,128,.75)}
.mmnotes table.mmnotes-grid td.mmnotes-best .mmnotes-value{font-weight:700}
.mmnotes .mmnotes-value,.mmnotes .mmnotes-interval{display:inline-block;white-space:nowrap}
.mmnotes .mmnotes-interval{font-size:.86em;opacity:.72;margin-left:.45em}
.mmnotes .mmnotes-pad{visibility:hidden}
.mmnotes table.mmnotes-grid thead th.mmnotes-wide{text-align:left}
@media(max-width:600px){.mmnotes table.mmnotes-grid thead th.mmnotes-wide{text-align:right}\
.mmnotes .mmnotes-interval{display:block;margin:0}\
.mmnotes .mmnotes-pad{display:none}}
.mmnotes .mmnotes-row{display:flex;flex-wrap:wrap;gap:.6rem;margin:0 0 .5rem;align-items:flex-start}
.mmnotes .mmnotes-rowname{flex:0 0 100%;font-size:.9em;font-weight:600;margin:.2rem 0 -.2rem}
.mmnotes .mmnotes-item{\
width:min(92px,calc((100% - (var(--mmnotes-across) - 1)*.6rem)/var(--mmnotes-across)));\
font-size:.8em;line-height:1.25;overflow-wrap:anywhere;hyphens:auto}
.mmnotes .mmnotes-item :is(img,.mmnotes-absent){box-sizing:border-box;display:block;width:100%;\
height:auto;aspect-ratio:1;object-fit:contain;border-radius:6px;margin:0 0 .25rem}
.mmnotes .mmnotes-item img{background:#fff!important;padding:4px!important;\
border:1px solid rgba(128,128,128,.3)}
.mmnotes .mmnotes-absent{border:1px dashed rgba(128,128,128,.7);padding-top:38%;text-align:center;\
opacity:.75}
</style>"""


def required(text: str, what: str) -> str:
    """The text, stripped; InputError if there is none."""
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{what} is empty: write it, it is what the reader sees first")
    return text.strip()


def figure_html(title: str, body: str, caption: str = "", kind: str = "figure") -> str:
    """A figure element of class ``mmnotes mmnotes-<kind>``: title, body, caption."""
    below = f'<figcaption class="mmnotes-caption">{escape(caption)}</figcaption>' if caption else ""
    return (
        f'{STYLE}<figure class="mmnotes mmnotes-{kind}">'
        f'<div class="mmnotes-title">{escape(title)}</div>{body}{below}</figure>'
    )


def plot_html(svg: bytes, alt: str) -> str:
    """The image element of a plot. The inline style undoes the theme's white box on dark pages."""
    return (
        f'<img class="mmnotes-plot dark-light" alt="{escape(alt)}" '
        'style="width:100%;max-width:560px;height:auto;background:none;padding:0" '
        f'src="{data_uri(svg, "image/svg+xml")}">'
    )


def data_uri(content: bytes, mime: str) -> str:
    """The content as an address that needs no file."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"
