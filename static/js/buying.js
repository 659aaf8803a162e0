// Niceties of cart and orders: everything works without this file.
"use strict";

// The time that is left, second by second; when it is over the page is read anew.
for (const place of document.querySelectorAll("[data-until]")) {
  const end = Date.parse(place.dataset.until);
  const tell = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    const minutes = Math.floor(left / 60);
    place.textContent = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    if (left) setTimeout(tell, 1000);
    else location.reload();
  };
  if (end > Date.now()) tell();
}

// A number to copy, a page to print.
document.addEventListener("click", async (event) => {
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy).then(
      () => (copy.textContent = copy.dataset.copied),
      () => undefined,
    );
  }
  if (event.target.closest?.("[data-print]")) window.print();
});
for (const shown of document.querySelectorAll("[data-copy], [data-print]")) shown.hidden = false;

// What is put into the cart is shown beside the page; without this the cart's own page opens.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const pressed = event.submitter;
  if (!form.hasAttribute("data-drawer") || pressed?.value === "checkout") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("then", "drawer");
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  const text = answer?.ok ? await answer.text() : "";
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const drawer = fresh.querySelector("dialog");
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  if (!drawer) return void HTMLFormElement.prototype.submit.call(form);
  document.querySelector("dialog.drawer")?.remove();
  document.body.append(drawer);
  for (const part of fresh.querySelectorAll("[data-part]")) {
    document.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceWith(part);
  }
  drawer.addEventListener("close", () => { drawer.remove(); pressed?.focus(); });
  drawer.addEventListener("click", (inside) => {
    if (inside.target === drawer || inside.target.closest("[data-closes-drawer]")) {
      inside.preventDefault();
      drawer.close();
    }
  });
  drawer.showModal();
});
