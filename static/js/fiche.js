/* The fiche from the keyboard: digits pick the status; nothing typed is lost by leaving by mistake.
   Everything stays in the page: no draft is stored anywhere. The form may be swapped: it is looked up each time. */
(() => {
  "use strict";

  const form = () => document.getElementById("fiche");
  if (!form()) return;
  let changed = false;
  let sending = false;

  /* 1 to 9, then 0 for the tenth: the digits shown on the chips. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (!/^[0-9]$/.test(event.key) || window.portail.isText(event.target)) return;
    if (!form() || document.querySelector("dialog[open]")) return;
    const choices = form().querySelectorAll("input[type=radio][name=statut]");
    const choice = choices[event.key === "0" ? 9 : Number(event.key) - 1];
    if (!choice || choice.disabled) return;
    event.preventDefault();
    choice.focus();
    choice.checked = true;
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* A ticked door shows it at once, before the server answers. */
  function mark() {
    document.querySelectorAll("#fiche .door").forEach((door) => {
      const box = door.querySelector("input[type=checkbox]");
      door.classList.toggle("is-on", Boolean(box && box.checked));
    });
  }

  /* Results drawn above the field in use do not push it out of sight. */
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const field = document.activeElement;
    held = field && field.closest("#fiche") ? { field, top: field.getBoundingClientRect().top } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!held || held.field !== document.activeElement) return;
    window.scrollBy({ top: held.field.getBoundingClientRect().top - held.top, behavior: "instant" });
  });

  const inForm = (event) => Boolean(event.target.closest && event.target.closest("#fiche"));
  document.addEventListener("change", (event) => inForm(event) && mark());
  document.addEventListener("input", (event) => {
    if (inForm(event)) changed = true;
  });
  document.addEventListener("submit", (event) => {
    if (inForm(event)) sending = true;
  });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:afterSettle"].forEach((name) =>
    document.addEventListener(name, () => {
      sending = false;
      mark();
    }),
  );
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) sending = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed && !sending) event.preventDefault();
  });
  mark();
})();
