// Single keys for the worklist: j k Enter c x r d ?. Off while somebody types, and off for good where they are switched
// off (WCAG 2.1.4). Without this file the list works as it stands.
"use strict";
(function () {
  const list = document.querySelector("[data-keys]");
  const line = document.querySelector("[data-keys-line]");
  const help = document.querySelector("[data-keys-help]");
  const choice = document.querySelector("[data-keys-switch]");
  if (!list || !line || !help || !choice) return;

  const STORED = "medmgmt.keys";
  function read() {
    try { return window.localStorage.getItem(STORED) !== "off"; } catch (refused) { return true; }
  }
  function keep(value) {
    try { window.localStorage.setItem(STORED, value ? "on" : "off"); } catch (refused) { /* this page only, then */ }
  }
  let on = read();

  function show() {
    line.hidden = false;
    line.querySelector("[data-keys-on]").hidden = !on;
    choice.textContent = on ? choice.dataset.off : choice.dataset.on;
  }
  choice.addEventListener("click", function () { on = !on; keep(on); show(); });
  show();

  const tasks = () => Array.from(list.querySelectorAll("[data-task]"));
  const here = () => document.activeElement && document.activeElement.closest ? document.activeElement.closest("[data-task]") : null;

  function go(step) {
    const all = tasks();
    if (!all.length) return;
    const at = all.indexOf(here());
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    const link = next.querySelector("[data-open]");
    link.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  function open(part) {
    const task = here();
    const link = task && task.querySelector("[data-open]");
    if (link) window.location.assign(link.href + part);
  }
  function press(selector) {
    const found = here() && here().querySelector(selector);
    if (found) found.click();
  }
  const DOES = {
    j: () => go(1),
    k: () => go(-1),
    c: () => press("[data-take]"),
    x: () => press("[data-tick]"),
    r: () => open("#reassign"),
    d: () => open("#done"),
    "?": () => help.showModal(),
  };

  function types(element) {
    if (!element || !element.matches) return false;
    if (element.isContentEditable || element.matches("textarea, select")) return true;
    return element.matches("input") && !["checkbox", "radio", "button", "submit"].includes(element.type);
  }
  document.addEventListener("keydown", function (event) {
    if (!on || help.open || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (types(event.target) || !Object.hasOwn(DOES, event.key)) return;
    event.preventDefault();
    DOES[event.key]();
  });

  const ticked = document.querySelector("[data-ticked]");
  function count() {
    if (!ticked) return;
    const number = list.querySelectorAll("[data-tick]:checked").length;
    ticked.hidden = number === 0;
    ticked.textContent = String(number);
    const folded = document.querySelector("[data-several]");
    if (folded && number > 0) folded.open = true;
  }
  list.addEventListener("change", count);
  count();
})();
