// An offer's form shows what it does to a sample cart while one types; without this a button does.
"use strict";

for (const form of document.querySelectorAll("form[data-preview]")) {
  const place = document.querySelector("[data-previewed]");
  let waiting = 0;
  let asked = 0;
  const look = async () => {
    const turn = (asked += 1);
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.preview, { method: "POST", body }).catch(() => null);
    const text = answer?.ok ? await answer.text() : "";
    if (turn !== asked || !text) return;
    place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
}
