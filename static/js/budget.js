/* The budget while it is typed: the server counts and keeps, this only marks the cells that it refused. */
(() => {
  "use strict";

  document.addEventListener("htmx:afterSettle", () => {
    const form = document.getElementById("budget");
    if (!form) return;
    const wrong = new Set([...form.querySelectorAll("[data-cellule]")].map((said) => said.dataset.cellule));
    form.querySelectorAll("select.input, input.input").forEach((control) => {
      if (wrong.has(control.id)) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    });
  });
})();
