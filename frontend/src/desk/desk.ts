/** The agents' pages stay fresh: the house says that something changed, htmx fetches the page again and takes what is new. */

import "htmx.org";
import "./desk.css";

const RETRY = 2_000;

function tell(name: string): void {
  document.body.dispatchEvent(new CustomEvent(name));
}

function listen(address: string): void {
  const state = document.getElementById("live-state");
  const source = new EventSource(address);
  let lost = false;
  source.addEventListener("open", () => {
    if (state) state.textContent = "";
    // What changed while the line was down was never announced.
    if (lost) ["desk-changed", "case-changed"].forEach(tell);
    lost = false;
  });
  source.addEventListener("desk", () => tell("desk-changed"));
  source.addEventListener("case", (event) => {
    if (event.data === document.getElementById("case")?.dataset["case"]) tell("case-changed");
  });
  source.addEventListener("error", () => {
    lost = true;
    if (state) state.textContent = "Reconectando…";
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen(address), RETRY);
  });
}

/** The log is read from its end, unless the agent went up to read. */
let follows = true;

function toEnd(): void {
  const log = document.getElementById("log");
  if (log && follows) log.scrollTop = log.scrollHeight;
}

function watchLog(): void {
  document.addEventListener(
    "scroll",
    (event) => {
      const log = event.target as HTMLElement;
      if (log.id === "log") follows = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    },
    true,
  );
}

/** What was accepted is cleared from its form; what was refused stays, to be mended. */
function afterSwap(event: Event): void {
  const form = event.target;
  if (form instanceof HTMLFormElement && !document.querySelector("#notice .bad")) {
    form.reset();
    follows = true;
  }
  toEnd();
}

document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  if (!(field instanceof HTMLTextAreaElement) || field.id !== "text") return;
  event.preventDefault();
  field.form?.requestSubmit();
});
const address = document.body.dataset["events"];
if (address) listen(address);
watchLog();
toEnd();
