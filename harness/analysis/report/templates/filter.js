"use strict";
(() => {
  const form = document.getElementById("filter");
  const measures = [...document.querySelectorAll("input[name=measure]")];
  const rows = [...document.querySelectorAll("[data-row]")];
  const told = document.getElementById("shown");
  const fields = form ? [...form.querySelectorAll("select, input")] : [];
  const parts = [...document.querySelectorAll("[data-model], [data-stage], [data-context], [data-help], [data-dataset], [data-outcome]")];

  function read() {
    if (location.hash && !location.hash.includes("=")) return; // a place on the page
    const state = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = state.get(field.name) || "";
      const known = field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value);
      field.value = known ? value : "";
    }
    const wanted = measures.find((one) => one.value === state.get("measure"));
    const usual = measures.find((one) => one.defaultChecked);
    if (wanted || usual) (wanted || usual).checked = true;
    show();
  }

  function write() {
    const state = new URLSearchParams();
    for (const field of fields) if (field.value) state.set(field.name, field.value);
    const measure = measures.find((one) => one.checked);
    if (measure && !measure.defaultChecked) state.set("measure", measure.value);
    const text = state.toString();
    if (text !== location.hash.slice(1)) location.hash = text;
    show();
  }

  function show() {
    const wanted = fields.filter((one) => one.value && one.name !== "text");
    const text = fields.filter((one) => one.name === "text").map((one) => one.value.toLowerCase())[0] || "";
    for (const part of parts) {
      part.hidden = wanted.some((one) => part.dataset[one.name] !== undefined && part.dataset[one.name] !== one.value);
    }
    if (text) for (const row of rows) if (!row.textContent.toLowerCase().includes(text)) row.hidden = true;
    const left = rows.filter((one) => !one.hidden).length;
    if (told) told.textContent = left === rows.length ? "" : `${left} of ${rows.length} shown`;
    for (const one of document.querySelectorAll("[data-count]")) {
      const inside = [...one.querySelectorAll("[data-row]")];
      one.hidden = inside.length > 0 && inside.every((row) => row.hidden);
    }
  }

  if (form) {
    form.hidden = false;
    form.addEventListener("input", write);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(write));
  }
  for (const one of measures) one.addEventListener("change", write);
  addEventListener("hashchange", read);
  read();
})();
