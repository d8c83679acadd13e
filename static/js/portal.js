/* What every page gains when scripts run. Without this file everything still works, one page at a time.
   Nothing is written to the browser's stores, nothing is evaluated, no style is set inline. */
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const isText = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable ||
      element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])"));

  /* ---- Toasts: short news that need no answer. HX-Trigger: {"annonce": "Ligne retirée."} makes one. */
  function announce(text) {
    const region = $("#toasts");
    if (!region || !text) return;
    const toast = document.createElement("div");
    const words = document.createElement("p");
    const close = document.createElement("button");
    toast.className = "toast";
    words.textContent = text;
    close.className = "btn btn-small";
    close.type = "button";
    close.textContent = "Fermer";
    close.addEventListener("click", () => toast.remove());
    toast.append(words, close);
    region.append(toast);
    setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), 10000);
  }

  /* ---- Alerts that must stay until something is done */
  function alertBox(title, text, action) {
    const box = $("#alerte-reseau") || document.createElement("div");
    box.id = "alerte-reseau";
    box.className = "alert alert-error";
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    const body = document.createElement("div");
    const head = document.createElement("p");
    const strong = document.createElement("b");
    const more = document.createElement("p");
    strong.textContent = title;
    head.append(strong);
    more.textContent = text;
    body.append(head, more);
    if (action) body.append(action);
    const drawing = $("#icone-alerte");
    box.replaceChildren(drawing ? drawing.content.cloneNode(true) : document.createElement("span"), body);
    ($("#messages") || $("main")).prepend(box);
    box.focus();
    return box;
  }

  function actionButton(label, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-small";
    button.textContent = label;
    button.addEventListener("click", run);
    return button;
  }

  /* ---- After signing in again in another tab, the page takes the new token; what is typed does not move. */
  async function renewToken() {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = fresh.body.getAttribute("hx-headers");
    const field = $("input[name=csrfmiddlewaretoken]", fresh);
    if (headers) document.body.setAttribute("hx-headers", headers);
    if (field) $$("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = field.value));
  }

  function failed(event) {
    const detail = event.detail || {};
    const form = (detail.elt && detail.elt.closest("form")) || $("form[data-saisie]");
    const status = detail.xhr ? detail.xhr.status : 0;
    release();
    if (detail.requestConfig && detail.requestConfig.verb === "get" && status !== 401) {
      announce("Cette partie de la page n’a pas pu être mise à jour.");
      return;
    }
    const what = (form && form.dataset.saisie) || "Ce que vous avez tapé";
    const retry = actionButton("Réessayer", async () => {
      try {
        await renewToken();
      } catch {
        /* still away: the submit below says so again */
      }
      if (form && form.isConnected) form.requestSubmit(lastSubmitter(form));
    });
    if (status === 401 || status === 403) {
      const login = document.createElement("a");
      login.href = document.body.dataset.login || "/";
      login.target = "_blank";
      login.rel = "noopener";
      login.textContent = "Se reconnecter dans un nouvel onglet";
      const line = document.createElement("p");
      line.className = "row";
      line.append(login, retry);
      alertBox("Votre session a pris fin.", `${what} est toujours là ; rien n’est encore enregistré.`, line);
    } else if (status === 429) {
      alertBox("Trop d’essais en peu de temps.", "Attendez quelques minutes avant de recommencer.", null);
    } else {
      alertBox("Pas encore enregistré.", `Le portail n’a pas répondu. ${what} est toujours là.`, retry);
    }
  }

  /* ---- One click, one send. The button stays focusable and says that it works. */
  const submitters = new WeakMap();
  const lastSubmitter = (form) => {
    const button = submitters.get(form);
    return button && button.isConnected ? button : undefined;
  };

  function release() {
    $$("form[data-busy]").forEach((form) => form.removeAttribute("data-busy"));
    $$("[aria-busy=true].btn").forEach((button) => button.removeAttribute("aria-busy"));
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method === "dialog" || form.target === "_blank" || form.hasAttribute("data-many")) return;
      if (form.method !== "post" && !form.hasAttribute("hx-post")) return;
      if (form.hasAttribute("data-busy")) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      form.setAttribute("data-busy", "");
      if (event.submitter) {
        submitters.set(form, event.submitter);
        event.submitter.setAttribute("aria-busy", "true");
      }
      setTimeout(release, 20000);
    },
    true,
  );
  window.addEventListener("pageshow", release);

  /* ---- Focus, title and live parts after a fragment came in */
  /* ---- A wide table is a stop of the keyboard only while it scrolls: on a telephone most are blocks. */
  const sized = window.ResizeObserver && new ResizeObserver((changes) => {
    changes.forEach(({ target }) => { target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1; });
  });

  function settle(root) {
    if (sized) $$(".scroll[tabindex]", root).forEach((box) => sized.observe(box));
    $$("[data-counter-for]", root).forEach(startCounter);
    $$("[data-reveal]", root).forEach(startReveal);
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.elt;
    const titled = target.matches("[data-title]") ? target : $("[data-title]", target);
    if (titled) document.title = titled.dataset.title;
    settle(target.parentElement || document);
    const summary = target.id === "erreurs" ? target : $("#erreurs", target);
    const wanted = summary || $("[data-focus]", target);
    if (wanted) wanted.focus();
  });
  /* htmx sends the button that merely holds the focus: Tab after an amount must not press the one that removes. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const form = detail.elt;
    const cause = detail.triggeringEvent;
    if (!(form instanceof HTMLFormElement) || !cause || !["input", "change"].includes(cause.type)) return;
    const named = [...form.elements].filter((control) => control.name);
    const typed = new Set(named.filter((control) => control.type !== "submit").map((control) => control.name));
    named.forEach((control) => { if (!typed.has(control.name)) detail.formData.delete(control.name); });
  });
  document.addEventListener("htmx:afterRequest", release);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("annonce", (event) => announce(event.detail.value));

  /* htmx notes the current address in the session store: wipe it, this browser may be a shared desk. */
  const wipe = () => sessionStorage.removeItem("htmx-current-path-for-history");
  ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:load"].forEach((name) =>
    document.addEventListener(name, wipe),
  );

  /* ---- Characters left, counted as the server does */
  function startCounter(line) {
    const field = document.getElementById(line.dataset.counterFor);
    if (!field || field.dataset.counted) return;
    field.dataset.counted = "1";
    field.addEventListener("input", () => {
      const left = field.maxLength - [...field.value].length;
      line.textContent = `${left.toLocaleString("fr-FR")}\u00a0${left > 1 ? "caractères restants" : "caractère restant"}`;
      line.classList.toggle("is-low", left <= 20);
      if (left <= 20) line.setAttribute("role", "status");
      else line.removeAttribute("role");
    });
  }

  /* ---- Show the password one types */
  function startReveal(box) {
    const field = $("input", box);
    if (!field || $("button", box)) return;
    const button = actionButton("Afficher", () => {
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      button.textContent = hidden ? "Masquer" : "Afficher";
      button.setAttribute("aria-label", `${button.textContent} le mot de passe`);
    });
    button.setAttribute("aria-label", "Afficher le mot de passe");
    button.classList.remove("btn-small");
    box.append(button);
  }

  /* ---- Clicks: print, copy */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-copy]");
    if (!button) return;
    if (button.hasAttribute("data-print")) return window.print();
    navigator.clipboard
      .writeText(button.dataset.copy)
      .then(() => announce("Copié."))
      .catch(() => announce("La copie n’est pas permise par ce navigateur."));
  });

  /* ---- Enter on a list sends a form typed in a row, as it does on its fields (a browser opens the list). */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.altKey || event.metaKey) return;
    const list = event.target instanceof HTMLSelectElement && event.target.closest("[data-enter-sends]");
    if (!list || (CSS.supports("selector(:open)") && event.target.matches(":open"))) return;
    event.preventDefault();
    list.requestSubmit();
  });

  /* ---- Keys: Alt+letter opens the link that carries data-shortcut, Ctrl+Enter sends the form, Ctrl+Shift+Enter by its other button */
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code.startsWith("Key")) {
      const link = $(`[data-shortcut="${event.code.slice(3).toLowerCase()}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      /* Outside any form (a click on the page took the focus away), the one the page is about. */
      const which = `[data-submit-shortcut="${event.shiftKey ? "maj" : ""}"]`;
      const button = $(which, event.target.closest("form") || document);
      if (button && !$("dialog[open]")) {
        event.preventDefault();
        button.form.requestSubmit(button);
      }
    }
  });

  window.portail = Object.freeze({ announce, alertBox, isText });
  settle(document);
  const summary = $("#erreurs");
  if (summary) summary.focus();
})();
