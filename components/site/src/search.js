// Finds words in search.json. It asks nobody but the site itself, and writes text as text.
"use strict";
(() => {
  const form = document.getElementById("find");
  const box = form.querySelector("input");
  const said = document.getElementById("said");
  const list = document.getElementById("found");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const index = fetch("search.json").then((answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  });
  const score = (page, words) => {
    let all = 0;
    for (const word of words) {
      let best = fold(page.title).includes(word) ? 10 : 0;
      for (const [title] of page.headings) if (fold(title).includes(word)) best = Math.max(best, 5);
      if (best === 0 && fold(page.text).includes(word)) best = 1;
      if (best === 0) return 0;
      all += best;
    }
    return all;
  };
  const element = (name, text, address) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (address) made.href = address;
    return made;
  };
  const show = async () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    list.replaceChildren();
    said.textContent = "";
    if (words.length === 0) return;
    const pages = await index;
    const hits = pages.map((page) => [score(page, words), page]).filter(([points]) => points > 0);
    hits.sort((one, other) => other[0] - one[0]);
    said.textContent = hits.length === 1 ? "1 page" : `${hits.length} pages`;
    for (const [, page] of hits.slice(0, 50)) {
      const item = document.createElement("li");
      item.append(element("a", page.title, page.url));
      const heading = page.headings.find(([title]) => words.some((word) => fold(title).includes(word)));
      if (heading) item.append(" · ", element("a", heading[0], `${page.url}#${encodeURIComponent(heading[1])}`));
      const at = Math.max(0, fold(page.text).indexOf(words[0]) - 60);
      item.append(element("p", (at > 0 ? "… " : "") + page.text.slice(at, at + 180) + " …"));
      list.append(item);
    }
  };
  const failed = () => { said.textContent = "The index cannot be read here; the list below has every heading."; };
  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); show().catch(failed); });
  box.addEventListener("input", () => show().catch(failed));
  box.value = new URLSearchParams(location.search).get("q") ?? "";
  show().catch(failed);
})();
