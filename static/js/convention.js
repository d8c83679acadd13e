// Parties of a convention: « Toutes » and « Aucune » tick at once, and the counts follow each box. Without this
// file the buttons send the form, which comes back with its boxes ticked; nothing is saved either way.
(function () {
  "use strict";
  const scope = function (button) { return button.closest("fieldset") || button.closest(".conv-choix"); };
  const boxes = function (part) { return Array.from(part.querySelectorAll("input[name=organisations]")); };

  function count() {
    document.querySelectorAll("[data-ticked]").forEach(function (told) {
      const n = boxes(scope(told)).filter(function (box) { return box.checked; }).length;
      const words = told.dataset.ticked.split("|")[Math.min(n, 2)].replace("%d", String(n));
      const strong = told.querySelector("b");
      if (strong) {
        strong.textContent = words;
      } else {
        told.textContent = words + " " + told.dataset.tickedOf;
      }
    });
  }

  document.addEventListener("change", function (event) {
    if (event.target instanceof Element && event.target.matches("input[name=organisations]")) { count(); }
  });
  document.addEventListener("click", function (event) {
    const button = event.target instanceof Element && event.target.closest("button[data-tick]");
    if (!button) { return; }
    event.preventDefault();
    boxes(scope(button)).forEach(function (box) { box.checked = button.dataset.tick === "all"; });
    count();
  });
  // A browser that comes back to the page keeps the boxes of before.
  window.addEventListener("pageshow", count);
})();
