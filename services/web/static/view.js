// The pictures of pages: zoom, turn, and from hit to hit. Without it they are as wide as their column, and the links to
// the pages with hits lead to them.
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const PIXELS_PER_POINT = 96 / 72; // of CSS: at zoom 1 a page is as large as its paper
const FINE = 2480;

const bar = document.querySelector(".viewer");
const papers = [...document.querySelectorAll(".paper")];
const shown = bar.querySelector("[data-zoom]");
let zoom = Number(sessionStorage.getItem("zoom")); // 0: as wide as the column
let turned = 0;

const sizeOf = (paper) => ["width", "height"].map((side) => Number(paper.querySelector("img").getAttribute(side)));

// CSS pixels for a point of the paper.
const scaleOf = (paper) => {
  const [width, height] = sizeOf(paper);
  return zoom ? zoom * PIXELS_PER_POINT : paper.parentElement.clientWidth / (turned % 180 ? height : width);
};

const sharpen = (paper, width) => {
  const image = paper.querySelector("img");
  if (width * devicePixelRatio > 1240 && !image.srcset.includes(`${FINE}w`))
    image.srcset += `, ${image.getAttribute("src").replace(/\d+$/, FINE)} ${FINE}w`;
  image.sizes = `${Math.round(width)}px`;
};

const lay = (paper) => {
  const { style } = paper;
  if (!zoom && !turned) return paper.removeAttribute("style");
  const scale = scaleOf(paper);
  const [width, height] = sizeOf(paper).map((side) => side * scale);
  const origins = { 0: [0, 0], 90: [height, 0], 180: [width, height], 270: [0, width] };
  const [x, y] = origins[turned];
  const wider = turned % 180 ? height - width : 0; // what is turned takes its own place in the column
  style.width = `${width}px`;
  style.transform = `translate(${x}px, ${y}px) rotate(${turned}deg)`;
  style.margin = `0 ${wider}px ${-wider}px 0`;
  sharpen(paper, width);
};

const layAll = () => {
  if (!papers.length) return;
  const seen = papers.find((paper) => paper.parentElement.getBoundingClientRect().bottom > 0)?.parentElement;
  const before = seen?.getBoundingClientRect();
  papers.forEach(lay);
  shown.textContent = zoom ? `${Math.round(zoom * 100)} %` : shown.dataset.zoom;
  bar.querySelector("[value=fit]").setAttribute("aria-pressed", String(!zoom));
  bar.querySelector("[value=actual]").setAttribute("aria-pressed", String(zoom === 1));
  if (!seen || before.top > 0) return;
  const after = seen.getBoundingClientRect(); // what was at the top of the screen stays there
  scrollBy({ top: after.top - (before.top * after.height) / before.height, behavior: "instant" });
};

const setZoom = (to) => {
  zoom = to;
  sessionStorage.setItem("zoom", zoom);
  layAll();
};

const step = (by) => {
  const now = papers.length ? scaleOf(papers[0]) / PIXELS_PER_POINT : 1;
  const larger = ZOOMS.find((each) => each > now + 0.01);
  const smaller = ZOOMS.findLast((each) => each < now - 0.01);
  setZoom((by > 0 ? larger : smaller) ?? zoom);
};

const turn = (by) => {
  turned = (turned + by + 360) % 360;
  layAll();
};

// ---------------------------------------------------------------- from hit to hit

const hits = [...document.querySelectorAll(".hit-run, .page-text mark")];
const count = bar.querySelector("[data-hits]");
const first = Number(count?.dataset.before ?? 0); // hits on the pages before those shown here
let at = -1;

const show = (to) => {
  hits[at]?.classList.remove("now");
  at = to;
  hits[at].classList.add("now");
  hits[at].scrollIntoView({ block: "center", inline: "center" });
  count.textContent = `${first + at + 1} / ${Number(count.dataset.hits) || hits.length}`;
};

const go = (by) => {
  const to = at + by;
  if (hits[to]) show(to);
  else if (to < 0 && count.dataset.previous) location.assign(count.dataset.previous);
  else if (to >= hits.length && count.dataset.next) location.assign(count.dataset.next);
};

const begin = () => {
  if (!Number(count.dataset.hits)) count.textContent = hits.length; // marks in a text, which the server does not count
  const asked = /^#hit-(\d+)$/.exec(location.hash);
  if (asked) return show(Math.min(Math.max(asked[1] - first - 1, 0), hits.length - 1));
  const page = location.hash && document.getElementById(location.hash.slice(1));
  const there = page ? hits.findIndex((hit) => page.contains(hit)) : -1;
  at = there > 0 ? there - 1 : -1;
};

// ---------------------------------------------------------------- buttons and keys

const acts = {
  larger: () => step(1),
  smaller: () => step(-1),
  fit: () => setZoom(0),
  actual: () => setZoom(1),
  left: () => turn(-90),
  right: () => turn(90),
  next: () => go(1),
  previous: () => go(-1),
};
const keys = { "+": "larger", "-": "smaller", 0: "fit", 1: "actual", n: "next", p: "previous" };

bar.hidden = false;
bar.addEventListener("click", (event) => acts[event.target.closest("button")?.value]?.());

const allowed = bar.querySelector("[name=keys]"); // WCAG 2.1.4: keys of one letter can be turned off
allowed.checked = localStorage.getItem("keys") !== "off";
allowed.addEventListener("change", () => localStorage.setItem("keys", allowed.checked ? "on" : "off"));
document.addEventListener("keydown", (event) => {
  if (!allowed.checked || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [data-review]")) return;
  const act = keys[event.key.toLowerCase()];
  if (!act || !bar.querySelector(`[value=${act}]`)) return;
  event.preventDefault();
  acts[act]();
});
addEventListener("resize", () => turned && !zoom && papers.forEach(lay));
layAll();
if (count && hits.length) begin();
