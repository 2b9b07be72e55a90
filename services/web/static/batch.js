// Keeps the batch page up to date: listens to the batch's events and takes the changed parts from the server's own page.
const live = document.getElementById("live");
const address = live?.dataset.events;
if (address) {
  const events = new EventSource(address);
  let waiting = false;

  const renew = async () => {
    waiting = false;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of page.querySelectorAll("#live [id]")) {
      const old = document.getElementById(part.id);
      if (old && old.outerHTML !== part.outerHTML) old.replaceWith(document.adoptNode(part));
    }
  };

  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(renew, 600);
  };

  events.addEventListener("batch", soon);
  events.addEventListener("item", soon);
  events.addEventListener("end", () => {
    events.close();
    renew();
  });
}
