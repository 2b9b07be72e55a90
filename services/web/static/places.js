// Lights up on the page where a value or a line of text stands, while that has the pointer, the focus or the selection;
// a click on a line of the picture leads to its text.

// With `within` that scrolls to the place, and nothing else moves.
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

for (const one of document.querySelectorAll("[data-lights]")) {
  const lightIt = () => light(one.dataset.lights);
  one.addEventListener("pointerenter", lightIt);
  one.addEventListener("pointerleave", () => light(null));
  one.addEventListener("focusin", lightIt);
}

document.addEventListener("selectionchange", () => {
  const { anchorNode, isCollapsed } = document.getSelection();
  const key = anchorNode?.parentElement?.closest("[data-lights]")?.dataset.lights;
  if (key && !isCollapsed) light(key);
});

for (const box of document.querySelectorAll(".line-box"))
  box.addEventListener("click", () => {
    const line = document.querySelector(`[data-lights="${box.dataset.place}"]`);
    line.scrollIntoView({ block: "nearest" });
    (line.querySelector("a") ?? line).focus();
    light(box.dataset.place);
  });
