// Provinces, cities and districts change in place; without this file a button does it.
"use strict";

document.addEventListener("change", async (event) => {
  const chosen = event.target;
  const place = chosen.closest("[data-divisions]");
  if (place && chosen.name !== "district") {
    const query = new URLSearchParams();
    for (const one of place.querySelectorAll("select")) query.set(one.name, one.value);
    const answer = await fetch(`${place.dataset.divisions}?${query}`).catch(() => null);
    if (!answer || !answer.ok) return;
    place.innerHTML = await answer.text();
    place.querySelector(`[name=${chosen.name}]`)?.focus();
  } else if (chosen.name === "country" && chosen.form) {
    const button = chosen.form.querySelector("[data-without-script][value=country]");
    if (button) chosen.form.requestSubmit(button);
  }
});
