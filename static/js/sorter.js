// Lines that can be dragged into another order; the numbers in them say the order, with or without this.
customElements.define(
  "souk-sorter",
  class extends HTMLElement {
    connectedCallback() {
      for (const row of this.querySelectorAll("[data-row]")) row.draggable = true;
      this.addEventListener("dragstart", (event) => {
        if (event.target.matches?.("[data-row]")) this.moved = event.target;
      });
      this.addEventListener("dragover", (event) => {
        const row = event.target.closest?.("[data-row]");
        if (!this.moved || !row || row === this.moved) return;
        event.preventDefault();
        const middle = row.getBoundingClientRect().top + row.offsetHeight / 2;
        if (event.clientY < middle) row.before(this.moved);
        else row.after(this.moved);
      });
      this.addEventListener("drop", (event) => event.preventDefault());
      this.addEventListener("dragend", () => {
        this.moved = undefined;
        this.number();
      });
      this.addEventListener("change", (event) => {
        if (event.target.matches("[data-place]")) this.order(event.target);
      });
    }

    rows() {
      return [...this.querySelectorAll("[data-row]")];
    }

    number() {
      this.rows().forEach((row, index) => {
        row.querySelector("[data-place]").value = index + 1;
      });
    }

    order(field) {
      const wanted = Number(field.value) - 1;
      const row = field.closest("[data-row]");
      const others = this.rows().filter((one) => one !== row);
      if (wanted >= others.length) row.parentElement.append(row);
      else others[Math.max(0, wanted)].before(row);
      this.number();
      field.focus();
    }
  },
);
