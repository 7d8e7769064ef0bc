/* Keeps a page up to date: told by server-sent events that something changed, it fetches the page
   again and swaps the parts that differ. Without JavaScript the page refreshes itself. */
"use strict";
(() => {
  const topic = document.body.dataset.topic;
  if (!topic) return;
  const mark = document.getElementById("live-mark");
  let pending = 0, fetching = false, again = false;

  function say(text) { if (mark) mark.textContent = text; }

  async function refresh() {
    pending = 0;
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { say("reconnecting"); }
    fetching = false;
    if (again) { again = false; soon(); }
  }

  function swap(fresh) {
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const here = document.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!here) { location.reload(); return; }
      if (here.contains(document.activeElement) && here.querySelector(":focus-visible")) {
        if (here.dataset.source === part.innerHTML) continue;
      }
      if (here.dataset.source !== part.innerHTML) {
        here.dataset.source = part.innerHTML;
        here.replaceChildren(...part.childNodes);
        document.dispatchEvent(new CustomEvent("swapped", { detail: here }));
      }
    }
    if (!fresh.body.dataset.topic) { delete document.body.dataset.topic; stream.close(); say("finished"); }
  }

  function soon() { if (!pending) pending = setTimeout(refresh, 120); }

  for (const part of document.querySelectorAll("[data-part]")) part.dataset.source = part.innerHTML;
  const stream = new EventSource("/events?topic=" + encodeURIComponent(topic));
  stream.addEventListener("changed", soon);
  let opened = false;
  stream.addEventListener("open", () => { say("live"); if (opened) soon(); opened = true; soon(); });
  stream.addEventListener("error", () => say("reconnecting"));
})();
