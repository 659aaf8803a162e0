// Products as a browser knows them: what was looked at, what is compared, a variant chosen at once.
const VIEWED = "souk.viewed";
const COMPARED = "souk.compared";
const VIEWED_MAX = 12;
const COMPARED_MAX = 4;

const read = (name) => {
  try {
    const found = JSON.parse(localStorage.getItem(name) || "[]");
    return Array.isArray(found) ? found.filter((one) => /^[a-z0-9-]{1,90}$/.test(one)) : [];
  } catch {
    return [];
  }
};

const write = (name, list) => {
  try {
    localStorage.setItem(name, JSON.stringify(list));
  } catch {
    // A browser that keeps nothing forgets: every page works without.
  }
};

const query = (slugs) => slugs.map((one) => `p=${encodeURIComponent(one)}`).join("&");

customElements.define(
  "souk-recent",
  class extends HTMLElement {
    async connectedCallback() {
      const here = this.dataset.without;
      const slugs = read(VIEWED).filter((one) => one !== here);
      if (slugs.length) {
        const answer = await fetch(`${this.dataset.cards}?${query(slugs)}`).catch(() => null);
        const text = answer && answer.ok ? await answer.text() : "";
        const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-cards]");
        if (fresh) {
          this.querySelector(".empty")?.replaceWith(fresh);
          this.hidden = false;
          for (const forget of this.querySelectorAll("[data-forget]")) forget.hidden = false;
        }
      }
      this.querySelector("[data-forget] button")?.addEventListener("click", () => {
        write(VIEWED, []);
        location.reload();
      });
    }
  },
);

customElements.define(
  "souk-compare",
  class extends HTMLElement {
    connectedCallback() {
      // An address that names several is what somebody chose to show; one that names one adds it.
      const shown = [...this.querySelectorAll("[data-product]")].map((one) => one.dataset.product);
      const asked = new URLSearchParams(location.search).getAll("p");
      const wanted = asked.length > 1 ? shown : [...new Set([...read(COMPARED), ...shown])].slice(-COMPARED_MAX);
      write(COMPARED, wanted);
      if (asked.length < 2 && wanted.length > 1) location.replace(`${this.dataset.path}?${query(wanted)}`);
      this.addEventListener("click", (event) => {
        const link = event.target.closest("[data-without]");
        if (link) write(COMPARED, read(COMPARED).filter((one) => one !== link.dataset.without));
      });
    }
  },
);

customElements.define(
  "souk-product",
  class extends HTMLElement {
    connectedCallback() {
      const slug = this.dataset.slug;
      if (slug) write(VIEWED, [slug, ...read(VIEWED).filter((one) => one !== slug)].slice(0, VIEWED_MAX));
      this.addEventListener("click", (event) => this.click(event));
      for (const share of this.querySelectorAll("[data-share]")) {
        share.hidden = !navigator.share;
        share.addEventListener("click", () =>
          navigator.share({ title: document.title, url: share.dataset.share }).catch(() => undefined),
        );
      }
      addEventListener("popstate", () => this.show(location.href, false));
    }

    click(event) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      const choice = event.target.closest(".options a");
      const zoom = event.target.closest("a[data-zoom]");
      if (choice) {
        event.preventDefault();
        this.show(choice.href, true);
      } else if (zoom) {
        event.preventDefault();
        this.zoom(zoom);
      }
    }

    async show(address, isNew) {
      const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
      const text = answer && answer.ok ? await answer.text() : "";
      const page = new DOMParser().parseFromString(text, "text/html");
      const parts = page.querySelectorAll("souk-product [data-swap]");
      if (!parts.length) return void location.assign(address);
      const focused = document.activeElement?.closest?.(".options a")?.textContent;
      for (const part of parts) {
        this.querySelector(`[data-swap="${part.dataset.swap}"]`)?.replaceWith(part);
      }
      if (isNew) history.pushState(null, "", address);
      const again = [...this.querySelectorAll(".options a")].find((one) => one.textContent === focused);
      again?.focus({ preventScroll: true });
    }

    zoom(link) {
      const dialog = document.createElement("dialog");
      dialog.className = "zoom";
      const picture = document.createElement("img");
      picture.src = link.href;
      picture.alt = link.querySelector("img")?.alt ?? "";
      const close = document.createElement("button");
      close.className = "button zoom__close";
      close.type = "button";
      close.textContent = this.dataset.close;
      close.addEventListener("click", () => dialog.close());
      dialog.setAttribute("aria-label", picture.alt);
      dialog.append(picture, close);
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      dialog.addEventListener("close", () => {
        dialog.remove();
        link.focus();
      });
      document.body.append(dialog);
      dialog.showModal();
    }
  },
);
