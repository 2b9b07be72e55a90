// Keeps a page up to date: takes the changed parts from the server's own page, when the events of a batch say that
// something changed (data-events), or every few seconds (data-renew) until the page says so no more.
const live = document.getElementById("live");
const address = live?.dataset.events;
const seconds = Number(live?.dataset.renew);

const renew = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return true;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of page.querySelectorAll("#live [id]")) {
    const old = document.getElementById(part.id);
    if (old && old.outerHTML !== part.outerHTML) old.replaceWith(document.adoptNode(part));
  }
  return Boolean(page.getElementById("live")?.dataset.renew);
};

if (address) {
  const events = new EventSource(address);
  let waiting = false;

  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      renew();
    }, 600);
  };

  events.addEventListener("batch", soon);
  events.addEventListener("item", soon);
  events.addEventListener("end", () => {
    events.close();
    renew();
  });
}

if (seconds) {
  const again = async () => {
    const more = await renew().catch(() => true); // the server may be away for a moment
    if (more) setTimeout(again, seconds * 1000);
  };
  setTimeout(again, seconds * 1000);
}
