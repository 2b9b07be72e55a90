// The review form by keyboard: arrows move between values, Enter accepts, 1 to 9 take a candidate, E edits.
// Without it the form works by mouse and Tab.
import { light } from "./places.js";

const form = document.querySelector("[data-review]");
const pages = document.querySelector(".review-sheets");
const entries = [...form.querySelectorAll(".entry")];
const isOpen = (entry) => "open" in entry.dataset;
const confirmed = (entry) => entry.querySelector("[name=confirm]");
const inputs = (entry) => [...entry.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea, select")];
const waits = (entry) => isOpen(entry) && !confirmed(entry).checked && !entry.classList.contains("changed");

const go = (entry) => (entry ?? form.querySelector(".review-actions .primary")).focus();
const step = (entry, by) => entries[entries.indexOf(entry) + by]?.focus();
const nextOpen = (entry) => entries.slice(entries.indexOf(entry) + 1).find(waits) ?? entries.find(waits);

const edit = (entry) => {
  const input = inputs(entry).at(-1);
  input.focus();
  input.setSelectionRange?.(input.value.length, input.value.length);
};

const accept = (entry) => {
  const box = confirmed(entry);
  if (box) box.checked = true;
  go(nextOpen(entry));
};

const take = (button) => {
  const input = document.getElementById(button.dataset.input);
  input.value = button.dataset.text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

for (const entry of entries) {
  entry.addEventListener("focusin", () => light(entry.dataset.key, pages));
  entry.addEventListener("input", (event) => {
    if (event.target.type !== "checkbox") entry.classList.add("changed");
  });
  for (const button of entry.querySelectorAll("[name=take]"))
    button.addEventListener("click", (event) => {
      event.preventDefault();
      take(button);
      entry.focus();
    });
}

form.addEventListener("keydown", (event) => {
  const entry = event.target.closest(".entry");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return form.requestSubmit(form.querySelector(".review-actions .primary"));
  }
  if (!entry || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.target !== entry) {
    if (event.key === "Escape") return entry.focus();
    if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
      event.preventDefault(); // else the browser sends the form
      accept(entry);
    }
    return;
  }
  const candidate = entry.querySelectorAll("[name=take]")[Number(event.key) - 1];
  if (candidate) take(candidate);
  else if (event.key === "ArrowDown") step(entry, 1);
  else if (event.key === "ArrowUp") step(entry, -1);
  else if (event.key === "Enter") accept(entry);
  else if (event.key === "e" || event.key === "E") edit(entry);
  else return;
  event.preventDefault();
});

go(entries.find(waits) ?? entries[0]);
