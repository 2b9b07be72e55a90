// Lights up on the page where a value was taken from, while it has the pointer or the focus.
// With `within` that scrolls to it, and nothing else moves.
export const light = (key, within) => {
  for (const box of document.querySelectorAll(".place-box")) {
    const lit = box.dataset.place === key;
    box.classList.toggle("lit", lit);
    if (lit && within) {
      const above = box.getBoundingClientRect().top - within.getBoundingClientRect().top;
      within.scrollTop += above - within.clientHeight / 3;
    }
  }
};

for (const field of document.querySelectorAll(".field[data-key]")) {
  field.addEventListener("pointerenter", () => light(field.dataset.key));
  field.addEventListener("pointerleave", () => light(null));
  field.addEventListener("focusin", () => light(field.dataset.key));
}
