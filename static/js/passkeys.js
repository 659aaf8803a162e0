// Passkeys (W3C WebAuthn): a device is asked, and its answer goes into a form of the page.
"use strict";

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const textOf = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// What travels as JSON is in base64url, what the browser takes and gives is in bytes.
const asked = (options) => ({
  ...options,
  challenge: bytesOf(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytesOf(options.user.id) } }),
  ...Object.fromEntries(
    ["excludeCredentials", "allowCredentials"]
      .filter((name) => options[name])
      .map((name) => [name, options[name].map((one) => ({ ...one, id: bytesOf(one.id) }))]),
  ),
});

const answered = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = textOf(credential.response[name]);
  }
  const id = textOf(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, clientExtensionResults: {}, response });
};

customElements.define(
  "souk-passkey",
  class extends HTMLElement {
    connectedCallback() {
      const form = this.querySelector("form");
      const can = Boolean(window.PublicKeyCredential);
      const isHere = location.hostname === this.dataset.host;
      this.show("[data-elsewhere]", !isHere);
      this.show("[data-unable]", isHere && !can);
      form.hidden = !can || !isHere;
      if (form.hidden || !this.dataset.options) return;
      form.addEventListener("submit", (event) => {
        if (form.elements.answer.value) return;
        event.preventDefault();
        event.stopPropagation();
        this.ask(form);
      });
      // A form that comes back from the browser's memory has been answered before.
      form.elements.answer.value = "";
      if (this.dataset.kind === "offer") this.offer(form);
    }

    disconnectedCallback() {
      this.waiting?.abort();
    }

    show(selector, is) {
      const part = this.querySelector(selector);
      if (part) part.hidden = !is;
    }

    // Among the logins that the browser fills in, without a press on the button.
    async offer(form) {
      if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
      await this.get(form, { mediation: "conditional" }).catch(() => undefined);
    }

    async ask(form) {
      const said = this.querySelector("[data-said]");
      said.textContent = "";
      try {
        await this.get(form, {});
      } catch (refusal) {
        said.textContent = refusal.name === "InvalidStateError" ? said.dataset.known : said.dataset.failed;
      }
    }

    async get(form, how) {
      this.waiting?.abort();
      this.waiting = new AbortController();
      const publicKey = asked(JSON.parse(this.dataset.options));
      const wanted = { publicKey, signal: this.waiting.signal, ...how };
      const made = this.dataset.kind === "make";
      const credential = await (made ? navigator.credentials.create(wanted) : navigator.credentials.get(wanted));
      form.elements.answer.value = answered(credential);
      form.requestSubmit();
    }
  },
);
