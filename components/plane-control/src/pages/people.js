// The pages work without this. With it, findings come as one types, and steps of a run as they are done.
const text = document.querySelector("textarea[data-check]");
const findings = document.querySelector("#findings");
if (text && findings) {
  let timer, asked = 0;
  const show = (list) => {
    const items = list.map((finding) => {
      const item = document.createElement("li");
      item.className = finding.severity;
      const kind = document.createElement("strong");
      kind.textContent = finding.severity;
      const code = document.createElement("code");
      code.textContent = finding.code;
      item.append(`${finding.span.line}:${finding.span.column} `, kind, ` ${finding.message} `, code);
      if (finding.help) item.append(document.createElement("br"), finding.help);
      return item;
    });
    const box = document.createElement(items.length ? "ul" : "p");
    if (items.length) box.className = "findings";
    else box.textContent = "Nothing is wrong with it.";
    box.append(...items);
    findings.replaceChildren(box);
  };
  const check = async () => {
    const number = ++asked;
    const answer = await fetch("/oql/lint", { method: "POST", headers: { "content-type": "text/org" }, body: text.value });
    // An answer that was overtaken is not shown.
    if (answer.ok && number === asked) show(await answer.json());
  };
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => check().catch(() => {}), 250);
  });
}
const run = document.querySelector("[data-run]");
if (run) {
  const steps = document.querySelector("#steps");
  const events = new EventSource(`/api/runs/${encodeURIComponent(run.dataset.run)}/events?after=${run.dataset.after}`);
  events.addEventListener("step", (event) => {
    const step = JSON.parse(event.data);
    const item = document.createElement("li");
    const state = document.createElement("span");
    state.className = `state ${step.state}`;
    state.textContent = step.state;
    item.append(state, ` ${step.component}`);
    if (step.ms !== undefined) item.append(` ${step.ms.toFixed(1)} ms`);
    if (step.error) item.append(document.createElement("br"), step.error.message);
    steps.append(item);
  });
  // The end of the run closes the stream; the page then has the results.
  const again = () => { events.close(); location.reload(); };
  events.addEventListener("end", again);
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) location.reload(); };
}
