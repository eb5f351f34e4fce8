// Warns a minute before an unused session closes, then hides what the page shows. What was typed stays: signing in
// again brings it back into its form, and nothing is sent as meant. Without this file the server closes it all the same.
"use strict";
(function () {
  const frame = document.querySelector("[data-idle]");
  if (!frame) return;
  const warning = frame.querySelector("[data-idle-warning]");
  const cover = frame.querySelector("[data-idle-cover]");
  const count = frame.querySelector("[data-idle-count]");
  const offline = frame.querySelector("[data-idle-offline]");
  const WARN = 60, SAY = 60, STORED = "medmgmt.used";
  const whole = Number(frame.dataset.idle);
  let ends = Date.now() + whole * 1000, said = Date.now(), covered = false;

  function token() {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : "";
  }
  async function say(act) {
    const body = new FormData();
    body.set("act", act);
    const answer = await fetch(frame.dataset.at, {
      method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() },
    });
    return answer.ok ? answer.json() : { left: 0 };
  }
  function keep(left) {
    ends = Date.now() + left * 1000;
    said = Date.now();
    try { window.localStorage.setItem(STORED, frame.dataset.whose + " " + ends); } catch (refused) { /* this page only */ }
  }
  window.addEventListener("storage", function (event) {
    const [whose, until] = (event.key === STORED && event.newValue ? event.newValue : "").split(" ");
    if (whose === frame.dataset.whose && Number(until) > ends) ends = Number(until);
  });

  async function stay() {
    try {
      const told = await say("stay");
      if (told.left > 0 && told.who === frame.dataset.whose) {
        keep(told.left);
        if (warning.open) warning.close();
      } else close();
    } catch (lost) { said = Date.now(); }
  }
  function used() {
    if (!covered && !warning.open && Date.now() - said > SAY * 1000) { said = Date.now(); stay(); }
  }
  ["keydown", "pointerdown", "input"].forEach((name) => document.addEventListener(name, used, { passive: true }));

  function close() {
    if (covered) return;
    covered = true;
    if (warning.open) warning.close();
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    document.body.classList.add("covered");
    document.title = frame.dataset.title;
    cover.showModal();
    cover.addEventListener("cancel", (event) => event.preventDefault());
    say("lock").catch(function () { /* the server's own clock closes it */ });
  }
  function uncover(left) {
    covered = false;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token(); });
    document.body.classList.remove("covered");
    cover.close();
    keep(left);
  }

  function changed(field) {
    if (field.type === "hidden" || field.type === "password" || field.disabled) return false;
    if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) return Array.from(field.options).some((one) => one.selected !== one.defaultSelected && one.value);
    return "defaultValue" in field && field.value !== field.defaultValue;
  }
  function typed() {
    const forms = Array.from(document.forms).filter((form) => form.method === "post" && !frame.contains(form));
    return forms.find((form) => Array.from(form.elements).some(changed));
  }
  async function again() {
    offline.hidden = true;
    let told;
    try {
      // Somebody may have signed in again beside this page; else it is closed for certain before anything is sent.
      told = await say("look");
      if (told.left > 0 && told.who === frame.dataset.whose) return uncover(told.left);
      if (told.left > 0) return window.location.assign("/");
    } catch (lost) { offline.hidden = false; return; }
    const form = typed();
    if (form) HTMLFormElement.prototype.submit.call(form);
    else window.location.assign(frame.dataset.signIn + "?next=" + encodeURIComponent(window.location.pathname + window.location.search));
  }

  function look() {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (covered) return;
    if (left <= 0) close();
    else if (left <= WARN && whole > WARN) {
      count.textContent = String(left);
      if (!warning.open) warning.showModal();
    } else if (warning.open) warning.close();
  }
  frame.querySelector("[data-idle-stay]").addEventListener("click", stay);
  frame.querySelector("[data-idle-leave]").addEventListener("click", close);
  frame.querySelector("[data-idle-again]").addEventListener("click", again);
  warning.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", function (event) { if (event.persisted) look(); });
  window.setInterval(look, 1000);
})();
