// Label dossier: a figure of the portal goes into the text where one writes. Without this file, the button
// sends the text with the sentence added at its end.
(function () {
  "use strict";
  // Before it was ever entered, a text has its cursor at its start: the sentence then goes at the end.
  const entered = new WeakSet();
  document.addEventListener("focusin", function (event) { entered.add(event.target); });
  document.addEventListener("click", function (event) {
    const button = event.target instanceof Element && event.target.closest("button[data-insert-into]");
    const area = button && document.getElementById(button.dataset.insertInto);
    if (!area) { return; }
    const sentence = button.dataset.insert;
    const from = entered.has(area) ? area.selectionStart : area.value.length;
    const before = area.value.slice(0, from);
    const after = area.value.slice(entered.has(area) ? area.selectionEnd : area.value.length);
    const start = before && !/\s$/.test(before) ? " " : "";
    const end = after && !/^\s/.test(after) ? " " : "";
    const full = before + start + sentence + end + after;
    event.preventDefault();
    if (area.maxLength > 0 && full.length > area.maxLength) { area.focus(); return; }
    area.value = full;
    const place = before.length + start.length + sentence.length + end.length;
    area.setSelectionRange(place, place);
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
