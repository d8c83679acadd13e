/* Menus and dialogs for browsers without popover or invoker commands: same markup, same result. */
(() => {
  "use strict";

  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (!dialog || typeof dialog.showModal !== "function") return;
      const command = button.getAttribute("command");
      if (command === "show-modal" && !dialog.open) dialog.showModal();
      if (command === "close" && dialog.open) dialog.close(button.value);
    });
  }

  if (!("popover" in HTMLElement.prototype)) {
    document.documentElement.classList.add("no-popover");
    const close = (except) =>
      document.querySelectorAll("[popover].is-open").forEach((menu) => {
        if (menu !== except) menu.classList.remove("is-open");
      });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[popovertarget]");
      const menu = button && document.getElementById(button.getAttribute("popovertarget"));
      if (menu) menu.classList.toggle("is-open");
      if (menu || !event.target.closest("[popover]")) close(menu);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }
})();
