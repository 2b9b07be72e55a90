// Suggests while a query is typed, as an ARIA 1.2 combobox. Without it the box is a plain search field.
const WAIT = 120;

for (const box of document.querySelectorAll(".search-box[data-suggest]")) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const said = box.querySelector("[role=status]");
  let timer, asked, active = -1;

  const options = () => [...list.children];

  const close = () => {
    clearTimeout(timer); // nor does an answer under way open it again
    asked?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const select = (at) => {
    const all = options();
    all[active]?.setAttribute("aria-selected", "false");
    active = all.length ? (at + all.length + 1) % (all.length + 1) : -1;
    if (active === all.length) active = -1; // back in the field
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    all[active].setAttribute("aria-selected", "true");
    all[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[active].id);
  };

  const option = (item, number) => {
    const row = document.createElement("li");
    row.id = `${list.id}-${number}`;
    row.setAttribute("role", "option");
    row.dataset.address = item.links.html;
    row.setAttribute("aria-selected", "false");
    const group = document.createElement("span");
    group.className = "suggest-group";
    group.textContent = item.group === "document" ? item.detail ?? "" : list.dataset[item.group];
    const label = document.createElement("span");
    label.className = "suggest-label";
    label.textContent = item.label;
    row.append(group, label);
    if (item.group !== "document") {
      const count = document.createElement("span");
      count.className = "suggest-count";
      count.textContent = item.count.toLocaleString(document.documentElement.lang);
      row.append(count);
    }
    return row;
  };

  const ask = async () => {
    asked?.abort();
    const q = input.value.trim();
    if (!q || q.length > 200) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ q })}`, { signal: asked.signal });
      if (!answer.ok) return close();
      const { items } = await answer.json();
      if (document.activeElement !== input) return;
      list.replaceChildren(...items.map(option));
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = !items.length;
      input.setAttribute("aria-expanded", String(items.length > 0));
      said.textContent = list.dataset.said.replace("{n}", items.length);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault(); // the second one empties the field
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && list.hidden) {
      event.preventDefault();
      ask();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const last = options().length - 1;
      select(event.key === "ArrowDown" ? active + 1 : active < 0 ? last : active - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.assign(options()[active].dataset.address);
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150)); // a click on an option comes first
  list.addEventListener("mousedown", (event) => {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    event.preventDefault();
    location.assign(row.dataset.address);
  });
}
