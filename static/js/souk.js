// Niceties only: every page works without this file.
"use strict";

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
});

// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// What a public page does not know of its visitor: parts of a fragment take the place of their
// namesakes; a fragment without parts becomes the element's content.
for (const place of document.querySelectorAll("[data-fragment]")) {
  fetch(place.dataset.fragment, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").body;
      const parts = fresh.querySelectorAll("[data-part]");
      for (const part of parts) {
        const shown = document.querySelector(`[data-part="${part.dataset.part}"]`);
        if (shown && shown.innerHTML !== part.innerHTML) shown.replaceWith(part);
      }
      if (!parts.length && fresh.children.length) place.replaceChildren(...fresh.childNodes);
    })
    .catch(() => undefined);
}

// Words to go on with, while one types into the search field: a list box that the arrows walk.
for (const input of document.querySelectorAll("[data-suggest]")) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.role = "listbox";
  list.ariaLabel = input.dataset.suggestions;
  list.hidden = true;
  input.parentElement.append(list);
  input.role = "combobox";
  input.ariaAutoComplete = "list";
  input.setAttribute("aria-controls", list.id);
  let waiting = 0;
  let asked = "";
  let marked = -1;
  const mark = (at) => {
    marked = at;
    [...list.children].forEach((one, place) => (one.ariaSelected = String(place === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const open = (is) => {
    list.hidden = !is;
    input.ariaExpanded = String(is);
    mark(-1);
  };
  const take = (option) => {
    input.value = option.textContent;
    open(false);
    input.form.requestSubmit();
  };
  open(false);
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = input.value.trim();
      asked = typed;
      if (!typed) return open(false);
      const address = `${input.dataset.suggest}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
      const text = answer && answer.ok ? await answer.text() : "";
      if (asked !== typed) return;
      const fresh = new DOMParser().parseFromString(`<ul>${text}</ul>`, "text/html");
      list.replaceChildren(...fresh.querySelectorAll("[role=option]"));
      open(list.children.length > 0 && document.activeElement === input);
    }, 150);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") mark((marked + 2) % (count + 1) - 1);
    else if (event.key === "ArrowUp") mark(((marked + count + 1) % (count + 1)) - 1);
    else if (event.key === "Enter" && marked >= 0) take(list.children[marked]);
    else if (event.key === "Escape") open(false);
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  input.addEventListener("blur", () => open(false));
}

// What is typed into a password field can be looked at; it is sent as a password.
customElements.define(
  "souk-secret",
  class extends HTMLElement {
    connectedCallback() {
      const input = this.querySelector("input");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "secret-field__show";
      button.textContent = this.dataset.show;
      button.setAttribute("aria-controls", input.id);
      const show = (is) => {
        input.type = is ? "text" : "password";
        button.setAttribute("aria-pressed", String(is));
      };
      show(false);
      button.addEventListener("click", () => show(input.type === "password"));
      input.form?.addEventListener("submit", () => show(false));
      this.append(button);
    }
  },
);

// Choices that speak for themselves need no button.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && event.target.hasAttribute("data-sends") && form.reportValidity()) form.requestSubmit();
});

// Times in the reader's own zone.
const language = document.documentElement.lang;
for (const time of document.querySelectorAll("time[data-moment]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    time.title = time.textContent;
    time.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(moment);
  }
}

// While something is awaited, look again: a page that says so is read anew until it no longer does. What is
// told in place takes the place of what is shown, so that nobody loses what was typed beside it.
const awaited = document.querySelector("[data-look-again]");
if (awaited) {
  const pause = Number(awaited.dataset.lookAgain) * 1000;
  let looksLeft = 60;
  const look = async () => {
    if (document.hidden) return void setTimeout(look, pause);
    const answer = await fetch(awaited.dataset.lookAt || location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const text = answer && answer.ok ? await answer.text() : "";
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("[data-standing]");
    const shown = document.querySelector("[data-standing]");
    const moved = fresh && shown && fresh.dataset.standing !== shown.dataset.standing;
    const busy = shown && shown.contains(document.activeElement);
    if (moved && !("inPlace" in shown.dataset)) return void location.reload();
    if (moved && !busy) {
      shown.replaceWith(document.adoptNode(fresh));
      if (!("lookAgain" in fresh.dataset)) return;
      looksLeft = 60;
    }
    if (--looksLeft > 0) setTimeout(look, pause);
  };
  setTimeout(look, pause);
}

// A menu closes with Escape, and when something else is pressed; the focus goes back to its name.
const menus = document.querySelectorAll("details[data-closes]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});
for (const menu of menus) {
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

// A page to pass on: the system's own sheet where there is one, else its address is copied.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-pass-on]");
  if (!link) return;
  event.preventDefault();
  try {
    if (navigator.share) return void (await navigator.share({ title: link.dataset.passOn, url: link.href }));
    await navigator.clipboard.writeText(link.href);
    link.parentElement.querySelector("[role=status]").textContent = link.dataset.copied;
  } catch (refusal) {
    if (refusal.name !== "AbortError") location.assign(link.href);
  }
});

// The next page of a listing follows below the one before; the first new product takes the focus.
const goesOn = (link) => {
  if (link) link.textContent = link.dataset.goesOn;
};
goesOn(document.querySelector("[data-goes-on]"));
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-goes-on]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return void location.assign(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = [...page.querySelectorAll(".listing .cards > li")];
  const list = document.querySelector(".listing .cards");
  list.append(...fresh);
  const next = page.querySelector("[data-goes-on]");
  goesOn(next);
  if (next) link.replaceWith(next);
  else link.remove();
  fresh[0]?.querySelector("a")?.focus();
  const status = document.querySelector("[data-says]");
  status.textContent = status.dataset.says.replace("#", list.children.length);
});
