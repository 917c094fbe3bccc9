// Keeps an open page up to date. Without this script the page is the same, and a reload shows what is new.
"use strict";
(() => {
  const main = document.getElementById("content");
  const live = document.getElementById("live");
  if (!main.dataset.changes || !window.EventSource) return;

  let revision = main.dataset.revision;
  let asking = false;
  let again = false;

  const say = (text) => { if (live.textContent !== text) live.textContent = text; };

  const ago = (seconds) => {
    const distance = Math.abs(seconds);
    if (distance < 1) return "now";
    const [size, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([least]) => distance >= least);
    const text = `${Math.floor(distance / size)} ${unit}`;
    return seconds > 0 ? `in ${text}` : `${text} ago`;
  };
  const tick = () => {
    for (const time of document.querySelectorAll("time")) {
      const text = ago((Date.parse(time.dateTime) - Date.now()) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  };

  // The times move by themselves: what they say of a row does not make it a changed one.
  const told = (row) => {
    const copy = row.cloneNode(true);
    copy.classList.remove("changed");
    if (!copy.className) copy.removeAttribute("class");
    for (const time of copy.querySelectorAll("time")) time.textContent = time.dateTime;
    return copy.outerHTML;
  };

  // Rows that stay the same stay in the page, so that nobody loses their place or their focus.
  const replaceRows = (old, fresh) => {
    const known = new Map([...old.children].map((row) => [row.id, row]));
    let changed = 0;
    const rows = [...fresh.children].map((row) => {
      const before = known.get(row.id);
      if (before && told(before) === told(row)) return before;
      changed += 1;
      row.classList.add("changed");
      return document.importNode(row, true);
    });
    if (changed || rows.length !== old.children.length || rows.some((row, place) => row !== old.children[place])) {
      old.replaceChildren(...rows);
    }
    return changed;
  };

  const focused = () => {
    const element = document.activeElement;
    return element && element.matches("a[href]") && main.contains(element) ? element.getAttribute("href") : null;
  };

  const take = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const href = focused();
    const holder = document.activeElement;
    let changed = 0;
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!next) continue;
      if (part.dataset.live === "rows") changed += replaceRows(part, next);
      else if (told(part) !== told(next)) { part.replaceChildren(...document.importNode(next, true).childNodes); changed += 1; }
    }
    if (href && document.activeElement !== holder) {
      const link = [...main.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === href);
      if (link) link.focus({ preventScroll: true });
    }
    tick();
    if (changed) say(`Live. Updated at ${new Date().toLocaleTimeString()}`);
  };

  const refresh = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const text = await answer.text();
        const found = /data-revision="([^"]*)"/.exec(text);
        if (found) revision = found[1];
        take(text);
      } else {
        say(answer.status === 404 ? "It is gone. This is what it was last" : "Not live: reload the page");
      }
    } catch {
      say("Not live: the operator does not answer");
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  };

  const listen = () => {
    const changes = new EventSource(main.dataset.changes);
    changes.addEventListener("open", () => say("Live"));
    changes.addEventListener("change", (event) => { if (event.data !== revision) refresh(); });
    changes.addEventListener("error", () => {
      if (changes.readyState !== EventSource.CLOSED) return;
      say("Not live: trying again in half a minute");
      setTimeout(listen, 30000);
    });
    window.addEventListener("pagehide", () => changes.close());
  };
  listen();
  setInterval(tick, 5000);
})();
