// Grid of a call: the sum of the weights as they are typed. The server counts again.
(function () {
  "use strict";
  const form = document.querySelector("form[data-poids]");
  const total = form && form.querySelector("[data-poids-total]");
  if (!total) { return; }
  function count() {
    let sum = 0;
    for (const field of form.querySelectorAll('input[name$="-poids"]')) {
      const out = form.elements.namedItem(field.name.replace(/poids$/, "retirer"));
      if (/^\s*\d{1,3}\s*$/.test(field.value) && !(out && out.checked)) { sum += Number(field.value); }
    }
    const gap = 100 - sum;
    const rest = gap > 0 ? "ajoutez " + gap : "retirez " + -gap;
    total.textContent = sum + "\u202f%" + (gap ? " : " + rest : "");
    total.classList.toggle("is-off", gap !== 0);
  }
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  count();
})();
