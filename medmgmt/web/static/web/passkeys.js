// Passkeys: asks the server what to ask, asks the browser, and sends its answer with the form. Without this file, and
// where a browser knows no passkeys, these forms stay hidden and the other ways are there.
"use strict";
(function () {
  const forms = document.querySelectorAll("form[data-passkey]");
  const api = window.PublicKeyCredential;
  const hasName = !/^[0-9.]+$|:/.test(window.location.hostname.replace(/^\[|\]$/g, ""));
  if (!forms.length || !api || !api.parseRequestOptionsFromJSON || !window.isSecureContext || !hasName) return;
  document.querySelectorAll("[data-no-passkey]").forEach((line) => { line.hidden = true; });

  async function question(form) {
    const said = new FormData();
    said.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    said.set("for", form.dataset.passkey);
    const answer = await fetch(form.dataset.ask, { method: "POST", body: said, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("refused");
    return (await answer.json()).publicKey;
  }
  async function ask(form) {
    const asked = await question(form);
    const found = form.dataset.passkey === "new"
      ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(asked) })
      : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(asked) });
    return JSON.stringify(found.toJSON());
  }
  forms.forEach(function (form) {
    const place = form.querySelector("[data-passkey-answer]");
    const failed = form.querySelector("[data-passkey-failed]");
    const button = form.querySelector("button");
    form.hidden = false;
    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      failed.hidden = true;
      button.disabled = true;
      try {
        place.value = await ask(form);
        const trust = document.querySelector("input[name=trust]:checked");
        if (trust && trust.form !== form) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "trust", value: "1" }));
        form.submit();
      } catch (refused) {
        button.disabled = false;
        failed.hidden = false;
      }
    });
  });
})();
