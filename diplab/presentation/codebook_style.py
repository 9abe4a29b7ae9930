"""The look of a codebook page, and the few lines of script that search it."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["SCRIPT", "STYLE", "policy"]

STYLE = """
:root { --ink: #1b1b1b; --grey: #5f6368; --line: #d9d9d9; --paper: #fff; --soft: #f5f6f8; --bar: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 20px 20px 64px; }
p.kind { margin: 12px 0 0; color: var(--grey); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 40px 0 8px; padding-top: 12px; border-top: 2px solid var(--ink); }
h3 { font-size: 1.02rem; line-height: 1.35; margin: 0 0 4px; font-weight: 600; }
h4 { font-size: .86rem; margin: 12px 0 2px; color: var(--grey); font-weight: 600; }
a { color: #00578a; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }
h3 code { background: var(--soft); padding: 1px 6px; border-radius: 3px; margin-right: .4em; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 12px; font-size: .93rem; }
dl.facts dt { color: var(--grey); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
p.small, p.about, p.remark { color: var(--grey); font-size: .9rem; margin: 2px 0 6px; }
p.question { margin: 2px 0 6px; white-space: pre-line; overflow-wrap: anywhere; }
.caution { background: var(--soft); border-left: 4px solid #cc79a7; padding: 8px 12px; margin: 12px 0; }
.search { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: 10px 0;
          border-bottom: 1px solid var(--line); margin: 16px 0; }
.search label { display: block; font-size: .9rem; color: var(--grey); }
.search input { width: 100%; font: inherit; padding: 7px 10px; border: 1px solid #8a8a8a; border-radius: 4px; }
.search input:focus-visible { outline: 2px solid var(--bar); outline-offset: 1px; }
.search output { font-size: .86rem; color: var(--grey); }
details.contents ul { columns: 18rem; column-gap: 24px; padding-left: 1.1em; font-size: .9rem; margin: 6px 0; }
details.contents li { break-inside: avoid; overflow-wrap: anywhere; }
summary { cursor: pointer; color: #00578a; }
article { border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; margin: 10px 0;
          scroll-margin-top: 96px; }
article:target { border-color: var(--bar); box-shadow: 0 0 0 1px var(--bar); }
[hidden] { display: none !important; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--grey); font-size: .82rem; }
th, td { padding: 2px 10px 2px 0; vertical-align: top; }
td { border-top: 1px solid #eee; }
.code { width: 5.5em; overflow-wrap: anywhere; }
.wide .code { width: 12em; }
.shape + table, .shape + details, table + table, details + table, table + details { margin-top: 10px; }
.label { overflow-wrap: anywhere; }
.people, .share { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums;
                  width: 5.5em; padding-right: 0; }
.bar { width: 22%; padding-top: 8px; }
.bar span { display: block; height: 9px; background: var(--bar); border-radius: 1px; min-width: 1px;
            print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.shape { display: flex; flex-wrap: wrap; gap: 6px 24px; align-items: flex-end; margin-top: 6px; }
.shape figure { margin: 0; width: 260px; }
.shape svg { display: block; width: 260px; height: 60px; }
.shape figcaption { display: flex; justify-content: space-between; font-size: .8rem; color: var(--grey); }
.shape dl { display: grid; grid-template-columns: max-content max-content; gap: 0 14px; margin: 0; font-size: .88rem; }
.shape dt { color: var(--grey); }
.shape dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 600px) {
  body { font-size: 15px; }
  main { padding: 12px 12px 48px; }
  h1 { font-size: 1.35rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 6px; }
  article { padding: 10px 12px; }
  .bar { display: none; }
  .code, .people, .share { width: 4.2em; }
  .wide .code { width: 8em; }
}
@media print {
  @page { size: A4; margin: 14mm 12mm; }
  html, body { font-size: 10.5px; }
  main { max-width: none; padding: 0; }
  .search, details.contents { display: none; }
  article { break-inside: avoid-page; border: 0; border-top: 1px solid var(--line); border-radius: 0;
            padding: 6px 0; margin: 4px 0; }
  article.long { break-inside: auto; }
  h2, h3, h4 { break-after: avoid; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; display: block; }
  details > summary { display: none; }
  a { color: inherit; text-decoration: none; }
}
"""

SCRIPT = """
(function () {
  "use strict";
  function folded(text) {
    return text.normalize("NFD").replace(/[\\u0300-\\u036f]/g, "").toLowerCase()
      .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/’/g, "'");
  }
  var box = document.querySelector(".search"), field = box.querySelector("input"), said = box.querySelector("output");
  var articles = Array.from(document.querySelectorAll("article"));
  var texts = articles.map(function (each) { return folded(each.textContent); });
  var sections = Array.from(document.querySelectorAll("section.variables"));
  function search() {
    var words = folded(field.value).split(/\\s+/).filter(Boolean), found = 0;
    articles.forEach(function (each, place) {
      var fits = words.every(function (word) { return texts[place].includes(word); });
      each.hidden = !fits;
      found += fits ? 1 : 0;
    });
    sections.forEach(function (each) { each.hidden = !each.querySelector("article:not([hidden])"); });
    said.textContent = words.length ? said.dataset.said.replace("{found}", found) : "";
  }
  box.hidden = false;
  field.addEventListener("input", search);
  window.addEventListener("hashchange", function () {
    var there = document.getElementById(location.hash.slice(1));
    if (there && there.hidden) { field.value = ""; search(); there.scrollIntoView(); }
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
  });
  search();
})();
"""


def policy() -> str:
    """Return what a page may do: show its own style, run its own script, and nothing else.

    Examples
    --------
    >>> policy().startswith("default-src 'none'")
    True
    """
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
