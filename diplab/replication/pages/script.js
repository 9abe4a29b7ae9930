(function () {
  "use strict";
  var form = document.querySelector("form.filter");
  if (!form) { return; }

  function folded(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
      .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/’/g, "'");
  }

  // a cell is found by its own words, those of its row and of the title above it, of its column and of its table
  function words(item) {
    var row = item.closest("tr"), table = item.closest("table"), said = [item.textContent];
    if (item.tagName === "TD") {
      said.push(table.caption.textContent, table.tHead.rows[0].cells[item.cellIndex].textContent);
      row.querySelectorAll("th").forEach(function (each) { said.push(each.textContent); });
      var title = row.parentNode.querySelector("tr.group");
      if (title) { said.push(title.textContent); }
    }
    return folded(said.join(" "));
  }

  var items = Array.from(document.querySelectorAll("[data-v]")).map(function (each) {
    return {
      element: each,
      cell: each.tagName === "TD",
      count: each.dataset.again === undefined ? Number(each.dataset.many || 1) : 0,
      text: words(each),
      verdict: each.dataset.v.split(" "),
      rests_on: each.closest("[data-r]").dataset.r.split(" ")
    };
  });
  var all = items.reduce(function (sum, each) { return sum + each.count; }, 0);
  var search = form.querySelector("input"), said = form.querySelector("output");

  function hideEmpty(selector, inside) {
    document.querySelectorAll(selector).forEach(function (each) {
      var held = Array.from(each.querySelectorAll(inside));
      each.hidden = held.length > 0 && held.every(function (one) {
        return one.classList.contains("out") || one.hidden;
      });
    });
  }

  function show() {
    var wanted = folded(search.value).split(/\s+/).filter(Boolean), shown = 0;
    var chosen = Array.from(form.querySelectorAll("select")).filter(function (each) { return each.value; });
    items.forEach(function (each) {
      var fits = wanted.every(function (word) { return each.text.includes(word); }) &&
        chosen.every(function (one) { return each[one.name].includes(one.value); });
      if (each.cell) { each.element.classList.toggle("out", !fits); } else { each.element.hidden = !fits; }
      if (fits) { shown += each.count; }
    });
    hideEmpty("table.cross tbody tr", "td[data-v]");
    hideEmpty("table.cross tbody", "tr:not(.group)");
    hideEmpty("table.numbers", "tbody");
    hideEmpty(".in-full", "[data-v]");
    hideEmpty("section.printed", "[data-v]");
    said.textContent = said.dataset.said
      .replace("{shown}", shown.toLocaleString(document.documentElement.lang))
      .replace("{all}", all.toLocaleString(document.documentElement.lang));
  }

  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { window.setTimeout(show, 0); });
  window.addEventListener("hashchange", function () {
    var there = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (there && there.closest("[hidden]")) { form.reset(); show(); there.scrollIntoView(); }
  });
  show();
})();
