
(function () {
  "use strict";
  function folded(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
      .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/’/g, "'");
  }
  var box = document.querySelector(".search"), field = box.querySelector("input"), said = box.querySelector("output");
  var articles = Array.from(document.querySelectorAll("article"));
  var texts = articles.map(function (each) { return folded(each.textContent); });
  var sections = Array.from(document.querySelectorAll("section.variables"));
  function search() {
    var words = folded(field.value).split(/\s+/).filter(Boolean), found = 0;
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
